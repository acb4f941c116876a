"""Patterns as sequences of components, compared with a directory that is such a sequence too."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR, glob
from dlm_git.patterns.overlap import overlap
from dlm_git.patterns.tokens import path_tokens

Parts = tuple[str, ...]


def below(parts: Parts, directory: Parts, *, widen: bool) -> set[Parts]:
    """Return a pattern limited to what is below a directory.

    directory: components without GLOBSTAR.
    widen: return more than the pattern matches, not less, where the grammar has no exact pattern.
    """
    return {prefix + rest for prefix, rest in _follow(parts, directory, widen=widen) if rest}


def matching(parts: Parts, directory: Parts, *, widen: bool) -> set[Parts]:
    """Return the directories that both a pattern and `directory` match."""
    return {prefix for prefix, rest in _follow(parts, directory, widen=widen) if not rest}


def covers(parts: Parts, directory: Parts) -> bool:
    """Return whether a pattern surely matches each directory that `directory` matches."""
    return directory in matching(parts, directory, widen=False)


def without_globstar(parts: Parts) -> Parts:
    """Return the components of a pattern where each GLOBSTAR stands for no directory."""
    return tuple(part for part in parts if part != GLOBSTAR)


def _follow(parts: Parts, directory: Parts, *, widen: bool) -> set[tuple[Parts, Parts]]:
    """Return the components that match a directory, each with what is left of the pattern."""
    states: set[tuple[Parts, Parts]] = {((), parts)}
    for name in directory:
        states = {
            ((*prefix, common), rest)
            for prefix, start in states
            for common, rest in _step(start, name, widen=widen)
        }
    return states


def _step(parts: Parts, name: str, *, widen: bool) -> Iterator[tuple[str, Parts]]:
    if not parts:
        return
    if parts[0] == GLOBSTAR:
        yield name, parts
        if parts[1:]:
            yield from _step(parts[1:], name, widen=widen)
        else:
            yield name, ()
    elif common := _common(parts[0], name, widen=widen):
        yield common, parts[1:]


@lru_cache(maxsize=4096)
def _common(part: str, name: str, *, widen: bool) -> str:
    """Return a component for the names that both match, '' if there is none."""
    if _covers(part, name):
        return name
    if _covers(name, part):
        return part
    return name if widen and overlap(path_tokens(part), path_tokens(name)) else ""


def _covers(part: str, name: str) -> bool:
    """Return whether a component surely matches each name that another one matches."""
    # a `*` of `name` stands for any number of characters, so no `?` may match it
    return glob(part).match(name) and not (QUESTION in part and STAR in name)
