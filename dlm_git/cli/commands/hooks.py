"""`dlm-git install`, `dlm-git uninstall` and `dlm-git status`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.options import add_directory
from dlm_git.cli.terminal import print_lines
from dlm_git.formats.escape import escape, escape_path
from dlm_git.hooks.install import find_program, install, status, uninstall
from dlm_git.hooks.script import HOOK_COMMANDS
from dlm_git.hooks.state import DESCRIPTIONS, Hook

HOOKS = tuple(HOOK_COMMANDS)
_UPDATE = ": `dlm-git install` updates it"
_INSTALL = "  help: `dlm-git install` installs them, or prints what to add"
_RUN = "  help: `dlm-git status --run` runs uncertain hooks in a scratch clone"


class Install:
    """`dlm-git install`."""

    EXAMPLES = """\
  dlm-git install                      # install all hooks
  dlm-git install --hook pre-commit    # check commits only
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        _add_hooks(parser)
        parser.add_argument(
            "--configured",
            action="store_true",
            help="Add the hooks to Git's config, alongside other hooks (needs git 2.54)",
        )
        _add_force(parser)

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Install the hooks."""
        changes = install(
            arguments.directory,
            _names(arguments),
            find_program(sys.argv[0], os.environ),
            configured=arguments.configured,
            force=arguments.force,
        )
        print_lines(
            _line(change.hook, change.action or f"already {_state(change.hook)}")
            for change in changes
        )
        return CLEAN


class Uninstall:
    """`dlm-git uninstall`."""

    EXAMPLES = """\
  dlm-git uninstall                    # remove all hooks
  dlm-git uninstall --hook pre-push    # remove only one
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        _add_hooks(parser)
        _add_force(parser)

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Remove the hooks."""
        changes = uninstall(arguments.directory, _names(arguments), force=arguments.force)
        lines = [
            _line(change.hook, change.action or _reason_to_stay(change.hook)) for change in changes
        ]
        print_lines(lines or ["no dlm-git hooks are installed"])
        return CLEAN


class Status:
    """`dlm-git status`."""

    EXAMPLES = """\
  dlm-git status                       # exit with 1 if Git does not run a hook
  dlm-git status --hook pre-commit     # show only one hook
  dlm-git status --run                 # run third-party hooks to see what they refuse
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        _add_hooks(parser)
        parser.add_argument(
            "--run",
            action="store_true",
            help="Run each third-party hook in a scratch clone, with a commit that it must refuse"
            " and one that it must accept",
        )

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Show the hooks; FINDINGS unless each of them certainly runs dlm-git."""
        names = _names(arguments)
        hooks = status(arguments.directory, names, run=arguments.run)
        running = {hook.name for hook in hooks if hook.runs}
        others = [hook for hook in hooks if hook.name not in running]
        lines = [_line(hook, _state(hook)) for hook in hooks]
        if others:
            lines.append(_INSTALL)
        if not arguments.run and any(hook.state == "uncertain" for hook in others):
            lines.append(_RUN)
        print_lines(lines)
        return FINDINGS if others else CLEAN


def _add_hooks(parser: ArgumentParser) -> None:
    add_directory(parser)
    parser.add_argument(
        "--hook",
        action="append",
        choices=HOOKS,
        metavar="NAME",
        help=f"One of {', '.join(HOOKS)} (repeatable; default: all)",
    )


def _add_force(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="Change hooks that other repositories use too"
    )


def _names(arguments: Namespace) -> Sequence[str]:
    return tuple(dict.fromkeys(arguments.hook or HOOKS))


def _state(hook: Hook) -> str:
    """Return the state of a hook in words, with the reason."""
    text = DESCRIPTIONS[hook.state] + (f" ({escape(hook.reason)})" if hook.reason else "")
    return text + _UPDATE if hook.state in ("outdated", "not_found") else text


def _reason_to_stay(hook: Hook) -> str:
    calls = hook.state in ("chained", "uncertain")
    step = ": remove what calls dlm-git" if calls else ""
    return f"kept, because it is a third-party hook{step}"


def _line(hook: Hook, text: str) -> str:
    return f"{escape_path(hook.location)}: {text}"
