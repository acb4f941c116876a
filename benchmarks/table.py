"""Format the figures as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.measure import Comparison, Run, Runs, Spread, ratios, seconds

HEAD = (
    *("input", "command", "seconds (spread)", "against the reference", "ms per 1,000"),
    *("peak MB", "rounds"),
)
_TEXT_COLUMNS = 2  # left-aligned; the figures after them are right-aligned


def rows(comparison: Comparison, runs: Runs) -> Iterator[tuple[str, ...]]:
    """Yield a row for each command."""
    reference = runs.get(comparison.reference)
    for name, own in runs.items():
        times = seconds(own)
        yield (
            comparison.label,
            name,
            f"{times.median:.3f} ({times.low:.3f} to {times.high:.3f})",
            "reference" if own is reference else _against(own, reference),
            f"{times.median * 1e6 / comparison.count:.2f}",
            f"{max(run.peak for run in own) / 1e6:.0f}",
            str(len(own)),
        )


def _against(own: Sequence[Run], reference: Sequence[Run] | None) -> str:
    if not reference:
        return "reference missing"
    times, slower = ratios(own, reference), True
    if times.median < 1:
        times, slower = Spread(1 / times.median, 1 / times.high, 1 / times.low), False
    range_ = f"{times.low:.1f} to {times.high:.1f}"
    if 1 in (len(own), len(reference)):
        range_ = "one round"
    return f"{times.median:.1f} ({range_}) {'slower' if slower else 'faster'}"


def target_lines(comparison: Comparison, runs: Runs) -> Iterator[str]:
    """Yield a line for each target, which says whether it is met."""
    for target in comparison.targets:
        times = ratios(runs[target.name], runs[target.peer])
        ratio = f"{times.median:.2f} ({times.low:.2f} to {times.high:.2f})"
        result = "met" if times.median <= target.most else "MISSED"
        yield (
            f"{comparison.label}: {target.name} takes {ratio} times as long as {target.peer},"
            f" target {target.most}: {result}"
        )


def table(lines: Iterable[Sequence[str]]) -> str:
    """Return rows as a table with aligned columns."""
    cells = [HEAD, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = [
        "-" * width if number < _TEXT_COLUMNS else "-" * (width - 1) + ":"
        for number, width in enumerate(widths)
    ]
    return "".join(_line(row, widths) for row in [HEAD, rule, *cells[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if number < _TEXT_COLUMNS else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |\n"
