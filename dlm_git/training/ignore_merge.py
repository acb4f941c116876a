"""Merge two versions of the block in a `.dlm/ignore` that `dlm-git ignore` writes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from posixpath import dirname

from dlm_git.patterns.gitignore import LOCAL_FILES, parse_gitignore
from dlm_git.regex import compile_late
from dlm_git.training.ignore_block import FROM
from dlm_git.values import Value

_FROM = compile_late(rf"{FROM}((?:.*?/)?\.gitignore): (.*)")
_LOCAL = compile_late(rf"# ({'|'.join(map(re.escape, LOCAL_FILES))}): (.*)")


class Blocks(Value):
    """The lines of the block in three versions of a `.dlm/ignore`, () where there is none."""

    base: Sequence[str]
    ours: Sequence[str]
    theirs: Sequence[str]


def merge_lists(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Return our list without what they dropped, and with what they added.

    An added item comes behind the item that precedes it in their list.
    """
    dropped, known = {*base} - {*theirs}, {*base, *ours}
    merged = [item for item in ours if item not in dropped]
    place = 0
    for item in theirs:
        if item in merged:
            place = merged.index(item) + 1
        elif item not in known:
            merged.insert(place, item)
            place += 1
    return merged


def merge_gitignores(files: Mapping[str, bytes], blocks: Blocks) -> dict[str, bytes]:
    """Return our `.gitignore` files with the patterns that their block added or dropped.

    files: the contents of our files, by path.
    """
    base, theirs = _patterns(_FROM, blocks.base), _patterns(_FROM, blocks.theirs)
    merged = {}
    for path in dict.fromkeys([*files, *theirs]):
        ours = [p.text for p in parse_gitignore(files.get(path, b""), dirname(path))]
        merged[path] = _as_file(merge_lists(base.get(path, ()), ours, theirs.get(path, ())))
    return merged


def merge_recorded(blocks: Blocks) -> dict[str, bytes]:
    """Return the patterns of LOCAL_FILES that the merged block contains, by file."""
    base, ours, theirs = (_patterns(_LOCAL, b) for b in (blocks.base, blocks.ours, blocks.theirs))
    return {
        name: _as_file(merge_lists(base.get(name, ()), ours.get(name, ()), theirs.get(name, ())))
        for name in LOCAL_FILES
        if name in ours or name in theirs
    }


def merge_groups(blocks: Blocks) -> list[str]:
    """Merge the lines of a block as they are: each comment with the lines below it is an item.

    If both sides changed the lines below a comment, ours remain.
    """
    base, ours, theirs = map(_groups, (blocks.base, blocks.ours, blocks.theirs))
    lines = []
    for comment in merge_lists([*base], [*ours], [*theirs]):
        changed = comment in theirs and theirs[comment] != base.get(comment)
        unchanged_here = comment not in ours or ours[comment] == base.get(comment)
        group = theirs[comment] if changed and unchanged_here else ours.get(comment, [])
        lines += [comment.partition("\n")[2], *group]
    return lines


def _patterns(comment: re.Pattern[str], lines: Sequence[str]) -> dict[str, list[str]]:
    """Return the patterns that the comments of a block name, by file."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if match := comment.fullmatch(line):
            patterns = found.setdefault(match[1], [])
            if match[2] not in patterns:
                patterns.append(match[2])
    return found


def _groups(lines: Sequence[str]) -> dict[str, list[str]]:
    """Return the lines below each comment of a block, by its text and its number among equals."""
    groups: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    group: list[str] = []
    for line in lines:
        if line.startswith("#"):
            counts[line] = counts.get(line, 0) + 1
            group = groups.setdefault(f"{counts[line]}\n{line}", [])
        else:
            group.append(line)
    return groups


def _as_file(patterns: Sequence[str]) -> bytes:
    return "".join(f"{pattern}\n" for pattern in patterns).encode(errors="surrogateescape")
