"""A document as text for `git diff`: the frontmatter in one notation, a heading per section."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dlm_git.document.plain_forms import FRONTMATTER
from dlm_git.document.sections import TYPES, Section, is_fence, parse_body
from dlm_git.document.text import DecodeError, Text, decode
from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.regex import compile_late

# the lines that `git diff` repeats in the header of a hunk (gitattributes(5), xfuncname)
HUNK_HEADERS = (
    rf"^(## ({'|'.join(TYPES)}) .*\[[0-9a-f]{{8}}\]"
    rf"|({'|'.join(FRONTMATTER)}):.*|  [a-z_]+:)$"
)
_FRONTMATTER = compile_late(r"---\n(.*?)^---(?:\n|\Z)", re.MULTILINE | re.DOTALL)
_MEDIA = compile_late(r"\s*::((?:image|audio)\s.*?)\s*::\s*")
_SHORT_ID = 8  # characters


def textconv(data: bytes) -> bytes:
    """Return a document as text for `git diff`; what does not parse stays as it is.

    The keys of the frontmatter are in the order of the schema, one value on each line. A heading
    with type, adapter and short id replaces the fence of each section.
    """
    text = decode(data)
    match = None if isinstance(text, DecodeError) else _FRONTMATTER.match(text.normalized)
    if isinstance(text, DecodeError) or not match:
        return data
    frontmatter = _frontmatter(match[1])
    head = _raw(text, 0, match.end()) if frontmatter is None else frontmatter
    return (head + "".join(_body(text, match.end()))).encode()


def _frontmatter(yaml: str) -> str | None:
    """Return a frontmatter in one notation, None if it cannot be written again."""
    tree = load_yaml(yaml)
    if not isinstance(tree, YamlTree):
        return None
    from dlm_git.document.yaml_render import render_mapping  # late: it imports PyYAML

    lines = render_mapping(yaml, tree.nodes, FRONTMATTER)
    return None if lines is None else "".join(f"{line}\n" for line in ["---", *lines, "---"])


def _body(text: Text, start: int) -> Iterator[str]:
    """Yield the body; each section below a heading, if the trainer accepts them all."""
    body = parse_body(text.normalized, start)
    sections = () if body.violations else body.sections
    offsets = [*(section.fence for section in sections), len(text.normalized)]
    yield _raw(text, start, offsets[0])
    for section, end in zip(sections, offsets[1:], strict=True):
        fence = _fence(section)
        yield f"{_heading(section, fence)}\n"
        yield _raw(text, min(section.fence + len(fence) + bool(fence), end), end)


def _raw(text: Text, start: int, end: int) -> str:
    """Return a range of the normalized text as it is written."""
    span = text.span(start, end)
    return text.raw[span.start : span.end]


def _fence(section: Section) -> str:
    """Return the line of the fence of a section, '' if it has none."""
    end = section.text.find("\n", section.fence)
    line = section.text[section.fence : end if end >= 0 else len(section.text)]
    return line if is_fence(line) else ""


def _heading(section: Section, fence: str) -> str:
    media = _MEDIA.fullmatch(fence) if section.media is not None else None
    name = media[1] if media else section.type
    adapter = f" #{section.adapter}" if section.adapter else ""
    return f"## {name}{adapter}  [{section.id[:_SHORT_ID]}]"
