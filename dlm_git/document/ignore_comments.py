"""Comments `# dlm-git: ignore[RULE] REASON` in YAML and in `.dlm/ignore`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

from dlm_git.document.text import Extent, Text
from dlm_git.document.yaml_nodes import BREAKS, scalar_extents
from dlm_git.report import Span
from dlm_git.values import Value

_BREAK = re.compile(f"[{BREAKS}]")
_COMMENT = re.compile(  # but not one that is quoted in backticks
    rf"(?<!`)#[ \t]*dlm-git:[ \t]*ignore(?![\w-])[ \t]*"
    rf"(?:\[([^\]{BREAKS}]*)\])?[ \t]*([^{BREAKS}]*)"
)


class IgnoreComment(Value):
    """A comment that accepts findings.

    rules: the names in its brackets.
    reason: the text after them.
    span: where it is.
    target: the line whose findings it accepts, None if no line follows it.
    """

    rules: tuple[str, ...]
    reason: str
    span: Span
    target: Span | None


def yaml_comments(text: Text, yaml: Extent) -> Iterator[IgnoreComment]:
    """Yield the comments of a YAML text; a `#` inside a value does not begin one.

    yaml: the extent of the YAML in the text, which loads.
    """
    source = text.normalized[yaml.start : yaml.end]
    lines, values = _extents(_BREAK.split(source)), scalar_extents(source)

    def is_comment(line: Extent) -> bool:
        content = source[line.start : line.end].lstrip(" \t")
        return content.startswith("#") and not _extent_at(values, line.start)

    at = 0
    while match := _COMMENT.search(source, at):
        value = _extent_at(values, match.start())
        at = value.end if value else match.end()
        if not value:
            yield _comment(text, match, lines, yaml.start, is_comment)


def line_comments(text: Text) -> Iterator[IgnoreComment]:
    """Yield the comments of a `.dlm/ignore`: whole lines, as dlm splits them (dlm format, 3.6)."""
    source = text.normalized
    lines = _extents(source.splitlines())

    def is_comment(line: Extent) -> bool:
        return source[line.start : line.end].lstrip().startswith("#")

    for line in lines:
        match = _COMMENT.search(source, line.start, line.end)
        if match and is_comment(line):
            yield _comment(text, match, lines, 0, is_comment)


def _extents(lines: Sequence[str]) -> list[Extent]:
    """Return the extents of lines that one character separates."""
    ends = [*accumulate(len(line) + 1 for line in lines)]
    return [Extent(start, end - 1) for start, end in pairwise([0, *ends])]


def _extent_at(extents: Sequence[Extent], offset: int) -> Extent | None:
    """Return the extent around an offset; the extents are in order."""
    place = bisect_right(extents, offset, key=lambda extent: extent.start)
    found = extents[place - 1] if place else None
    return found if found and offset < found.end else None


def _comment(
    text: Text,
    match: re.Match[str],
    lines: Sequence[Extent],
    offset: int,
    is_comment: Callable[[Extent], bool],
) -> IgnoreComment:
    """Return a comment; `offset` is that of the lines in the text."""
    source = match.string
    at = bisect_right(lines, match.start(), key=lambda line: line.start) - 1
    following = (
        line
        for line in lines[at + 1 :]
        if source[line.start : line.end].strip() and not is_comment(line)
    )
    target = next(following, None) if is_comment(lines[at]) else lines[at]
    names = (match[1] or "").split(",")
    end = offset + match.start() + len(match[0].rstrip())
    return IgnoreComment(
        tuple(filter(None, map(str.strip, names))),
        match[2].strip(),
        text.span(offset + match.start(), end),
        text.span(offset + target.start, offset + target.end) if target else None,
    )
