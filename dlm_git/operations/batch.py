"""The errand of judging many repositories, which are not the caller's own, on all cores."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from traceback import extract_tb

from dlm_git.config.load import resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import temporary_directory
from dlm_git.git.process import Git
from dlm_git.git.read import read_index, read_revision
from dlm_git.git.repository import Repository
from dlm_git.git.untrusted import is_repository, isolated_git, open_untrusted, project_id
from dlm_git.operations.check import CheckOptions, load_config, read_config_file
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.timeouts import _limited, _StoppedError

TIME_LIMIT = 60.0


Elsewhere = Mapping[str, Sequence[str]]


def cores() -> int:
    """How many processes can run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_repositories(
    paths: Sequence[str],
    options: CheckOptions,
    jobs: int,
    elsewhere: Sequence[Elsewhere] = (),
    *,
    seconds: float = TIME_LIMIT,
) -> Iterator[CheckOutcome]:
    """A verdict of each repository, named by its path, in the order given.

    What cannot be judged, takes too long or ends the process that judges it is Unjudged, and the
    others are judged all the same. `elsewhere` tells of each which ids other projects have too.
    Raises CannotCheck for a config that is wrong for all.
    """
    _check(options)
    _git()
    known = elsewhere or [{}] * len(paths)
    with temporary_directory({}, {}) as folder, _pool(min(jobs, len(paths))) as pool:
        work = [
            pool.submit(_verdict, path, others, options, seconds, folder)
            for path, others in zip(paths, known, strict=True)
        ]
        try:
            for path, others, future in zip(paths, known, work, strict=True):
                outcome = _result(future)
                if outcome is None:
                    outcome = _check_isolated(path, others, options, seconds, folder)
                yield outcome
        finally:
            pool.shutdown(cancel_futures=True)


def recheck_shared_ids(
    verdicts: Sequence[CheckOutcome],
    options: CheckOptions,
    jobs: int,
    *,
    seconds: float = TIME_LIMIT,
) -> list[CheckOutcome]:
    """The verdicts, those judged once more whose documents have an id that another project has."""
    elsewhere = _elsewhere(verdicts)
    paths = list(elsewhere)
    again = (
        check_repositories(paths, options, jobs, list(elsewhere.values()), seconds=seconds)
        if paths
        else ()
    )
    anew = {verdict.name: verdict for verdict in again}
    return [anew.get(verdict.name, verdict) for verdict in verdicts]


def _elsewhere(verdicts: Sequence[CheckOutcome]) -> dict[str, Elsewhere]:
    """For each repository, which other projects have ids of its documents."""
    holders: dict[str, list[str]] = defaultdict(list)
    for verdict in verdicts:
        for each in dict.fromkeys(verdict.ids if isinstance(verdict, CheckResult) else ()):
            holders[each].append(verdict.name)
    found: dict[str, dict[str, Sequence[str]]] = defaultdict(dict)
    origins: dict[str, str] = {}
    for each, names in holders.items():
        if len(names) < 2:
            continue
        origins |= {name: _origin(name) for name in names if name not in origins}
        for name in names:
            others = [other for other in names if origins[other] != origins[name]]
            if others:
                found[name][each] = others
    return dict(found)


def _origin(path: str) -> str:
    try:
        return project_id(path, _git())
    except (DlmGitError, OSError):  # it is not what it was a moment ago
        return path


def _check(options: CheckOptions) -> None:
    if options.config_file is not None:
        files = read_config_file(options.config_file)
        validate_config(resolve_config(files, options.overrides).config)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # judging holds the interpreter's lock, so threads would use one core only; a fork has all
    # modules loaded
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), _init_worker)


def _init_worker() -> None:
    """At the beginning of a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells what is to end
    # what is loaded by now need not be searched for garbage again and again: a tenth of the time
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@cache
def _git() -> Git:
    return isolated_git(os.environ)


def _result(future: Future[CheckOutcome]) -> CheckOutcome | None:
    """None if a process of the pool died, of this repository or of another one."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None


def _check_isolated(
    path: str, elsewhere: Elsewhere, options: CheckOptions, seconds: float, folder: str
) -> CheckOutcome:
    with _pool(1) as pool:
        died = CheckFailure(path, "the process that judged it died", "it may be a trap: look at it")
        outcome = _result(pool.submit(_verdict, path, elsewhere, options, seconds, folder))
        return died if outcome is None else outcome


def _verdict(
    path: str, elsewhere: Elsewhere, options: CheckOptions, seconds: float, folder: str
) -> CheckOutcome:
    """What is run in a process of the pool; it does not raise. What it leaves in the folder if it
    is killed goes with that."""
    try:
        with _limited(seconds), open_untrusted(path, _git(), folder) as found:
            return replace(_report(found, elsewhere, options), name=path)
    except DlmGitError as error:
        return CheckFailure(path, error.message, error.hint)
    except _StoppedError:
        message = f"it takes longer than {seconds:g} seconds"
        return CheckFailure(path, message, "look at it, or give it more with --timeout SECONDS")
    except Exception as error:
        at = extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {os.path.basename(at.filename)}, line {at.lineno}"
        help_ = f"`cd {path} && dlm-git check` if you trust it, and please report what it says"
        return CheckFailure(path, f"dlm-git failed, this is a bug: {where}", help_)


def _report(found: Repository, elsewhere: Elsewhere, options: CheckOptions) -> CheckResult:
    rev = options.rev or ("HEAD" if found.bare else None)
    snapshot = read_index(found) if rev is None else read_revision(found, rev)
    effective = load_config(found, snapshot, options)
    return run_rules(snapshot, effective.config, effective.origins, elsewhere)


def parse_list(data: bytes, *, nul: bool) -> list[str]:
    """The paths of a list: a line each, or each with a NUL at its end."""
    return [os.fsdecode(path) for path in data.split(b"\0" if nul else b"\n") if path]


def discover_repositories(directory: str, *, submodules: bool = False) -> Iterator[str]:
    """The worktrees and bare repositories at or below a directory, sorted by their names.

    Links are not followed, hidden directories passed over, and repositories not looked into, but
    for the submodules and linked worktrees in them if that is asked. A directory that cannot be
    read is given too: what lies in it is not known to be in order. Raises CannotCheck where there
    is no such directory.
    """
    if not os.path.isdir(directory):
        raise DlmGitError(f"there is no directory '{directory}'", "check the path of --discover")
    todo = [os.path.normpath(directory)]
    while todo:
        folder = todo.pop()
        names = _names(folder)
        found = names is None or is_repository(names)
        if found:
            yield folder
        if names and (not found or (submodules and ".git" in names)):
            todo += _below(folder, [name for name, is_folder in names.items() if is_folder])


def _below(folder: str, names: Sequence[str]) -> list[str]:
    """What to look into next, the first name at the end."""
    seen = sorted((name for name in names if not name.startswith(".")), reverse=True)
    return [os.path.normpath(os.path.join(folder, name)) for name in seen]


def _names(folder: str) -> dict[str, bool] | None:
    """What stands in a directory, and which of it are directories; None if that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except FileNotFoundError:  # removed while we were looking
        return {}
    except OSError:
        return None
