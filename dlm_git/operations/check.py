"""The errand of judging: find the repository, the state and the config, and judge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dlm_git.config.load import EffectiveConfig, overrides, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import explain_os_errors
from dlm_git.git.read import read_index, read_revision, resolve_commit
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.git.worktree import read_worktree
from dlm_git.paths import CONFIG_FILES, PYPROJECT
from dlm_git.report import CheckResult
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.snapshots.snapshot import Snapshot


def check(
    directory: PathLike | None = None,
    *,
    rev: str | None = None,
    worktree: bool = False,
    base: str | Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    policy: str | None = None,
    name: str | None = None,
    allow: Sequence[str] | None = None,
    ignore: Mapping[str, str] | None = None,
    config_file: PathLike | None = None,
    config_rev: str | None = None,
) -> CheckResult:
    """Judge what Git has recorded, the index or the revision `rev`, or what lies in the worktree.

    Without a directory it is the repository of the current one, as Git's environment variables
    name it, which in a hook is the commit being made; a given directory is taken without them.
    What is expected comes from `.dlm-git.toml` or `[tool.dlm-git]` of the judged state, of the
    revision `config_rev`, or from `config_file`, and each argument overrides it; `ignore` maps
    rules to reasons. Nothing is changed. Raises CannotCheck for what keeps it from judging.
    """
    flags = overrides(
        base=base,
        include=include,
        exclude=exclude,
        sources_policy=policy,
        name=name,
        allow=allow,
        ignore=ignore,
    )
    snapshot, effective = prepare(
        directory, flags, rev=rev, worktree=worktree, config_file=config_file, config_rev=config_rev
    )
    return run_rules(snapshot, effective.config, effective.origins)


def prepare(
    directory: PathLike | None,
    flags: Mapping[str, object],
    *,
    rev: str | None = None,
    worktree: bool = False,
    since: str = "",
    config_file: PathLike | None = None,
    config_rev: str | None = None,
) -> tuple[Snapshot, EffectiveConfig]:
    """The state to judge, and the config to judge it by; `flags` are those of `config.given`.

    It is the index, the revision `rev`, or the worktree. `since` names the commit that it is
    compared with; if empty, that is HEAD, or the first parent of `rev`.
    """
    if config_file is not None and config_rev is not None:
        raise DlmGitError("a config is read from a file or from a revision", "give one of them")
    if worktree and rev is not None:
        raise DlmGitError("a revision is judged or the worktree", "give one of them")
    found = find_repository(directory)
    since = since and resolve_commit(found.git, since)
    if worktree:
        snapshot = read_worktree(found, since)
    elif rev is None:
        snapshot = read_index(found, since)
    else:
        snapshot = read_revision(found, rev, since)
    return snapshot, expected(found, snapshot, flags, config_file, config_rev)


def expected(
    found: Repository,
    snapshot: Snapshot,
    flags: Mapping[str, object],
    config_file: PathLike | None,
    config_rev: str | None,
) -> EffectiveConfig:
    """The config to judge a state by."""
    if config_file is not None:
        files = outside(config_file)
    elif config_rev is not None:
        files = config_files(read_revision(found, config_rev))
    else:
        files = config_files(snapshot)
    effective = resolve_config(files, flags)
    validate_config(effective.config)
    return effective


def config_files(snapshot: Snapshot) -> dict[str, bytes]:
    """The config files of a state, by path; a `pyproject.toml` of others may be a link."""
    found = {}
    for entry in (entry for path in CONFIG_FILES for entry in snapshot.entries(path)):
        if entry.path == PYPROJECT and not entry.is_file:
            continue
        (blob,) = snapshot.read([entry])
        if not entry.is_file or entry.stage:
            what = "unmerged" if entry.stage else "not a plain file"
            raise DlmGitError(f"'{entry.path}' is {what} in {snapshot.label}", "commit it as one")
        if blob.data is None:
            raise DlmGitError(f"'{entry.path}' has {blob.size} bytes", "commit a smaller one")
        found[entry.path] = blob.data
    return found


def outside(file: PathLike) -> dict[str, bytes]:
    """A config file that is not the repository's. Raises CannotCheck if it cannot be read."""
    path = os.fspath(file)
    try:
        with explain_os_errors("read", path):
            return {path: Path(path).read_bytes()}
    except DlmGitError as error:
        raise DlmGitError(error.message, "check the path of --config") from error
