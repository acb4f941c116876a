"""`dlm-git init`."""

from __future__ import annotations

import argparse

from dlm_git import scaffolding
from dlm_git.commands import CLEAN, REPOSITORY
from dlm_git.render.scaffolded import scaffolded
from dlm_git.terminal import say


def init(arguments: argparse.Namespace) -> int:
    """Scaffold the corpus document."""
    result = scaffolding.init(
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
    say(result.text if arguments.dry_run else scaffolded(result, REPOSITORY), end="")
    return CLEAN
