"""Three-way merge of lines, with Git's conflict markers (git-merge-file(1))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from dlm_git.document.text import Text
from dlm_git.values import Value

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_MAX_COMPARED = 2000  # lines; SequenceMatcher takes quadratic time


class Markers(Value):
    """How conflicts are written.

    ours, base, theirs: the labels of the sides.
    size: the number of characters of a marker.
    with_base: whether conflicts contain the lines of the base, as for `merge.conflictStyle=diff3`.
    """

    ours: str = "ours"
    base: str = "base"
    theirs: str = "theirs"
    size: int = 7
    with_base: bool = False


class Merged(Value):
    """The result of a merge: a text, and the number of conflicts in it."""

    text: str
    conflicts: int = 0


class _Hunk(Value):
    """Lines `start` up to `end` of the old text, and the lines that replace them."""

    start: int
    end: int
    lines: list[str]

    @property
    def growth(self) -> int:
        """Return by how many lines the new text is longer."""
        return len(self.lines) - (self.end - self.start)


class _Region(Value):
    """Lines `start` up to `end` of the base, with the hunks of both sides that change them."""

    start: int
    end: int
    ours: tuple[_Hunk, ...] = ()
    theirs: tuple[_Hunk, ...] = ()


def merge_lines(base: str, ours: str, theirs: str, markers: Markers) -> Merged:
    """Merge the changes from `base` to `ours` and to `theirs`, line by line.

    The texts have LF line endings. Changes of the same or of adjacent lines are a conflict, unless
    they are equal.
    """
    for side, other in ((ours, theirs), (theirs, ours)):
        if other in (base, side):
            return Merged(side)
    old = _split(base)
    pieces: list[str] = []
    conflicts = at = 0
    for region in _regions(_hunks(old, _split(ours)), _hunks(old, _split(theirs))):
        pieces += old[at : region.start]
        merged = _merge_region(old, region, markers)
        pieces.append(merged.text)
        conflicts += merged.conflicts
        at = region.end
    return Merged("".join([*pieces, *old[at:]]), conflicts)


def joined(pieces: Iterable[Merged]) -> Merged:
    """Return the texts of several merges as one, with the sum of their conflicts."""
    pieces = list(pieces)
    text = "".join(piece.text for piece in pieces)
    return Merged(text, sum(piece.conflicts for piece in pieces))


def conflict(base: str, ours: str, theirs: str, markers: Markers) -> Merged:
    """Return two texts as one conflict, without the lines that both begin or end with."""
    our_lines, their_lines = _split(ours), _split(theirs)
    start, end = _common_ends(our_lines, their_lines)
    inner = [lines[start : len(lines) - end] for lines in (our_lines, their_lines)]
    return Merged(
        "".join(
            [
                *our_lines[:start],
                *_between_markers(_split(base), inner[0], inner[1], markers),
                *our_lines[len(our_lines) - end :],
            ]
        ),
        1,
    )


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
        shift = sum(h.growth for h in other_hunks if h.end <= hunk.start)
        replaced = slice(hunk.start + shift, hunk.end + shift)
        lines[replaced] = hunk.lines
        ends[replaced] = [*ends[replaced], *[newline] * len(hunk.lines)][: len(hunk.lines)]
    ends = [end or newline for end in ends]
    if ends_without_newline:
        ends[-1:] = [""]
    return "".join(line + end for line, end in zip(lines, ends, strict=True))


def _split(text: str) -> list[str]:
    """Return the lines, each with its LF; a missing one at the end is added."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return [f"{line}\n" for line in lines]


def _merge_region(old: Sequence[str], region: _Region, markers: Markers) -> Merged:
    base = old[region.start : region.end]
    ours, theirs = (_apply(base, region.start, hunks) for hunks in (region.ours, region.theirs))
    if not region.theirs or ours == theirs:
        return Merged("".join(ours))
    if not region.ours:
        return Merged("".join(theirs))
    return conflict("".join(base), "".join(ours), "".join(theirs), markers)


def _apply(lines: Sequence[str], start: int, hunks: Sequence[_Hunk]) -> list[str]:
    """Return lines, of which the first has the number `start`, with hunks applied."""
    result = list(lines)
    for hunk in reversed(hunks):
        result[hunk.start - start : hunk.end - start] = hunk.lines
    return result


def _regions(ours: Sequence[_Hunk], theirs: Sequence[_Hunk]) -> list[_Region]:
    """Return the regions that the hunks change; hunks of two sides that touch are in one."""
    regions: list[_Region] = []
    sided = [(hunk, True) for hunk in ours] + [(hunk, False) for hunk in theirs]
    for hunk, is_ours in sorted(sided, key=lambda pair: (pair[0].start, pair[0].end)):
        last = regions[-1] if regions else None
        if last and hunk.start <= last.end:
            regions.pop()
        else:
            last = _Region(hunk.start, hunk.end)
        regions.append(
            _Region(
                last.start,
                max(last.end, hunk.end),
                (*last.ours, hunk) if is_ours else last.ours,
                last.theirs if is_ours else (*last.theirs, hunk),
            )
        )
    return regions


def _between_markers(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str], markers: Markers
) -> list[str]:
    def marker(character: str, label: str = "") -> str:
        return f"{character * markers.size} {label}".rstrip(" ") + "\n"

    middle = [marker("|", markers.base), *base] if markers.with_base else []
    return [
        marker("<", markers.ours),
        *ours,
        *middle,
        marker("="),
        *theirs,
        marker(">", markers.theirs),
    ]


def _lines(text: str) -> list[str]:
    """Return the lines without their ends."""
    return [line.rstrip("\r\n") for line in _LINE.findall(text)]


def _line_ends(text: str) -> list[str]:
    return [line[len(line.rstrip("\r\n")) :] for line in _LINE.findall(text)]


def _touch(hunk: _Hunk, other: _Hunk) -> bool:
    """Return whether two hunks overlap or are adjacent."""
    return hunk.start <= other.end and other.start <= hunk.end


def _common_ends(one: Sequence[str], other: Sequence[str]) -> tuple[int, int]:
    """Return how many lines both lists begin with, and how many the rest of both ends with."""
    shorter = min(len(one), len(other))
    start, end = 0, 0
    while start < shorter and one[start] == other[start]:
        start += 1
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return start, end


def _hunks(old: Sequence[str], new: Sequence[str]) -> list[_Hunk]:
    """Return the differences between two lists of lines."""
    start, end = _common_ends(old, new)
    old_part, new_part = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(old_part), len(new_part)) > _MAX_COMPARED:
        return [_Hunk(start, start + len(old_part), list(new_part))]
    matcher = SequenceMatcher(None, old_part, new_part, autojunk=False)
    return [
        _Hunk(start + old_start, start + old_end, list(new_part[new_start:new_end]))
        for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]
