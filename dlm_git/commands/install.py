"""`dlm-git install`."""

from __future__ import annotations

import argparse
import os
import sys

from dlm_git import install as errand
from dlm_git.arguments import HOOKS
from dlm_git.commands import CLEAN
from dlm_git.render.installed import installed
from dlm_git.terminal import say


def install(arguments: argparse.Namespace) -> int:
    """Put dlm-git's hooks into a repository."""
    outcomes = errand.install(
        arguments.directory,
        names(arguments),
        errand.find_program(sys.argv[0], os.environ),
        configured=arguments.configured,
        force=arguments.force,
    )
    say(installed(outcomes), end="")
    return CLEAN


def names(arguments: argparse.Namespace) -> tuple[str, ...]:
    """The hooks that are asked for, all if none is."""
    return tuple(dict.fromkeys(arguments.hook or HOOKS))
