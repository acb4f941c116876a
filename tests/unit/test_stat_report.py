"""Numbers in the summary of a training set."""

from __future__ import annotations

from collections import Counter

import pytest

from dlm_git.cli.commands.stat_report import as_json, text
from dlm_git.training.summary import Summary, summarize
from dlm_git.training.training_set import TrainingFile


def summary(*files: tuple[str, int]) -> Summary:
    return Summary(files, (), Counter())


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        *((0, "0 tokens"), (3, "1 token"), (40, "10 tokens"), (3964, "990 tokens")),
        *((3984, "1.0 k tokens"), (39_000, "9.8 k tokens"), (4_600_000, "1.2 M tokens")),
        *((120_000_000, "30 M tokens"), (9_999_999_999, "2500 M tokens")),
    ],
)
def test_the_estimate_has_two_digits(size: int, tokens: str) -> None:
    lines = text(summary(("a.py", size)), "the index").splitlines()
    assert lines[1] == f"about {tokens} (estimate: 4 bytes per token)"


def test_small_shares_are_not_zero() -> None:
    shown = text(summary(("a.py", 100_000), ("b.md", 1), ("c.md", 499), ("d.txt", 0)), "x")
    rows = shown.partition("by file type\n")[2].splitlines()
    assert [row.split()[5] for row in rows] == ["100%", "<1%", "0%"]


def test_an_empty_training_set_has_no_shares() -> None:
    assert text(summary(("a.py", 0)), "x").splitlines()[-1].endswith("0 B    0%")
    assert as_json(summary())["bytes"] == 0


def test_a_summary_keeps_no_contents() -> None:
    data = [bytes([number]) * 100_000 for number in (1, 2, 1)]
    files = (TrainingFile(f"{n}", 0, "included", len(d), None, d) for n, d in enumerate(data))
    result = summarize(files)
    assert [group.paths for group in result.identical] == [("0", "2")]
    assert len(repr(result)) < 1000
