"""`dlm-git ignore`."""

from __future__ import annotations

import argparse

from dlm_git.cli.commands import ignore_report
from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.terminal import print_out
from dlm_git.operations.ignore import ignore as update


def ignore(arguments: argparse.Namespace) -> int:
    """Carry .gitignore over to .dlm/ignore, in dlm's grammar."""
    write = not (arguments.check or arguments.dry_run)
    result = update(arguments.directory, write=write, name=arguments.name)
    print_out(
        ignore_report.blocks(result) if arguments.dry_run else ignore_report.text(result), end=""
    )
    return FINDINGS if arguments.check and result.stale else CLEAN
