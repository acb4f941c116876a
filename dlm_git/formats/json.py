"""Verdicts for programs; `report.schema.json` beside this module is its JSON Schema."""

from __future__ import annotations

import base64
import json as _json
import os
from collections.abc import Sequence
from importlib import resources
from typing import Any

from dlm_git.formats.escape import replace_surrogates
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult, Finding

VERSION = 1


def json(verdicts: Sequence[CheckOutcome]) -> str:
    """The verdicts as a JSON object, in ASCII: the one, or the list of those that have names."""
    if len(verdicts) == 1 and not verdicts[0].name:
        document = {"version": VERSION, **_verdict(verdicts[0])}
    else:
        clean = all(isinstance(each, CheckResult) and each.clean for each in verdicts)
        listed = [{"name": replace_surrogates(each.name), **_verdict(each)} for each in verdicts]
        document = {"version": VERSION, "clean": clean, "verdicts": listed}
    return _json.dumps(document, indent=2) + "\n"


def _verdict(verdict: CheckOutcome) -> dict[str, Any]:
    if isinstance(verdict, CheckFailure):
        problem = {
            "message": replace_surrogates(verdict.message),
            "help": replace_surrogates(verdict.hint),
        }
        return {"clean": False, "problem": problem}
    return {
        "judged": {"label": replace_surrogates(verdict.label), "revision": verdict.revision},
        "clean": verdict.clean,
        "documents": [as_path(path) for path in verdict.documents],
        "findings": [_finding(finding) for finding in verdict.findings],
        "ignored": [
            {
                "rule": ignored.rule,
                "reason": replace_surrogates(ignored.reason),
                "count": ignored.count,
            }
            for ignored in verdict.suppressed
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
        "message": replace_surrogates(finding.message),
        "help": replace_surrogates(finding.hint),
        "fix": fix and {"title": replace_surrogates(fix.title), "safe": fix.safe},
    }


def as_path(path: str) -> dict[str, str]:
    """A path; where it is not UTF-8 its bytes too, as JSON strings cannot hold them."""
    shown = replace_surrogates(path)
    if shown == path:
        return {"path": path}
    return {"path": shown, "path_base64": base64.b64encode(os.fsencode(path)).decode()}
