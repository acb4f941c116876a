"""Searches in the rows of `git ls-files` and `git ls-tree`, without parsing them all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from dlm_git.regex import compile_late
from dlm_git.snapshots.entry import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.mapped_rows import MappedRows

    Rows = bytes | MappedRows

# `re` searches fastest for a literal at the start of the pattern
_DOTFILE = compile_late(rb"\.(?:dlm|toml(?=\0)(?<=dlm-git\.toml)|(?<=[\t/]\.))")

# bytes; text that fits into the cache of the processor, and malloc maps no new pages for it
_CHUNK = 1 << 16
# bytes; comparing the end of each row is faster than compiling an expression for all
_FEW = 1 << 16


def count_rows(rows: Rows) -> int:
    """Return the number of rows that end with a NUL, with a NUL before them."""
    return rows.count(b"\0") - 1


def find_long_row(rows: Rows, limit: int) -> bytes:
    """Return the first row of more than `limit` bytes, b'' if there is none.

    rows: rows that end with a NUL, and a NUL before them.
    """
    at, last = 0, len(rows) - 1
    while at < last:
        end = rows.rfind(b"\0", at + 1, at + limit + 2)
        if end < 0:
            return rows[at + 1 : rows.index(b"\0", at + 1)]
        at = end
    return b""


def parse_row(row: bytes) -> Entry:
    """Parse a row without its NUL."""
    head, _, path = row.partition(b"\t")
    mode, second, third = head.decode().split(" ")
    if len(third) == 1:  # of the index: mode, object, stage
        return Entry(os.fsdecode(path), mode, second, int(third))
    return Entry(os.fsdecode(path), mode, third)


def select_dotfiles(rows: Rows) -> bytes:
    """Return the rows that contain `.dlm` or a name that begins with a dot or is a config's."""
    selected, end = [b"\0"], 0
    for match in _DOTFILE.finditer(rows):
        if match.start() >= end:
            start = rows.rfind(b"\0", 0, match.start()) + 1
            end = rows.index(b"\0", match.end()) + 1
            selected.append(rows[start:end])
    return b"".join(selected)


def rows_containing(rows: Rows, literal: bytes, forms: tuple[bytes, ...] = ()) -> Iterator[Entry]:
    """Yield the rows that contain these bytes, trees of a revision included.

    forms: texts that begin with the literal, and one of which the rows must contain.
    """
    at, longest = rows.find(literal), max(map(len, forms), default=0)
    while at >= 0:
        end = at
        if not forms or rows[at : at + longest].startswith(forms):
            end = rows.index(b"\0", at + len(literal) - 1)  # it may end with the NUL of its row
            yield parse_row(rows[rows.rfind(b"\0", 0, at) + 1 : end])
        at = rows.find(literal, end + 1)


def rows_containing_in_any_case(rows: Rows, words: Sequence[bytes]) -> Iterator[Entry]:
    """Yield the rows that contain one of some words, trees of a revision included.

    words: in lower case; the case of ASCII letters does not count.
    """
    at, last = 0, len(rows) - 1 if words else 0
    while at < last:
        end = max(rows.rfind(b"\0", at + 1, at + _CHUNK), rows.index(b"\0", at + 1))
        piece = rows[at + 1 : end]
        lower = piece.lower()
        if any(word in lower for word in words):
            for row, text in zip(piece.split(b"\0"), lower.split(b"\0"), strict=True):
                if any(word in text for word in words):
                    yield parse_row(row)
        at = end


def paths_backwards(rows: Rows) -> Iterator[str]:
    """Yield the path of each row, the last one first."""
    end = len(rows) - 1
    while end > 0:
        start = rows.rfind(b"\0", 0, end)
        yield parse_row(rows[start + 1 : end]).path
        end = start


def rows_with_mode(rows: Rows, mode: str) -> Iterator[Entry]:
    """Yield the rows with a mode."""
    start = f"\0{mode} ".encode()
    at = rows.find(start)
    while at >= 0:
        end = rows.index(b"\0", at + 1)
        yield parse_row(rows[at + 1 : end])
        at = rows.find(start, end)


def rows_beginning(rows: Rows, start: bytes) -> Iterator[Entry]:
    """Yield the rows whose path, with the NUL after it, begins with these bytes.

    rows: sorted by path, as Git sorts an index.
    """
    at = bisect_rows(rows, start)
    while at < len(rows) - 1:
        end = rows.index(b"\0", at + 1)
        row = rows[at + 1 : end + 1]
        if not row.partition(b"\t")[2].startswith(start):
            return
        yield parse_row(row[:-1])
        at = end


def bisect_rows(rows: Rows, path: bytes) -> int:
    """Return the NUL before the first row whose path, with the NUL after it, is not less.

    rows: sorted by path. For a greater path than all, that is the last NUL.
    """
    low, high = 0, len(rows) - 1
    while low < high:
        middle = rows.rfind(b"\0", low, (low + high) // 2 + 1)
        end = rows.index(b"\0", middle + 1)
        if rows[middle + 1 : end + 1].partition(b"\t")[2] < path:
            low = end
        else:
            high = middle
    return low


def rows_ending(rows: Rows, suffixes: frozenset[str], *, any_case: bool = False) -> Iterator[Entry]:
    """Yield the rows whose path ends with a suffix; '/' stands for the start of a path too.

    any_case: the suffixes are in lower case, and the case of ASCII letters does not count.
    """
    if not suffixes:
        return
    ends = tuple(map(os.fsencode, suffixes))
    few = len(rows) < _FEW
    found = rows[1:].split(b"\0")[:-1] if few else _rows_perhaps_ending(rows, suffixes, any_case)
    for row in found:
        path = b"/" + row.partition(b"\t")[2]
        if (path.lower() if any_case else path).endswith(ends):
            yield parse_row(row)


def _rows_perhaps_ending(rows: Rows, suffixes: frozenset[str], any_case: bool) -> Iterator[bytes]:
    for match in _suffix_regex(suffixes, any_case).finditer(rows):
        yield rows[rows.rfind(b"\0", 0, match.start()) + 1 : match.start()]


def is_utf8(rows: Rows) -> bool:
    """Return whether rows, with a NUL before them, are UTF-8."""
    start, last, view = 0, len(rows) - 1, memoryview(rows)
    try:
        while start < last:
            stop = rows.rfind(b"\0", start + 1, start + _CHUNK)
            stop = stop if stop > 0 else rows.index(b"\0", start + 1)
            str(view[start:stop], "utf-8")
            start = stop
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=64)
def _suffix_regex(suffixes: frozenset[str], any_case: bool) -> re.Pattern[bytes]:
    """Return an expression for the NULs after paths that end with a suffix, and perhaps others.

    Four bytes exclude most paths, and eight almost all others.
    """
    words = [os.fsencode(suffix) for suffix in suffixes]
    flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
    return re.compile(rb"\0%b%b" % (_lookbehind(words, 4), _lookbehind(words, 8)), flags)


def _lookbehind(words: Sequence[bytes], size: int) -> bytes:
    """Return an expression for the last bytes of one of the words, and a NUL behind them."""
    ends = sorted({word[-size:].rjust(size, b"\0") for word in words})
    groups = (
        _any_of(first) + b"(?:%b)" % b"|".join(_any_of(end[1:]) for end in group)
        for first, group in groupby(ends, lambda end: end[:1])  # compares it once
    )
    return rb"(?<=(?:%b)\0)" % b"|".join(groups)


def _any_of(end: bytes) -> bytes:
    """Return an expression for bytes, in which NUL stands for any, and '/' also for a tab."""
    return re.escape(end).replace(rb"\000", b".").replace(b"\0", b".").replace(b"/", rb"[/\t]")
