"""What a pattern that matches nothing was meant to say: other tools' grammars in dlm's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product

from dlm_git.patterns.glob import glob

_MAX = 20
_CONTENT = "a directory is not its content"
_DEEPER = "'*' stays in one directory"
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_BRACKETS = re.compile(r"\[([^\]!^][^\]]*)\]")
_ODD = re.compile(r"[{}\[\]\\]|^[/!~\s]|^\.{1,2}/|[/\s]$")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Why a pattern matches nothing, and the patterns that say what it was meant to say.

    They are `certain` if no other reading is likely, and each of them matches something.
    """

    reason: str
    patterns: tuple[str, ...] = ()
    certain: bool = False


def is_other_syntax(pattern: str) -> bool:
    """Whether a pattern is written in another grammar than dlm's, or can match no path."""
    return bool(_ODD.search(pattern)) or not pattern


def suggest_pattern(pattern: str, matches: Callable[[str], bool]) -> Suggestion | None:
    """The first reading of a pattern under which it matches something, by `matches`."""
    readings = [*_readings(pattern)]
    for reading in readings:
        living = tuple(each for each in reading.patterns if matches(each))
        if living:
            return Suggestion(
                reading.reason, living, reading.certain and living == reading.patterns
            )
    odd = (reading.reason for reading in readings if reading.reason not in (_CONTENT, _DEEPER))
    reason = next(odd, "dlm takes brackets literally" if "[" in pattern else "")
    return Suggestion(reason) if reason and is_other_syntax(pattern) else None


def _readings(pattern: str) -> Iterator[Suggestion]:
    steps = [
        ("white space around it is a part of it", _stripped),
        ("dlm takes '\\' literally, and paths have '/'", _slashed),
        ("patterns begin below the source, without './'", _dotless),
        ("patterns begin below the source, without a slash", _rootless),
        ("a comma is a part of a pattern", _commas),
        ("dlm takes braces literally", _braces),
        ("dlm takes brackets literally", _brackets),
        (_CONTENT, _content),
        (_DEEPER, _deeper),
    ]
    whole, all_certain = [pattern], True
    reasons: list[str] = []
    for reason, step in steps:
        alone = step(pattern)
        certain = step in (_dotless, _rootless, _braces) and len(alone) < _MAX
        if alone != [pattern]:
            yield Suggestion(reason, tuple(alone), certain)
        stepped = [each for before in whole for each in step(before)][:_MAX]
        if stepped != whole:
            whole, reasons = stepped, [*reasons, reason]
            all_certain = all_certain and certain and len(stepped) < _MAX
        if len(reasons) > 1:
            yield Suggestion(", and ".join(reasons), tuple(whole), all_certain)


def _stripped(pattern: str) -> list[str]:
    return [pattern.strip()]


def _slashed(pattern: str) -> list[str]:
    return [pattern.replace("\\", "/")]


def _dotless(pattern: str) -> list[str]:
    return [re.sub(r"^(?:\./)+", "", pattern)]


def _rootless(pattern: str) -> list[str]:
    return [pattern.lstrip("/")]


def _commas(pattern: str) -> list[str]:
    outside = _BRACES.sub("", pattern)
    return [part.strip() for part in pattern.split(",")] if "," in outside else [pattern]


def _braces(pattern: str) -> list[str]:
    parts = _BRACES.split(pattern)
    options = [part.split(",") if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(choice) for choice in islice(product(*options), _MAX)]


def _brackets(pattern: str) -> list[str]:
    parts = _BRACKETS.split(pattern)
    options = [_members(part) if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(choice) for choice in islice(product(*options), _MAX)]


def _members(listed: str) -> list[str]:
    spans = re.findall(r"(.)-(.)|(.)", listed, re.DOTALL)
    chars = [
        c for low, high, one in spans for c in (one or map(chr, range(ord(low), ord(high) + 1)))
    ]
    return list(dict.fromkeys(chars)) if 0 < len(chars) <= _MAX else ["?"]


def _content(pattern: str) -> list[str]:
    return (
        [f"{pattern.rstrip('/')}/**"] if pattern.strip("/") and pattern[-1:] != "*" else [pattern]
    )


def _deeper(pattern: str) -> list[str]:
    return (
        [f"**/{pattern}"]
        if pattern and "/" not in pattern and not pattern.startswith("**")
        else [pattern]
    )


def match_case(pattern: str, path: str) -> str | None:
    """The pattern with its letters in the case of a path, if it then matches it."""
    groups = [
        {"**": r"(.*?)", "*": r"([^/]*?)", "?": r"([^/])"}.get(token) or f"({re.escape(token)})"
        for token in glob(pattern).tokens
    ]
    if len(groups) > 90 or sum(token in ("**", "*") for token in glob(pattern).tokens) > 4:
        return None
    found = re.fullmatch("".join(groups), path, re.IGNORECASE | re.DOTALL)
    if not found:
        return None
    pieces = enumerate(re.findall(r"\*\*/?|.", pattern, re.DOTALL), start=1)
    wild = ("**", "**/", "*", "?")
    written = "".join(piece if piece in wild else found[at] for at, piece in pieces)
    return written if glob(written).match(path) else None
