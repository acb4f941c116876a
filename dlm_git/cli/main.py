"""The door: which command is asked for, and with what exit code it ends; nothing else exits."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from dlm_git.cli import cache, terminal
from dlm_git.cli.exit_codes import BUG, CANNOT, CLEAN, REPOSITORY
from dlm_git.cli.terminal import UnwritableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from dlm_git.errors import CannotCheck


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
    except UnwritableError as error:
        terminal.give_up(error)
        return CANNOT


def _guarded(argv: Sequence[str]) -> int:
    try:
        if sys.stdout is None:
            return _unheard()
        plain = [arg for arg in argv if arg not in ("--verbose", "-v")]
        known = cache.of(plain, os.environ, colour=terminal.colour(os.environ, sys.stdout))
        told = known.recall(os.environ) if known else None
        if told is not None and len(plain) < len(argv):
            terminal.complain("memo: nothing that counts has changed since this was found clean")
        code = CLEAN if told is not None else _dispatched(argv, known)
        terminal.say(told or "", end="")
        return code
    except KeyboardInterrupt:
        return 130
    except UnwritableError:
        raise
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    # late, as all that a remembered verdict does without
    from dlm_git.errors import CannotCheck

    if isinstance(error, CannotCheck):
        return _complain(error)
    import traceback

    traceback.print_exception(error)
    terminal.complain(f"dlm-git: this is a bug, please report it: {REPOSITORY}/issues")
    return BUG


def _dispatched(argv: Sequence[str], remembered: cache.Memo | None) -> int:
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
    terminal.complain("dlm-git: cannot write the report: standard output is closed")
    return CANNOT


def _complain(error: CannotCheck) -> int:
    from dlm_git.formats.escape import visible

    help_ = f"\n  help: {visible(error.help)}" if error.help else ""
    terminal.complain(f"dlm-git: {visible(error.message)}{help_}")
    return CANNOT
