"""Verdicts for people: one finding a paragraph, the line at fault quoted."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from dlm_git.formats.escape import LOG_COMMAND, escape, escape_path
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult, Finding, SuppressedRule

_STYLES = {"bold": "1", "red": "1;31", "cyan": "36", "dim": "2", "green": "32"}


def text(
    verdicts: Sequence[CheckOutcome], *, colour: bool = False, width: int = 100, rules: str = ""
) -> str:
    """The verdicts as lines `path:line:col: rule: what`, a quote, `  help: the way out`.

    Of a quoted line about `width` characters are shown. Of several repositories or refs the clean
    ones are counted only. With `rules`, the address of their pages, the names of rules are links.
    """
    lines = [line for verdict in verdicts for line in _verdict(verdict, colour, width, rules)]
    if len(verdicts) != 1 or verdicts[0].name:
        lines += _table(verdicts, colour)
    return "".join(f"{line}\n" for line in lines)


def _verdict(verdict: CheckOutcome, colour: bool, width: int, rules: str) -> Iterator[str]:
    name = _styled("bold", escape_path(verdict.name), colour)
    if isinstance(verdict, CheckFailure):
        what = f"{name}: {_styled('red', 'cannot check', colour)}" if verdict.name else "dlm-git"
        yield f"{what}: {escape(verdict.message)}"
        if verdict.hint:
            yield f"  {_styled('cyan', 'help', colour)}: {escape(verdict.hint)}"
        yield from [""] if verdict.name else []
        return
    if verdict.name and verdict.clean:
        return
    if verdict.name:
        yield f"{name}: {escape(verdict.label)}"
    for finding in verdict.findings:
        yield from _finding(finding, colour, width, rules)
    yield from map(_ignored, verdict.suppressed)
    yield "" if verdict.name else _summary(verdict, colour)


def _table(verdicts: Sequence[CheckOutcome], colour: bool) -> Iterator[str]:
    """One line for each that is not clean, and one that counts them all."""
    words = {verdict.name: _words(verdict) for verdict in verdicts}
    odd = {escape_path(name): said for name, said in words.items() if said}
    width = max(map(_columns, odd), default=0)
    for name, said in odd.items():
        yield f"{name}{' ' * (width - _columns(name))}  {said}"
    broken = sum(isinstance(verdict, CheckFailure) for verdict in verdicts)
    faulty = len([said for said in words.values() if said]) - broken
    clean = len(verdicts) - broken - faulty
    unjudged = f", {broken} not judged" if broken else ""
    total = f"{len(verdicts)} judged: {clean} clean, {faulty} with findings{unjudged}"
    yield _styled("green" if clean == len(verdicts) else "bold", total, colour)


def _words(verdict: CheckOutcome) -> str:
    """What a table says of a verdict, '' if it is clean."""
    if isinstance(verdict, CheckFailure):
        return "not judged"
    counts = Counter(finding.rule for finding in verdict.findings)
    return ", ".join(f"{count} {rule}" if count > 1 else rule for rule, count in counts.items())


def _finding(finding: Finding, colour: bool, width: int, rules: str) -> Iterator[str]:
    span = finding.span
    place = escape_path(finding.path) + (f":{span.line}:{span.column}" if span else "")
    rule = _styled("red", finding.rule, colour)
    if rules:  # OSC 8
        rule = f"\033]8;;{rules}#{finding.rule}\033\\{rule}\033]8;;\033\\"
    yield f"{_styled('bold', place, colour)}: {rule}: {escape(finding.message)}"
    yield from _quote(finding, colour, width)
    if finding.hint:
        yield f"  {_styled('cyan', 'help', colour)}: {escape(finding.hint)}"


def _quote(finding: Finding, colour: bool, width: int) -> Iterator[str]:
    span = finding.span
    if not span or not finding.quote.strip():
        return
    end = span.end_column if span.end_line == span.line else len(finding.quote) + 1
    first = max(0, span.column - 1 - width // 2)  # of a long line only the part around the place
    before = ("…" if first else "") + escape(finding.quote[first : span.column - 1])
    marked = _cut(escape(finding.quote[span.column - 1 : end - 1]), width)
    after = _cut(escape(finding.quote[end - 1 :]), max(0, width - len(before) - len(marked)))
    if LOG_COMMAND.search(before + marked + after):  # each alone is harmless
        before, marked, after = (part.replace("#", "\\x23") for part in (before, marked, after))
    gutter = f"{span.line:5} | "
    yield _styled("dim", gutter, colour) + before + marked + after
    carets = "^" * max(1, _columns(marked))
    yield (
        _styled("dim", "      | ", colour) + " " * _columns(before) + _styled("red", carets, colour)
    )


def _cut(shown: str, width: int) -> str:
    return shown if len(shown) <= width else shown[: max(0, width - 1)] + "…"


def _columns(shown: str) -> int:
    """How many columns of a terminal the text takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in shown)
    marks = sum(unicodedata.combining(char) > 0 for char in shown)
    return len(shown) + wide - marks


def _ignored(ignored: SuppressedRule) -> str:
    count = f"{ignored.count} finding" + ("" if ignored.count == 1 else "s")
    return f"ignored {ignored.rule} ({count}): {escape(ignored.reason)}"


def _summary(report: CheckResult, colour: bool) -> str:
    count = len(report.findings)
    where = escape(report.label)
    if count:
        found = f"{count} finding{'s' if count > 1 else ''} in {where}"
        return _styled("bold", f"{found}{_mendable(report)}", colour)
    documents = ", ".join(escape_path(path) for path in report.documents) or "no document"
    return f"{where}: {documents}: {_styled('green', 'nothing found', colour)}"


def _mendable(report: CheckResult) -> str:
    count = sum(finding.fix is not None and finding.fix.safe for finding in report.findings)
    if report.revision or not count:  # a revision cannot be mended
        return ""
    every = "it" if count == 1 else "them all"
    return f"; --fix mends {every if count == len(report.findings) else f'{count} of them'}"


def _styled(style: str, shown: str, colour: bool) -> str:
    return f"\033[{_STYLES[style]}m{shown}\033[0m" if colour else shown
