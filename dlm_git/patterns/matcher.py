"""Single patterns, in the forms that a search of many paths needs."""

from __future__ import annotations

from functools import cached_property

from dlm_git.patterns.glob import GLOBSTAR, WILDCARDS, IgnoreRule
from dlm_git.patterns.globset import GlobSet, IgnoreSet
from dlm_git.patterns.regex import row_regex
from dlm_git.patterns.tokens import Tokens, path_tokens, rule_tokens


class _TokenMatcher:
    """A pattern as tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    @cached_property
    def suffix(self) -> str:
        """Return a text that ends every match, or ''."""
        return "" if self.tokens[-1] in WILDCARDS else self.tokens[-1]

    @cached_property
    def literal(self) -> str:
        """Return the longest text that is in every match, or ''."""
        return max((token for token in self.tokens if token not in WILDCARDS), key=len, default="")


class GlobMatcher(_TokenMatcher):
    """A pattern of the trainer's grammar (dlm format, 3.4)."""

    def __init__(self, pattern: str, *, ignore_case: bool = False) -> None:
        super().__init__(path_tokens(pattern))
        self._pattern = pattern.lower() if ignore_case else pattern
        self._ignore_case = ignore_case

    def match(self, name: str) -> bool:
        """Return whether the pattern matches a path."""
        return self._globs.match(name.lower() if self._ignore_case else name)

    @property
    def row_regex(self) -> bytes:
        """Return a regular expression for a path, in bytes, and the NUL after it."""
        regex = row_regex(self.tokens)
        return b"(?i:%b)" % regex if self._ignore_case else regex

    @cached_property
    def _globs(self) -> GlobSet:
        return GlobSet([self._pattern])


class RuleMatcher(_TokenMatcher):
    """A line of a `.dlm/ignore` (dlm format, 3.6), negated or not; one that matches some path."""

    def __init__(self, rule: IgnoreRule) -> None:
        super().__init__(rule_tokens(rule) or ())
        self._rule = rule

    def match(self, name: str) -> bool:
        """Return whether the line matches a path."""
        return self._rules.excludes(name) is not None

    @property
    def row_regex(self) -> bytes:
        """Return a regular expression for a path, in bytes, and the NUL after it."""
        forms = [self.tokens]
        if self.tokens[0] == GLOBSTAR and self.tokens[1:]:  # `**` may match nothing
            forms.append(self.tokens[1:])
        return b"(?:%b)" % b"|".join(map(row_regex, forms))

    @cached_property
    def _rules(self) -> IgnoreSet:
        return IgnoreSet([self._rule])
