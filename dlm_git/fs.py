"""Read and write files: writes are atomic, and neither follows symbolic links.

Functions that take `root` and a path below it open each directory on the way without following
links. All raise DlmGitError with the reason of the operating system, unless they say otherwise.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import select
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from stat import S_ISREG
from time import monotonic, sleep

from dlm_git.errors import DlmGitError

PIPE_GRACE = 1.0  # seconds in which a program has to open the other end of a pipe
PIPE_TIME_LIMIT = 120.0  # seconds that a program may wait before it reads or writes the next piece

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_TMPFILE = getattr(os, "O_TMPFILE", None)  # Linux: a file without a name, which a crash removes
_REASONS = {
    errno.ELOOP: "it is a symbolic link",
    errno.ENOTDIR: "expected a directory, found a file or a symbolic link",
}


@contextmanager
def explain_os_errors(verb: str, path: str) -> Iterator[None]:
    """Turn an OSError of the body into a DlmGitError: cannot `verb` `path`."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        hint = f"`ls -ld {path}` shows its type" if error.errno in _REASONS else ""
        raise DlmGitError(f"cannot {verb} '{path}': {reason}", hint) from error


# reading


def read_file(root: str, path: str, limit: int | None = None) -> bytes | None:
    """Return the content of a regular file below `root`, None if it does not exist.

    Raises DlmGitError also for more than `limit` bytes.
    """
    with explain_os_errors("read", path):
        try:
            with open_directory(root, os.path.dirname(path)) as directory:
                descriptor = os.open(os.path.basename(path), _READ, dir_fd=directory)
        except FileNotFoundError:
            return None
        try:
            if not S_ISREG(os.fstat(descriptor).st_mode):
                raise DlmGitError(f"'{path}' is not a regular file", "replace it with a file")
            with open(descriptor, "rb", closefd=False) as file:
                data = file.read() if limit is None else file.read(limit + 1)
            if limit is not None and len(data) > limit:
                raise DlmGitError(f"'{path}' has more than {limit} bytes")
            return data
        finally:
            os.close(descriptor)


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
        temporary = _temporary_name(name)
        with _temporary_file(parent, name, data) as source:
            os.link(source, temporary, src_dir_fd=parent, dst_dir_fd=parent)
            try:
                os.chmod(temporary, mode, dir_fd=parent)
                os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
            except BaseException:
                os.unlink(temporary, dir_fd=parent)
                raise
        os.fsync(parent)


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
def _temporary_file(parent: int, name: str, data: bytes, mode: int = 0o666) -> Iterator[str]:
    """Yield a path for `os.link` of a file with the data, which is synced to disk.

    Until the end of the context, the file is locked.
    """
    _remove_leftovers(parent, name)
    temporary = _temporary_name(name)
    descriptor, path = _open_temporary(parent, temporary, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
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


# writing to paths of the user, and to directories of dlm-git


def write_report(path: str, text: str) -> None:
    """Write a report to the path that the user named: atomically to a file, directly to a device.

    A symbolic link is followed.
    """
    data = text.encode(errors="backslashreplace")
    with explain_os_errors("write", path):
        if os.path.exists(path) and not os.path.isfile(path):
            _write_to(path, os.O_WRONLY, data)
            return
        _write_atomically(os.path.realpath(path), data)


def _write_atomically(path: str, data: bytes) -> None:
    temporary = os.path.join(os.path.dirname(path), _temporary_name(os.path.basename(path)))
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            os.fsync(file.fileno())
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def append_text(path: str, text: str) -> None:
    """Append text to the file that the user named."""
    with explain_os_errors("write", path):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        _write_to(path, flags, text.encode(errors="backslashreplace"))


def _write_to(path: str, flags: int, data: bytes) -> None:
    """Write to a file, a device or a pipe. Raises DlmGitError if no program reads the pipe."""
    descriptor = _open_to_write(path, flags)
    try:
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                if not select.select([], [descriptor], [], PIPE_TIME_LIMIT)[1]:
                    raise _without_reader(path) from None
    finally:
        os.close(descriptor)


def _open_to_write(path: str, flags: int) -> int:
    deadline = monotonic() + PIPE_GRACE
    while True:
        try:
            return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, 0o666)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if monotonic() > deadline:
                raise _without_reader(path) from None
            sleep(0.02)


def _without_reader(path: str) -> DlmGitError:
    message = f"cannot write '{path}': no program reads this pipe"
    return DlmGitError(message, "start the program that reads it, or pass a file")


def write_best_effort(directory: str, name: str, data: bytes) -> None:
    """Write `directory`/`name` atomically, and ignore errors.

    A missing directory is created. If several processes write at once, one wins.
    """
    temporary = os.path.join(directory, _temporary_name(name))
    with suppress(OSError):
        with suppress(FileExistsError):
            os.mkdir(directory)
        try:
            with open(os.open(temporary, _CREATE, 0o600), "wb") as file:
                file.write(data)
            os.replace(temporary, os.path.join(directory, name))
        except OSError:
            os.unlink(temporary)


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

    with explain_os_errors("write", "a temporary directory"):
        temporary = TemporaryDirectory(prefix="dlm-git-", ignore_cleanup_errors=True, dir=parent)
    with temporary as directory:
        with explain_os_errors("write", directory):
            for name, data in files.items():
                os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
                with open(os.path.join(directory, name), "xb") as file:
                    file.write(data)
            for name, target in links.items():
                os.symlink(target, os.path.join(directory, name))
        yield directory
