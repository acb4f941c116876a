"""`dlm-git completion`."""

from __future__ import annotations

import argparse

from dlm_git.cli import completion as scripts
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.introspect import describe_commands
from dlm_git.cli.terminal import print_out


def completion(arguments: argparse.Namespace) -> int:
    """Print a completion script for a shell."""
    print_out(getattr(scripts, arguments.shell)(describe_commands()), end="")
    return CLEAN
