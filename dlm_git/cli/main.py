"""The entry point: print a cached result, or run the command; nothing else exits."""

from __future__ import annotations

import errno
import gc
import os
import sys

from dlm_git.about import REPOSITORY
from dlm_git.cli.exit_codes import BUG, CLEAN, ERROR
from dlm_git.cli.terminal import (
    BrokenOutputError,
    handle_broken_output,
    override_color,
    print_err,
    print_error,
    print_verbatim,
    use_color,
    width,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dlm_git.cli.cache import ResultCache
    from dlm_git.git.layout import Answer

# Python looks for cycles after this many new objects. Its default of 700 takes a tenth of the time
# that a check of a large document takes
_FEW_OBJECTS = 50_000
_NO_MEMORY = (
    b"dlm-git: the process ran out of memory\n  help: raise the limit of the process: `ulimit -v`\n"
)
_DAMAGED = (
    b"dlm-git: a module that dlm-git needs is missing or damaged\n"
    b"  help: install it again: `pip install --force-reinstall dlm-git`\n"
)


def run() -> None:
    """Run the command line and exit: the entry point of `dlm-git` and `git-dlm`."""
    gc.set_threshold(_FEW_OBJECTS)
    if sys.getfilesystemencoding() != "utf-8":  # file names in Git can be any bytes
        command = [sys.executable, "-P", "-X", "utf8", "-m", "dlm_git", *sys.argv[1:]]
        os.execv(sys.executable, command)  # noqa: S606
    code = main(sys.argv[1:])
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        sys.exit(code)  # Python reports what it cannot print
    os._exit(code)  # without freeing every object, which takes a seventh of the time of a check


def main(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    try:
        return _guarded(argv)
    except BrokenOutputError as error:
        handle_broken_output(error)
        return ERROR


def _guarded(argv: Sequence[str]) -> int:
    try:
        return _run(argv)
    except KeyboardInterrupt:
        return 130
    except BrokenOutputError:
        raise
    except MemoryError:
        return _report_no_memory()
    except (Exception, SystemExit) as error:  # a library that exits must not look like a result
        return _report(error)


def _run(argv: Sequence[str]) -> int:
    if sys.stdout is None:
        print_err("dlm-git: cannot write the report: standard output is closed")
        return ERROR
    argv = _change_directory(argv)
    quietly = [arg for arg in argv if arg not in ("--verbose", "-v")]
    color, columns = use_color(os.environ, sys.stdout), width(sys.stdout)
    from dlm_git.cli.cache import ask_git, open_cache  # late: an import that fails is explained

    answer = ask_git(quietly, os.environ)
    cache = open_cache(quietly, os.environ, answer, color=color, columns=columns)
    cached = cache.get(os.environ) if cache else None
    if cached is None:
        return _run_command(argv, cache, answer)
    if len(quietly) < len(argv):
        print_err("cache: nothing relevant has changed since the last clean check")
    print_verbatim(cached, end="")
    return CLEAN


def _change_directory(argv: Sequence[str]) -> Sequence[str]:
    """Change to the directories of `-C DIRECTORY` before the command, and return the other words.

    As in git, each is relative to the one before, and '' changes nothing. Raises DlmGitError.
    """
    while len(argv) > 1 and argv[0] == "-C":
        sys.argv[0] = os.path.abspath(sys.argv[0])  # the hooks contain the path of this program
        os.environ.pop("GIT_PREFIX", None)  # of the directory in which git runs a hook
        try:
            os.chdir(argv[1] or ".")
        except OSError as error:
            from dlm_git.errors import DlmGitError  # late: a cached result needs no errors

            message = f"cannot change to '{argv[1]}': {error.strerror}"
            raise DlmGitError(message, "check the path of -C") from error
        argv = argv[2:]
    return argv


def _run_command(argv: Sequence[str], cache: ResultCache | None, answer: Answer | None) -> int:
    from dlm_git.cli.parser import parse  # late: a cached result needs no parser

    try:
        command, arguments = parse(argv)
    except SystemExit as stop:  # after --help, --version or a usage error
        print_verbatim("", end="")  # flushes what argparse has printed
        return int(stop.code or 0)
    override_color(getattr(arguments, "color", None))  # not every command has colors
    if answer:  # only for `check`
        from dlm_git.cli.commands import check

        return check.run(arguments, cache, answer)
    return command.run(arguments)


def _report(error: BaseException) -> int:
    try:
        return _report_explained(error)
    except (MemoryError, SystemError, ImportError):  # it takes memory, too
        return _report_no_memory()
    except OSError as other:
        if other.errno == errno.ENOMEM:
            return _report_no_memory()
        raise
    except EOFError:  # half a module of those that report errors
        return _write_error(_DAMAGED)


def _report_no_memory() -> int:
    return _write_error(_NO_MEMORY)


def _write_error(text: bytes) -> int:
    """Print an error with a system call alone, which needs no memory and no module."""
    if sys.stderr is not None:
        try:  # noqa: SIM105  (an import needs memory)
            os.write(2, text)
        except OSError:
            pass
    return ERROR


def _report_explained(error: BaseException) -> int:
    from dlm_git.errors import DlmGitError  # late: a cached result needs no errors

    if not isinstance(error, DlmGitError):
        from dlm_git.limits import reached_memory_limit

        if reached_memory_limit(error):
            return _report_no_memory()
        error = _explain(error)
    if isinstance(error, DlmGitError):
        print_error(f"dlm-git: {error.message}", error.hint)
        return ERROR
    import traceback

    print_err("".join(traceback.format_exception(error)).removesuffix("\n"))
    print_err(f"dlm-git: this is a bug, please report it: {REPOSITORY}/issues")
    return BUG


def _explain(error: BaseException) -> BaseException:
    """Return the DlmGitError that explains an error, or the error itself if there is none."""
    if isinstance(error, FileNotFoundError):
        from dlm_git.errors import DlmGitError
        from dlm_git.git.repository import current_directory

        try:
            current_directory()
        except DlmGitError as missing:
            return missing
    from dlm_git.cli.dependencies import dependency_error

    return dependency_error(error) or error
