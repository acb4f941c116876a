"""Check results as the summary of a GitHub job: a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from dlm_git.formats.accepted import accepted_counts
from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.locations import LocatedFinding, locate_findings
from dlm_git.formats.markdown import code_html
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.registry import RULES

_MAX_SIZE = 1_000_000  # GitHub drops a summary of more than 1 MiB
_MAX_ROWS = 50


def github_summary(outcomes: Sequence[CheckOutcome], *, prefix: str = "") -> str:
    """Return headings, tables and lists; of several repositories, clean ones are only counted.

    Text from a repository is inside `<code>`, with special characters as numeric references, so
    that it is neither Markdown nor HTML.
    """
    located = locate_findings(outcomes, prefix)
    parts = [_part(*pair) for pair in located if not _is_clean_of_several(pair[0])]
    sizes = accumulate(map(len, parts))
    shown = [part for part, size in zip(parts, sizes, strict=True) if size < _MAX_SIZE]
    return "".join([*shown, *_rest(len(outcomes) - len(parts), len(parts) - len(shown))])


def _is_clean_of_several(outcome: CheckOutcome) -> bool:
    return isinstance(outcome, CheckResult) and outcome.clean and bool(outcome.name)


def _rest(clean: int, cut: int) -> Iterator[str]:
    if clean:
        yield f"### dlm-git: {clean} more without findings\n\n"
    if cut:
        yield f"### dlm-git: {cut} more not listed, for lack of space\n\n"


def _part(outcome: CheckOutcome, findings: Sequence[LocatedFinding]) -> str:
    return "".join(f"{line}\n" for line in _lines(outcome, findings))


def _lines(outcome: CheckOutcome, findings: Sequence[LocatedFinding]) -> Iterator[str]:
    name = f"{code_html(escape_path(outcome.name))}: " if outcome.name else ""
    if isinstance(outcome, CheckFailure):
        yield f"### dlm-git: {name}cannot check\n"
        yield f"{code_html(escape(outcome.message))}\n"
        yield from [f"help: {code_html(escape(outcome.hint))}\n"] if outcome.hint else []
        return
    count = _count(len(findings)) if findings else "no findings"
    yield f"### dlm-git: {name}{count} in {code_html(escape(outcome.label))}\n"
    yield from _table(findings)
    for rule in outcome.suppressed:
        yield f"- suppressed {rule.rule} ({_count(rule.count)}): {code_html(escape(rule.reason))}"
    if outcome.accepted:
        yield f"- {code_html(accepted_counts(outcome.accepted))}"
    for note in outcome.notes:
        texts = [code_html(escape(text)) for text in (note.message, note.hint) if text]
        yield f"- note: {'<br>'.join(texts)}"
    yield from [""] if outcome.suppressed or outcome.accepted or outcome.notes else []


def _count(count: int) -> str:
    return f"{count} finding{'' if count == 1 else 's'}"


def _table(findings: Sequence[LocatedFinding]) -> Iterator[str]:
    if not findings:
        return
    yield "| place | rule | message and hint |"
    yield "|---|---|---|"
    yield from map(_row, findings[:_MAX_ROWS])
    yield ""
    if len(findings) > _MAX_ROWS:
        yield f"and {len(findings) - _MAX_ROWS} more\n"


def _row(located: LocatedFinding) -> str:
    finding = located.finding
    texts = [code_html(escape(text)) for text in (finding.message, finding.hint) if text]
    link = f"[{finding.rule}]({RULES[finding.rule].url})"
    return f"| {code_html(located.place)} | {link} | {'<br>'.join(texts)} |"
