"""`dlm-git completion`."""

from __future__ import annotations

import argparse

from dlm_git.commands import CLEAN
from dlm_git.render import completion as scripts
from dlm_git.synopsis import synopsis
from dlm_git.terminal import say


def completion(arguments: argparse.Namespace) -> int:
    """Print a completion script for a shell."""
    say(getattr(scripts, arguments.shell)(synopsis()), end="")
    return CLEAN
