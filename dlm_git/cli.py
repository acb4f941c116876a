"""The door: which command is asked for, and with what exit code it ends; nothing else exits."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from dlm_git import terminal
from dlm_git.arguments import parser
from dlm_git.commands import BUG, CANNOT, REPOSITORY
from dlm_git.finding import CannotCheck
from dlm_git.terminal import UnwritableError


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
            raise CannotCheck("cannot write the report: standard output is closed")
        code = _dispatched(argv)
        terminal.say("", end="")
        return code
    except CannotCheck as error:
        return _complain(error)
    except KeyboardInterrupt:
        return 130
    except UnwritableError:
        raise
    except Exception:
        traceback.print_exc()
        terminal.complain(f"dlm-git: this is a bug, please report it: {REPOSITORY}/issues")
        return BUG


def _dispatched(argv: Sequence[str]) -> int:
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:  # --help, --version, or a mistake that argparse has told
        return int(stop.code or 0)
    if not getattr(arguments, "verbose", False):
        return _run(arguments)
    from dlm_git.commands.verbose import verbosely

    with verbosely():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    name = arguments.command.replace("-", "_")
    # late: no command pays for the imports of another
    command = getattr(import_module(f"dlm_git.commands.{name}"), name)
    return int(command(arguments))


def _complain(error: CannotCheck) -> int:
    from dlm_git.render.visible import visible

    help_ = f"\n  help: {visible(error.help)}" if error.help else ""
    terminal.complain(f"dlm-git: {visible(error.message)}{help_}")
    return CANNOT
