"""A fast loader for YAML as plain as `dlm-git init` and most authors write it.

It loads block mappings and lists of simple scalars, flow lists and mappings on one line, and
literal texts (`|`), without importing PyYAML. For any other text, valid or not, it returns None.
What it loads is what PyYAML's safe loader loads: a test compares both.
"""

from __future__ import annotations

import re

from dlm_git.regex import compile_late
from dlm_git.values import Value

_SCALAR = compile_late(
    r"""(?P<string>"[^"\\]*"|'[^']*')|(?P<word>(?:[0-9]*[A-Za-z]|\.\.?/)[\w./:*-]*(?<!:)|\.\.?)"""
    r"""|(?P<number>-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15}(?:[eE][-+][0-9]{1,3})?)?)""",
    re.ASCII,
)
# words with punctuation that means nothing inside a plain scalar of a block
_PHRASE = compile_late(r"([A-Za-z](?: *[^ #:[\]{}|`\\])*)(?: +#.*| *)")
_LINE = compile_late(r"( *)(- +)?(?:([a-z][a-z0-9_]{0,63}):(?: +|$))?(.*)")
_COMMENT = compile_late(r"(?: +#.*| *)")
_BLANK = compile_late(r" *(?:#.*)?")
_LITERAL = compile_late(r"\|(-?)(?: +#.*| *)")
_FLOW_KEY = compile_late(r"[a-z][a-z0-9_]{0,63}: +")
_FLOW_OPENER = compile_late(r"[\[{] *")
_FLOW_NEXT = compile_late(r" *(?:, *|(?=[\]}]))")
_CLOSERS = {"[": "]", "{": "}"}
# words that are not strings in YAML 1.1, in any case
_SPECIAL = frozenset(("y", "yes", "n", "no", "true", "false", "on", "off", "null"))
_CONSTANTS = {"true": True, "false": False, "null": None}
_MAX_DEPTH = 20
_MAX_LENGTH = 64 * 1024


class _Line(Value):
    """A line that is neither blank nor a comment.

    indent: the column of the dash, or of the key if there is no dash.
    dash: the characters from the dash to the item, 0 if there is no dash.
    key: the key, '' if there is none.
    value: the text after it.
    literal: the literal text below it, None if the value is not a `|`.
    """

    indent: int
    dash: int
    key: str
    value: str
    literal: str | None = None

    def __init__(
        self, indent: int, dash: int, key: str, value: str, literal: str | None = None
    ) -> None:
        """Set the fields, faster than `Value` does."""
        fields = self.__dict__
        fields["indent"], fields["dash"], fields["key"] = indent, dash, key
        fields["value"], fields["literal"] = value, literal


class _NotPlainError(Exception):
    """The text is not as plain as this loader needs it."""


def load_plain(text: str) -> dict[str, object] | None:
    """Return the mapping that PyYAML loads from a plain text, None if the text is not plain."""
    # without tabs and line ends other than LF; PyYAML accepts every printable character
    if len(text) > _MAX_LENGTH or not text.replace("\n", " ").isprintable():
        return None
    try:
        lines = _lines(text.split("\n"))
        mapping, end = _mapping(lines, 0, 0)
    except _NotPlainError:
        return None
    return mapping if end == len(lines) else None


def _lines(rows: list[str]) -> list[_Line]:
    """Return the lines of a text that are neither blank, comments nor literal text."""
    lines = []
    at = 0
    while at < len(rows):
        row, at = rows[at], at + 1
        if _BLANK.fullmatch(row):
            continue
        line = _split(row)
        if line.key and (header := _LITERAL.fullmatch(line.value)):
            literal, at = _literal(rows, at, line.indent + line.dash)
            line = line.replace(literal=literal.removesuffix("\n") if header[1] else literal)
        lines.append(line)
    return lines


def _literal(rows: list[str], at: int, outer: int) -> tuple[str, int]:
    """Return the literal text that begins in a row, and the index of the row after it.

    outer: the indent of its key.
    """
    start, indent = at, len(rows[at]) - len(rows[at].lstrip(" ")) if at < len(rows) else 0
    while at < len(rows) and not rows[at][:indent].strip(" "):
        at += 1
    content = [row[indent:] for row in rows[start:at]]
    if indent <= outer or not content[0]:
        raise _NotPlainError
    while not content[-1]:
        content.pop()
    ended = start + len(content) < len(rows)  # the last row of a text has no line end
    return "\n".join(content) + "\n" * ended, at


def _split(line: str) -> _Line:
    match = _LINE.fullmatch(line)
    assert match  # noqa: S101  (every line without a newline matches)
    indent, dash, key, value = match.groups(default="")
    return _Line(len(indent), len(dash), key, value)


def _mapping(lines: list[_Line], at: int, indent: int) -> tuple[dict[str, object], int]:
    """Return the mapping whose keys have an indent, and the index of the line after it."""
    mapping: dict[str, object] = {}
    while at < len(lines) and lines[at].indent == indent and not lines[at].dash:
        key = lines[at].key
        if not key or key in _SPECIAL or key in mapping:
            raise _NotPlainError
        mapping[key], at = _value(lines, at, indent)
    if not mapping:
        raise _NotPlainError
    return mapping, at


def _value(lines: list[_Line], at: int, indent: int) -> tuple[object, int]:
    """Return the value of the key in a line, and the index of the line after it."""
    if (literal := lines[at].literal) is not None:
        return literal, at + 1
    if not _COMMENT.fullmatch(lines[at].value and f" {lines[at].value}"):
        return _scalar(lines[at].value), at + 1
    at += 1
    if at == len(lines) or lines[at].indent > _MAX_DEPTH:
        raise _NotPlainError
    if lines[at].dash and lines[at].indent >= indent:
        return _sequence(lines, at, lines[at].indent)
    if lines[at].indent > indent:
        return _mapping(lines, at, lines[at].indent)
    raise _NotPlainError


def _sequence(lines: list[_Line], at: int, indent: int) -> tuple[list[object], int]:
    """Return the list whose dashes have an indent, and the index of the line after it."""
    items: list[object] = []
    while at < len(lines) and lines[at].indent == indent and lines[at].dash:
        line = lines[at]
        item: object
        if line.key:  # a mapping that begins behind the dash
            lines[at] = line.replace(indent=indent + line.dash, dash=0)
            item, at = _mapping(lines, at, indent + line.dash)
        else:
            item, at = _scalar(line.value), at + 1
        items.append(item)
    return items, at


def _scalar(text: str) -> object:
    """Return the value on the rest of a line, without its comment."""
    if phrase := _PHRASE.fullmatch(text):
        return _word(phrase[1])
    value, end = _flow(text, 0)
    if not _COMMENT.fullmatch(text, end):
        raise _NotPlainError
    return value


def _flow(text: str, at: int, depth: int = 0) -> tuple[object, int]:
    """Return the flow list, flow mapping or scalar at an offset, and the offset after it."""
    closer = _CLOSERS.get(text[at : at + 1], "")
    if not closer:
        return _flow_scalar(text, at)
    if depth == _MAX_DEPTH:
        raise _NotPlainError
    keys: list[str] = []
    values: list[object] = []
    at = _end(_FLOW_OPENER, text, at)
    while not text.startswith(closer, at):
        if closer == "}":
            end = _end(_FLOW_KEY, text, at)
            keys.append(text[at:end].rstrip(": "))
            at = end
        value, at = _flow(text, at, depth + 1)
        values.append(value)
        at = _end(_FLOW_NEXT, text, at)
    if len({*keys} - _SPECIAL) != len(keys):
        raise _NotPlainError
    return (values if closer == "]" else dict(zip(keys, values, strict=True))), at + 1


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Return the offset after a pattern that must match at an offset."""
    match = pattern.match(text, at)
    if not match:
        raise _NotPlainError
    return match.end()


def _flow_scalar(text: str, at: int) -> tuple[object, int]:
    match = _SCALAR.match(text, at)
    if not match:
        raise _NotPlainError
    value = match[0]
    match match.lastgroup:
        case "string":
            return value[1:-1], match.end()
        case "number":
            return (float(value) if "." in value else int(value)), match.end()
    return _word(value), match.end()


def _word(value: str) -> object:
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    if value.lower() in _SPECIAL or value.startswith(("0x", "0b")):  # or hexadecimal, binary
        raise _NotPlainError
    return value
