"""Check results as JUnit XML: a suite for each repository or ref, a class for each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import LocatedFinding, full_message, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.registry import RULES

_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(outcomes: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """Return XML, in ASCII.

    A finding is a failure, a rule without findings passes, a suppressed rule is skipped with its
    reason, and a failed check is an error. A case is named by rule and path, so that its name stays
    when lines move. Notes are the output of a suite.
    """
    root = Element("testsuites", name="dlm-git")
    root.extend(_suite(*pair) for pair in locate_findings(outcomes, prefix))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "")) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root).decode()}\n'


def _suite(outcome: CheckOutcome, findings: Sequence[LocatedFinding]) -> Element:
    suite = Element("testsuite", name=escape(outcome.name) or "dlm-git")
    suite.extend(_cases(outcome, findings))
    counts = {name: len(suite.findall(f"testcase/{tag}")) for name, tag in _COUNTS.items()}
    for name, count in {"tests": len(suite), **counts}.items():
        suite.set(name, str(count))
    notes = outcome.notes if isinstance(outcome, CheckResult) else ()
    if notes:
        text = "\n".join(f"note: {full_message(note)}" for note in notes)
        SubElement(suite, "system-out").text = text
    return suite


def _cases(outcome: CheckOutcome, findings: Sequence[LocatedFinding]) -> Iterator[Element]:
    if isinstance(outcome, CheckFailure):
        yield _case("check", "checked", "error", escape(outcome.message), full_message(outcome))
        return
    yield from _failures(findings)
    for rule in outcome.suppressed:
        yield _case(rule.rule, "suppressed", "skipped", escape(rule.reason))
    passed = RULES.keys() - {located.finding.rule for located in findings}
    for name in sorted(passed - {rule.rule for rule in outcome.suppressed}):
        yield _case(name, "no findings")


def _failures(findings: Sequence[LocatedFinding]) -> Iterator[Element]:
    seen: Counter[tuple[str, str]] = Counter()
    for located in findings:
        rule, path = located.finding.rule, escape_path(located.path)
        seen[rule, path] += 1
        count = seen[rule, path]
        name = f"{path} ({count})" if count > 1 else path
        text = f"{located.place}: {located.message}"
        yield _case(rule, name, "failure", escape(located.finding.message), text)


def _case(rule: str, name: str, outcome: str = "", message: str = "", text: str = "") -> Element:
    case = Element("testcase", classname=f"dlm-git.{rule}", name=name)
    if outcome:
        SubElement(case, outcome, message=message).text = text or None
    return case
