"""`dlm-git check`."""

from __future__ import annotations

import argparse
import os

from dlm_git.cli import cache, reporting
from dlm_git.cli.commands.repositories import asked, judged
from dlm_git.cli.exit_codes import FINDINGS
from dlm_git.cli.reporting import Output
from dlm_git.cli.target import prepared, pushed
from dlm_git.cli.terminal import print_err, print_out
from dlm_git.config.load import EffectiveConfig
from dlm_git.errors import DlmGitError
from dlm_git.paths import CONFIG_FILES
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.snapshot import Snapshot


def check(arguments: argparse.Namespace) -> int:
    """Judge what Git has recorded."""
    outputs = reporting.outputs(arguments.format, arguments.output)
    mend = arguments.fix or arguments.diff
    if arguments.unsafe_fixes and not mend:
        raise DlmGitError("--unsafe-fixes alone does nothing", "add --fix, or --diff to look first")
    if arguments.rev is not None and mend:
        raise DlmGitError("a revision cannot be mended", "leave --rev away, to mend the worktree")
    if asked(arguments):
        return reporting.show(judged(arguments), outputs, quiet=arguments.quiet)
    if mend and not pushed(arguments, os.environ):
        return _fix(arguments, outputs)
    return reporting.show([_verdict(arguments)], outputs, quiet=arguments.quiet)


def _verdict(arguments: argparse.Namespace) -> CheckOutcome:
    since = arguments.since
    if not since and pushed(arguments, os.environ):
        since = os.environ.get("PRE_COMMIT_FROM_REF", "")
    try:
        snapshot, effective = prepared(arguments, since)
        if arguments.memo:
            return _remembered(arguments, snapshot, effective)
        return run_rules(snapshot, effective.config, effective.origins)
    except DlmGitError as error:
        return CheckFailure("", error.message, error.hint)


def _remembered(
    arguments: argparse.Namespace, snapshot: Snapshot, effective: EffectiveConfig
) -> CheckResult:
    """The report, which is kept in mind if nothing was found, and if all that it depends on is
    what a memo knows: of the commit before, the documents of `.dlm` alone."""
    reads: list[Entry] = []
    report = run_rules(cache.recording_reads(snapshot, reads), effective.config, effective.origins)
    if report.clean and all(path.startswith(".dlm/") for path in report.documents):
        configs = [entry for path in CONFIG_FILES for entry in snapshot.entries(path)]
        said = "" if arguments.quiet else reporting.said([report])
        arguments.memo.put(snapshot.rows, [*reads, *configs], said)
    return report


def _fix(arguments: argparse.Namespace, outputs: list[Output]) -> int:
    from dlm_git.cli.commands import fix_report
    from dlm_git.operations import fix

    unsafe, write = arguments.unsafe_fixes, arguments.fix
    try:
        snapshot, effective = prepared(arguments)
        result = fix.fix(snapshot, effective, unsafe=unsafe, write=write)
    except DlmGitError as error:
        return reporting.show([CheckFailure("", error.message, error.hint)], outputs)
    told = fix_report.mended(result, write=write)
    if write and Output("text") in outputs:
        print_out(told, end="")
    elif told:
        print_err(told.removesuffix("\n"))
    if not write:
        print_out(fix_report.patch(result), end="")
        outputs = [output for output in outputs if output.file]
    code = reporting.show([result.report], outputs, quiet=arguments.quiet)
    return max(code, FINDINGS) if result.changes else code
