"""What `dlm-git check --write-baseline` refuses, and what it prints."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from dlm_git.cli.target import shell_path
from dlm_git.errors import DlmGitError
from dlm_git.operations.baseline import BaselineResult
from dlm_git.paths import BASELINE


def reject_contradictions(arguments: Namespace, *, several: bool) -> None:
    """Raise DlmGitError for options that do not go with --write-baseline.

    several: whether the arguments name repositories.
    """
    if arguments.rev is not None:
        raise DlmGitError("--write-baseline needs the index or the working tree", "omit --rev")
    if several:
        message = "other repositories are never changed"
        raise DlmGitError(message, "run --write-baseline in each of them")
    if arguments.format or arguments.output is not None:
        message = "--write-baseline prints no report"
        raise DlmGitError(message, "omit --format and --output, then check again")


def written(result: BaselineResult) -> Iterator[str]:
    """Yield what was written, and the next step."""
    count = f"{result.count} finding{'' if result.count == 1 else 's'}"
    if result.count:
        yield f"{'Wrote' if result.changed else 'Unchanged:'} {BASELINE}: {count} accepted"
    elif result.changed:
        yield f"Removed {BASELINE}: there are no findings to accept"
    else:
        yield "no findings to accept, so no baseline is needed"
    if result.stageable:
        yield f"  next: git add {shell_path(result.root, BASELINE)}"
