"""Reads files of a worktree: no pipe is waited for, and a link followed only where dlm does."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from stat import S_ISREG

from dlm_git import descent
from dlm_git.finding import CannotCheck
from dlm_git.recorded import in_order
from dlm_git.snapshot import MAX_BLOB, Blob, Limits, Refusal, Root, Walk

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLLOWED = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_REASONS = {
    errno.ELOOP: "a symbolic link stands in its place",
    errno.ENOTDIR: "a file or a symbolic link stands where a directory is to be",
}


def read(root: str, path: str, limit: int | None = None) -> bytes | None:
    """The plain file at a path below `root`, None if there is none.

    Raises CannotCheck, also for a file of more than `limit` bytes.
    """
    with explained("read", path):
        try:
            with directory(root, os.path.dirname(path)) as folder:
                file = os.open(os.path.basename(path), _FILE, dir_fd=folder)
        except FileNotFoundError:
            return None
        try:
            if not S_ISREG(os.fstat(file).st_mode):
                raise CannotCheck(f"'{path}' is not a plain file", "put the file itself there")
            with open(file, "rb", closefd=False) as opened:
                data = opened.read() if limit is None else opened.read(limit + 1)
            if limit is not None and len(data) > limit:
                raise CannotCheck(f"'{path}' has more than {limit} bytes", "look at it")
            return data
        finally:
            os.close(file)


def names(root: str, path: str) -> list[str]:
    """What stands in a directory below `root`, sorted; nothing if there is none."""
    with explained("look into", path):
        try:
            with directory(root, path) as folder:
                return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []


class OnDisk:
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
                return Root(top, single=True)
            if not os.path.exists(resolved):
                return Refusal(path, "there is no such file or directory")
            return Root(top, self._walk(top))
        except (OSError, RuntimeError, ValueError) as error:
            return Refusal(path, str(error))

    def walk(self, root: Root) -> Walk:
        """The files at or below it."""
        return Walk([root.top]) if root.single else self._walks[root.top]

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
        self._walks[top] = Walk(sorted([*files, *targets], key=in_order), targets)
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
        for path in descent.paths([anchor]):
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


@contextmanager
def directory(root: str, path: str) -> Iterator[int]:
    """A descriptor of a directory below `root` that is reached without any symbolic link."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in filter(None, path.split("/")):
            outer, folder = folder, os.open(name, _DIRECTORY, dir_fd=folder)
            os.close(outer)
        yield folder
    finally:
        os.close(folder)


@contextmanager
def explained(verb: str, path: str) -> Iterator[None]:
    """Turns what the system refuses into CannotCheck."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        help_ = f"look at it with `ls -ld {path}`" if error.errno in _REASONS else ""
        raise CannotCheck(f"cannot {verb} '{path}': {reason}", help_) from error
