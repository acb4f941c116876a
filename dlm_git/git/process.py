"""Runs the git executable: found once, in a clean environment, within limits of time and memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from shlex import quote
from threading import Thread, Timer
from time import perf_counter
from typing import IO, NamedTuple

from dlm_git.errors import DlmGitError
from dlm_git.git.environment import EXPLICIT_BARE as EXPLICIT_BARE
from dlm_git.git.environment import LOCAL_ENVIRONMENT as LOCAL_ENVIRONMENT
from dlm_git.git.environment import OPTIONS as OPTIONS
from dlm_git.git.environment import TIME_LIMIT, locate_git
from dlm_git.git.environment import clean_environment as clean_environment
from dlm_git.git.environment import without_repository as without_repository

MAX_ANSWER = 1 << 29


class TracedCall(NamedTuple):
    """What git was asked, and how many seconds it took."""

    args: tuple[str, ...]
    seconds: float


# where each call is noted, if somebody wants to know
TRACE: ContextVar[list[TracedCall] | None] = ContextVar("CALLS", default=None)


@dataclass(frozen=True)
class Git:
    """The git executable in one directory and environment; `path` is absolute.

    `limit` is how many bytes of a listing, or of contents that are held at once, it may give.
    """

    path: str
    directory: str
    environ: Mapping[str, str]
    options: tuple[str, ...] = OPTIONS
    limit: int = MAX_ANSWER

    def output(self, *args: str, data: bytes = b"", ok: Sequence[int] = (0,)) -> bytes:
        """What git prints. Any exit code but those in `ok` raises CannotCheck."""
        return self.run(*args, data=data, ok=ok)[1]

    def run(
        self, *args: str, data: bytes = b"", ok: Sequence[int] = (0,)
    ) -> tuple[int, bytes, bytes]:
        """Exit code, output and error output of a git command, as `ask`."""
        with _traced(args), self._start(args) as process:
            try:
                out, err = process.communicate(data, timeout=TIME_LIMIT)
            except BaseException as error:
                _kill(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise _too_slow(args) from None
                raise
        if process.returncode not in ok:
            raise _failure(args, process.returncode, err)
        return process.returncode, out, err

    def list_rows(self, *args: str, check: Callable[[bytes], None] | None = None) -> bytes:
        """What git prints, which is to be rows that each end in a NUL, behind a NUL.

        `check` is given it in stretches of whole rows while git still writes. 36 KB of trees can
        hold a hundred million paths, so it is read up to `limit` bytes.
        """
        stretches = [b"\0"]
        with self.stream(*args) as out:
            pieces = _limited(out, self.limit)
            for stretch in _stretches(pieces) if check else pieces:
                if check:
                    check(stretch)
                stretches.append(stretch)
        return b"".join(stretches)

    @contextmanager
    def stream(self, *args: str, data: bytes = b"") -> Iterator[IO[bytes]]:
        """What git prints, as a stream, while `data` is written to it. Raises CannotCheck at the
        end if git fails or takes too long."""
        with _traced(args), self._start(args) as process:
            assert process.stdin  # noqa: S101
            assert process.stdout  # noqa: S101
            complaint: list[bytes] = []
            threads = [
                Thread(target=_feed, args=[process.stdin, data]),
                Thread(target=_drain, args=[process.stderr, complaint]),
            ]
            timer = Timer(TIME_LIMIT, _kill, [process])
            for thread in (timer, *threads):
                thread.start()
            try:
                yield process.stdout
                process.stdout.read()  # the rest, so that git ends by itself
            except BaseException as error:
                _kill(process)
                if isinstance(error, DlmGitError) and process.wait() > 0:
                    raise _failure(args, process.returncode, b"".join(complaint)) from None
                raise
            finally:
                timer.cancel()
                for thread in threads:
                    thread.join()
        if process.returncode:
            raise _failure(args, process.returncode, b"".join(complaint))

    def _start(self, args: Sequence[str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                [self.path, *self.options, *args],
                cwd=self.directory,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # so that what git starts ends with it
            )
        except OSError as error:
            where = error.filename or self.directory
            raise DlmGitError(f"cannot run git in '{where}': {error.strerror}") from error


@contextmanager
def _traced(args: tuple[str, ...]) -> Iterator[None]:
    calls = TRACE.get()
    began = perf_counter()
    try:
        yield
    finally:
        if calls is not None:
            calls.append(TracedCall(args, perf_counter() - began))


def find_git(environ: Mapping[str, str]) -> str:
    """The absolute path of git. Raises CannotCheck if there is none."""
    found = locate_git(environ)
    if not found:
        raise DlmGitError("git is not on the PATH", "install git, or add its directory to PATH")
    return found


def _limited(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    while piece := stream.read(1 << 20):
        size += len(piece)
        if size > limit:
            what = f"git lists over {limit >> 20} MiB of file names"
            raise DlmGitError(what, "judge a smaller repository")
        yield piece


def _stretches(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut where a row ends."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"\0") + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with suppress(BrokenPipeError), pipe:
        pipe.write(data)


def _drain(stream: IO[bytes], into: list[bytes]) -> None:
    """Read all, so that the writer does not wait, and keep the beginning."""
    while piece := stream.read(1 << 16):
        if len(into) < 2:
            into.append(piece)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _too_slow(args: Sequence[str]) -> DlmGitError:
    return DlmGitError(f"`git {args[0]}` takes longer than {TIME_LIMIT:.0f} seconds")


def first_line(err: bytes) -> str:
    """What git says, in short: its error, and not the warnings before it."""
    lines = err.decode(errors="backslashreplace").strip().splitlines() or ["nothing"]
    at = next((n for n, line in enumerate(lines) if line.startswith(("fatal: ", "error: "))), 0)
    said = " ".join(lines[at : at + 2]) if lines[at].endswith(":") else lines[at]
    return re.sub(r"^(?:fatal|error): ", "", said)


_HINTS = {
    "could not fetch": "this is a partial clone, and nothing is fetched: `git fetch --refetch`"
    " in a clone without --filter brings all",
    "unknown repository extension": "the repository wants a newer git than this one",
    "Expected git repo version": "the repository wants a newer git than this one",
    "not a git repository": "run it inside a repository, or make one with `git init`",
    "must be run in a work tree": "run it in the worktree of a repository",
    "safe.directory": "if you trust its owner: `git config --global --add safe.directory {path}`",
}


def _failure(args: Sequence[str], code: int, err: bytes) -> DlmGitError:
    text = err.decode(errors="backslashreplace")
    if code == -signal.SIGKILL:
        return _too_slow(args)
    said = f'git says "{first_line(err)}"' if code > 0 else f"it was ended by signal {-code}"
    owned = re.search(r"repository at '(.+)'", text)
    path = quote(owned[1]) if owned else "'*'"
    hints = (hint.format(path=path) for key, hint in _HINTS.items() if key in text)
    verb = next(arg for arg in args if not arg.startswith("-"))
    return DlmGitError(f"`git {verb}` failed: {said}", next(hints, "try it by hand"))
