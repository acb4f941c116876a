"""Check results as JUnit XML: a suite for each repository or ref, a case for each rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dlm_git.formats.accepted import accepted_counts
from dlm_git.formats.escape import escape
from dlm_git.formats.locations import LocatedFinding, full_message, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.registry import RULES

_MAX_FINDINGS = 100  # in the text of a failure
_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def junit(outcomes: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """Return XML, in ASCII.

    A rule with findings fails, one without passes, a suppressed one is skipped with its reason, and
    a failed check is an error. CI systems recognize a case by class and name from run to run, so
    each run has the same: the rules, in the classes of their families. A case that fails names the
    file of its first finding. Notes are the output of a suite, and so is the number of accepted
    findings, which fail no case.
    """
    root = Element("testsuites", name="dlm-git")
    root.extend(_suite(*pair) for pair in locate_findings(outcomes, prefix))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "")) for suite in root)))
    _set_total_time(root, root.findall("testsuite"))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root).decode()}\n'


def _suite(outcome: CheckOutcome, findings: Sequence[LocatedFinding]) -> Element:
    name = escape(outcome.name) or "dlm-git"
    suite = Element("testsuite", name=name)
    suite.extend(_cases(outcome, findings, name))
    counts = {name: len(suite.findall(f"testcase/{tag}")) for name, tag in _COUNTS.items()}
    for name, count in {"tests": len(suite), **counts}.items():
        suite.set(name, str(count))
    _set_total_time(suite, suite.findall("testcase"))
    if isinstance(outcome, CheckResult) and (lines := [*_output(outcome)]):
        SubElement(suite, "system-out").text = "\n".join(lines)
    return suite


def _output(result: CheckResult) -> Iterator[str]:
    if result.accepted:
        yield accepted_counts(result.accepted)
    yield from (f"note: {full_message(note)}" for note in result.notes)


def _cases(
    outcome: CheckOutcome, findings: Sequence[LocatedFinding], suite: str
) -> Iterator[Element]:
    if isinstance(outcome, CheckFailure):
        case = Element("testcase", classname=f"{suite}.check", name="check")
        _add(case, "error", escape(outcome.message), full_message(outcome))
        yield case
        return
    by_rule: dict[str, list[LocatedFinding]] = defaultdict(list)
    for located in findings:
        by_rule[located.finding.rule].append(located)
    seconds = dict(outcome.seconds)
    reasons = {rule.rule: rule.reason for rule in outcome.suppressed}
    for rule in RULES.values():
        case = Element("testcase", classname=f"{suite}.{rule.family}", name=rule.name)
        if rule.name in seconds:
            case.set("time", f"{seconds[rule.name]:.6f}")
        if by_rule[rule.name]:
            case.set("file", escape(by_rule[rule.name][0].path))
            _add(case, "failure", *_failure(by_rule[rule.name]))
        elif rule.name in reasons:
            _add(case, "skipped", escape(reasons[rule.name]))
        yield case


def _set_total_time(element: Element, parts: Sequence[Element]) -> None:
    """Set the seconds that all parts took, if those of one were measured."""
    times = [float(time) for part in parts if (time := part.get("time"))]
    if times:
        element.set("time", f"{sum(times):.6f}")


def _failure(findings: Sequence[LocatedFinding]) -> tuple[str, str]:
    """Return the message and the text about the findings of a rule."""
    count, first = len(findings), escape(findings[0].finding.message)
    shown = [f"{located.place}: {located.message}" for located in findings[:_MAX_FINDINGS]]
    shown += [f"and {count - _MAX_FINDINGS} more"] if count > _MAX_FINDINGS else []
    message = first if count == 1 else f"{count} findings, the first: {first}"
    return message, "\n".join(shown)


def _add(case: Element, outcome: str, message: str, text: str = "") -> None:
    SubElement(case, outcome, message=message).text = text or None
