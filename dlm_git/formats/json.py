"""Verdicts for programs; `report.schema.json` beside this module is its JSON Schema."""

from __future__ import annotations

import base64
import json as _json
import os
from collections.abc import Sequence
from importlib import resources
from typing import Any

from dlm_git.formats.escape import valid
from dlm_git.report import Finding, Report, Unjudged, Verdict

VERSION = 1


def json(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a JSON object, in ASCII: the one, or the list of those that have names."""
    if len(verdicts) == 1 and not verdicts[0].name:
        document = {"version": VERSION, **_verdict(verdicts[0])}
    else:
        clean = all(isinstance(each, Report) and each.clean for each in verdicts)
        listed = [{"name": valid(each.name), **_verdict(each)} for each in verdicts]
        document = {"version": VERSION, "clean": clean, "verdicts": listed}
    return _json.dumps(document, indent=2) + "\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    if isinstance(verdict, Unjudged):
        problem = {"message": valid(verdict.message), "help": valid(verdict.help)}
        return {"clean": False, "problem": problem}
    return {
        "judged": {"label": valid(verdict.judged), "revision": verdict.revision},
        "clean": verdict.clean,
        "documents": [as_path(path) for path in verdict.documents],
        "findings": [_finding(finding) for finding in verdict.findings],
        "ignored": [
            {"rule": ignored.rule, "reason": valid(ignored.reason), "count": ignored.count}
            for ignored in verdict.ignored
        ],
    }


def schema() -> str:
    """The JSON Schema of `json`."""
    return resources.files(__package__).joinpath("report.schema.json").read_text()


def _finding(finding: Finding) -> dict[str, Any]:
    span, fix = finding.span, finding.fix
    return {
        "rule": finding.rule,
        **as_path(finding.path),
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "message": valid(finding.message),
        "help": valid(finding.help),
        "fix": fix and {"title": valid(fix.title), "safe": fix.safe},
    }


def as_path(path: str) -> dict[str, str]:
    """A path; where it is not UTF-8 its bytes too, as JSON strings cannot hold them."""
    shown = valid(path)
    if shown == path:
        return {"path": path}
    return {"path": shown, "path_base64": base64.b64encode(os.fsencode(path)).decode()}
