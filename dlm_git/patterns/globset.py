"""Sets of patterns, matched against many paths; most are a prefix, a suffix or both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import groupby

from dlm_git.patterns.glob import WILDCARDS, IgnoreRule, glob
from dlm_git.patterns.regex import path_regex
from dlm_git.patterns.tokens import Tokens, path_tokens, rule_tokens

_MAX_PATH = 4096  # `Glob` and `IgnoreRule` match longer paths, and those with a newline


class GlobSet:
    """Patterns of the trainer's grammar (dlm format, 3.4), each for whole paths."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self._union = _Union(map(path_tokens, self.patterns))

    def match(self, path: str) -> bool:
        """Return whether one of the patterns matches a path."""
        if _is_odd(path):
            return any(glob(pattern).match(path) for pattern in self.patterns)
        return self._union.match("/" + path)

    def first(self, path: str) -> int | None:
        """Return the index of the first pattern that matches a path."""
        if _is_odd(path):
            matches = (at for at, one in enumerate(self.patterns) if glob(one).match(path))
            return next(matches, None)
        return self._union.first("/" + path)


@lru_cache(maxsize=64)
def glob_set(patterns: tuple[str, ...]) -> GlobSet:
    """Return the GlobSet of patterns, built once."""
    return GlobSet(patterns)


class IgnoreSet:
    """The rules of one `.dlm/ignore` (dlm format, 3.6): the last one that matches decides."""

    def __init__(self, rules: Iterable[IgnoreRule]) -> None:
        self.rules = tuple(rules)
        self._reversed_rules = _Union(map(rule_tokens, reversed(self.rules)))
        runs = [(negated, list(run)) for negated, run in groupby(self.rules, _is_negated)]
        self._reversed_runs = [
            (negated, _Union([*map(rule_tokens, run)])) for negated, run in reversed(runs)
        ]

    def match(self, path: str) -> IgnoreRule | None:
        """Return the last rule that matches a path."""
        if _is_odd(path):
            return next((rule for rule in reversed(self.rules) if rule.match(path)), None)
        at = self._reversed_rules.first("/" + path)
        return None if at is None else self.rules[-1 - at]

    def excludes(self, path: str) -> bool | None:
        """Return whether the last rule that matches a path excludes it, None if none matches."""
        if _is_odd(path):
            matches = (rule for rule in reversed(self.rules) if rule.match(path))
            return next((not rule.negated for rule in matches), None)
        runs = self._reversed_runs
        return next((not negated for negated, run in runs if run.match("/" + path)), None)


def _is_odd(path: str) -> bool:
    return "\n" in path or len(path) > _MAX_PATH


def _is_negated(rule: IgnoreRule) -> bool:
    return rule.negated


class _Union:
    """A set of tokens that matches what any of them matches."""

    def __init__(self, patterns: Iterable[Tokens | None]) -> None:
        self._patterns = patterns = tuple(patterns)
        exact, prefixes, suffixes, infixes = set(), [], [], []
        starts, middles = [], []  # that a rest without a slash follows
        others: list[Tokens] = []
        self._matches_all = False
        for tokens in patterns:
            match tokens:
                case None:
                    pass
                case ("**",):
                    self._matches_all = True
                case (only,) if only not in WILDCARDS:
                    exact.add(only)
                case (first, "**") if first not in WILDCARDS:
                    prefixes.append(first)
                case ("**", last) if last not in WILDCARDS:
                    suffixes.append(last)
                case ("**", "/", "*", last) if last not in WILDCARDS and "/" not in last:
                    suffixes.append(last)
                case ("**", middle, "**") if middle not in WILDCARDS:
                    infixes.append(middle)
                case (first, "*") if first not in WILDCARDS:
                    starts.append(first)
                case ("**", middle, "*") if middle not in WILDCARDS:
                    middles.append(middle)
                case _:
                    others.append(tokens)
        self._exact = frozenset(exact)
        self._prefixes, self._suffixes = tuple(prefixes), tuple(suffixes)
        self._infixes, self._others = tuple(infixes), others
        self._starts, self._middles = tuple(starts), tuple(middles)

    def match(self, path: str) -> bool:
        """Return whether one of the patterns matches a path with a slash before it."""
        return (
            self._matches_all
            or path in self._exact
            or path.startswith(self._prefixes)
            or path.endswith(self._suffixes)
            or any(infix in path for infix in self._infixes)
            or any("/" not in path.removeprefix(start) for start in self._starts)
            or any("/" not in path.rpartition(middle)[2] for middle in self._middles)
            or (bool(self._others) and self._regex.match(path) is not None)
        )

    def first(self, path: str) -> int | None:
        """Return the index of the first pattern that matches a path, found by halving the set."""
        if not self.match(path):
            return None
        start, union = 0, self
        while len(union._patterns) > 1:
            left, right = union._halves
            if left.match(path):
                union = left
            else:
                start, union = start + len(left._patterns), right
        return start

    @cached_property
    def _halves(self) -> tuple[_Union, _Union]:
        middle = len(self._patterns) // 2
        return _Union(self._patterns[:middle]), _Union(self._patterns[middle:])

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        regexes = (f"(?:{path_regex(tokens)})" for tokens in self._others)
        return re.compile("|".join(regexes), re.DOTALL)
