"""Escaping of text from a repository for terminals, logs and data formats."""

from __future__ import annotations

import re

from dlm_git.regex import compile_late

_UNUSUAL = compile_late(r"[^\x20-\x7e]")
_SURROGATE = compile_late(r"[\ud800-\udfff]")
# log readers execute `##[command]`, `##vso[` and `##teamcity[` anywhere in a line
LOG_COMMAND = compile_late(r"##(?=\w*\[)")
# GitHub's runner executes `::command::` at the start of a line, also behind blanks
_LINE_COMMAND = compile_late(r"^([^\S\n]*):(?=:)", re.MULTILINE)
_SUSPICIOUS = compile_late(r"[^\n\x20-\x7e]|##|::")
_PLAIN_PATH = compile_late(r"[^\s:\"'#`]\S*(?: \S+)*")


def escape(text: str) -> str:
    """Return text on one line, with control, invisible and bidirectional characters as escapes."""
    return LOG_COMMAND.sub(r"#\\x23", _UNUSUAL.sub(_escape_char, text))


def escape_lines(text: str) -> str:
    """Return text of several lines with each of them escaped, and none of them a command."""
    if not _SUSPICIOUS.search(text):
        return text
    return escape_line_commands("\n".join(map(escape, text.split("\n"))))


def escape_line_commands(text: str) -> str:
    """Return text without lines that GitHub's runner executes."""
    return _LINE_COMMAND.sub(r"\1\\x3a", text)


def escape_json(text: str) -> str:
    """Return JSON in ASCII with the same value, and nothing that log readers execute."""
    return LOG_COMMAND.sub(r"#\\u0023", text).replace("\x7f", r"\u007f")


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
