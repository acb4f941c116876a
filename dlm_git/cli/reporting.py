"""Verdicts, shown in the formats that are asked for, and the exit code they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TextIO

from dlm_git import fs
from dlm_git.about import RULES_URL
from dlm_git.cli import terminal
from dlm_git.cli.exit_codes import CANNOT, CLEAN, FOUND
from dlm_git.errors import CannotCheck
from dlm_git.git.repository import find
from dlm_git.report import Unjudged, Verdict


@dataclass(frozen=True, slots=True)
class Output:
    """A format, and the file that it goes to; '' is standard output."""

    format: str
    file: str = ""


def outputs(formats: Sequence[str], file: str | None = None) -> list[Output]:
    """What `--format NAME[=FILE]` and `--output FILE` ask for; text if nothing else.

    Raises CannotCheck where two formats want the same place.
    """
    pairs = [each.partition("=") for each in formats or ["text"]]
    found = [Output(name, path) for name, _, path in pairs]
    if file is not None:
        at = [number for number, output in enumerate(found) if not output.file]
        if len(at) != 1:
            raise CannotCheck("--output wants one format", "write --format NAME=FILE for each")
        found[at[0]] = Output(found[at[0]].format, file)
    places = [output.file for output in found]
    for place in places:
        if places.count(place) > 1:
            where = f"'{place}'" if place else "standard output"
            raise CannotCheck(f"two formats go to {where}", "write --format NAME=FILE")
    return found


def show(verdicts: Sequence[Verdict], outputs: Sequence[Output], *, quiet: bool = False) -> int:
    """Write and print the verdicts; gives the exit code.

    The text goes to standard error if nothing goes to standard output; where nothing was found it
    is left away if `quiet`.
    """
    for output in outputs:
        if output.file:
            fs.output(output.file, _rendered(verdicts, output.format))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(output.format == "github" for output in outputs):
        fs.append(summary, _rendered(verdicts, "github_summary"))
    printed = [output.format for output in outputs if not output.file]
    for name in printed:
        if name == "text":
            if not (quiet and code(verdicts) == CLEAN):
                _say_text(verdicts)
        else:
            terminal.say(_rendered(verdicts, name), end="")
    if "text" not in printed:
        problems = [verdict for verdict in verdicts if isinstance(verdict, Unjudged)]
        if not (quiet and code(verdicts) == CLEAN):
            _complain_text(problems if printed else verdicts)
    return code(verdicts)


def code(verdicts: Sequence[Verdict]) -> int:
    """The exit code, the same in every format."""
    if any(isinstance(verdict, Unjudged) for verdict in verdicts):
        return CANNOT
    return CLEAN if all(not isinstance(v, Unjudged) and v.clean for v in verdicts) else FOUND


def _rendered(verdicts: Sequence[Verdict], name: str) -> str:
    render = getattr(import_module(f"dlm_git.formats.{name}"), name)
    if name in ("text", "json"):
        return str(render(verdicts))
    placed = [replace(each, name=_from_here(each.name)) for each in verdicts]
    return str(render(placed, prefix=_prefix(verdicts, os.environ)))


def _from_here(name: str) -> str:
    return os.path.relpath(name) if os.path.isabs(name) else name


def _prefix(verdicts: Sequence[Verdict], environ: Mapping[str, str]) -> str:
    """How to get from the directory that CI checked out to what the paths are relative to.

    Several verdicts have names that are paths from here.
    """
    top = environ.get("GITHUB_WORKSPACE") or environ.get("CI_PROJECT_DIR")
    if not top:
        return ""
    try:
        here = os.getcwd() if any(each.name for each in verdicts) else find(None).root
    except CannotCheck:
        return ""
    below = os.path.relpath(os.path.realpath(here), os.path.realpath(top))
    return "" if below == "." or below.startswith("..") else f"{below}/"


def _say_text(verdicts: Sequence[Verdict]) -> None:
    if len(verdicts) == 1 and isinstance(verdicts[0], Unjudged) and not verdicts[0].name:
        _complain_text(verdicts)
        return
    terminal.say(said(verdicts), end="")


def said(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as text for standard output."""
    return _text(verdicts, sys.stdout)


def _complain_text(verdicts: Sequence[Verdict]) -> None:
    if verdicts and sys.stderr is not None:
        terminal.complain(_text(verdicts, sys.stderr).removesuffix("\n"))


def _text(verdicts: Sequence[Verdict], stream: TextIO) -> str:
    from dlm_git.formats.text import text

    return text(
        verdicts,
        colour=terminal.colour(os.environ, stream),
        width=terminal.width(stream),
        rules=RULES_URL if terminal.links(os.environ, stream) else "",
    )
