"""The values that a comparison of two training sets returns."""

from __future__ import annotations

from typing import Literal

from dlm_git.document.section_changes import ChangedSection
from dlm_git.document.setting_changes import ChangedSetting
from dlm_git.report import Note
from dlm_git.training.reasons import Reason
from dlm_git.values import Value


class Cause(Value):
    """The reason why a file enters or leaves the training set, or changes in it.

    kind: 'created', 'deleted', 'renamed' and 'edited' are changes of the file itself. A 'line' is
        one of the new side that decides, a 'removed-line' one that decided on the old side. With
        'content', the content or size of the file decides. 'source' and 'document' are a source
        that is added, removed or moved, and a document that is added or removed.
    reason: why the side without the file excludes it; 'included' if it has no such file.
    file: path of the file with the line; '' for none.
    line: number of the line; 0 for none.
    pattern: the pattern or the source on the line.
    origin: place and pattern in the `.gitignore` that `dlm-git ignore` made the line of; or ''.
    """

    kind: Literal[
        "created",
        "deleted",
        "renamed",
        "edited",
        "line",
        "removed-line",
        "content",
        "source",
        "document",
    ]
    reason: Reason = "included"
    file: str = ""
    line: int = 0
    pattern: str = ""
    origin: str = ""


class ChangedFile(Value):
    """A file that enters or leaves the training set, or changes in it.

    kind: 'renamed' is a file that leaves at one path and enters at another, with equal content.
    path: relative to the root of the repository, as in ListedFile.
    old_path: path on the old side; None for an added file.
    old_size: in bytes; None for an added file.
    new_size: in bytes; None for a removed file.
    lfs_pointer: True if the model is trained on a Git LFS pointer instead of the content.
    """

    kind: Literal["added", "removed", "changed", "renamed"]
    path: str
    old_path: str | None
    old_size: int | None
    new_size: int | None
    cause: Cause
    lfs_pointer: bool = False


class DiffSide(Value):
    """One side of a comparison.

    label: name of the state, such as 'the index' or 'HEAD 1a2b3c4d5e6f'.
    revision: object id of the commit, None for the index and the working tree.
    document: path of the document, None if the state has none.
    files: number of files in the training set; a file of two sources counts twice.
    bytes: their size in total.
    sections: number of sections in the document itself.
    """

    label: str
    revision: str | None
    document: str | None = None
    files: int = 0
    bytes: int = 0
    sections: int = 0


class TrainingDiff(Value):
    """The difference of two training sets, from the old side to the new one.

    files: in the order of their paths.
    settings: of the document, and of `.dlm/training.yaml` and `.dlm/ignore` files below a source.
    sections: of the document, in the order of the new side.
    notes: what was not compared.
    """

    old: DiffSide
    new: DiffSide
    files: tuple[ChangedFile, ...]
    settings: tuple[ChangedSetting, ...]
    sections: tuple[ChangedSection, ...]
    notes: tuple[Note, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return True if both sides train the same model on the same sections."""
        changes = self.files or self.settings or self.sections
        return not changes and self.old.document == self.new.document
