"""The text of a file as the trainer decodes it, with the position of every character."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from dlm_git.report import Edit, Fix, Span
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.document.line_hashes import LineHashes

MAX_QUOTE = 4000  # characters
MAX_HASHED = 1 << 20  # characters
_BOM = "\ufeff"


class Extent(Value):
    """A range of a text, as offsets."""

    start: int
    end: int


class Text(Value):
    """A decoded file: `raw` is the text as stored, `normalized` as the trainer sees it."""

    raw: str

    @cached_property
    def normalized(self) -> str:
        """Return the text without a leading byte order mark, with LF for CRLF and CR.

        Only LF separates its lines (dlm format, 1.1).
        """
        return normalize(self.raw)

    @property
    def newline(self) -> str:
        """Return the line ending of most lines."""
        ends = Counter(re.findall("\r\n|\r|\n", self.raw)) if "\r" in self.raw else {"\n": 1}
        return max(ends, key=lambda end: ends[end])

    def span(self, start: int, end: int) -> Span:
        """Return the Span of `normalized[start:end]`."""
        line, column, raw_start = self._position(start)
        end_line, end_column, raw_end = self._position(max(start, end))
        return Span(line, column, end_line, end_column, raw_start, raw_end)

    def line_span(self, number: int) -> Span:
        """Return the Span of a line, counted from 1 as `str.splitlines` does.

        The trainer splits ignore files with it, also at form feeds and U+2028.
        """
        lines = self.normalized.splitlines(keepends=True)
        start = sum(map(len, lines[: number - 1]))
        return self.span(start, start + len("".join(lines[number - 1].splitlines())))

    def line(self, number: int) -> str:
        """Return a line, counted from 1 and without its line ending."""
        return self.normalized[slice(*self._extent(number))]

    def quote(self, number: int) -> str:
        """Return a line for a finding, '' if it is longer than MAX_QUOTE.

        Many findings may quote the same line.
        """
        start, end = self._extent(number)
        return self.normalized[start:end] if end - start <= MAX_QUOTE else ""

    def line_hash(self, number: int) -> str:
        """Return GitHub's hash of a line, '' if the text is longer than MAX_HASHED."""
        return self._line_hashes[number] if len(self.raw) <= MAX_HASHED else ""

    @cached_property
    def _line_hashes(self) -> LineHashes:
        from dlm_git.document.line_hashes import LineHashes  # late: only findings need it

        return LineHashes(self.raw)

    def _extent(self, number: int) -> tuple[int, int]:
        starts = self._starts
        end = starts[number] - 1 if number < len(starts) else len(self.normalized)
        return starts[number - 1], end

    def _position(self, offset: int) -> tuple[int, int, int]:
        """Return the line, the column, and the offset in `raw` of an offset in `normalized`."""
        index = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[index]
        return index + 1, column + 1, self._raw_starts[index] + column

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.normalized))]

    @cached_property
    def _raw_starts(self) -> list[int]:
        first = len(self.raw) - len(self.raw.removeprefix(_BOM))
        if not first and "\r" not in self.raw:
            return self._starts
        return [first, *(match.end() for match in re.finditer("\r\n|\r|\n", self.raw))]


def normalize(text: str) -> str:
    """Return a text without a leading byte order mark, with LF for CRLF and CR."""
    text = text.removeprefix(_BOM)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class DecodeError(Value):
    """Bytes that are not UTF-8, from the byte at `span` on."""

    reason: str
    span: Span


def decode(data: bytes) -> Text | DecodeError:
    """Decode a file as strict UTF-8 (dlm format, 1.1)."""
    try:
        return Text(data.decode())
    except UnicodeDecodeError as error:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            reason = "not UTF-8: it starts with a UTF-16 byte order mark"
        else:
            reason = f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}"
        before = Text(data[: error.start].decode())
        end = len(before.normalized)
        return DecodeError(reason, before.span(end, end))


def fix_in_file(file: Text, title: str, edits: Sequence[Edit], *, safe: bool) -> Fix | None:
    """Return a Fix from edits of a file's normalized text, or None if there are none."""
    if not edits:
        return None
    return Fix(title, tuple(_in_stored_text(file, edit) for edit in edits), safe)


def _in_stored_text(file: Text, edit: Edit) -> Edit:
    span = file.span(edit.start, edit.end)
    return Edit(span.start, span.end, edit.text.replace("\n", file.newline))
