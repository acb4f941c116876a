"""List the rows of a large index in memory that git writes to, instead of a pipe.

That saves two copies of all rows. Only Linux has such files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO

from dlm_git.errors import DlmGitError
from dlm_git.git.process import Git
from dlm_git.snapshots.mapped_rows import MappedRows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.rows import Rows

_SLACK = 1 << 20  # bytes, more than git writes at once


def list_large(git: Git, *args: str) -> Rows:
    """Return what `git.list_rows` returns, and raise as it does."""
    try:
        file = _create_file(1 + git.limit + _SLACK)
    except (AttributeError, OSError):  # another system, or a sandbox
        return git.list_rows(*args)
    with file:
        file.write(b"\0")
        with _size_limited(git, file):
            git.write_output(file.fileno(), *args)
        rows = MappedRows(file.fileno(), file.tell())
    if rows[-1:] != b"\0":
        raise git.incomplete(args)
    return rows


def _create_file(size: int) -> FileIO:
    """Return a file in memory that cannot become larger."""
    file = FileIO(os.memfd_create("rows", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "r+")
    from fcntl import F_ADD_SEALS, F_SEAL_GROW, fcntl

    file.truncate(size)
    fcntl(file, F_ADD_SEALS, F_SEAL_GROW)
    return file


@contextmanager
def _size_limited(git: Git, file: FileIO) -> Iterator[None]:
    """Raise DlmGitError if git, which shares the position in the file, has written too much.

    At the end of the file, git fails.
    """
    try:
        yield
    except DlmGitError:
        if file.tell() > 1 + git.limit:
            raise git.too_large() from None
        raise
    if file.tell() > 1 + git.limit:
        raise git.too_large()
