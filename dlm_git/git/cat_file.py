"""Ask one git process about any number of objects (git-cat-file(1))."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from time import perf_counter

from dlm_git.errors import DlmGitError
from dlm_git.git.child import Child
from dlm_git.git.process import Git, trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    _Reply = TypeVar("_Reply")

# git queues the requests up to a flush, so that it does not write while dlm-git does
_COMMAND = ("cat-file", "--batch-command", "--buffer")
_CHUNK = 1000  # requests
_NEWLINE = ord("\n")


class _NotReadError(Exception):
    """An object is not a blob, or exceeds a limit."""


class CatFile:
    """A git process that answers questions about objects.

    It starts with the first question, and ends with the context. Without a context, every question
    has a process of its own.
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._child: Child | None = None
        self._contexts = 0
        self._buffer, self._position = b"", 0
        self._seconds = 0.0

    def __enter__(self) -> CatFile:
        self._contexts += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._contexts -= 1
        if not self._contexts:
            self._close()

    def headers(self, names: Sequence[str]) -> list[bytes]:
        """Return the line that describes each object, such as 'OID KIND SIZE' or 'NAME missing'."""
        return self._ask("info", names, self._read_line)

    def contents(self, names: Sequence[str]) -> list[tuple[bytes, bytes]]:
        """Return that line and the content of each object, b'' if it is missing."""
        return self._ask("contents", names, self._read_content)

    def blobs(self, oids: Sequence[str], limit: int) -> list[bytes] | None:
        """Return the contents of blobs, None if an object is not one, or for more than a limit.

        One question is enough, unlike for `headers` and `contents`. If the result is None, git is
        ended, since it may be about to print gigabytes.

        limit: the number of bytes that all of them may have.
        """
        rest = iter(oids)
        left = limit

        def read_blob() -> bytes:
            nonlocal left
            start, (header, size) = f"{next(rest)} blob ".encode(), self._read_header()
            if not (header.startswith(start) and 0 <= size <= left):
                raise _NotReadError
            left -= size
            return self._read_data(header, size)

        try:
            return self._ask("contents", oids, read_blob)
        except _NotReadError:
            return None

    def _ask(
        self, verb: str, names: Sequence[str], read_reply: Callable[[], _Reply]
    ) -> list[_Reply]:
        """Return the replies to a request about each object.

        Raises DlmGitError if git fails or takes too long; the next question starts it again.
        """
        replies: list[_Reply] = []
        start = perf_counter()
        with self:
            try:
                child = self._child or self._git.child(*_COMMAND)
                with self._git.errors_explained(_COMMAND, child):
                    self._start_once(child)
                    for first in range(0, len(names), _CHUNK):
                        chunk = names[first : first + _CHUNK]
                        self._send(child, verb, chunk)
                        replies += [read_reply() for _ in chunk]
            except BaseException:
                self._close()
                raise
            finally:
                self._seconds += perf_counter() - start
        return replies

    def _start_once(self, child: Child) -> None:
        if self._child is None:
            self._child, self._buffer, self._position = child, b"", 0
            child.start(None)

    def _send(self, child: Child, verb: str, names: Sequence[str]) -> None:
        requests = [f"{verb} {name}\n" for name in names]
        child.limit_time(self._git.time_limit)
        child.send(os.fsencode("".join([*requests, "flush\n"])))

    def _read_content(self) -> tuple[bytes, bytes]:
        header, size = self._read_header()
        return header, b"" if size < 0 else self._read_data(header, size)

    def _read_header(self) -> tuple[bytes, int]:
        """Return the line that describes an object, and its size, -1 if it is missing."""
        header = self._read_line()
        size = header.rpartition(b" ")[2]
        return header, int(size) if size.isdigit() else -1

    def _read_data(self, header: bytes, size: int) -> bytes:
        start, end = self._position, self._position + size
        if end < len(self._buffer):  # the rule
            data, last, self._position = self._buffer[start:end], self._buffer[end], end + 1
        else:
            data, last = self._read_bytes(size), self._read_bytes(1)[0]
        if last != _NEWLINE:
            raise DlmGitError(f"object {header[:40].decode()} is truncated", "run `git fsck`")
        return data

    def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\n", self._position)) < 0:
            self._buffer, self._position = self._buffer[self._position :] + self._read(), 0
        line = self._buffer[self._position : end]
        self._position = end + 1
        return line

    def _read_bytes(self, size: int) -> bytes:
        pieces, missing = [], size
        while missing:
            if self._position == len(self._buffer):
                self._buffer, self._position = self._read(), 0
            piece = self._buffer[self._position : self._position + missing]
            self._position += len(piece)
            missing -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _read(self) -> bytes:
        """Return bytes that git prints. Raises DlmGitError if it has ended."""
        assert self._child  # noqa: S101
        piece = self._child.read()
        if piece:
            return piece
        code = self._child.wait()
        if code:
            raise self._git.failure(_COMMAND, code, self._child.errors)
        raise DlmGitError("git did not report all of the requested objects", "run `git fsck`")

    def _close(self) -> None:
        child, self._child = self._child, None
        if child:
            child.close()
            trace(_COMMAND, self._seconds)
            self._seconds = 0.0
