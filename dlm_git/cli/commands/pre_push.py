"""`dlm-git pre-push`."""

from __future__ import annotations

import argparse

from dlm_git.cli import terminal
from dlm_git.cli.commands.push import expectations, tell
from dlm_git.git import ref_updates
from dlm_git.operations import push

ALL = ("*",)


def pre_push(arguments: argparse.Namespace) -> int:
    """Judge what is about to be pushed."""
    lines = ref_updates.pushed(terminal.read())
    return tell(push.pre_push(lines, arguments.refs or ALL, expectations(arguments)), arguments)
