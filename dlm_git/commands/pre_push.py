"""`dlm-git pre-push`."""

from __future__ import annotations

import argparse

from dlm_git import receive, terminal, updates
from dlm_git.commands.told import expectations, tell

ALL = ("*",)


def pre_push(arguments: argparse.Namespace) -> int:
    """Judge what is about to be pushed."""
    lines = updates.pushed(terminal.read())
    return tell(receive.pre_push(lines, arguments.refs or ALL, expectations(arguments)), arguments)
