"""The command line: which commands there are, and what each takes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from dlm_git.about import __version__

FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit")
HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")
SHELLS = ("bash", "zsh", "fish")
_MISTAKE = re.compile(r"invalid choice: '([^']+)'|unrecognized arguments: (\S+)")


class _Parser(argparse.ArgumentParser):
    """A parser that says what was perhaps meant."""

    def error(self, message: str) -> NoReturn:
        found = _MISTAKE.search(message)
        meant = _near(found[1] or found[2], [*_words(self)]) if found else ""
        super().error(message + (f"\n  help: did you mean '{meant}'?" if meant else ""))


def subparsers(made: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands, by name."""
    actions = (each for each in made._actions if isinstance(each, argparse._SubParsersAction))
    return {name: each for action in actions for name, each in action.choices.items()}


def _words(made: argparse.ArgumentParser) -> Iterator[str]:
    """All that could have been meant: commands, flags, choices."""
    for each in (made, *subparsers(made).values()):
        for action in each._actions:
            yield from action.option_strings
            yield from map(str, action.choices or ())


def _near(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # late: it is for mistakes only

    return next(iter(get_close_matches(word.partition("=")[0].lower(), known, n=1)), "")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    made = _Parser(
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
    _add_talk(command)
    since = "the commit that ids are compared with (default: HEAD, or the parent of --rev)"
    command.add_argument("--since", default="", metavar="REV", help=since)
    _add_formats(command)
    add = command.add_argument
    either = command.add_mutually_exclusive_group()
    either.add_argument(
        "--fix", action="store_true", help="mend the worktree's files; stage nothing"
    )
    either.add_argument("--diff", action="store_true", help="show what --fix would change")
    add("--unsafe-fixes", action="store_true", help="also fixes that guess what was meant")
    add("--no-memo", action="store_true", help="judge anew what was found clean before")
    _add_expectations(command)


def _add_files(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    _add_state(command)
    add("--verbose", "-v", action="store_true", help=_VERBOSE)
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


def _add_install(command: argparse.ArgumentParser) -> None:
    _add_uninstall(command)
    configured = "as hooks of Git's config, beside those of others (git 2.54 and later)"
    command.add_argument("--configured", action="store_true", help=configured)


def _add_uninstall(command: argparse.ArgumentParser) -> None:
    _add_status(command)
    force = "also where the hooks are not this repository's alone"
    command.add_argument("--force", action="store_true", help=force)


def _add_status(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("directory", nargs="?", metavar="DIRECTORY", help="inside the repository (default: here)")
    text = f"one of {', '.join(HOOKS)} (repeatable; default: all)"
    add("--hook", action="append", choices=HOOKS, metavar="NAME", help=text)


def _add_rule(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", metavar="NAME", help="print the page of this rule")
    command.add_argument("--all", action="store_true", help="print all pages, in Markdown")


def _add_completion(command: argparse.ArgumentParser) -> None:
    command.add_argument("shell", choices=SHELLS, help="print the script for this shell")


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("--schema", action="store_true", help="print the JSON Schema of a config")
    _add_state(command)
    _add_expectations(command)


def _add_pre_push(command: argparse.ArgumentParser) -> None:
    command.add_argument("remote", metavar="REMOTE", help="the name of the remote")
    command.add_argument("url", metavar="URL", help="its address")
    _add_refs(command, "all")
    _add_formats(command)
    _add_expectations(command)


def _add_pre_receive(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    _add_refs(command, "'refs/heads/*'")
    time, size = (
        "for the whole push (default: 60)",
        "of the names, or documents, of a commit (default: 128)",
    )
    add("--time-limit", type=_positive, default=60, metavar="SECONDS", help=time)
    add("--size-limit", type=_positive, default=128, metavar="MIB", help=size)
    _add_formats(command)
    _add_expectations(command)


def _add_refs(command: argparse.ArgumentParser, default: str) -> None:
    text = f"judge the refs that match; '*' matches '/' too (repeatable; default: {default})"
    command.add_argument("--refs", action="append", metavar="PATTERN", help=text)


def _positive(value: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 1 << 20:
        raise argparse.ArgumentTypeError(f"'{value}' is no whole number above 0")
    return int(value)


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


def _add_talk(command: argparse.ArgumentParser) -> None:
    either = command.add_mutually_exclusive_group()
    either.add_argument("--quiet", "-q", action="store_true", help="print nothing but findings")
    either.add_argument("--verbose", "-v", action="store_true", help=_VERBOSE)


_VERBOSE = "say on stderr what was judged by which config, what git was asked, how long it took"


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


def _add_formats(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    text = f"{', '.join(FORMATS)}; with =FILE into a file (repeatable; default: text)"
    add("--format", action="append", type=_format, metavar="NAME[=FILE]", help=text)
    beside = "write the format to this file, the text to stderr"
    add("--output", type=_file, metavar="FILE", help=beside)


def _format(value: str) -> str:
    name, equals, file = value.partition("=")
    if name not in FORMATS:
        meant = _near(name, FORMATS)
        help_ = f"did you mean '{meant}'?" if meant else f"there are {', '.join(FORMATS)}"
        raise argparse.ArgumentTypeError(f"there is no format '{name}'; {help_}")
    if equals and not file:
        raise argparse.ArgumentTypeError(f"'{value}' names no file")
    return value


def _file(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError("it names no file")
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
    "install": ("Put dlm-git's hooks into a repository.", _add_install),
    "uninstall": ("Take dlm-git's hooks away.", _add_uninstall),
    "status": ("Tell which of dlm-git's hooks Git runs.", _add_status),
    "rule": ("List the rules, or print the page of one.", _add_rule),
    "completion": ("Print a completion script for a shell.", _add_completion),
    "pre-push": ("Judge what is pushed, as Git's hook of this name.", _add_pre_push),
    "pre-receive": ("Judge what a server receives, as Git's hook of this name.", _add_pre_receive),
    "config": ("Print the effective config, or its JSON Schema.", _add_config),
}
