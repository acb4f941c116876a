"""Read the ignore patterns of one clone, which Git does not track (gitignore(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dlm_git.fs import read_file
from dlm_git.git.process import Git
from dlm_git.git.repository import Repository, worktree_git

_MAX_SIZE = 1 << 20  # bytes


def read_local_ignores(repository: Repository) -> dict[str, bytes]:
    """Return the contents of `core.excludesFile` and `info/exclude`, by these names, if they exist.

    Raises DlmGitError if a file cannot be read, or has more than a megabyte.
    """
    contents = {}
    for name, path in _paths(worktree_git(repository)):
        data = read_file("/", os.path.realpath(path).lstrip("/"), _MAX_SIZE)
        if data is not None:
            contents[name] = data
    return contents


def _paths(git: Git) -> Iterator[tuple[str, str]]:
    if path := _excludes_file(git):
        yield "core.excludesFile", os.path.join(git.directory, path)
    yield "info/exclude", git.git_path("info/exclude")


def _excludes_file(git: Git) -> str:
    """Return the path of the user's ignore file, '' if there is none."""
    output = git.answer("config", "--path", "-z", "--get", "core.excludesFile", ok=(0, 1))
    if output:
        return os.fsdecode(output).removesuffix("\0")
    home, config = git.environ.get("HOME", ""), git.environ.get("XDG_CONFIG_HOME", "")
    directory = config or (home and f"{home}/.config")
    return f"{directory}/git/ignore" if directory else ""
