"""The table of the benchmarks: ratios, spreads and targets."""

from __future__ import annotations

from benchmarks.measure import Comparison, Run, Target, ratios, spread
from benchmarks.table import target_lines
from tests.support import PROJECT


def test_ratios_are_of_the_same_round() -> None:
    own, reference = [Run(2, 0), Run(9, 0), Run(4, 0)], [Run(1, 0), Run(3, 0)]
    assert ratios(own, reference) == (2.5, 2, 3)


def test_a_target_is_printed_with_its_result() -> None:
    targets = (Target("own", "peer", 0.8), Target("peer", "own", 1))
    comparison = Comparison("x", 1, PROJECT, (), "peer", targets)
    lines = [*target_lines(comparison, {"own": [Run(1, 0)], "peer": [Run(2, 0)]})]
    assert lines == [
        "x: own takes 0.50 (0.50 to 0.50) times as long as peer, target 0.8: met",
        "x: peer takes 2.00 (2.00 to 2.00) times as long as own, target 1: MISSED",
    ]


def test_spread_is_the_median_and_the_extremes() -> None:
    assert spread([3.0, 1.0, 9.0]) == (3, 1, 9)
