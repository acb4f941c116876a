"""Verdicts as a GitLab Code Quality report, which merge requests show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dlm_git.formats.escape import valid
from dlm_git.formats.locations import Issue, issues
from dlm_git.report import Finding, Report, Unjudged, Verdict

_UNJUDGED = "cannot-check"


def gitlab(verdicts: Sequence[Verdict], *, prefix: str = "") -> str:
    """The verdicts as a JSON array, in ASCII, in the format of GitLab's page on Code Quality."""
    placed = issues([_report(verdict) for verdict in verdicts], prefix)
    entries = [_entry(issue) for _, found in placed for issue in found]
    return json.dumps(entries, indent=2) + "\n"


def _report(verdict: Verdict) -> Report:
    """A verdict that is none as a report with one finding: the format knows nothing else."""
    if isinstance(verdict, Report):
        return verdict
    return Report("", None, (), (_problem(verdict),), name=verdict.name)


def _problem(verdict: Unjudged) -> Finding:
    return Finding(_UNJUDGED, ".dlm/corpus.dlm", verdict.message, verdict.help)


def _entry(issue: Issue) -> dict[str, Any]:
    finding = issue.finding
    return {
        "description": issue.words,
        "check_name": finding.rule,
        "fingerprint": issue.fingerprint,
        "severity": "blocker" if finding.rule == _UNJUDGED else "major",
        "location": {
            "path": valid(issue.path),
            "lines": {"begin": finding.span.line if finding.span else 1},
        },
    }
