"""A comparison of training sets in Markdown, for a comment on a pull request or merge request.

GitHub takes comments of up to 65,536 characters, GitLab of up to 1,000,000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from dlm_git.document.section_changes import ChangedSection
from dlm_git.document.setting_changes import ChangedSetting
from dlm_git.formats.diff_parts import (
    NO_CHANGES,
    SIGNS,
    FileGroup,
    Quotes,
    cause_text,
    change_counts,
    document_change,
    group_files,
    section_name,
    setting_name,
    value_text,
)
from dlm_git.formats.escape import escape
from dlm_git.formats.markdown import code_html, code_span
from dlm_git.formats.sizes import bytes_text, change_text, count_text
from dlm_git.formats.text import cut
from dlm_git.report import Note
from dlm_git.training.changes import ChangedFile, TrainingDiff
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    _T = TypeVar("_T")

# the first line, by which a CI job finds its own comment
MARKER = "<!-- dlm-git diff -->"
# characters; the rest is for a line that a CI job adds
LIMIT = 65_000


class _Budget(Value):
    """How much to show.

    files: files of a group.
    quotes: whether to quote sections.
    sections, settings, groups: how many of each.
    items: items of a list of patterns.
    width: characters of a text from the repository.
    """

    files: int = 1000
    quotes: bool = True
    sections: int = 500
    settings: int = 100
    groups: int = 100
    items: int = 50
    width: int = 300


# the first that fits is used; the last does for any names
_BUDGETS = (
    *(_Budget(files) for files in (1000, 300, 100, 30, 10, 3, 0)),
    _Budget(0, False),
    _Budget(0, False, 50, 50, 30, 20, 100),
    _Budget(0, False, 10, 10, 10, 5, 100),
)


def diff_markdown(diff: TrainingDiff) -> str:
    """Return a comparison in Markdown: a table, settings, files by cause, sections.

    Text from the repository is code, so that it is neither Markdown nor HTML. What does not fit
    into LIMIT is left out, and its number is shown: first files of large groups, then quotes of
    sections.
    """
    groups = group_files(diff.files)
    pages = (_text(_Page(diff, groups, budget).lines()) for budget in _BUDGETS)
    return next(page for page in pages if page)


def _text(lines: Iterable[str]) -> str:
    """Return lines as a text, '' if it exceeds LIMIT."""
    text: list[str] = []
    left = LIMIT
    for line in lines:
        text += line, "\n"
        left -= len(line) + 1
        if left < 0:
            return ""
    return "".join(text)


class _Page(Value):
    """A comparison, and how much of it to show."""

    diff: TrainingDiff
    groups: Sequence[FileGroup]
    budget: _Budget

    def lines(self) -> Iterator[str]:
        """Yield the lines of the page."""
        yield MARKER
        diff, budget = self.diff, self.budget
        if diff.is_empty:
            yield f"{NO_CHANGES}: {self.code(diff.old.label)} → {self.code(diff.new.label)}"
        else:
            yield "### What this change does to the model"
            yield ""
            yield from self.table()
            yield from _part("Settings", diff.settings, budget.settings, self.setting)
            yield from _part("Files", self.groups, budget.groups, self.group)
            yield from _part("Sections", diff.sections, budget.sections, self.section)
        yield from _part("Notes", diff.notes, len(diff.notes), self.note)

    def code(self, text: str) -> str:
        """Return text from the repository as a code span."""
        return code_span(escape(cut(text, self.budget.width)), self.budget.width)

    def html(self, text: str) -> str:
        """Return text from the repository as code for tables and HTML."""
        return code_html(escape(cut(text, self.budget.width)), self.budget.width)

    def table(self) -> Iterator[str]:
        """Yield a table of the totals of both sides."""
        old, new = self.diff.old, self.diff.new
        yield f"| | {self.html(old.label)} | {self.html(new.label)} | change |"
        yield "|---|---:|---:|---|"
        files = change_counts(self.diff.files)
        yield f"| files in the training set | {old.files:,} | {new.files:,} | {files} |"
        size = change_text(new.bytes - old.bytes) if new.bytes != old.bytes else ""
        yield f"| their size | {bytes_text(old.bytes)} | {bytes_text(new.bytes)} | {size} |"
        sections = change_counts(self.diff.sections)
        yield f"| sections of the document | {old.sections:,} | {new.sections:,} | {sections} |"
        if change := document_change(old, new):
            paths = (self.html(side.document) if side.document else "" for side in (old, new))
            yield f"| document | {' | '.join(paths)} | {change} |"

    def setting(self, setting: ChangedSetting) -> Iterator[str]:
        """Yield a list item for a setting."""
        document = self.diff.new.document or self.diff.old.document
        name = self.code(setting_name(setting, document))
        if setting.is_list:
            items = [f"+ {self.code(item)}" for item in setting.added_items]
            items += [f"- {self.code(item)}" for item in setting.removed_items]
            others = len(items) - self.budget.items
            more = [f"and {others:,} more"] if others > 0 else []
            text = ", ".join([*items[: self.budget.items], *more]) or "another order"
        else:
            old, new = (self.code(value_text(side)) for side in (setting.old, setting.new))
            one_sided = {"added": f"{new} (added)", "removed": f"{old} (removed)"}
            text = one_sided.get(setting.kind, f"{old} → {new}")
        yield f"- {name}: {text}"

    def group(self, group: FileGroup) -> Iterator[str]:
        """Yield the files of a cause, folded up."""
        quotes = Quotes(self.html, lambda file, line: self.html(f"{file}:{line}" if line else file))
        cause = cause_text(group.kind, group.cause, quotes)
        yield f"<details><summary>{SIGNS[group.kind]} {group.size_text}: {cause}</summary>"
        yield ""
        yield from map(self.file, group.files[: self.budget.files])
        others = len(group.files) - self.budget.files
        yield from [f"- {count_text(others)} not listed, for lack of space"] if others > 0 else []
        yield ""
        yield "</details>"
        yield ""

    def file(self, file: ChangedFile) -> str:
        """Return a list item for a file."""
        moved = file.kind == "renamed" and file.old_path is not None
        start = f"{self.code(file.old_path or '')} → " if moved else ""
        size = (file.new_size or 0) - (file.old_size or 0)
        text = change_text(size) if file.kind == "changed" else bytes_text(abs(size))
        end = "" if moved else f" {text}"
        pointer = ", a Git LFS pointer" if file.lfs_pointer else ""
        return f"- {start}{self.code(file.path)}{end}{pointer}"

    def section(self, section: ChangedSection) -> Iterator[str]:
        """Yield a list item for a section."""
        side = self.diff.old if section.new_line is None else self.diff.new
        place = self.code(f"{side.document}:{section.new_line or section.old_line}")
        quote = f": {self.code(section.text)}" if self.budget.quotes and section.text else ""
        yield f"- {section.kind}: {section_name(section)} at {place}{quote}"

    def note(self, note: Note) -> Iterator[str]:
        """Yield a list item for a note."""
        texts = [self.code(text) for text in (note.message, note.hint) if text]
        yield f"- {': '.join(texts)}"


def _part(
    title: str, items: Sequence[_T], limit: int, lines: Callable[[_T], Iterator[str]]
) -> Iterator[str]:
    """Yield a part of the page with a title, unless it has no items, and the number of others."""
    if items:
        yield from ["", f"**{title}**", ""]
        for item in items[:limit]:
            yield from lines(item)
        others = len(items) - limit
        yield from [f"- {others:,} more not listed, for lack of space"] if others > 0 else []
