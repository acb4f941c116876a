"""Lines that two versions of a file changed, carried over to a third."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from dlm_git.document.text import Text

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_FEW = 2000  # lines; beyond, a stretch that differs counts as one change


class _Hunk(NamedTuple):
    """Lines `start` to `end` of the old version, and what stands in their place."""

    start: int
    end: int
    lines: list[str]


def merge_changes(old: str, new: str, other: str) -> str | None:
    """`other`, with what `new` changed of `old`, in its own line ends.

    None if it differs from `old` in the lines that `new` changed, or right beside them. What it
    has changed in the same way stays as it is.
    """
    if other == old:
        return new
    lines, before = _bare(other), _bare(old)
    own = _hunks(before, lines)
    wanted = [hunk for hunk in _hunks(before, _bare(new)) if hunk not in own]
    if any(_touch(hunk, mine) for hunk in wanted for mine in own):
        return None
    ends, newline = _ends(other), Text(other).newline
    open_ended = ends[-1:] == [""]
    for hunk in reversed(wanted):
        shift = sum(len(h.lines) - (h.end - h.start) for h in own if h.end <= hunk.start)
        place = slice(hunk.start + shift, hunk.end + shift)
        ends[place] = [*ends[place], *[newline] * len(hunk.lines)][: len(hunk.lines)]
        lines[place] = hunk.lines
    ends = [end or newline for end in ends]
    if open_ended:
        ends[-1:] = [""]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


def _bare(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in _LINE.findall(text)]


def _ends(text: str) -> list[str]:
    return [line[len(line.rstrip("\r\n")) :] for line in _LINE.findall(text)]


def _touch(one: _Hunk, other: _Hunk) -> bool:
    return one.start <= other.end and other.start <= one.end


def _hunks(old: Sequence[str], new: Sequence[str]) -> list[_Hunk]:
    start, end = 0, 0
    least = min(len(old), len(new))
    while start < least and old[start] == new[start]:
        start += 1
    while end < least - start and old[-1 - end] == new[-1 - end]:
        end += 1
    inner, lines = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(inner), len(lines)) > _FEW:
        return [_Hunk(start, start + len(inner), list(lines))]
    steps = SequenceMatcher(None, inner, lines, autojunk=False).get_opcodes()
    return [
        _Hunk(start + a, start + b, list(lines[c:d]))
        for kind, a, b, c, d in steps
        if kind != "equal"
    ]
