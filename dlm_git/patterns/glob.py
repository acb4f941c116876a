"""The trainer's glob and `.dlm/ignore` grammars, matched in time linear in the path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

# dlm format, 3.4: `**` swallows a slash that follows it; all but `*` and `?` is literal.
_TOKEN = re.compile(r"\*\*/?|.", re.DOTALL)


@dataclass(frozen=True)
class Glob:
    """One pattern of the trainer's grammar (dlm format, 3.4), whole-path and case-sensitive.

    The pattern is run as a set of positions held in the bits of one integer, so that a hostile
    pattern costs no more than a plain one (the trainer's own regular expression is exponential).
    """

    pattern: str

    def match(self, path: str) -> bool:
        """Whether the pattern matches the whole path."""
        states = self._close(1)
        for char in path:
            states = self._step(states, char)
            if not states:
                return False
        return bool(states & self._final)

    def match_suffix(self, path: str) -> bool:
        """Whether the pattern matches the whole path or what follows one of its slashes."""
        first = states = self._close(1)
        for char in path:
            states = self._step(states, char)
            if char == "/":
                states |= first
        return bool(states & self._final)

    def _step(self, states: int, char: str) -> int:
        stay = states & (self._deep if char == "/" else self._stars)
        if char == "\n":  # `**` is a run of anything but a newline, `*` and `?` of all but a slash
            stay &= ~self._deep
        move = self._literals.get(char, 0) | (0 if char == "/" else self._any)
        return self._close(stay | (states & move) << 1)

    def _close(self, states: int) -> int:
        # a star may match nothing; a run of stars is at most `**` and `*` after `tokens`
        states |= (states & self._stars) << 1
        return states | (states & self._stars) << 1

    @cached_property
    def tokens(self) -> list[str]:
        """`**`, `*`, `?` and literal characters."""
        tokens: list[str] = []
        for token in _TOKEN.findall(self.pattern):
            kind = "**" if token.startswith("**") else token
            if kind != "**" or tokens[-1:] != ["**"]:
                tokens.append(kind)
        return tokens

    def _bits(self, *kinds: str) -> int:
        return sum(1 << index for index, token in enumerate(self.tokens) if token in kinds)

    @cached_property
    def _stars(self) -> int:
        return self._bits("*", "**")

    @cached_property
    def _deep(self) -> int:
        return self._bits("**")

    @cached_property
    def _any(self) -> int:
        return self._bits("?")

    @cached_property
    def _final(self) -> int:
        return 1 << len(self.tokens)

    @cached_property
    def _literals(self) -> dict[str, int]:
        literals: dict[str, int] = {}
        for index, token in enumerate(self.tokens):
            if token not in ("*", "**", "?"):
                literals[token] = literals.get(token, 0) | 1 << index
        return literals


@lru_cache(maxsize=1024)
def glob(pattern: str) -> Glob:
    """The Glob of a pattern, built once."""
    return Glob(pattern)


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """One line of a `.dlm/ignore` (dlm format, 3.6); `line` counts from 1."""

    pattern: str
    negated: bool
    anchored: bool
    directory: bool
    line: int

    def __str__(self) -> str:
        """The line, as it is written."""
        start, end = "!" * self.negated + "/" * self.anchored, "/" * self.directory
        return start + self.pattern + end

    def match(self, path: str) -> bool:
        """Whether the rule speaks of the file at `path`, relative to the anchor."""
        matcher = glob(self.pattern)
        if self.directory:
            # never true of an anchored one: the trainer only ever asks about files
            return not self.anchored and any(map(matcher.match, path.split("/")[:-1]))
        return matcher.match(path) if self.anchored else matcher.match_suffix(path)


def parse_ignore_lines(text: str) -> Iterator[IgnoreRule]:
    """The rules of a `.dlm/ignore`, in order; lines that hold no pattern are passed over."""
    for number, line in enumerate(map(str.rstrip, text.splitlines()), start=1):
        if line.lstrip().startswith("#"):
            continue
        body = line.removeprefix("!")
        path = body.removeprefix("/")
        pattern = path.removesuffix("/")
        if pattern:
            yield IgnoreRule(pattern, body != line, path != body, pattern != path, number)
