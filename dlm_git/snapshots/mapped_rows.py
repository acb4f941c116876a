"""The rows of a large index in memory that git has written to, so that they are not copied."""

from __future__ import annotations

import re
from mmap import ACCESS_READ, mmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_SHORT = 8  # bytes; a regular expression finds shorter literals in four fifths of the time

_PIECE = 1 << 18  # bytes, which fit into the cache of the processor


class MappedRows(mmap):
    """A mapped file with the methods of bytes that searches of rows use; slices are bytes."""

    def __new__(cls, descriptor: int, size: int) -> Self:
        """Map the first bytes of a file, at least one."""
        return super().__new__(cls, descriptor, size, access=ACCESS_READ)

    def find(self, literal: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        """Return where some bytes are, -1 if there are none; see `bytes.find`."""
        end = len(self) if end is None else end
        if not 1 < len(literal) < _SHORT:
            return super().find(literal, start, end)
        match = re.compile(re.escape(literal)).search(self, start, end)
        return match.start() if match else -1

    def count(self, byte: bytes) -> int:
        """Return how often it contains a byte."""
        pieces = (self[at : at + _PIECE] for at in range(0, len(self), _PIECE))
        return sum(piece.count(byte) for piece in pieces)

    def index(self, literal: bytes, start: int = 0) -> int:
        """Return where some bytes are. Raises ValueError if there are none."""
        at = self.find(literal, start)
        if at < 0:
            raise ValueError
        return at

    def __contains__(self, literal: object) -> bool:
        """Return whether some bytes are in it."""
        return isinstance(literal, bytes) and self.find(literal) >= 0
