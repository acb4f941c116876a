"""The number of findings of each rule, in place of the findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from dlm_git.formats.text import Style, as_lines, failure_lines, notes, summary
from dlm_git.report import CheckFailure, CheckOutcome

_FIXABLE = "[*]"


def statistics(outcomes: Sequence[CheckOutcome], style: Style) -> str:
    """Return a line for each rule with findings, the most frequent first, notes and the summary.

    Of several repositories or refs, a line also counts those with findings of the rule. A mark
    shows the rules with findings that can be fixed, and how many, if not all.
    """
    failures = (outcome for outcome in outcomes if isinstance(outcome, CheckFailure))
    lines = [line for failure in failures for line in failure_lines(failure, style)]
    lines += _table(outcomes, style)
    return as_lines([*lines, *notes(outcomes, style), *summary(outcomes, style)])


def _table(outcomes: Sequence[CheckOutcome], style: Style) -> Iterator[str]:
    counts: Counter[str] = Counter()
    fixable: Counter[str] = Counter()
    places: dict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        if isinstance(outcome, CheckFailure):
            continue
        for finding in outcome.findings:
            counts[finding.rule] += 1
            places[finding.rule].add(outcome.name)
            # a commit cannot be fixed
            fixable[finding.rule] += bool(finding.fix and not outcome.revision)
    digits, width = len(str(max(counts.values(), default=0))), max(map(len, counts), default=0)
    for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        mark = _FIXABLE if fixable[rule] else " " * len(_FIXABLE)
        shared = f" (in {len(places[rule])} of {len(outcomes)})" if len(outcomes) > 1 else ""
        part = f" ({fixable[rule]} fixable)" if 0 < fixable[rule] < count else ""
        number = style.styled("bold", f"{count:{digits}}")
        gap = " " * (width - len(rule)) if shared or part else ""
        yield f"{number} {style.styled('cyan', mark)} {style.rule(rule)}{gap}{shared}{part}"
