"""Sets of patterns match as the trainer does."""

from __future__ import annotations

from hypothesis import given

from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import GlobSet, IgnoreSet
from tests import strategies
from tests.oracle import Oracle
from tests.strategies import patterns_and_path, tractable


@given(case=patterns_and_path())
def test_a_set_of_globs_matches_as_the_trainer(oracle: Oracle, case: tuple[list[str], str]) -> None:
    patterns, path = case
    asked = [pattern for pattern in patterns if tractable(pattern, path)]
    assert GlobSet(asked).match(path) == any(oracle.glob([(pattern, path) for pattern in asked]))


@given(case=strategies.ignore_cases())
def test_a_set_of_ignore_rules_excludes_as_the_trainer(
    oracle: Oracle, case: tuple[str, str]
) -> None:
    said = {"excluded": True, "included": False, None: None}
    (answer,) = oracle.ignore([case])
    assert IgnoreSet(parse_ignore_lines(case[0])).excludes(case[1]) == said[answer]
