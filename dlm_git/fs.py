"""Writes files: whole or not at all, never through a symbolic link."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from stat import S_ISREG
from tempfile import TemporaryDirectory

from dlm_git.errors import DlmGitError

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNNAMED = getattr(os, "O_TMPFILE", None)  # Linux: a file that is gone if we are killed


def create_file(
    root: str, folder: str, name: str, data: bytes, *, executable: bool = False
) -> bool:
    """Write the new file `root`/`folder`/`name`; False if something is there already.

    Of several writers exactly one gets True. The folder is made if need be, and removed again if
    the file cannot be written. Raises CannotCheck with the system's reason.
    """
    with explain_os_errors("write", f"{folder}/{name}"), _made(root, folder) as into:
        try:
            with _written(into, name, data, 0o777 if executable else 0o666) as source:
                os.link(source, name, src_dir_fd=into, dst_dir_fd=into)
        except FileExistsError:
            return False
        os.fsync(into)
        return True


def replace_file(
    root: str, folder: str, name: str, data: bytes, *, executable: bool = False
) -> None:
    """Write `root`/`folder`/`name` in the place of the file there, keeping its mode.

    With `executable` those who may read it may run it. Readers see the old content or the new one.
    Raises CannotCheck with the system's reason.
    """
    with explain_os_errors("write", f"{folder}/{name}"), open_directory(root, folder) as into:
        mode = os.stat(name, dir_fd=into, follow_symlinks=False).st_mode & 0o777
        mode |= (mode & 0o444) >> 2 if executable else 0
        temporary = _temporary(name)
        with _written(into, name, data) as source:
            os.link(source, temporary, src_dir_fd=into, dst_dir_fd=into)
        try:
            os.chmod(temporary, mode, dir_fd=into)
            os.replace(temporary, name, src_dir_fd=into, dst_dir_fd=into)
        except BaseException:
            os.unlink(temporary, dir_fd=into)
            raise
        os.fsync(into)


def remove_file(root: str, folder: str, name: str) -> None:
    """Remove the file `root`/`folder`/`name`. Raises CannotCheck with the system's reason."""
    with explain_os_errors("remove", f"{folder}/{name}"), open_directory(root, folder) as within:
        os.unlink(name, dir_fd=within)


def remove_directory(root: str, folder: str) -> None:
    """Remove the directory `root`/`folder`, if there is nothing in it."""
    with suppress(OSError), open_directory(root, "") as top:
        os.rmdir(folder, dir_fd=top)


def write_report(path: str, text: str) -> None:
    """Write a report to a path that the user names, whole or not at all; a device or a pipe is
    written to. Raises CannotCheck with the system's reason."""
    data = text.encode(errors="backslashreplace")
    with explain_os_errors("write", path):
        if os.path.exists(path) and not os.path.isfile(path):
            with open(path, "wb") as device:
                device.write(data)
            return
        _put(os.path.realpath(path), data)  # a link stays one


def _put(path: str, data: bytes) -> None:
    temporary = os.path.join(os.path.dirname(path), _temporary(os.path.basename(path)))
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
    """Add text to a file that the user names. Raises CannotCheck with the system's reason."""
    with explain_os_errors("write", path), open(path, "ab") as file:
        file.write(text.encode(errors="backslashreplace"))


def write_best_effort(folder: str, name: str, data: bytes) -> None:
    """Write `folder`/`name`, which can be done without: what goes wrong is let go.

    The folder is made if need be. Of several writers one wins, and readers see what it wrote.
    """
    temporary = os.path.join(folder, _temporary(name))
    with suppress(OSError):
        with suppress(FileExistsError):
            os.mkdir(folder)
        try:
            with open(os.open(temporary, _NEW, 0o600), "wb") as file:
                file.write(data)
            os.replace(temporary, os.path.join(folder, name))
        except OSError:
            os.unlink(temporary)


@contextmanager
def temporary_directory(
    files: Mapping[str, bytes], links: Mapping[str, str], below: str | None = None
) -> Iterator[str]:
    """A directory of our own that holds these files, and links by what they lead to; it is gone
    when the context ends. Raises CannotCheck with the system's reason."""
    with explain_os_errors("write", "a temporary directory"):
        made = TemporaryDirectory(prefix="dlm-git-", ignore_cleanup_errors=True, dir=below)
    with made as folder:
        with explain_os_errors("write", folder):
            for name, data in files.items():
                with open(os.path.join(folder, name), "xb") as file:
                    file.write(data)
            for name, target in links.items():
                os.symlink(target, os.path.join(folder, name))
        yield folder


@contextmanager
def _made(root: str, folder: str) -> Iterator[int]:
    with open_directory(root, "") as top:
        try:
            os.mkdir(folder, dir_fd=top)
        except FileExistsError:
            made = False
        else:
            made = True
        try:
            with open_directory(root, folder) as into:
                yield into
        except BaseException:
            if made:
                with suppress(OSError):
                    os.rmdir(folder, dir_fd=top)
            raise


@contextmanager
def _written(into: int, name: str, data: bytes, mode: int = 0o666) -> Iterator[str]:
    """A file with the data, safe on disk, under a path that `os.link` takes."""
    temporary = _temporary(name)
    file, source = _new(into, temporary, mode)
    try:
        with open(file, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(file)
            yield source
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=into)


def _new(into: int, temporary: str, mode: int) -> tuple[int, str]:
    if _UNNAMED is not None:
        with suppress(OSError):  # not every file system has it
            file = os.open(".", os.O_WRONLY | _UNNAMED | os.O_CLOEXEC, mode, dir_fd=into)
            return file, f"/proc/self/fd/{file}"
    return os.open(temporary, _NEW, mode, dir_fd=into), temporary


def _temporary(name: str) -> str:
    return f".{name}.{secrets.token_hex(8)}"


_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


_REASONS = {
    errno.ELOOP: "a symbolic link stands in its place",
    errno.ENOTDIR: "a file or a symbolic link stands where a directory is to be",
}


def read_file(root: str, path: str, limit: int | None = None) -> bytes | None:
    """The plain file at a path below `root`, None if there is none.

    Raises CannotCheck, also for a file of more than `limit` bytes.
    """
    with explain_os_errors("read", path):
        try:
            with open_directory(root, os.path.dirname(path)) as folder:
                file = os.open(os.path.basename(path), _FILE, dir_fd=folder)
        except FileNotFoundError:
            return None
        try:
            if not S_ISREG(os.fstat(file).st_mode):
                raise DlmGitError(f"'{path}' is not a plain file", "put the file itself there")
            with open(file, "rb", closefd=False) as opened:
                data = opened.read() if limit is None else opened.read(limit + 1)
            if limit is not None and len(data) > limit:
                raise DlmGitError(f"'{path}' has more than {limit} bytes", "look at it")
            return data
        finally:
            os.close(file)


def list_names(root: str, path: str) -> list[str]:
    """What stands in a directory below `root`, sorted; nothing if there is none."""
    with explain_os_errors("look into", path):
        try:
            with open_directory(root, path) as folder:
                return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []


@contextmanager
def open_directory(root: str, path: str) -> Iterator[int]:
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
def explain_os_errors(verb: str, path: str) -> Iterator[None]:
    """Turns what the system refuses into CannotCheck."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        help_ = f"look at it with `ls -ld {path}`" if error.errno in _REASONS else ""
        raise DlmGitError(f"cannot {verb} '{path}': {reason}", help_) from error
