"""Describe the kind of a repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from dlm_git.errors import DlmGitError
from dlm_git.git.environment import without_repository
from dlm_git.git.process import Git
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.values import Value

# `environment.OPTIONS` without core.hooksPath, which the user's config sets
_OPTIONS = ("--no-pager", "-c", "core.fsmonitor=false")
_SPARSE = ("config", "--type=bool", "--get", "core.sparseCheckout")


class HooksPath(Value):
    """The setting `core.hooksPath`.

    value: its value.
    origin: the file or the variable that sets it.
    """

    value: str
    origin: str


def repository_kinds(repository: Repository) -> Iterator[str]:
    """Yield what distinguishes a repository from an ordinary clone, such as 'shallow clone'."""
    if repository.bare:
        yield "bare repository"
    else:
        yield from _worktree_kinds(repository)
    if _answer(repository.git, "rev-parse", "--is-shallow-repository") == "true":
        yield "shallow clone"
    if _answer(repository.git, "config", "--get-regexp", r"^remote\..*\.promisor$"):
        yield "partial clone"
    if not repository.bare and _answer(worktree_git(repository), *_SPARSE) == "true":
        yield "sparse checkout"


def _worktree_kinds(repository: Repository) -> Iterator[str]:
    common = _answer(repository.git, "rev-parse", "--path-format=absolute", "--git-common-dir")
    if common and os.path.realpath(common) != os.path.realpath(repository.git_dir):
        yield f"linked worktree of '{common.removesuffix('/.git')}'"
    # GIT_DIR would hide the repository around this one
    environ = without_repository(repository.user_git.environ)
    git = repository.user_git.replace(environ=environ, directory=repository.root)
    outer = _answer(git, "rev-parse", "--show-superproject-working-tree")
    if outer:
        yield f"submodule of '{outer}'"


def configured_hooks_path(repository: Repository) -> HooksPath | None:
    """Return the setting `core.hooksPath`, None if it is not set."""
    git = repository.git.replace(options=_OPTIONS)
    question = ("config", "--show-origin", "-z", "--type=path", "--get", "core.hooksPath")
    origin, _, value = os.fsdecode(git.answer(*question, ok=(0, 1))).partition("\0")
    return HooksPath(value.removesuffix("\0"), origin.removeprefix("file:")) if origin else None


def unmerged_paths(repository: Repository) -> list[str]:
    """Return the paths that are in conflict in the index."""
    rows = os.fsdecode(repository.git.list_rows("ls-files", "--unmerged", "-z")).split("\0")
    return list(dict.fromkeys(row.partition("\t")[2] for row in rows if row))


def _answer(git: Git, *question: str) -> str:
    """Return the output of a git command, '' if it fails."""
    with suppress(DlmGitError):
        return os.fsdecode(git.output(*question)).removesuffix("\n")
    return ""
