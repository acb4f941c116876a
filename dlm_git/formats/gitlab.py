"""Check results as a GitLab Code Quality report, which merge requests show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dlm_git.formats.escape import escape_json, replace_surrogates
from dlm_git.formats.locations import LocatedFinding, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult, Finding

_CANNOT_CHECK = "cannot-check"


def gitlab(outcomes: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """Return a JSON array, in ASCII, as GitLab's documentation of Code Quality describes it."""
    located = locate_findings([_as_result(outcome) for outcome in outcomes], prefix)
    entries = [_entry(finding) for _, findings in located for finding in findings]
    return escape_json(json.dumps(entries, indent=2)) + "\n"


def _as_result(outcome: CheckOutcome) -> CheckResult:
    """Return a failure as a result with one finding, since the format has only findings."""
    if isinstance(outcome, CheckResult):
        return outcome
    return CheckResult("", None, (), (_as_finding(outcome),), name=outcome.name)


def _as_finding(failure: CheckFailure) -> Finding:
    return Finding(_CANNOT_CHECK, ".dlm/corpus.dlm", failure.message, failure.hint)


def _entry(located: LocatedFinding) -> dict[str, Any]:
    finding = located.finding
    return {
        "description": located.message,
        "check_name": finding.rule,
        "fingerprint": located.fingerprint,
        "severity": "blocker" if finding.rule == _CANNOT_CHECK else "major",
        "location": {
            "path": replace_surrogates(located.path),
            "lines": {"begin": finding.span.line if finding.span else 1},
        },
    }
