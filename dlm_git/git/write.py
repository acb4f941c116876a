"""Changes a repository, through GitPython."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from dlm_git.errors import DlmGitError
from dlm_git.git.repository import Repository

# git waits for no other process that is about to write the index; two seconds are long for one
_TRIES, _PAUSE = 20, 0.1


class _LockedError(DlmGitError):
    """Another process holds the index, or the config."""


def add(repository: Repository, path: str) -> None:
    """`git add` a path of the worktree, also outside of a sparse checkout. Raises CannotCheck."""
    # its line ends are as they are to be, and a tracked document can lie below an ignored directory
    command = ["-c", "core.safecrlf=false", "add", "--force", "--sparse", "--", path]
    problem, help_ = f"'{path}' is written but not staged", f"`git add {path}`"
    _retry_on_lock(repository, command, problem, help_)


def configure(repository: Repository, section: str, values: Mapping[str, str]) -> None:
    """Set keys of a section of the repository's own config. Raises CannotCheck."""
    for key, value in values.items():
        command = ["config", "--local", "--replace-all", f"{section}.{key}", value]
        _retry_on_lock(
            repository, command, f"cannot set '{section}.{key}'", "look at `.git/config`"
        )


def unconfigure(repository: Repository, sections: Iterable[str]) -> None:
    """Remove sections of the repository's own config. Raises CannotCheck."""
    for section in sections:
        command = ["config", "--local", "--remove-section", section]
        _retry_on_lock(repository, command, f"cannot remove '{section}'", "look at `.git/config`")


def hash_object(repository: Repository, path: str) -> str:
    """Store a file of the worktree in the object database as it is; gives its object id."""
    command = ["hash-object", "-w", "--no-filters", "--", path]
    return _execute(repository, command, f"cannot keep the old '{path}'", "commit it first")


def _retry_on_lock(repository: Repository, command: list[str], problem: str, help: str) -> None:  # noqa: A002
    for _ in range(_TRIES):
        with suppress(_LockedError):
            _execute(repository, command, problem, help)
            return
        time.sleep(_PAUSE)
    _execute(repository, command, problem, help)


def _execute(repository: Repository, command: list[str], problem: str, help: str) -> str:  # noqa: A002
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = repository.git.path
    import git  # late: it costs more than a whole check

    # named outright, so that the repository of a hook that calls us does not leak in
    environ = {
        "GIT_DIR": repository.git_dir,
        "GIT_WORK_TREE": repository.root,
        "GIT_INDEX_FILE": repository.index,
        "GIT_LITERAL_PATHSPECS": "1",
        **dict.fromkeys(("GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"), "0"),
        "LC_ALL": "C",
    }
    # GitPython expands `$` in a working directory's name, and where that leads nowhere it runs in
    # the current one: so git itself is told where to go
    located = [repository.git.path, "-C", repository.root, *command]
    try:
        return str(git.Git("/").execute(located, env=environ))
    except git.GitCommandError as error:
        said = str(error.stderr).strip().removeprefix("stderr: ").strip("'").partition("\n")[0]
        locked = "index.lock" in said or "could not lock config file" in said
        kind = _LockedError if locked else DlmGitError
        raise kind(f'{problem}: git says "{said}"', help) from error
