"""Paths gathered by directory, so that a thousand files of one are told in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import dirname


def grouped(paths: Iterable[str], others: Iterable[str]) -> dict[str, list[str]]:
    """The paths below the topmost directories that hold none of the others.

    The keys are those directories, with a slash at their end, or a path that stands alone.
    """
    mixed = {""}
    for path in others:
        for folder in _around(path):
            if folder in mixed:
                break
            mixed.add(folder)
    groups: dict[str, list[str]] = {}
    for path in paths:
        whole = None
        for folder in _around(path):
            if folder in mixed:
                break
            whole = folder
        groups.setdefault(f"{whole}/" if whole else path, []).append(path)
    return {paths[0] if len(paths) == 1 else key: paths for key, paths in groups.items()}


def _around(path: str) -> Iterator[str]:
    """The directories around a path, from the innermost."""
    while path := dirname(path):
        yield path
