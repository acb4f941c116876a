"""Edits of a YAML text that keep its quotes, comments, order and layout.

Each function returns edits by offsets of the YAML text. It returns no edits if the text cannot be
edited safely: for anchors, aliases, merge keys, tags, block scalars, or comments inside a deletion.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from dlm_git.document.yaml_loader import Duplicate, YamlNodes, extent_of
from dlm_git.document.yaml_nodes import (
    Location,
    colon_end,
    content_end,
    dash_offset,
    is_editable,
    line_end,
    line_start,
    locate,
    same_value,
)
from dlm_git.document.yaml_text import double_quoted, flow_list, quoted
from dlm_git.report import Edit
from dlm_git.validation import KeyPath

Edits = tuple[Edit, ...]
_Items = Sequence[yaml.ScalarNode]
_Plan = Sequence[Sequence[str]]  # for each item of a list, the strings that replace it
_COMMA = re.compile(r"\s*,\s*")


def set_value(text: str, nodes: YamlNodes, path: KeyPath, value: str | int) -> Edits:
    """Replace a scalar with a string or a number."""
    location = locate(text, nodes, path)
    if not location or not isinstance(location.node, yaml.ScalarNode):
        return ()
    source = str(value) if isinstance(value, int) else _quote_like(location.node, value)
    return (_replace(location.node, source),)


def wrap_in_list(text: str, nodes: YamlNodes, path: KeyPath) -> Edits:
    """Replace a string with a list of this string."""
    location = locate(text, nodes, path)
    if not location or not isinstance(location.node, yaml.ScalarNode):
        return ()
    return (_replace(location.node, flow_list([location.node.value])),)


def rename_key(text: str, nodes: YamlNodes, path: KeyPath, key: str) -> Edits:
    """Rename the last key of a path, unless its mapping has a key of the new name."""
    location = locate(text, nodes, path)
    if not location or not isinstance(location.key, yaml.ScalarNode):
        return ()
    siblings = location.parent.value if isinstance(location.parent, yaml.MappingNode) else ()
    if any(sibling.value == key for sibling, _ in siblings):
        return ()
    return (_replace(location.key, _quote_like(location.key, key)),)


def insert_key(text: str, nodes: YamlNodes, path: KeyPath, key: str, value: str) -> Edits:
    """Insert a key into the mapping at a path; `value` is YAML on one line.

    The key comes first in a mapping that is itself a value, else last.
    """
    location = locate(text, nodes, path)
    if location is None or not isinstance(location.node, yaml.MappingNode):
        return ()
    mapping = location.node
    if mapping.flow_style:
        return _insert_flow_key(mapping, f"{key}: {value}")
    if location.key is not None:
        before, after = location.key, 0
    else:
        before, last_value = mapping.value[-1]
        after = content_end(last_value)
        if not is_editable(text, last_value, before.end_mark.index):
            return ()
    colon = colon_end(text, before)
    end = None if colon is None else line_end(text, max(colon, after))
    indent = " " * mapping.start_mark.column
    return () if end is None else (Edit(end, end, f"\n{indent}{key}: {value}"),)


def set_items(text: str, nodes: YamlNodes, path: KeyPath, values: Sequence[str]) -> Edits:
    """Change a list of strings to these values; values that are already in it keep their places."""
    location = locate(text, nodes, path)
    items = _string_items(text, location)
    if location is None or items is None:
        return ()
    if not items:  # then it is written `[]`
        return (_replace(location.node, flow_list(list(dict.fromkeys(values)))),)
    plan = _plan([item.value for item in items], values)
    if any(plan):
        return _rewrite(text, location.node, items, plan)
    return _remove_all_items(text, location, items)


def replace_item(
    text: str, nodes: YamlNodes, path: KeyPath, index: int, values: Sequence[str]
) -> Edits:
    """Replace an item of a list of strings with values that the list does not hold yet."""
    location = locate(text, nodes, path)
    items = _string_items(text, location)
    if location is None or not items:
        return ()
    plan = [[item.value] for item in items]
    others = {item.value for item in (*items[:index], *items[index + 1 :])}
    plan[index] = [value for value in values if value not in others]
    return _rewrite(text, location.node, items, plan) if any(plan) else ()


def append_item(text: str, nodes: YamlNodes, path: KeyPath, lines: Sequence[str]) -> Edits:
    """Append an item of several lines to a block list."""
    location = locate(text, nodes, path)
    node = location.node if location else None
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        return ()
    last = node.value[-1]
    dash, end = dash_offset(text, last), line_end(text, content_end(last))
    if dash is None or end is None or not is_editable(text, last, node.start_mark.index):
        return ()
    first, *others = lines
    indent = " " * (dash - line_start(text, dash))
    item = f"\n{indent}- {first}" + "".join(f"\n{indent}  {line}" for line in others)
    return (Edit(end, end, item),)


def remove_item(text: str, nodes: YamlNodes, path: KeyPath, index: int) -> Edits:
    """Remove an item from a block list, unless it is the only one."""
    location = locate(text, nodes, path)
    node = location.node if location else None
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or len(node.value) < 2:
        return ()
    item = node.value[index]
    return _remove_item_lines(text, item) if is_editable(text, item, node.start_mark.index) else ()


def remove_duplicate(text: str, nodes: YamlNodes, duplicate: Duplicate, *, repeated: bool) -> Edits:
    """Remove one of two equal keys: the repeated one, or else the first."""
    mapping, position = duplicate.mapping, duplicate.positions[repeated]
    if id(mapping) in nodes.merging:
        return ()
    key, value = mapping.value[position]
    if not is_editable(text, value, key.end_mark.index):
        return ()
    return _remove_pair(text, mapping, position)


def has_same_values(nodes: YamlNodes, duplicate: Duplicate) -> bool:
    """Return whether both occurrences of a repeated key have the same value."""
    if id(duplicate.mapping) in nodes.merging:
        return False
    first, repeated = (duplicate.mapping.value[position][1] for position in duplicate.positions)
    return same_value(first, repeated)


def _insert_flow_key(mapping: yaml.MappingNode, pair: str) -> Edits:
    if not mapping.value:
        end = mapping.end_mark.index - 1
        return (Edit(end, end, pair),)
    end = content_end(mapping.value[-1][1])
    return (Edit(end, end, f", {pair}"),)


def _string_items(text: str, location: Location | None) -> list[yaml.ScalarNode] | None:
    """Return the items of a list of strings, None if the node is anything else."""
    if location is None or not isinstance(location.node, yaml.SequenceNode):
        return None
    start = location.node.start_mark.index
    editable = (
        isinstance(item, yaml.ScalarNode) and is_editable(text, item, start)
        for item in location.node.value
    )
    return list(location.node.value) if all(editable) else None


def _plan(current: Sequence[str], values: Sequence[str]) -> _Plan:
    """Replace unwanted items with missing values, and append the rest to the last item."""
    missing = [value for value in dict.fromkeys(values) if value not in current]
    plan: list[list[str]] = []
    for value in current:
        if value in values:
            plan.append([value])
        else:
            plan.append(missing[:1])
            del missing[:1]
    plan[-1] += missing
    return plan


def _rewrite(text: str, node: yaml.Node, items: _Items, plan: _Plan) -> Edits:
    if _is_flow(node):
        return _rewrite_flow_list(text, node, items, plan)
    return _rewrite_block_list(text, items, plan)


def _rewrite_block_list(text: str, items: _Items, plan: _Plan) -> Edits:
    edits: list[Edit] = []
    for item, values in zip(items, plan, strict=True):
        dash, end = dash_offset(text, item), line_end(text, item.end_mark.index)
        if dash is None or end is None:
            return ()
        if not values:
            edits += _remove_item_lines(text, item)
            continue
        if values[0] != item.value:
            edits.append(_replace(item, _quote_like(item, values[0])))
        indent = text[line_start(text, dash) : dash]
        lines = "".join(f"\n{indent}- {_quote_like(item, value)}" for value in values[1:])
        edits += [Edit(end, end, lines)] if lines else []
    return tuple(edits)


def _rewrite_flow_list(text: str, node: yaml.Node, items: _Items, plan: _Plan) -> Edits:
    if all(len(values) == 1 for values in plan):  # replace the items, keep the text between them
        return tuple(
            _replace(item, _quote_like(item, value))
            for item, (value,) in zip(items, plan, strict=True)
            if item.value != value
        )
    whole, extents = extent_of(node), [*map(extent_of, items)]
    starts = [whole.start, *(extent.end for extent in extents)]
    ends = [*(extent.start for extent in extents), whole.end]
    if any("#" in text[start:end] for start, end in zip(starts, ends, strict=True)):
        return ()
    sources = (
        text[extent.start : extent.end] if value == item.value else _quote_like(item, value)
        for item, extent, values in zip(items, extents, plan, strict=True)
        for value in values
    )
    return (_replace(node, f"[{', '.join(sources)}]"),)


def _remove_all_items(text: str, location: Location, items: _Items) -> Edits:
    if _is_flow(location.node):
        return (_replace(location.node, "[]"),)
    assert location.key  # noqa: S101  (of each list of strings that a rule changes)
    colon = colon_end(text, location.key)
    removals = [edit for item in items for edit in _remove_item_lines(text, item)]
    if colon is None or len(removals) != len(items):
        return ()
    return (Edit(colon, colon, " []"), *removals)


def _remove_item_lines(text: str, item: yaml.Node) -> Edits:
    """Remove an item of a block list, if it does not share a line."""
    dash, end = dash_offset(text, item), line_end(text, content_end(item))
    if dash is None or end is None:
        return ()
    return (Edit(line_start(text, dash), min(end + 1, len(text)), ""),)


def _remove_pair(text: str, mapping: yaml.MappingNode, index: int) -> Edits:
    key, value = mapping.value[index]
    start, end = key.start_mark.index, max(content_end(value), key.end_mark.index)
    if mapping.flow_style:
        if not index:
            return ()
        before = content_end(mapping.value[index - 1][1])
        return (Edit(before, end, ""),) if _COMMA.fullmatch(text, before, start) else ()
    line, rest = line_start(text, start), line_end(text, end)
    if text[line:start].strip() or rest is None:
        return ()
    return (Edit(line, min(rest + 1, len(text)), ""),)


def _replace(node: yaml.Node, source: str) -> Edit:
    extent = extent_of(node)
    return Edit(extent.start, extent.end, source)


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _quote_like(scalar: yaml.ScalarNode, value: str) -> str:
    """Quote a string like another scalar, if that style can hold it."""
    if scalar.style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return double_quoted(value) if scalar.style == '"' else quoted(value)
