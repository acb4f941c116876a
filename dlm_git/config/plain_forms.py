"""The forms of ordinary values in a config, for `fits`.

A table that is plain is valid for pydantic too. A test derives the forms from `schema.Config`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from posixpath import normpath

from dlm_git.paths import DLM, is_absolute
from dlm_git.regex import compile_late
from dlm_git.validation import fits

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAME = compile_late(r"\w[\w-]*")
_BASE = (str, [str])
_PATTERNS = ([str], None)
_SOURCES = ([{"path": str, "include": _PATTERNS, "exclude": _PATTERNS}], None)
_CORPUS = {
    "root": str,
    "base": (*_BASE, None),
    "include": _PATTERNS,
    "exclude": _PATTERNS,
    "sources": _SOURCES,
    "sources-policy": ("strict", "permissive", None),
    "name": (str, None),
}
FORMS = {
    "base": _BASE,
    "include": _PATTERNS,
    "exclude": _PATTERNS,
    "sources": _SOURCES,
    "sources-policy": ("strict", "permissive"),
    "name": str,
    "corpus": [_CORPUS],
    "allow": [(str, {"path": str, "base": (*_BASE, None)})],
    "secrets": [str],
    "ignore": {str: str},
    "ignore-path": [{"paths": [str], "rules": [str], "reason": str, "until": (str, None)}],
}
FILE_FORMS = {**FORMS, "extends": str, "locked": [tuple(FORMS)]}


def is_plain(table: Mapping[str, Any], forms: Mapping[str, Any] = FORMS) -> bool:
    """Return whether a config has ordinary values only; others may be valid too.

    forms: FORMS, or FILE_FORMS for the table of a file.
    """
    if not fits(table, forms):
        return False
    corpora = table.get("corpus", ())
    return (
        _has_plain_roots(corpora)
        and all(_has_plain_names(each) and _has_plain_sources(each) for each in (table, *corpora))
        and all(map(_is_plain_entry, table.get("ignore-path", ())))
    )


def _has_plain_roots(corpora: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the roots of corpora are valid and different."""
    roots = [corpus.get("root", "") for corpus in corpora]
    return len(roots) == len(set(roots)) and all(map(is_root, roots))


def is_root(path: str) -> bool:
    """Return whether a path can be the root of a corpus: a directory, or '.' for all."""
    parts = path.split("/")
    return (
        normpath(path) == path
        and "\0" not in path
        and path[0] not in "/~"
        and not {"..", ".git", DLM}.intersection(parts)
    )


def _has_plain_names(table: Mapping[str, Any]) -> bool:
    """Return whether the base models, names and reasons of a table are valid."""
    documents = [entry for entry in table.get("allow", ()) if not isinstance(entry, str)]
    bases = [entry["base"] for entry in (table, *documents) if "base" in entry]
    return (
        all(base is None or len(base) for base in bases)
        and all("path" in document for document in documents)
        and _NAME.fullmatch(table.get("name") or "corpus") is not None
        and all(map(str.strip, table.get("ignore", {}).values()))
        and _is_plain_path(table.get("extends", "x"))
    )


def _is_plain_entry(entry: Mapping[str, Any]) -> bool:
    """Return whether an entry of `ignore-path` is valid, and has no date."""
    filled = entry.get("paths") and entry.get("rules") and entry.get("reason", "").strip()
    return bool(filled) and "until" not in entry


def _is_plain_path(path: str) -> bool:
    return path.isprintable() and not is_absolute(path)


def _has_plain_sources(table: Mapping[str, Any]) -> bool:
    """Return whether the sources of a table are valid, and not beside patterns."""
    if table.get("sources") is None:
        return True
    paths = [source.get("path", "") for source in table["sources"]]
    return (
        len(paths) == len(set(paths))
        and all(normpath(path) == path and not path.startswith(("/", "..")) for path in paths)
        and table.get("include") is table.get("exclude") is None
    )
