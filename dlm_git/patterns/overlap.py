"""Find patterns that match a path in common with another pattern, without listing the paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, WILDCARDS
from dlm_git.patterns.tokens import Tokens

_END = ""  # follows the characters of each pattern
_MAX_CACHED = 256  # each takes a bit for each character of the patterns


class OverlapIndex:
    """Patterns, each with a number.

    They run as one bit-parallel NFA: each bit of an integer is a position in one of them. A search
    steps through the characters of the other pattern, and so takes time in proportion to their
    number, times the size of that integer.
    """

    def __init__(self, patterns: Iterable[tuple[int, Tokens]]) -> None:
        atoms: list[str] = []
        starts: list[int] = []
        self._numbers: dict[int, int] = {}
        for number, tokens in patterns:
            starts.append(len(atoms))
            atoms += characters(tokens)
            self._numbers[len(atoms)] = number
            atoms.append(_END)
        self._size = len(atoms)
        self._positions: dict[str, list[int]] = {}
        for at, atom in enumerate(atoms):
            self._positions.setdefault(atom, []).append(at)
        self._literals = lru_cache(maxsize=_MAX_CACHED)(self._mask)
        self._ends = self._mask(_END)
        self._not_end = self._bits(range(self._size)) & ~self._ends
        self._not_slash = self._not_end & ~self._mask("/")
        self._globstars = self._mask(GLOBSTAR)
        self._stars = self._mask(STAR) | self._globstars
        self._singles = self._not_slash & ~self._stars  # literals and `?`, but no slash
        self._starts = _flood(self._bits(starts), self._stars)

    def find(self, tokens: Tokens) -> set[int]:
        """Return the numbers of the patterns that match a path which `tokens` match."""
        states = self._starts
        for atom in characters(tokens) if states else ():
            if not states:
                return set()
            states = self._step(states, atom)
        return {self._numbers[at] for at in _set_bits(states & self._ends)}

    def find_all(self, patterns: Iterable[Tokens]) -> set[int]:
        """Return the numbers that `find` returns for any of some patterns."""
        return set().union(*map(self.find, patterns))

    def _step(self, states: int, atom: str) -> int:
        """Return the positions after all characters that an atom of the other pattern matches."""
        if atom == GLOBSTAR:
            return _flood(states, self._not_end)
        if atom == STAR:
            return _flood(states, self._not_slash)
        stay = states & (self._globstars if atom == "/" else self._stars)
        if atom == QUESTION:
            moving = self._singles
        else:
            moving = self._literals(atom) | (0 if atom == "/" else self._literals(QUESTION))
        return _flood(stay | (states & moving) << 1, self._stars)

    def _mask(self, atom: str) -> int:
        return self._bits(self._positions.get(atom, ()))

    def _bits(self, positions: Iterable[int]) -> int:
        data = bytearray(self._size // 8 + 1)
        for at in positions:
            data[at >> 3] |= 1 << (at & 7)
        return int.from_bytes(data, "little")


def overlap(first: Tokens, second: Tokens) -> bool:
    """Return whether both match some path."""
    return bool(OverlapIndex([(0, first)]).find(second))


def characters(tokens: Sequence[str]) -> list[str]:
    """Return the wildcards and the single characters of tokens."""
    return [part for token in tokens for part in ([token] if token in WILDCARDS else token)]


def _flood(states: int, passable: int) -> int:
    """Return the positions that are reached from others by moves over passable positions."""
    # the sum carries each state through a run of passable bits, to the first bit after it
    return states | ((passable + (states & passable)) ^ passable)


def _set_bits(bits: int) -> Iterator[int]:
    digits = f"{bits:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
