"""One readable state of a repository: the index, a revision or the working tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from posixpath import basename, relpath

from dlm_git.paths import ATTRIBUTES_FILE, shell_path
from dlm_git.snapshots.attributes import Attributes, no_conversions
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.files import Files
from dlm_git.snapshots.listing import Listing
from dlm_git.snapshots.tracked import TrackedFiles
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from dlm_git.snapshots.attributes import Query


class MissingPathStatus(Value):
    """The status of a path that a snapshot does not record.

    'left-out' is a path that is staged, but not part of the commit being made: `git commit PATH`.
    'sparse' is a tracked path that the working tree lacks, outside of the sparse checkout.
    For an ignored path, `pattern` and `source` ('FILE:LINE') name the pattern that ignores it.
    """

    kind: Literal[
        "untracked", "ignored", "deleted", "intent-to-add", "left-out", "sparse", "absent"
    ] = "absent"
    pattern: str = ""
    source: str = ""


class Snapshot(Listing, kw_only=True):
    """A state of a repository, with the entries that Git tracks in it.

    label: the name of the state in output, such as 'the index' or 'revision 1a2b3c4'.
    revision: the object id of the commit, None if the state is not one.
    prefix: the user's directory relative to the root, '' or with a slash at its end.
    parent_contents: returns the earlier content of those entries whose content has changed.
    explain_missing: returns the status of a path that the state does not record.
    disk_files: all files of the working tree, for the state of a working tree.
    root: returns the path of the repository's working tree, '' if it has none.
    query_attributes: returns the conversions of paths by the contents of some `.gitattributes`.
    managed: whether pre-commit or prek runs the check.
    """

    label: str
    revision: str | None = None
    prefix: str = ""
    parent_contents: Callable[[Sequence[Entry]], Mapping[str, bytes]] = lambda _: {}
    explain_missing: Callable[[str], MissingPathStatus] = lambda _: MissingPathStatus()
    disk_files: Files | None = None
    root: Callable[[], str] = lambda: ""
    query_attributes: Query = no_conversions
    managed: bool = False

    @cached_property
    def attributes(self) -> Attributes:
        """The attributes of its files."""
        entries = [
            entry
            for entry in self.dotfile_entries(f"{ATTRIBUTES_FILE}\0".encode())
            if entry.is_file and not entry.stage and basename(entry.path) == ATTRIBUTES_FILE
        ]
        blobs = self.read_present(entries)
        files = {entry.path: blob.data for entry, blob in blobs.items() if blob.data}
        return Attributes(files, self.query_attributes)

    @property
    def option(self) -> str:
        """The option of `check` and `files` that selects this state, with a blank before it."""
        if self.revision:
            return f" --rev {self.revision[:12]}"
        return " --worktree" if self.disk_files else ""

    def shell_path(self, path: str) -> str:
        """Return a path relative to the user's directory, quoted for a shell."""
        return shell_path(relpath(path, self.prefix or "."))

    @cached_property
    def tracked(self) -> TrackedFiles:
        """The files that Git tracks."""
        return TrackedFiles(self)

    @property
    def files(self) -> Files:
        """The files that training on this state reads."""
        return self.disk_files or self.tracked
