"""The figures as a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.contests import Contest
from benchmarks.measure import Run, Runs, Spread, ratios, seconds

HEAD = (
    *("input", "command", "seconds (spread)", "against the reference", "ms per 1,000"),
    *("peak MB", "rounds"),
)
_LEFT = 2  # columns of words; those of figures are set to the right


def rows(contest: Contest, runs: Runs) -> Iterator[tuple[str, ...]]:
    """A row for each contender."""
    reference = runs.get(contest.reference)
    for name, own in runs.items():
        took = seconds(own)
        yield (
            contest.label,
            name,
            f"{took.median:.3f} ({took.low:.3f} to {took.high:.3f})",
            "reference" if own is reference else _against(own, reference),
            f"{took.median * 1e6 / contest.count:.2f}",
            f"{max(run.peak for run in own) / 1e6:.0f}",
            str(len(own)),
        )


def _against(own: Sequence[Run], reference: Sequence[Run] | None) -> str:
    if not reference:
        return "not there"
    times, slower = ratios(own, reference), True
    if times.median < 1:
        times, slower = Spread(1 / times.median, 1 / times.high, 1 / times.low), False
    shown = f"{times.low:.1f} to {times.high:.1f}"
    if 1 in (len(own), len(reference)):
        shown = "one round"
    return f"{times.median:.1f} ({shown}) {'slower' if slower else 'faster'}"


def told(contest: Contest, runs: Runs) -> Iterator[str]:
    """A line for each bar, whether it is held."""
    for bar in contest.bars:
        times = ratios(runs[bar.name], runs[bar.peer])
        held = "held" if times.median <= bar.most else "NOT HELD"
        shown = f"{times.median:.2f} ({times.low:.2f} to {times.high:.2f})"
        yield f"{contest.label}: {bar.name} takes {shown} of {bar.peer}, at most {bar.most}: {held}"


def table(lines: Iterable[Sequence[str]]) -> str:
    """The lines, with their columns below one another."""
    whole = [HEAD, *lines]
    widths = [max(map(len, column)) for column in zip(*whole, strict=True)]
    rule = ["-" * width if n < _LEFT else "-" * (width - 1) + ":" for n, width in enumerate(widths)]
    return "".join(map(_line, [HEAD, rule, *whole[1:]], [widths] * (len(whole) + 1)))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if number < _LEFT else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |\n"
