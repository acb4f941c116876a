"""Searches in the rows of `git ls-files` and `git ls-tree`, without parsing them all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache

from dlm_git.snapshots.entry import Entry

# what a regular expression begins with is looked for fastest
_DOTTED = re.compile(rb"\.(?:(?<=[\t/]\.)|(?=dlm))")


_PIECE = 1 << 18


def select_dotfiles(rows: bytes) -> bytes:
    """The rows that contain a name that begins with a dot, or `.dlm`."""
    last, found = 0, [b"\0"]
    for dot in _DOTTED.finditer(rows):
        if dot.start() >= last:
            start, last = rows.rfind(b"\0", 0, dot.start()) + 1, rows.index(b"\0", dot.end()) + 1
            found.append(rows[start:last])
    return b"".join(found)


def _stretches(rows: bytes, literal: bytes) -> Iterator[bytes]:
    """The rows that contain these bytes, as they are."""
    at = rows.find(literal)
    while at >= 0:
        end = rows.index(b"\0", at + len(literal) - 1) + 1
        yield rows[rows.rfind(b"\0", 0, at) + 1 : end]
        at = rows.find(literal, end)


def rows_ending(rows: bytes, ends: set[str]) -> Iterator[Entry]:
    """The rows whose paths end so; a slash is also the beginning of a path."""
    if not ends:
        return
    regex = _backwards(frozenset(ends))
    start, last = 0, len(rows) - 1
    while start < last:  # in pieces that the processor's cache holds
        stop = rows.rfind(b"\0", start + 1, start + _PIECE)
        stop = stop if stop > 0 else rows.index(b"\0", start + 1)
        for match in regex.finditer(rows[start : stop + 1][::-1]):
            end = stop - match.start()
            yield parse_row(rows[rows.rfind(b"\0", 0, end) + 1 : end])
        start = stop


@lru_cache(maxsize=64)
def _backwards(ends: frozenset[str]) -> re.Pattern[bytes]:
    # backwards each path begins behind a NUL, which is the one place to look at
    words = (re.escape(os.fsencode(end)[::-1]) for end in sorted(ends))
    alternatives = b"|".join(re.sub(rb"/\Z", rb"[/\t]", word) for word in words)
    return re.compile(rb"\0(?=%b)" % alternatives)


def rows_containing(rows: bytes, literal: bytes) -> Iterator[Entry]:
    """The rows that contain these bytes, the trees of a revision among them."""
    return (parse_row(row[:-1]) for row in _stretches(rows, literal))


def parse_row(row: bytes) -> Entry:
    """Parse a row without its NUL."""
    head, _, path = row.partition(b"\t")
    mode, second, third = head.decode().split(" ")
    if len(third) == 1:  # of the index: mode, object, stage
        return Entry(os.fsdecode(path), mode, second, int(third))
    return Entry(os.fsdecode(path), mode, third)
