"""Descriptions of the commands and their options, for completion scripts and the manual page."""

from __future__ import annotations

from argparse import Action
from collections.abc import Sequence

from dlm_git.cli.commands import COMMANDS
from dlm_git.cli.parser import Parser, command_parser, main_parser
from dlm_git.document.base_models import BASE_MODELS
from dlm_git.formats import FORMATS
from dlm_git.rules.registry import FAMILIES, RULES
from dlm_git.values import Value

# values that completion proposes although the parser accepts others, by command and metavar
_VALUES: dict[tuple[str, str], Sequence[str]] = {
    ("", "NAME[=FILE]"): list(FORMATS),
    ("", "KEY"): list(BASE_MODELS),
    ("", "RULE[=REASON]"): list(RULES),
    ("", "RULE[,RULE]"): [*FAMILIES, *RULES],
    ("rule", "NAME"): list(RULES),
    ("help", "COMMAND"): list(COMMANDS),
}


class Argument(Value):
    """An option, or a positional argument.

    flags: the names of the option; empty for a positional argument.
    value: the metavar, '' for an option without a value; FILE, DIRECTORY, PATH and REPOSITORY are
        paths.
    values: the known values.
    help: its help text.
    """

    flags: tuple[str, ...]
    value: str
    values: tuple[str, ...]
    help: str


class Command(Value):
    """A command, or the program itself.

    name: '' for the program.
    help: the summary.
    usage: the usage without 'usage:'.
    arguments: options and positional arguments.
    """

    name: str
    help: str
    usage: str
    arguments: tuple[Argument, ...]


def describe_commands() -> list[Command]:
    """Return the program itself, and each of its commands."""
    program = main_parser()
    options = [action for action in program.actions() if action.option_strings]
    commands = [
        _command(name, parser, parser.actions())
        for name, parser in ((name, command_parser(name)) for name in COMMANDS)
    ]
    return [_command("", program, options), *commands]


def _command(name: str, parser: Parser, actions: Sequence[Action]) -> Command:
    arguments = tuple(_argument(name, action) for action in actions)
    return Command(name, parser.description or "", parser.usage or "", arguments)


def _argument(command: str, action: Action) -> Argument:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest)
    known = _VALUES.get((command, value)) or _VALUES.get(("", value)) or ()
    values = tuple(map(str, action.choices or known))
    return Argument(tuple(action.option_strings), value, values, action.help or "")
