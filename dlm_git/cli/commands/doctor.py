"""`dlm-git doctor`."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.options import add_color, add_directory, add_text_or_json
from dlm_git.cli.terminal import print_out, print_verbatim, use_color, width
from dlm_git.diagnosis import Group, Line, Report, State
from dlm_git.formats.escape import escape, replace_surrogates
from dlm_git.formats.text import wrap
from dlm_git.hooks.enforcement import enforcement
from dlm_git.operations.doctor import diagnose

EXAMPLES = """\
  dlm-git doctor                  # exit with 1 if something is off
  dlm-git doctor --format json    # the same for programs
"""
VERSION = 1
_COLORS: dict[State, str] = {"ok": "32", "info": "36", "problem": "1;31"}
_STATE_WIDTH = max(map(len, _COLORS)) + 4  # with two spaces on both sides


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    add_directory(parser)
    add_text_or_json(parser)
    add_color(parser)


def run(arguments: Namespace) -> int:
    """Print the report; FINDINGS if it has a problem."""
    report = _report(arguments.directory, os.environ)
    if arguments.format == "json":
        print_out(as_json(report))
    else:
        color, columns = use_color(os.environ, sys.stdout), width(sys.stdout)
        print_verbatim("\n".join(as_text(report, color=color, columns=columns)))
    return FINDINGS if report.problems else CLEAN


def _report(directory: str | None, environ: Mapping[str, str]) -> Report:
    found = diagnose(directory, environ)
    if not found.repository:
        return Report(found.groups)
    lines = enforcement(found.repository, found.snapshot, environ)
    return Report((*found.groups, Group("Hooks and CI", tuple(lines))))


def as_text(report: Report, *, color: bool = False, columns: int = 0) -> Iterator[str]:
    """Yield the lines of a report in aligned columns: state, name and value, and `help:` below.

    A hint for several lines in a row is printed once, below the last of them.

    columns: columns of the terminal; 0 wraps nothing.
    """
    names = [line.name for group in report.groups for line in group.lines]
    name_width = max(map(len, names), default=0) + 2
    for group in report.groups:
        yield _styled(group.title, "1", color)
        for line, following in zip_longest(group.lines, group.lines[1:]):
            shared_hint = following is not None and following.hint == line.hint
            shown = line.replace(hint="") if shared_hint else line
            yield from _line(shown, name_width, color=color, columns=columns)
        yield ""
    count = len(report.problems)
    if count:
        yield _styled(f"{count} problem{'' if count == 1 else 's'}", _COLORS["problem"], color)
    else:
        yield f"{_styled('OK', _COLORS['ok'], color)}: no problems"


def as_json(report: Report) -> str:
    """Return a report as JSON; `formats/doctor.schema.json` is its JSON Schema."""
    groups = [
        {
            "title": group.title,
            "lines": [
                {key: replace_surrogates(value) for key, value in line.as_dict().items()}
                for line in group.lines
            ],
        }
        for group in report.groups
    ]
    document = {"version": VERSION, "problems": len(report.problems), "groups": groups}
    return json.dumps(document, indent=2)


def _line(line: Line, name_width: int, *, color: bool, columns: int) -> Iterator[str]:
    margin = " " * (_STATE_WIDTH + name_width)
    state = _styled(line.state, _COLORS[line.state], color)
    padding = " " * (_STATE_WIDTH - 2 - len(line.state))
    start = f"  {state}{padding}{line.name:{name_width}}"[:-1]
    yield from wrap(start, len(margin) - 1, escape(line.value), columns, margin)
    if line.hint and line.state != "ok":
        start = f"{margin}{_styled('help', _COLORS['info'], color)}:"
        yield from wrap(start, len(margin) + 5, escape(line.hint), columns, f"{margin}      ")


def _styled(text: str, code: str, color: bool) -> str:
    return f"\033[{code}m{text}\033[0m" if color else text
