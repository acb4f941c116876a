"""Two versions of the block that `dlm-git ignore` writes become one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dlm_git.training.ignore_merge import (
    Blocks,
    merge_gitignores,
    merge_groups,
    merge_lists,
    merge_recorded,
)


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("abc", "abc", "abc", "abc"),
        ("abc", "abcd", "abc", "abcd"),
        ("abc", "abc", "xabc", "xabc"),
        ("abc", "abcd", "axbc", "axbcd"),
        ("abc", "ac", "ab", "a"),
        ("abc", "bc", "axbc", "xbc"),
        ("", "ab", "bc", "abc"),
        ("ab", "ab", "", ""),
        ("ab", "", "abc", "c"),
        ("ab", "ba", "ab", "ba"),
        ("a", "ab", "ab", "ab"),
        ("abc", "abc", "axyzbc", "axyzbc"),
        ("abc", "abc", "axbyzc", "axbyzc"),
    ],
)
def test_additions_and_removals_of_both_sides_apply(
    base: str, ours: str, theirs: str, merged: str
) -> None:
    assert "".join(merge_lists(base, ours, theirs)) == merged


def block(*patterns: str, file: str = ".gitignore") -> Sequence[str]:
    return [line for p in patterns for line in (f"# from {file}: {p}", p, f"{p}/**")]


def test_their_patterns_join_our_gitignore_files() -> None:
    files = {".gitignore": b"# logs\n*.log  \n!b\n", "sub/.gitignore": b"x: y\n"}
    blocks = Blocks(
        base=[*block("*.log"), *block("x: y", file="sub/.gitignore")],
        ours=block("*.log"),
        theirs=[*block("*.tmp", "*.log"), *block("new", file="a: b/.gitignore")],
    )
    assert merge_gitignores(files, blocks) == {
        ".gitignore": b"*.tmp\n*.log\n!b\n",
        "sub/.gitignore": b"",
        "a: b/.gitignore": b"new\n",
    }


def test_a_pattern_joins_once() -> None:
    blocks = Blocks(base=[], ours=[], theirs=[*block("a"), *block("b"), *block("a")])
    assert merge_gitignores({}, blocks) == {".gitignore": b"a\nb\n"}


def test_recorded_patterns_are_merged_by_file() -> None:
    blocks = Blocks(
        base=["# core.excludesFile: *.swp", "# info/exclude: mine"],
        ours=["# core.excludesFile: *.swp", "# core.excludesFile: *~", "# info/exclude: mine"],
        theirs=["# core.excludesFile: .idea", "# core.excludesFile: *.swp"],
    )
    assert merge_recorded(blocks) == {
        "core.excludesFile": b".idea\n*.swp\n*~\n",
        "info/exclude": b"",
    }


def test_groups_are_merged_with_the_lines_below_their_comments() -> None:
    base = block("a", "b", "a")
    ours = block("a", "b", "a", "c")
    theirs = ["# from .gitignore: a", "changed", *block("b", "a", "d")]
    assert merge_groups(Blocks(base, ours, theirs)) == [
        *("# from .gitignore: a", "changed"),
        *block("b", "a", "d", "c"),
    ]
    assert merge_groups(Blocks([], ["first", *ours], [])) == ours


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        ("x", "x", "y", "y"),
        ("x", "y", "x", "y"),
        ("x", "y", "z", "y"),  # both sides changed it
        ("", "y", "z", "y"),
        ("x", "y", "y", "y"),
    ],
)
def test_lines_that_both_sides_changed_remain_as_ours(
    base: str, ours: str, theirs: str, merged: str
) -> None:
    comment = "# from .gitignore: a"
    sides = ([comment, line] if line else [] for line in (base, ours, theirs))
    assert merge_groups(Blocks(*sides)) == [comment, merged]
