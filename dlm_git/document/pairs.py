"""The grammar of instruction and preference sections, which the trainer checks as it trains."""

from __future__ import annotations

from dataclasses import dataclass

HEADERS = {
    "instruction": ("### Q", "### A"),
    "preference": ("### Prompt", "### Chosen", "### Rejected"),
}


@dataclass(frozen=True, slots=True)
class PairViolation:
    """Why the trainer gives up at the line at `offset` of the content; None for the section."""

    offset: int | None
    reason: str
    hint: str


def check_pairs(kind: str, content: str) -> PairViolation | None:
    """The first fault in the content of a section of that type (dlm format, 2.7).

    The grammar is that of dlm 0.10.0, in which a text ends at the first blank line. Sections of the
    types without one have no fault.
    """
    if kind not in HEADERS:
        return None
    headers = HEADERS[kind]
    lines = _lines(content, probes=kind == "instruction")
    at = _skip_blank(lines, 0)
    if at == len(lines):
        names = ", ".join(f"'{header}'" for header in headers)
        return PairViolation(
            None, "the section holds no pairs", f"write {names}, each on its own line"
        )
    while at < len(lines):
        for header in headers:
            stop = _field_end(lines, at + 1, headers)
            if at == len(lines) or lines[at] != header or stop == at + 1:
                return _explained(content, lines, at, header)
            at = stop + (stop < len(lines) and not lines[stop])
        at = _skip_blank(lines, at)
    return None


def _lines(content: str, *, probes: bool) -> list[str]:
    # form feeds and U+2028 break lines here
    lines = [line.strip() for line in content.splitlines()]
    if probes and "!probe" in content:
        return ["### Q" if line == "### Q !probe" else line for line in lines]
    return lines


def _skip_blank(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at]:
        at += 1
    return at


def _field_end(lines: list[str], at: int, headers: tuple[str, ...]) -> int:
    while at < len(lines) and lines[at] and lines[at] not in headers:
        at += 1
    return at


def _explained(content: str, lines: list[str], at: int, header: str) -> PairViolation:
    if at == len(lines):
        hint = f"add '{header}' and, on the next line, its text"
        return PairViolation(_start(content, at - 1), f"'{header}' is missing at the end", hint)
    line, start = lines[at], _start(content, at)
    if line == header:
        hint = "begin the text on the line after the header, without a blank line between"
        return PairViolation(start, f"'{header}' has no text", hint)
    if at and not lines[at - 1] and not line.startswith("#"):
        reason = f"expected '{header}' after the blank line, which ends a text in dlm 0.10.0"
        return PairViolation(start, reason, "take the blank lines out of the text")
    reason = f"expected '{header}' alone on its line, found '{line[:60]}'"
    hint = f"put '{header}' and, on the next line, its text before this line"
    return PairViolation(start, reason, hint)


def _start(content: str, number: int) -> int:
    """Where a line begins."""
    return sum(map(len, content.splitlines(keepends=True)[:number]))
