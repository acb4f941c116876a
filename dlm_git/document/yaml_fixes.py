"""Fixes of a YAML text inside a file: the edits of `yaml_edit`, as offsets of that file."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from dlm_git.document import yaml_edit
from dlm_git.document.text import Text, fix_in_file
from dlm_git.document.yaml_loader import Duplicate, YamlNodes
from dlm_git.document.yaml_text import flow_list
from dlm_git.report import Edit, Fix
from dlm_git.validation import KeyPath
from dlm_git.values import Value


class YamlFixer(Value):
    """The source of fixes for a YAML text in a file.

    Each method returns a Fix, or None if the text cannot be edited safely.

    file: the file.
    text: the YAML text, and everything after it in the file.
    nodes: its nodes.
    start: the offset of the text in the file.
    """

    file: Text
    text: str
    nodes: YamlNodes
    start: int = 0

    def set_value(self, path: KeyPath, value: str | int, *, safe: bool = True) -> Fix | None:
        """Replace the string or number at a path."""
        edits = yaml_edit.set_value(self.text, self.nodes, path, value)
        return self._fix(f"write '{_key(path)}: {value}'", edits, safe)

    def wrap_in_list(self, path: KeyPath, *, safe: bool) -> Fix | None:
        """Replace the string at a path with a list of this string."""
        edits = yaml_edit.wrap_in_list(self.text, self.nodes, path)
        return self._fix(f"write '{_key(path)}' as a list", edits, safe)

    def rename_key(self, path: KeyPath, key: str, *, safe: bool = True) -> Fix | None:
        """Rename the last key of a path."""
        edits = yaml_edit.rename_key(self.text, self.nodes, path, key)
        return self._fix(f"rename '{path[-1]}' to '{key}'", edits, safe)

    def set_items(self, path: KeyPath, values: Sequence[str]) -> Fix | None:
        """Change the list of strings at a path, or insert it with its key."""
        title = f"write '{_key(path)}: {flow_list(values)}'"
        if self.nodes.find(path)[1] is not None:
            return self._fix(title, yaml_edit.set_items(self.text, self.nodes, path, values))
        return self.insert_key(path[:-1], str(path[-1]), flow_list(values))

    def replace_item(self, path: KeyPath, values: Sequence[str], *, safe: bool) -> Fix | None:
        """Replace the item at a path with one or more values."""
        *parent, index = path
        edits = yaml_edit.replace_item(self.text, self.nodes, (*parent,), int(index), values)
        return self._fix(f"write {', '.join(map(repr, values))}", edits, safe)

    def insert_key(self, path: KeyPath, key: str, value: str) -> Fix | None:
        """Insert a key into the mapping at a path; `value` is YAML on one line."""
        edits = yaml_edit.insert_key(self.text, self.nodes, path, key, value)
        return self._fix(f"add '{key}: {value}'", edits)

    def append_item(self, path: KeyPath, lines: Sequence[str]) -> Fix | None:
        """Append an item of several lines to the list at a path."""
        edits = yaml_edit.append_item(self.text, self.nodes, path, lines)
        return self._fix(f"add '{lines[0]}'", edits)

    def remove_item(self, path: KeyPath) -> Fix | None:
        """Remove the source at a path; not safe, as its patterns are lost."""
        *parent, index = path
        edits = yaml_edit.remove_item(self.text, self.nodes, (*parent,), int(index))
        return self._fix("remove this source", edits, safe=False)

    def remove_duplicate(self, duplicate: Duplicate, invalid: Container[int] = ()) -> Fix | None:
        """Remove a repeated key.

        Of two different values, it is the one that the trainer ignores. But if the key at which the
        last value stands is among the `invalid` ones, given by their offsets, it is that one.
        """
        pair = self.nodes.pair(duplicate.mapping, duplicate.key)
        last = pair[0].start_mark.index if pair else None
        same = yaml_edit.has_same_values(self.nodes, duplicate)
        is_last_invalid = not same and last in invalid
        if is_last_invalid and last != duplicate.repeated.start:
            return None  # the last value goes first
        repeated = same or is_last_invalid
        edits = yaml_edit.remove_duplicate(self.text, self.nodes, duplicate, repeated=repeated)
        which = "repeated" if repeated else "earlier"
        return self._fix(f"remove the {which} '{duplicate.key}'", edits, same)

    def _fix(self, title: str, edits: Iterable[Edit], safe: bool = True) -> Fix | None:
        moved = [Edit(e.start + self.start, e.end + self.start, e.text) for e in edits]
        return fix_in_file(self.file, title, moved, safe=safe)


def _key(path: KeyPath) -> str:
    """Return the last key of a path; a list index is not a key."""
    return str(next(step for step in reversed(path) if isinstance(step, str)))
