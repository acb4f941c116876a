"""Recorded results: `python -m tests.recorded` writes them anew.

The cases were chosen from thousands of invented ones: each of them notices a change of the code
that the others do not. Look at the difference before you commit it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from dlm_git.config.load import Config
from dlm_git.document.line_merge import Markers
from dlm_git.document.merge import merge_documents
from dlm_git.document.textconv import textconv
from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.translate import translate
from dlm_git.report import Finding
from dlm_git.rules.engine import run_rules
from tests.support import CORPUS, VECTORS, snapshot

Case = dict[str, Any]
_TRAINED_ON = {"a.py": "x", "src/b.md": "x", "c.log": "x"}


def translation(case: Case) -> Case:
    """Translate `.gitignore` files, whose bytes are recorded as Latin-1."""
    made = translate(gitignores(case), case["top"], excludes(case))
    return {
        "lines": [f"{line.text} <- {line.origin}" for line in made.groups],
        "untranslated": [f"{p.source}: {p.pattern}: {p.reason}" for p in made.untranslated],
    }


def gitignores(case: Case) -> dict[str, bytes]:
    """Return the `.gitignore` files of a recorded translation."""
    return {path: text.encode("latin-1") for path, text in case["files"].items()}


def excludes(case: Case) -> tuple[str, ...]:
    """Return the globs that the source excludes, with those of the trainer if they hold."""
    return (*case["excludes"], *(DEFAULT_EXCLUDES * case["defaults"]))


def report(case: Case) -> Case:
    """Check a document, and show it as `git diff` does."""
    data = case["document"].encode(errors="surrogatepass")
    findings = run_rules(snapshot({CORPUS: data, **_TRAINED_ON}), Config()).findings
    return {
        "findings": [_shown(finding) for finding in findings],
        "shown": textconv(data).decode(errors="replace").splitlines(),
    }


def _shown(finding: Finding) -> str:
    span, fix = finding.span, finding.fix
    place = f"{span.line}:{span.column}-{span.end_line}:{span.end_column}" if span else ""
    edits = [f"{edit.start}-{edit.end} {edit.text!r}" for edit in fix.edits] if fix else []
    safe = "safe" if fix and fix.safe else "unsafe"
    how = f"{safe}: {fix.title}: {', '.join(edits)}" if fix else "no fix"
    return f"{place} {finding.rule}: {finding.message} [{finding.hint}] ({how})"


def merge(case: Case) -> Case:
    """Merge two versions of a document."""
    merged = merge_documents(case["base"], case["ours"], case["theirs"], Markers())
    lines = merged.text.split("\n")
    return {"merged": lines, "conflicts": merged.conflicts, "notes": list(merged.notes)}


KINDS: Mapping[str, Callable[[Case], Case]] = {
    "translations": translation,
    "reports": report,
    "merges": merge,
}


def recorded(kind: str) -> list[Case]:
    """Return the recorded cases of a kind."""
    cases: list[Case] = json.loads((VECTORS / f"{kind}.json").read_text("utf-8"))
    return cases


def main() -> None:
    """Record all results anew."""
    for kind, result in KINDS.items():
        cases = [{**case, **result(case)} for case in recorded(kind)]
        (VECTORS / f"{kind}.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
