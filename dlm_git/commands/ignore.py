"""`dlm-git ignore`."""

from __future__ import annotations

import argparse

from dlm_git import carrying
from dlm_git.commands import CLEAN, FOUND
from dlm_git.render import carried
from dlm_git.terminal import say


def ignore(arguments: argparse.Namespace) -> int:
    """Carry .gitignore over to .dlm/ignore, in dlm's grammar."""
    write = not (arguments.check or arguments.dry_run)
    result = carrying.ignore(arguments.directory, write=write, name=arguments.name)
    say(carried.blocks(result) if arguments.dry_run else carried.text(result), end="")
    return FOUND if arguments.check and result.stale else CLEAN
