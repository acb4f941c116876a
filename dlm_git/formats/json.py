"""Check results for programs; `report.schema.json` beside this module is the JSON Schema."""

from __future__ import annotations

import base64
import json as _json
import os
from collections.abc import Sequence
from typing import Any

from dlm_git.formats.escape import escape_json, replace_surrogates
from dlm_git.report import (
    AcceptedFinding,
    CheckFailure,
    CheckOutcome,
    CheckResult,
    Finding,
    Note,
    SuppressedRule,
)

VERSION = 1


def json(outcomes: Sequence[CheckOutcome]) -> str:
    """Return a JSON object, in ASCII: the one outcome, or the list of those that have names."""
    if len(outcomes) == 1 and not outcomes[0].name:
        document = {"version": VERSION, **_outcome(outcomes[0])}
    else:
        clean = all(isinstance(outcome, CheckResult) and outcome.clean for outcome in outcomes)
        named = [{"name": replace_surrogates(o.name), **_outcome(o)} for o in outcomes]
        document = {"version": VERSION, "clean": clean, "results": named}
    return escape_json(_json.dumps(document, indent=2)) + "\n"


def path_fields(path: str) -> dict[str, str]:
    """Return a path, and its bytes if they are not UTF-8, which JSON strings cannot hold."""
    text = replace_surrogates(path)
    if text == path:
        return {"path": path}
    return {"path": text, "path_base64": base64.b64encode(os.fsencode(path)).decode()}


def _outcome(outcome: CheckOutcome) -> dict[str, Any]:
    if isinstance(outcome, CheckFailure):
        message, hint = map(replace_surrogates, (outcome.message, outcome.hint))
        return {"clean": False, "error": {"message": message, "hint": hint}}
    return {
        "checked": {"label": replace_surrogates(outcome.label), "revision": outcome.revision},
        "clean": outcome.clean,
        "documents": [path_fields(path) for path in outcome.documents],
        "findings": [_finding(finding) for finding in outcome.findings],
        "suppressed": [_suppressed(rule) for rule in outcome.suppressed],
        "accepted": [_accepted(accepted) for accepted in outcome.accepted],
        "notes": [note_fields(note) for note in outcome.notes],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    span, fix = finding.span, finding.fix
    return {
        "rule": finding.rule,
        **path_fields(finding.path),
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "message": replace_surrogates(finding.message),
        "hint": replace_surrogates(finding.hint),
        "fix": fix and {"title": replace_surrogates(fix.title), "safe": fix.safe},
    }


def _accepted(accepted: AcceptedFinding) -> dict[str, Any]:
    reason, where = map(replace_surrogates, (accepted.reason, accepted.where))
    return {**_finding(accepted.finding), "kind": accepted.kind, "reason": reason, "where": where}


def _suppressed(rule: SuppressedRule) -> dict[str, Any]:
    return {"rule": rule.rule, "reason": replace_surrogates(rule.reason), "count": rule.count}


def note_fields(note: Note) -> dict[str, Any]:
    """Return a note as JSON."""
    return {
        "message": replace_surrogates(note.message),
        "hint": replace_surrogates(note.hint),
        **(path_fields(note.path) if note.path else {"path": None}),
    }
