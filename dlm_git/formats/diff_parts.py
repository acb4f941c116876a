"""The parts of a comparison of training sets that text and Markdown have in common."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from posixpath import commonpath

from dlm_git.document.section_changes import ChangedSection
from dlm_git.document.setting_changes import ChangedSetting
from dlm_git.formats.sizes import by_directory, bytes_text, change_text, count_text
from dlm_git.training.changes import Cause, ChangedFile, DiffSide, TrainingDiff
from dlm_git.training.reasons import REASONS
from dlm_git.values import Value

NO_CHANGES = "no changes to the training set"
SIGNS = {"added": "+", "removed": "-", "changed": "~", "edited": "~", "renamed": "~"}
_OTHERS = ("changed", "renamed", "edited")
_Changes = Sequence[ChangedFile] | Sequence[ChangedSection]
# unintended causes are most likely among the first ones
_ORDER = ("line", "removed-line", "content", "source", "document", "created", "deleted")


class Quotes(Value):
    """How to show text that comes from a repository.

    text: shows a pattern or a name.
    place: shows a file and the number of a line, 0 for none.
    """

    text: Callable[[str], str]
    place: Callable[[str, int], str]


class FileGroup(Value):
    """Files that change in the same way, for the same cause."""

    kind: str
    cause: Cause
    files: Sequence[ChangedFile]

    @property
    def bytes(self) -> int:
        """Return by how many bytes the files change the size of the training set."""
        return sum((file.new_size or 0) - (file.old_size or 0) for file in self.files)

    @property
    def size_text(self) -> str:
        """Return the number and size of the files as text."""
        count = count_text(len(self.files))
        if self.kind == "renamed":
            return count
        size = change_text(self.bytes) if self.kind == "changed" else bytes_text(abs(self.bytes))
        return f"{count}, {size}"

    def by_directory(self, rows: int) -> dict[str, list[tuple[str, int]]]:
        """Return the paths of the files with their sizes, by directory; see `by_directory`.

        A name is the innermost directory of its files, or the path of a single file.
        """
        sizes = [(f.path, abs((f.new_size or 0) - (f.old_size or 0))) for f in self.files]
        groups = by_directory(sizes, rows)
        return {_innermost(name, files): files for name, files in groups.items()}


def _innermost(name: str, files: Sequence[tuple[str, int]]) -> str:
    if len(files) == 1:
        return files[0][0]
    return f"{commonpath(path for path, _ in files)}/" if name.endswith("/") else name


def group_files(files: Iterable[ChangedFile]) -> list[FileGroup]:
    """Return files by their causes: first those that a line decides, then the largest groups."""
    groups: dict[tuple[str, Cause], list[ChangedFile]] = {}
    for file in files:
        groups.setdefault((file.kind, file.cause), []).append(file)
    ordered = sorted(groups.items(), key=lambda item: (_rank(item[0][1]), -len(item[1])))
    return [FileGroup(kind, cause, members) for (kind, cause), members in ordered]


def _rank(cause: Cause) -> int:
    return _ORDER.index(cause.kind) if cause.kind in _ORDER else len(_ORDER)


def cause_text(kind: str, cause: Cause, quotes: Quotes) -> str:
    """Return why files change, in words. `kind` is that of the files."""
    place = quotes.place(cause.file, cause.line)
    pattern = quotes.text(cause.pattern)
    origin = f", from {quotes.text(cause.origin)}" if cause.origin else ""
    match cause.kind:
        case "line" if kind == "added":
            return f"included by {pattern} in {place}{origin}"
        case "line" if cause.reason == "not-included":
            return f"not included by {pattern} in {place}"
        case "line":
            return f"excluded by {pattern} in {place}{origin}"
        case "removed-line":
            verb = "excluded" if kind == "added" else "included"
            return f"no longer {verb}: {pattern} removed from {place}{origin}"
        case "content":
            now = "no longer " if kind == "added" else ""
            return f"{now}excluded: {REASONS[cause.reason]}"
        case "source":
            verb = {"added": "added", "removed": "removed", "changed": "names them anew"}[kind]
            return f"source {pattern} {verb}: {place}"
        case "document":
            return f"document {place} {kind}"
    return cause.kind


def totals(diff: TrainingDiff) -> str:
    """Return number and size of the files on both sides."""
    old, new = diff.old, diff.new
    size = _arrow(bytes_text(old.bytes), bytes_text(new.bytes))
    change = f" ({change_text(new.bytes - old.bytes)})" if new.bytes != old.bytes else ""
    return f"{_counts(old.files, new.files, 'files', diff.files)}, {size}{change}"


def section_totals(diff: TrainingDiff) -> str:
    """Return the number of sections on both sides, '' if they are the same."""
    if diff.old.sections == diff.new.sections and not diff.sections:
        return ""
    return _counts(diff.old.sections, diff.new.sections, "sections", diff.sections)


def _counts(old: int, new: int, noun: str, changes: _Changes) -> str:
    kinds = change_counts(changes)
    return f"{_arrow(f'{old:,}', f'{new:,}')} {noun}" + (f" ({kinds})" if kinds else "")


def _arrow(old: str, new: str) -> str:
    return old if old == new else f"{old} -> {new}"


def change_counts(changes: _Changes) -> str:
    """Return how many changes add something, remove something, and so on; '' for none."""
    counts = Counter[str](change.kind for change in changes)
    signed = [f"{SIGNS[kind]}{counts[kind]:,}" for kind in ("added", "removed") if counts[kind]]
    words = [" ".join(signed)] if signed else []
    words += [f"{counts[kind]:,} {kind}" for kind in _OTHERS if counts[kind]]
    return ", ".join(words)


def document_change(old: DiffSide, new: DiffSide) -> str:
    """Return whether the document is added, removed or another one, '' if it is the same."""
    if old.document == new.document:
        return ""
    if old.document is None:
        return "added"
    return "removed" if new.document is None else "another file"


def value_text(value: object) -> str:
    """Return the value of a setting on one line; strings without quotes if they are plain."""
    quoted = json.dumps(value, ensure_ascii=False)
    is_plain = isinstance(value, str) and value == value.strip() and quoted == f'"{value}"'
    return value if isinstance(value, str) and is_plain and not _is_json(value) else quoted


def _is_json(text: str) -> bool:
    """Return whether a string without quotes would look like another value."""
    try:
        json.loads(text)
    except ValueError:
        return not text
    return True


def setting_name(setting: ChangedSetting, document: str | None) -> str:
    """Return the key of a setting, with its file if that is not the document."""
    if setting.file == document:
        return setting.key
    return f"{setting.file}: {setting.key}" if setting.key else setting.file


def section_name(section: ChangedSection) -> str:
    """Return type, adapter and short id of a section, with the old ones if they differ."""
    sides = [
        (f"{section.type}#{adapter}" if adapter else section.type, id_[:8])
        for adapter, id_ in (
            (section.old_adapter, section.old_id),
            (section.new_adapter, section.new_id),
        )
        if id_
    ]
    names, ids = (" -> ".join(dict.fromkeys(words)) for words in zip(*sides, strict=True))
    return f"{names} {ids}"
