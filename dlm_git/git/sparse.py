"""Files outside of the sparse checkout, which the working tree lacks (git-sparse-checkout(1))."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from posixpath import dirname

from dlm_git.fs import explain_os_errors
from dlm_git.git.index_file import may_skip_worktree
from dlm_git.git.process import Git
from dlm_git.paths import shell_quote
from dlm_git.snapshots.entry import Entry

_MAX_PATHS = 100
_SHOWN = 3


def outside_sparse_checkout(git: Git, paths: Sequence[str]) -> dict[str, str]:
    """Return those of the first paths that are outside of the sparse checkout.

    The values are the object ids in the index, whose flag `skip-worktree` decides.
    """
    wanted = set(paths[:_MAX_PATHS])
    index = git.environ.get("GIT_INDEX_FILE")
    if index and not _may_skip(index, git.environ["GIT_DIR"]):
        return {}
    # with paths, git writes the trees of a sparse index that it expands
    rows = os.fsdecode(git.list_few("ls-files", "-t", "--stage", "-z")).split("\0")
    skipped = (row.partition("\t") for row in rows if row.startswith("S "))
    return {path: head.split()[2] for head, _, path in skipped if path in wanted}


def _may_skip(index: str, git_dir: str) -> bool:
    with explain_os_errors("read", index):
        try:
            return may_skip_worktree(index, git_dir)
        except FileNotFoundError:
            return False


def sparse_directories(git: Git, entries: Sequence[Entry]) -> list[str]:
    """Return what to add to the sparse checkout to have some entries, [] if that does not help."""
    oids = outside_sparse_checkout(git, [entry.path for entry in entries])
    return addable(entry.path for entry in entries if oids.get(entry.path) == entry.oid)


def addable(paths: Iterable[str]) -> list[str]:
    """Return the directories of paths, or the paths themselves at the root."""
    return list(dict.fromkeys(dirname(path) or f"/{path}" for path in paths))


def sparse_hint(directories: Sequence[str]) -> str:
    """Return a hint that adds directories to the sparse checkout."""
    more = " ..." if len(directories) > _SHOWN else ""
    names = " ".join(map(shell_quote, directories[:_SHOWN]))
    return f"it is outside of the sparse checkout: `git sparse-checkout add {names}{more}`"
