"""TOML text: loading it, with the line of each error, and finding the lines of keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dlm_git.errors import DlmGitError
from dlm_git.validation import KeyPath

_PART = r"""(?:[\w-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*+"
_LINE = re.compile(rf"[ \t]*(?:(\[\[?)[ \t]*({_DOTTED})[ \t]*\]|({_DOTTED})[ \t]*=)")
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def load_toml(path: str, data: bytes) -> dict[str, Any]:
    """Load a TOML file. Raises DlmGitError with the line if tomllib refuses it.

    path: the name of the file, for errors.
    """
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DlmGitError(f"{path}:{line}: not UTF-8: {error}", "save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise _error(path, data, str(error)) from error
    except RecursionError as error:
        line = _longest_run(data, rb"[\[{]")
        message = f"{path}:{line}: invalid TOML: arrays and tables are nested too deeply"
        raise DlmGitError(
            message, "remove brackets; no key needs more than three levels"
        ) from error
    except ValueError as error:  # Python refuses integers of more than 4300 digits
        line = _longest_run(data, rb"[\d_]")
        message = f"{path}:{line}: invalid TOML: an integer has too many digits"
        raise DlmGitError(message, "no key takes an integer; strings need quotes") from error


def key_line(data: bytes, keys: KeyPath) -> int | None:
    """Return the number of the line that sets a key, or of the nearest key around it.

    Lines in strings of several lines count as keys too; the number is for messages only.

    keys: names and list indexes from the top of the file.
    """
    best, depth = None, 0
    for number, path in _key_lines(data.decode("utf-8-sig", "replace")):
        common = _common(path, keys)
        if common > depth:
            best, depth = number, common
    return best


def _longest_run(data: bytes, characters: bytes) -> int:
    """Return the number of the line with the longest run of characters, of a class of an re."""
    runs = re.finditer(rb"%b+" % characters, data)
    longest = max(runs, key=lambda run: len(run[0]), default=None)
    return data.count(b"\n", 0, longest.start() if longest else 0) + 1


def _error(path: str, data: bytes, message: str) -> DlmGitError:
    match = _POSITION.search(message)
    reason = message[: match.start()] if match else message
    if match and match[1]:
        place = f"{path}:{match[1]}:{match[2]}"
    else:  # at the end of the document
        place = f"{path}:{len(data.splitlines()) or 1}"
    unquoted = "Invalid value" in reason and match and match[1]
    hint = 'TOML strings need quotes: base = "..."' if unquoted else "see https://toml.io"
    return DlmGitError(f"{place}: invalid TOML: {reason}", hint)


def _key_lines(text: str) -> Iterator[tuple[int, KeyPath]]:
    """Yield the numbers of the lines with a table header or a key, and the paths from the top."""
    table: KeyPath = ()
    indexes: dict[KeyPath, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        match = _LINE.match(line)
        if not match:
            continue
        bracket, header, key = match.groups()
        if not header:
            yield number, (*table, *_parts(key))
            continue
        *around, name = _parts(header)
        table = (*_with_indexes(around, indexes), name)
        if bracket == "[[":
            indexes[table] = indexes.get(table, -1) + 1
        table = _with_indexes([name], indexes, table[:-1])
        yield number, table


def _with_indexes(
    names: Sequence[str | int], indexes: Mapping[KeyPath, int], start: KeyPath = ()
) -> KeyPath:
    """Return a path of keys from the top, with the index of the last table of each array."""
    path = start
    for name in names:
        path = (*path, name)
        path = (*path, indexes[path]) if path in indexes else path
    return path


def _parts(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))


def _common(first: KeyPath, second: KeyPath) -> int:
    """Return how many keys two paths share at their start."""
    pairs = zip(first, second, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))
