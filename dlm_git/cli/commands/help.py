"""`dlm-git help`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from dlm_git.cli import parser as parsers
from dlm_git.cli.commands import COMMANDS
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.terminal import print_out
from dlm_git.errors import DlmGitError
from dlm_git.validation import closest_match

EXAMPLES = """\
  dlm-git help           # list the commands
  dlm-git help check     # the options of a command
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="Name of a command")


def run(arguments: Namespace) -> int:
    """Print the help of dlm-git or of a command."""
    name = arguments.command
    if name is None:
        parser = parsers.main_parser()
    elif name in COMMANDS:
        parser = parsers.command_parser(name)
    else:
        hint = parsers.did_you_mean(closest_match(name, list(COMMANDS)))
        raise DlmGitError(f"unknown command '{name}'", hint or "`dlm-git help` lists the commands")
    print_out(parser.format_help(), end="")
    return CLEAN
