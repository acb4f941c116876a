"""Escaping of text from a repository for terminals, logs and data formats."""

from __future__ import annotations

import re

_UNUSUAL = re.compile(r"[^\x20-\x7e]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# log readers execute `##[command]`, `##vso[` and `##teamcity[` anywhere in a line
LOG_COMMAND = re.compile(r"##(?=\w*\[)")
_PLAIN_PATH = re.compile(r"[^\s:\"'#`]\S*(?: \S+)*")


def escape(text: str) -> str:
    """Return text on one line, with control, invisible and bidirectional characters as escapes."""
    return LOG_COMMAND.sub(r"#\\x23", _UNUSUAL.sub(_escape_char, text))


def escape_path(path: str) -> str:
    """Return an escaped path, in double quotes unless it is a plain name.

    A quoted path cannot start a line with `::`, which GitHub's runner takes for a command.
    """
    escaped = escape(path)
    if escaped == path and _PLAIN_PATH.fullmatch(path):
        return path
    return '"' + escaped.replace('"', '\\"') + '"'


def replace_surrogates(text: str) -> str:
    """Return text with lone surrogates as escapes; JSON and UTF-8 parsers reject or mangle them."""
    return _SURROGATE.sub(_escape_char, text)


def _escape_char(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, kept as a surrogate escape
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable():
        return char
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:x}}}"
