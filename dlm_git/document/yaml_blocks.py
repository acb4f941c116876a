"""The lines of each entry in a YAML block collection, for copying them to another text."""

from __future__ import annotations

from typing import TypeGuard

import yaml

from dlm_git.document.yaml_node_merge import Key, node_keys
from dlm_git.document.yaml_nodes import colon_end, content_end, line_end, line_start
from dlm_git.values import Value

_SPECIAL = ("&", "*", "!")  # begin an anchor, an alias and a tag
_BEFORE = {False: ("", "-"), True: ("-",)}  # what may be before a key, and before an item


class UnsupportedLayoutError(Exception):
    """A layout in which entries do not have lines of their own."""


class Entry(Value):
    """An entry of a block collection. It has whole lines.

    source: the YAML text that has it.
    key: a mapping key, or of an item its string or the path of a source.
    node: its value.
    top: start of the comments and empty lines above it.
    start, end: the extent of its own lines.
    column: the number of characters before its first word, or before the dash of an item.
    """

    source: str
    key: Key
    node: yaml.Node
    top: int
    start: int
    end: int
    column: int

    @property
    def above(self) -> str:
        """Return the comments and empty lines above it."""
        return self.source[self.top : self.start]

    @property
    def text(self) -> str:
        """Return its own lines; spaces stand for the dash of an item before a mapping key."""
        text = self.source[self.start : self.end]
        before = text[: self.column]
        return text if before.isspace() else " " * len(before) + text[len(before) :]

    @property
    def has_block(self) -> bool:
        """Return whether its value is a block collection."""
        return is_block(self.node)

    @property
    def header(self) -> str:
        """Return the lines before the block collection that is its value, '' behind a dash."""
        return self.text[: self.block.start - self.start]

    @property
    def block(self) -> Block:
        """Return the block collection that is its value. Raises UnsupportedLayoutError."""
        behind_dash = self.node.start_mark.index < self.source.index("\n", self.start)
        start = self.start if behind_dash else self.source.index("\n", self.start) + 1
        return read_block(self.source, self.node, start)


class Block(Value):
    """A block collection: its entries, the column at which they begin, and whether it is a list."""

    entries: tuple[Entry, ...] = ()
    column: int = 0
    is_list: bool = False

    @property
    def start(self) -> int:
        """Return the start of its first line, or of the line behind whose dash it begins."""
        return self.entries[0].top

    @property
    def end(self) -> int:
        """Return the end of its last line."""
        return self.entries[-1].end if self.entries else 0

    @property
    def by_key(self) -> dict[Key, Entry]:
        """Return the entries by their keys."""
        return {entry.key: entry for entry in self.entries}


def read_block(source: str, node: yaml.Node | None, start: int) -> Block:
    """Return a block collection that begins at the start of a line; the text ends with a newline.

    Raises UnsupportedLayoutError for any other node or layout.
    """
    if not is_block(node):
        raise UnsupportedLayoutError
    is_list = isinstance(node, yaml.SequenceNode)
    pairs = [(item, item) for item in node.value] if is_list else node.value
    entries: list[Entry] = []
    for key, (first, value) in zip(node_keys(node), pairs, strict=True):
        entry = _read_entry(source, key, first, value, start)
        entries.append(entry)
        start = entry.end
    if len({entry.column for entry in entries}) > 1:
        raise UnsupportedLayoutError
    return Block(tuple(entries), entries[0].column, is_list)


def is_block(node: yaml.Node | None) -> TypeGuard[yaml.CollectionNode]:
    """Return whether a node is a collection in block style."""
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _read_entry(source: str, key: Key, first: yaml.Node, value: yaml.Node, top: int) -> Entry:
    """Return the entry that begins with a node: a mapping key, or an item itself."""
    word, is_item = first.start_mark.index, first is value
    start = line_start(source, word)
    before = source[start:word]
    is_special = value.start_mark.index < word or source.startswith(
        _SPECIAL, value.start_mark.index
    )
    is_repeated = key[1] and not is_item
    if start < top or is_special or is_repeated or before.strip() not in _BEFORE[is_item]:
        raise UnsupportedLayoutError
    colon = 0 if is_item else colon_end(source, first)
    if colon is None or "\n" in source[first.end_mark.index : colon]:
        raise UnsupportedLayoutError
    last = max(content_end(value), colon)
    end = last if source[last - 1] == "\n" else line_end(source, last)  # as of a block scalar
    if end is None:
        raise UnsupportedLayoutError
    end += source[last - 1] != "\n"
    return Entry(source, key, value, top, start, end, before.index("-") if is_item else len(before))


def shifted(text: str, columns: int) -> str:
    """Return lines that begin further right, or further left if `columns` is negative."""
    if not columns:
        return text
    lines = text.splitlines(keepends=True)
    if columns > 0:
        return "".join(" " * columns + line if line.strip() else line for line in lines)
    return "".join(line[min(-columns, len(line) - len(line.lstrip(" "))) :] for line in lines)
