"""The errand of judging: find the repository, the state and the config, and judge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What to check, and against which config.

    overrides: config values that override the file, as `config.load.overrides` returns them.
    rev: the revision to check; None for the index.
    worktree: check the working tree instead of the index.
    since: the commit that ids are compared with; '' for HEAD, or the first parent of `rev`.
    config_file: a file outside the repository to read the config from.
    config_rev: a revision to read the config from.
    """

    overrides: Mapping[str, object] = field(default_factory=dict)
    rev: str | None = None
    worktree: bool = False
    since: str = ""
    config_file: PathLike | None = None
    config_rev: str | None = None


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
    options = CheckOptions(
        overrides=overrides(
            base=base,
            include=include,
            exclude=exclude,
            sources_policy=policy,
            name=name,
            allow=allow,
            ignore=ignore,
        ),
        rev=rev,
        worktree=worktree,
        config_file=config_file,
        config_rev=config_rev,
    )
    snapshot, effective = prepare(directory, options)
    return run_rules(snapshot, effective.config, effective.origins)


def prepare(directory: PathLike | None, options: CheckOptions) -> tuple[Snapshot, EffectiveConfig]:
    """Return the state to check and the config to check it against.

    Raises DlmGitError if options contradict each other, and as `check` does.
    """
    if options.config_file is not None and options.config_rev is not None:
        raise DlmGitError("--config and --config-rev exclude each other", "give one of them")
    if options.worktree and options.rev is not None:
        raise DlmGitError("--rev and --worktree exclude each other", "give one of them")
    repository = find_repository(directory)
    since = options.since and resolve_commit(repository.git, options.since)
    if options.worktree:
        snapshot = read_worktree(repository, since)
    elif options.rev is None:
        snapshot = read_index(repository, since)
    else:
        snapshot = read_revision(repository, options.rev, since)
    return snapshot, load_config(repository, snapshot, options)


def load_config(
    repository: Repository, snapshot: Snapshot, options: CheckOptions
) -> EffectiveConfig:
    """Return the config for a state: that of the options, or the one in the state itself."""
    files = given_config_files(repository, options)
    effective = resolve_config(
        config_files(snapshot) if files is None else files, options.overrides
    )
    validate_config(effective.config)
    return effective


def given_config_files(repository: Repository, options: CheckOptions) -> dict[str, bytes] | None:
    """Return the config files that the options name, or None if they name none."""
    if options.config_file is not None:
        return read_config_file(options.config_file)
    if options.config_rev is not None:
        return config_files(read_revision(repository, options.config_rev))
    return None


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


def read_config_file(file: PathLike) -> dict[str, bytes]:
    """A config file that is not the repository's. Raises CannotCheck if it cannot be read."""
    path = os.fspath(file)
    try:
        with explain_os_errors("read", path):
            return {path: Path(path).read_bytes()}
    except DlmGitError as error:
        raise DlmGitError(error.message, "check the path of --config") from error
