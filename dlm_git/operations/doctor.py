"""Diagnose the programs, the document and the config of a repository, without changing it."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from dlm_git.about import __version__
from dlm_git.config.load import Config, EffectiveConfig
from dlm_git.diagnosis import Group, Line, State, error_line, guarded, shortened
from dlm_git.errors import DlmGitError
from dlm_git.git.describe import repository_kinds, unmerged_paths
from dlm_git.git.environment import MINIMUM_VERSION
from dlm_git.git.program import GitProgram, describe_git
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.operations.check import check_snapshot
from dlm_git.operations.configs import CheckOptions, find_organization, load_config
from dlm_git.paths import CONFIG_FILES, MISPLACED_CONFIGS, is_within
from dlm_git.report import CheckResult, Finding, Note
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

_MAX_NOTES = 6
_ORGANIZATION = "the organization's config"


class Diagnosis(Value):
    """What was found in a repository, other than what enforces the check.

    groups: the lines on programs and on the repository.
    repository: the repository, None if it cannot be read.
    snapshot: the state that was checked, None if it cannot be read.
    """

    groups: tuple[Group, ...]
    repository: Repository | None = None
    snapshot: Snapshot | None = None


def diagnose(directory: PathLike | None, environ: Mapping[str, str]) -> Diagnosis:
    """Return what is found in the repository of a directory.

    What cannot be read becomes a line of the report, and does not hide the other lines.

    directory: any directory of the repository; None is the current one, with Git's variables.
    """
    try:
        git: GitProgram | DlmGitError = describe_git(environ)
    except DlmGitError as error:
        git = error
    programs = Group("Programs", tuple(_programs(git)))
    if isinstance(git, DlmGitError) or not git.is_supported:
        return Diagnosis((programs,))
    try:
        repository = find_repository(directory, environ)
        root = repository.git_dir if repository.bare else repository.root
    except DlmGitError as error:
        return Diagnosis((programs, Group("Repository", (error_line("repository", error),))))
    lines = [*guarded("repository", _kinds(repository, root))]
    snapshot = None
    try:
        snapshot = read_revision(repository, "HEAD") if repository.bare else read_index(repository)
    except DlmGitError as error:
        lines.append(error_line("document" if repository.bare else "index", error))
    if snapshot:
        lines += guarded("index", _unmerged(repository))
        with repository.objects:
            lines += guarded("document", _contents(repository, snapshot, environ))
    return Diagnosis((programs, Group("Repository", tuple(lines))), repository, snapshot)


def _programs(git: GitProgram | DlmGitError) -> Iterator[Line]:
    yield Line("dlm-git", __version__)
    yield Line("Python", f"{platform.python_version()}, {sys.executable}")
    yield error_line("git", git) if isinstance(git, DlmGitError) else _git(git)


def _git(git: GitProgram) -> Line:
    value = f"{git.version or 'unknown version'}, {git.path}"
    if git.is_supported:
        return Line("git", value)
    minimum = ".".join(map(str, MINIMUM_VERSION))
    return Line("git", f"{value}: too old", "problem", f"install git {minimum} or later")


def _kinds(repository: Repository, root: str) -> Iterator[Line]:
    kinds = ", ".join(repository_kinds(repository))
    yield Line("repository", f"{root} ({kinds})" if kinds else root)


def _unmerged(repository: Repository) -> Iterator[Line]:
    paths = [] if repository.bare else unmerged_paths(repository)
    if paths:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        value = f"'{paths[0]}'{more} {'are' if more else 'is'} in conflict"
        yield Line("index", value, "problem", "resolve the conflict, then `git add` the result")


def _contents(
    repository: Repository, snapshot: Snapshot, environ: Mapping[str, str]
) -> Iterator[Line]:
    """Yield the lines on the document and the config."""
    try:
        options = CheckOptions(organization=find_organization(environ))
        effective = load_config(repository, snapshot, options)
    except DlmGitError as error:
        yield Line("document", "not checked, because the config cannot be read", "info")
        yield error_line("config", error)
        return
    notes: tuple[Note, ...] = ()
    try:
        result = check_snapshot(snapshot, effective, options)
    except DlmGitError as error:
        yield error_line("document", error)
    else:
        notes = result.notes
        yield from _document(repository, snapshot, effective, result)
    yield from _config(repository, snapshot, effective)
    lines = [_note(note, effective, "info" if note.optional else "problem") for note in notes]
    yield from shortened(lines, _MAX_NOTES)


def _document(
    repository: Repository, snapshot: Snapshot, effective: EffectiveConfig, result: CheckResult
) -> Iterator[Line]:
    for path, findings in _by_document(effective.config, result.findings).items():
        missing = [finding for finding in findings if finding.rule == "missing-corpus"]
        for finding in missing:
            yield Line("document", finding.message, "problem", finding.hint)
        rules = Counter(finding.rule for finding in findings if finding not in missing)
        value = f"{path}, {_recorded(repository, snapshot, path)}" if path else "other files"
        if rules:
            count = f"{rules.total()} finding{'' if rules.total() == 1 else 's'}"
            names = ", ".join(f"{n} {rule}" if n > 1 else rule for rule, n in rules.items())
            hint = "`dlm-git check` prints each finding, and how to fix it"
            value = count if missing else f"{value}, {count}"
            yield Line("document", f"{value}: {names}", "problem", hint)
        elif not missing:
            yield Line("document", f"{value}, no findings")
    for rule in result.suppressed:
        yield Line("suppressed rule", f"{rule.rule}: {rule.reason}", "info")


def _by_document(config: Config, findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Return the findings below the root of each corpus, by its document, '' for all others."""
    corpora = sorted(config.corpora, key=lambda corpus: len(corpus.root), reverse=True)
    groups: dict[str, list[Finding]] = {corpus.corpus_path: [] for corpus in config.corpora}
    for finding in findings:
        around = (corpus.corpus_path for corpus in corpora if is_within(finding.path, corpus.root))
        groups.setdefault(next(around, ""), []).append(finding)
    return groups


def _config(
    repository: Repository, snapshot: Snapshot, effective: EffectiveConfig
) -> Iterator[Line]:
    for file in effective.files:
        names = [key for key in effective.origins if file in effective.setters(key)]
        locked = [key for key, by in effective.locked.items() if by == file]
        if names or locked or file == effective.organization:
            parts = [f"sets {', '.join(names)}"] if names else []
            parts += [f"locks {', '.join(locked)}"] if locked else []
            of_organization = file == effective.organization
            recorded = _ORGANIZATION if of_organization else _recorded(repository, snapshot, file)
            yield Line("config", ", ".join((file, recorded, *parts)))


def _note(note: Note, effective: EffectiveConfig, state: State) -> Line:
    of_config = not note.path or note.path in (*CONFIG_FILES, *MISPLACED_CONFIGS)
    documents = [corpus.corpus_path for corpus in effective.config.corpora]
    name = "document" if note.path in documents else "training set"
    if of_config or note.path.endswith("dlm-git.toml"):
        name = "config"
    return Line(name, note.message, state, note.hint)


def _recorded(repository: Repository, snapshot: Snapshot, path: str) -> str:
    """Return whether a path is committed or only staged, in words."""
    entries = snapshot.entries(path)
    if snapshot.revision or not entries:
        return f"{'' if entries else 'not '}in {snapshot.label}"
    if entries[0].stage:
        return "unmerged"
    if "\n" not in path:
        with suppress(DlmGitError):
            (oid, _), *_ = repository.objects.resolve([f"HEAD:{path}"])
            return "committed" if oid == entries[0].oid else "staged, not committed yet"
    return "staged"
