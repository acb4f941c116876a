"""Check the commits of a push, in the clone before it and in the receiving repository."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache

from dlm_git.config.load import EffectiveConfig
from dlm_git.errors import DlmGitError
from dlm_git.git.read import read_revision
from dlm_git.git.ref_updates import HOOK_INPUT_HINT, Update
from dlm_git.git.refs import has_refs, look_up, symbolic_refs
from dlm_git.git.repository import Repository, find_repository
from dlm_git.operations.check import read_exceptions
from dlm_git.operations.configs import (
    CheckOptions,
    config_in,
    given_config,
    organization,
    read_baseline,
)
from dlm_git.operations.notes import config_notes, missing_notes
from dlm_git.report import CheckFailure, CheckOutcome
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

MAX_TIPS = 1000
_SHOWN_REFS = 3


class Tip(Value):
    """A commit that refs point to after a push.

    refs: the full names of the refs.
    commit: the object id of the commit.
    former_commit: the commit before the push, '' if there is none, or not in this repository.
    """

    refs: tuple[str, ...]
    commit: str
    former_commit: str

    @property
    def name(self) -> str:
        """Return the first refs, and the number of the others."""
        return name_refs(self.refs)


def name_refs(refs: Sequence[str]) -> str:
    """Return the first of several refs, and the number of the others."""
    others = len(refs) - _SHOWN_REFS
    return ", ".join(refs[:_SHOWN_REFS]) + (f" and {others} more" if others > 0 else "")


class PushResult(Value):
    """The result of checking a push.

    outcomes: the outcome of each tip.
    skipped: each ref that does not point to a commit, and the kind of its object.
    unselected: the refs that match none of the patterns.
    """

    outcomes: tuple[CheckOutcome, ...]
    skipped: tuple[tuple[str, str], ...]
    unselected: tuple[str, ...] = ()


_ConfigSource = Callable[[Tip, Snapshot], EffectiveConfig]


class _TipCheck(Value):
    """How to check a tip.

    source: returns its config.
    options: the options of the check.
    comments: whether its comments count.
    """

    source: _ConfigSource
    options: CheckOptions
    comments: bool = True


def pre_push(updates: Sequence[Update], refs: Sequence[str], options: CheckOptions) -> PushResult:
    """Check the commits that a push from the current repository would send.

    Only refs that match one of the patterns `refs` (fnmatch) are checked. The config is that of the
    options, or the one in each commit. Raises DlmGitError for problems that concern all refs.
    """
    repository = find_repository(allow_git_dir=True)
    options = options.replace(organization=organization(options))  # read once
    source = _config_of_rev(repository, options) or _config_of_tip(options)
    selected = [update for update in updates if update.new and _matches(update.ref, refs)]
    return _check_push(repository, updates, selected, _TipCheck(source, options))


def pre_receive(
    updates: Sequence[Update], refs: Sequence[str], options: CheckOptions, limit: int
) -> PushResult:
    """Check the commits that the current repository is receiving, in quarantine.

    Like `pre_push`, but config and baseline are those before the push, and comments do not count,
    so that a push cannot relax its own rules. With the config of a file, no baseline counts. Refs
    are also chosen by the names that lead to them through symbolic refs. `limit` is that of
    `git.process.Git`. Raises DlmGitError also if there are no updates.
    """
    if not updates:
        raise DlmGitError("no ref updates on standard input", HOOK_INPUT_HINT)
    repository = find_repository(allow_git_dir=True)
    repository = repository.replace(git=repository.git.replace(limit=limit))
    options = options.replace(organization=organization(options))  # read once
    source = (
        _config_of_rev(repository, options)
        or _config_of_file(options)
        or _config_before_push(repository, options)
    )
    selected = _select(repository, updates, refs)
    check = _TipCheck(source, options, comments=False)
    return _check_push(repository, updates, selected, check)


def _config_of_rev(repository: Repository, options: CheckOptions) -> _ConfigSource | None:
    """Return the config and the baseline of the revision that the options name, if they do."""
    if options.config_rev is None:
        return None
    config = config_in(read_revision(repository, options.config_rev), options)
    return lambda _tip, _snapshot: config


def _config_of_file(options: CheckOptions) -> _ConfigSource | None:
    """Return the config of the file that the options name, if they do, without a baseline.

    With a baseline of the repository, two pushes could relax the rules of the server.
    """
    config = given_config(options)
    return (lambda _tip, _snapshot: config) if config else None


def _config_of_tip(options: CheckOptions) -> _ConfigSource:
    """Return the config in each commit, or that of a file, with the baseline in each commit."""
    config = given_config(options)
    if not config:
        return lambda _tip, snapshot: config_in(snapshot, options)
    return lambda _tip, snapshot: config.replace(baseline=lambda: read_baseline(snapshot))


def _config_before_push(repository: Repository, options: CheckOptions) -> _ConfigSource:
    """Return the config in the former commit of a ref.

    For a new ref that is the config in HEAD, and in an empty repository that of the tip.
    """
    head = cache(lambda: _head(repository))
    state = cache(lambda commit: read_revision(repository, commit))

    def source(tip: Tip, snapshot: Snapshot) -> EffectiveConfig:
        own = config_in(snapshot, options)  # raises if the push breaks the config
        read_exceptions(own, options)  # raises if it breaks the baseline
        former_commit = tip.former_commit or head()
        if not former_commit:
            return own
        return _from_earlier_push(config_in(state(former_commit), options))

    return source


def _from_earlier_push(effective: EffectiveConfig) -> EffectiveConfig:
    """Return a config whose origins tell the user that only an earlier push can change it."""
    own = effective.own_files or (effective.config_file,)
    pushed = {file: f"{file}, in an earlier push" for file in own}
    files = (*effective.files[: bool(effective.organization)], *pushed.values())
    origins = {key: pushed.get(origin, origin) for key, origin in effective.origins.items()}
    return effective.replace(origins=origins, files=files)


def _head(repository: Repository) -> str:
    """Return the commit of HEAD, '' if the repository has no refs.

    Raises DlmGitError if there are refs, but not the branch that HEAD names.
    """
    git = repository.git
    commit = look_up(git, "HEAD")
    if commit:
        return commit
    if has_refs(git):
        raise DlmGitError(
            "HEAD of the receiving repository names a branch that does not exist, so the config"
            " for a new ref is unknown",
            "on the server: `git symbolic-ref HEAD refs/heads/BRANCH`",
        )
    return ""


def _check_push(
    repository: Repository,
    updates: Sequence[Update],
    selected: Sequence[Update],
    check: _TipCheck,
) -> PushResult:
    refs = {update.ref for update in selected}
    unselected = tuple(update.ref for update in updates if update.new and update.ref not in refs)
    oids = [oid for update in selected for oid in (update.new, update.old) if oid]
    with repository.objects:
        tips, skipped = _group(selected, repository.objects.peel(oids))
        if len(tips) > MAX_TIPS:
            raise DlmGitError(
                f"the push has {len(tips)} commits to check, more than the limit of {MAX_TIPS}",
                "push fewer refs at once",
            )
        outcomes = tuple(_check_tip(repository, tip, check) for tip in tips)
    return PushResult(outcomes, tuple(skipped), unselected)


def _select(
    repository: Repository, updates: Sequence[Update], patterns: Sequence[str]
) -> list[Update]:
    """Return the updates of refs of which a name matches, without deletions.

    A push to a symbolic ref updates its target, so both are names of the same ref.
    """
    updates = [update for update in updates if update.new]
    others = [update.ref for update in updates if not _matches(update.ref, patterns)]
    if not others:
        return updates
    targets = symbolic_refs(repository.git, [*others, *patterns])
    names = defaultdict(set)
    for name, target in targets.items():
        names[target].add(name)

    def is_chosen(ref: str) -> bool:
        target = targets.get(ref, ref)
        return any(_matches(name, patterns) for name in (ref, target, *names[target]))

    return [update for update in updates if is_chosen(update.ref)]


def _matches(ref: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(ref, pattern) for pattern in patterns)


def _group(
    updates: Sequence[Update], peeled: Mapping[str, tuple[str, str]]
) -> tuple[list[Tip], list[tuple[str, str]]]:
    """Group refs with the same commits before and after the push, and separate the skipped ones.

    Raises DlmGitError if an object is missing.
    """
    refs: dict[tuple[str, str], list[str]] = defaultdict(list)
    skipped = []
    for update in updates:
        commit, kind = peeled[update.new]
        former_commit, former_kind = peeled.get(update.old, ("", ""))
        if not kind:
            raise DlmGitError(
                f"object {update.new} of '{update.ref}' is not in this repository",
                "run dlm-git in the directory and environment in which Git runs the hook",
            )
        if kind != "commit":
            skipped.append((update.ref, kind))
        else:
            key = (commit, former_commit if former_kind == "commit" else "")
            refs[key].append(update.ref)
    return [Tip(tuple(names), *commits) for commits, names in refs.items()], skipped


def _check_tip(repository: Repository, tip: Tip, check: _TipCheck) -> CheckOutcome:
    try:
        snapshot = read_revision(repository, tip.commit, tip.former_commit)
        effective = check.source(tip, snapshot)
        exceptions = read_exceptions(effective, check.options, comments=check.comments)
        result = run_rules(
            snapshot,
            effective.config,
            effective.origins,
            exceptions=exceptions,
            config_file=effective.config_file,
        )
    except DlmGitError as error:
        return CheckFailure(tip.name, error.message, error.hint)
    notes = (*config_notes(snapshot, effective), *missing_notes(snapshot), *result.notes)
    return result.replace(name=tip.name, notes=notes)
