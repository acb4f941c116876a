"""Documents, and cases that a rule reports or does not report."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from dlm_git.config.load import resolve_config
from dlm_git.report import Finding
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import MissingPathStatus
from dlm_git.snapshots.statuses import TrackingStatus
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
    """Files of a snapshot, and what a rule reports: `path:line:col: message`.

    hint: the expected hint, '' for any.
    also: the other findings of the whole report: `rule: path:line:col: message`.
    """

    name: str
    files: Files
    message: str
    config: dict[str, Any] = field(default_factory=dict)
    hint: str = ""
    before: dict[str, str] | None = None
    missing: MissingPathStatus | None = None
    untracked: dict[str, TrackingStatus] = field(default_factory=dict)
    ids_in_other_repos: dict[str, list[str]] = field(default_factory=dict)
    also: tuple[str, ...] = ()


def corpus(text: str, **more: str | bytes | Special) -> Files:
    return {CORPUS: text, "src/a.py": "a", **more}


def pointer(path: str) -> str:
    return f"{path}: dlm trains on the Git LFS pointer of this file, not the content"


def block(*lines: str) -> str:
    """Return a `.dlm/ignore` with the block of `dlm-git ignore`."""
    return with_block("", lines)


# a repository without other files than documents
ADDS_NOTHING = (
    f"empty-training-set: {CORPUS}:8:13: source '.' selects no tracked file with text: it adds"
    " nothing to the training set",
)
LFS = "*.csv filter=lfs diff=lfs merge=lfs -text\n"
NESTED: Files = {
    CORPUS: with_globs(["**/*.md"]),
    "README.md": "x",
    "pkg/a.py": "x",
    "pkg/b.md": "x",
    "pkg/deploy.key": "x",
}
PACKAGE = "pkg/.dlm/training.yaml"


def all_findings(case: Reports) -> list[Finding]:
    """Return the findings of all rules."""
    state = snapshot(case.files, before=case.before, missing_path=case.missing)
    if case.untracked:
        state = worktree(case.files, case.untracked)
    config = resolve_config({}, case.config).config
    return [*run_rules(state, config, ids_in_other_repos=case.ids_in_other_repos).findings]


def findings(rule: str, case: Reports) -> list[Finding]:
    """Return the findings of one rule when all rules run."""
    return [finding for finding in all_findings(case) if finding.rule == rule]


def assert_reports(rule: str, case: Reports) -> None:
    """Assert that the whole report is the expected finding of a rule, and those of `also`."""
    report = all_findings(case)
    assert sorted(map(_line, report)) == sorted([f"{rule}: {case.message}", *case.also])
    assert all(finding.hint for finding in report)
    (hint,) = {finding.hint for finding in report if _line(finding) == f"{rule}: {case.message}"}
    assert case.hint in ("", hint), hint


def assert_reports_nothing(rule: str, case: Reports) -> None:
    """Assert that the whole report is `also`, without a finding of the rule."""
    report = all_findings(case)
    assert sorted(map(_line, report)) == sorted(case.also)
    assert rule not in {finding.rule for finding in report}


def _line(finding: Finding) -> str:
    position = f":{finding.span.line}:{finding.span.column}" if finding.span else ""
    return f"{finding.rule}: {finding.path}{position}: {finding.message}"


def rule_tests(
    reported: dict[str, list[Reports]], not_reported: dict[str, list[Reports]]
) -> tuple[Callable[[str, Reports], None], Callable[[str, Reports], None]]:
    """Return the tests of the cases that rules report, and of those that they do not report."""

    @pytest.mark.parametrize(("rule", "case"), table(reported))
    def reports(rule: str, case: Reports) -> None:
        assert_reports(rule, case)

    @pytest.mark.parametrize(("rule", "case"), table(not_reported))
    def reports_nothing(rule: str, case: Reports) -> None:
        assert_reports_nothing(rule, case)

    return reports, reports_nothing


def table(cases: dict[str, list[Reports]]) -> list[Any]:
    return [
        pytest.param(rule, case, id=f"{rule}: {case.name}")
        for rule, group in cases.items()
        for case in group
    ]
