"""Compare the sections of two bodies."""

from __future__ import annotations

from typing import Literal

from dlm_git.values import Value


class ChangedSection(Value):
    """A section that one side does not have, or an edited one.

    kind: 'added', 'removed' or 'edited'.
    type: one of `document.sections.TYPES`, on the new side if it has the section.
    adapter: the adapter that its fence names, None for none.
    text: its first line of visible text.
    old_id: section id on the old side, None for an added section.
    new_id: section id on the new side, None for a removed section.
    old_line: line of the old document where it begins, None for an added section.
    new_line: line of the new document where it begins, None for a removed section.
    """

    kind: Literal["added", "removed", "edited"]
    type: str
    adapter: str | None
    text: str
    old_id: str | None
    new_id: str | None
    old_line: int | None
    new_line: int | None
