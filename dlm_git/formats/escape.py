"""Text from a repository, made safe to show on a terminal and in a log."""

from __future__ import annotations

import re

_ODD = re.compile(r"[^\x20-\x7e]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# `##[command]`, `##vso[` and `##teamcity[` are commands to log readers wherever they stand
LOG_COMMAND = re.compile(r"##(?=\w*\[)")
_PLAIN_PATH = re.compile(r"[^\s:\"'#`]\S*(?: \S+)*")


def escape(text: str) -> str:
    """Text on one line, with control, invisible and direction-changing characters spelled out."""
    return LOG_COMMAND.sub(r"#\\x23", _ODD.sub(_spelled, text))


def escape_path(path: str) -> str:
    """A path as `visible` text, in double quotes unless it is a plain name.

    Quoted it can begin no line with `::`, which is a command to GitHub's runner.
    """
    shown = escape(path)
    if shown == path and _PLAIN_PATH.fullmatch(path):
        return path
    return '"' + shown.replace('"', '\\"') + '"'


def replace_surrogates(text: str) -> str:
    """Text without lone surrogates, which parsers of JSON and UTF-8 refuse or mangle."""
    return _SURROGATE.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, held as a surrogate escape
        return f"\\x{code - 0xDC00:02x}"
    if char.isprintable():
        return char
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:x}}}"
