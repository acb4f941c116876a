"""Run the git executable, in a clean environment and within limits of time and memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

from dlm_git.errors import DlmGitError
from dlm_git.git.child import TIME_LIMIT, Child
from dlm_git.git.environment import MINIMUM_VERSION, OPTIONS
from dlm_git.memory_limit import without_memory_limit
from dlm_git.paths import shell_quote
from dlm_git.values import Value

MAX_OUTPUT = 1 << 29
NEEDED = "dlm-git needs git {}.{} or later".format(*MINIMUM_VERSION)
_USAGE_ERROR = 129  # exit code
_SIGKILL = 9
_CANNOT_CHANGE = b"fatal: cannot change to '"  # the error of git for -C


class TracedCall(Value):
    """The arguments of a git command, and its duration in seconds."""

    args: tuple[str, ...]
    seconds: float


# the functions that are called with each git command after it has ended
TRACERS: list[Callable[[TracedCall], None]] = []


def trace(args: tuple[str, ...], seconds: float) -> None:
    """Call the tracers with a git command that has ended."""
    for tracer in TRACERS:
        tracer(TracedCall(args, seconds))


class _UnlimitedChild(Child):
    """A process that does not inherit the memory limit of this one."""

    def start(self, data: bytes | None = b"") -> None:
        """Start it; see `Child.start`."""
        with without_memory_limit():
            super().start(data)


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

    def answer(self, *args: str, data: bytes = b"", ok: Sequence[int] = (0,)) -> bytes:
        """Return the output of a git command that prints something whenever it succeeds.

        Raises DlmGitError as `run` does, and if the exit code is 0 without any output.
        """
        code, output, _ = self.run(*args, data=data, ok=ok)
        if not code and not output:
            raise self.incomplete(args)
        return output

    def line(self, *args: str) -> str:
        """Return the only line that a git command prints, without its end.

        Raises DlmGitError as `answer` does, and for another number of lines.
        """
        line, *others = os.fsdecode(self.answer(*args)).split("\n")
        if others != [""]:
            raise self.incomplete(args)
        return line

    def git_path(self, name: str) -> str:
        """Return the absolute path of a file in the Git directory; raises as `answer` does."""
        question = ("rev-parse", "--path-format=absolute", "--git-path", name)
        path = self.line(*question)
        if not os.path.isabs(path):
            raise self.incomplete(question)
        return path

    def run(
        self, *args: str, data: bytes = b"", ok: Sequence[int] = (0,), in_rows: bool = True
    ) -> tuple[int, bytes, bytes]:
        """Return exit code, output and error output of a git command that reads `data` on stdin.

        in_rows: whether its output consists of lines or, with `-z`, of rows that end with a NUL.

        Raises DlmGitError if the exit code is not in `ok`, after the time limit, or if the output
        ends inside a row.
        """
        pieces: list[bytes] = []
        code, errors = self._run(args, pieces.append, data, ok)
        output = b"".join(pieces)
        if in_rows and output and not output.endswith(b"\0" if "-z" in args else b"\n"):
            raise self.incomplete(args)
        return code, output, errors

    def list_rows(self, *args: str, check: Callable[[bytes], None] | None = None) -> bytes:
        """Return the output of a git command that ends each row with a NUL, behind one more NUL.

        `check` is called with groups of whole rows while git still runs. Raises DlmGitError for
        more than `limit` bytes: 36 KB of trees can contain a hundred million paths. Raises it also
        if the output ends inside a row.
        """
        rows = _Rows(self, check)
        self._run(args, rows.add)
        listed = rows.joined()
        if not listed.endswith(b"\0"):
            raise self.incomplete(args)
        return listed

    def list_few(self, *args: str) -> bytes:
        """Return what `list_rows` returns for a command that rarely lists something.

        Nothing shows that an empty listing is complete, so git has to confirm it.
        """
        rows = self.list_rows(*args)
        if rows == b"\0" != self.list_rows(*args):
            raise self.incomplete(args)
        return rows

    def write_output(self, descriptor: int, *args: str) -> None:
        """Let a git command write its output to a file; raises as `run` does.

        Its size is not limited here.
        """
        self._run(args, lambda _: None, output=descriptor)

    def child(self, *args: str, output: int | None = None) -> Child:
        """Return the process of a git command, which is not started yet; see `Child.output`."""
        located = ("-C", self.directory) if self.directory else ()
        command = [self.path, *located, *self.options, *args]
        return _UnlimitedChild(command, self.environ, self.time_limit, output)

    def _run(
        self,
        args: tuple[str, ...],
        take: Callable[[bytes], None],
        data: bytes = b"",
        ok: Sequence[int] = (0,),
        output: int | None = None,
    ) -> tuple[int, bytes]:
        """Call `take` with pieces of the output, and return exit code and error output."""
        child, start = self.child(*args, output=output), perf_counter()
        try:
            with self.errors_explained(args, child):
                code = child.run(take, data)
        finally:
            trace(args, perf_counter() - start)
        if code not in ok or child.errors.startswith(_CANNOT_CHANGE):
            raise self.failure(args, code, child.errors)
        return code, child.errors

    @contextmanager
    def errors_explained(self, args: Sequence[str], child: Child) -> Iterator[None]:
        """Turn the errors of the body, in which a git command runs, into DlmGitErrors.

        If git fails while its output is read, its own error is raised.
        """
        try:
            yield
        except TimeoutError:
            message = f"`git {_subcommand(args)}` takes longer than {self.time_limit:.0f} seconds"
            raise DlmGitError(message) from None
        except OSError as error:
            from dlm_git.fs import os_error_hint  # late: only errors need it

            path = error.filename or self.directory
            hint = os_error_hint(error).format(path=shell_quote(path))
            raise DlmGitError(f"cannot run git in '{path}': {error.strerror}", hint) from error
        except DlmGitError:
            if (child.code or 0) > 0:
                raise self.failure(args, child.code or 0, child.errors) from None
            raise

    def incomplete(self, args: Sequence[str]) -> DlmGitError:
        """Return the error for a git command that succeeded without printing all of its output."""
        return DlmGitError(
            f"`git {_subcommand(args)}` did not print all of its output",
            "run the command again; if that does not help, check that `git status` works here",
        )

    def too_large(self) -> DlmGitError:
        """Return the error for a listing beyond the limit."""
        return DlmGitError(
            f"git lists more than {self.limit >> 20} MiB of file names",
            "commit fewer files, or raise --size-limit on the server",
        )

    def failure(self, args: Sequence[str], code: int, errors: bytes) -> DlmGitError:
        """Return the error for a git command that has failed."""
        if errors.startswith(_CANNOT_CHANGE):
            reason = errors.decode(errors="backslashreplace").rpartition(": ")[2].strip()
            return DlmGitError(f"cannot run git in '{self.directory}': {reason}")
        return _failure(args, code, errors)


class _Rows:
    """The output of a git command, collected while it is checked."""

    def __init__(self, git: Git, check: Callable[[bytes], None] | None) -> None:
        self._git, self._check = git, check
        self._size = 0
        self._groups, self._rest = [b"\0"], list[bytes]()

    def add(self, piece: bytes) -> None:
        """Add a piece, and check the whole rows up to its end."""
        self._size += len(piece)
        if self._size > self._git.limit:
            raise self._git.too_large()
        end = piece.rfind(b"\0") + 1
        if not end:
            self._rest.append(piece)
            return
        self._add_group(b"".join([*self._rest, piece[:end]]))
        self._rest = [piece[end:]]

    def joined(self) -> bytes:
        """Return a NUL and the whole output."""
        self._add_group(b"".join(self._rest))
        return b"".join(self._groups)

    def _add_group(self, group: bytes) -> None:
        if self._check and group:
            self._check(group)
        self._groups.append(group)


def _subcommand(args: Sequence[str]) -> str:
    return next(arg for arg in args if not arg.startswith("-"))


def error_line(stderr: bytes) -> str:
    """Return the first error that git reports, without the warnings before it, '' if none."""
    lines = stderr.decode(errors="backslashreplace").strip().splitlines() or [""]
    first = next((n for n, line in enumerate(lines) if line.startswith(("fatal: ", "error: "))), 0)
    error = " ".join(lines[first : first + 2]) if lines[first].endswith(":") else lines[first]
    kind, _, message = error.partition(": ")
    return message if kind in ("fatal", "error") else error


_MISSING_OBJECT = (
    "in a partial clone, `git fetch --refetch --no-filter` downloads all missing objects,"
    " which dlm-git never does; otherwise run `git fsck`"
)
# hints by a part of git's error message
_HINTS = {
    "could not fetch": "this is a partial clone, and dlm-git never fetches:"
    " `git fetch --refetch --no-filter` downloads all missing objects",
    "not a tree object": _MISSING_OBJECT,  # as git says since it obeys GIT_NO_LAZY_FETCH
    "Could not read": _MISSING_OBJECT,
    "invalid object": _MISSING_OBJECT,
    "unable to read": _MISSING_OBJECT,
    "unknown repository extension": "this repository needs a newer version of git",
    "Expected git repo version": "this repository needs a newer version of git",
    "not a git repository": "run it inside a repository, or create one with `git init`",
    "must be run in a work tree": "run it in the working tree of a repository",
    "safe.directory": "if you trust its owner: `git config --global --add safe.directory {path}`",
    "safe.bareRepository": "if you trust it, name it with GIT_DIR: `GIT_DIR={path} dlm-git ...`",
}


def _failure(args: Sequence[str], code: int, stderr: bytes) -> DlmGitError:
    text = stderr.decode(errors="backslashreplace")
    owned = text.partition("repository at '")[2].partition("\n")[0].rpartition("'")[0]
    owned = owned or text.partition("bare repository '")[2].partition("' (safe.")[0]
    path = shell_quote(owned) if owned else "'*'"
    hints = (hint.format(path=path) for key, hint in _HINTS.items() if key in text)
    general = "check that `git status` works here"
    if code == _USAGE_ERROR:  # an option is unknown
        general = NEEDED
    if code == -_SIGKILL:
        general = "it may have run out of memory: check the limits and the log of the system"
    return DlmGitError(
        f"`git {_subcommand(args)}` failed: {_reason(code, stderr)}", next(hints, general)
    )


def _reason(code: int, stderr: bytes) -> str:
    if code < 0:
        return f"it was killed by signal {-code}"
    error = error_line(stderr)
    return f'git says "{error}"' if error else f"exit code {code}"
