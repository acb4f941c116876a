"""`dlm-git pre-receive`."""

from __future__ import annotations

import argparse

from dlm_git.cli.commands.push import expectations, tell
from dlm_git.cli.terminal import read_stdin
from dlm_git.git.ref_updates import parse_pre_receive
from dlm_git.operations import push
from dlm_git.timeouts import time_limit

BRANCHES = ("refs/heads/*",)


def pre_receive(arguments: argparse.Namespace) -> int:
    """Judge what was pushed here."""
    with time_limit(
        arguments.time_limit, "push fewer refs at once, or raise --time-limit on the server"
    ):
        outcome = push.pre_receive(
            parse_pre_receive(read_stdin()),
            arguments.refs or BRANCHES,
            expectations(arguments),
            arguments.size_limit << 20,
        )
        return tell(outcome, arguments)
