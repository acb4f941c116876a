"""Finds a repository and its worktree, and asks what Git does to a path there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from dlm_git.errors import DlmGitError
from dlm_git.git import process, repository
from dlm_git.git.process import (
    EXPLICIT_BARE,
    OPTIONS,
    Git,
    clean_environment,
    find_git,
    without_repository,
)
from dlm_git.snapshots.snapshot import MissingPathStatus


@dataclass(frozen=True)
class Repository:
    """A repository that git has found; `git` asks it by explicit directories.

    `hash` is the name of its hash function, `prefix` where the user stands below the root, '' or
    with a slash at its end.
    """

    git: Git
    git_dir: str
    index: str
    bare: bool
    hash: str
    prefix: str
    user_git: Git = field(repr=False)
    trusted_index: ClassVar[bool] = True  # whether its index is what Git wrote here

    @cached_property
    def root(self) -> str:
        """The top level of the worktree, as git sees it from where the user stands."""
        environ = self.user_git.environ
        if not (environ.get("GIT_DIR") and environ.get("GIT_WORK_TREE")):
            # in the hooks of linked worktrees and submodules GIT_DIR comes without GIT_WORK_TREE,
            # and git then takes any directory it stands in for the top level
            environ = without_repository(environ)
        git = replace(self.user_git, environ=environ, options=(*OPTIONS, *EXPLICIT_BARE))
        root = os.fsdecode(git.output("rev-parse", "--show-toplevel")).removesuffix("\n")
        if not Path(self.user_git.directory).resolve().is_relative_to(root):
            raise DlmGitError(
                f"'core.worktree' or GIT_WORK_TREE puts the worktree at '{root}', away from here",
                "run it there",
            )
        return root


def discover(
    directory: str, environ: Mapping[str, str], *, allow_git_dir: bool = False
) -> Repository:
    """Find the repository of a directory, as git does, `GIT_DIR` and the rest included.

    This is the one question that git answers by its own discovery, so that its check of ownership
    (`safe.directory`) applies. Raises CannotCheck where there is none, or none to be trusted, or
    where the directory lies in the Git directory of a worktree, unless it may be `inside`.
    """
    here = Git(find_git(environ), directory, clean_environment(environ))
    git_dir, index, *flags, hash_name, prefix = _layout(here)
    bare, within = (flag == "true" for flag in flags)
    if within and not (bare or allow_git_dir):
        raise DlmGitError(f"this is inside the Git directory '{git_dir}'", "run it in the worktree")
    explicit = {**here.environ, **_stores(here), "GIT_DIR": git_dir, "GIT_INDEX_FILE": index}
    explicit.pop("GIT_WORK_TREE", None)
    prefix = prefix or environ.get("GIT_PREFIX", "")  # a hook itself runs at the root
    git = Git(here.path, git_dir, explicit)
    return Repository(git, git_dir, index, bare, hash_name, prefix, here)


def _stores(here: Git) -> dict[str, str]:
    """The object directories that the environment names, such as the quarantine of a push
    (git-receive-pack(1)), from wherever git is run."""
    stores = {}
    for key in ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"):
        value = here.environ.get(key, "")
        if value and '"' not in value:  # what git quotes is absolute
            places = value.split(os.pathsep)
            stores[key] = os.pathsep.join(
                each and os.path.join(here.directory, each) for each in places
            )
    return stores


def _layout(here: Git) -> list[str]:
    """Git directory, index, whether it is bare and this inside of it, its hash, the prefix."""
    question = (
        *("rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-path", "index"),
        *("--is-bare-repository", "--is-inside-git-dir", "--show-object-format"),
        "--show-prefix",
    )
    try:
        out = replace(here, options=(*OPTIONS, *EXPLICIT_BARE)).output(*question)
    except DlmGitError as error:
        if "safe.bareRepository" not in error.message:
            raise
        out = here.output(*question)
        _refuse_embedded(here, os.fsdecode(out.partition(b"\n")[0]))
    lines = os.fsdecode(out).removesuffix("\n").split("\n")
    if len(lines) != 6 or not os.path.isabs(lines[1]):
        raise DlmGitError(
            "git does not say where its index is",
            "dlm-git needs git 2.31 or later, and a path without line breaks",
        )
    return lines


def _refuse_embedded(here: Git, git_dir: str) -> None:
    """A bare repository below another one's worktree may be content that somebody committed."""
    outer = replace(here, directory=str(Path(git_dir).parent), options=(*OPTIONS, *EXPLICIT_BARE))
    code, out, _ = outer.run("rev-parse", "--absolute-git-dir", ok=(0, 128))
    if not code:
        around = os.fsdecode(out).removesuffix("\n")
        if around == git_dir:
            return  # this is inside of `.git`, of which the caller speaks
        raise DlmGitError(
            f"'{git_dir}' lies inside the repository of '{around}'; its config is not trusted",
            "run it outside of that directory, or name the repository with GIT_DIR",
        )


def worktree_git(repository: Repository) -> Git:
    """Git, as it answers what depends on the files that lie in the worktree."""
    environ = {**repository.git.environ, "GIT_WORK_TREE": repository.root}
    return replace(repository.git, directory=repository.root, environ=environ)


def find_ignore_pattern(repository: Repository, path: str) -> MissingPathStatus | None:
    """The pattern that keeps `git add` from taking a path, if there is one (gitignore(5))."""
    git = worktree_git(repository)
    if git.run("check-ignore", "-q", "--", path, ok=(0, 1))[0]:
        return None
    # told apart only without `-v`: with it, a negated pattern that re-includes counts as a match
    names = os.fsencode(path) + b"\0"
    out = os.fsdecode(git.output("check-ignore", "-v", "-z", "--stdin", data=names))
    source, line, pattern, _ = out.split("\0")[:4]
    return MissingPathStatus("ignored", pattern, f"{source}:{line}")


def attributes(repository: Repository, path: str, names: Sequence[str]) -> dict[str, str]:
    """The named attributes of a path as far as they are set (gitattributes(5))."""
    git = worktree_git(repository)
    words = os.fsdecode(git.output("check-attr", "-z", *names, "--", path)).split("\0")
    found = dict(zip(words[1::3], words[2::3], strict=False))
    return {name: value for name, value in found.items() if value not in ("unspecified", "unset")}


PathLike = str | os.PathLike[str]


def find_repository(directory: PathLike | None, *, allow_git_dir: bool = False) -> Repository:
    """The repository of a directory, or of the current one and Git's environment variables;
    `inside` of its Git directory, too, where some hooks run."""
    if directory is None:
        try:
            here = os.getcwd()
        except FileNotFoundError:
            raise DlmGitError(
                "the current directory does not exist any more", "change to one"
            ) from None
        return repository.discover(here, os.environ, allow_git_dir=allow_git_dir)
    path = Path(directory).absolute()
    return repository.discover(
        str(path), process.without_repository(os.environ), allow_git_dir=allow_git_dir
    )
