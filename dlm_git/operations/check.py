"""Check a state of a repository against its config."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import strftime

from dlm_git.config.load import EffectiveConfig, overrides, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import read_file
from dlm_git.git.layout import Answer
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.operations.notes import config_notes, file_notes, missing_notes
from dlm_git.operations.organization import MAX_CONFIG, read_organization
from dlm_git.paths import BASELINE, CONFIG_FILES, PYPROJECT
from dlm_git.report import CheckResult
from dlm_git.rules.context import Exceptions
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

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
    allow: Sequence[str | Mapping[str, object]] | None = None,
    ignore: Mapping[str, str] | None = None,
    config_file: PathLike | None = None,
    config_rev: str | None = None,
    today: str | None = None,
) -> CheckResult:
    """Check the corpus document of a repository. Nothing is written.

    The state is the index, unless `rev` or `worktree` is given. The config is `.dlm-git.toml` or
    `[tool.dlm-git]` of that state, unless `config_file` or `config_rev` is given. The arguments
    `base` to `ignore` override it: lists replace the configured ones, `allow` and `ignore` add to
    them.

    directory: any directory of the repository. None is the current one, with Git's environment
        variables, which in a hook name the commit being made. Other values ignore them.
    rev: revision to check, instead of the index.
    worktree: check the working tree, instead of the index.
    base: allowed base model, or several.
    include: expected include patterns of the source '.'.
    exclude: expected exclude patterns of the source '.'.
    policy: expected sources policy, 'strict' or 'permissive'.
    name: name of the corpus document, 'corpus' for `.dlm/corpus.dlm`.
    allow: further documents: paths, or mappings with `path` and `base` for another base model.
    ignore: rules to suppress, with the reason for each.
    config_file: file to read the config from.
    config_rev: revision to read the config from.
    today: the day that `until` of the config is compared with, such as '2027-01-31', by default
        the current one.

    Raises DlmGitError if the state cannot be checked: not a repository, a bad revision or config.
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
        config_files=read_config_file(config_file, config_rev),
        config_rev=config_rev,
        today=today or strftime("%Y-%m-%d"),
    )
    with prepare(directory, options) as (snapshot, effective):
        return check_snapshot(snapshot, effective, options)


def check_snapshot(
    snapshot: Snapshot, effective: EffectiveConfig, options: CheckOptions
) -> CheckResult:
    """Check a state that `prepare` returned, and add notes."""
    exceptions = read_exceptions(effective, options)
    config, origins = effective.config, effective.origins
    result = run_rules(
        snapshot,
        config,
        origins,
        exceptions=exceptions,
        config_file=effective.config_file,
        timed=options.timed,
    )
    own_config = options.config_files is None and options.config_rev is None
    notes = (
        *config_notes(snapshot, effective),
        *missing_notes(snapshot),
        *file_notes(snapshot, effective, own_config, options.config_rev is None),
        *result.notes,
    )
    return result.replace(notes=notes)


def read_exceptions(
    effective: EffectiveConfig, options: CheckOptions, *, comments: bool = True
) -> Exceptions:
    """Return what a check accepts besides what its config says.

    If 'ignore-path' is locked, that is nothing: only the file that locks it accepts findings. With
    the config of another revision, comments do not count: they would relax its rules.

    Raises DlmGitError if the baseline cannot be read.
    """
    if "ignore-path" in effective.locked:
        return Exceptions(None, options.today, comments=False)
    comments = comments and options.config_rev is None
    data = effective.baseline()
    if data is None:
        return Exceptions(None, options.today, comments)
    from dlm_git.rules.baseline import parse_baseline  # late: few repositories have one

    return Exceptions(parse_baseline(data), options.today, comments)


@contextmanager
def prepare(
    directory: PathLike | None, options: CheckOptions, answer: Answer | None = None
) -> Iterator[tuple[Snapshot, EffectiveConfig]]:
    """Yield the state to check, and the config to check it against.

    Up to the end of the context, one git process reads the objects of the state.

    answer: see `find_repository`.

    Raises DlmGitError if options contradict each other, or if either cannot be read.
    """
    if options.worktree and options.rev is not None:
        raise conflict("rev", "worktree")
    repository = find_repository(directory, answer=answer)
    with repository.objects:
        yield read_state(repository, options, answer)


def read_state(
    repository: Repository, options: CheckOptions, answer: Answer | None = None
) -> tuple[Snapshot, EffectiveConfig]:
    """Return the state that options name, and the config to check it against; see `prepare`."""
    snapshot = _read_snapshot(repository, options, answer)
    return snapshot, load_config(repository, snapshot, options)


def _read_snapshot(
    repository: Repository, options: CheckOptions, answer: Answer | None
) -> Snapshot:
    since = options.since
    if since:
        from dlm_git.git.revisions import resolve_commit  # late: rare

        since = resolve_commit(repository.git, since)
    if options.worktree:
        from dlm_git.git.worktree import read_worktree  # late: rare

        return read_worktree(repository, since)
    if options.rev is None:
        return read_index(repository, since, answer.listing if answer else None)
    return read_revision(repository, options.rev, since)


def conflict(name: str, other: str) -> DlmGitError:
    """Return the error about two options that contradict each other."""
    return DlmGitError(f"'{name}' and '{other}' cannot be combined", "pass one of them")


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
    return effective.replace(baseline=lambda: read_baseline(snapshot))


def given_config(options: CheckOptions) -> EffectiveConfig | None:
    """Return the config in the file that the options name, None if they name none."""
    if options.config_files is None:
        return None
    effective = resolve_config(
        options.config_files, options.overrides, organization=organization(options)
    )
    validate_config(effective.config)
    return effective


def snapshot_config(snapshot: Snapshot, options: CheckOptions) -> EffectiveConfig:
    """Return the config in a snapshot. Raises DlmGitError also for unknown names in it."""
    effective = read_config(snapshot, options)
    validate_config(effective.config)
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
    return read_organization(os.environ) if given is None else given


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
