"""The command line: which commands there are, and what each takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from dlm_git import __version__

FORMATS = ("text", "json")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = argparse.ArgumentParser(
        prog="dlm-git",
        description="Keep exactly one committed, portable, agreed .dlm/corpus.dlm in a repository.",
        epilog="exit codes: 0 clean, 1 findings, 2 cannot check, 3 a bug",
        allow_abbrev=False,
    )
    made.add_argument("--version", action="version", version=f"dlm-git {__version__}")
    group = made.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for name, (text, add) in _COMMANDS.items():
        add(group.add_parser(name, help=text, description=text, allow_abbrev=False))
    return made


def _add_init(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("directory", nargs="?", metavar="DIRECTORY", help="inside the repository (default: here)")
    add("--base", metavar="KEY", help="base model: a key of dlm's registry or hf:ORG/NAME")
    add("--source", action="append", metavar="PATH", help="learn only this path (repeatable)")
    _add_globs(command)
    recursive, flat = "learn all files (the default)", "learn those of the top level only"
    add("-r", "--recursive", action="store_true", default=True, help=recursive)
    add("-R", "--no-recursive", dest="recursive", action="store_false", help=flat)
    add("--name", metavar="NAME", help="write .dlm/NAME.dlm (default: corpus)")
    add("--policy", choices=("strict", "permissive"), help="sources policy (default: strict)")
    add("--rescaffold", action="store_true", help="write an existing document anew, keep its id")
    add("--unlisted-base", action="store_true", help="take a base model that dlm does not list")
    add("--no-ignore", dest="ignore", action="store_false", help="do not write .dlm/ignore")
    add("--dry-run", action="store_true", help="print the document and write nothing")


def _add_check(command: argparse.ArgumentParser) -> None:
    _add_repositories(command)
    _add_state(command)
    _add_formats(command)
    _add_expectations(command)


def _add_files(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    _add_state(command)
    either = command.add_mutually_exclusive_group()
    why, skipped = "say for each path what becomes of it, and the line that decides", "by reason"
    either.add_argument("--why", nargs="+", metavar="PATH", help=why)
    either.add_argument("--skipped", action="store_true", help=f"list what is left out, {skipped}")
    either.add_argument("--stat", action="store_true", help="sum up by directory and kind of file")
    either.add_argument("-z", action="store_true", help="paths as they are, each with a NUL")
    add("--format", choices=("text", "json"), default="text", help="(default: text)")
    _add_expectations(command)


def _add_ignore(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("directory", nargs="?", metavar="DIRECTORY", help="inside the repository (default: here)")
    add("--name", metavar="NAME", help="the corpus document is .dlm/NAME.dlm")
    either = command.add_mutually_exclusive_group()
    either.add_argument("--check", action="store_true", help="exit with 1 if a block is stale")
    either.add_argument("--dry-run", action="store_true", help="print the lines, write nothing")


def _add_rule(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", metavar="NAME", help="print the page of this rule")
    command.add_argument("--all", action="store_true", help="print all pages, in Markdown")


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("--schema", action="store_true", help="print the JSON Schema of a config")
    _add_state(command)
    _add_expectations(command)


def _add_expectations(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("what is expected, over the config file")
    add = group.add_argument
    add("--base", action="append", metavar="KEY", help="an allowed base model (repeatable)")
    _add_globs(group)
    add("--policy", choices=("strict", "permissive"), help="sources policy")
    add("--name", metavar="NAME", help="the corpus document is .dlm/NAME.dlm")
    add("--allow", action="append", metavar="PATH", help="a further document (repeatable)")
    add("--ignore", action="append", metavar="RULE[=REASON]", help="a rule to switch off")
    either = group.add_mutually_exclusive_group()
    either.add_argument("--config", metavar="FILE", help="read the config from this file instead")
    either.add_argument("--config-rev", metavar="REV", help="read it from this revision instead")


def _add_state(command: argparse.ArgumentParser) -> None:
    state = command.add_mutually_exclusive_group()
    state.add_argument("--rev", metavar="REV", help="a revision instead of the index")
    here = "what lies in the worktree, whether Git tracks it or not"
    state.add_argument("--worktree", action="store_true", help=here)


def _add_repositories(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    named = "a worktree or a bare repository, read without obeying its Git config (default: here)"
    add("repositories", nargs="*", metavar="REPOSITORY", help=named)
    group = command.add_argument_group("many repositories")
    add = group.add_argument
    add("--repositories-from", metavar="FILE", help="those that a file lists, - for stdin")
    add("-z", action="store_true", help="paths in that file end in a NUL, not at the line's end")
    add("--discover", metavar="DIRECTORY", help="those below a directory")
    add("--submodules", action="store_true", help="with --discover: look into worktrees too")
    add("-j", "--jobs", type=_positive, metavar="N", help="so many at once (default: the cores)")
    limit = "give up on a repository after so long (default: 60)"
    add("--timeout", type=_positive, metavar="SECONDS", help=limit)


def _positive(value: str) -> int:
    if not value.isdecimal() or not int(value):
        raise argparse.ArgumentTypeError(f"'{value}' is no number above 0")
    return int(value)


def _add_formats(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    text = f"{', '.join(FORMATS)}; with =FILE into a file (repeatable; default: text)"
    add("--format", action="append", type=_format, metavar="NAME[=FILE]", help=text)
    add("--output", metavar="FILE", help="write the format to this file, the text to stderr")


def _format(value: str) -> str:
    name, equals, file = value.partition("=")
    if name not in FORMATS or (equals and not file):
        raise argparse.ArgumentTypeError(f"'{value}' is none of {', '.join(FORMATS)}")
    return value


def _add_globs(group: argparse._ActionsContainer) -> None:
    for name in ("include", "exclude"):
        text = f"{name} pattern of dlm's grammar (repeatable)"
        group.add_argument(f"--{name}", action="append", metavar="GLOB", help=text)


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "init": ("Scaffold the corpus document.", _add_init),
    "check": ("Judge what Git has recorded.", _add_check),
    "files": ("List the files that the model will read.", _add_files),
    "ignore": ("Carry .gitignore over to .dlm/ignore, in dlm's grammar.", _add_ignore),
    "rule": ("List the rules, or print the page of one.", _add_rule),
    "config": ("Print the effective config, or its JSON Schema.", _add_config),
}
