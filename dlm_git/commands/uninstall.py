"""`dlm-git uninstall`."""

from __future__ import annotations

import argparse

from dlm_git import install as errand
from dlm_git.commands import CLEAN
from dlm_git.commands.install import names
from dlm_git.render.installed import uninstalled
from dlm_git.terminal import say


def uninstall(arguments: argparse.Namespace) -> int:
    """Take dlm-git's hooks away."""
    outcomes = errand.uninstall(arguments.directory, names(arguments), force=arguments.force)
    say(uninstalled(outcomes), end="")
    return CLEAN
