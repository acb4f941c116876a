"""Locked keys: an inner layer must not change what an outer one has locked, for any corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlm_git.config.layers import Layer, merge
from dlm_git.config.toml_value import toml_value
from dlm_git.errors import DlmGitError
from dlm_git.patterns.glob import parse_ignore_lines

_ORDERED = ("secrets",)  # its last matching line counts, as in .dlm/ignore
_NOT_SET: tuple[object, ...] = (None, (), [], {})


def check_locks(
    before: Mapping[str, Any], after: Mapping[str, Any], layer: Layer, locks: Mapping[str, Layer]
) -> None:
    """Raise DlmGitError if a layer changes the value of a locked key, also in a `[[corpus]]` table.

    A lock of `ignore` also forbids names with `!` in `secrets`, which suppress a rule at paths.

    before, after: the values of all keys, without and with the layer.
    locks: the layer that locks each locked key.
    """
    for key, lock in locks.items():
        if _comparable(key, before.get(key)) != _comparable(key, after.get(key)):
            raise _error(key, before.get(key), layer, lock)
    if "ignore" in locks:
        _check_secrets(layer, locks["ignore"])
    if "corpus" not in locks:
        for number, table in enumerate(layer.values.get("corpus", ())):
            _check_table(number, table, before, layer, locks)


def _check_secrets(layer: Layer, lock: Layer) -> None:
    """Raise DlmGitError if a layer has names with `!` in `secrets`."""
    lines = "\n".join(layer.values.get("secrets", ()))
    exempt = next((rule for rule in parse_ignore_lines(lines) if rule.negated), None)
    if exempt:
        where, locked = layer.place("secrets"), lock.place("locked")
        found = toml_value(str(exempt))
        message = f"{where}: 'secrets' contains {found}, but 'ignore' is locked in {locked}"
        raise DlmGitError(message, f"remove it, or add it to 'secrets' in {lock.path}")


def _check_table(
    number: int,
    table: Mapping[str, Any],
    before: Mapping[str, Any],
    layer: Layer,
    locks: Mapping[str, Layer],
) -> None:
    """Raise DlmGitError if a `[[corpus]]` table of a layer changes the value of a locked key."""
    merged, _ = merge(before, table)
    for key, lock in locks.items():
        if _comparable(key, before.get(key)) != _comparable(key, merged.get(key)):
            raise _error(key, before.get(key), layer, lock, number)


def _error(
    key: str, expected: object, layer: Layer, lock: Layer, corpus: int | None = None
) -> DlmGitError:
    """Return the error about a value of a layer, or of one of its `[[corpus]]` tables."""
    values = layer.values if corpus is None else layer.values["corpus"][corpus]
    key_set = key if key in values else _replacing(values)
    found = values[key_set]
    value = "not set" if expected in _NOT_SET else toml_value(expected)
    path = (key_set,) if corpus is None else ("corpus", corpus, key_set)
    where, locked = layer.place(*path), lock.place("locked")
    message = f"{where}: '{key}' is locked in {locked}: expected {value}"
    if key_set == key:
        message += f", found {toml_value(found)}"
    elif layer.path:
        message += f", found '{key_set}'"
    of_corpus = "" if corpus is None else f" of corpus '{values['root']}'"
    remove = f"remove '{key_set}'{of_corpus} from {layer.path}" if layer.path else f"omit {where}"
    return DlmGitError(message, f"{remove}, or change '{key}' in {lock.path}")


def _replacing(values: Mapping[str, Any]) -> str:
    """Return the key that replaces another one."""
    return next(name for name in ("sources", "include", "exclude") if name in values)


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
