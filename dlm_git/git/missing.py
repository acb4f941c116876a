"""Find out why the index does not contain a path."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from dlm_git.errors import DlmGitError
from dlm_git.git import refs
from dlm_git.git.repository import Repository, find_ignore_pattern, is_tracked
from dlm_git.git.sparse import outside_sparse_checkout
from dlm_git.snapshots.snapshot import MissingPathStatus


def explain_missing(
    repository: Repository, path: str, intent_to_add: Collection[str]
) -> MissingPathStatus:
    """Return why the index does not contain a path."""
    if path in intent_to_add:
        return MissingPathStatus("intent-to-add")
    if _is_left_out(repository, path):
        return MissingPathStatus("left-out")
    if outside_sparse_checkout(repository.git, [path]):
        return MissingPathStatus("sparse")
    if on_disk := _explain_by_disk(repository, path):
        return on_disk
    commit = refs.look_up(repository.git, "HEAD")
    return MissingPathStatus("deleted" if commit and _holds(repository, commit, path) else "absent")


def _explain_by_disk(repository: Repository, path: str) -> MissingPathStatus | None:
    """Return whether a path is ignored or untracked, None if it is not in the working tree."""
    try:
        root = repository.root
    except DlmGitError:  # there is no working tree
        return None
    if ignored := find_ignore_pattern(repository, path):
        return ignored
    return MissingPathStatus("untracked") if os.path.lexists(Path(root, path)) else None


def _holds(repository: Repository, commit: str, path: str) -> bool:
    """Return whether a commit contains a path.

    It reads trees only, so that a partial clone need not have the content; unlike `rev-parse`,
    `ls-tree` fails in all versions of git if a tree is missing.
    """
    question = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path)
    try:
        return repository.git.list_few(*question) != b"\0"
    except DlmGitError as error:
        raise DlmGitError(
            "cannot look up HEAD: trees are missing, as in a partial clone without its trees",
            "in a partial clone, `git checkout` fetches them; otherwise run `git fsck`",
        ) from error


def _is_left_out(repository: Repository, path: str) -> bool:
    """Return True if a path is staged, but `git commit PATH` commits only other paths."""
    if "GIT_INDEX_FILE" not in repository.user_git.environ:
        return False
    environ = {k: v for k, v in repository.git.environ.items() if k != "GIT_INDEX_FILE"}
    return is_tracked(repository.git.replace(environ=environ), path)
