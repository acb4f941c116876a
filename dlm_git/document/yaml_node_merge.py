"""Three-way merge of YAML values, and their text in flow style."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from dlm_git.document.alignment import merge_order
from dlm_git.document.yaml_text import double_quoted, quoted
from dlm_git.document.yaml_tree import YamlTree, load_yaml

Key = tuple[str, int]  # what identifies an entry of a collection, and how often it came before
_Pair = tuple[yaml.Node, yaml.Node]  # of an item, twice the item
_STRING = "tag:yaml.org,2002:str"


class NodeConflictError(Exception):
    """Values that cannot be merged."""


def merge_nodes(name: str, base: yaml.Node | None, ours: yaml.Node, theirs: yaml.Node) -> yaml.Node:
    """Return the merged value of a key: the node of a side if that is it, else a new one.

    Raises NodeConflictError.
    """
    values = [comparable(node) for node in (base, ours, theirs)]
    if values[2] in values[:2]:
        return ours
    if values[1] == values[0]:
        return theirs
    if isinstance(ours, yaml.ScalarNode) and isinstance(theirs, yaml.ScalarNode):
        return _merge_scalars(name, base, ours, theirs)
    if not isinstance(ours, yaml.CollectionNode) or type(ours) is not type(theirs):
        raise NodeConflictError
    if is_new_include(name, base):
        raise NodeConflictError
    return type(ours)(ours.tag, list(_merge_children(base, ours, theirs)), flow_style=True)


def is_new_include(name: str, base: object) -> bool:
    """Return whether an `include` has no base: both sides replaced the default.

    In a merged list each side would train on files that it did not select.
    """
    return name == "include" and base is None


def _merge_scalars(
    name: str, base: yaml.Node | None, ours: yaml.ScalarNode, theirs: yaml.ScalarNode
) -> yaml.Node:
    if name == "dlm_id" and base is None:  # a ULID begins with the time at which it was created
        return min(ours, theirs, key=lambda node: node.value)
    if name == "dlm_version":
        return max(ours, theirs, key=_integer)
    raise NodeConflictError


def _integer(node: yaml.ScalarNode) -> int:
    tree = load_yaml(node.value)
    return tree.value if isinstance(tree, YamlTree) and isinstance(tree.value, int) else 0


def _merge_children(
    base: yaml.Node | None, ours: yaml.CollectionNode, theirs: yaml.CollectionNode
) -> Iterator[yaml.Node | _Pair]:
    sides = [_children(node, type(ours)) for node in (base, ours, theirs)]
    for key in merge_order(*map(list, sides)):
        pair = _merge_pair(key[0], *(side.get(key) for side in sides))
        if pair:
            yield pair if isinstance(ours, yaml.MappingNode) else pair[1]


def _merge_pair(
    name: str, base: _Pair | None, ours: _Pair | None, theirs: _Pair | None
) -> _Pair | None:
    """Return a merged key with its value, None if it is removed."""
    if ours and theirs:
        return ours[0], merge_nodes(name, base[1] if base else None, ours[1], theirs[1])
    only = ours or theirs
    if only and base and comparable(only[1]) != comparable(base[1]):
        raise NodeConflictError
    return None if base else only


def _children(node: yaml.Node | None, kind: type[yaml.Node]) -> Mapping[Key, _Pair]:
    if not isinstance(node, kind) or not isinstance(node, yaml.CollectionNode):
        return {}
    is_mapping = isinstance(node, yaml.MappingNode)
    pairs = node.value if is_mapping else [(item, item) for item in node.value]
    return dict(zip(node_keys(node), pairs, strict=True))


def node_keys(node: yaml.CollectionNode) -> list[Key]:
    """Return the keys that identify the entries of a collection.

    They are the keys of a mapping, and in a list the paths of sources and the other values.
    """
    if isinstance(node, yaml.MappingNode):
        return _numbered(key.value for key, _ in node.value)
    return _numbered(map(_item_name, node.value))


def _item_name(node: yaml.Node) -> str:
    pairs: Sequence[_Pair] = node.value if isinstance(node, yaml.MappingNode) else ()
    paths = [value.value for key, value in pairs if key.value == "path"]
    return f"path {paths[-1]}" if paths else str(comparable(node))


def _numbered(names: Iterable[str]) -> list[Key]:
    seen: Counter[str] = Counter()
    keys = []
    for name in names:
        keys.append((name, seen[name]))
        seen[name] += 1
    return keys


def comparable(node: yaml.Node | None) -> object:
    """Return what is equal for nodes that load as equal values, with keys in any order."""
    if isinstance(node, yaml.ScalarNode):
        return node.tag, node.value
    if isinstance(node, yaml.MappingNode):
        return "map", frozenset((comparable(key), comparable(value)) for key, value in node.value)
    return tuple(map(comparable, node.value)) if node else None


def flow(node: yaml.Node) -> str:
    """Return a value as YAML on one line."""
    if isinstance(node, yaml.MappingNode):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in node.value) + "}"
    if isinstance(node, yaml.SequenceNode):
        return "[" + ", ".join(map(flow, node.value)) + "]"
    if node.tag != _STRING:
        return str(node.value) or "null"
    is_plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return quoted(node.value) if is_plain else double_quoted(node.value)
