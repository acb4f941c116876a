"""The nodes of a YAML text: where they are written, and whether they can be edited safely."""

from __future__ import annotations

import re

import yaml

from dlm_git.document.text import Extent
from dlm_git.document.yaml_loader import YamlNodes, children
from dlm_git.validation import KeyPath
from dlm_git.values import Value

BREAKS = "\n\x85\u2028\u2029"  # end a line of YAML 1.1
_HEADER = re.compile(f"[^{BREAKS}]*")
_COLON = re.compile(r"\s*:")
_COMMENT = re.compile(r"[ \t]*(?:#.*)?$", re.MULTILINE)


class Location(Value):
    """A node, its key in a mapping, and the node around both."""

    key: yaml.Node | None
    node: yaml.Node
    parent: yaml.Node | None


def locate(text: str, nodes: YamlNodes, path: KeyPath) -> Location | None:
    """Return the location of the node at a path, None if it cannot be edited safely.

    Each node on the path must be editable and have no merge key.
    """
    key, node, parent = None, nodes.root, None
    for step in path:
        parent, after = node, 0
        if isinstance(node, yaml.MappingNode) and id(node) not in nodes.merging:
            pair = nodes.pair(node, step)
            if not pair:
                return None
            key, node = pair
            after = key.end_mark.index
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            after, key, node = node.start_mark.index, None, node.value[step]
        else:
            return None
        if not is_editable(text, node, after):
            return None
    if node is None or id(node) in nodes.merging:
        return None
    return Location(key, node, parent)


def is_editable(text: str, node: yaml.Node, after: int) -> bool:
    """Return whether a node is written behind an offset, in a style that edits can replace.

    The position of an alias is that of its anchor. Anchors, tags and block scalars are left alone.
    """
    start = node.start_mark.index
    block_scalar = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    return start >= after and text[start : start + 1] not in ("&", "!", "*") and not block_scalar


def scalar_extents(text: str) -> list[Extent]:
    """Return the extents of all scalars in a text that loads.

    Unlike the extent of a node, that of a scalar does not contain its anchor and its tag, and that
    of a block scalar begins behind its first line.
    """
    extents = []
    for token in yaml.scan(text, yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken):
            start, end = token.start_mark.index, token.end_mark.index
            in_block = token.style in ("|", ">")
            header = _HEADER.match(text, start) if in_block else None
            extents.append(Extent(header.end() if header else start, end))
    return extents


def content_end(node: yaml.Node) -> int:
    """Return the end of the last character of a node; PyYAML ends a block at the next token."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        return content_end(children(node)[-1])
    return int(node.end_mark.index)


def line_start(text: str, offset: int) -> int:
    """Return the start of the line at an offset."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int | None:
    """Return the end of the line at an offset, None unless only a comment follows the offset."""
    comment = _COMMENT.match(text, offset)
    return comment.end() if comment else None


def dash_offset(text: str, item: yaml.Node) -> int | None:
    """Return the offset of an item's dash, None unless the dash begins the line of the item."""
    start = line_start(text, item.start_mark.index)
    before = text[start : item.start_mark.index]
    return start + before.index("-") if before.strip() == "-" else None


def colon_end(text: str, key: yaml.Node) -> int | None:
    """Return the end of the colon behind a key, None if a key after a `?` has no colon."""
    colon = _COLON.match(text, key.end_mark.index)
    return colon.end() if colon else None


def same_value(one: yaml.Node, other: yaml.Node) -> bool:
    """Return whether two nodes load as the same value, keys in the same order."""
    return _comparable(one) == _comparable(other)


def _comparable(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.tag, node.value
    return node.tag, [_comparable(child) for child in children(node)]
