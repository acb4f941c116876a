"""Verdicts as workflow commands: GitHub's runner makes them annotations of a change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import LocatedFinding, full_message, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome

_MOST = 10  # GitHub drops further ones of a step, and says so nowhere
_PLACES = 20

# as the runner undoes it (actions/runner, ActionCommand.cs)
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def github(verdicts: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """The verdicts as lines `::error file=...::place: rule: what`; of the eleventh on a count."""
    commands = [*_problems(verdicts), *_annotations(verdicts, prefix)]
    lines = [command for _, command in commands[:_MOST]]
    rest = Counter(where for where, _ in commands[_MOST:])
    return "".join(f"{line}\n" for line in [*lines, *_more(rest)])


def _problems(verdicts: Sequence[CheckOutcome]) -> Iterator[tuple[str, str]]:
    for verdict in verdicts:
        if isinstance(verdict, CheckFailure):
            who = escape_path(verdict.name) if verdict.name else "dlm-git"
            yield (
                verdict.name,
                _command({"title": "cannot check"}, f"{who}: {full_message(verdict)}"),
            )


def _annotations(verdicts: Sequence[CheckOutcome], prefix: str) -> Iterator[tuple[str, str]]:
    for verdict, found in locate_findings(verdicts, prefix):
        within = f" in {escape(verdict.name)}" if verdict.name else ""
        for issue in found:
            properties = {**_position(issue), "title": issue.finding.rule + within}
            yield issue.path, _command(properties, f"{issue.place}: {issue.words}")


def _position(issue: LocatedFinding) -> dict[str, object]:
    span, file = issue.finding.span, {"file": escape(issue.path)}
    if not span:
        return {**file}
    lines = {"line": span.line, "endLine": span.end_line}
    if span.line != span.end_line:  # the runner takes no columns then
        return {**file, **lines}
    return {**file, **lines, "col": span.column, "endColumn": span.end_column}


def _command(properties: dict[str, object], data: str) -> str:
    pairs = [f"{key}={str(value).translate(_PROPERTY)}" for key, value in properties.items()]
    return f"::error {','.join(pairs)}::{data.translate(_DATA)}"


def _more(rest: Counter[str]) -> Iterator[str]:
    if not rest:
        return
    places = [f"{count} in {escape_path(where)}" for where, count in rest.most_common(_PLACES)]
    others = len(rest) - len(places)
    places += [f"the others in {others} more places"] if others else []
    yield f"and {rest.total()} more: {', '.join(places)}"
