"""Read the files that the user names, within limits of size and time.

Such a file can be a pipe, which can be read only once: pass on what these functions return.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from stat import S_ISFIFO
from time import monotonic, sleep

from dlm_git.errors import DlmGitError
from dlm_git.fs import PIPE_GRACE, PIPE_TIME_LIMIT, explain_os_errors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

MAX_LIST = 1 << 28  # bytes: a list of repositories, or of the refs of a push
_PIECE = 1 << 16
_PAUSE = 0.02


def read_input(path: str, limit: int) -> bytes:
    """Return the content of a file, a pipe or a device.

    Raises DlmGitError for more than `limit` bytes, if a pipe is empty or has no writer, or if its
    writer writes nothing for PIPE_TIME_LIMIT seconds.
    """
    with explain_os_errors("read", path):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            pieces, size = [], 0
            for piece in _pieces(descriptor, path):
                size += len(piece)
                if size > limit:
                    raise _too_large(f"'{path}'", limit)
                pieces.append(piece)
            return b"".join(pieces)
        finally:
            os.close(descriptor)


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """Return the rest of a stream. Raises DlmGitError for more than MAX_LIST bytes."""
    with explain_os_errors("read", name):
        data = stream.read(MAX_LIST + 1)
    if len(data) > MAX_LIST:
        raise _too_large(name, MAX_LIST)
    return data


def _pieces(descriptor: int, path: str) -> Iterator[bytes]:
    empty = S_ISFIFO(os.fstat(descriptor).st_mode)
    has_writer, deadline = not empty, monotonic() + PIPE_GRACE
    while has_writer or monotonic() < deadline:
        try:
            piece = os.read(descriptor, _PIECE)
        except BlockingIOError:
            has_writer = True
            _wait(descriptor, path)
            continue
        if piece:
            has_writer, empty = True, False
            yield piece
        elif has_writer:
            break
        else:
            sleep(_PAUSE)
    if empty:
        raise DlmGitError(
            f"'{path}' is an empty pipe, or no program writes to it",
            "check that the program that writes to it succeeds, or pass a file",
        )


def _wait(descriptor: int, path: str) -> None:
    """Wait until a pipe can be read."""
    if not select.select([descriptor], [], [], PIPE_TIME_LIMIT)[0]:
        raise DlmGitError(f"nothing was written to '{path}' for {PIPE_TIME_LIMIT:.0f} seconds")


def _too_large(name: str, limit: int) -> DlmGitError:
    return DlmGitError(f"{name} has more than {limit:,} bytes", "pass a smaller file")
