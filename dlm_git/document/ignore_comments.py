"""Comments `# dlm-git: ignore[RULE] REASON` in YAML and in `.dlm/ignore`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from dlm_git.document.text import Extent, Text
from dlm_git.document.yaml_nodes import scalar_extents
from dlm_git.report import Span
from dlm_git.values import Value

_BREAKS = "\n\x85\u2028\u2029"  # end a comment of YAML 1.1
_BREAK = re.compile(f"[{_BREAKS}]")
_COMMENT = re.compile(
    rf"#[ \t]*dlm-git:[ \t]*ignore(?![\w-])[ \t]*(?:\[([^\]{_BREAKS}]*)\])?[ \t]*([^{_BREAKS}]*)"
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
    lines = _extents(_BREAK.split(source))
    values, at = scalar_extents(source), 0
    while match := _COMMENT.search(source, at):
        around = [value.end for value in values if value.start <= match.start() < value.end]
        at = around[0] if around else match.end()
        if not around:
            yield _comment(text, match, source, lines, yaml.start)


def line_comments(text: Text) -> Iterator[IgnoreComment]:
    """Yield the comments of a `.dlm/ignore`: whole lines, as dlm splits them (dlm format, 3.6)."""
    source = text.normalized
    lines = _extents(source.splitlines())
    for line in lines:
        match = _COMMENT.search(source, line.start, line.end)
        if match and _is_comment(source, line):
            yield _comment(text, match, source, lines, 0)


def _extents(lines: Sequence[str]) -> list[Extent]:
    """Return the extents of lines; one character, which ends a line, is between two of them."""
    ends = [*accumulate(len(line) + 1 for line in lines)]
    return [Extent(start, end - 1) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def _comment(
    text: Text, match: re.Match[str], source: str, lines: Sequence[Extent], offset: int
) -> IgnoreComment:
    """Return a comment; `offset` is that of the source in the text."""
    at = next(n for n, line in enumerate(lines) if line.start <= match.start() < line.end)
    following = (line for line in lines[at + 1 :] if _has_content(source, line))
    target = next(following, None) if _is_comment(source, lines[at]) else lines[at]
    names = (match[1] or "").split(",")
    end = offset + match.start() + len(match[0].rstrip())
    return IgnoreComment(
        tuple(filter(None, map(str.strip, names))),
        match[2].strip(),
        text.span(offset + match.start(), end),
        text.span(offset + target.start, offset + target.end) if target else None,
    )


def _is_comment(source: str, line: Extent) -> bool:
    return source[line.start : line.end].lstrip().startswith("#")


def _has_content(source: str, line: Extent) -> bool:
    return bool(source[line.start : line.end].strip()) and not _is_comment(source, line)
