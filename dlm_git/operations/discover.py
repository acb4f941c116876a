"""Find repositories below a directory, and parse lists of repositories."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dlm_git.errors import DlmGitError
from dlm_git.git.untrusted import is_repository


def parse_list(data: bytes, *, nul: bool) -> list[str]:
    """Return the paths in a list: one per line, or with `nul` each followed by a NUL."""
    return [os.fsdecode(path) for path in data.split(b"\0" if nul else b"\n") if path]


def discover_repositories(directory: str, *, submodules: bool = False) -> Iterator[str]:
    """Yield the working trees and bare repositories at or below a directory, sorted by name.

    Links and hidden directories are skipped. With `submodules`, working trees are searched for
    submodules and linked worktrees. A directory that cannot be read is yielded as well, so that
    its check fails. Raises DlmGitError if `directory` is not a directory.
    """
    if not os.path.isdir(directory):
        raise DlmGitError(f"'{directory}' is not a directory", "check the path of --discover")
    stack = [os.path.normpath(directory)]
    while stack:
        path = stack.pop()
        names = _list_directory(path)
        found = names is None or is_repository(names)
        if found:
            yield path
        if names and (not found or (submodules and ".git" in names)):
            stack += _subdirectories(path, [name for name, is_dir in names.items() if is_dir])


def _subdirectories(directory: str, names: Sequence[str]) -> list[str]:
    """Return the paths of subdirectories that are not hidden, in reverse order for the stack."""
    visible = sorted((name for name in names if not name.startswith(".")), reverse=True)
    return [os.path.normpath(os.path.join(directory, name)) for name in visible]


def _list_directory(path: str) -> dict[str, bool] | None:
    """Return each name in a directory, and whether it is one itself; None if it is unreadable."""
    try:
        with os.scandir(path) as entries:
            return {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except FileNotFoundError:  # removed during the search
        return {}
    except OSError:
        return None
