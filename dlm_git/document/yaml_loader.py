"""YAML as the trainer loads it, with the place of every key and value, in bounded time.

The trainer uses PyYAML's pure-Python safe loader (YAML 1.1; dlm format, 1.3). So does this module,
with limits in it: nesting overflows Python's stack, aliases and merge keys multiply, and values
such as a date in month 13 raise errors that are no YAML errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

MAX_LENGTH = 256 * 1024
MAX_DEPTH = 100
MAX_COPIES = 10_000
MAX_NUMBER = 3500  # characters: Python shows no integer of over 4300 digits, also no hex one

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_STRING = "tag:yaml.org,2002:str"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Extent:
    """Offsets of a stretch of the YAML text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key that its mapping has already given, and where it was last: the trainer takes the last
    of all and says nothing."""

    key: str
    first: Extent
    repeated: Extent


@dataclass(frozen=True, slots=True)
class YamlError:
    """Text that the trainer cannot load, because of `reason`, at `offset`.

    `flow` tells whether that is between brackets.
    """

    reason: str
    offset: int
    flow: bool = False


@dataclass(frozen=True)
class YamlTree:
    """A loaded YAML text: `value` is what the trainer gets."""

    value: object
    root: yaml.Node | None = None
    duplicates: tuple[Duplicate, ...] = ()

    def find(self, path: Iterable[str | int]) -> tuple[Extent | None, Extent | None]:
        """Where the key and the value at `path` stand; None where there is none.

        Of a key given twice it is the last, and a merged key stands where it is written.
        """
        key: yaml.Node | None = None
        value = self.root
        for step in path:
            key, value = _child(value, step)
        return _extent(key) if key else None, _extent(value) if value else None

    def non_string_key(self, path: Iterable[str | int]) -> Extent | None:
        """Where the first key that is no string, or one that is no text, stands in a mapping."""
        node = self.root
        for step in path:
            _, node = _child(node, step)
        keys = (key for key, _ in node.value) if isinstance(node, yaml.MappingNode) else ()
        odd = (key for key in keys if key.tag != _STRING or _SURROGATE.search(key.value))
        return next(map(_extent, odd), None)


def load_yaml(text: str) -> YamlTree | YamlError:
    """Load one YAML document. Whatever the text holds, no exception escapes."""
    if len(text) > MAX_LENGTH:
        return YamlError(f"it is longer than {MAX_LENGTH} characters", 0)
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
        return YamlError(_reason(error), mark.index if mark else 0, loader.flow_level > 0)
    except Exception:  # a bad escape or version: PyYAML's own conversions fail untyped
        what = "it holds an escape or a directive that means nothing"
        return YamlError(what, loader.index)
    finally:
        loader.dispose()
    return YamlTree(value, root, tuple(loader.duplicates))


def double_quoted(value: str) -> str:
    """A string in the double quotes of YAML, so that any comes back as it was."""
    return '"' + "".join(map(_escaped, value)) + '"'


def quoted(value: str) -> str:
    """A string as YAML 1.1 reads it back: bare where that is safe, else in double quotes."""
    plain = load_yaml(value) if _PLAIN.fullmatch(value) else None
    return value if isinstance(plain, YamlTree) and plain.value == value else double_quoted(value)


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char != "\ufeff":
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with limits, and an eye for keys given twice."""

    index: int
    flow_level: int

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.duplicates: list[Duplicate] = []
        self._depth = 0
        self._copies = 0
        self._sizes: dict[yaml.Node, int] = {}  # of each finished node, aliases written out

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            return self._copy(super().compose_node(parent, index), event)
        if self._depth == MAX_DEPTH:
            raise _refusal(f"nested deeper than {MAX_DEPTH} levels", event.start_mark)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None:
            self._sizes[node] = 1 + sum(self._sizes[child] for child in _children(node))
        return node

    def _copy(self, node: yaml.Node | None, event: yaml.AliasEvent) -> yaml.Node | None:
        if node not in self._sizes:
            reason = f"alias '*{event.anchor}' stands inside what it names"
            raise _refusal(reason, event.start_mark)
        self._copies += self._sizes[node]
        if self._copies > MAX_COPIES:
            raise _refusal(f"aliases that stand for over {MAX_COPIES} values", event.start_mark)
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: dict[tuple[str, str], yaml.Node] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                before = seen.get((key.tag, key.value))
                if before:
                    self.duplicates.append(Duplicate(key.value, _extent(before), _extent(key)))
                seen[key.tag, key.value] = key
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        if node.tag in _NUMBERS and len(node.value) > MAX_NUMBER:
            raise _refusal(f"a number of over {MAX_NUMBER} characters", node.start_mark)
        try:
            return super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception as error:  # PyYAML's constructors let any error of a conversion through
            value = node.value if isinstance(node, yaml.ScalarNode) else "this"
            kind = node.tag.rpartition(":")[2]
            why = f": {error}" if isinstance(error, ValueError) else ""
            raise _refusal(f"'{value}' is no valid {kind}{why}", node.start_mark) from error


def _refusal(reason: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=reason, problem_mark=mark)


def _reason(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part)


def _children(node: yaml.Node) -> Sequence[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        # from the end: the last of a key wins, and merged keys were put before the mapping's own
        pairs = (pair for pair in reversed(node.value) if pair[0].value == str(step))
        return next(pairs, (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None


def _extent(node: yaml.Node) -> Extent:
    return Extent(node.start_mark.index, node.end_mark.index)
