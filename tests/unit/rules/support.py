"""Documents, and cases that a rule reports or does not report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from dlm_git.config.load import resolve_config
from dlm_git.report import Finding
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.files import TrackingStatus
from dlm_git.snapshots.snapshot import MissingPathStatus
from dlm_git.training.ignore_block import with_block
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    Files,
    Special,
    snapshot,
    worktree,
)

OTHER = GOOD.replace(ID, OTHER_ID)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"


def with_keys(*lines: str) -> str:
    """Return a good document with these lines in its frontmatter beside id and base model."""
    head = [f"dlm_id: {ID}", "dlm_version: 15", "base_model: smollm2-135m"]
    own = {line.partition(":")[0] for line in lines}
    kept = [line for line in head if line.partition(":")[0] not in own]
    return "\n".join(["---", *kept, *lines, "---", "", "Prose.", ""])


def with_source(path: str, *more: str) -> str:
    lines = ["training:", "  sources_policy: strict", "  sources:", f"    - path: {path}", *more]
    return with_keys(*lines)


def with_globs(include: Sequence[str], exclude: Sequence[str] = (), path: str = ".") -> str:
    return with_source(
        path, f"      include: {json.dumps(include)}", f"      exclude: {json.dumps(exclude)}"
    )


def with_body(*lines: str) -> str:
    return with_keys().replace("Prose.", "\n".join(lines))


@dataclass(frozen=True)
class Reports:
    """Files of a snapshot, and what a rule reports: `path:line:col: message`."""

    case: str
    files: Files
    message: str
    config: dict[str, Any] = field(default_factory=dict)
    help: str = ""
    before: dict[str, str] | None = None
    whereabouts: MissingPathStatus | None = None
    untracked: dict[str, TrackingStatus] = field(default_factory=dict)
    elsewhere: dict[str, list[str]] = field(default_factory=dict)


def corpus(text: str, **more: str | bytes | Special) -> Files:
    return {CORPUS: text, "src/a.py": "a", **more}


def pointer(path: str, which: str = "this file") -> str:
    return f"{path}: dlm learns {which} as a Git LFS pointer, not as the content"


def block_of(*lines: str) -> str:
    return with_block("", lines)


LFS = "*.csv filter=lfs diff=lfs merge=lfs -text\n"
NESTED: Files = {
    CORPUS: with_globs(["**/*.md"]),
    "README.md": "x",
    "pkg/a.py": "x",
    "pkg/b.md": "x",
    "pkg/deploy.key": "x",
}
PACKAGE = "pkg/.dlm/training.yaml"


def findings(rule: str, given: Reports) -> list[Finding]:
    """Return the findings of one rule when all rules run."""
    state = snapshot(given.files, before=given.before, whereabouts=given.whereabouts)
    if given.untracked:
        state = worktree(given.files, given.untracked)
    report = run_rules(state, resolve_config({}, given.config).config, elsewhere=given.elsewhere)
    return [finding for finding in report.findings if finding.rule == rule]


def shown(finding: Finding) -> str:
    place = f":{finding.span.line}:{finding.span.column}" if finding.span else ""
    return f"{finding.path}{place}: {finding.message}"


def table(cases: dict[str, list[Reports]]) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule}: {case.case}")
        for rule, group in cases.items()
        for case in group
    ]
