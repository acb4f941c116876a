"""Files with the same problem, as one finding reports them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from posixpath import basename, dirname

from dlm_git.paths import group_by_directory
from dlm_git.training.training_set import SourceFiles

MAX_NAMES = 3  # in a message


def these(paths: Sequence[str]) -> str:
    """Return how a message names some files."""
    if len(paths) == 1:
        return "this file"
    names = ", ".join(f"'{basename(path)}'" for path in paths[:MAX_NAMES])
    return f"{len(paths)} files ({names}{', ...' if len(paths) > MAX_NAMES else ''})"


def quoted(names: Sequence[str]) -> str:
    """Return the first names, quoted, and the number of the others."""
    shown = ", ".join(f"'{name}'" for name in names[:MAX_NAMES])
    return shown + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")


def it(paths: Sequence[str]) -> str:
    """Return the pronoun for some files."""
    return "it" if len(paths) == 1 else "them"


def grouped(source: SourceFiles, paths: Sequence[str]) -> dict[str, list[str]]:
    """Group some files of a source by the topmost directories that contain no other file of it."""
    return group_by_directory(paths, _neighbors(source, paths), [source.root.path])


def _neighbors(source: SourceFiles, paths: Sequence[str]) -> Iterator[str]:
    """Yield one other file for each directory of the paths that has one."""
    chosen = set(paths)
    for directory in {dirname(path) for path in paths}:
        below = source.files.below(source.root, directory)
        yield from islice((path for path in below if path not in chosen), 1)
