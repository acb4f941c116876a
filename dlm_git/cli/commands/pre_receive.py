"""`dlm-git pre-receive`."""

from __future__ import annotations

import argparse

from dlm_git.cli import terminal
from dlm_git.cli.commands.push import expectations, tell
from dlm_git.git import ref_updates
from dlm_git.operations import push
from dlm_git.timeouts import within

BRANCHES = ("refs/heads/*",)


def pre_receive(arguments: argparse.Namespace) -> int:
    """Judge what was pushed here."""
    with within(arguments.time_limit):
        outcome = push.pre_receive(
            ref_updates.received(terminal.read()),
            arguments.refs or BRANCHES,
            expectations(arguments),
            arguments.size_limit << 20,
        )
        return tell(outcome, arguments)
