"""Verdicts as the summary of a GitHub job: a table in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import LocatedFinding, locate_findings
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.registry import RULES

# a step's summary is taken up to 1 MiB, and not at all beyond
_SIZE, _ROWS, _WIDTH = 1_000_000, 50, 1000
_SPECIAL = re.compile(r"[^A-Za-z0-9 ]")


def github_summary(verdicts: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """The verdicts as headings, tables and lists; of several the clean ones are counted only.

    What comes from a repository stands in code, every special character of it written by number,
    so that it is neither Markdown nor HTML.
    """
    parts = [_part(*pair) for pair in locate_findings(verdicts, prefix) if not _passed(pair[0])]
    shown = [
        part for part, size in zip(parts, accumulate(map(len, parts)), strict=True) if size < _SIZE
    ]
    return "".join([*shown, *_rest(len(verdicts) - len(parts), len(parts) - len(shown))])


def _passed(verdict: CheckOutcome) -> bool:
    return isinstance(verdict, CheckResult) and verdict.clean and bool(verdict.name)


def _rest(clean: int, cut: int) -> Iterator[str]:
    if clean:
        yield f"### dlm-git: nothing found in {clean} more\n\n"
    if cut:
        yield f"### dlm-git: {cut} more that do not fit in here\n\n"


def _part(verdict: CheckOutcome, found: Sequence[LocatedFinding]) -> str:
    return "".join(f"{line}\n" for line in _verdict(verdict, found))


def _verdict(verdict: CheckOutcome, found: Sequence[LocatedFinding]) -> Iterator[str]:
    name = f"{_code(escape_path(verdict.name))}: " if verdict.name else ""
    if isinstance(verdict, CheckFailure):
        yield f"### dlm-git: {name}cannot check\n"
        yield f"{_code(escape(verdict.message))}\n"
        yield from [f"help: {_code(escape(verdict.hint))}\n"] if verdict.hint else []
        return
    count = f"{len(found)} finding{'' if len(found) == 1 else 's'}" if found else "nothing found"
    yield f"### dlm-git: {name}{count} in {_code(escape(verdict.label))}\n"
    yield from _table(found)
    for ignored in verdict.suppressed:
        reason = _code(escape(ignored.reason))
        yield f"- ignored {ignored.rule} ({ignored.count} found): {reason}"
    yield from [""] if verdict.suppressed else []


def _table(found: Sequence[LocatedFinding]) -> Iterator[str]:
    if not found:
        return
    yield "| where | rule | what, and the way out |"
    yield "|---|---|---|"
    yield from map(_row, found[:_ROWS])
    yield ""
    if len(found) > _ROWS:
        yield f"and {len(found) - _ROWS} more\n"


def _row(issue: LocatedFinding) -> str:
    finding = issue.finding
    what = [_code(escape(text)) for text in (finding.message, finding.hint) if text]
    link = f"[{finding.rule}]({RULES[finding.rule].url})"
    return f"| {_code(issue.place)} | {link} | {'<br>'.join(what)} |"


def _code(shown: str) -> str:
    cut = shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"
    return f"<code>{_SPECIAL.sub(lambda found: f'&#{ord(found[0])};', cut)}</code>"
