"""`dlm-git check`."""

from __future__ import annotations

import argparse
import os

from dlm_git import memo, terminal
from dlm_git.commands import FOUND, repositories, shown
from dlm_git.commands.expected import prepared, pushed
from dlm_git.commands.shown import Output
from dlm_git.config import FILES, Effective
from dlm_git.finding import CannotCheck
from dlm_git.judge import Report, Unjudged, Verdict, judge
from dlm_git.snapshot import Entry, Snapshot


def check(arguments: argparse.Namespace) -> int:
    """Judge what Git has recorded."""
    outputs = shown.outputs(arguments.format, arguments.output)
    mend = arguments.fix or arguments.diff
    if arguments.unsafe_fixes and not mend:
        raise CannotCheck("--unsafe-fixes alone does nothing", "add --fix, or --diff to look first")
    if arguments.rev is not None and mend:
        raise CannotCheck("a revision cannot be mended", "leave --rev away, to mend the worktree")
    if repositories.asked(arguments):
        return shown.show(repositories.judged(arguments), outputs, quiet=arguments.quiet)
    if mend and not pushed(arguments, os.environ):
        return _fix(arguments, outputs)
    return shown.show([_verdict(arguments)], outputs, quiet=arguments.quiet)


def _verdict(arguments: argparse.Namespace) -> Verdict:
    since = arguments.since
    if not since and pushed(arguments, os.environ):
        since = os.environ.get("PRE_COMMIT_FROM_REF", "")
    try:
        snapshot, effective = prepared(arguments, since)
        if arguments.memo:
            return _remembered(arguments, snapshot, effective)
        return judge(snapshot, effective.config, effective.origins)
    except CannotCheck as error:
        return Unjudged("", error.message, error.help)


def _remembered(arguments: argparse.Namespace, snapshot: Snapshot, effective: Effective) -> Report:
    """The report, which is kept in mind if nothing was found, and if all that it depends on is
    what a memo knows: of the commit before, the documents of `.dlm` alone."""
    reads: list[Entry] = []
    report = judge(memo.watched(snapshot, reads), effective.config, effective.origins)
    if report.clean and all(path.startswith(".dlm/") for path in report.documents):
        configs = [entry for path in FILES for entry in snapshot.entries(path)]
        said = "" if arguments.quiet else shown.said([report])
        arguments.memo.keep(snapshot.rows, [*reads, *configs], said)
    return report


def _fix(arguments: argparse.Namespace, outputs: list[Output]) -> int:
    from dlm_git import fixing
    from dlm_git.render import mended

    snapshot, effective = prepared(arguments)
    unsafe, write = arguments.unsafe_fixes, arguments.fix
    result = fixing.fix(snapshot, effective, unsafe=unsafe, write=write)
    told = mended.mended(result, write=write)
    if write and Output("text") in outputs:
        terminal.say(told, end="")
    elif told:
        terminal.complain(told.removesuffix("\n"))
    if not write:
        terminal.say(mended.patch(result), end="")
        outputs = [output for output in outputs if output.file]
    code = shown.show([result.report], outputs, quiet=arguments.quiet)
    return max(code, FOUND) if result.changes else code
