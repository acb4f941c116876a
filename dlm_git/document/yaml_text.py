"""Strings and lists as YAML text."""

from __future__ import annotations

from collections.abc import Sequence

from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.regex import compile_late

_PLAIN = compile_late(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


def double_quoted(value: str) -> str:
    """Return a string in double quotes, escaped for YAML."""
    return '"' + "".join(map(_escape, value)) + '"'


def quoted(value: str) -> str:
    """Return a string as YAML 1.1: plain if it stays a string that way, else in double quotes."""
    tree = load_yaml(value) if _PLAIN.fullmatch(value) else None
    return value if isinstance(tree, YamlTree) and tree.value == value else double_quoted(value)


def flow_list(values: Sequence[str]) -> str:
    """Return a list of strings as YAML on one line."""
    return "[" + ", ".join(map(double_quoted, values)) + "]"


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char != "\ufeff":
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
