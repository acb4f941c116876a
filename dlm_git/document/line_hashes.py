"""Hashes of lines, by which GitHub's code scanning recognizes a finding whose line has moved.

They are those that codeql-action computes (src/fingerprints.ts) and that the fingerprint
`primaryLocationLineHash` of SARIF holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

_WINDOW = 100  # characters that a hash covers, from the start of a line on
_END = "\uffff"  # after the last character of a file; NULs follow
_BLANKS = str.maketrans("", "", " \t")


class LineHashes:
    """The hashes of the lines of a text; each is computed when it is first needed."""

    def __init__(self, text: str) -> None:
        self._units = _code_units(text.replace("\r\n", "\n").replace("\r", "\n").translate(_BLANKS))
        self._lines = [*self._enumerate()]

    def _enumerate(self) -> Iterator[tuple[int, int]]:
        """Yield the start of each line, and how many lines up to it begin with the same window."""
        lengths = (len(line) + 1 for line in self._units.split("\n"))
        seen: Counter[int] = Counter()
        for start in [*accumulate(lengths, initial=0)][:-1]:
            key = hash(self._units[start : start + _WINDOW])
            seen[key] += 1
            yield start, seen[key]

    def __getitem__(self, number: int) -> str:
        """Return the hash of a line, counted from 1."""
        start, occurrence = self._lines[number - 1]
        window = f"{self._units[start : start + _WINDOW]}{_END}"[:_WINDOW].ljust(_WINDOW, "\0")
        value = 0
        for char in window:
            value = value * 37 + ord(char)
        return f"{value % 2**64:x}:{occurrence}"


def _code_units(text: str) -> str:
    """Return a text with two characters, as in UTF-16, for each beyond U+FFFF."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(map(chr, memoryview(text.encode("utf-16-le")).cast("H")))
