"""Verdicts, shown in the formats that are asked for, and the exit code they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module

from dlm_git import edit, terminal
from dlm_git.commands import CANNOT, CLEAN, FOUND
from dlm_git.finding import CannotCheck
from dlm_git.judge import Unjudged, Verdict


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


def show(verdicts: Sequence[Verdict], outputs: Sequence[Output]) -> int:
    """Write and print the verdicts; gives the exit code.

    The text goes to standard error if nothing goes to standard output.
    """
    for output in outputs:
        if output.file:
            edit.output(output.file, _rendered(verdicts, output.format))
    printed = [output.format for output in outputs if not output.file]
    for name in printed:
        if name == "text":
            _say_text(verdicts)
        else:
            terminal.say(_rendered(verdicts, name), end="")
    if "text" not in printed:
        problems = [verdict for verdict in verdicts if isinstance(verdict, Unjudged)]
        _complain_text(problems if printed else verdicts)
    return code(verdicts)


def code(verdicts: Sequence[Verdict]) -> int:
    """The exit code, the same in every format."""
    if any(isinstance(verdict, Unjudged) for verdict in verdicts):
        return CANNOT
    return CLEAN if all(not isinstance(v, Unjudged) and v.clean for v in verdicts) else FOUND


def _rendered(verdicts: Sequence[Verdict], name: str) -> str:
    return str(getattr(import_module(f"dlm_git.render.{name}"), name)(verdicts))


def _say_text(verdicts: Sequence[Verdict]) -> None:
    if len(verdicts) == 1 and isinstance(verdicts[0], Unjudged) and not verdicts[0].name:
        _complain_text(verdicts)
        return
    terminal.say(said(verdicts), end="")


def said(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as text for standard output."""
    from dlm_git.render.text import text

    colour = terminal.colour(os.environ, sys.stdout)
    return text(verdicts, colour=colour, width=terminal.width(sys.stdout))


def _complain_text(verdicts: Sequence[Verdict]) -> None:
    from dlm_git.render.text import text

    if verdicts and sys.stderr is not None:
        colour = terminal.colour(os.environ, sys.stderr)
        shown = text(verdicts, colour=colour, width=terminal.width(sys.stderr))
        terminal.complain(shown.removesuffix("\n"))
