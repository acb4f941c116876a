"""The grammar of instruction and preference sections, which the trainer checks while training."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dlm_git.document.sections import Section
from dlm_git.regex import compile_late
from dlm_git.values import Value

HEADERS = {
    "instruction": ("### Q", "### A"),
    "preference": ("### Prompt", "### Chosen", "### Rejected"),
}

# `splitlines` breaks lines at these too
_OTHER_BREAKS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# lines with visible text that are certainly not headers
_TEXT_LINE = r"[ \t]*+(?:[^\s#]|#(?!## [QAPCR]))[^\n]*+"
_TEXT = rf"\n{_TEXT_LINE}(?:\n{_TEXT_LINE})*+"


def _plain_pairs(headers: tuple[str, ...]) -> re.Pattern[str]:
    """Return a regular expression for contents of LF lines that follow the grammar.

    It matches most of them, and no others.
    """
    probe = "(?: !probe)?" if headers == HEADERS["instruction"] else ""
    first, *others = (re.escape(header) for header in headers)
    rest = "".join(rf"\n{{1,2}}{header}{_TEXT}" for header in others)
    return compile_late(rf"\n*+(?:{first}{probe}{_TEXT}{rest}(?:\n++|\Z))++")


_PLAIN_PAIRS = {kind: _plain_pairs(headers) for kind, headers in HEADERS.items()}


class PairViolation(Value):
    """A line at which the trainer stops.

    offset: start of the line in the section's content, None for the section as a whole.
    reason: the problem.
    hint: how to solve it.
    """

    offset: int | None
    reason: str
    hint: str


def pair_violations(
    text: str, sections: Iterable[Section]
) -> Iterator[tuple[Section, PairViolation]]:
    """Yield the sections of a text that violate their grammar, each with its first violation."""
    has_lf_lines = not any(character in text for character in _OTHER_BREAKS)
    for section in sections:
        plain = _PLAIN_PAIRS.get(section.type)
        if not plain or (has_lf_lines and plain.fullmatch(text, section.start, section.end)):
            continue
        violation = check_pairs(section.type, section.content)
        if violation:
            yield section, violation


def check_pairs(kind: str, content: str) -> PairViolation | None:
    """Return the first violation in the content of a section of a type that has pairs.

    The grammar is that of dlm 0.10.0, where a text ends at the first blank line (dlm format, 2.7).
    """
    headers = HEADERS[kind]
    lines = _lines(content, probes=kind == "instruction")
    at = _skip_blank(lines, 0)
    if at == len(lines):
        names = ", ".join(f"'{header}'" for header in headers)
        return PairViolation(None, "this section is empty", f"add {names}, each on its own line")
    while at < len(lines):
        for header in headers:
            end = _text_end(lines, at + 1, headers)
            if at == len(lines) or lines[at] != header or end == at + 1:
                return _explain(content, lines, at, header)
            at = end + (end < len(lines) and not lines[end])
        at = _skip_blank(lines, at)
    return None


def _lines(content: str, *, probes: bool) -> list[str]:
    # like the trainer, `splitlines` breaks lines at form feeds and U+2028 too
    lines = [line.strip() for line in content.splitlines()]
    if probes and "!probe" in content:
        return ["### Q" if line == "### Q !probe" else line for line in lines]
    return lines


def _skip_blank(lines: list[str], at: int) -> int:
    while at < len(lines) and not lines[at]:
        at += 1
    return at


def _text_end(lines: list[str], at: int, headers: tuple[str, ...]) -> int:
    while at < len(lines) and lines[at] and lines[at] not in headers:
        at += 1
    return at


def _explain(content: str, lines: list[str], at: int, header: str) -> PairViolation:
    """Return the violation for a line that should be a header with a text below it."""
    if at == len(lines):
        hint = f"add '{header}' and, on the next line, its text"
        return PairViolation(_start(content, at - 1), f"the section ends without '{header}'", hint)
    line, start = lines[at], _start(content, at)
    if line == header:
        hint = "start the text on the next line, without a blank line in between"
        return PairViolation(start, f"'{header}' has no text", hint)
    if at and not lines[at - 1] and not line.startswith("#"):
        reason = f"expected '{header}' after the blank line, which ends a text in dlm 0.10.0"
        return PairViolation(start, reason, "remove the blank lines from the text")
    reason = f"expected '{header}' alone on its line, found '{line[:60]}'"
    hint = f"insert '{header}' and, on the next line, its text before this line"
    return PairViolation(start, reason, hint)


def _start(content: str, number: int) -> int:
    """Return the offset of a line, counted from 0."""
    return sum(map(len, content.splitlines(keepends=True)[:number]))
