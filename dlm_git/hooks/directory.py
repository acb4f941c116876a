"""Find the directories in which Git looks for hooks (githooks(5))."""

from __future__ import annotations

import os
from posixpath import relpath

from dlm_git.git.process import Git
from dlm_git.git.repository import Repository, is_tracked, worktree_git
from dlm_git.values import Value

# `git.environment.OPTIONS` without core.hooksPath, which the user's config sets
_OPTIONS = ("--no-pager", "-c", "core.fsmonitor=false")


class HooksDirectory(Value):
    """A directory of hooks.

    path: its path as shown to the user.
    root: a directory above it, without symbolic links.
    relative_path: its path below `root`, without symbolic links.
    shared_reason: why its hooks also run for other repositories or clones, '' if they do not.
    portable: whether it is in the working tree, so that its hooks can be committed.
    """

    path: str
    root: str
    relative_path: str
    shared_reason: str = ""
    portable: bool = False

    @property
    def real_path(self) -> str:
        """Return its absolute path, without symbolic links."""
        return os.path.join(self.root, self.relative_path)


def find_hooks_directory(repository: Repository) -> HooksDirectory:
    """Return the directory in which Git looks for hooks; it may not exist (githooks(5)).

    `core.hooksPath` is relative to the root of the working tree.
    """
    git = worktree_git(repository).replace(options=_OPTIONS)
    # not with --path-format, which resolves symbolic links
    hooks_path = git.line("rev-parse", "--git-path", "hooks")
    path = os.path.normpath(os.path.join(repository.root, hooks_path))
    shown, real_path = shown_path(repository, path), os.path.realpath(path)
    common_dir = os.path.realpath(_common_dir(repository))
    portable = _is_below(real_path, repository.root) and not _is_below(real_path, common_dir)
    shared_reason = _shared_reason(git, shown, real_path, common_dir)
    if portable and not shared_reason and is_tracked(git, relpath(real_path, repository.root)):
        shared_reason = f"'{shown}' is tracked, so every clone shares its hooks"
    return HooksDirectory(shown, *_split(repository, real_path), shared_reason, portable)


def default_directory(repository: Repository) -> HooksDirectory:
    """Return the directory in which Git looks for hooks without `core.hooksPath`."""
    path = os.path.join(_common_dir(repository), "hooks")
    return HooksDirectory(shown_path(repository, path), *_split(repository, os.path.realpath(path)))


def _common_dir(repository: Repository) -> str:
    return repository.git.line("rev-parse", "--path-format=absolute", "--git-common-dir")


def _shared_reason(git: Git, shown: str, real_path: str, common_dir: str) -> str:
    question = ("config", "--show-scope", "-z", "--get", "core.hooksPath")
    scope = git.answer(*question, ok=(0, 1)).decode(errors="replace").partition("\0")[0]
    if scope in ("local", "worktree"):
        return ""
    if scope == "command":
        return f"'{shown}' is the hooks path for this command only"
    if scope:
        return (
            f"'{shown}' is the hooks path of the {scope} config, which applies to all repositories"
        )
    return "" if _is_below(real_path, common_dir) else f"'{shown}' is a link to '{real_path}'"


def shown_path(repository: Repository, path: str) -> str:
    """Return a path as shown to the user: relative to the root if it is below it."""
    return relpath(path, repository.root) if _is_below(path, repository.root) else path


def _split(repository: Repository, path: str) -> tuple[str, str]:
    """Return the root below which to open a path without following links, and the rest of it."""
    if _is_below(path, repository.root):
        return repository.root, relpath(path, repository.root)
    return os.path.split(path)


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}/")
