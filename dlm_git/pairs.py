"""The grammar of instruction and preference sections, which the trainer checks as it trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HEADERS = {
    "instruction": ("### Q", "### A"),
    "preference": ("### Prompt", "### Chosen", "### Rejected"),
}


@dataclass(frozen=True, slots=True)
class PairFault:
    """Why the trainer gives up at the line at `offset` of the content; None for the section."""

    offset: int | None
    reason: str
    help: str


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int


def fault(kind: str, content: str) -> PairFault | None:
    """The first fault in the content of a section of that type (dlm format, 2.7).

    The grammar is that of dlm 0.10.0, in which a text ends at the first blank line. Sections of the
    types without one have no fault.
    """
    if kind not in HEADERS:
        return None
    headers = HEADERS[kind]
    lines = list(_lines(content, probes=kind == "instruction"))
    at = _skip_blank(lines, 0)
    if at == len(lines):
        names = ", ".join(f"'{header}'" for header in headers)
        return PairFault(None, "the section holds no pairs", f"write {names}, each on its own line")
    while at < len(lines):
        for header in headers:
            stop = _field_end(lines, at + 1, headers)
            if at == len(lines) or lines[at].text != header or stop == at + 1:
                return _explained(lines, at, header)
            at = stop + (stop < len(lines) and not lines[stop].text)
        at = _skip_blank(lines, at)
    return None


def _lines(content: str, *, probes: bool) -> Iterator[_Line]:
    start = 0
    for line in content.splitlines(keepends=True):  # form feeds and U+2028 break lines here
        text = line.strip()
        yield _Line("### Q" if probes and text == "### Q !probe" else text, start)
        start += len(line)


def _skip_blank(lines: list[_Line], at: int) -> int:
    while at < len(lines) and not lines[at].text:
        at += 1
    return at


def _field_end(lines: list[_Line], at: int, headers: tuple[str, ...]) -> int:
    while at < len(lines) and lines[at].text and lines[at].text not in headers:
        at += 1
    return at


def _explained(lines: list[_Line], at: int, header: str) -> PairFault:
    if at == len(lines):
        hint = f"add '{header}' and, on the next line, its text"
        return PairFault(lines[-1].start, f"'{header}' is missing at the end", hint)
    line = lines[at]
    if line.text == header:
        hint = "begin the text on the line after the header, without a blank line between"
        return PairFault(line.start, f"'{header}' has no text", hint)
    if at and not lines[at - 1].text and not line.text.startswith("#"):
        reason = f"expected '{header}' after the blank line, which ends a text in dlm 0.10.0"
        return PairFault(line.start, reason, "take the blank lines out of the text")
    reason = f"expected '{header}' alone on its line, found '{line.text[:60]}'"
    hint = f"put '{header}' and, on the next line, its text before this line"
    return PairFault(line.start, reason, hint)
