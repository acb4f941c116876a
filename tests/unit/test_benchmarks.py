"""The figures of the benchmarks: ratios, targets, the baseline, and where they are written."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.baseline import failures, improvements, load, save, this_python
from benchmarks.measure import (
    Comparison,
    Run,
    Runs,
    Spread,
    Target,
    megabytes_above,
    ratios,
    spread,
)
from benchmarks.page import replace_block, replace_targets
from benchmarks.profile import draw
from benchmarks.table import TARGET_HEAD, rows, table, target_rows
from tests.support import PROJECT

WRITE = "run `python -m benchmarks --write-baseline`"


def run(processor: float, *, seconds: float = 0, peak: float = 0) -> Run:
    return Run(seconds, processor, peak)


def test_ratios_are_of_the_processor_time_in_the_same_round() -> None:
    own = [run(2, seconds=50), run(9, seconds=50), run(4, seconds=50)]
    assert ratios(own, [run(1), run(3)]) == (2.5, 2, 3)


def test_memory_is_compared_by_its_difference() -> None:
    own, reference = [run(0, peak=20e6), run(0, peak=24e6)], [run(0, peak=9e6), run(0, peak=10e6)]
    assert megabytes_above(own, reference) == (12.5, 11, 14)


def test_spread_is_the_median_and_the_extremes() -> None:
    assert spread([3.0, 1.0, 9.0]) == Spread(3, 1, 9)


def test_a_row_has_processor_time_and_its_ratio_beside_wall_time() -> None:
    comparison = Comparison("x", PROJECT, (), "peer")
    runs: Runs = {"own": [run(0.3, seconds=7, peak=8e6)], "peer": [run(0.2, seconds=5, peak=9e6)]}
    assert [*rows(comparison, runs)] == [
        ("x", "own", "0.300", "1.50", "7.000", "8"),
        ("x", "peer", "0.200", "reference", "5.000", "9"),
    ]


def test_a_target_is_met_up_to_its_figure() -> None:
    targets = (
        Target("own", "peer", 0.5),
        Target("peer", "own", 1.9),
        Target("own", "peer", 8, memory=True),
        Target("own", "peer", 7.9, memory=True),
    )
    comparison = Comparison("x", PROJECT, (), "peer", targets)
    runs = {"own": [run(1, peak=20e6)], "peer": [run(2, peak=12e6)]}
    assert [*target_rows(comparison, runs)] == [
        ("x: own", "peer", "0.50", "0.5", "met"),
        ("x: peer", "own", "2.00", "1.9", "MISSED"),
        ("x: peak memory of own", "peer", "8.00 MB more", "8 MB more", "met"),
        ("x: peak memory of own", "peer", "8.00 MB more", "7.9 MB more", "MISSED"),
    ]


# the baseline


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (4.0, []),
        (4.99, []),
        (5.0, ["x: grew from 4.00 to 5.00 (+25%)"]),
        (8.0, ["x: grew from 4.00 to 8.00 (+100%)"]),
    ],
)
def test_a_ratio_that_grew_by_a_quarter_fails(ratio: float, expected: list[str]) -> None:
    assert [*failures({"x": 4.0}, {"x": ratio})] == expected
    assert [*improvements({"x": 4.0}, {"x": ratio})] == []


@pytest.mark.parametrize(
    ("ratio", "expected"), [(3.01, []), (3.0, [f"x: fell from 4.00 to 3.00 (-25%); {WRITE}"])]
)
def test_a_ratio_that_fell_by_a_quarter_is_reported(ratio: float, expected: list[str]) -> None:
    assert [*improvements({"x": 4.0}, {"x": ratio})] == expected
    assert [*failures({"x": 4.0}, {"x": ratio})] == []


def test_a_ratio_that_only_one_side_has_fails() -> None:
    assert [*failures({"x": 4.0, "y": 1.0}, {"x": 4.0, "z": 1.0})] == [
        f"y: in the baseline, but not measured; {WRITE}",
        f"z: measured, but not in the baseline; {WRITE}",
    ]


def test_a_saved_baseline_is_loaded(tmp_path: Path) -> None:
    save(tmp_path / "baseline.json", {"x": 1.23456})
    assert load(tmp_path / "baseline.json") == (this_python(), {"x": 1.23})


# the page


def test_a_block_of_the_page_is_replaced() -> None:
    page = "a\n<!-- x -->\nold\n<!-- end -->\nb\n<!-- y -->\nkept\n<!-- end -->\n"
    expected = page.replace("old", "\nnew\\1\n")
    assert replace_block(page, "x", "new\\1\n") == expected
    assert replace_block(expected, "x", "new\\1\n") == expected
    assert replace_block(page, "z", "new") == page
    empty = page.replace("old\n", "")
    assert replace_block(empty, "x", "new\\1\n") == expected


def test_targets_that_were_not_measured_keep_their_rows() -> None:
    old = table(TARGET_HEAD, [("x", "a", "1", "2", "met"), ("y", "a", "1", "2", "met")])
    page = f"<!-- targets -->\n\n{old}\n<!-- end -->\n"
    new = ("y", "a", "3", "2", "MISSED")
    replaced = replace_targets(page, [new, ("z", "a", "1", "2", "met")])
    assert [line.split(" | ")[0] for line in replaced.splitlines()[4:7]] == [
        "| x   ",
        "| y   ",
        "| z   ",
    ]
    assert "MISSED" in replaced
    assert replace_targets(page, []) == page


def test_the_page_has_a_block_for_each_table() -> None:
    page = (PROJECT / "docs" / "performance.md").read_text()
    markers = re.findall(r"^<!-- (\w+) -->$", page, re.MULTILINE)
    names = ["hook", "hyperparameters", "index", "document", "history", "fleet", "files", "diff"]
    assert [*filter("end".__ne__, markers)] == ["targets", "machine", *names]
    assert markers[1::2] == ["end"] * (len(names) + 2)


# the picture


def test_the_picture_shows_each_part_at_its_length() -> None:
    root = ET.fromstring(draw({"run git": 30, "start Python": 10}))
    svg = "{http://www.w3.org/2000/svg}"
    bars = [rect for rect in root.iter(f"{svg}rect") if rect.get("height") == "32"]
    assert [(bar.get("x"), bar.get("width")) for bar in bars] == [
        ("0.0", "180.0"),
        ("180.0", "540.0"),
    ]
    texts = [text.text for text in root.iter(f"{svg}text")]
    assert texts == ["start Python", "10 ms", "25%", "run git", "30 ms", "75%"]


def test_the_picture_of_the_page_loads_nothing_from_the_network() -> None:
    picture = (PROJECT / "docs" / "pictures" / "check-time.svg").read_text()
    assert re.findall(r"https?://[^\"]*", picture) == ["http://www.w3.org/2000/svg"]
