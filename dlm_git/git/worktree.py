"""Read the working tree as a Snapshot, with the status of its files in Git."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property

from dlm_git.errors import DlmGitError
from dlm_git.git.disk import DiskFiles
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.paths import CONFIG_FILES, shell_quote
from dlm_git.snapshots.entry import FILE, LINK, Blob, Entry
from dlm_git.snapshots.snapshot import Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.statuses import TrackingStatus

_NO_OID = "0" * 40  # files on disk have no object id


def read_worktree(repository: Repository, since: str = "") -> Snapshot:
    """Return the state of the working tree.

    Its entries are the tracked paths that exist on disk, and dlm-git's config files. `since` is
    passed to `read_index`. Raises DlmGitError if there is no working tree, or if the index cannot
    be read in full.
    """
    if repository.bare:
        reason = "a bare repository has no working tree"
        raise DlmGitError(reason, "check a revision: `--rev HEAD`")
    root = os.path.realpath(repository.root)
    index = read_index(repository, since)
    tracked = [*index]
    files = DiskFiles(root, _TrackingStatuses(repository, tracked))
    return index.replace(
        label="the working tree",
        rows=b"\0" + b"".join(_rows(root, tracked)),
        read=lambda entries: [*_contents(root, files, entries)],
        stream=lambda entries, _: _contents(root, files, entries),
        disk_files=files,
    )


class _TrackingStatuses:
    """The statuses of paths in Git, which lists the ignored ones when the first is needed."""

    def __init__(self, repository: Repository, tracked: Sequence[Entry]) -> None:
        self._repository = repository
        self._tracked = {entry.path for entry in tracked if not entry.is_submodule}

    def __call__(self, path: str) -> TrackingStatus:
        if path in self._tracked:
            return "tracked"
        if path in self._ignored or path.startswith(self._ignored_directories):
            return "ignored"
        return "untracked"

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """The ignored files, and with a slash at the end the ignored repositories."""
        git = worktree_git(self._repository)
        rows = git.list_few("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
        return frozenset(os.fsdecode(rows).split("\0")) - {""}

    @cached_property
    def _ignored_directories(self) -> tuple[str, ...]:
        return tuple(path for path in self._ignored if path.endswith("/"))


def _rows(root: str, tracked: Sequence[Entry]) -> Iterator[bytes]:
    """Yield the rows of the entries that exist on disk; submodules and conflicts always do."""
    paths = {entry.path for entry in tracked}
    configs = [Entry(path, FILE, _NO_OID) for path in CONFIG_FILES if path not in paths]
    for entry in (*tracked, *configs):
        mode = entry.mode if entry.is_submodule or entry.stage else _mode(root, entry.path)
        if mode:
            head = f"{mode} {_NO_OID} {entry.stage}\t"
            yield head.encode() + os.fsencode(entry.path) + b"\0"


def _mode(root: str, path: str) -> str:
    """Return the mode of the file or link at a path, '' if there is none."""
    try:
        mode = os.lstat(f"{root}/{path}").st_mode
    except OSError:
        return ""
    return FILE if stat.S_ISREG(mode) else LINK if stat.S_ISLNK(mode) else ""


def _contents(root: str, files: DiskFiles, entries: Sequence[Entry]) -> Iterator[Blob]:
    for entry in entries:
        if entry.is_link:
            target = os.readlink(os.fsencode(f"{root}/{entry.path}"))
            yield Blob(len(target), target)
            continue
        (blob,) = files.contents([entry.path])
        if blob is None:
            hint = f"check its type and permissions: `ls -ld {shell_quote(f'{root}/{entry.path}')}`"
            raise DlmGitError(f"cannot read '{entry.path}'", hint)
        yield blob
