"""Changes of a YAML text by the places of its nodes: quotes, comments, order and layout stay.

Each function gives edits by offsets of the YAML text, or none where the text is written in a way
that it does not dare to change: with anchors, aliases, merge keys, tags, block scalars, or comments
inside of what would go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import yaml

from dlm_git.document.yaml_loader import Duplicate, YamlTree, double_quoted, quoted
from dlm_git.report import Edit

Edits = tuple[Edit, ...]
Steps = Sequence[str | int]
_COMMENT = re.compile(r"[ \t]*(?:#.*)?$", re.MULTILINE)
_COMMA = re.compile(r"\s*,\s*")


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, the key before it if it has one, and the node around both."""

    key: yaml.Node | None
    node: yaml.Node
    around: yaml.Node | None


def set_value(text: str, tree: YamlTree, path: Steps, value: str | int) -> Edits:
    """Another string or number in the place of a scalar."""
    place = _place(text, tree, path)
    if not place or not isinstance(place.node, yaml.ScalarNode):
        return ()
    written = str(value) if isinstance(value, int) else _like(place.node, value)
    return (Edit(*_extent(place.node), written),)


def rename_key(text: str, tree: YamlTree, path: Steps, key: str) -> Edits:
    """Another key in the place of the last one of a path; none if its mapping has that already."""
    place = _place(text, tree, path)
    if not place or not isinstance(place.key, yaml.ScalarNode) or key in _keys(place.around):
        return ()
    return (Edit(*_extent(place.key), _like(place.key, key)),)


def set_items(text: str, tree: YamlTree, path: Steps, wanted: Sequence[str]) -> Edits:
    """A list of strings that holds these; what it holds already stays where it is."""
    place = _place(text, tree, path)
    items = _items(text, place)
    if place is None or items is None:
        return ()
    have = {item.value for item in items}
    lacking = [each for each in dict.fromkeys(wanted) if each not in have]
    extra = [at for at, item in enumerate(items) if item.value not in wanted]
    written: list[Sequence[str]] = [[item.value] for item in items]
    for at in extra:
        written[at] = [lacking.pop(0)] if lacking else []
    if lacking and written:
        written[-1] = [*written[-1], *lacking]
    if not any(written):
        return _whole(text, place, [] if written else lacking, items)
    return _rewritten(text, place, items, written)


def replace_item(
    text: str, tree: YamlTree, path: Steps, number: int, values: Sequence[str]
) -> Edits:
    """A list of strings with others in the place of one; those that it holds are left out."""
    place = _place(text, tree, path)
    items = _items(text, place)
    if place is None or not items or number >= len(items):
        return ()
    others = {item.value for at, item in enumerate(items) if at != number}
    written: list[Sequence[str]] = [[item.value] for item in items]
    written[number] = [value for value in values if value not in others]
    if not any(written):
        return ()
    return _rewritten(text, place, items, written)


def insert_key(text: str, tree: YamlTree, path: Steps, key: str, value: str) -> Edits:
    """A mapping with one more key; `value` is YAML on one line.

    It stands first in a mapping that has a key itself, else last.
    """
    place = _place(text, tree, path)
    if place is None or not isinstance(place.node, yaml.MappingNode):
        return ()
    pairs, (_, end) = place.node.value, _extent(place.node)
    if place.node.flow_style:
        last = _end(pairs[-1][1]) if pairs else end - 1
        return (Edit(last, last, f"{', ' if pairs else ''}{key}: {value}"),)
    indent = " " * place.node.start_mark.column
    line = f"\n{indent}{key}: {value}"
    if place.key is not None:
        after = text.index(":", place.key.end_mark.index) + 1
    else:
        last_key, last_value = pairs[-1]
        if not _is_own(text, last_value, last_key.end_mark.index):
            return ()
        after = max(_end(last_value), text.index(":", last_key.end_mark.index) + 1)
    rest = _COMMENT.match(text, after)
    return (Edit(rest.end(), rest.end(), line),) if rest else ()


def append_item(text: str, tree: YamlTree, path: Steps, lines: Sequence[str]) -> Edits:
    """A block list with one more item, of these lines, at its end."""
    place = _place(text, tree, path)
    node = place.node if place else None
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        return ()
    if not _is_own(text, node.value[-1], node.start_mark.index):
        return ()
    dash = _dash(text, node.value[-1])
    rest = _COMMENT.match(text, _end(node.value[-1]))
    if dash is None or not rest:
        return ()
    first, *others = lines
    indent = " " * (dash - _line(text, dash))
    written = f"\n{indent}- {first}" + "".join(f"\n{indent}  {line}" for line in others)
    return (Edit(rest.end(), rest.end(), written),)


def remove_item(text: str, tree: YamlTree, path: Steps, number: int) -> Edits:
    """A block list without one of its items, of which some are left."""
    place = _place(text, tree, path)
    node = place.node if place else None
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or len(node.value) < 2:
        return ()
    item = node.value[number]
    return _removed_line(text, item) if _is_own(text, item, node.start_mark.index) else ()


def remove_duplicate(text: str, tree: YamlTree, duplicate: Duplicate, *, again: bool) -> Edits:
    """A mapping without one of two equal keys, which is the later one if `again`."""
    wanted = (duplicate.repeated if again else duplicate.first).start
    for node in _nodes(tree.root):
        if not isinstance(node, yaml.MappingNode) or _is_merged(node):
            continue
        for at, (key, value) in enumerate(node.value):
            if key.start_mark.index == wanted and _is_own(text, value, key.end_mark.index):
                return _removed_pair(text, node, at)
    return ()


def same_values(tree: YamlTree, duplicate: Duplicate) -> bool:
    """Whether a key that is given twice has the same value both times."""
    values = [
        value
        for node in _nodes(tree.root)
        if isinstance(node, yaml.MappingNode)
        for key, value in node.value
        if key.start_mark.index in (duplicate.first.start, duplicate.repeated.start)
    ]
    return len(values) == 2 and _shape(values[0]) == _shape(values[1])


def _place(text: str, tree: YamlTree, path: Steps) -> _Place | None:
    """The node at a path, if it and all around it are written where they belong."""
    key, node, around = None, tree.root, None
    for step in path:
        around, after = node, 0
        if isinstance(node, yaml.MappingNode) and not _is_merged(node):
            pairs = [pair for pair in node.value if pair[0].value == str(step)]
            if not pairs:
                return None
            key, node = pairs[-1]
            after = key.end_mark.index
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                return None
            after, key, node = node.start_mark.index, None, node.value[step]
        else:
            return None
        if not _is_own(text, node, after):
            return None
    return _Place(key, node, around) if node is not None and not _is_merged(node) else None


def _is_own(text: str, node: yaml.Node, after: int) -> bool:
    """Whether a node is written here, and not an alias, anchored or tagged."""
    start = node.start_mark.index
    block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return start >= after and text[start : start + 1] not in ("&", "!", "*") and not block


def _is_merged(node: yaml.Node) -> bool:
    """Whether a mapping has keys of another one: PyYAML puts them before its own."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    starts = [node.start_mark.index, *(key.start_mark.index for key, _ in pairs)]
    return starts != sorted(starts)


def _items(text: str, place: _Place | None) -> list[yaml.ScalarNode] | None:
    """The items of a list of strings."""
    if place is None or not isinstance(place.node, yaml.SequenceNode):
        return None
    start = place.node.start_mark.index
    own = (
        isinstance(item, yaml.ScalarNode) and _is_own(text, item, start)
        for item in place.node.value
    )
    return list(place.node.value) if all(own) else None


def _rewritten(
    text: str, place: _Place, items: Sequence[yaml.ScalarNode], written: Sequence[Sequence[str]]
) -> Edits:
    if _is_flow(place.node):
        return _flow(text, place.node, items, written)
    edits: list[Edit] = []
    for item, values in zip(items, written, strict=True):
        dash = _dash(text, item)
        rest = _COMMENT.match(text, item.end_mark.index)
        if dash is None or rest is None:
            return ()
        if not values:
            edits += _removed_line(text, item)
            continue
        if values[0] != item.value:
            edits.append(Edit(*_extent(item), _like(item, values[0])))
        indent = text[_line(text, dash) : dash]
        more = "".join(f"\n{indent}- {_like(item, value)}" for value in values[1:])
        edits += [Edit(rest.end(), rest.end(), more)] if more else []
    return tuple(edits)


def _flow(
    text: str,
    node: yaml.Node,
    items: Sequence[yaml.ScalarNode],
    written: Sequence[Sequence[str]],
) -> Edits:
    if all(len(values) == 1 for values in written):  # then all else between them stays
        pairs = zip(items, written, strict=True)
        return tuple(Edit(*_extent(i), _like(i, v[0])) for i, v in pairs if i.value != v[0])
    (start, end), inner = _extent(node), [at for item in items for at in _extent(item)]
    gaps = [start, *inner, end]
    if any("#" in text[slice(*gap)] for gap in zip(gaps[::2], gaps[1::2], strict=True)):
        return ()
    shown = [
        text[slice(*_extent(item))] if value == item.value else _like(item, value)
        for item, values in zip(items, written, strict=True)
        for value in values
    ]
    return (Edit(start, end, f"[{', '.join(shown)}]"),)


def _whole(
    text: str, place: _Place, values: Sequence[str], items: Sequence[yaml.ScalarNode]
) -> Edits:
    """A list that was empty, or that is to be."""
    if _is_flow(place.node):
        return (Edit(*_extent(place.node), f"[{', '.join(map(double_quoted, values))}]"),)
    if place.key is None:
        return ()
    colon = text.index(":", place.key.end_mark.index) + 1
    removed = [edit for item in items for edit in _removed_line(text, item)]
    return (Edit(colon, colon, " []"), *removed) if len(removed) == len(items) else ()


def _removed_line(text: str, item: yaml.Node) -> Edits:
    """A block list without an item that has its lines for itself."""
    dash = _dash(text, item)
    rest = _COMMENT.match(text, _end(item))
    if dash is None or rest is None:
        return ()
    return (Edit(_line(text, dash), min(rest.end() + 1, len(text)), ""),)


def _removed_pair(text: str, mapping: yaml.MappingNode, at: int) -> Edits:
    key, value = mapping.value[at]
    start, end = key.start_mark.index, max(_end(value), key.end_mark.index)
    if mapping.flow_style:
        if not at:
            return ()
        before = _end(mapping.value[at - 1][1])
        return (Edit(before, end, ""),) if _COMMA.fullmatch(text, before, start) else ()
    line, rest = _line(text, start), _COMMENT.match(text, end)
    if text[line:start].strip() or rest is None:
        return ()
    return (Edit(line, min(rest.end() + 1, len(text)), ""),)


def _dash(text: str, item: yaml.Node) -> int | None:
    """Where the dash of an item of a block list stands, if nothing else is before it."""
    start = item.start_mark.index
    line = _line(text, start)
    before = text[line:start]
    return line + before.index("-") if before.strip() == "-" else None


def _line(text: str, offset: int) -> int:
    """Where the line of an offset begins."""
    return text.rfind("\n", 0, offset) + 1


def _extent(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _end(node: yaml.Node) -> int:
    """Where the last character of a node stands: for PyYAML a block ends at the next token."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last)
    return int(node.end_mark.index)


def _like(old: yaml.ScalarNode, value: str) -> str:
    """A string in the quotes of another scalar, where they can hold it."""
    if old.style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return double_quoted(value) if old.style == '"' else quoted(value)


def _keys(node: yaml.Node | None) -> list[str]:
    return [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []


def _nodes(node: yaml.Node | None) -> Iterator[yaml.Node]:
    """A node and all below it; each once, however many aliases it has."""
    todo, seen = [node], set()
    while todo:
        each = todo.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, yaml.MappingNode):
            todo += [child for pair in each.value for child in pair]
        elif isinstance(each, yaml.SequenceNode):
            todo += each.value


def _shape(node: yaml.Node) -> object:
    if isinstance(node, yaml.MappingNode):
        return node.tag, [(_shape(key), _shape(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return node.tag, [_shape(child) for child in node.value]
    return node.tag, node.value
