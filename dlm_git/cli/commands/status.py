"""`dlm-git status`."""

from __future__ import annotations

import argparse

from dlm_git.cli.commands.hooks_report import standing
from dlm_git.cli.commands.install import names
from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.terminal import print_out
from dlm_git.hooks import install


def status(arguments: argparse.Namespace) -> int:
    """Tell which of dlm-git's hooks Git runs."""
    wanted = names(arguments)
    found = install.status(arguments.directory, wanted)
    print_out(standing(found), end="")
    running = {hook.name for hook in found if hook.runs}
    return CLEAN if running.issuperset(wanted) else FINDINGS
