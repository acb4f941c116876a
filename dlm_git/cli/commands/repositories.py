"""The arguments of `dlm-git check` that name other repositories, and the verdicts of these."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from dlm_git.cli.terminal import with_progress
from dlm_git.errors import DlmGitError
from dlm_git.report import CheckOutcome


def asked(arguments: argparse.Namespace) -> bool:
    """Whether repositories are named. Raises CannotCheck for what makes sense with these only."""
    named = bool(arguments.repositories or arguments.repositories_from or arguments.discover)
    if named and arguments.worktree:
        raise DlmGitError(
            "the worktrees of other repositories are not read", "judge the index, or --rev REV"
        )
    if named and (arguments.fix or arguments.diff):
        raise DlmGitError("other repositories are only read", "run --fix in each of them")
    if arguments.z and not arguments.repositories_from:
        raise DlmGitError("-z says how a list is read", "give --repositories-from FILE")
    return named


def judged(arguments: argparse.Namespace) -> Sequence[CheckOutcome]:
    """A verdict of each of the repositories that are named."""
    from dlm_git.cli.target import flags
    from dlm_git.operations.batch import (
        TIME_LIMIT,
        check_repositories,
        cores,
        recheck_shared_ids,
    )
    from dlm_git.operations.check import CheckOptions

    paths = list(dict.fromkeys(_named(arguments)))
    if not paths:
        raise DlmGitError("there is no repository to judge", "name one, or a directory above it")
    options = CheckOptions(
        overrides=flags(arguments),
        rev=arguments.rev,
        config_file=arguments.config,
        config_rev=arguments.config_rev,
    )
    seconds = arguments.timeout or TIME_LIMIT
    jobs = arguments.jobs or cores()
    verdicts = check_repositories(paths, options, jobs, seconds=seconds)
    watched = with_progress(verdicts, "judging", lambda: len(paths))
    return recheck_shared_ids(list(watched), options, jobs, seconds=seconds)


def _named(arguments: argparse.Namespace) -> Iterator[str]:
    """The paths: given one by one, listed, found below a directory."""
    from dlm_git.operations.batch import discover_repositories, parse_list

    yield from arguments.repositories
    if arguments.repositories_from:
        yield from parse_list(_list(arguments.repositories_from), nul=arguments.z)
    if arguments.discover:
        yield from discover_repositories(arguments.discover, submodules=arguments.submodules)


def _list(file: str) -> bytes:
    from dlm_git.fs import explain_os_errors

    if file == "-":
        return sys.stdin.buffer.read() if sys.stdin else b""
    with explain_os_errors("read", file):
        return Path(file).read_bytes()
