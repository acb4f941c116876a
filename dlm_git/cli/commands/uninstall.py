"""`dlm-git uninstall`."""

from __future__ import annotations

import argparse

from dlm_git.cli.commands.hooks_report import uninstalled
from dlm_git.cli.commands.install import names
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.terminal import print_out
from dlm_git.hooks import install


def uninstall(arguments: argparse.Namespace) -> int:
    """Take dlm-git's hooks away."""
    outcomes = install.uninstall(arguments.directory, names(arguments), force=arguments.force)
    print_out(uninstalled(outcomes), end="")
    return CLEAN
