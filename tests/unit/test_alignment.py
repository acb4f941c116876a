"""Sections of two versions match; keys of three versions are put in one order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.document.alignment import match_sections, merge_order
from dlm_git.document.sections import parse_body

FIRST = "::instruction::\n### Q\nHow do I install the tool?\n### A\nRun the first script.\n"
EDITED = "::instruction::\n### Q\nHow do I install the tool?\n### A\nRun the second script.\n"
OTHER = "::instruction::\n### Q\nWhat is tea?\n### A\nA drink.\n"
PROSE = "About tea.\n"
NO_WORDS = "::instruction::\n### Q\n"


def asked(words: str) -> str:
    return f"::instruction::\n### Q\n{words}\n"


def matches(old: str, new: str) -> dict[int, int]:
    return match_sections(parse_body(old).sections, parse_body(new).sections)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (PROSE, f"{PROSE}\n\n{FIRST}", {0: 0}),  # the blank line before a fence changes no match
        (f"{PROSE}\n{FIRST}", f"{PROSE}\n{EDITED}", {0: 0, 1: 1}),
        (f"{PROSE}\n{FIRST}", f"{PROSE}\n{OTHER}", {0: 0, 1: 1}),  # rewritten
        # headers, which are in every section, make none similar
        (f"{PROSE}\n{FIRST}", f"{PROSE}\n{OTHER}\n{EDITED}", {0: 0, 2: 1}),
        (f"{FIRST}\n{OTHER}", f"{OTHER}\n{FIRST}", {0: 1, 1: 0}),
        (f"{FIRST}\n{OTHER}", f"{EDITED}\n{OTHER}", {0: 0, 1: 1}),
        (f"{FIRST}\n{FIRST}", FIRST, {0: 0}),
        (FIRST, f"{FIRST}\n{FIRST}", {0: 0}),
        ("::image path=\"a.png\"::\n", '::image path="a.png" alt="b"::\n', {0: 0}),
        (FIRST, FIRST.replace("instruction", "prose"), {}),
        # similar from half of the words on
        (asked("a b"), f"{asked('a c')}{asked('x y z')}", {0: 0}),
        (asked("a b c"), f"{asked('a x y')}{asked('x y z')}", {}),
        # a section is edited where it stands: after the same section
        (f"{FIRST}{OTHER}", f"{OTHER}{EDITED}", {0: 1}),
        (f"{OTHER}{FIRST}", f"{EDITED}{OTHER}", {1: 0}),
        # without any words
        (NO_WORDS, f"{NO_WORDS}### A\n{asked('a')}", {0: 0}),
    ],
)  # fmt: skip
def test_equal_sections_match_and_so_do_edits(old: str, new: str, expected: dict[int, int]) -> None:
    assert matches(old, new) == expected


def test_many_changed_sections_are_matched_in_bounded_time() -> None:
    old, new = ("".join(FIRST + f"{word} {n}\n" for n in range(2000)) for word in ("a", "b"))
    assert matches(old, new) == {place: place for place in range(2000)}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("ab", "axb", "ayb", "axyb"),  # what both add comes from our side first
        ("ab", "xab", "yab", "xyab"),
        ("ab", "abx", "aby", "abxy"),
        ("abc", "bca", "abxc", "bxca"),  # our order
        ("abc", "axbc", "cab", "caxb"),  # their order, because ours is that of the base
        ("abc", "bac", "cab", "bac"),  # our order, because both have another one
        ("ab", "b", "ab", "ab"),  # what one side removed keeps its place
        ("", "ab", "ca", "cab"),
        ("ab", "axb", "axyb", "axyb"),
    ],
)
def test_keys_are_put_in_one_order(base: str, ours: str, theirs: str, expected: str) -> None:
    assert "".join(merge_order(base, ours, theirs)) == expected


KEYS = st.permutations("abcdefg").flatmap(
    lambda keys: st.integers(0, len(keys)).map(lambda count: keys[:count])
)


@given(KEYS, KEYS, KEYS)
def test_an_order_has_every_key_once_and_keeps_that_of_one_side(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    merged = merge_order(base, ours, theirs)
    assert sorted(merged) == sorted({*ours, *theirs})
    sides = [[key for key in merged if key in side] for side in (ours, theirs)]
    assert ours == sides[0] or theirs == sides[1]


@given(KEYS, KEYS)
def test_an_unchanged_side_gives_the_order_of_the_other(base: list[str], side: list[str]) -> None:
    kept = [key for key in merge_order(base, base, side) if key in side]
    assert kept == side
    assert merge_order(base, side, side) == side
