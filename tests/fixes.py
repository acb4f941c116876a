"""Documents to fix, and what fixes change in them."""

from __future__ import annotations

import difflib

from dlm_git.config.load import Config
from dlm_git.operations.fix import apply_fixes
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import Snapshot
from tests.support import CORPUS, ID, snapshot

HEAD = f"""\
---
# the corpus of the shop
dlm_id: {ID}  # never touched
dlm_version: 15
"""
TAIL = """\
---

# About

What this is.
"""
FILES = {"src/a.py": "x\n", "docs/a.md": "x\n", "docs/b.rst": "x\n"}


def corpus(*lines: str) -> str:
    return HEAD + "".join(f"{line}\n" for line in lines) + TAIL


def sourced(*lines: str, base: str = "smollm2-135m") -> str:
    """A document with these lines for its sources."""
    training = ("training:", "  sources_policy: strict", "  sources:  # what to train on", *lines)
    return corpus(f"base_model: {base}  # small", *training)


def state(text: str) -> Snapshot:
    return snapshot({CORPUS: text, **FILES}).replace(root=lambda: "/srv/shop")


def fixed(text: str, config: Config, *, unsafe: bool = False) -> str:
    """The text after as many rounds as it takes."""
    for _ in range(5):
        findings = run_rules(state(text), config).findings
        todo = [f for f in findings if f.fix and (f.fix.safe or unsafe) and f.path == CORPUS]
        text, done = apply_fixes(text, todo)
        if not done:
            return text
    raise AssertionError("there is no end to it")


def rules(text: str, config: Config) -> list[str]:
    return [finding.rule for finding in run_rules(state(text), config).findings]


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came."""
    lines = list(difflib.ndiff(before.split("\n"), after.split("\n")))
    return tuple([line[2:] for line in lines if line[0] == sign] for sign in "-+")  # type: ignore[return-value]


EXPECTED = {"base": "qwen2.5-coder-1.5b", "include": ("src/**", "x"), "exclude": ("y",)}
