"""`dlm-git diff`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

from dlm_git.cli import options
from dlm_git.cli.exit_codes import CLEAN, FINDINGS
from dlm_git.cli.target import git_calls_printed
from dlm_git.cli.terminal import print_error, print_out, print_verbatim, use_color, width
from dlm_git.config.load import overrides
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape
from dlm_git.operations.configs import read_config_file
from dlm_git.operations.diff import DiffRequest, compare
from dlm_git.training.changes import TrainingDiff

EXAMPLES = """\
  dlm-git diff                            # show what the next commit changes
  dlm-git diff main...                    # show what this branch changes
  dlm-git diff v1.0 v1.1 --format json    # compare two revisions, for programs
  dlm-git diff main... --format markdown  # write a comment for a pull request
"""
FORMATS = ("text", "json", "markdown")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    group = parser.add_argument_group("What to compare")
    group.add_argument(
        "old",
        nargs="?",
        metavar="A",
        help="The old revision (default: HEAD); A..B also names the new one, and A...B compares"
        " the merge base of both with B",
    )
    group.add_argument("new", nargs="?", metavar="B", help="The new revision (default: the index)")
    group.add_argument(
        "--worktree",
        action="store_true",
        help="Compare with the working tree, untracked files included, instead of the index",
    )
    output = parser.add_argument_group("Output")
    output.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        metavar="NAME",
        help="Output format: text, json or markdown (default: text)",
    )
    output.add_argument(
        "--exit-code", action="store_true", help="Exit with 1 if the training sets differ"
    )
    options.add_color(output)
    options.add_verbose(output)
    options.add_document(parser)


def run(arguments: Namespace) -> int:
    """Compare two training sets; FINDINGS if they differ and the exit code is asked for."""
    with git_calls_printed(arguments.verbose):
        diff = compare(None, _request(arguments))
    _print(diff, arguments.format)
    return FINDINGS if arguments.exit_code and not diff.is_empty else CLEAN


def _request(arguments: Namespace) -> DiffRequest:
    old, new, from_merge_base = _sides(arguments.old, arguments.new)
    if arguments.worktree and new is not None:
        message = f"--worktree is the new side, and so is '{new}'"
        raise DlmGitError(message, "omit one of them")
    return DiffRequest(
        old=old,
        new=new,
        worktree=arguments.worktree,
        from_merge_base=from_merge_base,
        corpus=arguments.corpus,
        overrides=overrides(name=arguments.name),
        config_files=read_config_file(arguments.config),
        config_rev=arguments.config_rev,
    )


def _sides(old: str | None, new: str | None) -> tuple[str, str | None, bool]:
    """Return the revisions of both sides, and whether to begin at their merge base.

    As in gitrevisions(7), an omitted end of a range is HEAD. A text to search for, as in
    `REV^{/TEXT}`, can contain dots.
    """
    if old is None:
        return "HEAD", new, False
    for dots in ("...", ".."):
        start, found, end = old.partition(dots)
        if found and "^{/" not in start:
            if new is not None:
                raise DlmGitError(f"'{old}' is a range, and '{new}' a revision", "omit one of them")
            return start or "HEAD", end or "HEAD", dots == "..."
    return old, new, False


def _print(diff: TrainingDiff, name: str) -> None:
    if name == "json":
        from dlm_git.formats.diff_json import diff_json

        print_out(diff_json(diff), end="")
        return
    if name == "markdown":
        from dlm_git.formats.diff_markdown import diff_markdown

        print_out(diff_markdown(diff), end="")
        return
    from dlm_git.formats.diff_text import diff_text

    color, columns = use_color(os.environ, sys.stdout), width(sys.stdout)
    print_verbatim(diff_text(diff, color=color, width=columns), end="")
    for note in diff.notes:
        print_error(f"note: {escape(note.message)}", note.hint)
