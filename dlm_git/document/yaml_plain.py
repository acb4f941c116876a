"""A fast loader for YAML as plain as `dlm-git init` and the trainer's scaffold write it.

It loads block mappings and lists of simple scalars, without importing PyYAML. For any other text,
valid or not, it returns None. What it loads is what PyYAML's safe loader loads: a test compares
both.
"""

from __future__ import annotations

import re

from dlm_git.regex import compile_late
from dlm_git.values import Value

# a plain text is printable ASCII, so that offsets, line ends and escapes need no care
_TEXT = compile_late(r"[ -~\n]*")
_QUOTED = r'"[^"\\\n]*"'
_SCALAR = compile_late(
    rf"(?P<string>{_QUOTED}|'[^'\n]*')|(?P<list>\[(?:{_QUOTED}(?:, *{_QUOTED})*)?\])"
    r"|(?P<word>[0-9]*[A-Za-z](?:[\w./:-]*[\w./-])?)"
    r"|(?P<integer>0|[1-9][0-9]{0,15})|(?P<float>[0-9]{1,15}\.[0-9]{1,15})",
    re.ASCII,
)
_LINE = compile_late(r"( *)(- +)?(?:([a-z][a-z0-9_]{0,63}):(?: +|$))?(.*)")
_COMMENT = compile_late(r"(?: +#.*| *)")
_BLANK = compile_late(r" *(?:#.*)?")
_ITEM = compile_late(_QUOTED)
_NUMBER = compile_late(r"0[xb]|[0-9]+[eE]|[0-9.]*$")  # words that may be numbers in some YAML
# words that are not strings in YAML 1.1, in any case
_SPECIAL = frozenset(("y", "yes", "n", "no", "true", "false", "on", "off", "null"))
_BOOLEANS = {"true": True, "false": False}
_MAX_DEPTH = 20
_MAX_LENGTH = 64 * 1024


class _Line(Value):
    """A line that is neither blank nor a comment.

    indent: the column of the dash, or of the key if there is no dash.
    dash: the characters from the dash to the item, 0 if there is no dash.
    key: the key, '' if there is none.
    value: the text after it.
    """

    indent: int
    dash: int
    key: str
    value: str


class _NotPlainError(Exception):
    """The text is not as plain as this loader needs it."""


def load_plain(text: str) -> dict[str, object] | None:
    """Return the mapping that PyYAML loads from a plain text, None if the text is not plain."""
    if len(text) > _MAX_LENGTH or not _TEXT.fullmatch(text):
        return None
    lines = [_split(line) for line in text.split("\n") if not _BLANK.fullmatch(line)]
    try:
        mapping, end = _mapping(lines, 0, 0)
    except _NotPlainError:
        return None
    return mapping if end == len(lines) else None


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
    match = _SCALAR.match(text)
    if not match or not _COMMENT.fullmatch(text, match.end()):
        raise _NotPlainError
    value = match[0]
    match match.lastgroup:
        case "string":
            return value[1:-1]
        case "list":
            return [item[1:-1] for item in _ITEM.findall(value)]
        case "integer":
            return int(value)
        case "float":
            return float(value)
    if value in _BOOLEANS:
        return _BOOLEANS[value]
    if value.lower() in _SPECIAL or _NUMBER.match(value):
        raise _NotPlainError
    return value
