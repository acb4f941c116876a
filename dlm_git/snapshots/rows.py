"""Searches in the rows of `git ls-files` and `git ls-tree`, without parsing them all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from dlm_git.regex import compile_late
from dlm_git.snapshots.entry import Entry

# `re` searches fastest for a literal at the start of the pattern
_DOTFILE = compile_late(rb"\.(?:(?<=[\t/]\.)|(?=dlm))")

# bytes; fits into the cache of the processor, and malloc maps no new pages for it
_CHUNK = 1 << 16


def find_long_row(rows: bytes, limit: int) -> bytes:
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


def select_dotfiles(rows: bytes) -> bytes:
    """Return the rows that contain `.dlm`, or a name that begins with a dot."""
    selected, end = [b"\0"], 0
    for match in _DOTFILE.finditer(rows):
        if match.start() >= end:
            start = rows.rfind(b"\0", 0, match.start()) + 1
            end = rows.index(b"\0", match.end()) + 1
            selected.append(rows[start:end])
    return b"".join(selected)


def rows_containing(rows: bytes, literal: bytes, forms: tuple[bytes, ...] = ()) -> Iterator[Entry]:
    """Yield the rows that contain these bytes, trees of a revision included.

    forms: texts that begin with the literal, and one of which the rows must contain.
    """
    at = rows.find(literal)
    while at >= 0:
        end = at
        if not forms or rows.startswith(forms, at):
            end = rows.index(b"\0", at + len(literal) - 1)  # it may end with the NUL of its row
            yield parse_row(rows[rows.rfind(b"\0", 0, at) + 1 : end])
        at = rows.find(literal, end + 1)


def rows_ending(rows: bytes, suffixes: frozenset[str]) -> Iterator[Entry]:
    """Yield the rows whose path ends with a suffix; '/' stands for the start of a path too."""
    if not suffixes:
        return
    regex = _reversed_regex(suffixes)
    for chunk in chunks(rows):
        backwards = bytearray(chunk)
        backwards.reverse()  # faster than a slice
        for match in regex.finditer(backwards):
            end = len(chunk) - 1 - match.start()
            yield parse_row(chunk[chunk.rfind(b"\0", 0, end) + 1 : end])


def chunks(rows: bytes) -> Iterator[bytes]:
    """Yield runs of whole rows that fit into the cache of the processor, with a NUL before each."""
    start, last = 0, len(rows) - 1
    while start < last:
        stop = rows.rfind(b"\0", start + 1, start + _CHUNK)
        stop = stop if stop > 0 else rows.index(b"\0", start + 1)
        yield rows[start : stop + 1]
        start = stop


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=64)
def _reversed_regex(suffixes: frozenset[str]) -> re.Pattern[bytes]:
    # in reversed rows a suffix follows a NUL, so the search looks nowhere else
    words = sorted(os.fsencode(suffix)[::-1] for suffix in suffixes)
    groups = (
        re.escape(first) + b"(?:%b)" % b"|".join(_end_of_reversed(word) for word in group)
        for first, group in groupby(words, lambda word: word[:1])  # compares it once
    )
    return re.compile(rb"\0(?=%b)" % b"|".join(groups))


def _end_of_reversed(word: bytes) -> bytes:
    return re.sub(rb"/\Z", rb"[/\t]", re.escape(word[1:]))
