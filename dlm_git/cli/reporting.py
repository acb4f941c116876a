"""Verdicts, shown in the formats that are asked for, and the exit code they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from dlm_git.about import RULES_URL
from dlm_git.cli.exit_codes import CLEAN, ERROR, FINDINGS
from dlm_git.cli.terminal import links, print_err, print_out, use_color, width
from dlm_git.errors import DlmGitError
from dlm_git.formats import FORMATS
from dlm_git.fs import append_text, write_report
from dlm_git.git.repository import find_repository
from dlm_git.report import CheckFailure, CheckOutcome


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
            raise DlmGitError("--output wants one format", "write --format NAME=FILE for each")
        found[at[0]] = Output(found[at[0]].format, file)
    places = [output.file for output in found]
    for place in places:
        if places.count(place) > 1:
            where = f"'{place}'" if place else "standard output"
            raise DlmGitError(f"two formats go to {where}", "write --format NAME=FILE")
    return found


def show(
    verdicts: Sequence[CheckOutcome], outputs: Sequence[Output], *, quiet: bool = False
) -> int:
    """Write and print the verdicts; gives the exit code.

    The text goes to standard error if nothing goes to standard output; where nothing was found it
    is left away if `quiet`.
    """
    for output in outputs:
        if output.file:
            write_report(output.file, _rendered(verdicts, output.format))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary and any(output.format == "github" for output in outputs):
        from dlm_git.formats.github_summary import github_summary

        placed = [replace(each, name=_from_here(each.name)) for each in verdicts]
        append_text(summary, github_summary(placed, prefix=_prefix(verdicts, os.environ)))
    printed = [output.format for output in outputs if not output.file]
    for name in printed:
        if name == "text":
            if not (quiet and code(verdicts) == CLEAN):
                _say_text(verdicts)
        else:
            print_out(_rendered(verdicts, name), end="")
    if "text" not in printed:
        problems = [verdict for verdict in verdicts if isinstance(verdict, CheckFailure)]
        if not (quiet and code(verdicts) == CLEAN):
            _complain_text(problems if printed else verdicts)
    return code(verdicts)


def code(verdicts: Sequence[CheckOutcome]) -> int:
    """The exit code, the same in every format."""
    if any(isinstance(verdict, CheckFailure) for verdict in verdicts):
        return ERROR
    return CLEAN if all(not isinstance(v, CheckFailure) and v.clean for v in verdicts) else FINDINGS


def _rendered(verdicts: Sequence[CheckOutcome], name: str) -> str:
    if name in ("text", "json"):
        return FORMATS[name](verdicts, "")
    placed = [replace(each, name=_from_here(each.name)) for each in verdicts]
    return FORMATS[name](placed, _prefix(verdicts, os.environ))


def _from_here(name: str) -> str:
    return os.path.relpath(name) if os.path.isabs(name) else name


def _prefix(verdicts: Sequence[CheckOutcome], environ: Mapping[str, str]) -> str:
    """How to get from the directory that CI checked out to what the paths are relative to.

    Several verdicts have names that are paths from here.
    """
    top = environ.get("GITHUB_WORKSPACE") or environ.get("CI_PROJECT_DIR")
    if not top:
        return ""
    try:
        here = os.getcwd() if any(each.name for each in verdicts) else find_repository(None).root
    except DlmGitError:
        return ""
    below = os.path.relpath(os.path.realpath(here), os.path.realpath(top))
    return "" if below == "." or below.startswith("..") else f"{below}/"


def _say_text(verdicts: Sequence[CheckOutcome]) -> None:
    if len(verdicts) == 1 and isinstance(verdicts[0], CheckFailure) and not verdicts[0].name:
        _complain_text(verdicts)
        return
    print_out(said(verdicts), end="")


def said(verdicts: Sequence[CheckOutcome]) -> str:
    """The verdicts as text for standard output."""
    return _text(verdicts, sys.stdout)


def _complain_text(verdicts: Sequence[CheckOutcome]) -> None:
    if verdicts and sys.stderr is not None:
        print_err(_text(verdicts, sys.stderr).removesuffix("\n"))


def _text(verdicts: Sequence[CheckOutcome], stream: TextIO) -> str:
    from dlm_git.formats.text import text

    return text(
        verdicts,
        color=use_color(os.environ, stream),
        width=width(stream),
        rules_url=RULES_URL if links(os.environ, stream) else "",
    )
