"""The report of `dlm-git doctor`: groups of lines, each with its state and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from dlm_git.errors import DlmGitError
from dlm_git.values import Value

State = Literal["ok", "info", "problem"]


class Line(Value):
    """A line of the report.

    name: what the line is about, such as 'git' or 'config'.
    value: what was found.
    state: 'problem' if something is off; 'info' if it is missing or not certain, but not a problem.
    hint: how to fix or change it, or ''.
    """

    name: str
    value: str
    state: State = "ok"
    hint: str = ""


class Group(Value):
    """Lines with a common title."""

    title: str
    lines: tuple[Line, ...]


class Report(Value):
    """What protects a repository, in groups."""

    groups: tuple[Group, ...]

    @property
    def problems(self) -> tuple[Line, ...]:
        """Return the lines where something is off."""
        lines = (line for group in self.groups for line in group.lines)
        return tuple(line for line in lines if line.state == "problem")


def guarded(name: str, lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines; if one of them cannot be determined, yield the error in its place."""
    try:
        yield from lines
    except DlmGitError as error:
        yield error_line(name, error)


def error_line(name: str, error: DlmGitError) -> Line:
    """Return the line for something that cannot be read."""
    return Line(name, error.message, "problem", error.hint)


def shortened(lines: list[Line], limit: int) -> list[Line]:
    """Return at most `limit` lines, problems first, and one that counts the others."""
    shown = sorted(lines, key=lambda line: line.state != "problem")[:limit]
    rest = len(lines) - len(shown)
    return [*shown, Line(lines[0].name, f"and {rest} more", "info")] if rest else shown
