"""Regular expressions for tokens, of paths and of the rows that Git lists."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, WILDCARDS
from dlm_git.patterns.tokens import Tokens
from dlm_git.values import Value


class _Atoms(Value):
    """The regular expressions for single characters, and for the end of a path.

    star: a character that `*` matches.
    question: a character that `?` matches.
    globstar: a character that `**` matches.
    end: the end of the path.
    """

    star: str
    question: str
    globstar: str
    end: str


_OF_PATHS = _Atoms("[^/]", "[^/]", ".", r"\Z")
_OF_ROWS = _Atoms(r"[^/\x00]", r"(?:[^/\x00\x80-\xbf][\x80-\xbf]*+)", r"[^\x00]", r"\x00")


def path_regex(tokens: Tokens) -> str:
    """Return a regular expression for paths with a slash before them."""
    return _linear_regex(tokens, _OF_PATHS)


@lru_cache(maxsize=1024)
def row_regex(tokens: Tokens) -> bytes:
    """Return a regular expression for paths in bytes, with no slash before them, and a NUL."""
    if not all(map(_is_possible, tokens)):
        return b"(?!)"
    first = tokens[0] if tokens[0] in WILDCARDS else tokens[0].removeprefix("/")
    return _linear_regex((first, *tokens[1:]), _OF_ROWS).encode("utf-8", "surrogateescape")


def _is_possible(token: str) -> bool:
    """Return whether a path can contain a literal; YAML can hold NUL and any lone surrogate."""
    try:
        return "\0" not in token and os.fsdecode(os.fsencode(token)) == token
    except UnicodeEncodeError:
        return False


def _linear_regex(tokens: Tokens, atoms: _Atoms) -> str:
    """Return a regular expression that takes about linear time; the trainer's are exponential.

    Each segment between two `**` is matched where it first occurs, in an atomic group. This is
    exact, for anything may follow.
    """
    segments = [
        list(run) for is_globstar, run in groupby(tokens, GLOBSTAR.__eq__) if not is_globstar
    ]
    if tokens[:1] == (GLOBSTAR,):
        segments.insert(0, [])
    *head, last = [*segments, []] if tokens[-1:] == (GLOBSTAR,) else segments
    if not head:
        return _segment_regex(last, atoms, atoms.end)
    regex = _segment_regex(head[0], atoms)
    regex += "".join(f"(?>{atoms.globstar}*?{_segment_regex(one, atoms)})" for one in head[1:])
    if not last:
        return f"{regex}{atoms.globstar}*+{atoms.end}"
    # the number of slashes in the last segment fixes the component in which it begins
    slashes = sum(token.count("/") for token in last)
    rest = f"{atoms.star}*+(?:/{atoms.star}*+){{{slashes}}}{atoms.end}"
    component = f"(?>(?:{atoms.globstar}*/)?(?={rest}))"
    return regex + component + _segment_regex([STAR, *last], atoms, atoms.end)


def _segment_regex(segment: Sequence[str], atoms: _Atoms, end: str = "") -> str:
    """Return the regular expression of tokens without `**`.

    The chunks between two `*` are matched where they first occur, as in `_linear_regex`.
    """
    first, *rest = ["".join(_token_regex(t, atoms) for t in chunk) for chunk in _chunks(segment)]
    if not rest:
        return first + end
    *middle, last = rest
    regex = first + "".join(f"(?>{atoms.star}*?{chunk})" for chunk in middle)
    if end and not last:
        return f"{regex}{atoms.star}*+{end}"
    return f"{regex}(?>{atoms.star}*?{last}{end})"


def _chunks(segment: Sequence[str]) -> list[list[str]]:
    """Split tokens at each `*`."""
    chunks: list[list[str]] = [[]]
    for token in segment:
        if token == STAR:
            chunks.append([])
        else:
            chunks[-1].append(token)
    return chunks


def _token_regex(token: str, atoms: _Atoms) -> str:
    return atoms.question if token == QUESTION else re.escape(token)
