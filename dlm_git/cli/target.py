"""The arguments that several commands share: which state, and what is expected of it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from dlm_git.cli.verbose import tell
from dlm_git.config.load import EffectiveConfig, overrides
from dlm_git.operations.check import CheckOptions, prepare
from dlm_git.snapshots.snapshot import Snapshot


def prepared(arguments: argparse.Namespace, since: str = "") -> tuple[Snapshot, EffectiveConfig]:
    """The state to judge, and the config to judge it by."""
    options = CheckOptions(
        overrides=flags(arguments),
        rev=pushed(arguments, os.environ) if arguments.rev is None else arguments.rev,
        worktree=arguments.worktree,
        since=since,
        config_file=arguments.config,
        config_rev=arguments.config_rev,
    )
    found = prepare(None, options)
    if getattr(arguments, "verbose", False):
        snapshot, effective = found
        tell(snapshot, effective.origins)
    return found


def pushed(arguments: argparse.Namespace, environ: Mapping[str, str]) -> str | None:
    """The revision being pushed, at the pre-push stage of pre-commit and prek, if no other state
    is asked for."""
    if arguments.rev is not None or arguments.worktree:
        return None
    # on the first push of a root commit there is no TO_REF
    return environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or None


def flags(arguments: argparse.Namespace) -> dict[str, object]:
    """The flags that go over the config."""
    return overrides(
        base=arguments.base,
        include=arguments.include,
        exclude=arguments.exclude,
        sources_policy=arguments.policy,
        name=arguments.name,
        allow=arguments.allow,
        ignore=arguments.ignore and dict(map(_reasoned, arguments.ignore)),
    )


def _reasoned(value: str) -> tuple[str, str]:
    name, _, reason = value.partition("=")
    return name, reason or "switched off by --ignore"
