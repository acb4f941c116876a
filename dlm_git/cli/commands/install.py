"""`dlm-git install`."""

from __future__ import annotations

import argparse
import os
import sys

from dlm_git.cli.commands.hooks_report import installed
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.options import HOOKS
from dlm_git.cli.terminal import print_out
from dlm_git.hooks import install as errand


def install(arguments: argparse.Namespace) -> int:
    """Put dlm-git's hooks into a repository."""
    outcomes = errand.install(
        arguments.directory,
        names(arguments),
        errand.find_program(sys.argv[0], os.environ),
        configured=arguments.configured,
        force=arguments.force,
    )
    print_out(installed(outcomes), end="")
    return CLEAN


def names(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The hooks that are asked for, all if none is."""
    return tuple(dict.fromkeys(arguments.hook or HOOKS))
