"""The lines of `.gitattributes` that set some attributes, and the files that they may match."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import dirname

from dlm_git.patterns.dlmignore import ignore_lines, rebase
from dlm_git.patterns.gitignore import parse_gitignore
from dlm_git.patterns.glob import GLOBSTAR, IgnoreRule, parse_ignore_lines
from dlm_git.regex import compile_late
from dlm_git.values import Value

_LINE = compile_late(
    rb"^[ \t\r]*+(?!#)(\"(?:[^\"\\\n]|\\.)*+\"|[^ \t\r\n]++)([^\n]*+)", re.MULTILINE
)
_MACRO = b"[attr]"
_MAX_LINES = 1000  # beyond, they may match every file
_ESCAPE = compile_late(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_ESCAPED = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))
# what a line of a `.gitignore` cannot begin with, contain or end with, unless it is escaped
_SPECIAL = compile_late(rb"^[#!]|[\s\0]")


class _Line(Value):
    """A pattern, or a macro such as `[attr]binary`, and the attributes that it sets."""

    pattern: bytes
    attributes: frozenset[bytes]


def files_setting(files: Mapping[str, bytes], names: Collection[bytes]) -> dict[str, bytes]:
    """Return those of some `.gitattributes` that are needed to look up the attributes."""
    if not any(name in data for data in files.values() for name in names):
        return {}
    names = {*names, *_macros_setting(files, names)}
    return {path: data for path, data in files.items() if any(name in data for name in names)}


def rules_covering(files: Mapping[str, bytes], names: Collection[bytes]) -> list[IgnoreRule]:
    """Return lines of a `.dlm/ignore` that match at least the files that have an attribute."""
    names = {*names, *_macros_setting(files, names)}
    setting = [
        (parsed.pattern, dirname(path))
        for path, data in files.items()
        for parsed in _parse(data)
        if not (names.isdisjoint(parsed.attributes) or parsed.pattern.startswith(_MACRO))
    ]
    if len(setting) > _MAX_LINES:
        return list(parse_ignore_lines(GLOBSTAR))
    lines = (line for pattern, directory in setting for line in _ignore_lines(pattern, directory))
    return list(parse_ignore_lines("\n".join(dict.fromkeys(lines))))


def _macros_setting(files: Mapping[str, bytes], names: Collection[bytes]) -> set[bytes]:
    """Return the macros that set one of the attributes, perhaps by another macro."""
    macros = [
        line for data in files.values() for line in _parse(data) if line.pattern.startswith(_MACRO)
    ]
    found: set[bytes] = set()
    while True:
        more = {
            line.pattern.removeprefix(_MACRO)
            for line in macros
            if not line.attributes.isdisjoint({*names, *found})
        }
        if more <= found:
            return found
        found |= more


def _parse(data: bytes) -> Iterator[_Line]:
    for match in _LINE.finditer(data.removeprefix(b"\xef\xbb\xbf")):
        words = (word for word in match[2].split() if not word.startswith((b"-", b"!")))
        yield _Line(match[1], frozenset(word.partition(b"=")[0] for word in words))


def _ignore_lines(pattern: bytes, directory: str) -> Iterator[str]:
    """Translate a pattern of a `.gitattributes` into lines that match at least the same files."""
    if pattern.startswith(b'"'):
        pattern = _SPECIAL.sub(b"?", _ESCAPE.sub(_unescape, pattern[1:-1]))
    for parsed in parse_gitignore(pattern, directory):
        for alternative in rebase(parsed, ""):
            yield from ignore_lines(alternative.parts, "")


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 8) & 0xFF])
    return bytes([_ESCAPED.get(match[2][0], match[2][0])])
