"""Verdicts in SARIF 2.1.0, for code scanning and for editors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dlm_git.about import REPOSITORY, __version__
from dlm_git.formats.escape import escape, replace_surrogates
from dlm_git.formats.locations import LocatedFinding, full_message, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult, Edit, Fix, Span, SuppressedRule
from dlm_git.rules.registry import Rule, by_family

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_RULES = [rule for _, rules in by_family() for rule in rules]
_INDEX = {rule.name: index for index, rule in enumerate(_RULES)}
_Json = dict[str, Any]


def sarif(verdicts: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """The verdicts as one run, in ASCII: an invocation for each, and the findings of all.

    A verdict that is none is an invocation that failed, and an ignored rule is overridden there.
    """
    placed = list(locate_findings(verdicts, prefix))
    run = {
        "tool": {"driver": _driver()},
        "invocations": [_invocation(verdict) for verdict in verdicts],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the top of the checkout"}}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\r", "\n"],
        "results": [
            _result(issue, number) for number, (_, found) in enumerate(placed) for issue in found
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver() -> _Json:
    return {
        "name": "dlm-git",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": REPOSITORY,
        "rules": [_descriptor(rule) for rule in _RULES],
    }


def _descriptor(rule: Rule) -> _Json:
    text = rule.documentation
    why = re.search(r"^\*\*Why\.\*\* (.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join((why[1] if why else rule.summary).split())},
        "help": {"text": text, "markdown": text},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": [rule.family]},
    }


def _invocation(verdict: CheckOutcome) -> _Json:
    name = {"name": replace_surrogates(verdict.name)} if verdict.name else {}
    if isinstance(verdict, CheckFailure):
        problem = {"level": "error", "message": _message(full_message(verdict))}
        failed = {"executionSuccessful": False, "toolExecutionNotifications": [problem]}
        return {**failed, "properties": name}
    return {
        "executionSuccessful": True,
        "ruleConfigurationOverrides": [_override(ignored) for ignored in verdict.suppressed],
        "properties": {**name, **_judged(verdict)},
    }


def _judged(report: CheckResult) -> _Json:
    return {"judged": replace_surrogates(report.label), "revision": report.revision}


def _override(ignored: SuppressedRule) -> _Json:
    return {
        "descriptor": {"id": ignored.rule, "index": _INDEX[ignored.rule]},
        "configuration": {"enabled": False},
        "properties": {"reason": replace_surrogates(ignored.reason), "count": ignored.count},
    }


def _result(issue: LocatedFinding, invocation: int) -> _Json:
    finding = issue.finding
    fix = finding.fix and _fix(issue, finding.fix)
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": "error",
        "message": _message(full_message(finding)),
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(issue), "region": _region(issue)}}
        ],
        "partialFingerprints": {"dlmGitFinding/v1": issue.fingerprint},
        "provenance": {"invocationIndex": invocation},
        **({"fixes": [fix]} if fix else {}),
    }


def _message(text: str) -> _Json:
    return {"text": text.replace("](", "]\\x28")}  # would be a link (SARIF 2.1.0, 3.11.6)


def _artifact(issue: LocatedFinding) -> _Json:
    # a colon would make the part before it a scheme (RFC 3986, 4.2)
    return {"uri": quote(os.fsencode(issue.path), safe="/"), "uriBaseId": _ROOT}


def _region(issue: LocatedFinding) -> _Json:
    span, line = issue.finding.span, issue.finding.quote
    if not span:
        return {"startLine": 1}
    snippet = line[span.column - 1 : span.end_column - 1] if span.line == span.end_line else ""
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
        **({"snippet": {"text": replace_surrogates(snippet)}} if snippet else {}),
    }


def _fix(issue: LocatedFinding, fix: Fix) -> _Json | None:
    """The fix, if its edits lie in the line of the finding: others have offsets but no place.

    Offsets of SARIF count no byte order mark, ours do.
    """
    span, line = issue.finding.span, issue.finding.quote
    if not span or not fix.edits:
        return None
    start = span.start - (span.column - 1)
    if any(edit.start < start or edit.end > start + len(line) for edit in fix.edits):
        return None
    replacements = [_replacement(edit, span, start) for edit in fix.edits]
    change = {"artifactLocation": _artifact(issue), "replacements": replacements}
    return {
        "description": _message(escape(fix.title)),
        "artifactChanges": [change],
        "properties": {"safe": fix.safe},
    }


def _replacement(edit: Edit, span: Span, start: int) -> _Json:
    place = {"startColumn": edit.start - start + 1, "endColumn": edit.end - start + 1}
    region = {"startLine": span.line, "endLine": span.line, **place}
    return {"deletedRegion": region, "insertedContent": {"text": replace_surrogates(edit.text)}}
