"""`dlm-git init`."""

from __future__ import annotations

import argparse

from dlm_git.cli.commands.init_report import scaffolded
from dlm_git.cli.exit_codes import CLEAN, REPOSITORY
from dlm_git.cli.terminal import print_out
from dlm_git.operations.init import init as create


def init(arguments: argparse.Namespace) -> int:
    """Scaffold the corpus document."""
    result = create(
        arguments.directory,
        base=arguments.base,
        sources=arguments.source or (),
        include=arguments.include,
        exclude=arguments.exclude,
        recursive=arguments.recursive,
        name=arguments.name,
        policy=arguments.policy,
        rescaffold=arguments.rescaffold,
        unlisted_base=arguments.unlisted_base,
        ignore=arguments.ignore,
        dry_run=arguments.dry_run,
    )
    print_out(result.text if arguments.dry_run else scaffolded(result, REPOSITORY), end="")
    return CLEAN
