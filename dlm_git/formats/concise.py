"""Check results as one line per finding, for editors and grep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import LocatedFinding, locate_findings
from dlm_git.formats.text import Style, as_lines, failure_lines, summary
from dlm_git.report import CheckFailure, CheckOutcome

_PLAIN = Style()


def concise(outcomes: Sequence[CheckOutcome], style: Style = _PLAIN, *, prefix: str = "") -> str:
    """Return lines `path:line:column: rule: message`, and the summary.

    A finding about a whole file is at 1:1. Of a failed check, the first line is its problem.

    prefix: the path from the reader's directory to the one that paths and names are relative to.
    """
    plain = style.replace(width=0)  # a wrapped line would be two
    lines = [
        line
        for outcome, findings in locate_findings(outcomes, prefix)
        for line in _lines(outcome, findings, plain)
    ]
    return as_lines([*lines, *summary(outcomes, plain)])


def _lines(
    outcome: CheckOutcome, findings: Sequence[LocatedFinding], style: Style
) -> Iterator[str]:
    if isinstance(outcome, CheckFailure):
        yield next(failure_lines(outcome, style))
    for located in findings:
        finding, span = located.finding, located.finding.span
        line, column = (span.line, span.column) if span else (1, 1)
        place = style.styled("bold", f"{escape_path(located.path)}:{line}:{column}")
        yield f"{place}: {style.rule(finding.rule)}: {escape(finding.message)}"
