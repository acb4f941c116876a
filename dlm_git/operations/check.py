"""Check a state of a repository against its config."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import strftime

from dlm_git.config.load import EffectiveConfig, overrides
from dlm_git.errors import DlmGitError
from dlm_git.git.layout import Answer
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.operations.configs import CheckOptions, conflict, load_config, read_config_file
from dlm_git.operations.notes import config_notes, file_notes, missing_notes
from dlm_git.report import CheckResult
from dlm_git.rules.context import Exceptions
from dlm_git.rules.engine import run_rules
from dlm_git.rules.registry import select_rules
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
    allow: Sequence[str | Mapping[str, object]] | None = None,
    ignore: Mapping[str, str] | None = None,
    select: Sequence[str] | None = None,
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
    select: rules to run, and families of rules; None for all.
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
        today=current_day() if today is None else _day(today),
        selected=select_rules(select or ()),
    )
    with prepare(directory, options) as (snapshot, effective):
        return check_snapshot(snapshot, effective, options)


def _day(text: str) -> str:
    """Return a day in the form of `current_day`."""
    from datetime import date  # late: only the API needs it

    try:
        return str(date.fromisoformat(text))
    except ValueError:
        hint = "pass one such as '2027-01-31'"
        raise DlmGitError(f"'today' is not a day: '{text}'", hint) from None


def current_day() -> str:
    """Return the current day in the local time zone, such as '2027-01-31'."""
    return strftime("%Y-%m-%d")


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
        selected=effective.selected,
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
    if locked_by := effective.locked.get("ignore-path"):
        return Exceptions(None, options.today, comments=False, locked_by=locked_by)
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
