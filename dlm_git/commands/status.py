"""`dlm-git status`."""

from __future__ import annotations

import argparse

from dlm_git import install as errand
from dlm_git.commands import CLEAN, FOUND
from dlm_git.commands.install import names
from dlm_git.render.installed import standing
from dlm_git.terminal import say


def status(arguments: argparse.Namespace) -> int:
    """Tell which of dlm-git's hooks Git runs."""
    wanted = names(arguments)
    found = errand.status(arguments.directory, wanted)
    say(standing(found), end="")
    running = {hook.name for hook in found if hook.runs}
    return CLEAN if running.issuperset(wanted) else FOUND
