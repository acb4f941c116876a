"""The errand of finding repositories: a list of paths, or all below a directory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dlm_git.finding import CannotCheck
from dlm_git.shadow import looks_like_one


def listed(data: bytes, *, nul: bool) -> list[str]:
    """The paths of a list: a line each, or each with a NUL at its end."""
    return [os.fsdecode(path) for path in data.split(b"\0" if nul else b"\n") if path]


def discovered(directory: str, *, submodules: bool = False) -> Iterator[str]:
    """The worktrees and bare repositories at or below a directory, sorted by their names.

    Links are not followed, hidden directories passed over, and repositories not looked into, but
    for the submodules and linked worktrees in them if that is asked. A directory that cannot be
    read is given too: what lies in it is not known to be in order. Raises CannotCheck where there
    is no such directory.
    """
    if not os.path.isdir(directory):
        raise CannotCheck(f"there is no directory '{directory}'", "check the path of --discover")
    todo = [os.path.normpath(directory)]
    while todo:
        folder = todo.pop()
        names = _names(folder)
        found = names is None or looks_like_one(names)
        if found:
            yield folder
        if names and (not found or (submodules and ".git" in names)):
            todo += _below(folder, [name for name, is_folder in names.items() if is_folder])


def _below(folder: str, names: Sequence[str]) -> list[str]:
    """What to look into next, the first name at the end."""
    seen = sorted((name for name in names if not name.startswith(".")), reverse=True)
    return [os.path.normpath(os.path.join(folder, name)) for name in seen]


def _names(folder: str) -> dict[str, bool] | None:
    """What stands in a directory, and which of it are directories; None if that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except FileNotFoundError:  # removed while we were looking
        return {}
    except OSError:
        return None
