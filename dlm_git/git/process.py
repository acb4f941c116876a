"""Run the git executable, in a clean environment and within limits of time and memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Event, Thread, Timer
from time import perf_counter

from dlm_git.errors import DlmGitError
from dlm_git.git.environment import OPTIONS, TIME_LIMIT, locate_git
from dlm_git.limits import without_memory_limit
from dlm_git.paths import shell_quote
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

MAX_OUTPUT = 1 << 29


class TracedCall(Value):
    """The arguments of a git command, and its duration in seconds."""

    args: tuple[str, ...]
    seconds: float


# the list to which each call is appended, if calls are traced
TRACE: ContextVar[list[TracedCall] | None] = ContextVar("TRACE", default=None)


class Git(Value):
    """The git executable with the directory and environment it runs in.

    path: the absolute path of the executable.
    directory: its working directory.
    environ: its environment.
    options: options before the subcommand.
    limit: the number of bytes that a listing, or contents read at once, may have.
    time_limit: the number of seconds that a command may take.
    """

    path: str
    directory: str
    environ: Mapping[str, str]
    options: tuple[str, ...] = OPTIONS
    limit: int = MAX_OUTPUT
    time_limit: float = TIME_LIMIT

    def output(self, *args: str, data: bytes = b"", ok: Sequence[int] = (0,)) -> bytes:
        """Return the output of a git command; raises as `run` does."""
        return self.run(*args, data=data, ok=ok)[1]

    def run(
        self, *args: str, data: bytes = b"", ok: Sequence[int] = (0,)
    ) -> tuple[int, bytes, bytes]:
        """Return exit code, output and error output of a git command that reads `data` on stdin.

        Raises DlmGitError if the exit code is not in `ok`, or after the time limit.
        """
        with _traced(args), self._start(args) as process:
            try:
                output, errors = process.communicate(data, timeout=self.time_limit)
            except BaseException as error:
                _kill(process)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise _timeout(args, self.time_limit) from None
                raise
        if process.returncode not in ok:
            raise _failure(args, process.returncode, errors)
        return process.returncode, output, errors

    def list_rows(self, *args: str, check: Callable[[bytes], None] | None = None) -> bytes:
        """Return the output of a git command that ends each row with a NUL, behind one more NUL.

        `check` is called with groups of whole rows while git still runs. Raises DlmGitError for
        more than `limit` bytes: 36 KB of trees can contain a hundred million paths.
        """
        groups = [b"\0"]
        with self.stream(*args) as output:
            pieces = _read_limited(output, self.limit)
            for group in _whole_rows(pieces) if check else pieces:
                if check:
                    check(group)
                groups.append(group)
        return b"".join(groups)

    @contextmanager
    def stream(self, *args: str, data: bytes = b"") -> Iterator[IO[bytes]]:
        """Yield the output of a git command as a stream, while `data` is written to its stdin.

        Raises DlmGitError at the end of the context if git fails, or after the time limit.
        """
        with _traced(args), self._start(args) as process:
            assert process.stdin  # noqa: S101
            assert process.stdout  # noqa: S101
            errors: list[bytes] = []
            lacking: list[MemoryError] = []
            threads = [
                Thread(target=_keep_error, args=[lacking, _write_all, process.stdin, data]),
                Thread(target=_keep_error, args=[lacking, _collect_start, process.stderr, errors]),
            ]
            slow = Event()
            timer = Timer(self.time_limit, _kill_slow, [process, slow])
            for thread in (timer, *threads):
                thread.start()
            try:
                yield process.stdout
                process.stdout.read()  # git ends only when all its output is read
            except BaseException as error:
                _kill(process)
                for thread in threads:  # the error output is complete
                    thread.join()
                if slow.is_set():
                    raise _timeout(args, self.time_limit) from None
                if isinstance(error, DlmGitError) and process.wait() > 0:
                    raise _failure(args, process.returncode, b"".join(errors)) from None
                raise
            finally:
                timer.cancel()
                for thread in threads:
                    thread.join()
        if lacking:
            raise lacking[0]
        if slow.is_set():
            raise _timeout(args, self.time_limit)
        if process.returncode:
            raise _failure(args, process.returncode, b"".join(errors))

    def _start(self, args: Sequence[str]) -> subprocess.Popen[bytes]:
        try:
            with without_memory_limit():
                return subprocess.Popen(
                    [self.path, *self.options, *args],
                    cwd=self.directory,
                    env=self.environ,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,  # `_kill` ends the processes that git starts, too
                )
        except OSError as error:
            path = error.filename or self.directory
            raise DlmGitError(f"cannot run git in '{path}': {error.strerror}") from error


@contextmanager
def _traced(args: tuple[str, ...]) -> Iterator[None]:
    calls = TRACE.get()
    start = perf_counter()
    try:
        yield
    finally:
        if calls is not None:
            calls.append(TracedCall(args, perf_counter() - start))


def find_git(environ: Mapping[str, str]) -> str:
    """Return the absolute path of git. Raises DlmGitError if it is not on the PATH."""
    path = locate_git(environ)
    if not path:
        raise DlmGitError("git is not on the PATH", "install git, or add its directory to PATH")
    return path


def _read_limited(stream: IO[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    while piece := stream.read(1 << 20):
        size += len(piece)
        if size > limit:
            raise DlmGitError(
                f"git lists more than {limit >> 20} MiB of file names",
                "commit fewer files, or raise --size-limit on the server",
            )
        yield piece


def _whole_rows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces that end where a row ends."""
    rest = b""
    for piece in pieces:
        rest += piece
        end = rest.rfind(b"\0") + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _keep_error(lacking: list[MemoryError], work: Callable[..., None], *args: object) -> None:
    """Run work in a thread, whose error Python would only print."""
    try:
        work(*args)
    except MemoryError as error:
        lacking.append(error)


def _write_all(pipe: IO[bytes], data: bytes) -> None:
    with suppress(BrokenPipeError), pipe:
        pipe.write(data)


def _collect_start(stream: IO[bytes], pieces: list[bytes]) -> None:
    """Read a stream to its end, so that the writer does not block, and keep its beginning."""
    with stream:  # also if memory is lacking: git is not to wait
        while piece := stream.read(1 << 16):
            if len(pieces) < 2:
                pieces.append(piece)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _kill_slow(process: subprocess.Popen[bytes], slow: Event) -> None:
    slow.set()
    _kill(process)


def _timeout(args: Sequence[str], seconds: float) -> DlmGitError:
    return DlmGitError(f"`git {_subcommand(args)}` takes longer than {seconds:.0f} seconds")


def _subcommand(args: Sequence[str]) -> str:
    return next(arg for arg in args if not arg.startswith("-"))


def error_line(stderr: bytes) -> str:
    """Return the first error that git reports, without the warnings before it, '' if none."""
    lines = stderr.decode(errors="backslashreplace").strip().splitlines() or [""]
    first = next((n for n, line in enumerate(lines) if line.startswith(("fatal: ", "error: "))), 0)
    error = " ".join(lines[first : first + 2]) if lines[first].endswith(":") else lines[first]
    return re.sub(r"^(?:fatal|error): ", "", error)


# hints by a part of git's error message
_HINTS = {
    "could not fetch": "this is a partial clone, and dlm-git never fetches:"
    " `git fetch --refetch --no-filter` downloads all missing objects",
    "unknown repository extension": "this repository needs a newer version of git",
    "Expected git repo version": "this repository needs a newer version of git",
    "not a git repository": "run it inside a repository, or create one with `git init`",
    "must be run in a work tree": "run it in the working tree of a repository",
    "safe.directory": "if you trust its owner: `git config --global --add safe.directory {path}`",
}


def _failure(args: Sequence[str], code: int, stderr: bytes) -> DlmGitError:
    text = stderr.decode(errors="backslashreplace")
    owned = re.search(r"repository at '(.+)'", text)
    path = shell_quote(owned[1]) if owned else "'*'"
    hints = (hint.format(path=path) for key, hint in _HINTS.items() if key in text)
    general = "check that `git status` works here"
    if code == -signal.SIGKILL:
        general = "it may have run out of memory: check the limits and the log of the system"
    return DlmGitError(
        f"`git {_subcommand(args)}` failed: {_reason(code, stderr)}", next(hints, general)
    )


def _reason(code: int, stderr: bytes) -> str:
    if code < 0:
        return f"it was killed by signal {-code}"
    error = error_line(stderr)
    return f'git says "{error}"' if error else f"exit code {code}"
