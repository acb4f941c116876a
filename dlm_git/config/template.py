"""The text of a new config file."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import basename

from dlm_git.config.corpus_tables import CorpusTable
from dlm_git.config.load import Config, as_toml_table
from dlm_git.config.toml_value import toml_pairs, toml_value
from dlm_git.paths import PYPROJECT

_HEADER = "# What `dlm-git check` enforces in every clone, hook and CI job.\n"
_ALWAYS = ("sources-policy",)  # written even if it is the default


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
            lines += ["", f"[[{key}]]", *toml_pairs(table)]
    if "ignore" in tables:
        lines += ["", "[ignore]", *toml_pairs(tables["ignore"])]
    return _HEADER + "\n".join(lines) + "\n"


def with_tables(path: str, data: bytes, corpora: Sequence[CorpusTable]) -> bytes:
    """Return the content of a config file with further `[[corpus]]` tables at its end.

    The rest keeps its bytes.
    """
    header = "[[tool.dlm-git.corpus]]" if basename(path) == PYPROJECT else "[[corpus]]"
    tables = as_toml_table(Config(corpus=tuple(corpora)))["corpus"]
    lines = [line for table in tables for line in ("", header, *toml_pairs(table))]
    newline = "\r\n" if b"\r\n" in data else "\n"
    start = newline if data and not data.endswith(b"\n") else ""
    return data + (start + "".join(f"{line}{newline}" for line in lines)).encode()
