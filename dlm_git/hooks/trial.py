"""Run a hook in a scratch clone, to find out which commits it refuses."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dlm_git.errors import DlmGitError
from dlm_git.fs import temporary_directory
from dlm_git.git.process import Git
from dlm_git.git.repository import Repository
from dlm_git.hooks.directory import HooksDirectory
from dlm_git.hooks.state import Hook, read_regular_file
from dlm_git.values import Value

SECONDS = 60.0  # for each of the two commits
_DOCUMENTS = ":(glob)**/.dlm/*.dlm"
_ANY_CODE = range(-64, 256)
_WITHOUT_HOOKS = "/dev/null"
_OPTIONS = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "commit.gpgSign=false")
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    **{
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "dlm-git"), ("EMAIL", "dlm-git@localhost"))
    },
}
_REFUSES = "it refused a commit without a document and accepted a good one"
_ACCEPTS = "it accepted a commit without a document"
_REFUSES_ALL = "it refused every commit: does `dlm-git check --rev HEAD` pass?"


class _Scratch(Value):
    """A scratch clone, and commits in it.

    git: git in the clone, which runs no hooks.
    hooks: the hooks to run.
    start: the commit that is checked out, with the documents.
    good: a commit on top of it that changes nothing.
    bad: a commit on top of it that removes the documents.
    """

    git: Git
    hooks: HooksDirectory
    start: str
    good: str
    bad: str

    def accepts(self, hook: str, commit: str) -> bool:
        """Return True if a hook lets a commit pass. Raises DlmGitError after SECONDS."""
        git = self.git
        git.output("reset", "--quiet", "--hard", self.start)
        options = (*_OPTIONS, "-c", f"core.hooksPath={self.hooks.real_path}")
        hooked = git.replace(options=options, time_limit=SECONDS)
        match hook:
            case "pre-push":
                command = ["push", "--quiet", "../remote", f"{commit}:refs/heads/main"]
            case "pre-merge-commit":
                command = ["merge", "--quiet", "--no-ff", "--no-edit", commit]
            case _:
                git.output("read-tree", "-u", "--reset", commit)
                command = ["commit", "--quiet", "--allow-empty", "--message", "a test"]
        return hooked.run(*command, ok=_ANY_CODE, in_rows=False)[0] == 0


def run_hooks(repository: Repository, directory: HooksDirectory, hooks: list[Hook]) -> list[Hook]:
    """Return hooks with the states that they have when they run.

    Third-party scripts run in a scratch clone of HEAD, with the configs of their managers as they
    are in the working tree; the others stay as they are. Raises DlmGitError without a commit that
    has a document.
    """
    third_party = [hook for hook in hooks if _can_run(directory, hook)]
    if not third_party:
        return hooks
    configs = {hook.config for hook in third_party if _is_below_root(hook.config)}
    with _scratch_clone(repository, directory, configs) as scratch:
        return [_run(hook, scratch) if hook in third_party else hook for hook in hooks]


def _can_run(directory: HooksDirectory, hook: Hook) -> bool:
    third_party = hook.state in ("chained", "uncertain", "third_party")
    return third_party and os.access(os.path.join(directory.real_path, hook.name), os.X_OK)


def _is_below_root(path: str) -> bool:
    return bool(path) and not path.startswith(("/", "../"))


def _run(hook: Hook, scratch: _Scratch) -> Hook:
    try:
        if scratch.accepts(hook.name, scratch.bad):
            return hook.replace(state="third_party", reason=_ACCEPTS)
        if scratch.accepts(hook.name, scratch.good):
            return hook.replace(state="chained", reason=_REFUSES)
    except DlmGitError as error:
        return hook.replace(state="uncertain", reason=error.message)
    return hook.replace(state="uncertain", reason=_REFUSES_ALL)


@contextmanager
def _scratch_clone(
    repository: Repository, directory: HooksDirectory, configs: Collection[str]
) -> Iterator[_Scratch]:
    output = repository.git.answer("rev-parse", "--verify", "-q", "HEAD^{commit}", ok=(0, 1))
    if not output:
        raise _without_document()
    with temporary_directory({}, {}) as path:
        environ = _environment(repository.user_git.environ)
        options = (*_OPTIONS, "-c", f"core.hooksPath={_WITHOUT_HOOKS}")
        outer = Git(repository.git.path, path, environ, options)
        outer.output("init", "--quiet", "--bare", "remote")
        # Git checks the owner of the repository with the user's own config
        user = {**repository.user_git.environ, "GIT_ALLOW_PROTOCOL": "file"}
        cloned = outer.replace(environ=_without_git_variables(user))
        cloned.output("clone", "--quiet", "--shared", "--no-checkout", repository.root, "clone")
        git = outer.replace(directory=str(Path(path, "clone")))
        git.output("checkout", "--quiet", "-B", "main", output.decode().strip())
        for config in configs:
            _add(git, config, read_regular_file(os.path.join(repository.root, config)))
        start, good = _commit(git), _commit(git)
        if not git.output("ls-files", "-z", "--", _DOCUMENTS):
            raise _without_document()
        git.output("reset", "--quiet", "--hard", start)
        git.output("rm", "--quiet", "--force", "--", _DOCUMENTS)
        yield _Scratch(git, directory, start, good, _commit(git))


def _commit(git: Git) -> str:
    git.output("commit", "--quiet", "--allow-empty", "--message", "a test")
    return git.line("rev-parse", "HEAD")


def _add(git: Git, path: str, data: bytes | None) -> None:
    """Stage a file, and write it to the working tree."""
    if data is None:
        return
    oid = git.answer("hash-object", "-w", "--stdin", data=data).decode().strip()
    git.output("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
    git.output("checkout-index", "--force", "--", path)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the user's Git variables and Git config."""
    return {**_without_git_variables(environ), **_ENVIRONMENT}


def _without_git_variables(environ: Mapping[str, str]) -> dict[str, str]:
    kept = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_ALLOW_PROTOCOL", "GIT_EXEC_PATH")
    others = {key: value for key, value in environ.items() if key in kept or key[:4] != "GIT_"}
    return {**others, "GIT_NO_LAZY_FETCH": "1"}


def _without_document() -> DlmGitError:
    return DlmGitError(
        "cannot run the hooks: HEAD has no document",
        "commit a document that `dlm-git check` accepts, and run it again",
    )
