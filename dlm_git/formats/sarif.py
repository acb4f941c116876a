"""Check results in SARIF 2.1.0, for code scanning and for editors."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from dlm_git.about import REPOSITORY, __version__
from dlm_git.formats.escape import escape, escape_json, replace_surrogates
from dlm_git.formats.locations import (
    LocatedFinding,
    directory_prefix,
    full_message,
    locate_findings,
)
from dlm_git.report import (
    AcceptedFinding,
    CheckFailure,
    CheckOutcome,
    CheckResult,
    Edit,
    Fix,
    Note,
    Origin,
    Span,
    SuppressedRule,
)
from dlm_git.rules.registry import Rule, by_family

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_MAX_RESULTS = 25_000  # in a run; GitHub refuses a file with more
_ROOT = "%SRCROOT%"
_RULES = [rule for _, rules in by_family() for rule in rules]
_INDEX = {rule.name: index for index, rule in enumerate(_RULES)}
_Json = dict[str, Any]


def sarif(
    outcomes: Sequence[CheckOutcome], *, prefix: str = "", origin: Origin | None = None
) -> str:
    """Return one run, in ASCII: an invocation for each outcome, and the findings of all.

    A failed check is an invocation that failed. A suppressed rule is a configuration override, a
    note is a notification, an accepted finding a suppressed result. Another notification counts the
    findings beyond the limit of GitHub.

    origin: where the checked repository comes from, None if that is not known.
    """
    results = [*_results(outcomes, prefix)]
    cut = Counter(number for _, _, number in results[_MAX_RESULTS:])
    with_suppressions = any(accepted for _, accepted, _ in results)
    run = {
        "tool": {"driver": _driver()},
        "invocations": [
            _invocation(outcome, prefix, cut[number]) for number, outcome in enumerate(outcomes)
        ],
        **({"versionControlProvenance": [_provenance(origin, prefix)]} if origin else {}),
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the top of the checkout"}}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\r", "\n"],
        "results": [
            _result(located, number) | (_suppressions(accepted) if with_suppressions else {})
            for located, accepted, number in results[:_MAX_RESULTS]
        ],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return escape_json(json.dumps(log, indent=2)) + "\n"


def _results(
    outcomes: Sequence[CheckOutcome], prefix: str
) -> Iterator[tuple[LocatedFinding, AcceptedFinding | None, int]]:
    """Yield each finding, how it is accepted, and the number of its outcome; accepted ones last."""
    everything = [
        outcome.replace(findings=(*outcome.findings, *(one.finding for one in outcome.accepted)))
        if isinstance(outcome, CheckResult)
        else outcome
        for outcome in outcomes
    ]
    last = []
    for number, (outcome, located) in enumerate(locate_findings(everything, prefix)):
        accepted = outcome.accepted if isinstance(outcome, CheckResult) else ()
        reported = len(located) - len(accepted)
        yield from ((finding, None, number) for finding in located[:reported])
        pairs = zip(located[reported:], accepted, strict=True)
        last += [(finding, one, number) for finding, one in pairs]
    yield from last


def _suppressions(accepted: AcceptedFinding | None) -> _Json:
    """Return the suppressions of a result; if one has some, all must have the key (3.27.23)."""
    if accepted is None:
        return {"suppressions": []}
    reason = accepted.reason or f"listed in {accepted.where}"
    suppression: _Json = {
        "kind": "inSource" if accepted.kind == "comment" else "external",
        "status": "accepted",
        "justification": replace_surrogates(reason),
    }
    return {"suppressions": [suppression]}


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
        "name": rule.name.title().replace("-", ""),  # differs from the id (SARIF 2.1.0, 3.49.7)
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": " ".join((why[1] if why else rule.summary).split())},
        "help": {"text": text, "markdown": text},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": [rule.family]},
    }


def _invocation(outcome: CheckOutcome, prefix: str, cut: int) -> _Json:
    """Return an invocation.

    cut: number of its findings that are left out.
    """
    properties: _Json = {"name": replace_surrogates(outcome.name)} if outcome.name else {}
    if isinstance(outcome, CheckFailure):
        notification = {"level": "error", "message": _message(full_message(outcome))}
        return {
            "executionSuccessful": False,
            "toolExecutionNotifications": [notification],
            "properties": properties,
        }
    properties |= {"label": replace_surrogates(outcome.label), "revision": outcome.revision}
    directory = directory_prefix(outcome.name, prefix)
    notifications = [_notification(note, directory) for note in outcome.notes]
    notifications += [_cut_notification(cut)] if cut else []
    return {
        "executionSuccessful": True,
        "ruleConfigurationOverrides": [_override(rule) for rule in outcome.suppressed],
        **({"toolExecutionNotifications": notifications} if notifications else {}),
        "properties": properties,
    }


def _provenance(origin: Origin, prefix: str) -> _Json:
    return {
        "repositoryUri": origin.url,
        **({"revisionId": origin.revision} if origin.revision else {}),
        **({"branch": replace_surrogates(origin.branch)} if origin.branch else {}),
        "mappedTo": {"uriBaseId": _ROOT, **({"uri": _uri(prefix)} if prefix else {})},
    }


def _cut_notification(cut: int) -> _Json:
    text = f"{cut} more findings are not in this file: GitHub accepts {_MAX_RESULTS} in a run"
    return {"level": "warning", "message": _message(text)}


def _notification(note: Note, directory: str) -> _Json:
    location = {"artifactLocation": _artifact(directory + note.path)}
    return {
        "level": "note",
        "message": _message(full_message(note)),
        **({"locations": [{"physicalLocation": location}]} if note.path else {}),
    }


def _override(rule: SuppressedRule) -> _Json:
    return {
        "descriptor": {"id": rule.rule, "index": _INDEX[rule.rule]},
        "configuration": {"enabled": False},
        "properties": {"reason": replace_surrogates(rule.reason), "count": rule.count},
    }


def _result(located: LocatedFinding, invocation: int) -> _Json:
    finding = located.finding
    fix = finding.fix and _fix(located, finding.fix)
    location = {"artifactLocation": _artifact(located.path), "region": _region(located)}
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": "error",
        "message": _message(full_message(finding)),
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {
            "dlmGitFinding/v1": located.fingerprint,
            **({"primaryLocationLineHash": finding.line_hash} if finding.line_hash else {}),
        },
        "provenance": {"invocationIndex": invocation},
        **({"fixes": [fix]} if fix else {}),
    }


def _message(text: str) -> _Json:
    return {"text": text.replace("](", "]\\x28")}  # it would be a link (SARIF 2.1.0, 3.11.6)


def _artifact(path: str) -> _Json:
    return {"uri": _uri(path), "uriBaseId": _ROOT}


def _uri(path: str) -> str:
    # quoted, since the part before a colon would be a scheme (RFC 3986, 4.2)
    return quote(os.fsencode(path), safe="/")


def _region(located: LocatedFinding) -> _Json:
    span, line = located.finding.span, located.finding.quote
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


def _fix(located: LocatedFinding, fix: Fix) -> _Json | None:
    """Return the fix, or None unless all its edits are in the line of the finding.

    An edit elsewhere has offsets, but no line and column. SARIF's offsets do not count a byte order
    mark; those of an Edit do.
    """
    span, line = located.finding.span, located.finding.quote
    if not span or not fix.edits:
        return None
    start = span.start - (span.column - 1)
    if any(edit.start < start or edit.end > start + len(line) for edit in fix.edits):
        return None
    replacements = [_replacement(edit, span, start) for edit in fix.edits]
    change = {"artifactLocation": _artifact(located.path), "replacements": replacements}
    return {
        "description": _message(escape(fix.title)),
        "artifactChanges": [change],
        "properties": {"safe": fix.safe},
    }


def _replacement(edit: Edit, span: Span, start: int) -> _Json:
    columns = {"startColumn": edit.start - start + 1, "endColumn": edit.end - start + 1}
    region = {"startLine": span.line, "endLine": span.line, **columns}
    return {"deletedRegion": region, "insertedContent": {"text": replace_surrogates(edit.text)}}
