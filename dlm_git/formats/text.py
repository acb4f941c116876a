"""Check results for people: a paragraph per finding, with the source line quoted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from dlm_git.formats.escape import LOG_COMMAND, escape, escape_line_commands, escape_path
from dlm_git.regex import compile_late
from dlm_git.report import (
    AcceptedFinding,
    CheckFailure,
    CheckOutcome,
    CheckResult,
    Finding,
    Note,
    SuppressedRule,
)
from dlm_git.values import Value

_STYLES = {"bold": "1", "red": "1;31", "cyan": "36", "dim": "2", "green": "32"}
_MAX_DOCUMENTS = 3  # in the line of a clean result
_GUTTER = 8  # columns before a quoted line
_WORD = compile_late(r"(?:`[^`]*`|\S)+")  # a command in backticks stays on one line


class Style(Value):
    """How to print.

    color: whether to color.
    width: columns of the terminal; 0 if the output is not a terminal, so that nothing is wrapped.
    rules_url: the address of the rules' documentation, '' for no links.
    quiet: whether only the notes of a clean result are printed.
    accepted: whether accepted findings are listed.
    exit_zero: whether findings do not change the exit code, which the summary says.
    """

    color: bool = False
    width: int = 0
    rules_url: str = ""
    quiet: bool = False
    accepted: bool = False
    exit_zero: bool = False

    @property
    def quote_width(self) -> int:
        """Return the number of characters of a source line to quote."""
        return min(100, max(20, self.width - _GUTTER)) if self.width else 100

    def styled(self, style: str, text: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if self.color else text

    def rule(self, name: str) -> str:
        styled = self.styled("red", name)
        if not self.rules_url:
            return styled
        return f"\033]8;;{self.rules_url}#{name}\033\\{styled}\033]8;;\033\\"  # OSC 8

    def wrapped(self, start: str, columns: int, text: str, indent: str) -> Iterator[str]:
        return wrap(start, columns, text, self.width, indent)


_PLAIN = Style()


def text(outcomes: Sequence[CheckOutcome], style: Style = _PLAIN) -> str:
    """Return results as lines `path:line:column: rule: message`, a quote, and `  help: hint`.

    Of several repositories or refs, those without findings are only counted, and equal notes are
    printed once.
    """
    lines = [line for outcome in outcomes for line in _outcome(outcome, style)]
    return as_lines([*lines, *notes(outcomes, style), *summary(outcomes, style)])


def as_lines(lines: Iterable[str]) -> str:
    """Return escaped lines as one text in which no line is a command of a log reader."""
    return escape_line_commands("".join(f"{line}\n" for line in lines))


def notes(outcomes: Sequence[CheckOutcome], style: Style) -> Iterator[str]:
    """Yield the notes; those that several repositories or refs share only once."""
    if not _is_single(outcomes):
        yield from _shared_notes(outcomes, style)
    elif isinstance(outcomes[0], CheckResult):
        for note in _shown_notes(outcomes[0], style):
            yield from _note(note, style)


def summary(outcomes: Sequence[CheckOutcome], style: Style) -> Iterator[str]:
    """Yield the last line, and before it one for each repository or ref that is not clean."""
    if not _is_single(outcomes):
        yield from _overview(outcomes, style)
    elif isinstance(outcomes[0], CheckResult) and (outcomes[0].findings or not style.quiet):
        yield _summary(outcomes[0], style)


def _is_single(outcomes: Sequence[CheckOutcome]) -> bool:
    return len(outcomes) == 1 and not outcomes[0].name


def _outcome(outcome: CheckOutcome, style: Style) -> Iterator[str]:
    if isinstance(outcome, CheckFailure):
        yield from failure_lines(outcome, style)
    elif not outcome.name:
        yield from _result(outcome, style)
    elif outcome.findings or (style.accepted and outcome.accepted):
        yield f"{style.styled('bold', escape_path(outcome.name))}: {escape(outcome.label)}"
        yield from _result(outcome, style)
        yield ""


def failure_lines(failure: CheckFailure, style: Style) -> Iterator[str]:
    """Yield the problem of a failed check and how to solve it."""
    start, columns = "dlm-git:", len("dlm-git:")
    if failure.name:
        name = escape_path(failure.name)
        start = f"{style.styled('bold', name)}: {style.styled('red', 'cannot check')}:"
        columns = columns_of(name) + len(": cannot check:")
    yield from style.wrapped(start, columns, escape(failure.message), "  ")
    yield from _hint(failure.hint, style)
    if failure.name:
        yield ""


def _result(result: CheckResult, style: Style) -> Iterator[str]:
    for finding in result.findings:
        yield from _finding(finding, style)
    if style.accepted:
        for accepted in result.accepted:
            yield from _accepted(accepted, style)
    if result.findings or not style.quiet:
        yield from map(_suppressed, result.suppressed)


def _finding(finding: Finding, style: Style) -> Iterator[str]:
    span = finding.span
    place = escape_path(finding.path) + (f":{span.line}:{span.column}" if span else "")
    start = f"{style.styled('bold', place)}: {style.rule(finding.rule)}:"
    columns = columns_of(place) + len(finding.rule) + len(": :")
    yield from style.wrapped(start, columns, escape(finding.message), "  ")
    yield from _quote(finding, style)
    yield from _hint(finding.hint, style)


def _accepted(accepted: AcceptedFinding, style: Style) -> Iterator[str]:
    from dlm_git.formats.accepted import acceptance  # late: see `_remarks`

    yield from _finding(accepted.finding.replace(hint=""), style)
    yield from style.wrapped(" ", 1, acceptance(accepted), " " * 4)


def _hint(hint: str, style: Style) -> Iterator[str]:
    if hint:
        start = f"  {style.styled('cyan', 'help')}:"
        yield from style.wrapped(start, len("  help:"), escape(hint), " " * len("  help: "))


def _quote(finding: Finding, style: Style) -> Iterator[str]:
    span, width = finding.span, style.quote_width
    if not span or not finding.quote.strip():
        return
    end = span.end_column if span.end_line == span.line else len(finding.quote) + 1
    first = max(0, span.column - 1 - width // 2)  # quote only the part of a long line around it
    before = ("…" if first else "") + escape(finding.quote[first : span.column - 1])
    marked = cut(escape(finding.quote[span.column - 1 : end - 1]), width)
    after = cut(escape(finding.quote[end - 1 :]), max(0, width - len(before) - len(marked)))
    if LOG_COMMAND.search(before + marked + after):  # the parts alone are harmless
        before, marked, after = (part.replace("#", "\\x23") for part in (before, marked, after))
    yield style.styled("dim", f"{span.line:5} | ") + before + marked + after
    carets = style.styled("red", "^" * max(1, columns_of(marked)))
    yield style.styled("dim", "      | ") + " " * columns_of(before) + carets


def _note(note: Note, style: Style, where: str = "") -> Iterator[str]:
    start = f"{style.styled('cyan', 'note')}:"
    yield from style.wrapped(start, len("note:"), escape(note.message) + where, "  ")
    yield from _hint(note.hint, style)


def _shown_notes(result: CheckResult, style: Style) -> Iterator[Note]:
    return (note for note in result.notes if not (style.quiet and note.optional))


def _shared_notes(outcomes: Sequence[CheckOutcome], style: Style) -> Iterator[str]:
    """Yield each note once, with the name of its repository or ref, or their number."""
    names: dict[Note, list[str]] = defaultdict(list)
    for outcome in outcomes:
        for note in _shown_notes(outcome, style) if isinstance(outcome, CheckResult) else ():
            names[note].append(outcome.name)
    for note, (name, *others) in names.items():
        count = f"{len(others) + 1} of {len(outcomes)}"
        yield from _note(note, style, f" ({count if others else escape_path(name)})")


def _suppressed(rule: SuppressedRule) -> str:
    return f"suppressed {rule.rule} ({count_findings(rule.count)}): {escape(rule.reason)}"


def _summary(result: CheckResult, style: Style) -> str:
    label = escape(result.label)
    remarks = f" ({'; '.join(parts)})" if (parts := [*_remarks(result)]) else ""
    if result.findings:
        count = f"{count_findings(len(result.findings))}{_selection(result)}"
        return style.styled("bold", f"{count} in {label}{remarks}") + _exit_code(style)
    documents = _documents(result.documents)
    count = f"no findings{_selection(result)}"
    return f"{style.styled('green', 'OK')}: {documents} in {label}, {count}{remarks}"


def _documents(paths: Sequence[str]) -> str:
    """Return the name of a document, or the number of several with the first names."""
    names = ", ".join(map(escape_path, paths[:_MAX_DOCUMENTS]))
    if len(paths) < 2:
        return names or "no documents"
    return f"{len(paths)} documents ({names}{', ...' if len(paths) > _MAX_DOCUMENTS else ''})"


def _selection(result: CheckResult) -> str:
    return " of the selected rules" if result.selected else ""


def _exit_code(style: Style) -> str:
    return "; the exit code is 0 (--exit-zero)" if style.exit_zero else ""


def _remarks(result: CheckResult) -> Iterator[str]:
    """Yield how many findings can be fixed, and how many are accepted."""
    if result.findings and not result.revision:  # a revision cannot be fixed
        yield from _fixable(result)
    if result.accepted:
        from dlm_git.formats.accepted import accepted_counts  # late: few results have them

        yield accepted_counts(result.accepted)


def _fixable(result: CheckResult) -> Iterator[str]:
    fixes = [finding.fix for finding in result.findings if finding.fix]
    safe = sum(fix.safe for fix in fixes)
    unsafe = len(fixes) - safe
    more = f", {unsafe} more with --unsafe-fixes" if unsafe else ""
    if safe:
        yield f"{safe} fixable with --fix{more}"
    elif unsafe:
        yield f"{unsafe} fixable with --fix --unsafe-fixes"


def _overview(outcomes: Sequence[CheckOutcome], style: Style) -> Iterator[str]:
    """Yield a line for each repository or ref that is not clean, and one that counts them all."""
    summaries = {outcome.name: _short_summary(outcome) for outcome in outcomes}
    rows = {escape_path(name): summary for name, summary in summaries.items() if summary}
    width = max(map(columns_of, rows), default=0)
    for name, summary in rows.items():
        yield f"{name}{' ' * (width - columns_of(name))}  {summary}"
    failed = sum(isinstance(outcome, CheckFailure) for outcome in outcomes)
    with_findings = len([summary for summary in summaries.values() if summary]) - failed
    clean = len(outcomes) - failed - with_findings
    if style.quiet and clean == len(outcomes):
        return
    unchecked = f", {failed} not checked" if failed else ""
    total = f"{len(outcomes)} in total: {clean} clean, {with_findings} with findings{unchecked}"
    results = [outcome for outcome in outcomes if isinstance(outcome, CheckResult)]
    if accepted := [one for result in results for one in result.accepted]:
        from dlm_git.formats.accepted import accepted_counts  # late: see `_remarks`

        total += f" ({accepted_counts(accepted)})"
    code = _exit_code(style) if with_findings and not failed else ""
    yield style.styled("green" if clean == len(outcomes) else "bold", total) + code


def _short_summary(outcome: CheckOutcome) -> str:
    """Return the rules that report something in an outcome, '' if it is clean."""
    if isinstance(outcome, CheckFailure):
        return "not checked"
    counts = Counter(finding.rule for finding in outcome.findings)
    return ", ".join(f"{count} {rule}" if count > 1 else rule for rule, count in counts.items())


def count_findings(count: int) -> str:
    """Return a number of findings in words."""
    return f"{count} finding{'' if count == 1 else 's'}"


def wrap(start: str, columns: int, text: str, width: int, indent: str) -> Iterator[str]:
    """Yield `start` and the text behind it, wrapped at words.

    columns: how many columns `start` takes; it can hold escape sequences.
    width: columns of the terminal; 0 wraps nothing.
    indent: what later lines begin with.
    """
    line, used = start, columns
    for word in _WORD.findall(text) if width else [text]:
        size = columns_of(word)
        if width and used > len(indent) and used + 1 + size > width:
            yield line
            line, used = f"{indent}{word}", len(indent) + size
        else:
            line, used = f"{line} {word}", used + 1 + size
    yield line


def cut(text: str, width: int) -> str:
    """Return a text, shortened to a number of characters."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    import unicodedata  # late: most text is ASCII

    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    marks = sum(unicodedata.combining(char) > 0 for char in text)
    return len(text) + wide - marks
