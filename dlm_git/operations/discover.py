"""Find repositories below a directory, parse lists of them, and explain what is not one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from dlm_git.errors import DlmGitError
from dlm_git.git.repository import find_repository
from dlm_git.git.revisions import resolve_commit
from dlm_git.git.untrusted import is_repository
from dlm_git.paths import shell_quote

_PARTS = (".git", "HEAD", "objects", "refs")  # what a repository has, even a damaged one


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


def explain_other(path: str) -> DlmGitError | None:
    """Return the error for a file or a directory in a repository, or a revision, else None.

    Other programs check the paths that they are given; users expect the same of `check`.
    """
    if not os.path.lexists(path):
        return _explain_revision(path)
    if any(os.path.lexists(os.path.join(path, name)) for name in _PARTS):
        return None
    root = _root_of(path)
    if not root:
        return None
    kind = "directory" if os.path.isdir(path) else "file"
    own = _root_of(os.curdir) == root
    command = "dlm-git check" if own else f"dlm-git -C {shell_quote(root)} check"
    return DlmGitError(
        f"'{path}' is a {kind} in the repository '{root}', not a repository",
        f"`{command}` checks the whole repository",
    )


def _explain_revision(path: str) -> DlmGitError | None:
    try:
        resolve_commit(find_repository().git, path)
    except DlmGitError:
        return None
    return DlmGitError(
        f"'{path}' is a revision, not a repository",
        f"`dlm-git check --rev {shell_quote(path)}` checks it",
    )


def _root_of(path: str) -> str:
    """Return the closest directory around a path that contains `.git`, '' if there is none."""
    directory = os.path.realpath(path)
    while not os.path.lexists(os.path.join(directory, ".git")):
        directory, name = os.path.split(directory)
        if not name:
            return ""
    return directory


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
