"""Compare the values of two frontmatters, or of two `.dlm/training.yaml`, key by key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from dlm_git.values import Value

_SOURCES = "training.sources"


class ChangedSetting(Value):
    """A key whose value differs.

    file: path of the file that has the key.
    key: keys joined with dots, such as `training.lora_r`; of a source `training.sources[PATH].KEY`.
        '' stands for the lines of a `.dlm/ignore`.
    kind: 'added' and 'removed' are keys that one side does not have.
    old: value on the old side, None if it is not there.
    new: value on the new side, None if it is not there.
    """

    file: str
    key: str
    kind: Literal["added", "removed", "changed"]
    old: object
    new: object

    @property
    def added_items(self) -> list[str]:
        """Return the items that a list of strings has on the new side only."""
        return _items_without(self.new, self.old) if self.is_list else []

    @property
    def removed_items(self) -> list[str]:
        """Return the items that a list of strings has on the old side only."""
        return _items_without(self.old, self.new) if self.is_list else []

    @property
    def is_list(self) -> bool:
        """Return True if both sides have lists of strings or nothing, and not only empty lists."""
        sides = [side for side in (self.old, self.new) if side is not None]
        return any(sides) and all(
            isinstance(side, list) and all(isinstance(item, str) for item in side) for side in sides
        )


def compare_settings(
    file: str, old: Mapping[Any, object], new: Mapping[Any, object]
) -> Iterator[ChangedSetting]:
    """Yield the keys whose values differ, in the order of the new side.

    file: path of the file, for the result.
    old, new: loaded YAML. Comments, quotes and the order of keys do not count.
    """
    before, after = dict(_leaves("", old)), dict(_leaves("", new))
    for key in dict.fromkeys((*after, *before)):
        if key not in before:
            yield ChangedSetting(file, key, "added", None, _plain(after[key]))
        elif key not in after:
            yield ChangedSetting(file, key, "removed", _plain(before[key]), None)
        elif canonical(before[key]) != canonical(after[key]):
            yield ChangedSetting(file, key, "changed", _plain(before[key]), _plain(after[key]))


def canonical(value: object) -> str:
    """Return a text that is equal for equal YAML values; unlike in Python, 1 differs from true."""
    return json.dumps(_plain(value), sort_keys=True)


def _leaves(key: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the values that are not mappings, by their keys; and empty mappings."""
    if key == _SOURCES and isinstance(value, list) and _are_sources(value):
        yield from _sources(value)
    elif isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(f"{key}.{name}" if key else str(name), below)
    elif key:
        yield key, value


def _are_sources(value: list[Any]) -> bool:
    return all(isinstance(source, dict) and "path" in source for source in value)


def _sources(sources: list[dict[Any, object]]) -> Iterator[tuple[str, object]]:
    """Yield the keys of sources by their paths, and the order of the paths."""
    yield _SOURCES, [str(source["path"]) for source in sources]
    counts = Counter[str]()
    for source in sources:
        path = str(source["path"])
        counts[path] += 1
        name = path if counts[path] == 1 else f"{path} ({counts[path]})"
        for key, value in source.items():
            if key != "path":
                yield f"{_SOURCES}[{name}].{key}", value


def _plain(value: object) -> Any:
    """Return a YAML value as one of JSON: others, such as dates, as their text."""
    match value:
        case dict():
            return {str(key): _plain(below) for key, below in value.items()}
        case list() | tuple():
            return [_plain(below) for below in value]
        case set():
            return sorted(map(str, value))
        case float() if value - value != 0:  # NaN and infinity are not JSON
            return str(value)
        case None | bool() | int() | float() | str():
            return value
    return str(value)


def _items_without(items: object, others: object) -> list[str]:
    """Return the strings of a list, as often as a second list does not have them."""
    rest = Counter(others) if isinstance(others, list) else Counter[str]()
    missing = []
    for item in items if isinstance(items, list) else ():
        if rest[item]:
            rest[item] -= 1
        else:
            missing.append(item)
    return missing
