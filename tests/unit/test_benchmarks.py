"""The table of the benchmarks: ratios, spreads and bars."""

from __future__ import annotations

from benchmarks.contests import Bar, Contest
from benchmarks.measure import Run, ratios, spread
from benchmarks.table import told
from tests.support import PROJECT


def test_ratios_are_of_the_same_round() -> None:
    own, reference = [Run(2, 0), Run(9, 0), Run(4, 0)], [Run(1, 0), Run(3, 0)]
    assert ratios(own, reference) == (2.5, 2, 3)


def test_a_bar_is_printed() -> None:
    contest = Contest("x", 1, PROJECT, (), "peer", (Bar("own", "peer", 0.8), Bar("peer", "own", 1)))
    lines = [*told(contest, {"own": [Run(1, 0)], "peer": [Run(2, 0)]})]
    assert lines == [
        "x: own takes 0.50 (0.50 to 0.50) of peer, at most 0.8: held",
        "x: peer takes 2.00 (2.00 to 2.00) of own, at most 1: NOT HELD",
    ]


def test_spread_is_the_median_and_the_extremes() -> None:
    assert spread([3.0, 1.0, 9.0]) == (3, 1, 9)
