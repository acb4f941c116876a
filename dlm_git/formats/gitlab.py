"""Verdicts as a GitLab Code Quality report, which merge requests show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dlm_git.formats.escape import replace_surrogates
from dlm_git.formats.locations import LocatedFinding, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult, Finding

_UNJUDGED = "cannot-check"


def gitlab(verdicts: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """The verdicts as a JSON array, in ASCII, in the format of GitLab's page on Code Quality."""
    placed = locate_findings([_report(verdict) for verdict in verdicts], prefix)
    entries = [_entry(issue) for _, found in placed for issue in found]
    return json.dumps(entries, indent=2) + "\n"


def _report(verdict: CheckOutcome) -> CheckResult:
    """A verdict that is none as a report with one finding: the format knows nothing else."""
    if isinstance(verdict, CheckResult):
        return verdict
    return CheckResult("", None, (), (_problem(verdict),), name=verdict.name)


def _problem(verdict: CheckFailure) -> Finding:
    return Finding(_UNJUDGED, ".dlm/corpus.dlm", verdict.message, verdict.hint)


def _entry(issue: LocatedFinding) -> dict[str, Any]:
    finding = issue.finding
    return {
        "description": issue.words,
        "check_name": finding.rule,
        "fingerprint": issue.fingerprint,
        "severity": "blocker" if finding.rule == _UNJUDGED else "major",
        "location": {
            "path": replace_surrogates(issue.path),
            "lines": {"begin": finding.span.line if finding.span else 1},
        },
    }
