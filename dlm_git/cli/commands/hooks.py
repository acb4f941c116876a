"""`dlm-git install`, `dlm-git uninstall` and `dlm-git status`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence

from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.options import add_directory
from dlm_git.cli.terminal import print_lines
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape, escape_path
from dlm_git.hooks.driver_state import DESCRIPTIONS as DRIVER_STATES
from dlm_git.hooks.driver_state import HINTS as DRIVER_HINTS
from dlm_git.hooks.driver_state import Drivers
from dlm_git.hooks.drivers import (
    DriverChange,
    driver_status,
    install_drivers,
    uninstall_drivers,
)
from dlm_git.hooks.install import HookChange, find_program, install, status, uninstall
from dlm_git.hooks.script import HOOK_COMMANDS
from dlm_git.hooks.state import DESCRIPTIONS, Hook
from dlm_git.hooks.user_hooks import install_for_user, uninstall_for_user, user_status

HOOKS = tuple(HOOK_COMMANDS)
_UPDATE, _UPDATE_FOR_USER = (
    f": `dlm-git install{option}` updates it" for option in ("", " --global")
)
_INSTALL = "  help: `dlm-git install` installs them, or says what to do"
_INSTALL_FOR_USER = "  help: `dlm-git install --global` installs them"
_DRIVERS = "merge and diff drivers"
_RUN = "  help: `dlm-git status --run` runs uncertain hooks in a scratch clone"


class Install:
    """`dlm-git install`."""

    EXAMPLES = """\
  dlm-git install                      # install all hooks
  dlm-git install --hook pre-commit    # check commits only
  dlm-git install --drivers            # merge and diff documents by section and key
  dlm-git install --global             # check commits and pushes of all repositories
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        _add_hooks(parser)
        _add_drivers(parser, "Install the merge and diff drivers; hooks only with --hook")
        parser.add_argument(
            "--shared",
            action="store_true",
            help="With --drivers, name them in .gitattributes, to commit, rather than in"
            " .git/info/attributes",
        )
        parser.add_argument(
            "--configured",
            action="store_true",
            help="Add the hooks to Git's config, alongside other hooks (needs git 2.54)",
        )
        _add_global(parser, "Add the hooks to your Git config, for each repository with a .dlm")
        _add_force(parser)

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Install the hooks, the drivers, or both."""
        _reject_contradictions(arguments)
        program = find_program(sys.argv[0], os.environ)
        names = _names(arguments)
        if arguments.for_user:
            _print_installed(install_for_user(names, program, os.environ))
        elif names:
            changes = install(
                arguments.directory,
                names,
                program,
                configured=arguments.configured,
                force=arguments.force,
            )
            _print_installed(changes)
        if arguments.drivers:
            change = install_drivers(arguments.directory, program, shared=arguments.shared)
            print_lines(_installed(change))
        return CLEAN


class Uninstall:
    """`dlm-git uninstall`."""

    EXAMPLES = """\
  dlm-git uninstall                    # remove all hooks
  dlm-git uninstall --hook pre-push    # remove only one
  dlm-git uninstall --drivers          # remove only the drivers
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        _add_hooks(parser)
        _add_drivers(parser, "Remove the merge and diff drivers; hooks only with --hook")
        parser.add_argument(
            "--shared",
            action="store_true",
            help="With --drivers, remove their lines from .gitattributes, too",
        )
        _add_global(parser, "Remove the hooks from your Git config")
        _add_force(parser)

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Remove the hooks, the drivers, or both."""
        _reject_contradictions(arguments)
        names = _names(arguments)
        if names:
            changes = (
                uninstall_for_user(names, os.environ)
                if arguments.for_user
                else uninstall(arguments.directory, names, force=arguments.force)
            )
            lines = [
                _line(change.hook, change.action or _reason_to_stay(change.hook))
                for change in changes
            ]
            print_lines(lines or ["no dlm-git hooks are installed"])
        if arguments.drivers or not (arguments.hook or arguments.for_user):
            removed = uninstall_drivers(arguments.directory, shared=arguments.shared)
            if removed.action or arguments.drivers:
                print_lines(_removed(removed))
        return CLEAN


class Status:
    """`dlm-git status`."""

    EXAMPLES = """\
  dlm-git status                       # exit with 1 if Git does not run a hook
  dlm-git status --hook pre-commit     # show only one hook
  dlm-git status --run                 # run third-party hooks to see what they refuse
  dlm-git status --drivers             # show only the merge and diff drivers
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        _add_hooks(parser)
        _add_drivers(parser, "Show the merge and diff drivers; hooks only with --hook")
        parser.add_argument(
            "--run",
            action="store_true",
            help="Run each third-party hook in a scratch clone, with a commit that it must refuse"
            " and one that it must accept",
        )
        _add_global(parser, "Show the hooks in your Git config")

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Show the hooks and drivers; FINDINGS unless each of them certainly runs dlm-git.

        Drivers that are not installed count only with --drivers.
        """
        _reject_contradictions(arguments)
        code, names = CLEAN, _names(arguments)
        if names:
            hooks = (
                user_status(names, os.environ)
                if arguments.for_user
                else status(arguments.directory, names, run=arguments.run)
            )
            code = _show_hooks(hooks, arguments)
        if arguments.drivers or not (arguments.hook or arguments.for_user):
            drivers = driver_status(arguments.directory)
            if arguments.drivers or drivers.state != "missing":
                print_lines(_drivers(drivers))
            required = arguments.drivers and drivers.state != "installed"
            code = FINDINGS if required or drivers.is_broken else code
        return code


def _show_hooks(hooks: Sequence[Hook], arguments: Namespace) -> int:
    running = {hook.name for hook in hooks if hook.runs}
    others = [hook for hook in hooks if hook.name not in running]
    lines = [_line(hook, _state(hook)) for hook in hooks]
    if others:
        lines.append(_INSTALL_FOR_USER if arguments.for_user else _INSTALL)
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


def _add_drivers(parser: ArgumentParser, text: str) -> None:
    parser.add_argument("--drivers", action="store_true", help=text)


def _add_global(parser: ArgumentParser, text: str) -> None:
    parser.add_argument("--global", action="store_true", dest="for_user", help=text)


def _print_installed(changes: Sequence[HookChange]) -> None:
    print_lines(
        _line(change.hook, change.action or f"already {_state(change.hook)}") for change in changes
    )


def _reject_contradictions(arguments: Namespace) -> None:
    """Raise DlmGitError if options contradict each other."""
    options = {"shared": False, **vars(arguments)}
    for name in ("directory", "drivers", "shared", "configured", "run", "force"):
        if arguments.for_user and options.get(name):
            option = "DIRECTORY" if name == "directory" else f"--{name}"
            message = f"--global is about all repositories, and {option} about one"
            raise DlmGitError(message, "omit one of them")
    if options["shared"] and not arguments.drivers:
        raise DlmGitError("--shared is about the drivers", "add --drivers")


def _add_force(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="Change hooks that other repositories use too"
    )


def _names(arguments: Namespace) -> Sequence[str]:
    """Return the names of the hooks that the command is about."""
    return tuple(dict.fromkeys(arguments.hook or (() if arguments.drivers else HOOKS)))


def _state(hook: Hook) -> str:
    """Return the state of a hook in words, with the reason."""
    reason = "in your Git config" if hook.for_user else escape(hook.reason)
    text = DESCRIPTIONS[hook.state] + (f" ({reason})" if reason else "")
    update = _UPDATE_FOR_USER if hook.for_user else _UPDATE
    return text + update if hook.state in ("outdated", "not_found") else text


def _reason_to_stay(hook: Hook) -> str:
    if hook.edited:
        return "kept, because someone edited it: remove it by hand"
    calls = hook.state in ("chained", "uncertain")
    step = ": remove what calls dlm-git" if calls else ""
    return f"kept, because it is a third-party hook{step}"


def _line(hook: Hook, text: str) -> str:
    return f"{escape_path(hook.location)}: {text}"


def _installed(change: DriverChange) -> Iterator[str]:
    drivers = change.drivers
    verb = change.action or "already installed"
    text = f"{verb}, {_attributes(drivers)}" if drivers.state == "installed" else ""
    yield from _drivers(drivers, text)
    if change.to_stage:
        yield f"  next: git add {change.to_stage}"


def _removed(change: DriverChange) -> Iterator[str]:
    yield f"{_DRIVERS}: {change.action or 'not installed'}"
    if change.to_stage:
        yield f"  next: git add {change.to_stage}"
    elif change.drivers.attributes:
        path = escape_path(change.drivers.attributes[0])
        step = "`dlm-git uninstall --drivers --shared` removes them"
        yield f"{path}: kept its lines, because other clones use them: {step}"


def _drivers(drivers: Drivers, text: str = "") -> Iterator[str]:
    """Yield the state of the drivers, or a text in its place, and what to do about it."""
    reason = f" ({escape(drivers.reason)})" if drivers.reason else ""
    attributes = f", {_attributes(drivers)}" if drivers.state == "installed" else ""
    yield f"{_DRIVERS}: {text or DRIVER_STATES[drivers.state] + reason + attributes}"
    if drivers.state != "installed":
        yield f"  help: {DRIVER_HINTS[drivers.state]}"


def _attributes(drivers: Drivers) -> str:
    files = " and ".join(map(escape_path, drivers.attributes))
    return f"with attributes in {files}" if files else "with attributes of your own"
