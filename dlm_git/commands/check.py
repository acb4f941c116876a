"""`dlm-git check`."""

from __future__ import annotations

import argparse
import os

from dlm_git.commands import repositories, shown
from dlm_git.commands.expected import prepared
from dlm_git.finding import CannotCheck
from dlm_git.judge import Unjudged, Verdict, judge


def check(arguments: argparse.Namespace) -> int:
    """Judge what Git has recorded."""
    outputs = shown.outputs(arguments.format, arguments.output)
    if repositories.asked(arguments):
        return shown.show(repositories.judged(arguments), outputs)
    return shown.show([_verdict(arguments)], outputs)


def _verdict(arguments: argparse.Namespace) -> Verdict:
    pushed = arguments.rev is None and not arguments.worktree
    since = os.environ.get("PRE_COMMIT_FROM_REF", "") if pushed else ""
    try:
        snapshot, effective = prepared(arguments, since)
        return judge(snapshot, effective.config, effective.origins)
    except CannotCheck as error:
        return Unjudged("", error.message, error.help)
