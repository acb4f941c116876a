"""Verdicts for programs; `report.schema.json` beside this module is its JSON Schema."""

from __future__ import annotations

import base64
import json as _json
import os
from collections.abc import Sequence
from importlib import resources
from typing import Any

from dlm_git.finding import Finding
from dlm_git.judge import Report, Unjudged, Verdict
from dlm_git.render.visible import visible

VERSION = 1


def json(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a JSON object, in ASCII: the one, or the list of those that have names."""
    if len(verdicts) == 1 and not verdicts[0].name:
        document = {"version": VERSION, **_verdict(verdicts[0])}
    else:
        clean = all(isinstance(each, Report) and each.clean for each in verdicts)
        listed = [{"name": _valid(each.name), **_verdict(each)} for each in verdicts]
        document = {"version": VERSION, "clean": clean, "verdicts": listed}
    return _json.dumps(document, indent=2) + "\n"


def _verdict(verdict: Verdict) -> dict[str, Any]:
    if isinstance(verdict, Unjudged):
        problem = {"message": _valid(verdict.message), "help": _valid(verdict.help)}
        return {"clean": False, "problem": problem}
    return {
        "judged": {"label": _valid(verdict.judged), "revision": verdict.revision},
        "clean": verdict.clean,
        "documents": [as_path(path) for path in verdict.documents],
        "findings": [_finding(finding) for finding in verdict.findings],
        "ignored": [
            {"rule": ignored.rule, "reason": _valid(ignored.reason), "count": ignored.count}
            for ignored in verdict.ignored
        ],
    }


def schema() -> str:
    """The JSON Schema of `json`."""
    return resources.files(__package__).joinpath("report.schema.json").read_text()


def _finding(finding: Finding) -> dict[str, Any]:
    span = finding.span
    return {
        "rule": finding.rule,
        **as_path(finding.path),
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "message": _valid(finding.message),
        "help": _valid(finding.help),
    }


def as_path(path: str) -> dict[str, str]:
    """A path; where it is not UTF-8 its bytes too, as JSON strings cannot hold them."""
    valid = _valid(path)
    if valid == path:
        return {"path": path}
    return {"path": valid, "path_base64": base64.b64encode(os.fsencode(path)).decode()}


def _valid(text: str) -> str:
    """Text without lone surrogates, which JSON parsers refuse or mangle."""
    return "".join(visible(char) if "\ud800" <= char <= "\udfff" else char for char in text)
