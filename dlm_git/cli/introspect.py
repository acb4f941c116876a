"""What the command line takes, as data: for completion scripts and the manual page."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from dlm_git.cli.options import FORMATS, parser, subparsers
from dlm_git.document.base_models import BASE_MODELS
from dlm_git.rules.registry import RULES

# what the values of some arguments can be, beyond what the parser itself refuses
_VALUES: dict[tuple[str, str], Sequence[str]] = {
    ("", "NAME[=FILE]"): FORMATS,
    ("", "KEY"): list(BASE_MODELS),
    ("", "RULE[=REASON]"): list(RULES),
    ("rule", "NAME"): list(RULES),
}


@dataclass(frozen=True, slots=True)
class Argument:
    """A flag of a command, or an argument without one, whose `flags` are empty.

    `value` is what its value is called, '' if it takes none, `values` are the ones that are known.
    A value called FILE or DIRECTORY is one of the file system.
    """

    flags: tuple[str, ...]
    value: str
    values: tuple[str, ...]
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or the program itself, whose name is ''."""

    name: str
    help: str
    usage: str
    arguments: tuple[Argument, ...]


def describe_commands() -> list[Command]:
    """The program itself, and each of its commands."""
    made = parser()
    return [_command("", made), *(_command(*each) for each in subparsers(made).items())]


def _command(name: str, made: argparse.ArgumentParser) -> Command:
    actions = (a for a in made._actions if not isinstance(a, argparse._SubParsersAction))
    arguments = tuple(_argument(name, action) for action in actions)
    return Command(name, made.description or "", made.format_usage(), arguments)


def _argument(command: str, action: argparse.Action) -> Argument:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest)
    known = _VALUES.get((command, value)) or _VALUES.get(("", value)) or ()
    values = tuple(map(str, action.choices or known))
    return Argument(tuple(action.option_strings), value, values, action.help or "")
