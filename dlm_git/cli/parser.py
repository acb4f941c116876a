"""The parser of the command line: help texts and usage errors."""

from __future__ import annotations

import sys
from argparse import (
    Action,
    ArgumentError,
    ArgumentParser,
    HelpFormatter,
    Namespace,
    _ActionsContainer,
)
from collections.abc import Sequence

from dlm_git.about import DOCS_URL, __version__
from dlm_git.cli.commands import COMMANDS, Command, load
from dlm_git.cli.exit_codes import ERROR
from dlm_git.cli.terminal import env_width, print_err, print_error, width
from dlm_git.formats.escape import escape
from dlm_git.validation import closest_match

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

_DESCRIPTION = (
    "Keep exactly one committed, portable .dlm/corpus.dlm in a Git repository, and show what the"
    " model will be trained on."
)
_EPILOG = f"""\
Exit codes:
  0  no findings
  1  findings, or --fix changed a file
  2  could not check
  3  a bug in dlm-git

`dlm-git help COMMAND` prints the help of a command.
Documentation: {DOCS_URL}"""
# options that change files are never suggested
_CHANGING = {"--fix", "--write-baseline", "--unsafe-fixes", "--force", "--rescaffold"}
# what other tools call an option
_SYNONYMS = {
    "--model": "--base",
    "--base-model": "--base",
    "--commit": "--rev",
    "--revision": "--rev",
    "--disable": "--ignore",
    "--suppress": "--ignore",
}


def parse(argv: Sequence[str]) -> tuple[Command, Namespace]:
    """Return the command that a command line names, and its arguments.

    Raises SystemExit after printing help, the version or a usage error.
    """
    if not argv or argv[0] not in COMMANDS:
        _exit_without_command(argv)
    try:
        command = load(argv[0])
    except SystemExit as stop:
        raise ImportError("a library exits when it is imported") from stop
    return command, _command_parser(argv[0], command).parse(argv[1:])


def _exit_without_command(argv: Sequence[str]) -> NoReturn:
    parser = main_parser()
    if not argv:
        parser.exit(ERROR, parser.format_help())
    if not argv[0].startswith("-"):
        parser.error(f"unknown command '{escape(argv[0])}'", closest_match(argv[0], list(COMMANDS)))
    parser.parse(argv)  # exits for --help, --version and unknown options
    parser.error("expected a command")


def main_parser() -> Parser:
    """Return the parser of dlm-git itself, which only knows the names of the commands."""
    parser = Parser("dlm-git", _DESCRIPTION, _EPILOG)
    parser.usage = "dlm-git [-C DIRECTORY] COMMAND ..."
    commands = parser.add_argument_group("Commands")
    for name, entry in COMMANDS.items():
        commands.add_argument(name, nargs="?", help=entry.summary)
    version = f"dlm-git {__version__}"
    options = parser.add_argument_group("Options")
    options.add_argument(
        "-C",
        metavar="DIRECTORY",
        help="Run as if started in this directory (repeatable; each is relative to the one before)",
    )
    _add_help(options)
    options.add_argument("-V", "--version", action="version", version=version, help="Print version")
    return parser


def command_parser(name: str) -> Parser:
    """Return the parser of a command."""
    return _command_parser(name, load(name))


def _command_parser(name: str, command: Command) -> Parser:
    epilog = f"Examples:\n{command.EXAMPLES}\nDocumentation: {DOCS_URL}"
    parser = Parser(f"dlm-git {name}", COMMANDS[name].summary, epilog)
    command.add_arguments(parser)
    positionals = [_usage(action) for action in parser.actions() if not action.option_strings]
    parser.usage = " ".join([parser.prog, "[OPTIONS]", *positionals])
    _add_help(parser.add_argument_group("Other options") if parser.has_groups else parser)
    return parser


def _usage(positional: Action) -> str:
    name = str(positional.metavar or positional.dest)
    return {"?": f"[{name}]", "*": f"[{name} ...]"}.get(str(positional.nargs), name)


def _add_help(group: _ActionsContainer) -> None:
    group.add_argument("-h", "--help", action="help", help="Print help")


class Parser(ArgumentParser):
    """A parser whose errors show the usage and a hint."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self._positionals.title, self._optionals.title = "Arguments", "Options"
        self.color = False  # since Python 3.14 argparse writes escape sequences of its own

    @property
    def has_groups(self) -> bool:
        """Return whether options are grouped by purpose."""
        return len(self._action_groups) > 2

    def actions(self) -> Sequence[Action]:
        """Return the options and positional arguments."""
        return self._actions

    def parse(self, argv: Sequence[str]) -> Namespace:
        """Return the arguments of a command line, or exit with a usage error."""
        arguments, unknown = self.parse_known_args(argv)
        options = [word for word in unknown if word.startswith("-")]
        if options:
            name = options[0].partition("=")[0]
            if name == "-C":
                command = self.prog.replace(" ", " -C DIRECTORY ", 1)
                self.error(f"-C must be before the command\nwrite `{command}`")
            command = next((word for word in argv if word in COMMANDS), "")
            if command and " " not in self.prog:
                hint = f"\nwrite it after the command: `{self.prog} {command} {escape(name)}`"
                self.error(f"unknown option '{escape(name)}'{hint}")
            self.error(f"unknown option '{escape(name)}'", self._closest_option(name))
        if unknown:
            self.error(f"unexpected argument '{escape(unknown[0])}'")
        return arguments

    def error(self, message: str, suggestion: str = "") -> NoReturn:
        """Print the usage and the error, and exit.

        message: an error; a hint can stand on its second line.
        """
        message, _, hint = message.partition("\n")
        hint = hint or did_you_mean(suggestion) or f"`{self.prog} --help` prints the usage"
        print_err(self.format_usage().removesuffix("\n"))
        print_error(f"{self.prog}: error: {message}", hint)
        self.exit(ERROR)

    def _check_value(self, action: Action, value: Any) -> None:
        """Refuse a value that is not one of the choices. (Called by ArgumentParser.)"""
        if action.choices is not None and value not in action.choices:
            raise ArgumentError(action, unknown_value(value, list(action.choices)))

    def _closest_option(self, word: str) -> str:
        options = [name for action in self._actions for name in action.option_strings]
        if _SYNONYMS.get(word) in options:
            return _SYNONYMS[word]
        names = {option.lstrip("-"): option for option in options if option not in _CHANGING}
        return names.get(closest_match(word.lstrip("-"), list(names), cutoff=0.65), "")


def unknown_value(value: str, choices: Sequence[str]) -> str:
    """Return the error for a value of an option that is not one of the choices."""
    *others, last = choices
    message = f"expected {', '.join(others)} or {last}, found '{escape(value)}'"
    return f"{message}\n{did_you_mean(closest_match(value, choices))}".rstrip("\n")


def did_you_mean(suggestion: str) -> str:
    """Return a hint that proposes a word, '' for none."""
    return f"did you mean '{suggestion}'?" if suggestion else ""


class _HelpFormatter(HelpFormatter):
    """A formatter that wraps prose, and keeps indented lines such as examples as they are."""

    def __init__(self, prog: str, **kwargs: Any) -> None:
        columns = env_width() or width(sys.stdout) or 80  # argparse would import `shutil`
        super().__init__(prog, **{**kwargs, "max_help_position": 28, "width": columns - 2})

    def _fill_text(self, text: str, width: int, indent: str) -> str:  # noqa: ARG002
        from textwrap import fill  # late: only help needs it

        return "\n".join(
            line if line.startswith(" ") else fill(line, width, break_on_hyphens=False)
            for line in text.splitlines()
        )

    def _format_action_invocation(self, action: Action) -> str:
        """Return '-j, --jobs N', which before Python 3.13 is '-j N, --jobs N'."""
        if not action.option_strings:
            return super()._format_action_invocation(action)
        value = "" if action.nargs == 0 else self._format_args(action, action.dest.upper())
        return f"{', '.join(action.option_strings)} {value}".rstrip()
