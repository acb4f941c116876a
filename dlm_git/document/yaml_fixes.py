"""Fixes of a YAML text that stands in a file: what yamledit says, by the offsets of that file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlm_git.document import yaml_edit
from dlm_git.document.text import Text
from dlm_git.document.yaml_edit import Steps
from dlm_git.document.yaml_loader import Duplicate, YamlTree, double_quoted
from dlm_git.report import Edit, Fix


@dataclass(frozen=True, slots=True)
class YamlFixer:
    """A YAML text, from an offset of the file on. Each method gives a Fix, or None where the text
    is written in a way that is not to be touched by a program."""

    file: Text
    tree: YamlTree
    start: int = 0

    @property
    def text(self) -> str:
        """The YAML, and what stands behind it."""
        return self.file.normalized[self.start :]

    def set_value(self, path: Steps, value: str | int, *, safe: bool = True) -> Fix | None:
        """Write another string or number at a path."""
        edits = yaml_edit.set_value(self.text, self.tree, path, value)
        return self._fix(f"write '{_key(path)}: {value}'", edits, safe)

    def rename_key(self, path: Steps, key: str, *, safe: bool = True) -> Fix | None:
        """Write another key at the end of a path."""
        edits = yaml_edit.rename_key(self.text, self.tree, path, key)
        return self._fix(f"write '{key}' for '{path[-1]}'", edits, safe)

    def set_items(self, path: Steps, wanted: Sequence[str]) -> Fix | None:
        """Write a list of strings, with its key if need be."""
        title = f"write '{_key(path)}: {flow_list(wanted)}'"
        if self.tree.find(path)[1] is not None:
            return self._fix(title, yaml_edit.set_items(self.text, self.tree, path, wanted))
        return self.insert_key(path[:-1], str(path[-1]), flow_list(wanted))

    def replace_item(self, path: Steps, values: Sequence[str], *, safe: bool = True) -> Fix | None:
        """Write others in the place of the item that a path ends in."""
        *outer, number = path
        edits = yaml_edit.replace_item(self.text, self.tree, outer, int(number), values)
        return self._fix(f"write {', '.join(map(repr, values))}", edits, safe)

    def insert_key(self, path: Steps, key: str, value: str) -> Fix | None:
        """Add a key to a mapping; `value` is YAML on one line."""
        edits = yaml_edit.insert_key(self.text, self.tree, path, key, value)
        return self._fix(f"write '{key}: {value}'", edits)

    def append_item(self, path: Steps, lines: Sequence[str]) -> Fix | None:
        """Add an item of these lines to a list."""
        edits = yaml_edit.append_item(self.text, self.tree, path, lines)
        return self._fix(f"add '{lines[0]}'", edits)

    def remove_item(self, path: Steps) -> Fix | None:
        """Remove the item that a path ends in; what it says is lost, so it is not safe."""
        *outer, number = path
        edits = yaml_edit.remove_item(self.text, self.tree, outer, int(number))
        return self._fix("remove this source", edits, safe=False)

    def remove_duplicate(self, duplicate: Duplicate) -> Fix | None:
        """Remove a key that is given again: of two values the one that the trainer passes over."""
        same = yaml_edit.same_values(self.tree, duplicate)
        edits = yaml_edit.remove_duplicate(self.text, self.tree, duplicate, again=same)
        which = "the repeated" if same else "the earlier"
        return self._fix(f"remove {which} '{duplicate.key}'", edits, same)

    def _fix(self, title: str, edits: Iterable[Edit], safe: bool = True) -> Fix | None:
        moved = [Edit(e.start + self.start, e.end + self.start, e.text) for e in edits]
        return fix_in_file(self.file, title, moved, safe=safe)


def fix_in_file(file: Text, title: str, edits: Sequence[Edit], *, safe: bool = True) -> Fix | None:
    """A Fix of edits by the offsets of what the trainer sees, in the line ends of the file."""
    if not edits:
        return None
    return Fix(title, tuple(_stored(file, edit) for edit in edits), safe)


def _stored(file: Text, edit: Edit) -> Edit:
    span = file.span(edit.start, edit.end)
    return Edit(span.start, span.end, edit.text.replace("\n", file.newline))


def flow_list(values: Sequence[str]) -> str:
    """A list of strings as YAML on one line."""
    return "[" + ", ".join(map(double_quoted, values)) + "]"


def _key(path: Steps) -> str:
    return str(next(step for step in reversed(path) if isinstance(step, str)))
