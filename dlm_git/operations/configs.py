"""Read the config that a check compares with: of a state, of a named file, of the organization."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dlm_git.config.load import EffectiveConfig, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import may_exist, read_file
from dlm_git.git.read import read_revision
from dlm_git.git.repository import PathLike, Repository
from dlm_git.paths import (
    BASELINE,
    CONFIG_FILES,
    CONFIG_VARIABLE,
    PYPROJECT,
    organization_configs,
)
from dlm_git.rules.engine import validate_config
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

MAX_CONFIG = 1 << 20  # bytes; a large pyproject.toml has 100 KB
MAX_BASELINE = 8 << 20  # bytes; about 60,000 findings


class CheckOptions(Value, kw_only=True):
    """The state to check, and the config to check it against.

    overrides: config values that override the file, as `config.load.overrides` returns them.
    rev: the revision to check; None for the index.
    worktree: check the working tree instead of the index.
    since: the commit that ids are compared with; '' for HEAD, or the first parent of `rev`.
    config_files: content of the file to read the config from instead, by its path; None for none.
    config_rev: a revision to read the config from, instead of that state.
    timed: measure how long each rule takes.
    today: the current day, such as '2027-01-31'; '' counts every `until` as in the future.
    organization: content of the organization's config, by its path; None for that of the
        environment.
    selected: the rules to run, () for all.
    """

    overrides: Mapping[str, object] = {}
    rev: str | None = None
    worktree: bool = False
    since: str = ""
    config_files: Mapping[str, bytes] | None = None
    config_rev: str | None = None
    timed: bool = False
    today: str = ""
    organization: Mapping[str, bytes] | None = None
    selected: tuple[str, ...] = ()


def load_config(
    repository: Repository, snapshot: Snapshot, options: CheckOptions
) -> EffectiveConfig:
    """Return the config that the options name, or else the one in the snapshot.

    Its baseline is that of the revision that the options name, or else the one in the snapshot.
    """
    if options.config_rev is not None:
        return config_in(read_revision(repository, options.config_rev), options)
    return config_in(snapshot, options)


def config_in(snapshot: Snapshot, options: CheckOptions) -> EffectiveConfig:
    """Return the config in a snapshot, or in the file that the options name, with its baseline."""
    effective = given_config(options) or snapshot_config(snapshot, options)
    return effective.replace(baseline=lambda: read_baseline(snapshot), selected=options.selected)


def given_config(options: CheckOptions) -> EffectiveConfig | None:
    """Return the config in the file that the options name, None if they name none."""
    if options.config_files is None:
        return None
    effective = resolve_config(
        options.config_files, options.overrides, organization=organization(options)
    )
    validate_config(effective.config, effective.origins)
    return effective


def snapshot_config(snapshot: Snapshot, options: CheckOptions) -> EffectiveConfig:
    """Return the config in a snapshot. Raises DlmGitError also for unknown names in it."""
    effective = read_config(snapshot, options)
    validate_config(effective.config, effective.origins)
    return effective


def read_config(snapshot: Snapshot, options: CheckOptions) -> EffectiveConfig:
    """Return the config in a snapshot, merged with the organization's and the overrides."""
    return resolve_config(
        config_files(snapshot),
        options.overrides,
        organization=organization(options),
        read=lambda path: _extended_file(snapshot, path),
    )


def organization(options: CheckOptions) -> Mapping[str, bytes]:
    """Return the content of the organization's config, by its path; empty if there is none."""
    given = options.organization
    return find_organization(os.environ) if given is None else given


def find_organization(environ: Mapping[str, str]) -> dict[str, bytes]:
    """Return what `read_organization` does, without importing it if there is no such file."""
    if not environ.get(CONFIG_VARIABLE) and not any(map(may_exist, organization_configs(environ))):
        return {}
    from dlm_git.operations.organization import read_organization  # late: rare

    return read_organization(environ, MAX_CONFIG)


def config_files(snapshot: Snapshot) -> dict[str, bytes]:
    """Return the contents of the config files in a snapshot, by path.

    Raises DlmGitError if one of them is not a regular file, unmerged or too large.
    """
    contents = {}
    for entry in (entry for path in CONFIG_FILES for entry in snapshot.entries(path)):
        if entry.path == PYPROJECT and not entry.is_file:
            continue  # belongs to other tools, which may use a link
        contents[entry.path] = _read_regular(snapshot, entry, MAX_CONFIG)
    return contents


def read_baseline(snapshot: Snapshot) -> bytes | None:
    """Return the content of the baseline in a snapshot, None if there is none.

    Raises DlmGitError if it is not a regular file, unmerged or too large.
    """
    contents = [_read_regular(snapshot, e, MAX_BASELINE) for e in snapshot.entries(BASELINE)]
    return contents[0] if contents else None


def _extended_file(snapshot: Snapshot, path: str) -> bytes:
    """Return the content of a file that a config extends. Raises DlmGitError.

    Of a working tree, files that Git does not track count too, and no directory may be a link.
    """
    require_merged(snapshot, path)
    if snapshot.disk_files is None:
        for entry in snapshot.entries(path):
            return _read_regular(snapshot, entry, MAX_CONFIG)
    elif (data := read_file(snapshot.root(), path, MAX_CONFIG)) is not None:
        return data
    message = f"'{path}' is not a file in {snapshot.label}"
    is_index = not (snapshot.revision or snapshot.disk_files)
    add = f", or `git add {snapshot.shell_path(path)}`" if is_index else ""
    raise DlmGitError(message, f"correct the path, relative to the file that has it{add}")


def _read_regular(snapshot: Snapshot, entry: Entry, limit: int) -> bytes:
    """Return the content of an entry of at most `limit` bytes."""
    require_merged(snapshot, entry.path)
    if not entry.is_file:
        message = f"'{entry.path}' is not a regular file in {snapshot.label}"
        raise DlmGitError(message, "replace it with a file")
    (blob,) = snapshot.read([entry])
    if blob.size > limit:
        message = f"'{entry.path}' is too large: {blob.size:,} bytes"
        raise DlmGitError(message, f"expected at most {limit:,} bytes")
    if blob.data is None:
        hint = f"check its permissions: `ls -ld {snapshot.shell_path(entry.path)}`"
        raise DlmGitError(f"cannot read '{entry.path}'", hint)
    return blob.data


def require_merged(snapshot: Snapshot, path: str) -> None:
    """Raise DlmGitError if a path has a merge conflict: no version of it is the right one."""
    if any(entry.stage for entry in snapshot.entries(path)):
        message = f"'{path}' is unmerged in {snapshot.label}"
        raise DlmGitError(
            message, f"resolve the conflict, then `git add {snapshot.shell_path(path)}`"
        )


def read_config_file(
    file: PathLike | None, config_rev: str | None = None
) -> dict[str, bytes] | None:
    """Return the content of a config file that the user names, by its path; None for no file.

    It is read only here, because it can be a pipe. Raises DlmGitError if it cannot be read, or if
    a `config_rev` is given as well.
    """
    if file is None:
        return None
    if config_rev is not None:
        raise conflict("config_file", "config_rev")
    from dlm_git.inputs import read_input  # late: rare

    path = os.fspath(file)
    try:
        return {path: read_input(path, MAX_CONFIG)}
    except DlmGitError as error:
        raise DlmGitError(error.message, error.hint or "check the path of --config") from error


def conflict(name: str, other: str) -> DlmGitError:
    """Return the error about two options that contradict each other."""
    return DlmGitError(f"'{name}' and '{other}' cannot be combined", "pass one of them")
