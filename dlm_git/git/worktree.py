"""The worktree as a Snapshot, and what Git knows of each file that lies in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from dlm_git.errors import DlmGitError
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, in_worktree
from dlm_git.paths import CONFIG_FILES
from dlm_git.snapshots.disk import DiskFiles
from dlm_git.snapshots.entry import FILE, LINK, Blob, Entry
from dlm_git.snapshots.files import TrackingStatus
from dlm_git.snapshots.snapshot import Snapshot

_UNKNOWN = "0" * 40  # what stands on the disk has no object id


def read_worktree(repository: Repository, since: str = "") -> Snapshot:
    """The worktree: of the tracked paths what is there, and the config files; `since` is as for
    the index.

    Raises CannotCheck where there is no worktree, or the index cannot be read whole.
    """
    if repository.bare:
        raise DlmGitError("a bare repository has no worktree", "judge a revision: `--rev HEAD`")
    root = os.path.realpath(repository.root)
    index = read_index(repository, since)
    tracked = [*index]
    files = DiskFiles(root, _TrackingStatuses(repository, tracked))
    return replace(
        index,
        label="the worktree",
        rows=b"\0" + b"".join(_rows(root, tracked)),
        read=lambda entries: [*_contents(root, files, entries)],
        stream=lambda entries, _: _contents(root, files, entries),
        disk_files=files,
    )


class _TrackingStatuses:
    """What Git knows of paths; it is asked when the first one is looked up."""

    def __init__(self, repository: Repository, tracked: Sequence[Entry]) -> None:
        self._repository = repository
        self._tracked = {entry.path for entry in tracked if not entry.is_submodule}

    def __call__(self, path: str) -> TrackingStatus:
        if path in self._tracked:
            return "tracked"
        if path in self._ignored or any(map(path.startswith, self._ignored_folders)):
            return "ignored"
        return "untracked"

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """The ignored files; a repository inside of this one is named with a slash at its end."""
        git = in_worktree(self._repository)
        out = git.list_rows("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
        return frozenset(os.fsdecode(out).split("\0")) - {""}

    @cached_property
    def _ignored_folders(self) -> tuple[str, ...]:
        return tuple(path for path in self._ignored if path.endswith("/"))


def _rows(root: str, tracked: Sequence[Entry]) -> Iterator[bytes]:
    known = {entry.path for entry in tracked}
    own = [Entry(path, FILE, _UNKNOWN) for path in CONFIG_FILES if path not in known]
    for entry in (*tracked, *own):
        mode = entry.mode if entry.is_submodule or entry.stage else _mode(root, entry.path)
        if mode:
            yield b"%b %b %d\t%b\0" % (
                mode.encode(),
                _UNKNOWN.encode(),
                entry.stage,
                os.fsencode(entry.path),
            )


def _mode(root: str, path: str) -> str:
    """The mode of what stands at a path, '' if it is neither a file nor a link."""
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
            hint = f"look at it with `ls -ld {entry.path}`"
            raise DlmGitError(f"cannot read '{entry.path}'", hint)
        yield blob
