"""Check results as workflow commands, which GitHub's runner turns into annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import (
    LocatedFinding,
    directory_prefix,
    full_message,
    locate_findings,
)
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult

_MAX_ANNOTATIONS = 10  # of a step; GitHub drops the rest without saying so
_MAX_PLACES = 20

# the runner undoes these escapes (actions/runner, ActionCommand.cs)
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def github(outcomes: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """Return lines `::error file=...::place: rule: message`, and a count of those beyond ten.

    Notes are `::notice` lines, of which the runner shows ten more.
    """
    commands = [*_failures(outcomes), *_annotations(outcomes, prefix)]
    lines = [command for _, command in commands[:_MAX_ANNOTATIONS]]
    rest = Counter(place for place, _ in commands[_MAX_ANNOTATIONS:])
    notices = [*_notices(outcomes, prefix)]
    lines += [*_rest(rest), *notices[:_MAX_ANNOTATIONS]]
    others = len(notices) - _MAX_ANNOTATIONS
    lines += [f"and {others} more notes"] if others > 0 else []
    return "".join(f"{line}\n" for line in lines)


def _failures(outcomes: Sequence[CheckOutcome]) -> Iterator[tuple[str, str]]:
    for outcome in outcomes:
        if isinstance(outcome, CheckFailure):
            name = escape_path(outcome.name) if outcome.name else "dlm-git"
            message = f"{name}: {full_message(outcome)}"
            yield outcome.name, _command("error", {"title": "cannot check"}, message)


def _annotations(outcomes: Sequence[CheckOutcome], prefix: str) -> Iterator[tuple[str, str]]:
    for outcome, findings in locate_findings(outcomes, prefix):
        repository = f" in {escape(outcome.name)}" if outcome.name else ""
        for located in findings:
            properties = {**_position(located), "title": located.finding.rule + repository}
            yield located.path, _command("error", properties, f"{located.place}: {located.message}")


def _notices(outcomes: Sequence[CheckOutcome], prefix: str) -> Iterator[str]:
    for outcome in outcomes:
        name = f"{escape_path(outcome.name)}: " if outcome.name else ""
        for note in outcome.notes if isinstance(outcome, CheckResult) else ():
            path = directory_prefix(outcome.name, prefix) + note.path
            properties = {**({"file": escape(path)} if note.path else {}), "title": "not checked"}
            yield _command("notice", properties, f"note: {name}{full_message(note)}")


def _position(located: LocatedFinding) -> dict[str, object]:
    span, file = located.finding.span, {"file": escape(located.path)}
    if not span:
        return {**file}
    lines = {"line": span.line, "endLine": span.end_line}
    if span.line != span.end_line:  # the runner rejects columns then
        return {**file, **lines}
    return {**file, **lines, "col": span.column, "endColumn": span.end_column}


def _command(name: str, properties: Mapping[str, object], data: str) -> str:
    pairs = [f"{key}={str(value).translate(_PROPERTY)}" for key, value in properties.items()]
    return f"::{name} {','.join(pairs)}::{data.translate(_DATA)}"


def _rest(counts: Counter[str]) -> Iterator[str]:
    if not counts:
        return
    places = [f"{count} in {escape_path(path)}" for path, count in counts.most_common(_MAX_PLACES)]
    others = len(counts) - len(places)
    places += [f"the rest in {others} more places"] if others else []
    yield f"and {counts.total()} more: {', '.join(places)}"
