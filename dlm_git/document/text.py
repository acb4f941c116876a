"""The text of a file, read as the trainer reads it, with the place of every character."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from dlm_git.report import Span

_BOM = "\ufeff"


@dataclass(frozen=True)
class Text:
    """A decoded file: `raw` as stored, `clean` as the trainer sees it.

    `clean` has lost one leading byte order mark, and each CRLF and CR is a LF there; only LF
    separates its lines (dlm format, 1.1).
    """

    raw: str

    @cached_property
    def normalized(self) -> str:
        text = self.raw.removeprefix(_BOM)
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    @property
    def newline(self) -> str:
        """What ends its lines, or most of them."""
        ends = Counter(re.findall("\r\n|\r|\n", self.raw)) if "\r" in self.raw else {"\n": 1}
        return max(ends, key=lambda end: ends[end])

    def span(self, start: int, end: int) -> Span:
        """The Span of `clean[start:end]`."""
        line, column, raw_start = self._place(start)
        end_line, end_column, raw_end = self._place(max(start, end))
        return Span(line, column, end_line, end_column, raw_start, raw_end)

    def line_span(self, number: int) -> Span:
        """The Span of the line of that number (from 1), as `str.splitlines` counts them, which is
        how the trainer reads ignore files."""
        lines = self.normalized.splitlines(keepends=True)
        start = sum(map(len, lines[: number - 1]))
        return self.span(start, start + len("".join(lines[number - 1].splitlines())))

    def line(self, number: int) -> str:
        """The line of that number (from 1), without its end."""
        start = self._starts[number - 1]
        end = self.normalized.find("\n", start)
        return self.normalized[start:] if end < 0 else self.normalized[start:end]

    def _place(self, offset: int) -> tuple[int, int, int]:
        index = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[index]
        return index + 1, column + 1, self._raw_starts[index] + column

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.normalized))]

    @cached_property
    def _raw_starts(self) -> list[int]:
        first = len(self.raw) - len(self.raw.removeprefix(_BOM))
        if not first and "\r" not in self.raw:
            return self._starts
        return [first, *(found.end() for found in re.finditer("\r\n|\r|\n", self.raw))]


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Bytes that are not UTF-8, from the byte at `span` on."""

    reason: str
    span: Span


def decode(data: bytes) -> Text | Undecodable:
    """Decode a file as strict UTF-8 (dlm format, 1.1); whatever else it holds is a value too."""
    try:
        return Text(data.decode())
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            reason = "not UTF-8: it begins like UTF-16"
        else:
            reason = f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        before = Text(data[: error.start].decode())
        end = len(before.normalized)
        return Undecodable(reason, before.span(end, end))
