"""`dlm-git check`."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname

from dlm_git.cli import options, reporting
from dlm_git.cli.cache import ResultCache, recording_reads
from dlm_git.cli.check_arguments import (
    declare_arguments,
    explain_others,
    names_repositories,
    reject_contradictions,
    with_statistics,
)
from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.reporting import Output
from dlm_git.cli.target import (
    at_push,
    git_calls_printed,
    load_target,
    pushed_other_ref,
)
from dlm_git.cli.terminal import (
    print_error,
    print_lines,
    print_verbatim,
    read_stdin,
)
from dlm_git.config.load import EffectiveConfig
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape_path
from dlm_git.git.layout import Answer
from dlm_git.operations.check import check_snapshot
from dlm_git.operations.configs import CheckOptions
from dlm_git.paths import BASELINE, CONFIG_FILES, DLM, directory_config_files
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

EXAMPLES = """\
  dlm-git check                             # check what `git commit` would commit
  dlm-git check --rev HEAD --format github  # check the last commit in CI
  dlm-git check --diff                      # show the fixes
  dlm-git check --discover ~/src            # check many repositories
  dlm-git check --write-baseline            # accept all findings that there are
"""
add_arguments = declare_arguments


class Fixes(Value):
    """The fixes to apply.

    write: write the files; if False, print a patch instead.
    unsafe: apply unsafe fixes too.
    """

    write: bool
    unsafe: bool


class Repositories(Value):
    """Repositories to check, and the limits.

    paths: working trees and bare repositories.
    others: the failures of those paths that are something else.
    jobs: number of processes; None for one per core.
    seconds: time limit for each repository; None for the default.
    """

    paths: Sequence[str]
    others: Mapping[str, CheckFailure]
    jobs: int | None
    seconds: int | None


class Request(Value):
    """The arguments of `dlm-git check`.

    options: the state to check and the config to check it against.
    outputs: the formats to write.
    fixes: the fixes to apply; None to apply none.
    repositories: the repositories to check; None for the current one.
    write_baseline: write the baseline instead of a report.
    quiet: print only findings and notes.
    show_accepted: print the accepted findings, too.
    exit_zero: exit with 0 in spite of findings.
    verbose: print the checked state and how long each git command takes.
    """

    options: CheckOptions
    outputs: Sequence[Output]
    fixes: Fixes | None
    repositories: Repositories | None
    write_baseline: bool
    quiet: bool
    show_accepted: bool
    exit_zero: bool
    verbose: bool


def run(
    arguments: Namespace, cache: ResultCache | None = None, answer: Answer | None = None
) -> int:
    """Check one repository or several, and apply fixes.

    cache: where to cache a clean result.
    answer: that of git to the question where the current repository is, if it has been asked.
    """
    outputs = reporting.parse_outputs(arguments.format, arguments.output)
    reject_contradictions(arguments)
    if arguments.statistics:
        outputs = with_statistics(outputs, arguments)
    try:
        request = _request(arguments, outputs, cache)
    except DlmGitError as error:
        return reporting.report([CheckFailure("", error.message, error.hint)], outputs)
    ref = "" if request.repositories else pushed_other_ref(os.environ)
    if ref and arguments.rev is None and not arguments.worktree:
        print_error(f"dlm-git: {escape_path(ref)}: not checked: only branches are")
        return CLEAN
    with git_calls_printed(request.verbose):
        if request.write_baseline:
            return _write_baseline(request)
        if request.fixes:
            return _fix(request, request.fixes)
        if request.repositories:
            outcomes = _check_repositories(request.repositories, request.options)
        else:
            outcomes = [_check(request, cache, answer)]
        return _report(request, outcomes, request.outputs)


def _report(request: Request, outcomes: Sequence[CheckOutcome], outputs: Sequence[Output]) -> int:
    options = reporting.TextOptions(
        quiet=request.quiet, accepted=request.show_accepted, exit_zero=request.exit_zero
    )
    return reporting.report(outcomes, outputs, options)


def _request(arguments: Namespace, outputs: Sequence[Output], cache: ResultCache | None) -> Request:
    """Return the request. Raises DlmGitError if a file that an option names cannot be read."""
    config_files = cache.config_files if cache else None
    timed = any(output.format == "junit" for output in outputs)
    given = options.check_options(arguments, config_files)
    selected = options.selected_rules(arguments)
    given = given.replace(since=arguments.since, timed=timed, selected=selected)
    several = names_repositories(arguments)
    pushed = given if several else at_push(given, os.environ)
    fixes = (arguments.fix or arguments.diff) and pushed == given  # pushed commits exist already
    return Request(
        options=pushed,
        outputs=outputs,
        fixes=Fixes(arguments.fix, arguments.unsafe_fixes) if fixes else None,
        repositories=_repositories(arguments) if several else None,
        write_baseline=arguments.write_baseline,
        quiet=arguments.quiet,
        show_accepted=arguments.show_accepted,
        exit_zero=arguments.exit_zero,
        verbose=arguments.verbose,
    )


def _repositories(arguments: Namespace) -> Repositories:
    from dlm_git.operations.discover import discover_repositories, parse_list

    def paths() -> Iterator[str]:
        yield from arguments.repositories
        if arguments.repositories_from:
            yield from parse_list(_read_list(arguments.repositories_from), nul=arguments.z)
        if arguments.discover:
            yield from discover_repositories(arguments.discover, submodules=arguments.submodules)

    unique = list(dict.fromkeys(paths()))
    if not unique:
        raise DlmGitError("there are no repositories to check", "name one, or its parent directory")
    others = explain_others(arguments.repositories)
    return Repositories(unique, others, arguments.jobs, arguments.timeout)


def _read_list(file: str) -> bytes:
    from dlm_git.inputs import MAX_LIST, read_input  # late: most checks read no list

    return read_stdin(typed=True) if file == "-" else read_input(file, MAX_LIST)


def _check(request: Request, cache: ResultCache | None, answer: Answer | None) -> CheckOutcome:
    try:
        with load_target(request.options, answer, verbose=request.verbose) as target:
            return _check_target(request, cache, *target)
    except DlmGitError as error:
        return CheckFailure("", error.message, error.hint)


def _check_target(
    request: Request, cache: ResultCache | None, snapshot: Snapshot, effective: EffectiveConfig
) -> CheckResult:
    if cache is None:
        return check_snapshot(snapshot, effective, request.options)
    corpora, extended = effective.config.corpora, effective.own_files[:-1]
    noted = (
        *(*CONFIG_FILES, *extended, BASELINE),
        *(corpus.corpus_path for corpus in corpora),
        *directory_config_files([corpus.root for corpus in corpora]),
    )
    reads = [entry for path in noted for entry in snapshot.entries(path)]
    recording = recording_reads(snapshot, reads)
    result = check_snapshot(recording, effective, request.options)
    at_root = not any(corpus.root for corpus in corpora)
    if at_root and _is_cacheable(result) and not snapshot.missing:  # an object may be fetched later
        text = reporting.as_text([result], sys.stdout, reporting.TextOptions(quiet=request.quiet))
        has_date = any(entry.until for entry in effective.config.ignore_path)
        day = request.options.today if has_date else ""
        cache.put(snapshot.rows, reads, text, day=day, extended=extended)
    return result


def _is_cacheable(result: CheckResult) -> bool:
    # the cache knows only those of the parent's documents that are in `.dlm`, and its notes
    return result.clean and all(dirname(path) == DLM for path in result.documents)


def _check_repositories(
    repositories: Repositories, options: CheckOptions
) -> Sequence[CheckOutcome]:
    from dlm_git.cli.progress import with_progress
    from dlm_git.operations.batch import TIME_LIMIT, check_repositories, cores, recheck_shared_ids

    others, jobs = repositories.others, repositories.jobs or cores()
    paths = [path for path in repositories.paths if path not in others]
    seconds = repositories.seconds or TIME_LIMIT
    outcomes = check_repositories(paths, options, jobs, seconds=seconds)
    shown = with_progress(outcomes, "checking", lambda: len(paths))
    checked = iter(recheck_shared_ids(list(shown), options, jobs, seconds=seconds))
    return [others.get(path) or next(checked) for path in repositories.paths]


def _fix(request: Request, fixes: Fixes) -> int:
    from dlm_git.cli.commands import fix_report
    from dlm_git.operations.fix import fix

    outputs = request.outputs
    try:
        with load_target(request.options, verbose=request.verbose) as (snapshot, effective):
            result = fix(
                snapshot,
                effective,
                unsafe=fixes.unsafe,
                write=fixes.write,
                options=request.options,
            )
    except DlmGitError as error:
        return reporting.report([CheckFailure("", error.message, error.hint)], outputs)
    printed = {output.format for output in outputs if not output.file}
    stream = sys.stdout if fixes.write and printed & {"text", "statistics"} else sys.stderr
    print_lines(fix_report.fixed(result, write=fixes.write), stream)
    if not fixes.write:
        print_verbatim(fix_report.patch(result), end="")
        outputs = [output for output in outputs if output.file]
    code = _report(request, [result.report], outputs)
    print_lines(fix_report.next_steps(result, write=fixes.write), stream)
    return max(code, FINDINGS) if result.changes and not request.exit_zero else code


def _write_baseline(request: Request) -> int:
    """Write the baseline, and print what to do next. Raises DlmGitError."""
    from dlm_git.cli.commands import baseline_report
    from dlm_git.operations.baseline import write_baseline

    if request.options.rev is not None:  # of a push
        raise DlmGitError("--write-baseline cannot run in a hook", "run it by hand")
    with load_target(request.options, verbose=request.verbose) as (snapshot, effective):
        result = write_baseline(snapshot, effective, request.options)
    print_lines(baseline_report.written(result))
    return CLEAN
