"""Check many untrusted repositories, on all cores."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from traceback import extract_tb

from dlm_git.about import REPOSITORY
from dlm_git.config.load import resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import temporary_directory
from dlm_git.git.isolated import IsolatedGitDirs
from dlm_git.git.process import Git
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.untrusted import isolated_git, open_untrusted, project_id
from dlm_git.limits import lacks_memory, limit_time
from dlm_git.operations.check import read_exceptions
from dlm_git.operations.configs import CheckOptions, load_config, organization
from dlm_git.operations.notes import config_notes, missing_notes
from dlm_git.paths import shell_quote
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.values import Value

TIME_LIMIT = 60.0
_MOST_TASKS = 8  # that one process is given at once
_LEAST_GROUPS = 4  # of tasks for each process, so that all end at about the same time
_TIME_HINT = "raise --timeout SECONDS"

# the document ids that other projects have too, with the paths of these projects
SharedIds = Mapping[str, Sequence[str]]


class _Task(Value):
    """The check of one repository.

    path: its path.
    shared_ids: its document ids that other projects have too.
    options: the state to check and the config.
    seconds: the time limit.
    directory: a directory for temporary files.
    """

    path: str
    shared_ids: SharedIds
    options: CheckOptions
    seconds: float
    directory: str


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_repositories(
    paths: Sequence[str],
    options: CheckOptions,
    jobs: int,
    shared_ids: Sequence[SharedIds] = (),
    *,
    seconds: float = TIME_LIMIT,
) -> Iterator[CheckOutcome]:
    """Yield the outcome of each repository, named by its path, in the given order.

    A repository that cannot be checked, exceeds the time limit or crashes its process is a
    CheckFailure, and does not affect the others. `shared_ids` has an element for each path.

    Raises DlmGitError for problems that affect all repositories, such as an invalid config file.
    """
    options = options.replace(organization=organization(options))  # read once
    _validate_config(options)
    _git()
    with temporary_directory({}, {}) as directory, _pool(min(jobs, len(paths)) or 1) as pool:
        tasks = [
            _Task(path, ids, options, seconds, directory)
            for path, ids in zip(paths, shared_ids or [{}] * len(paths), strict=True)
        ]
        # a future for several tasks, because one costs as much as a rule
        size = max(1, min(_MOST_TASKS, len(tasks) // (_LEAST_GROUPS * jobs)))
        groups = [tasks[first : first + size] for first in range(0, len(tasks), size)]
        futures = [pool.submit(_run_group, group) for group in groups]
        try:
            for group, future in zip(groups, futures, strict=True):
                yield from _wait(future) or map(_run_alone, group)
        finally:
            pool.shutdown(cancel_futures=True)


def recheck_shared_ids(
    outcomes: Sequence[CheckOutcome],
    options: CheckOptions,
    jobs: int,
    *,
    seconds: float = TIME_LIMIT,
) -> list[CheckOutcome]:
    """Return the outcomes after checking again each repository that shares an id with another."""
    shared_ids = _find_shared_ids(outcomes)
    if not shared_ids:
        return list(outcomes)
    rechecked = {
        outcome.name: outcome
        for outcome in check_repositories(
            list(shared_ids), options, jobs, list(shared_ids.values()), seconds=seconds
        )
    }
    return [rechecked.get(outcome.name, outcome) for outcome in outcomes]


def _find_shared_ids(outcomes: Sequence[CheckOutcome]) -> dict[str, SharedIds]:
    """Return the shared ids of each repository that has some, by its path."""
    holders: dict[str, list[str]] = defaultdict(list)
    for outcome in outcomes:
        for id_ in dict.fromkeys(outcome.ids if isinstance(outcome, CheckResult) else ()):
            holders[id_].append(outcome.name)
    shared_ids: dict[str, dict[str, Sequence[str]]] = defaultdict(dict)
    project = cache(_project)
    for id_, paths in holders.items():
        for path in paths if len(paths) > 1 else ():
            others = [other for other in paths if project(other) != project(path)]
            if others:
                shared_ids[path][id_] = others
    return dict(shared_ids)


def _project(path: str) -> str:
    try:
        return project_id(path, _git())
    except (DlmGitError, OSError):  # it has changed since it was checked
        return path


def _validate_config(options: CheckOptions) -> None:
    files = options.config_files or {}
    effective = resolve_config(files, options.overrides, organization=options.organization)
    if options.config_files is not None:
        validate_config(effective.config, effective.origins)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # processes, because threads would share one core; forked, so that modules are loaded already
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _init_worker)


def _init_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the main process, which ends these
    # if garbage collection skips the existing objects, the run is a tenth faster
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@cache
def _git() -> Git:
    return isolated_git(os.environ)


@cache
def _isolated(directory: str) -> IsolatedGitDirs:
    """Return the isolated Git directories of this process, below a directory."""
    return IsolatedGitDirs(directory)


def _wait(future: Future[list[CheckOutcome]]) -> list[CheckOutcome]:
    """Return the outcomes, none if a process of the pool died, whichever tasks it had."""
    try:
        return future.result()
    except BrokenProcessPool:
        return []


def _run_alone(task: _Task) -> CheckOutcome:
    with _pool(1) as pool:
        outcomes = _wait(pool.submit(_run_group, [task]))
    if outcomes:
        return outcomes[0]
    message = "the process that checked it died"
    return CheckFailure(task.path, message, "it may have run out of memory: try --jobs 1")


def _run_group(tasks: Sequence[_Task]) -> list[CheckOutcome]:
    """Check some repositories in a process of the pool; never raises."""
    return [_run(task) for task in tasks]


def _run(task: _Task) -> CheckOutcome:
    try:
        return limit_time(
            lambda: _check(task), seconds=task.seconds, hint=_TIME_HINT, stop_on_interrupt=True
        )
    except DlmGitError as error:
        return CheckFailure(task.path, error.message, error.hint)
    except Exception as error:
        if lacks_memory(error):
            return CheckFailure(task.path, "the check ran out of memory", "try --jobs 1")
        return _bug(task.path, error)


def _check(task: _Task) -> CheckOutcome:
    with open_untrusted(task.path, _git(), _isolated(task.directory)) as repository:
        rev = task.options.rev or ("HEAD" if repository.bare else None)
        snapshot = read_index(repository) if rev is None else read_revision(repository, rev)
        effective = load_config(repository, snapshot, task.options)
        exceptions = read_exceptions(effective, task.options)
        config, origins = effective.config, effective.origins
        result = run_rules(
            snapshot,
            config,
            origins,
            task.shared_ids,
            exceptions=exceptions,
            config_file=effective.config_file,
            selected=effective.selected,
            timed=task.options.timed,
        )
        notes = (*config_notes(snapshot, effective), *missing_notes(snapshot), *result.notes)
        return result.replace(notes=notes, name=task.path)


def _bug(path: str, error: Exception) -> CheckFailure:
    frame = extract_tb(error.__traceback__)[-1]
    location = f"{os.path.basename(frame.filename)}, line {frame.lineno}"
    return CheckFailure(
        path,
        f"dlm-git has a bug: {type(error).__name__} in {location}",
        f"if you trust the repository, `cd {shell_quote(path)} && dlm-git check` prints the"
        " traceback;"
        f" please report it: {REPOSITORY}/issues",
    )
