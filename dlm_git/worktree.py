"""Reads files of a worktree: plain ones only, no link followed, no pipe waited for."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from dlm_git.finding import CannotCheck

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_REASONS = {
    errno.ELOOP: "a symbolic link stands in its place",
    errno.ENOTDIR: "a file or a symbolic link stands where a directory is to be",
}


def read(root: str, path: str) -> bytes | None:
    """The plain file at a path below `root`, None if there is none. Raises CannotCheck."""
    with explained("read", path):
        try:
            with directory(root, os.path.dirname(path)) as folder:
                file = os.open(os.path.basename(path), _FILE, dir_fd=folder)
        except FileNotFoundError:
            return None
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise CannotCheck(f"'{path}' is not a plain file", "put the file itself there")
            with open(file, "rb", closefd=False) as opened:
                return opened.read()
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
