"""Describe the kind of a repository."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dlm_git.git.environment import without_repository
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.values import Value

# `environment.OPTIONS` without core.hooksPath, which the user's config sets
_OPTIONS = ("--no-pager", "-c", "core.fsmonitor=false")
_PROMISORS = ("config", "-z", "--get-regexp", r"^remote\..*\.promisor$")
_SPARSE = ("config", "-z", "--type=bool", "--get", "core.sparseCheckout")
# the latter prints nothing outside of a submodule
_SUPERPROJECT = ("rev-parse", "--is-inside-work-tree", "--show-superproject-working-tree")


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
    if repository.git.line("rev-parse", "--is-shallow-repository") == "true":
        yield "shallow clone"
    if repository.git.answer(*_PROMISORS, ok=(0, 1)):
        yield "partial clone"
    if not repository.bare and worktree_git(repository).answer(*_SPARSE, ok=(0, 1)) == b"true\0":
        yield "sparse checkout"


def _worktree_kinds(repository: Repository) -> Iterator[str]:
    common = repository.git.line("rev-parse", "--path-format=absolute", "--git-common-dir")
    if os.path.realpath(common) != os.path.realpath(repository.git_dir):
        yield f"linked worktree of '{common.removesuffix('/.git')}'"
    # GIT_DIR would hide the repository around this one
    environ = without_repository(repository.user_git.environ)
    git = repository.user_git.replace(environ=environ, directory=repository.root)
    inside, *outer = os.fsdecode(git.answer(*_SUPERPROJECT)).splitlines()
    if inside != "true":
        raise git.incomplete(_SUPERPROJECT)
    for path in outer:
        yield f"submodule of '{path}'"


def configured_hooks_path(repository: Repository) -> HooksPath | None:
    """Return the setting `core.hooksPath`, None if it is not set."""
    git = repository.git.replace(options=_OPTIONS)
    question = ("config", "--show-origin", "-z", "--type=path", "--get", "core.hooksPath")
    origin, _, value = os.fsdecode(git.answer(*question, ok=(0, 1))).partition("\0")
    return HooksPath(value.removesuffix("\0"), origin.removeprefix("file:")) if origin else None


def unmerged_paths(repository: Repository) -> list[str]:
    """Return the paths that are in conflict in the index."""
    rows = os.fsdecode(repository.git.list_few("ls-files", "--unmerged", "-z")).split("\0")
    return list(dict.fromkeys(row.partition("\t")[2] for row in rows if row))
