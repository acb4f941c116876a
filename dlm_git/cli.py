"""The door: one function a command, each returns an exit code; nothing else prints."""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from shutil import get_terminal_size
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from dlm_git.arguments import parser
from dlm_git.finding import CannotCheck

if TYPE_CHECKING:
    from dlm_git.config import Effective
    from dlm_git.snapshot import Snapshot
    from dlm_git.training_set import Member

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
        arguments = parser(_COMMANDS).parse_args(argv)
    except SystemExit as stop:  # --help, --version, or a mistake that argparse has told
        return int(stop.code or 0)
    return _COMMANDS[arguments.command](arguments)


def check(arguments: argparse.Namespace) -> int:
    """Judge what Git has recorded."""
    from dlm_git.judge import judge

    pushed = arguments.rev is None and not arguments.worktree
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
        ignore=arguments.ignore,
        dry_run=arguments.dry_run,
    )
    _print(result.text if arguments.dry_run else scaffolded(result, REPOSITORY), end="")
    return CLEAN


def files(arguments: argparse.Namespace) -> int:
    """List the files that the model will read."""
    from dlm_git import listing
    from dlm_git.render import listed

    snapshot, effective = _prepared(arguments)
    found = listing.listing(snapshot, effective.config)
    as_json = arguments.format == "json"
    if arguments.why:
        paths = listing.from_root(snapshot, arguments.why)
        verdicts = [pair for path in paths for pair in found.why(path)]
        if not verdicts:
            raise CannotCheck(
                "no source of the document holds this", "`path` of its sources says which they are"
            )
        _print((listed.why_json if as_json else listed.why)(found, verdicts), end="")
        return CLEAN
    left_out = arguments.skipped or arguments.stat
    quiet = left_out or not sys.stdout.isatty()
    members = found.members(left_out=left_out)
    if quiet and sys.stderr and sys.stderr.isatty():
        members = _watched(members, lambda: found.count(left_out=left_out))
    if arguments.z:
        _write(os.fsencode(member.path) + b"\0" for member in members)
    elif as_json:
        _write(map(str.encode, listed.json(found, members)))
    elif arguments.stat:
        _print(listed.stat(found, members, bar=_bar(sys.stdout)), end="")
    elif arguments.skipped:
        _print(listed.skipped(found, members), end="")
    else:
        lines = (f"{listed.line(member)}\n" for member in members)
        while some := "".join(islice(lines, 1 if sys.stdout.isatty() else 1000)):
            _print(some, end="")
    return CLEAN


def ignore(arguments: argparse.Namespace) -> int:
    """Carry .gitignore over to .dlm/ignore, in dlm's grammar."""
    from dlm_git import carrying
    from dlm_git.render import carried

    write = not (arguments.check or arguments.dry_run)
    result = carrying.ignore(arguments.directory, write=write, name=arguments.name)
    _print(carried.blocks(result) if arguments.dry_run else carried.text(result), end="")
    return FOUND if arguments.check and result.stale else CLEAN


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


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    each.__name__: each for each in (init, check, files, ignore, rule, config)
}


def _prepared(arguments: argparse.Namespace, since: str = "") -> tuple[Snapshot, Effective]:
    from dlm_git import checking

    rev = arguments.rev
    if rev is None and not arguments.worktree:
        rev = _pushed(os.environ)
    return checking.prepare(
        None,
        _flags(arguments),
        rev=rev,
        worktree=arguments.worktree,
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


def _colour(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Whether to colour (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def _bar(stream: TextIO) -> str:
    """What bars are made of, in the encoding of a stream."""
    try:
        "█".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return "█"


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


def _watched(members: Iterator[Member], count: Callable[[], int]) -> Iterator[Member]:
    """The members, with a bar for a person who waits for longer than a second."""
    began, bar = monotonic(), None
    try:
        for done, member in enumerate(members, start=1):
            if bar is None and monotonic() - began > 1:
                from rich.console import Console
                from rich.progress import Progress

                bar = Progress(
                    console=Console(stderr=True),
                    transient=True,
                    redirect_stdout=False,  # it is a pipe or a file, and its own
                    redirect_stderr=False,
                )
                bar.start()
                bar.add_task("reading files", total=count())
            if bar:
                bar.update(bar.task_ids[0], completed=done)
            yield member
    finally:
        if bar:
            bar.stop()


def _write(pieces: Iterable[bytes]) -> None:
    """Print bytes as they are."""
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise _UnwritableError(error) from error


def _print(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print what the stream's encoding can hold, and the rest spelled out."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    try:
        stream.write((text + end).encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        raise _UnwritableError(error) from error
