"""The files on disk, as the trainer's walk meets them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from stat import S_ISREG

from dlm_git.errors import DlmGitError
from dlm_git.paths import directory_config_files, is_within, walk_order
from dlm_git.snapshots.entry import MAX_BLOB, Blob, Limits
from dlm_git.snapshots.files import Matcher, Refusal, Root, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.statuses import TrackingStatus

MAX_ENTRIES = 2_000_000  # below one source, which may be `/`
_PIECE = 1 << 16
# a FIFO must not block
_OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class DiskFiles:
    """The files in a working tree, whether Git tracks them or not.

    `status` returns the status of a path in Git.
    """

    on_disk = True
    noun = "file"

    def __init__(
        self, root: str, status: Callable[[str], TrackingStatus] = lambda _: "untracked"
    ) -> None:
        self._root = os.path.realpath(root)
        self._status = status
        self._roots: dict[str, Root] = {}
        self._walks: dict[str, Walk] = {}
        self._targets: dict[str, str] = {}  # of the links in all walks

    def root(self, path: str, *, strict: bool, base: str = "") -> Root | Refusal:
        """Resolve the path of a source, and walk below it.

        The trainer refuses a source if the walk fails.
        """
        from pathlib import Path  # late: only the working tree needs it

        try:
            given = Path(path) if path.startswith("~") else Path(self._root, base, path)
            resolved = str(given.expanduser().resolve())
            top = self._relative(resolved)
            if strict and top.startswith("/"):
                return Refusal(path, "it points outside the repository")
            if strict and base and not is_within(resolved, str(Path(self._root, base).resolve())):
                return Refusal(path, f"it points outside '{base}'")
            if os.path.isfile(resolved):
                return Root(top, is_file=True)
            if not os.path.exists(resolved):
                return Refusal(path, "there is no such file or directory")
            if top not in self._roots:
                self._roots[top] = Root(top, self._walk(top))
            return self._roots[top]
        except (OSError, RuntimeError, ValueError) as error:
            return Refusal(path, str(error))

    def walk(self, root: Root) -> Walk:
        """Return the walk below a root that `root` returned."""
        return Walk([root.path]) if root.is_file else self._walks[root.path]

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """Yield the contents of files, read one after the other."""
        return map(self._content, paths, limits or [None] * len(paths))

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
        """Yield all files of a root, because the walk has already found them."""
        return iter(self.walk(root).paths)

    def candidates(
        self,
        root: Root,
        matchers: Sequence[Matcher],  # noqa: ARG002
        *,
        any_case: bool = False,  # noqa: ARG002
    ) -> Iterator[str]:
        """Yield all files of a root, because the walk has already found them."""
        return iter(self.walk(root).paths)

    def linked(self, root: Root) -> Iterator[tuple[str, str]]:
        """Yield the links in the walk below a root, each with the file that it leads to."""
        pairs = ((path, self.target(path)) for path in self.walk(root).paths)
        return ((path, target) for path, target in pairs if target)

    def target(self, path: str) -> str:
        """Return the path of the file that a link in a walk leads to, '' if it is not a link."""
        return self._targets.get(path, "")

    def status(self, path: str) -> TrackingStatus:
        """Return the status of a path in Git."""
        return self._status(path)

    def exists(self, path: str) -> bool:
        """Return whether there is a file, a directory or a link at a path."""
        return os.path.lexists(os.path.join(self._root, path))

    def _walk(self, top: str) -> tuple[str, ...]:
        """Walk below a directory, and return the directories in it that hold a `.dlm` directory."""
        files, links, config_directories, todo, count = [], [], [], [top], 0
        while todo:
            directory = todo.pop()
            entries = self._scan(directory)
            count += len(entries)
            if count > MAX_ENTRIES:
                raise DlmGitError(
                    f"there are more than {MAX_ENTRIES:,} files below '{top or '.'}'",
                    "write the paths of smaller directories into the sources of the document",
                )
            for entry in entries:
                path = f"{directory}/{entry.name}" if directory else entry.name
                if entry.name == ".dlm" and _leads_to(entry.is_dir):
                    self._open_configs(directory)
                    config_directories.append(directory)
                if entry.is_symlink():
                    if _leads_to(entry.is_file):
                        target = os.path.realpath(entry.path)
                        self._targets[path] = target if top[:1] == "/" else self._relative(target)
                        links.append(path)
                elif entry.is_dir():
                    todo.append(path)
                elif entry.is_file():
                    files.append(path)
        self._walks[top] = Walk(sorted(files + links, key=walk_order))
        return tuple(sorted(config_directories, key=lambda path: (len(path), path)))

    def _scan(self, directory: str) -> list[os.DirEntry[str]]:
        absolute = os.path.join(self._root, directory)
        try:
            with os.scandir(absolute) as scan:
                entries = list(scan)
        except (PermissionError, NotADirectoryError):  # the trainer skips it too
            return []
        if entries and not os.access(absolute, os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), directory)
        return entries

    def _open_configs(self, directory: str) -> None:
        """Raise OSError for a config that cannot be read: the trainer fails on it."""
        for path in directory_config_files([directory]):
            file = os.path.join(self._root, path)
            if _leads_to(partial(_is_regular, file)):
                os.close(os.open(file, _OPEN_FLAGS))

    def _relative(self, path: str) -> str:
        """Return an absolute path relative to the root, if it is below that."""
        if path == self._root:
            return ""
        return path[len(self._root) + 1 :] if path.startswith(f"{self._root}/") else path

    def _content(self, path: str, limit: int | None) -> Blob | None:
        try:
            file = os.open(f"{self._root}/{path}" if path[:1] != "/" else path, _OPEN_FLAGS)
        except OSError:
            return self._size_only(path)
        try:
            status = os.fstat(file)
            if not S_ISREG(status.st_mode):
                return None
            if status.st_size > (MAX_BLOB if limit is None else min(limit, MAX_BLOB)):
                return Blob(status.st_size, None)
            return _read(file, status.st_size)
        except OSError:
            return None
        finally:
            os.close(file)

    def _size_only(self, path: str) -> Blob | None:
        """Return the size of a file that cannot be opened; stat needs no permission to read."""
        try:
            status = os.stat(os.path.join(self._root, path))
        except OSError:
            return None
        return Blob(status.st_size, None) if S_ISREG(status.st_mode) else None


def _read(file: int, size: int) -> Blob:
    """Read a file, which may have grown since it had the size; some of /proc never end."""
    pieces, length = [], 0
    while piece := os.read(file, max(size + 1 - length, _PIECE)):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_BLOB:
            return Blob(length, None)
    return Blob(length, b"".join(pieces))


def _is_regular(path: str) -> bool:
    return S_ISREG(os.stat(path).st_mode)


def _leads_to(test: Callable[[], bool]) -> bool:
    """Return the result of a test that follows links, False for a link that leads nowhere."""
    try:
        return test()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise
