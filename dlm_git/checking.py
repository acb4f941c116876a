"""The errand of judging: find the repository, its state and its config, and judge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dlm_git import config, plumbing, runner, worktree
from dlm_git.finding import CannotCheck
from dlm_git.judge import Report, judge
from dlm_git.plumbing import Repository
from dlm_git.snapshot import Snapshot


def check(
    directory: str | os.PathLike[str] | None = None,
    *,
    rev: str | None = None,
    base: str | Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    policy: str | None = None,
    name: str | None = None,
    allow: Sequence[str] | None = None,
    ignore: Mapping[str, str] | None = None,
    config_file: str | os.PathLike[str] | None = None,
    config_rev: str | None = None,
) -> Report:
    """Judge what Git has recorded: the index, or the revision `rev`.

    Without a directory it is the repository of the current one, as Git's environment variables
    name it, which in a hook is the commit being made; a given directory is taken without them.
    What is expected comes from `.dlm-git.toml` or `[tool.dlm-git]` of the judged state, of the
    revision `config_rev`, or from `config_file`, and each argument overrides it; `ignore` maps
    rules to reasons. Nothing is changed. Raises CannotCheck for what keeps it from judging.
    """
    flags = config.given(
        base=base,
        include=include,
        exclude=exclude,
        sources_policy=policy,
        name=name,
        allow=allow,
        ignore=ignore,
    )
    repository = find(directory)
    snapshot = state(repository, rev)
    return judge(snapshot, configured(repository, snapshot, flags, config_file, config_rev).config)


def find(directory: str | os.PathLike[str] | None) -> Repository:
    """The repository of a directory, or of the current one and Git's environment variables."""
    if directory is None:
        return plumbing.discover(os.getcwd(), os.environ)
    path = Path(directory).absolute()
    return plumbing.discover(str(path), runner.without_local(os.environ))


def state(repository: Repository, rev: str | None, since: str = "") -> Snapshot:
    """The snapshot to judge: of a revision, or of the index."""
    if rev is None:
        return plumbing.index(repository)
    return plumbing.revision(repository, rev, since)


def configured(
    repository: Repository,
    snapshot: Snapshot,
    flags: Mapping[str, object],
    config_file: str | os.PathLike[str] | None = None,
    config_rev: str | None = None,
) -> config.Effective:
    """The config that a snapshot is judged by, and where each key of it comes from."""
    if config_file is not None:
        path = os.fspath(config_file)
        data = worktree.read("/", os.path.abspath(path))
        if data is None:
            raise CannotCheck(f"there is no config file '{path}'", "check the path of --config")
        return config.effective({path: data}, flags)
    if config_rev is not None:
        snapshot = plumbing.revision(repository, config_rev)
    return config.effective(_config_files(snapshot), flags)


def _config_files(snapshot: Snapshot) -> dict[str, bytes]:
    entries = [entry for path in config.FILES for entry in snapshot.entries(path)]
    for entry in entries:
        if not entry.is_file or entry.stage:
            what = "unmerged" if entry.stage else "not a plain file"
            raise CannotCheck(f"'{entry.path}' is {what} in {snapshot.label}", "commit it as one")
    contents = zip(entries, snapshot.read(entries), strict=True)
    return {entry.path: blob.data or b"" for entry, blob in contents}
