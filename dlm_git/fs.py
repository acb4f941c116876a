"""Read and write files: writes are atomic, and neither follows symbolic links.

Functions that take `root` and a path below it open each directory on the way without following
links. All raise DlmGitError with the reason of the operating system, unless they say otherwise.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from stat import S_ISREG

from dlm_git.errors import DlmGitError

PIPE_GRACE = 1.0  # seconds in which a program has to open the other end of a pipe
PIPE_TIME_LIMIT = 120.0  # seconds that a program may wait before it reads or writes the next piece

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PIECE = 1 << 16  # bytes that are read at once
_TMPFILE = getattr(os, "O_TMPFILE", None)  # Linux: a file without a name, which a crash removes
_REASONS = {
    errno.ELOOP: "it is a symbolic link",
    errno.ENOTDIR: "expected a directory, found a file or a symbolic link",
}
_SHOW_TYPE, _SHOW_MODE = "`ls -ld {path}` shows its type", "`ls -ld {path}` shows who may change it"
_FREE_SPACE = "free some space on its disk, then run the command again"
_RAISE_LIMIT = "raise the limit of this process: `ulimit -n`"
_OS_HINTS = {
    errno.ELOOP: _SHOW_TYPE,
    errno.ENOTDIR: _SHOW_TYPE,
    errno.EACCES: _SHOW_MODE,
    errno.EPERM: _SHOW_MODE,
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EROFS: "its disk is mounted read-only: run the command where it can be written",
    errno.EIO: "the disk may be damaged: check the log of the system",
    errno.EMFILE: _RAISE_LIMIT,
    errno.ENFILE: "too many files are open on this system: end other programs",
    errno.EAGAIN: "too many processes are running: end some, or raise `ulimit -u`",
}


@contextmanager
def explain_os_errors(verb: str, path: str) -> Iterator[None]:
    """Turn an OSError of the body into a DlmGitError: cannot `verb` `path`."""
    try:
        yield
    except OSError as error:
        from dlm_git.paths import shell_path  # late: only errors need it

        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        hint = os_error_hint(error).format(path=shell_path(path))
        raise DlmGitError(f"cannot {verb} '{path}': {reason}", hint) from error


def os_error_hint(error: OSError) -> str:
    """Return what to do about an error of the operating system, with '{path}' for its path."""
    return _OS_HINTS.get(error.errno or 0, "")


# reading


def read_file(root: str, path: str, limit: int | None = None) -> bytes | None:
    """Return the content of a regular file below `root`, None if it does not exist.

    Raises DlmGitError also for more than `limit` bytes.
    """
    with explain_os_errors("read", path):
        try:
            descriptor = _open_file(root, path)
        except FileNotFoundError:
            return None
        try:
            if not S_ISREG(os.fstat(descriptor).st_mode):
                raise DlmGitError(f"'{path}' is not a regular file", "replace it with a file")
            data = _read(descriptor, sys.maxsize if limit is None else limit + 1)
            if limit is not None and len(data) > limit:
                raise DlmGitError(f"'{path}' has more than {limit} bytes")
            return data
        finally:
            os.close(descriptor)


def _open_file(root: str, path: str) -> int:
    """Return a descriptor of a file below `root`."""
    if "/" not in path:  # so that nothing but the file itself can be a link
        return os.open(f"{root}/{path}", _READ)
    with open_directory(root, os.path.dirname(path)) as directory:
        return os.open(os.path.basename(path), _READ, dir_fd=directory)


def _read(descriptor: int, most: int) -> bytes:
    """Return what is left of a file, up to a number of bytes."""
    pieces = []
    while most and (piece := os.read(descriptor, min(most, _PIECE))):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def may_exist(path: str) -> bool:
    """Return False if there is no file at a path, True also if that cannot be found out."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def list_names(root: str, path: str) -> list[str]:
    """Return the sorted names in a directory below `root`, [] if it does not exist."""
    with explain_os_errors("list", path):
        try:
            with open_directory(root, path) as directory:
                return sorted(os.listdir(directory))
        except FileNotFoundError:
            return []


@contextmanager
def open_directory(root: str, path: str) -> Iterator[int]:
    """Yield a descriptor of a directory below `root`. Raises OSError."""
    directory = os.open(root, _OPEN_DIRECTORY)
    try:
        for name in filter(None, path.split("/")):
            parent = directory
            directory = os.open(name, _OPEN_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
            os.close(parent)
        yield directory
    finally:
        os.close(directory)


# writing below a root


def create_file(
    root: str, directory: str, name: str, data: bytes, *, executable: bool = False
) -> bool:
    """Create the file `root`/`directory`/`name`; return False if the name exists already.

    If several processes create it at once, exactly one gets True. A missing directory is created,
    and removed again if the file cannot be written.
    """
    with (
        explain_os_errors("write", os.path.join(directory, name)),
        _created_directory(root, directory) as parent,
    ):
        try:
            with _temporary_file(parent, name, data, 0o777 if executable else 0o666) as source:
                os.link(source, name, src_dir_fd=parent, dst_dir_fd=parent)
        except FileExistsError:
            return False
        os.fsync(parent)
        return True


def replace_file(
    root: str, directory: str, name: str, data: bytes, *, executable: bool = False
) -> None:
    """Replace the file `root`/`directory`/`name`, keeping its mode.

    With `executable`, everyone who may read it may also execute it. Concurrent readers get the old
    or the new content.
    """
    with (
        explain_os_errors("write", os.path.join(directory, name)),
        open_directory(root, directory) as parent,
    ):
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode & 0o777
        mode |= (mode & 0o444) >> 2 if executable else 0
        put_file(parent, name, data, mode)
        os.fsync(parent)


def put_file(
    parent: int, name: str, data: bytes, mode: int | None = None, *, sync: bool = True
) -> None:
    """Create or replace a file atomically. Raises OSError.

    parent: a descriptor of its directory.
    mode: its permissions; None for those of a new file.
    sync: whether the data are to survive a crash of the system.
    """
    with _temporary_file(parent, name, data, sync=sync) as source:
        temporary = source
        if os.path.isabs(source):  # it has no name yet; some file systems have no hard links
            temporary = _temporary_name(name)
            os.link(source, temporary, dst_dir_fd=parent)
        try:
            if mode is not None:
                os.chmod(temporary, mode, dir_fd=parent)
            os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            raise


def remove_file(root: str, directory: str, name: str) -> None:
    """Remove the file `root`/`directory`/`name`."""
    with (
        explain_os_errors("remove", os.path.join(directory, name)),
        open_directory(root, directory) as parent,
    ):
        os.unlink(name, dir_fd=parent)


def remove_directory(root: str, directory: str) -> None:
    """Remove the directory `root`/`directory` if it is empty; never raises."""
    with suppress(OSError), open_directory(root, "") as parent:
        os.rmdir(directory, dir_fd=parent)


@contextmanager
def _created_directory(root: str, directory: str) -> Iterator[int]:
    """Yield a descriptor of the directory; if the body raises, remove it unless it existed."""
    with open_directory(root, "") as parent:
        try:
            os.mkdir(directory or ".", dir_fd=parent)
        except FileExistsError:
            created = False
        else:
            created = True
        try:
            with open_directory(root, directory) as descriptor:
                yield descriptor
        except BaseException:
            if created:
                with suppress(OSError):
                    os.rmdir(directory, dir_fd=parent)
            raise


@contextmanager
def _temporary_file(
    parent: int, name: str, data: bytes, mode: int = 0o666, *, sync: bool = True
) -> Iterator[str]:
    """Yield a path for `os.link` of a file with the data.

    Until the end of the context, the file is locked.
    """
    _remove_leftovers(parent, name)
    temporary = _temporary_name(name)
    descriptor, path = _open_temporary(parent, temporary, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(descriptor)
            with suppress(OSError):  # some network file systems have no locks
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=parent)


def _open_temporary(parent: int, temporary: str, mode: int) -> tuple[int, str]:
    if _TMPFILE is not None:
        with suppress(OSError):  # some file systems do not support it
            descriptor = os.open(".", os.O_WRONLY | _TMPFILE | os.O_CLOEXEC, mode, dir_fd=parent)
            return descriptor, f"/proc/self/fd/{descriptor}"
    return os.open(temporary, _CREATE, mode, dir_fd=parent), temporary


def _temporary_name(name: str) -> str:
    return f".{name}.dlm-git-{os.urandom(8).hex()}"


def _remove_leftovers(parent: int, name: str) -> None:
    """Remove the temporary files of processes that were killed; those of others are locked."""
    leftover = re.compile(rf"\.{re.escape(name)}\.dlm-git-[0-9a-f]{{16}}")
    for other in filter(leftover.fullmatch, os.listdir(parent)):
        with suppress(OSError), open(os.open(other, _READ, dir_fd=parent), "rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(other, dir_fd=parent)


# files of dlm-git itself


def replace_link(path: str, target: str) -> None:
    """Create a symbolic link, or let it lead elsewhere; not atomic. Raises OSError."""
    with suppress(FileNotFoundError):
        os.unlink(path)
    os.symlink(target, path)


def rewrite_file(path: str, data: bytes) -> None:
    """Create a file, or replace its content; not atomic. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, "wb") as file:
        file.write(data)


def write_best_effort(root: str, directory: str, name: str, data: bytes) -> None:
    """Write the file `root`/`directory`/`name`, for its owner only, and ignore errors.

    A missing directory is created. If several processes write at once, one wins.
    """
    with suppress(OSError), _created_directory(root, directory) as parent:
        put_file(parent, name, data, 0o600, sync=False)


@contextmanager
def temporary_directory(
    files: Mapping[str, bytes], links: Mapping[str, str], parent: str | None = None
) -> Iterator[str]:
    """Yield the path of a temporary directory, which is removed at the end of the context.

    files: the content of each file in it, whose directories are created too.
    links: the target of each symbolic link in it.
    parent: the directory to create it in, by default that of the system.
    """
    from tempfile import TemporaryDirectory  # late: it imports much that a check does not need

    place = parent or _system_directory()
    with explain_os_errors("write", place):
        temporary = TemporaryDirectory(prefix="dlm-git-", ignore_cleanup_errors=True, dir=place)
    with temporary as directory:
        with explain_os_errors("write", directory):
            for name, data in files.items():
                os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
                with open(os.path.join(directory, name), "xb") as file:
                    file.write(data)
            for name, target in links.items():
                os.symlink(target, os.path.join(directory, name))
        yield directory


def _system_directory() -> str:
    """Return the directory of the system for temporary files."""
    from tempfile import gettempdir

    try:
        return gettempdir()
    except FileNotFoundError as error:  # none can be written
        message = f"cannot create a temporary directory: {error.strerror}"
        raise DlmGitError(message, "free some space there, or set TMPDIR to another one") from error
