"""A set of patterns matches as its patterns do, in time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.patterns import globset
from dlm_git.patterns.glob import Glob, IgnoreRule, parse_ignore_lines
from dlm_git.patterns.globset import GlobSet, IgnoreSet
from dlm_git.patterns.overlap import OverlapIndex, overlap
from dlm_git.patterns.tokens import Tokens, path_tokens, rule_tokens
from tests import strategies
from tests.strategies import Draw, patterns_and_path

_LONG = 4096  # what a longer path is asked of is another matcher


def verdict(rules: Iterable[IgnoreRule], path: str) -> bool | None:
    """Return the decision of the last rule that matches a path."""
    spoken = [rule for rule in rules if rule.match(path)]
    return not spoken[-1].negated if spoken else None


# GlobSet


@given(case=patterns_and_path())
def test_a_set_matches_as_its_globs(case: tuple[list[str], str]) -> None:
    patterns, path = case
    matching = [number for number, each in enumerate(patterns) if Glob(each).match(path)]
    assert GlobSet(patterns).match(path) == bool(matching)
    assert GlobSet(patterns).first(path) == (matching[0] if matching else None)


def test_an_empty_set_matches_nothing() -> None:
    assert GlobSet([]).first("") is None
    assert not GlobSet([]).match("")
    assert IgnoreSet([]).match("a") is None
    assert IgnoreSet([]).excludes("a") is None


@pytest.mark.parametrize(
    ("patterns", "path", "first"),
    [
        (["a", "*", "**"], "a", 0),
        (["b", "*", "**"], "a", 1),
        (["b", "*", "**"], "a/a", 2),
        (["*.py", "a", "a"], "a", 1),
        (["**/x", "**"], "\n", None),
        (["/a", "a/", ""], "a", None),
        (["", "a"], "", 0),
    ],
)
def test_first_is_the_index_of_the_first_match(
    patterns: list[str], path: str, first: int | None
) -> None:
    assert GlobSet(patterns).first(path) == first


# IgnoreSet


@given(case=strategies.ignore_cases())
def test_a_set_of_rules_decides_by_its_last_match(case: tuple[str, str]) -> None:
    source, path = case
    rules = list(parse_ignore_lines(source))
    expected = verdict(rules, path)
    assert IgnoreSet(rules).excludes(path) == expected
    last = IgnoreSet(rules).match(path)
    assert last == next((rule for rule in reversed(rules) if rule.match(path)), None)


@given(case=strategies.ignore_cases())
def test_a_rule_without_tokens_matches_nothing(case: tuple[str, str]) -> None:
    for rule in parse_ignore_lines(case[0]):
        assert rule_tokens(rule) is not None or not rule.match(case[1])


# long paths

HOSTILE = [
    "**/**/**/**/**/*x",
    "*a*a*a*a*a*a*a*b",
    "**/a/**/a/**/a/**/a/**/b",
    "**a*b**c",
    "?" * 50 + "*" * 50 + "a**b*" * 9,
    "**/*a*/**/*b*/**/?*c",
    "a/" * 40 + "**/" + "*?" * 40,
]
_PATHS = ["a" * 4000, "a/" * 2000, "ab/" * 1333 + "c", "a/" * 1999 + "b", "é/a" * 1333]
_PATHS += [
    "a" * 1999 + "b" * 2000 + "c",
    "/".join(["a" * 199] * 20),
    "a/" * 1000 + "b" * 1999 + "x",
]
_PATHS += [path * 2 for path in _PATHS]  # beyond the limit


@pytest.mark.parametrize("path", _PATHS, ids=lambda path: f"{path[:6]}-{len(path)}")
@pytest.mark.parametrize("pattern", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_patterns_match_alike(pattern: str, path: str) -> None:
    assert GlobSet([pattern]).match(path) == Glob(pattern).match(path)
    for line in (pattern, f"/{pattern}", f"{pattern}/"):
        rules = list(parse_ignore_lines(line))
        assert IgnoreSet(rules).excludes(path) == verdict(rules, path)


@pytest.mark.parametrize("pattern", HOSTILE[:4])
def test_hostile_patterns_match_something(pattern: str) -> None:
    short = re.sub(r"\*+/?", "", pattern)
    for path in (short, "a" * (3900 - len(short)) + "/" + short):
        expected = Glob(pattern).match(path)
        assert GlobSet([pattern]).match(path) == expected
    assert GlobSet([pattern]).match(short)


@given(case=strategies.glob_cases(), size=st.sampled_from([_LONG - 1, _LONG, _LONG + 1]))
def test_the_limit_on_paths_changes_no_result(case: tuple[str, str], size: int) -> None:
    pattern, short = case
    path = (short * size)[: size - len(short)] + short
    for either in (pattern, f"**{pattern}", f"{pattern}**"):
        assert GlobSet([either]).match(path) == Glob(either).match(path)


# overlap

_ALPHABET = "ab/"
_SHORT = ["".join(path) for size in range(6) for path in product(_ALPHABET, repeat=size)]
_PIECES = ["a", "b", "/", "*", "**", "?", "a", "/", "**/", "/**"]


def _small_globs() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(_PIECES), max_size=4).map("".join)


def matched(pattern: str, paths: Sequence[str] = _SHORT) -> set[str]:
    """The short paths that a pattern matches."""
    return {path for path in paths if Glob(pattern).match(path)}


@given(one=_small_globs(), two=_small_globs())
def test_globs_overlap_if_both_match_a_path(one: str, two: str) -> None:
    meet = overlap(path_tokens(one), path_tokens(two))
    assert meet == overlap(path_tokens(two), path_tokens(one))
    shared = matched(one) & matched(two)
    assert meet or not shared
    least = len(re.sub(r"\*+", "", one + two))  # characters that a shared path needs at most
    assert shared or not meet or least > 5


@given(pattern=strategies.globs().filter(lambda glob: "\n" not in glob), other=_small_globs())
def test_every_glob_overlaps_itself_and_everything(pattern: str, other: str) -> None:
    assert overlap(path_tokens(pattern), path_tokens(pattern))
    assert overlap(path_tokens(pattern), path_tokens("**"))
    assert overlap(path_tokens(f"{pattern}**"), path_tokens(f"**{other}"))


@given(patterns=st.lists(_small_globs(), max_size=6), other=_small_globs())
def test_an_index_finds_the_patterns_that_overlap(patterns: list[str], other: str) -> None:
    index = OverlapIndex(enumerate(map(path_tokens, patterns)))
    found = {at for at, p in enumerate(patterns) if overlap(path_tokens(p), path_tokens(other))}
    assert index.find(path_tokens(other)) == found
    assert index.find_all(map(path_tokens, [other, *patterns])) == {*range(len(patterns))} | found


def tokens(line: str) -> list[Tokens]:
    """The tokens of a line of a `.dlm/ignore`, if it is one that may match."""
    return [found for rule in parse_ignore_lines(line) if (found := rule_tokens(rule)) is not None]


@st.composite
def _small_lines(draw: Draw) -> str:
    before, after = draw(st.sampled_from(["", "", "/"])), draw(st.sampled_from(["", "", "/"]))
    return before + draw(_small_globs()) + after


@given(one=_small_lines(), two=_small_lines())
def test_rules_overlap_if_both_match_a_path(one: str, two: str) -> None:
    meet = any(overlap(a, b) for a in tokens(one) for b in tokens(two))
    sets = [IgnoreSet(parse_ignore_lines(line)) for line in (one, two)]
    shared = [path for path in _SHORT if all(each.excludes(path) for each in sets)]
    assert meet or not shared
    assert shared or not meet or len(one + two) > 4


@given(cases=st.tuples(strategies.glob_cases(), strategies.globs()))
def test_a_path_that_both_match_is_an_overlap(cases: tuple[tuple[str, str], str]) -> None:
    (pattern, path), other = cases
    for second in (other, path, f"**{path[-2:]}", f"{path[:2]}*", "?" * len(path)):
        if Glob(pattern).match(path) and Glob(second).match(path):
            assert overlap(path_tokens(pattern), path_tokens(second))


def test_the_first_of_many_patterns_is_found_in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    real, steps = globset._Union.match, 0

    def match(self: Any, path: str) -> bool:
        nonlocal steps
        steps += 1
        return real(self, path)

    monkeypatch.setattr(globset._Union, "match", match)
    patterns = [f"a{number}/*.py" for number in range(4000)]
    assert GlobSet([*patterns, "**"]).first("x") == 4000
    assert GlobSet(patterns).first("x") is None
    rules = list(parse_ignore_lines("\n".join(["*", *patterns])))
    found = IgnoreSet(rules).match("x")
    assert found is not None
    assert found.line == 1
    assert steps < 40
