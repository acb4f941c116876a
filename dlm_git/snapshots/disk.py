"""The files on disk, as the trainer's walk meets them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from stat import S_ISREG

from dlm_git.paths import directory_config_files, walk_order
from dlm_git.snapshots.entry import MAX_BLOB, Blob, Limits
from dlm_git.snapshots.files import Matcher, Refusal, Root, TrackingStatus, Walk

_FOLLOWED = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class DiskFiles:
    """The files that lie in a worktree, whatever Git knows of them: what training here reads."""

    on_disk = True
    noun = "file"

    def __init__(
        self, root: str, status: Callable[[str], TrackingStatus] = lambda _: "untracked"
    ) -> None:
        self._root = os.path.realpath(root)
        self._status = status
        self._walks: dict[str, Walk] = {}
        self._targets: dict[str, str] = {}  # of the links that the walks met

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

    def below(self, root: Root, directory: str) -> Iterator[str]:
        """Yield the files of a root below a directory."""
        start = f"{directory}/" if directory else ""
        return (path for path in self.walk(root).paths if path.startswith(start))

    def matching(self, root: Root, matcher: Matcher, directory: str | None = None) -> Iterator[str]:
        """Yield the files of a root whose path relative to it, or to a directory in it, matches."""
        directory = root.path if directory is None else directory
        cut = len(f"{directory}/") if directory else 0
        return (path for path in self.below(root, directory) if matcher.match(path[cut:]))

    def search(self, root: Root, matchers: Iterable[Matcher]) -> Iterator[str]:  # noqa: ARG002
        """Yield all files of a root: the walk has found them."""
        return iter(self.walk(root).paths)

    def candidates(self, root: Root, matchers: Sequence[Matcher]) -> Iterator[str]:  # noqa: ARG002
        """Yield all files of a root: the walk has found them."""
        return iter(self.walk(root).paths)

    def target(self, path: str) -> str:
        """Return where a link that a walk met leads."""
        return self._targets.get(path, "")

    def status(self, path: str) -> TrackingStatus:
        """Return the status of a path in Git."""
        return self._status(path)

    def exists(self, path: str) -> bool:
        """Whether anything stands at a path."""
        return os.path.lexists(os.path.join(self._root, path))

    def _walk(self, top: str) -> tuple[str, ...]:
        files, links, anchors, todo = [], [], [], [top]
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
                        self._targets[path] = target if top[:1] == "/" else self._relative(target)
                        links.append(path)
                elif entry.is_dir():
                    todo.append(path)
                elif entry.is_file():
                    files.append(path)
        self._walks[top] = Walk(sorted([*files, *links], key=walk_order))
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
