"""A comparison of training sets for people."""

from __future__ import annotations

from collections.abc import Iterator

from dlm_git.document.section_changes import ChangedSection
from dlm_git.document.setting_changes import ChangedSetting
from dlm_git.formats.diff_parts import (
    NO_CHANGES,
    SIGNS,
    FileGroup,
    Quotes,
    cause_text,
    document_change,
    group_files,
    section_name,
    section_totals,
    setting_name,
    totals,
    value_text,
)
from dlm_git.formats.escape import escape, escape_line_commands, escape_path
from dlm_git.formats.sizes import bytes_text, change_text, count_text
from dlm_git.formats.text import columns_of, cut, wrap
from dlm_git.training.changes import ChangedFile, TrainingDiff
from dlm_git.values import Value

_COLORS = {"added": "32", "removed": "31", "changed": "36", "edited": "36", "renamed": "36"}
_BOLD = "1"
_FILES = 10  # of one cause that are listed; more are counted by directory
_DIRECTORIES = 8
_SECTIONS = 30
_ITEMS = 12  # of a list of patterns
_VALUE = 200  # characters


class _Style(Value):
    """How to print; see `diff_text`."""

    color: bool
    width: int

    def change(self, kind: str, text: str) -> Iterator[str]:
        """Yield a line of a change behind its sign, wrapped and in its color."""
        lines = wrap(SIGNS[kind], 1, text, self.width, "    ")
        return (self.styled(_COLORS[kind], line) for line in lines)

    def styled(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.color else text

    def named(self, name: str, text: str) -> Iterator[str]:
        """Yield a text behind its name, wrapped."""
        return wrap(f"{name}:", columns_of(name) + 1, text, self.width, "    ")


def diff_text(diff: TrainingDiff, *, color: bool = False, width: int = 0) -> str:
    """Return a comparison as text: counts, settings, files by cause, sections.

    width: columns of the terminal; 0 wraps nothing.
    """
    style = _Style(color, width)
    return escape_line_commands("".join(f"{line}\n" for line in _lines(diff, style)))


def _lines(diff: TrainingDiff, style: _Style) -> Iterator[str]:
    old, new = escape(diff.old.label), escape(diff.new.label)
    if diff.is_empty:
        yield f"{old} -> {new}: {NO_CHANGES}"
        return
    yield style.styled(_BOLD, f"{old} -> {new}")
    yield from style.named("training set", totals(diff))
    if changes := [*filter(None, (section_totals(diff), document_change(diff.old, diff.new)))]:
        yield from style.named("document", ", ".join(changes))
    document = diff.new.document or diff.old.document
    for part in (
        [line for setting in diff.settings for line in _setting(setting, document, style)],
        [line for group in group_files(diff.files) for line in _group(group, style)],
        list(_sections(diff, style)),
    ):
        yield from ["", *part] if part else []


def _setting(setting: ChangedSetting, document: str | None, style: _Style) -> Iterator[str]:
    name = escape(setting_name(setting, document))
    if setting.is_list:
        added, removed = setting.added_items, setting.removed_items
        parts = [("added", item) for item in added] + [("removed", item) for item in removed]
        yield f"{name}:" if parts else f"{name}: another order"
        for kind, item in parts[:_ITEMS]:
            text = f"  {SIGNS[kind]} {escape(cut(item, _VALUE))}"
            yield style.styled(_COLORS[kind], text)
        if len(parts) > _ITEMS:
            yield f"  and {len(parts) - _ITEMS} more"
        return
    old, new = (escape(cut(value_text(side), _VALUE)) for side in (setting.old, setting.new))
    one_sided = {"added": f"{new} (added)", "removed": f"{old} (removed)"}
    yield from style.named(name, one_sided.get(setting.kind, f"{old} -> {new}"))


def _group(group: FileGroup, style: _Style) -> Iterator[str]:
    quotes = Quotes(lambda text: f"'{escape(text)}'", _place)
    cause = cause_text(group.kind, group.cause, quotes)
    yield from style.change(group.kind, f"{group.size_text}: {cause}")
    few = len(group.files) <= _FILES
    yield from map(_file, group.files) if few else _directories(group)


def _directories(group: FileGroup) -> Iterator[str]:
    """Yield the largest directories of a group, and the number of the others."""
    rows = [
        (escape_path(name), len(files), sum(size for _, size in files))
        for name, files in group.by_directory(_DIRECTORIES).items()
    ]
    rows.sort(key=lambda row: -row[2])
    shown, others = rows[:_DIRECTORIES], rows[_DIRECTORIES:]
    if others:
        count, size = sum(row[1] for row in others), sum(row[2] for row in others)
        shown.append((f"({len(others)} others)", count, size))
    for name, count, size in shown:
        yield f"    {name}  {count_text(count)}, {bytes_text(size)}"


def _place(file: str, line: int) -> str:
    if not file:
        return "dlm's defaults"
    return f"{escape_path(file)}:{line}" if line else escape_path(file)


def _file(file: ChangedFile) -> str:
    size = (file.new_size or 0) - (file.old_size or 0)
    path = escape_path(file.path)
    if file.kind == "renamed" and file.old_path is not None:
        path = f"{escape_path(file.old_path)} -> {path}"
    text = change_text(size) if file.kind == "changed" else bytes_text(abs(size))
    end = "" if file.kind == "renamed" else f"  {text}"
    pointer = "  (a Git LFS pointer, not the content)" if file.lfs_pointer else ""
    return f"    {path}{end}{pointer}"


def _sections(diff: TrainingDiff, style: _Style) -> Iterator[str]:
    for section in diff.sections[:_SECTIONS]:
        yield from style.change(section.kind, _section(diff, section))
    if len(diff.sections) > _SECTIONS:
        yield f"and {len(diff.sections) - _SECTIONS:,} more sections"


def _section(diff: TrainingDiff, section: ChangedSection) -> str:
    side = diff.old if section.new_line is None else diff.new
    place = _place(side.document or "", section.new_line or section.old_line or 0)
    text = escape(cut(section.text, _VALUE))
    return f"{section.kind}: {section_name(section)} at {place}: {text}"
