"""What the hooks of a push tell: nothing, where nothing was found and no format is asked for."""

from __future__ import annotations

import argparse

from dlm_git.commands import CLEAN, shown
from dlm_git.commands.expected import flags
from dlm_git.receive import Expectations, Outcome
from dlm_git.render.visible import visible_path
from dlm_git.terminal import complain


def expectations(arguments: argparse.Namespace) -> Expectations:
    """What is expected of each pushed tip."""
    return Expectations(flags(arguments), arguments.config, arguments.config_rev)


def tell(outcome: Outcome, arguments: argparse.Namespace) -> int:
    """Show what came of a push; gives the exit code."""
    outputs = shown.outputs(arguments.format, arguments.output)
    for ref, kind in outcome.skipped:
        complain(f"dlm-git: {visible_path(ref)}: not judged: it names a {kind}, not a commit")
    code = shown.code(outcome.verdicts)
    if code == CLEAN and not (arguments.format or arguments.output):
        return code
    return shown.show(outcome.verdicts, outputs)
