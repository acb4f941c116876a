"""The nodes of a YAML text, loaded by PyYAML as the trainer loads it.

The trainer uses PyYAML's pure-Python safe loader (YAML 1.1; dlm format, 1.3). This module uses it
too, but limits nesting, which overflows Python's stack, and aliases, which multiply. Values such
as a date in month 13, for which PyYAML raises untyped errors, become YAML errors here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import yaml

from dlm_git.document.text import Extent
from dlm_git.values import Value

MAX_LENGTH = 256 * 1024
MAX_DEPTH = 100
MAX_COPIES = 10_000
MAX_NUMBER = 3500  # characters; Python does not print integers of more than 4300 digits

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_STRING = "tag:yaml.org,2002:str"
_SURROGATE = re.compile("[\ud800-\udfff]")
_MERGE = "tag:yaml.org,2002:merge"

Pair = tuple[yaml.Node, yaml.Node]


class YamlError(Value):
    """A text that cannot be loaded.

    reason: the problem.
    offset: where it is.
    flow: whether it is inside brackets or braces.
    kind: 'yaml' for invalid YAML; 'crash' for a value on which PyYAML fails with another error than
        its own, which the trainer does not catch; 'limit' for a limit of dlm-git.
    """

    reason: str
    offset: int
    flow: bool = False
    kind: Literal["yaml", "crash", "limit"] = "yaml"


class Duplicate(Value):
    """A key that its mapping repeats; the trainer silently uses the last value.

    key: the key.
    first: the occurrence before this one.
    repeated: this occurrence.
    mapping: the mapping.
    positions: those of both occurrences in the mapping, unless it has a merge key.
    """

    key: str
    first: Extent
    repeated: Extent
    mapping: yaml.MappingNode
    positions: tuple[int, int]


class YamlNodes(Value):
    """The nodes of a YAML text.

    root: the root node, None for an empty text.
    duplicates: every repeated key.
    merging: the ids of the mapping nodes with a merge key; PyYAML puts merged keys before others.
    pairs: a cache of `pair`.
    """

    root: yaml.Node | None = None
    duplicates: tuple[Duplicate, ...] = ()
    merging: frozenset[int] = frozenset()
    pairs: dict[int, dict[object, Pair]] = {}  # noqa: RUF012  (without a root it stays empty)

    def find(self, path: Iterable[str | int]) -> tuple[Extent | None, Extent | None]:
        """Return the extents of the key and of the value at a path, None where there is none.

        Of a repeated key it is the last one. A merged key has the extent at which it is written.
        """
        key: yaml.Node | None = None
        value = self.root
        for step in path:
            key, value = self._child(value, step)
        return extent_of(key) if key else None, extent_of(value) if value else None

    def string(self, path: Iterable[str | int]) -> str:
        """Return the string at a path, '' if there is none."""
        node = self.root
        for step in path:
            _, node = self._child(node, step)
        return str(node.value) if isinstance(node, yaml.ScalarNode) and node.tag == _STRING else ""

    def non_string_key(self, path: Iterable[str | int]) -> Extent | None:
        """Return the extent of the first key in a mapping that is not a string of valid Unicode."""
        node = self.root
        for step in path:
            _, node = self._child(node, step)
        keys = (key for key, _ in node.value) if isinstance(node, yaml.MappingNode) else ()
        invalid = (key for key in keys if key.tag != _STRING or _SURROGATE.search(key.value))
        return next(map(extent_of, invalid), None)

    def pair(self, node: yaml.MappingNode, key: str | int) -> Pair | None:
        """Return the nodes of a key and its value; the last of equal keys wins."""
        if id(node) not in self.pairs:
            pairs = (pair for pair in node.value if isinstance(pair[0], yaml.ScalarNode))
            self.pairs[id(node)] = {pair[0].value: pair for pair in pairs}
        return self.pairs[id(node)].get(str(key))

    def _child(
        self, node: yaml.Node | None, step: str | int
    ) -> tuple[yaml.Node | None, yaml.Node | None]:
        if isinstance(node, yaml.MappingNode):
            return self.pair(node, step) or (None, None)
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            return None, node.value[step]
        return None, None


def extent_of(node: yaml.Node) -> Extent:
    """Return the extent of a node; that of a block collection reaches to the next token."""
    return Extent(node.start_mark.index, node.end_mark.index)


def children(node: yaml.Node) -> Sequence[yaml.Node]:
    """Return the nodes directly below a node, keys included."""
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


class Loaded(Value):
    """The value of a text, and its nodes."""

    value: object
    nodes: YamlNodes


def load(text: str) -> Loaded | YamlError:
    """Load one YAML document. Every problem with it is returned, none is raised."""
    if len(text) > MAX_LENGTH:
        return YamlError(f"longer than {MAX_LENGTH} characters", 0, kind="limit")
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        char = ord(text[error.position])
        return YamlError(f"character U+{char:04X} is not allowed in YAML", error.position)
    try:
        root = loader.get_single_node()
        value = None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        kind = error.kind if isinstance(error, _LoadError) else "yaml"
        return YamlError(_reason(error), mark.index if mark else 0, loader.flow_level > 0, kind)
    except Exception:  # PyYAML raises untyped errors for some escapes and version directives
        return YamlError("invalid escape sequence or directive", loader.index, kind="crash")
    finally:
        loader.dispose()
    nodes = YamlNodes(root, tuple(loader.duplicates), frozenset(loader.merging), {})
    return Loaded(value, nodes)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with limits, which also records duplicate keys."""

    index: int
    flow_level: int

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.duplicates: list[Duplicate] = []
        self.merging: set[int] = set()
        self._depth = 0
        self._copies = 0
        self._sizes: dict[yaml.Node, int] = {}  # of each complete node, with aliases expanded

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            return self._count_copy(super().compose_node(parent, index), event)
        if self._depth == MAX_DEPTH:
            raise _LoadError(f"nested deeper than {MAX_DEPTH} levels", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        assert node  # noqa: S101  (PyYAML makes one of every event but that of an alias)
        self._sizes[node] = 1 + sum(self._sizes[child] for child in children(node))
        return node

    def _count_copy(self, node: yaml.Node | None, event: yaml.AliasEvent) -> yaml.Node | None:
        if node not in self._sizes:
            reason = f"alias '*{event.anchor}' refers to a value that contains it"
            raise _LoadError(reason, event.start_mark)
        self._copies += self._sizes[node]
        if self._copies > MAX_COPIES:
            raise _LoadError(f"aliases expand to more than {MAX_COPIES} values", event.start_mark)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: dict[tuple[str, str], int] = {}
        for position, (key, _) in enumerate(node.value):
            if key.tag == _MERGE:
                self.merging.add(id(node))
            elif isinstance(key, yaml.ScalarNode):
                first = seen.get((key.tag, key.value))
                if first is not None:
                    extents = extent_of(node.value[first][0]), extent_of(key)
                    self.duplicates.append(Duplicate(key.value, *extents, node, (first, position)))
                seen[key.tag, key.value] = position
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        if node.tag in _NUMBERS and len(node.value) > MAX_NUMBER:
            raise _LoadError(f"number longer than {MAX_NUMBER} characters", node.start_mark)
        try:
            return super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception as error:  # PyYAML passes on untyped errors of conversions
            value = f"'{node.value}'" if isinstance(node, yaml.ScalarNode) else "this"
            kind = node.tag.rpartition(":")[2]
            detail = f": {error}" if isinstance(error, ValueError) else ""
            reason = f"{value} is not a valid {kind}{detail}"
            raise _LoadError(reason, node.start_mark, "crash") from error


class _LoadError(yaml.MarkedYAMLError):
    """An error that PyYAML does not raise; `kind` is that of YamlError."""

    def __init__(self, reason: str, mark: Any, kind: Literal["crash", "limit"] = "limit") -> None:
        super().__init__(problem=reason, problem_mark=mark)
        self.kind = kind


def _reason(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)
