"""Verdicts as JUnit XML: a suite for each, and a class for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import LocatedFinding, full_message, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome
from dlm_git.rules.registry import RULES

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(verdicts: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """The verdicts as XML in ASCII: a finding is a failure, a rule that found nothing passes.

    An ignored rule is skipped, with its reason, and a verdict that is none is an error. A case is
    known by rule and path, which stay where lines move.
    """
    root = Element("testsuites", name="dlm-git")
    root.extend(_suite(verdict, found) for verdict, found in locate_findings(verdicts, prefix))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "")) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root).decode()}\n'


def _suite(verdict: CheckOutcome, found: Sequence[LocatedFinding]) -> Element:
    suite = Element("testsuite", name=escape(verdict.name) or "dlm-git")
    suite.extend(_cases(verdict, found))
    counts = {name: len(suite.findall(f"testcase/{tag}")) for name, tag in _COUNTED.items()}
    for name, count in {"tests": len(suite), **counts}.items():
        suite.set(name, str(count))
    return suite


def _cases(verdict: CheckOutcome, found: Sequence[LocatedFinding]) -> Iterator[Element]:
    if isinstance(verdict, CheckFailure):
        yield _case("judge", "judged", "error", escape(verdict.message), full_message(verdict))
        return
    yield from _failures(found)
    for ignored in verdict.suppressed:
        yield _case(ignored.rule, "ignored", "skipped", escape(ignored.reason))
    silent = RULES.keys() - {issue.finding.rule for issue in found}
    for rule in sorted(silent - {ignored.rule for ignored in verdict.suppressed}):
        yield _case(rule, "nothing found")


def _failures(found: Sequence[LocatedFinding]) -> Iterator[Element]:
    seen: Counter[tuple[str, str]] = Counter()
    for issue in found:
        rule, path = issue.finding.rule, escape_path(issue.path)
        seen[rule, path] += 1
        count = seen[rule, path]
        name = f"{path} ({count})" if count > 1 else path
        text = f"{issue.place}: {issue.words}"
        yield _case(rule, name, "failure", escape(issue.finding.message), text)


def _case(rule: str, name: str, outcome: str = "", message: str = "", text: str = "") -> Element:
    case = Element("testcase", classname=f"dlm-git.{rule}", name=name)
    if outcome:
        SubElement(case, outcome, message=message).text = text or None
    return case
