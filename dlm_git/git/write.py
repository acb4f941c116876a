"""Change a repository, through GitPython."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from posixpath import relpath

from dlm_git.errors import DlmGitError
from dlm_git.fs import os_error_hint
from dlm_git.git.environment import OPTIONS, clean_environment, unwanted_variables
from dlm_git.git.process import Git
from dlm_git.git.repository import Repository
from dlm_git.paths import shell_quote
from dlm_git.values import Value

# other processes hold a lock for less than two seconds
_TRIES, _PAUSE = 20, 0.1
_OPTIONS = (
    *OPTIONS,
    # a hook that the config names, since git 2.54; the options of all commands turn off files only
    *("-c", "hook.post-index-change.enabled=false"),
    *("-c", "core.configLockTimeout=0"),  # git 2.55 waits for a second in each try
)
_CONFIG_HINT = "check that the repository's config is writable"
_USER_HINT = "`git config --global --list --show-origin` shows where your config is"


class _LockedError(DlmGitError):
    """Another process has locked the index or the config."""


class _Place(Value):
    """Where a git command runs.

    program: the path of git.
    directory: its working directory.
    environ: the variables that it gets beside those of this process.
    """

    program: str
    directory: str
    environ: Mapping[str, str]


def add(repository: Repository, *paths: str) -> None:
    """Run `git add` for paths of the working tree, even outside of a sparse checkout.

    All are staged, or none. Raises DlmGitError if Git refuses.
    """
    # --force because a document may be in an ignored directory; dlm-git chose its line endings
    command = ["-c", "core.safecrlf=false", "add", "--force", "--sparse", "--", *paths]
    names = " and ".join(f"'{path}'" for path in paths)
    from_here = (relpath(path, repository.prefix or ".") for path in paths)
    hint = f"`git add --force {' '.join(map(shell_quote, from_here))}`"
    _retry_on_lock(_inside(repository), command, f"cannot stage {names}", hint)


def configure(owner: Repository | Git, section: str, values: Mapping[str, str]) -> None:
    """Set keys in a section of a config. Raises DlmGitError if Git refuses.

    owner: a repository for its config, git for that of the user.
    """
    for key, value in values.items():
        name = f"{section}.{key}"
        _change_config(owner, ["--replace-all", name, value], f"cannot set '{name}'")


def unconfigure(owner: Repository | Git, sections: Iterable[str]) -> None:
    """Remove sections of a config. Raises DlmGitError if Git refuses.

    owner: as for `configure`.
    """
    for section in sections:
        _change_config(owner, ["--remove-section", section], f"cannot remove '{section}'")


def _change_config(owner: Repository | Git, words: Sequence[str], problem: str) -> None:
    if isinstance(owner, Repository):
        scope, place, hint = "--local", _inside(owner), _CONFIG_HINT
    else:
        scope, place, hint = "--global", _Place(owner.path, owner.directory, {}), _USER_HINT
    _retry_on_lock(place, ["config", scope, *words], problem, hint)


def hash_object(repository: Repository, path: str) -> str:
    """Store a file of the working tree as a blob, unconverted, and return its object id.

    Raises DlmGitError if Git refuses.
    """
    command = ["hash-object", "-w", "--no-filters", "--", path]
    return _execute(
        _inside(repository), command, f"cannot store the old content of '{path}'", "commit it"
    )


def _inside(repository: Repository) -> _Place:
    # explicit, because dlm-git may run in a hook of another repository
    environ = {
        "GIT_DIR": repository.git_dir,
        "GIT_WORK_TREE": repository.root,
        "GIT_INDEX_FILE": repository.index,
        "GIT_LITERAL_PATHSPECS": "1",
        **dict.fromkeys(("GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"), "0"),
    }
    return _Place(repository.git.path, repository.root, environ)


def _retry_on_lock(place: _Place, command: list[str], problem: str, hint: str) -> None:
    for _ in range(_TRIES):
        with suppress(_LockedError):
            _execute(place, command, problem, hint)
            return
        time.sleep(_PAUSE)
    _execute(place, command, problem, hint)


def _execute(place: _Place, command: list[str], problem: str, hint: str) -> str:
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = place.program
    import git  # its import takes longer than a whole check

    # GitPython expands `$` in the name of its working directory, and if that does not exist it runs
    # git in the current one; so git gets the directory by -C
    located = [place.program, "-C", place.directory, *_OPTIONS, *command]
    environ = {**clean_environment({}), **place.environ}
    try:
        with _without(unwanted_variables(os.environ)):  # GitPython can only add variables
            return str(git.Git("/").execute(located, env=environ))
    except git.GitCommandError as error:
        raise _explain(error.status, str(error.stderr), problem, hint) from error
    except OSError as error:
        raise DlmGitError(f"{problem}: {error.strerror}", os_error_hint(error)) from error


@contextmanager
def _without(names: Iterable[str]) -> Iterator[None]:
    """Take variables out of the environment of this process, and put them back at the end."""
    values = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(values)


def _explain(status: object, stderr: str, problem: str, hint: str) -> DlmGitError:
    """Return the error for a git command that has failed, from what GitPython reports."""
    text = stderr.strip().removeprefix("stderr: ").strip("'").partition("\n")[0]
    reason = f'git says "{text}"' if text else f"git ended with exit code {status}"
    if not text and isinstance(status, int) and status < 0:
        reason, hint = f"git was killed by signal {-status}", "run the command again"
    locked = "index.lock" in text or "could not lock config file" in text
    if "could not lock config file" in text:  # perhaps left by a git that was killed
        hint = f"{hint}, and that no git that was killed has left its '.lock' file"
    return (_LockedError if locked else DlmGitError)(f"{problem}: {reason}", hint)
