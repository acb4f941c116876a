"""Locked keys: an inner layer must not change what an outer one has locked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlm_git.config.layers import Layer
from dlm_git.config.toml_value import toml_value
from dlm_git.errors import DlmGitError

_ORDERED = ("secrets",)  # its last matching line counts, as in .dlm/ignore
_NOT_SET: tuple[object, ...] = (None, (), [], {})


def check_locks(
    before: Mapping[str, Any], after: Mapping[str, Any], layer: Layer, locks: Mapping[str, Layer]
) -> None:
    """Raise DlmGitError if a layer changes the value of a locked key.

    before, after: the values of all keys, without and with the layer.
    locks: the layer that locks each locked key.
    """
    for key, lock in locks.items():
        if _comparable(key, before.get(key)) != _comparable(key, after.get(key)):
            raise _error(key, before.get(key), layer, lock)


def _error(key: str, expected: object, layer: Layer, lock: Layer) -> DlmGitError:
    key_set = key if key in layer.values else _replacing(layer)
    found = layer.values[key_set]
    value = "not set" if expected in _NOT_SET else toml_value(expected)
    where, locked = layer.place(key_set), lock.place("locked")
    message = f"{where}: '{key}' is locked in {locked}: expected {value}"
    if key_set == key:
        message += f", found {toml_value(found)}"
    elif layer.path:
        message += f", found '{key_set}'"
    remove = f"remove '{key_set}' from {layer.path}" if layer.path else f"omit {where}"
    return DlmGitError(message, f"{remove}, or change '{key}' in {lock.path}")


def _replacing(layer: Layer) -> str:
    """Return the key of a layer that replaces another one."""
    return next(name for name in ("sources", "include", "exclude") if name in layer.values)


def _comparable(key: str, value: Any) -> object:
    """Return a value that is equal for two values of a key with the same meaning."""
    value = [value] if key == "base" and isinstance(value, str) else value
    if isinstance(value, list | tuple):
        items = [*map(_plain, value)]
        return [*dict.fromkeys(reversed(items))] if key in _ORDERED else {*items}
    return _plain(value)


def _plain(value: Any) -> str:
    """Return a text that is equal for equal values, `None` and missing keys of tables aside."""
    if isinstance(value, Mapping):
        pairs = sorted((key, _plain(item)) for key, item in value.items() if item is not None)
        return repr(pairs)
    return repr([*map(_plain, value)] if isinstance(value, list | tuple) else value)
