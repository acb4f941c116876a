"""`dlm-git completion`."""

from __future__ import annotations

import argparse

from dlm_git.cli import completion as scripts
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.introspect import synopsis
from dlm_git.cli.terminal import say


def completion(arguments: argparse.Namespace) -> int:
    """Print a completion script for a shell."""
    say(getattr(scripts, arguments.shell)(synopsis()), end="")
    return CLEAN
