"""`dlm-git check`."""

from __future__ import annotations

import argparse
import os

from dlm_git import terminal
from dlm_git.commands import FOUND, shown
from dlm_git.commands.expected import prepared, pushed
from dlm_git.commands.shown import Output
from dlm_git.finding import CannotCheck
from dlm_git.judge import Unjudged, Verdict, judge


def check(arguments: argparse.Namespace) -> int:
    """Judge what Git has recorded."""
    outputs = shown.outputs(arguments.format, arguments.output)
    mend = arguments.fix or arguments.diff
    if arguments.unsafe_fixes and not mend:
        raise CannotCheck("--unsafe-fixes alone does nothing", "add --fix, or --diff to look first")
    if arguments.rev is not None and mend:
        raise CannotCheck("a revision cannot be mended", "leave --rev away, to mend the worktree")
    if mend and not pushed(arguments, os.environ):
        return _fix(arguments, outputs)
    return shown.show([_verdict(arguments)], outputs, quiet=arguments.quiet)


def _verdict(arguments: argparse.Namespace) -> Verdict:
    since = arguments.since
    if not since and pushed(arguments, os.environ):
        since = os.environ.get("PRE_COMMIT_FROM_REF", "")
    try:
        snapshot, effective = prepared(arguments, since)
        return judge(snapshot, effective.config, effective.origins)
    except CannotCheck as error:
        return Unjudged("", error.message, error.help)


def _fix(arguments: argparse.Namespace, outputs: list[Output]) -> int:
    from dlm_git import fixing
    from dlm_git.render import mended

    unsafe, write = arguments.unsafe_fixes, arguments.fix
    try:
        snapshot, effective = prepared(arguments)
        result = fixing.fix(snapshot, effective, unsafe=unsafe, write=write)
    except CannotCheck as error:
        return shown.show([Unjudged("", error.message, error.help)], outputs)
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
