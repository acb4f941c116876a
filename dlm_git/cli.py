"""The door: one function a command, each returns an exit code; nothing else prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from shutil import get_terminal_size
from typing import TYPE_CHECKING, TextIO

from dlm_git import __version__
from dlm_git.finding import CannotCheck

if TYPE_CHECKING:
    from dlm_git.config import Effective
    from dlm_git.snapshot import Snapshot

REPOSITORY = "https://github.com/dlm-git/dlm-git"

CLEAN, FOUND, CANNOT, BUG = 0, 1, 2, 3


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
    except _UnwritableError as error:
        return _give_up(error)


def _guarded(argv: Sequence[str]) -> int:
    try:
        if sys.stdout is None:
            raise CannotCheck("cannot write the report: standard output is closed")
        code = _dispatched(argv)
        _print("", end="")
        return code
    except CannotCheck as error:
        return _complain(error)
    except KeyboardInterrupt:
        return 130
    except _UnwritableError:
        raise
    except Exception:
        traceback.print_exc()
        _print(f"dlm-git: this is a bug, please report it: {REPOSITORY}/issues", sys.stderr)
        return BUG


def _dispatched(argv: Sequence[str]) -> int:
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # --help, --version, or a mistake that argparse has told
        return int(stop.code or 0)
    code: int = arguments.command(arguments)
    return code


def check(arguments: argparse.Namespace) -> int:
    """Judge what Git has recorded."""
    from dlm_git.judge import judge

    pushed = arguments.rev is None
    since = os.environ.get("PRE_COMMIT_FROM_REF", "") if pushed else ""
    snapshot, effective = _prepared(arguments, since)
    report = judge(snapshot, effective.config, effective.origins)
    if arguments.format == "json":
        from dlm_git.render.json import json as as_json

        _print(as_json(report), end="")
    else:
        from dlm_git.render.text import text

        colour = _colour(os.environ, sys.stdout)
        _print(text(report, colour=colour, width=_width(sys.stdout)), end="")
    return CLEAN if report.clean else FOUND


def init(arguments: argparse.Namespace) -> int:
    """Scaffold the corpus document."""
    from dlm_git import scaffolding
    from dlm_git.render.scaffolded import scaffolded

    result = scaffolding.init(
        arguments.directory,
        base=arguments.base,
        sources=arguments.source or (),
        include=arguments.include,
        exclude=arguments.exclude,
        recursive=arguments.recursive,
        name=arguments.name,
        policy=arguments.policy,
        rescaffold=arguments.rescaffold,
        unlisted_base=arguments.unlisted_base,
        dry_run=arguments.dry_run,
    )
    _print(result.text if arguments.dry_run else scaffolded(result, REPOSITORY), end="")
    return CLEAN


def rule(arguments: argparse.Namespace) -> int:
    """List the rules, or print the page of one."""
    from dlm_git.fault import near
    from dlm_git.rules import FAMILIES, RULES, book, name_of, page, summary

    if arguments.all:
        _print(book(), end="")
    elif arguments.name is None:
        for family, rules in FAMILIES.items():
            _print(f"{family}:")
            for each in rules:
                _print(f"  {name_of(each):22} {summary(each)}")
    elif arguments.name in RULES:
        _print(f"# {arguments.name}\n\n{page(RULES[arguments.name])}")
    else:
        meant = near(arguments.name, list(RULES))
        help_ = f"did you mean '{meant}'?" if meant else "`dlm-git rule` lists the rules"
        raise CannotCheck(f"there is no rule '{arguments.name}'", help_)
    return CLEAN


def config(arguments: argparse.Namespace) -> int:
    """Print the effective config, or its JSON Schema."""
    from dlm_git.config import Config
    from dlm_git.render.toml import toml

    if arguments.schema:
        dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        _print(json.dumps({**dialect, **Config.model_json_schema()}, indent=2))
    else:
        _print(toml(_prepared(arguments)[1]), end="")
    return CLEAN


def _prepared(arguments: argparse.Namespace, since: str = "") -> tuple[Snapshot, Effective]:
    from dlm_git import checking

    return checking.prepare(
        None,
        _flags(arguments),
        rev=_pushed(os.environ) if arguments.rev is None else arguments.rev,
        since=since,
        config_file=arguments.config,
        config_rev=arguments.config_rev,
    )


def _pushed(environ: Mapping[str, str]) -> str | None:
    """The revision being pushed, at the pre-push stage of pre-commit and prek."""
    # on the first push of a root commit there is no TO_REF
    return environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or None


def _flags(arguments: argparse.Namespace) -> dict[str, object]:
    from dlm_git.config import given

    return given(
        base=arguments.base,
        include=arguments.include,
        exclude=arguments.exclude,
        sources_policy=arguments.policy,
        name=arguments.name,
        allow=arguments.allow,
        ignore=arguments.ignore and dict(map(_reasoned, arguments.ignore)),
    )


def _reasoned(value: str) -> tuple[str, str]:
    name, _, reason = value.partition("=")
    return name, reason or "switched off by --ignore"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlm-git",
        description="Keep exactly one committed, portable, agreed .dlm/corpus.dlm in a repository.",
        epilog="exit codes: 0 clean, 1 findings, 2 cannot check, 3 a bug",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dlm-git {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_init(_command(commands, "init", init))
    _add_check(_command(commands, "check", check))
    _add_rule(_command(commands, "rule", rule))
    _add_config(_command(commands, "config", config))
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    function: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    text = function.__doc__
    command = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    command.set_defaults(command=function)
    return command


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
    add("--dry-run", action="store_true", help="print the document and write nothing")


def _add_check(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--rev", metavar="REV", help="judge a revision instead of the index")
    add("--format", choices=("text", "json"), default="text", help="(default: text)")
    _add_expectations(command)


def _add_rule(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", metavar="NAME", help="print the page of this rule")
    command.add_argument("--all", action="store_true", help="print all pages, in Markdown")


def _add_config(command: argparse.ArgumentParser) -> None:
    command.add_argument("--schema", action="store_true", help="print the JSON Schema of a config")
    command.add_argument("--rev", metavar="REV", help="the config of a revision, not of the index")
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


def _add_globs(group: argparse._ActionsContainer) -> None:
    for name in ("include", "exclude"):
        text = f"{name} pattern of dlm's grammar (repeatable)"
        group.add_argument(f"--{name}", action="append", metavar="GLOB", help=text)


def _colour(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Whether to colour (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def _width(stream: TextIO) -> int:
    """How much of a line to quote."""
    return min(100, max(20, get_terminal_size().columns - 8)) if stream.isatty() else 100


def _complain(error: CannotCheck) -> int:
    from dlm_git.render.visible import visible

    help_ = f"\n  help: {visible(error.help)}" if error.help else ""
    if sys.stderr is not None:
        _print(f"dlm-git: {visible(error.message)}{help_}", sys.stderr)
    return CANNOT


class _UnwritableError(Exception):
    """A stream does not take what is to be told: the disk is full, or nobody reads any more."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _give_up(error: _UnwritableError) -> int:
    # so that Python does not try again, and complain, as it closes the stream
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if not isinstance(error.reason, BrokenPipeError):
        with suppress(_UnwritableError):
            _print(f"dlm-git: cannot write the report: {error.reason.strerror}", sys.stderr)
    return CANNOT


def _print(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print what the stream's encoding can hold, and the rest spelled out."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    try:
        stream.write((text + end).encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        raise _UnwritableError(error) from error
