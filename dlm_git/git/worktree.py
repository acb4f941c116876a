"""The worktree as a Snapshot, and what Git knows of each file that lies in it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from stat import S_ISREG

from dlm_git.errors import DlmGitError
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.paths import CONFIG_FILES, directory_config_files, walk_order
from dlm_git.snapshots.entry import MAX_BLOB, Blob, Entry, Limits
from dlm_git.snapshots.files import Checkout, Refusal, Root, TrackingStatus, Walk
from dlm_git.snapshots.snapshot import Snapshot

_MODULE = "160000"
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
    files = DiskFiles(root)
    return replace(
        index,
        label="the worktree",
        rows=b"\0" + b"".join(_rows(root, tracked)),
        read=lambda entries: [*_contents(root, files, entries)],
        stream=lambda entries, _: _contents(root, files, entries),
        checkout=Checkout(files, _Standings(repository, tracked), files.exists),
    )


class _Standings:
    """What Git knows of paths; it is asked when the first one is looked up."""

    def __init__(self, repository: Repository, tracked: Sequence[Entry]) -> None:
        self._repository = repository
        self._tracked = {entry.path for entry in tracked if entry.mode != _MODULE}

    def __call__(self, path: str) -> TrackingStatus:
        if path in self._tracked:
            return "tracked"
        if path in self._ignored or any(map(path.startswith, self._ignored_folders)):
            return "ignored"
        return "untracked"

    @cached_property
    def _ignored(self) -> frozenset[str]:
        """The ignored files; a repository inside of this one is named with a slash at its end."""
        git = worktree_git(self._repository)
        out = git.list_rows("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
        return frozenset(os.fsdecode(out).split("\0")) - {""}

    @cached_property
    def _ignored_folders(self) -> tuple[str, ...]:
        return tuple(path for path in self._ignored if path.endswith("/"))


def _rows(root: str, tracked: Sequence[Entry]) -> Iterator[bytes]:
    known = {entry.path for entry in tracked}
    own = [Entry(path, "100644", _UNKNOWN) for path in CONFIG_FILES if path not in known]
    for entry in (*tracked, *own):
        mode = entry.mode if entry.mode == _MODULE or entry.stage else _mode(root, entry.path)
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
    return "100644" if stat.S_ISREG(mode) else "120000" if stat.S_ISLNK(mode) else ""


def _contents(root: str, files: DiskFiles, entries: Sequence[Entry]) -> Iterator[Blob]:
    for entry in entries:
        if entry.mode == "120000":
            target = os.readlink(os.fsencode(f"{root}/{entry.path}"))
            yield Blob(len(target), target)
            continue
        (blob,) = files.contents([entry.path])
        if blob is None:
            hint = f"look at it with `ls -ld {entry.path}`"
            raise DlmGitError(f"cannot read '{entry.path}'", hint)
        yield blob


_FOLLOWED = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class DiskFiles:
    """The files that lie in a worktree, whatever Git knows of them: what training here reads."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._walks: dict[str, Walk] = {}

    def root(self, path: str, *, strict: bool) -> Root | Refusal:
        """Where the source of that path leads; all of it is walked here and now."""
        try:
            given = Path(path) if path.startswith("~") else Path(self._root, path)
            resolved = str(given.expanduser().resolve())
            top = self._relative(resolved)
            if strict and top.startswith("/"):
                return Refusal(path, "it leads out of the repository")
            if os.path.isfile(resolved):
                return Root(top, is_file=True)
            if not os.path.exists(resolved):
                return Refusal(path, "there is no such file or directory")
            return Root(top, self._walk(top))
        except (OSError, RuntimeError, ValueError) as error:
            return Refusal(path, str(error))

    def walk(self, root: Root) -> Walk:
        """The files at or below it."""
        return Walk([root.path]) if root.is_file else self._walks[root.path]

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """The contents, one after the other."""
        bounds = limits or [None] * len(paths)
        return map(self._content, paths, bounds)

    def exists(self, path: str) -> bool:
        """Whether anything stands at a path."""
        return os.path.lexists(os.path.join(self._root, path))

    def _walk(self, top: str) -> tuple[str, ...]:
        files, targets, anchors, todo = [], {}, [], [top]
        while todo:
            folder = todo.pop()
            for entry in self._look_into(folder):
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.name == ".dlm" and _leads(entry.is_dir):
                    self._open_configs(folder)
                    anchors.append(folder)
                if entry.is_symlink():
                    if _leads(entry.is_file):
                        target = os.path.realpath(entry.path)
                        targets[path] = target if top[:1] == "/" else self._relative(target)
                elif entry.is_dir():
                    todo.append(path)
                elif entry.is_file():
                    files.append(path)
        self._walks[top] = Walk(sorted([*files, *targets], key=walk_order), targets)
        return tuple(sorted(anchors, key=lambda anchor: (len(anchor), anchor)))

    def _look_into(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self._root, folder)) as found:
                entries = list(found)
        except (PermissionError, NotADirectoryError):  # the trainer passes over it too
            return []
        if entries and not os.access(os.path.join(self._root, folder), os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), folder)
        return entries

    def _open_configs(self, anchor: str) -> None:
        # what it cannot read of these the trainer dies of
        for path in directory_config_files([anchor]):
            file = os.path.join(self._root, path)
            if _leads(partial(_is_regular, file)):
                os.close(os.open(file, _FOLLOWED))

    def _relative(self, path: str) -> str:
        if path == self._root:
            return ""
        return path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else path

    def _content(self, path: str, limit: int | None) -> Blob | None:
        try:
            file = os.open(f"{self._root}/{path}" if path[:1] != "/" else path, _FOLLOWED)
        except OSError:
            return self._unopened(path)
        try:
            found = os.fstat(file)
            if not S_ISREG(found.st_mode):
                return None
            size = found.st_size
            if size > (MAX_BLOB if limit is None else min(limit, MAX_BLOB)):
                return Blob(size, None)
            with open(file, "rb", closefd=False, buffering=0) as opened:
                return Blob(size, opened.readall())
        except OSError:
            return None
        finally:
            os.close(file)

    def _unopened(self, path: str) -> Blob | None:
        """The size needs no permission to read."""
        try:
            found = os.stat(os.path.join(self._root, path))
        except OSError:
            return None
        return Blob(found.st_size, None) if S_ISREG(found.st_mode) else None


def _is_regular(path: str) -> bool:
    return S_ISREG(os.stat(path).st_mode)


def _leads(to: Callable[[], bool]) -> bool:
    """Whether a link leads to that; one that leads nowhere is passed over, as the trainer does."""
    try:
        return to()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise
