"""Find out why the index does not contain a path."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from dlm_git.errors import DlmGitError
from dlm_git.git import refs
from dlm_git.git.repository import Repository, find_ignore_pattern
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
    with suppress(DlmGitError):  # no working tree, or a symbolic link in the path
        ignored = find_ignore_pattern(repository, path)
        if ignored:
            return ignored
        if os.path.lexists(Path(repository.root, path)):
            return MissingPathStatus("untracked")
    if not refs.look_up(repository.git, "HEAD"):
        return MissingPathStatus("absent")
    # reads trees only, so that a partial clone need not have the content; unlike `rev-parse`,
    # it fails in all versions of git if a tree is missing
    question = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", "HEAD", "--", path)
    code, rows, _ = repository.git.run(*question, ok=(0, 1, 128))
    if code:
        raise DlmGitError(
            "cannot look up HEAD: trees are missing, as in a partial clone without its trees",
            "in a partial clone, `git checkout` fetches them; otherwise run `git fsck`",
        )
    return MissingPathStatus("deleted" if rows else "absent")


def _is_left_out(repository: Repository, path: str) -> bool:
    """Return True if a path is staged, but `git commit PATH` commits only other paths."""
    if "GIT_INDEX_FILE" not in repository.user_git.environ:
        return False
    environ = {k: v for k, v in repository.git.environ.items() if k != "GIT_INDEX_FILE"}
    git = repository.git.replace(environ=environ)
    return bool(git.output("--literal-pathspecs", "ls-files", "-z", "--", path))
