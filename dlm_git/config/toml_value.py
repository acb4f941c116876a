"""Values as TOML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def toml_pairs(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines `key = value` of a table, without the keys whose value is None."""
    pairs = ((key, value) for key, value in table.items() if value is not None)
    return (f"{_key(key)} = {toml_value(value)}" for key, value in pairs)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def toml_value(value: Any) -> str:
    """Return a string, a date, or a list or mapping of them on one line.

    Keys whose value is None are left out.
    """
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(toml_pairs(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return str(value)


def _string(value: str) -> str:
    """Return a basic string (TOML 1.0), in which every character is visible."""
    return '"' + "".join(map(_escape, value)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else f"\\U{ord(char):08x}"
