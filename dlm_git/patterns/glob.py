"""The trainer's glob and `.dlm/ignore` grammars, matched in time linear in the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

from dlm_git.regex import compile_late
from dlm_git.values import Value

GLOBSTAR, STAR, QUESTION = "**", "*", "?"
WILDCARDS = (GLOBSTAR, STAR, QUESTION)
MAX_IGNORE_FILE = 256 * 1024  # characters of a `.dlm/ignore` that dlm-git reads
LINE_BREAK = compile_late("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")  # those of `str.splitlines`

# dlm format, 3.4: `**` takes in a slash that follows it; all but `*` and `?` is literal
_TOKEN = compile_late(r"\*\*/?|.", re.DOTALL)


class Glob(Value):
    """A pattern of the trainer's grammar (dlm format, 3.4): whole-path and case-sensitive.

    It runs as a bit-parallel NFA: each bit of an integer is a position in the pattern. The
    trainer's own regular expression takes exponential time for some patterns.
    """

    pattern: str

    def match(self, path: str) -> bool:
        """Return whether the pattern matches the whole path."""
        states = self._skip_stars(1)
        for char in path:
            states = self._step(states, char)
            if not states:
                return False
        return bool(states & self._final)

    def match_suffix(self, path: str) -> bool:
        """Return whether the pattern matches the whole path, or all that follows one slash."""
        initial = states = self._skip_stars(1)
        for char in path:
            states = self._step(states, char)
            if char == "/":
                states |= initial
        return bool(states & self._final)

    def _step(self, states: int, char: str) -> int:
        stay = states & (self._globstars if char == "/" else self._stars)
        if char == "\n":  # `**` matches all but a newline, `*` and `?` all but a slash
            stay &= ~self._globstars
        move = self._literals.get(char, 0) | (0 if char == "/" else self._questions)
        return self._skip_stars(stay | (states & move) << 1)

    def _skip_stars(self, states: int) -> int:
        # stars may match nothing; at most two of them, `**` and `*`, follow each other in `tokens`
        states |= (states & self._stars) << 1
        return states | (states & self._stars) << 1

    @cached_property
    def tokens(self) -> list[str]:
        """Return the wildcards and the literal characters of the pattern."""
        tokens: list[str] = []
        for text in _TOKEN.findall(self.pattern):
            token = GLOBSTAR if text.startswith(GLOBSTAR) else text
            if token != GLOBSTAR or tokens[-1:] != [GLOBSTAR]:
                tokens.append(token)
        return tokens

    def _positions(self, *tokens: str) -> int:
        return sum(1 << at for at, token in enumerate(self.tokens) if token in tokens)

    @cached_property
    def _stars(self) -> int:
        return self._positions(STAR, GLOBSTAR)

    @cached_property
    def _globstars(self) -> int:
        return self._positions(GLOBSTAR)

    @cached_property
    def _questions(self) -> int:
        return self._positions(QUESTION)

    @cached_property
    def _final(self) -> int:
        return 1 << len(self.tokens)

    @cached_property
    def _literals(self) -> dict[str, int]:
        literals: dict[str, int] = {}
        for at, token in enumerate(self.tokens):
            if token not in WILDCARDS:
                literals[token] = literals.get(token, 0) | 1 << at
        return literals


@lru_cache(maxsize=1024)
def glob(pattern: str) -> Glob:
    """Return the Glob of a pattern, built once."""
    return Glob(pattern)


class IgnoreRule(Value):
    """A line of a `.dlm/ignore` (dlm format, 3.6).

    pattern: the line without the characters that the other fields stand for.
    negated: it begins with '!'.
    anchored: it begins with '/'.
    directory: it ends with '/'.
    line: the number of the line, from 1.
    """

    pattern: str
    negated: bool
    anchored: bool
    directory: bool
    line: int

    def __str__(self) -> str:
        """Return the line as it was written."""
        start, end = "!" * self.negated + "/" * self.anchored, "/" * self.directory
        return start + self.pattern + end

    def match(self, path: str) -> bool:
        """Return whether the rule matches a file; `path` is relative to the config's directory."""
        matcher = glob(self.pattern)
        if self.directory:
            # an anchored one never matches: the trainer compares it with files only
            return not self.anchored and any(map(matcher.match, path.split("/")[:-1]))
        return matcher.match(path) if self.anchored else matcher.match_suffix(path)


def parse_ignore_lines(text: str) -> Iterator[IgnoreRule]:
    """Yield the rules of a `.dlm/ignore`, in order. Skip comments and lines without a pattern."""
    for number, line in enumerate(map(str.rstrip, text.splitlines()), start=1):
        if line.lstrip().startswith("#"):
            continue
        body = line.removeprefix("!")
        path = body.removeprefix("/")
        pattern = path.removesuffix("/")
        if pattern:
            yield IgnoreRule(pattern, body != line, path != body, pattern != path, number)
