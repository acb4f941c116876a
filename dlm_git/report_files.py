"""Write reports to the files that the user names.

A path can lead through a directory of other people, whose commits can contain symbolic links. So no
link inside a repository is followed, and none in the place of the file itself.
"""

from __future__ import annotations

import errno
import os
import re
import select
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_ISREG
from time import monotonic, sleep

from dlm_git.errors import DlmGitError
from dlm_git.fs import (
    PIPE_GRACE,
    PIPE_TIME_LIMIT,
    explain_os_errors,
    open_directory,
    put_file,
)
from dlm_git.regex import compile_late

# links that the kernel makes, to the streams of this process
_STREAM = compile_late(r"/dev/(?:stdout|stderr|fd/\d+)|/proc/(?:self|\d+)/fd/\d+")


def write_report(path: str, text: str) -> None:
    """Write a report: atomically to a file, directly to a device, a pipe or a stream.

    Raises DlmGitError if a symbolic link is in the way, or with the reason of the operating system.
    """
    with explain_os_errors("write", path), _opened_parent(path) as (parent, name):
        mode = None if parent is None else _mode(parent, name)
        if parent is not None and (mode is None or S_ISREG(mode)):
            put_file(parent, name, _encode(text), None if mode is None else mode & 0o777)
        else:
            _write(parent, name, os.O_WRONLY, text)


def append_report(path: str, text: str) -> None:
    """Append a report to a file or a stream; raises as `write_report` does."""
    with explain_os_errors("write", path), _opened_parent(path) as (parent, name):
        _write(parent, name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, text)


@contextmanager
def _opened_parent(path: str) -> Iterator[tuple[int | None, str]]:
    """Yield a descriptor of the directory of a file, and the name of the file in it.

    For a stream of this process, yield None and its path.
    """
    if _STREAM.fullmatch(path):
        yield None, path
        return
    top, below = _split_at_repository(os.path.join(os.getcwd(), path))
    link = _first_link(top, below)
    if link:
        name = os.path.normpath(link) if os.path.isabs(path) else os.path.relpath(link)
        raise DlmGitError(
            f"cannot write '{path}': '{name}' is a symbolic link to '{os.readlink(link)}'",
            "name a file that no link leads to, or remove the link",
        )
    directory, _, name = below.rpartition("/")
    with open_directory(top, directory) as parent:
        yield parent, name


def _split_at_repository(path: str) -> tuple[str, str]:
    """Return the outermost directory on a path that is a repository, and the rest of the path.

    Outside a repository, return the directory and the name of the file.
    """
    for slash in re.finditer("/", path):
        top = path[: slash.start()] or "/"
        if os.path.lexists(f"{top}/.git"):
            return top, path[slash.end() :]
    return os.path.split(path)


def _first_link(top: str, below: str) -> str:
    """Return the first symbolic link on a path below a directory, '' if there is none."""
    path = top
    for name in filter(None, below.split("/")):
        path = os.path.join(path, name)
        if os.path.islink(path):
            return path
    return ""


def _mode(parent: int, name: str) -> int | None:
    """Return type and permissions of a file, None if it does not exist."""
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


def _write(parent: int | None, name: str, flags: int, text: str) -> None:
    """Write to a file, a device or a pipe. Raises DlmGitError if no program reads the pipe."""
    data = _encode(text)
    descriptor = _open(parent, name, flags)
    try:
        while data:
            try:
                data = data[os.write(descriptor, data) :]
            except BlockingIOError:
                if not select.select([], [descriptor], [], PIPE_TIME_LIMIT)[1]:
                    raise _without_reader(name) from None
    finally:
        os.close(descriptor)


def _open(parent: int | None, name: str, flags: int) -> int:
    flags |= os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | (0 if parent is None else os.O_NOFOLLOW)
    deadline = monotonic() + PIPE_GRACE
    while True:
        try:
            return os.open(name, flags, 0o666, dir_fd=parent)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if monotonic() > deadline:
                raise _without_reader(name) from None
            sleep(0.02)


def _without_reader(name: str) -> DlmGitError:
    message = f"cannot write '{name}': no program reads this pipe"
    return DlmGitError(message, "start the program that reads it, or pass a file")


def _encode(text: str) -> bytes:
    return text.encode(errors="backslashreplace")
