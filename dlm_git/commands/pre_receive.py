"""`dlm-git pre-receive`."""

from __future__ import annotations

import argparse

from dlm_git import receive, terminal, updates
from dlm_git.commands.told import expectations, tell
from dlm_git.deadline import within

BRANCHES = ("refs/heads/*",)


def pre_receive(arguments: argparse.Namespace) -> int:
    """Judge what was pushed here."""
    with within(arguments.time_limit):
        outcome = receive.pre_receive(
            updates.received(terminal.read()),
            arguments.refs or BRANCHES,
            expectations(arguments),
            arguments.size_limit << 20,
        )
        return tell(outcome, arguments)
