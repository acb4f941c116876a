"""Three-way merge of a frontmatter: key by key, in the lines of the side that changed them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

import yaml

from dlm_git.document.alignment import merge_order
from dlm_git.document.line_merge import Markers, Merged, conflict, joined, merge_lines
from dlm_git.document.yaml_blocks import (
    Block,
    Entry,
    UnsupportedLayoutError,
    read_block,
    shifted,
)
from dlm_git.document.yaml_loader import Loaded, children, load
from dlm_git.document.yaml_node_merge import (
    NodeConflictError,
    comparable,
    flow,
    is_new_include,
    merge_nodes,
)
from dlm_git.document.yaml_nodes import content_end
from dlm_git.values import Value


class _Versions(Value):
    """The versions of an entry, None where a side does not have it.

    column: the column at which the result is written.
    """

    base: Entry | None
    ours: Entry | None
    theirs: Entry | None
    column: int

    def lines(self, part: Callable[[Entry], str]) -> tuple[str, str, str]:
        """Return lines of each version, '' where a side does not have it."""
        base, ours, theirs = (
            shifted(part(entry), self.column - entry.column) if entry else ""
            for entry in (self.base, self.ours, self.theirs)
        )
        return base, ours, theirs


def merge_frontmatter(
    base: str, ours: str, theirs: str, markers: Markers, in_conflict: Collection[str] = ()
) -> Merged:
    """Merge the YAML of a frontmatter; each text is empty or ends with a newline.

    Mappings are merged key by key, sources by their path, and other lists as sets. What only one
    side changed is copied from it with its comments. Texts in which entries share lines, repeat
    keys or refer to each other are merged line by line.

    in_conflict: top-level keys that are in conflict if both sides differ.
    """
    texts = (base, ours, theirs)
    try:
        blocks = [_read(text) for text in texts]
        pieces = _Merge(markers, in_conflict).merge_blocks(blocks)
    except UnsupportedLayoutError:
        return merge_lines(base, ours, theirs, markers)
    base, ours, theirs = (text[block.end :] for text, block in zip(texts, blocks, strict=True))
    return joined([*pieces, merge_lines(base, ours, theirs, markers)])


def _read(text: str) -> Block:
    if not text.strip():
        return Block()
    loaded = load(text)
    if not isinstance(loaded, Loaded):
        raise UnsupportedLayoutError
    return read_block(text, loaded.nodes.root, 0)


class _Merge(Value):
    """A merge, with its markers and the keys that are in conflict."""

    markers: Markers
    in_conflict: Collection[str] = ()

    def merge_blocks(self, blocks: Sequence[Block]) -> list[Merged]:
        """Merge blocks of base, ours and theirs; return the comments above each entry, and it."""
        sides = [block.by_key for block in blocks]
        pieces: list[Merged] = []
        for key in merge_order(*map(list, sides)):
            base, ours, theirs = (side.get(key) for side in sides)
            versions = _Versions(base, ours, theirs, blocks[1].column)
            own = self._merge_entry(key[0], versions)
            if own.text:
                pieces += [self._merge_comments(versions), own]
        return pieces

    def _merge_comments(self, versions: _Versions) -> Merged:
        base, ours, theirs = versions.lines(lambda entry: entry.above)
        if versions.ours and versions.theirs:
            return merge_lines(base, ours, theirs, self.markers)
        return Merged(ours or theirs)

    def _merge_entry(self, name: str, versions: _Versions) -> Merged:
        """Merge the own lines of an entry; '' if it is removed."""
        base, ours, theirs = versions.lines(lambda entry: entry.text)
        if name in self.in_conflict and ours != theirs:
            return conflict(base, ours, theirs, self.markers)
        if theirs in (base, ours):
            return Merged(ours)
        if ours == base:
            return Merged(theirs)
        if versions.ours and versions.theirs:
            entries = versions.base, versions.ours, versions.theirs
            merged = self._merge_nested(name, *entries)
            value = None if merged else _merged_value(name, *entries, versions.column)
            merged = Merged(value) if value else merged
            return merged or merge_lines(base, ours, theirs, self.markers)
        kept = versions.ours or versions.theirs  # the other side removed it
        assert kept and versions.base  # noqa: S101, PT018
        if comparable(kept.node) == comparable(versions.base.node):
            return Merged("")
        return conflict(base, ours, theirs, self.markers)

    def _merge_nested(
        self, name: str, base: Entry | None, ours: Entry, theirs: Entry
    ) -> Merged | None:
        """Merge entries whose values are blocks of the same kind, None for others."""
        if not (ours.has_block and theirs.has_block) or (base and not base.has_block):
            return None
        blocks = [entry.block if entry else Block() for entry in (base, ours, theirs)]
        kinds = {block.is_list for block in blocks if block.entries}
        headers = _Versions(base, ours, theirs, ours.column).lines(lambda entry: entry.header)
        if len(kinds) > 1 or is_new_include(name, base):
            return None
        pieces = _Merge(self.markers).merge_blocks(blocks)
        if any(headers):  # the block is not behind a dash
            return joined([merge_lines(*headers, self.markers), *pieces])
        if not pieces or pieces[0].text or pieces[1].conflicts:
            return None
        merged = joined(pieces)
        return merged.replace(text=_with_dash(merged.text, ours.column))


def _with_dash(text: str, column: int) -> str:
    """Return the lines of a mapping as those of an item, with the dash at a column."""
    return f"{text[:column]}-{text[column + 1 :]}"


def _merged_value(
    name: str, base: Entry | None, ours: Entry, theirs: Entry, column: int
) -> str | None:
    """Return the lines of an entry of which both sides changed the text, None for a conflict."""
    try:
        node = merge_nodes(name, base.node if base else None, ours.node, theirs.node)
    except NodeConflictError:
        return None
    for entry in (ours, theirs):
        if node is entry.node:
            return shifted(entry.text, column - entry.column)
    for entry in (ours, theirs):
        if not _has_comments(entry):
            return shifted(_with_value(entry, flow(node)), column - entry.column)
    return None


def _has_comments(entry: Entry) -> bool:
    """Return whether there are comments in the value of an entry, or above it."""
    source = entry.source
    start = entry.start if entry.has_block else entry.node.start_mark.index
    between = []
    for scalar in _scalars(entry.node):
        between.append(source[start : scalar.start_mark.index])
        start = scalar.end_mark.index
    return "#" in "".join([*between, source[start : content_end(entry.node)]])


def _scalars(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    for child in children(node):
        yield from _scalars(child)


def _with_value(entry: Entry, source: str) -> str:
    """Return the lines of an entry with another value."""
    start, end = (at - entry.start for at in (entry.node.start_mark.index, content_end(entry.node)))
    before = entry.header.rstrip() + " " if entry.has_block else entry.text[:start]
    return f"{before}{source}{entry.text[end:]}"
