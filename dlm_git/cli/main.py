"""The door: which command is asked for, and with what exit code it ends; nothing else exits."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from dlm_git.cli import cache
from dlm_git.cli.exit_codes import BUG, CLEAN, ERROR, REPOSITORY
from dlm_git.cli.terminal import (
    BrokenOutputError,
    handle_broken_output,
    print_err,
    print_out,
    use_color,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from dlm_git.errors import DlmGitError


def run() -> None:
    """The installed command."""
    if sys.getfilesystemencoding() != "utf-8":  # in which Git's names could not be told
        command = [sys.executable, "-P", "-X", "utf8", "-m", "dlm_git", *sys.argv[1:]]
        os.execv(sys.executable, command)  # noqa: S606
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command line; gives its exit code."""
    try:
        return _guarded(argv)
    except BrokenOutputError as error:
        handle_broken_output(error)
        return ERROR


def _guarded(argv: Sequence[str]) -> int:
    try:
        if sys.stdout is None:
            return _unheard()
        plain = [arg for arg in argv if arg not in ("--verbose", "-v")]
        known = cache.open_cache(plain, os.environ, colour=use_color(os.environ, sys.stdout))
        told = known.get(os.environ) if known else None
        if told is not None and len(plain) < len(argv):
            print_err("memo: nothing that counts has changed since this was found clean")
        code = CLEAN if told is not None else _dispatched(argv, known)
        print_out(told or "", end="")
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenOutputError:
        raise
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    # late, as all that a remembered verdict does without
    from dlm_git.errors import DlmGitError

    if isinstance(error, DlmGitError):
        return _complain(error)
    import traceback

    traceback.print_exception(error)
    print_err(f"dlm-git: this is a bug, please report it: {REPOSITORY}/issues")
    return BUG


def _dispatched(argv: Sequence[str], remembered: cache.ResultCache | None) -> int:
    from dlm_git.cli.options import parser

    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # --help, --version, or a mistake that argparse has told
        return int(stop.code or 0)
    arguments.memo = remembered
    if not getattr(arguments, "verbose", False):
        return _run(arguments)
    from dlm_git.cli.verbose import verbosely

    with verbosely():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    name = arguments.command.replace("-", "_")
    # late: no command pays for the imports of another
    command = getattr(import_module(f"dlm_git.cli.commands.{name}"), name)
    return int(command(arguments))


def _unheard() -> int:
    print_err("dlm-git: cannot write the report: standard output is closed")
    return ERROR


def _complain(error: DlmGitError) -> int:
    from dlm_git.formats.escape import escape

    help_ = f"\n  help: {escape(error.hint)}" if error.hint else ""
    print_err(f"dlm-git: {escape(error.message)}{help_}")
    return ERROR
