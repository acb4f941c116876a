"""Format the figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.measure import Comparison, Run, Runs, Spread, megabytes_above, ratios, spread

HEAD = ("input", "command", "processor s (spread)", "against the reference", "wall s", "peak MB")
TARGET_HEAD = ("task", "compared with", "measured (spread)", "target", "result")
_TEXT_COLUMNS = 2  # left-aligned; the figures after them are right-aligned


def rows(comparison: Comparison, runs: Runs) -> Iterator[tuple[str, ...]]:
    """Yield a row of `HEAD` for each command."""
    reference = runs.get(comparison.reference)
    for name, own in runs.items():
        yield (
            comparison.label,
            name,
            _spread(spread([run.processor for run in own]), digits=3),
            "reference" if own is reference else _against(own, reference),
            f"{spread([run.seconds for run in own]).median:.3f}",
            f"{max(run.peak for run in own) / 1e6:.0f}",
        )


def _against(own: Sequence[Run], reference: Sequence[Run] | None) -> str:
    return _spread(ratios(own, reference)) if reference else "reference missing"


def target_rows(comparison: Comparison, runs: Runs) -> Iterator[tuple[str, ...]]:
    """Yield a row of `TARGET_HEAD` for each target, with whether it is met."""
    for target in comparison.targets:
        compare = megabytes_above if target.memory else ratios
        figures = compare(runs[target.name], runs[target.peer])
        yield (
            f"{comparison.label}: {'peak memory of ' * target.memory}{target.name}",
            target.peer,
            _spread(figures) + " MB more" * target.memory,
            f"{target.most:g}" + " MB more" * target.memory,
            "met" if figures.median <= target.most else "MISSED",
        )


def _spread(figures: Spread, digits: int = 2) -> str:
    median, low, high = (f"{figure:.{digits}f}" for figure in figures)
    return median if low == high else f"{median} ({low} to {high})"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return rows below a head as a table with aligned columns."""
    cells = [head, *lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = [
        "-" * width if number < _TEXT_COLUMNS else "-" * (width - 1) + ":"
        for number, width in enumerate(widths)
    ]
    return "".join(_line(row, widths) for row in [head, rule, *cells[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if number < _TEXT_COLUMNS else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |\n"
