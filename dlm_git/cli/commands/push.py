"""What the hooks of a push tell: nothing, where nothing was found and no format is asked for."""

from __future__ import annotations

import argparse

from dlm_git.cli import reporting
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.target import flags
from dlm_git.cli.terminal import print_err
from dlm_git.formats.escape import escape_path
from dlm_git.operations.check import CheckOptions
from dlm_git.operations.push import PushResult


def expectations(arguments: argparse.Namespace) -> CheckOptions:
    """What is expected of each pushed tip."""
    return CheckOptions(
        overrides=flags(arguments), config_file=arguments.config, config_rev=arguments.config_rev
    )


def tell(outcome: PushResult, arguments: argparse.Namespace) -> int:
    """Show what came of a push; gives the exit code."""
    outputs = reporting.outputs(arguments.format, arguments.output)
    for ref, kind in outcome.skipped:
        print_err(f"dlm-git: {escape_path(ref)}: not judged: it names a {kind}, not a commit")
    code = reporting.code(outcome.verdicts)
    if code == CLEAN and not (arguments.format or arguments.output):
        return code
    return reporting.show(outcome.verdicts, outputs)
