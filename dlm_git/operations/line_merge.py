"""Three-way merge of lines: apply the changes between two texts to a third one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from dlm_git.document.text import Text
from dlm_git.values import Value

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_MAX_COMPARED = 2000  # lines; SequenceMatcher takes quadratic time


class _Hunk(Value):
    """Lines `start` up to `end` of the old text, and the lines that replace them."""

    start: int
    end: int
    lines: list[str]


def merge_changes(old: str, new: str, other: str) -> str | None:
    """Return `other` with the changes from `old` to `new`, in the line ends of `other`.

    Changes that `other` already contains are not repeated. Return None on a conflict: `other` has
    other changes in the lines that `new` changes, or in adjacent lines.
    """
    if other == old:
        return new
    old_lines, lines = _lines(old), _lines(other)
    other_hunks = _hunks(old_lines, lines)
    hunks = [hunk for hunk in _hunks(old_lines, _lines(new)) if hunk not in other_hunks]
    if any(_touch(hunk, other_hunk) for hunk in hunks for other_hunk in other_hunks):
        return None
    ends, newline = _line_ends(other), Text(other).newline
    ends_without_newline = ends[-1:] == [""]
    for hunk in reversed(hunks):
        shift = sum(len(h.lines) - (h.end - h.start) for h in other_hunks if h.end <= hunk.start)
        replaced = slice(hunk.start + shift, hunk.end + shift)
        lines[replaced] = hunk.lines
        ends[replaced] = [*ends[replaced], *[newline] * len(hunk.lines)][: len(hunk.lines)]
    ends = [end or newline for end in ends]
    if ends_without_newline:
        ends[-1:] = [""]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


def _lines(text: str) -> list[str]:
    """Return the lines without their ends."""
    return [line.rstrip("\r\n") for line in _LINE.findall(text)]


def _line_ends(text: str) -> list[str]:
    return [line[len(line.rstrip("\r\n")) :] for line in _LINE.findall(text)]


def _touch(hunk: _Hunk, other: _Hunk) -> bool:
    """Return whether two hunks overlap or are adjacent."""
    return hunk.start <= other.end and other.start <= hunk.end


def _hunks(old: Sequence[str], new: Sequence[str]) -> list[_Hunk]:
    """Return the differences between two lists of lines."""
    shorter = min(len(old), len(new))
    start, end = 0, 0
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    old_part, new_part = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(old_part), len(new_part)) > _MAX_COMPARED:
        return [_Hunk(start, start + len(old_part), list(new_part))]
    matcher = SequenceMatcher(None, old_part, new_part, autojunk=False)
    return [
        _Hunk(start + old_start, start + old_end, list(new_part[new_start:new_end]))
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]
