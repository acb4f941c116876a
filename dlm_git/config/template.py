"""Configs as TOML: the text of a new config file, and single values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename
from typing import Any

from dlm_git.config.corpus_tables import CorpusTable
from dlm_git.config.load import Config, as_toml_table
from dlm_git.paths import PYPROJECT

_HEADER = "# What `dlm-git check` enforces in every clone, hook and CI job.\n"
_ALWAYS = ("sources-policy",)  # written even if it is the default
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def render_config(config: Config) -> str:
    """Return a config as TOML, without the keys that have their default value."""
    default = as_toml_table(Config())
    values = {
        key: value
        for key, value in as_toml_table(config).items()
        if key in _ALWAYS or value != default[key]
    }
    tables = {key: values.pop(key) for key in ("sources", "corpus", "ignore") if key in values}
    lines = [f"{key} = {toml_value(value)}" for key, value in values.items()]
    for key in ("sources", "corpus"):
        for table in tables.get(key, ()):
            lines += ["", f"[[{key}]]", *_pairs(table)]
    if "ignore" in tables:
        lines += ["", "[ignore]", *_pairs(tables["ignore"])]
    return _HEADER + "\n".join(lines) + "\n"


def with_tables(path: str, data: bytes, corpora: Sequence[CorpusTable]) -> bytes:
    """Return the content of a config file with further `[[corpus]]` tables at its end.

    The rest keeps its bytes.
    """
    header = "[[tool.dlm-git.corpus]]" if basename(path) == PYPROJECT else "[[corpus]]"
    tables = as_toml_table(Config(corpus=tuple(corpora)))["corpus"]
    lines = [line for table in tables for line in ("", header, *_pairs(table))]
    newline = "\r\n" if b"\r\n" in data else "\n"
    start = newline if data and not data.endswith(b"\n") else ""
    return data + (start + "".join(f"{line}{newline}" for line in lines)).encode()


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    pairs = ((key, value) for key, value in table.items() if value is not None)
    return (f"{_key(key)} = {toml_value(value)}" for key, value in pairs)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def toml_value(value: Any) -> str:
    """Return a string, a list or a mapping on one line; keys whose value is None are left out."""
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pairs(value)) + "}"
    return "[" + ", ".join(map(toml_value, value)) + "]"


def _string(value: str) -> str:
    """Return a basic string (TOML 1.0), in which every character is visible."""
    return '"' + "".join(map(_escape, value)) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() else f"\\U{ord(char):08x}"
