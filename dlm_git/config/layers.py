"""The layers of a config: files, as TOML tables, and flags; and how an inner one is merged."""

from __future__ import annotations

from dlm_git.errors import DlmGitError
from dlm_git.paths import PYPROJECT
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from typing import Any

    from dlm_git.validation import KeyPath

# keys whose values are joined; of any other, that of the innermost layer counts
_JOINED = frozenset({"allow", "secrets", "ignore", "ignore-path"})
# the keys that a key replaces, because a config has either
_REPLACED = {"include": ("sources",), "exclude": ("sources",), "sources": ("include", "exclude")}
# a lock of the former is one of the latter
_LOCKED_TOO = {"ignore": ("ignore-path",)}


class Layer(Value):
    """The values of one file, or of the flags.

    path: the file, '' for flags.
    values: the values, by key.
    data: the content of the file.
    extends: the file that it extends, relative to its directory; '' for none.
    locked: the keys that inner layers must not change.
    """

    path: str
    values: Mapping[str, Any]
    data: bytes = b""
    extends: str = ""
    locked: tuple[str, ...] = ()

    def origin(self, key: str) -> str:
        """Return the file or the flag that sets a key."""
        return self.path or flag(key)

    def place(self, *keys: str | int) -> str:
        """Return the file and line of a key, or the flag."""
        return place(self.path, self.data, keys) if self.path else flag(".".join(map(str, keys)))

    def locks(self) -> dict[str, Layer]:
        """Return this layer by the keys that it locks."""
        keys = (key for name in self.locked for key in (name, *_LOCKED_TOO.get(name, ())))
        return dict.fromkeys(keys, self)


def flag(key: str) -> str:
    """Return the flag that sets a key."""
    return "--" + ("policy" if key == "sources-policy" else key.replace(".", " ", 1))


def decided_keys(values: Mapping[str, Any]) -> set[str]:
    """Return the keys of a layer, and those that they replace."""
    return {*values, *(other for key in values for other in _REPLACED.get(key, ()))}


def merge(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> tuple[dict[str, Any], Set[str]]:
    """Return the values of two layers, and the keys whose values are joined from both."""
    replaced = decided_keys(inner) - inner.keys()
    kept = {key: value for key, value in outer.items() if key not in replaced}
    joined = _JOINED & kept.keys() & inner.keys()
    return {**kept, **inner, **{key: _join(kept[key], inner[key]) for key in joined}}, joined


def _join(outer: Any, inner: Any) -> Any:
    return {**outer, **inner} if isinstance(outer, dict) else [*outer, *inner]


# files


def find_table(files: Mapping[str, bytes]) -> tuple[str, dict[str, Any]]:
    """Return the path and the table of the file that configures dlm-git, '' if none does.

    Raises DlmGitError for invalid TOML, or if several files configure dlm-git.
    """
    tables = {path: table for path, data in files.items() if (table := parse_table(path, data))}
    if len(tables) > 1:
        names = " and ".join(f"'{path}'" for path in tables)
        raise DlmGitError(f"both {names} configure dlm-git", "keep one of them")
    return next(iter(tables.items()), ("", {}))


def parse_table(path: str, data: bytes) -> dict[str, Any] | None:
    """Return the table that configures dlm-git in a file, None if there is none.

    Raises DlmGitError for invalid TOML.
    """
    shared = _is_shared(path)
    if shared and not (b"dlm-git" in data or b"dlm_git" in data):
        return None  # dlm-git does not report errors in the config of other tools
    table = _load(path, data)
    if not shared:
        return table
    tool = table.get("tool", {})
    tool = tool if isinstance(tool, dict) else {}
    if "dlm_git" in tool:
        raise DlmGitError(f"unknown table [tool.dlm_git] in {path}", "did you mean [tool.dlm-git]?")
    own = tool.get("dlm-git")
    if own is not None and not isinstance(own, dict):
        raise DlmGitError(f"{path}: 'tool.dlm-git' must be a table", "write [tool.dlm-git]")
    return own


def place(path: str, data: bytes, keys: KeyPath) -> str:
    """Return a file with the line of a key, if that is known; '' for a flag.

    path: the file, '' for a flag.
    data: its content.
    """
    if not path:
        return ""
    from dlm_git.config.toml_text import key_line  # late: only errors need it

    table = ("tool", "dlm-git") if _is_shared(path) else ()
    line = key_line(data, (*table, *keys))
    return f"{path}:{line}" if line else path


def _is_shared(path: str) -> bool:
    """Return whether a config file is one of other tools too."""
    return path.rpartition("/")[2] == PYPROJECT


def _load(path: str, data: bytes) -> dict[str, Any]:
    from dlm_git.config.toml_plain import load_plain  # late: most repositories have no config

    if (plain := load_plain(data)) is not None:
        return plain
    from dlm_git.config.toml_text import load_toml  # late: it imports tomllib

    return load_toml(path, data)
