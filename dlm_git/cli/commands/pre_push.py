"""`dlm-git pre-push`."""

from __future__ import annotations

import argparse

from dlm_git.cli.commands.push import expectations, tell
from dlm_git.cli.terminal import read_stdin
from dlm_git.git.ref_updates import parse_pre_push
from dlm_git.operations import push

ALL = ("*",)


def pre_push(arguments: argparse.Namespace) -> int:
    """Judge what is about to be pushed."""
    lines = parse_pre_push(read_stdin())
    return tell(push.pre_push(lines, arguments.refs or ALL, expectations(arguments)), arguments)
