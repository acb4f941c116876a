"""The errand of a push: judge what each ref is to hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

from dlm_git.config.load import EffectiveConfig, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.git import objects
from dlm_git.git.read import read_revision
from dlm_git.git.ref_updates import HOOK_INPUT_HINT, Update
from dlm_git.git.repository import Repository, find_repository
from dlm_git.operations.check import CheckOptions, config_files, given_config_files
from dlm_git.paths import OWN_CONFIG
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.snapshots.snapshot import Snapshot

MAX_TIPS = 1000
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Tip:
    """A commit that refs are to hold, and the one that they held, '' if it is none or not here."""

    refs: tuple[str, ...]
    commit: str
    before: str

    @property
    def name(self) -> str:
        """The refs, in short."""
        others = len(self.refs) - _NAMED
        return ", ".join(self.refs[:_NAMED]) + (f" and {others} more" if others > 0 else "")


@dataclass(frozen=True, slots=True)
class PushResult:
    """The verdicts on the tips of a push, and the refs that are to hold no commit: ref and kind of
    the object."""

    verdicts: tuple[CheckOutcome, ...]
    skipped: tuple[tuple[str, str], ...]


_Expecting = Callable[[Tip, Snapshot], EffectiveConfig]


def pre_push(updates: Sequence[Update], refs: Sequence[str], options: CheckOptions) -> PushResult:
    """Judge what is about to be pushed from the repository of the current directory.

    `refs` are patterns (fnmatch) of the refs that are judged. Each tip is judged by its own config
    unless another one is given. Raises CannotCheck as `checking.check` does.
    """
    repository = find_repository(None, allow_git_dir=True)
    return _judged(repository, updates, refs, _given(repository, options) or _own(options))


def pre_receive(
    updates: Sequence[Update], refs: Sequence[str], options: CheckOptions, limit: int
) -> PushResult:
    """Judge what was pushed to the repository of the current directory, and is in quarantine.

    As `pre_push`, but a tip is judged by the config that its ref held, so that a push cannot relax
    its own rules; `limit` is that of `runner.Git`. Raises CannotCheck where no ref is told.
    """
    if not updates:
        raise DlmGitError(
            "there is no ref to judge on standard input",
            HOOK_INPUT_HINT,
        )
    found = find_repository(None, allow_git_dir=True)
    repository = replace(found, git=replace(found.git, limit=limit))
    return _judged(
        repository, updates, refs, _given(repository, options) or _held(repository, options)
    )


def _given(repository: Repository, options: CheckOptions) -> _Expecting | None:
    """The config of a file or of a revision, read once; None if neither is named."""
    files = given_config_files(repository, options)
    if files is None:
        return None
    effective = _effective(files, options)
    return lambda _tip, _snapshot: effective


def _own(options: CheckOptions) -> _Expecting:
    """The config of the tip itself."""
    return lambda _, snapshot: _effective(config_files(snapshot), options)


def _held(repository: Repository, options: CheckOptions) -> _Expecting:
    """The config that the ref of a tip held; for a new ref the one of HEAD, and for the first push
    of all the tip's own."""
    head = cache(lambda: _head(repository))
    exact = _by_id(repository)
    held = cache(lambda commit: config_files(read_revision(exact, commit)))

    def expecting(tip: Tip, snapshot: Snapshot) -> EffectiveConfig:
        own = _effective(config_files(snapshot), options)  # none that is broken is let in
        before = tip.before or head()
        return _of_before(_effective(held(before), options)) if before else own

    return expecting


def _effective(files: Mapping[str, bytes], options: CheckOptions) -> EffectiveConfig:
    effective = resolve_config(files, options.overrides)
    validate_config(effective.config)
    return effective


def _of_before(effective: EffectiveConfig) -> EffectiveConfig:
    """A config whose origins say that a change of it counts from the next push on."""
    files = {origin for origin in effective.origins.values() if not origin.startswith("--")}
    file = next(iter(files - {"default"}), OWN_CONFIG)
    origins = {
        key: origin if origin.startswith("--") else f"{file}, in a push before this one"
        for key, origin in effective.origins.items()
    }
    return replace(effective, origins=origins)


def _head(repository: Repository) -> str:
    """The commit of HEAD, '' if the repository holds no ref at all.

    Raises CannotCheck where HEAD names a branch that is not there though others are: which config
    holds for a new ref is then not known.
    """
    git = repository.git
    # where its branch is not there, git would take a tag of the name HEAD
    name = git.run("symbolic-ref", "--quiet", "HEAD", ok=(0, 1))[1].decode().strip() or "HEAD"
    commit, kind = objects.peel(git, [name])[name]
    if kind == "commit":
        return commit
    if git.output("for-each-ref", "--count=1"):
        raise DlmGitError(
            "HEAD of the receiving repository names a branch that does not exist, so no config"
            " holds for a new ref",
            "on the server: `git symbolic-ref HEAD refs/heads/BRANCH`",
        )
    return ""


def _judged(
    repository: Repository, updates: Sequence[Update], refs: Sequence[str], expecting: _Expecting
) -> PushResult:
    """The verdicts on the refs of a push that are chosen."""
    chosen = [each for each in updates if each.new and _is_chosen(each.ref, refs)]
    peeled = objects.peel(
        repository.git, [oid for each in chosen for oid in (each.new, each.old) if oid]
    )
    tips, skipped = _tips(chosen, peeled)
    if len(tips) > MAX_TIPS:
        raise DlmGitError(
            f"{len(tips)} commits are pushed to be judged, and {MAX_TIPS} are the limit",
            "push fewer refs at once",
        )
    exact = _by_id(repository)
    verdicts = tuple(_verdict(exact, tip, expecting) for tip in tips)
    return PushResult(verdicts, tuple(skipped))


def _by_id(repository: Repository) -> Repository:
    """The repository, asked by ids alone: to Git an id is one even where somebody pushed a branch
    of that name, which is no reason to refuse everybody's pushes (gitrevisions(7))."""
    options = (*repository.git.options, "-c", "core.warnAmbiguousRefs=false")
    return replace(repository, git=replace(repository.git, options=options))


def _is_chosen(ref: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(ref, pattern) for pattern in patterns)


def _tips(
    updates: Sequence[Update], peeled: Mapping[str, tuple[str, str]]
) -> tuple[list[Tip], list[tuple[str, str]]]:
    """The tips, refs that are alike in what they held and are to hold being one, and the refs that
    are to hold no commit. Raises CannotCheck for an object that is not here."""
    refs: dict[tuple[str, str], list[str]] = defaultdict(list)
    skipped = []
    for update in updates:
        commit, kind = peeled[update.new]
        before, former = peeled.get(update.old, ("", ""))
        if not kind:
            raise DlmGitError(
                f"the object {update.new} of '{update.ref}' is not in this repository",
                "leave the environment of the hook as Git made it, and its current directory",
            )
        if kind != "commit":
            skipped.append((update.ref, kind))
        else:
            refs[commit, before if former == "commit" else ""].append(update.ref)
    return [Tip(tuple(names), *key) for key, names in refs.items()], skipped


def _verdict(repository: Repository, tip: Tip, expecting: _Expecting) -> CheckResult | CheckFailure:
    try:
        snapshot = read_revision(repository, tip.commit, tip.before)
        effective = expecting(tip, snapshot)
        report = run_rules(snapshot, effective.config, effective.origins)
    except DlmGitError as error:
        return CheckFailure(tip.name, error.message, error.hint)
    return replace(report, name=tip.name)
