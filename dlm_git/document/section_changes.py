"""Compare the sections of two documents."""

from __future__ import annotations

from typing import Literal

from dlm_git.document.alignment import match_sections
from dlm_git.document.pairs import HEADERS
from dlm_git.document.parser import Document
from dlm_git.document.sections import Section
from dlm_git.regex import compile_late
from dlm_git.values import Value

_MAX_TEXT = 200  # characters
_BLANK = compile_late(r"\s*\n")
_VISIBLE_LINE = compile_late(r"[^\n]*\S[^\n]*")
_HEADERS = {header for headers in HEADERS.values() for header in headers}


class ChangedSection(Value):
    """A section that only one side has, or that differs.

    type: one of `prose`, `instruction`, `preference`, `image` and `audio`.
    text: its first line of visible text, or its path for an image or audio section.
    old_id, new_id: the trainer's ids, None for a side without the section.
    old_adapter, new_adapter: the adapters that its fence names, None for none.
    old_line, new_line: where it begins in the document, None for a side without the section.
    """

    kind: Literal["added", "removed", "edited"]
    type: str
    text: str
    old_id: str | None
    new_id: str | None
    old_adapter: str | None
    new_adapter: str | None
    old_line: int | None
    new_line: int | None


class SectionComparison(Value):
    """The result of `compare_sections`.

    changes: added and edited sections in their order, then removed ones.
    shifted: number of sections that differ only in empty lines around them, and thus in their ids.
    reordered: whether sections that both documents have are in another order.
    """

    changes: tuple[ChangedSection, ...] = ()
    shifted: int = 0
    reordered: bool = False


def compare_sections(old: Document | None, new: Document | None) -> SectionComparison:
    """Compare the sections of two documents, either of which may be missing."""
    if old and new and old.text == new.text:
        return SectionComparison()
    before, after = (document.body.sections if document else () for document in (old, new))
    matches = match_sections(before, after)
    matched = {*matches.values()}
    pairs = [(before[matches[at]] if at in matches else None, s) for at, s in enumerate(after)]
    removed = [section for at, section in enumerate(before) if at not in matched]
    changes = [
        *(_change(old, one, new, other) for one, other in pairs if _differ(one, other)),
        *(_change(old, section, new, None) for section in removed),
    ]
    kept = ((one, other) for one, other in pairs if one and not _differ(one, other))
    shifted = sum(one.id != other.id for one, other in kept)
    places = [matches[at] for at in sorted(matches)]
    return SectionComparison(tuple(changes), shifted, places != sorted(places))


def _differ(old: Section | None, new: Section) -> bool:
    """Return whether more than the empty lines around a section differ."""
    if old is None:
        return True
    one, other = (s.text[s.fence : s.end].strip("\n") for s in (old, new))
    return one != other


def _change(
    old: Document | None, before: Section | None, new: Document | None, after: Section | None
) -> ChangedSection:
    section = after or before
    assert section  # noqa: S101  (of one side at least)
    return ChangedSection(
        kind="edited" if before and after else "added" if after else "removed",
        type=section.type,
        text=_first_line(section),
        old_id=before.id if before else None,
        new_id=after.id if after else None,
        old_adapter=before.adapter if before else None,
        new_adapter=after.adapter if after else None,
        old_line=_line(old, before),
        new_line=_line(new, after),
    )


def _line(document: Document | None, section: Section | None) -> int | None:
    """Return the line where a section begins: its fence, or else its first visible text."""
    if not (document and section):
        return None
    blank = _BLANK.match(section.text, section.fence, section.end)
    return document.span(blank.end() if blank else section.fence, section.fence).line


def _first_line(section: Section) -> str:
    if section.media is not None:
        return section.media
    start = section.start
    while line := _VISIBLE_LINE.search(section.text, start, section.end):
        text, start = line[0].strip(), line.end()
        if text not in _HEADERS:
            return text[:_MAX_TEXT]
    return ""
