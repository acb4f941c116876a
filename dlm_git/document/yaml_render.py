"""Write a YAML text again in one notation, so that a diff shows only what has changed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

import yaml

from dlm_git.document.yaml_loader import YamlNodes, children
from dlm_git.document.yaml_text import quoted
from dlm_git.values import Value

_STRING = "tag:yaml.org,2002:str"
_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
_INDENT = "  "


class _Line(Value):
    """A rendered line, and the offset of its key or value in the source."""

    offset: int
    text: str


def render_mapping(text: str, nodes: YamlNodes, form: Mapping[str, object]) -> list[str] | None:
    """Return the lines of a mapping with a value on each, strings quoted alike, and its comments.

    form: the keys in the order to write them, as in `plain_forms`; unknown keys come last.

    Returns None for what cannot be written again without a loss: anchors, aliases, tags, merge
    keys, repeated keys, and keys that are not scalars.
    """
    if not (isinstance(nodes.root, yaml.MappingNode) and _is_simple(text, nodes)):
        return None
    lines = list(_mapping(nodes.root, form, ""))
    return [line.text for line in _with_comments(lines, _comments(text, nodes.root), text)]


def _is_simple(text: str, nodes: YamlNodes) -> bool:
    found = [*_walk(nodes.root)] if nodes.root else []
    starts = (node.start_mark.index for node in found)
    keys = (pair[0] for node in found if isinstance(node, yaml.MappingNode) for pair in node.value)
    return (
        not (nodes.duplicates or nodes.merging)
        and len({*map(id, found)}) == len(found)  # an alias is the node of its anchor
        and not any(text.startswith(("&", "!"), start) for start in starts)
        and all(isinstance(key, yaml.ScalarNode) for key in keys)
    )


def _walk(node: yaml.Node) -> Iterator[yaml.Node]:
    yield node
    for child in children(node):
        yield from _walk(child)


def _mapping(node: yaml.MappingNode, form: object, indent: str) -> Iterator[_Line]:
    forms = _mapping_form(form)
    places = {key: place for place, key in enumerate(forms)}
    pairs = sorted(node.value, key=lambda pair: places.get(pair[0].value, len(places)))
    for key, value in pairs:
        start = _Line(key.start_mark.index, f"{indent}{_scalar(key)}:")
        yield from _entry(start, value, forms.get(key.value, forms.get(str)), indent + _INDENT)


def _sequence(node: yaml.SequenceNode, form: object, indent: str) -> Iterator[_Line]:
    item_form = _item_form(form)
    for item in node.value:
        start = _Line(item.start_mark.index, f"{indent}-")
        if isinstance(item, yaml.MappingNode) and item.value:
            first, *others = _mapping(item, item_form, indent + _INDENT)
            yield first.replace(text=f"{start.text} {first.text.lstrip(' ')}")
            yield from others
        else:
            yield from _entry(start, item, item_form, indent + _INDENT)


def _mapping_form(form: object) -> dict[object, object]:
    """Return the forms of the keys of a mapping, {} if the form is not that of a mapping."""
    options = form if isinstance(form, tuple) else (form,)
    return next((option for option in options if isinstance(option, dict)), {})


def _item_form(form: object) -> object:
    """Return the form of the items of a list, None if the form is not that of a list."""
    options = form if isinstance(form, tuple) else (form,)
    return next((option[0] for option in options if isinstance(option, list)), None)


def _entry(start: _Line, value: yaml.Node, form: object, indent: str) -> Iterator[_Line]:
    """Yield the lines for a value behind the key or the dash that the line has so far."""
    if isinstance(value, yaml.ScalarNode):
        yield from _scalar_lines(start, value, indent)
    elif isinstance(value, yaml.MappingNode):
        yield start if value.value else start.replace(text=f"{start.text} {{}}")
        yield from _mapping(value, form, indent)
    else:
        assert isinstance(value, yaml.SequenceNode)  # noqa: S101
        yield start if value.value else start.replace(text=f"{start.text} []")
        yield from _sequence(value, form, indent)


def _scalar_lines(start: _Line, value: yaml.ScalarNode, indent: str) -> Iterator[_Line]:
    text = value.value
    if value.tag != _STRING or "\n" not in text or not text.replace("\n", "").isprintable():
        yield start.replace(text=f"{start.text} {_scalar(value)}".rstrip(" "))
        return
    chomping = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") else ""
    yield start.replace(text=f"{start.text} |{chomping}")
    for line in text.removesuffix("\n").split("\n"):
        yield start.replace(text=f"{indent}{line}" if line else "")


def _scalar(node: yaml.ScalarNode) -> str:
    return quoted(node.value) if node.tag == _STRING else str(node.value)


def _comments(text: str, root: yaml.Node) -> Iterator[re.Match[str]]:
    """Yield the comments of a text: `#` inside of a scalar begins none."""
    scalars = sorted(
        (node.start_mark.index, node.end_mark.index)
        for node in _walk(root)
        if isinstance(node, yaml.ScalarNode)
    )
    starts = [start for start, _ in scalars]
    position = 0
    while match := _COMMENT.search(text, position):
        before = bisect_right(starts, match.start()) - 1
        inside = before >= 0 and match.start() < scalars[before][1]
        if not inside:
            yield match
        position = scalars[before][1] if inside else match.end()


def _with_comments(
    lines: Sequence[_Line], comments: Iterator[re.Match[str]], text: str
) -> Iterator[_Line]:
    """Yield lines with each comment behind the value of its line, or above the value after it."""
    offsets = sorted({line.offset for line in lines})
    above: dict[int, list[str]] = {}
    behind: dict[int, str] = {}
    for comment in comments:
        place = bisect_left(offsets, comment.start())
        line_start = text.rfind("\n", 0, comment.start()) + 1
        if place and offsets[place - 1] >= line_start and offsets[place - 1] not in behind:
            behind[offsets[place - 1]] = comment[0]
        else:
            following = offsets[place] if place < len(offsets) else len(text)
            above.setdefault(following, []).append(comment[0])
    for line in lines:
        indent = line.text[: len(line.text) - len(line.text.lstrip(" "))]
        yield from (line.replace(text=indent + text) for text in above.pop(line.offset, ()))
        trailing = behind.pop(line.offset, "")
        yield line.replace(text=f"{line.text}  {trailing}") if trailing else line
    yield from (_Line(len(text), comment) for comment in above.get(len(text), ()))
