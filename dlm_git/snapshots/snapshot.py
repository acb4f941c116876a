"""One readable state of a repository: the index, a revision or the working tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.files import Files
from dlm_git.snapshots.listing import Listing
from dlm_git.snapshots.tracked import TrackedFiles


class MissingPathStatus(NamedTuple):
    """The status of a path that a snapshot does not record.

    'left-out' is a path that is staged, but not part of the commit being made: `git commit PATH`.
    For an ignored path, `pattern` and `source` ('FILE:LINE') name the pattern that ignores it.
    """

    kind: Literal["untracked", "ignored", "deleted", "intent-to-add", "left-out", "absent"] = (
        "absent"
    )
    pattern: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Snapshot(Listing):
    """A state of a repository, with the entries that Git tracks in it.

    label: the name of the state in output, such as 'the index' or 'revision 1a2b3c4'.
    revision: the object id of the commit, None if the state is not one.
    prefix: the user's directory relative to the root, '' or with a slash at its end.
    parent_contents: returns the earlier content of those entries whose content has changed.
    explain_missing: returns the status of a path that the state does not record.
    disk_files: all files of the working tree, for the state of a working tree.
    root: returns the path of the repository's working tree, '' if it has none.
    managed: whether pre-commit or prek runs the check.
    """

    label: str
    revision: str | None = None
    prefix: str = ""
    parent_contents: Callable[[Sequence[Entry]], Mapping[str, bytes]] = lambda _: {}
    explain_missing: Callable[[str], MissingPathStatus] = lambda _: MissingPathStatus()
    disk_files: Files | None = None
    root: Callable[[], str] = lambda: ""
    managed: bool = False

    @cached_property
    def tracked(self) -> TrackedFiles:
        """The files that Git tracks."""
        return TrackedFiles(self)

    @property
    def files(self) -> Files:
        """The files that training on this state reads."""
        return self.disk_files or self.tracked
