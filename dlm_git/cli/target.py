"""The state that a command reads, its config, and the git commands that it runs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter

from dlm_git import paths
from dlm_git.cli.terminal import print_err
from dlm_git.config.load import EffectiveConfig
from dlm_git.git.layout import Answer
from dlm_git.git.process import TRACERS, TracedCall
from dlm_git.operations.check import prepare
from dlm_git.operations.configs import CheckOptions
from dlm_git.snapshots.snapshot import Snapshot


def at_push(options: CheckOptions, environ: Mapping[str, str]) -> CheckOptions:
    """Return options that read the revision being pushed, if a hook manager runs this at a push.

    pre-commit and prek name it in the environment. `--rev` and `--worktree` override it.
    """
    if options.rev is not None or options.worktree:
        return options
    # pre-commit sets no PRE_COMMIT_TO_REF at the first push of a root commit
    rev = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH")
    if not rev:
        return options
    return options.replace(rev=rev, since=options.since or environ.get("PRE_COMMIT_FROM_REF", ""))


def pushed_other_ref(environ: Mapping[str, str]) -> str:
    """Return the ref that is pushed if a hook manager runs this, '' if that is a branch."""
    ref = environ.get("PRE_COMMIT_REMOTE_BRANCH", "")
    return "" if ref.startswith("refs/heads/") else ref


@contextmanager
def load_target(
    options: CheckOptions, answer: Answer | None = None, *, verbose: bool = False
) -> Iterator[tuple[Snapshot, EffectiveConfig]]:
    """Yield the state that options name and the config for it, and print both if verbose.

    answer: that of git to the question where the current repository is, if it has been asked.
    """
    with prepare(None, options, answer) as (snapshot, effective):
        if verbose:
            origins = dict.fromkeys(effective.origins.values())
            origins.pop("default", None)
            print_err(f"target: {snapshot.label}")
            print_err(f"config: {', '.join(origins) or 'defaults'}")
        yield snapshot, effective


def shell_path(root: str, path: str) -> str:
    """Return a path, given relative to a root, for a shell in the current directory."""
    return paths.shell_path(os.path.relpath(os.path.join(root, path)))


@contextmanager
def git_calls_printed(verbose: bool) -> Iterator[None]:
    """Print each git command that the body runs, and its duration, if verbose."""
    if not verbose:
        yield
        return
    from shlex import join  # late: only --verbose needs it

    began, calls = perf_counter(), list[TracedCall]()
    TRACERS.append(calls.append)
    try:
        yield
    finally:
        TRACERS.pop()
        for call in calls:
            print_err(f"git: {1000 * call.seconds:6.1f} ms  git {join(call.args)}")
        print_err(f"total: {1000 * (perf_counter() - began):.1f} ms, {len(calls)} git commands")
