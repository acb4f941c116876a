"""The arguments of `dlm-git check`, and which of them contradict each other."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from dlm_git.cli import options
from dlm_git.cli.reporting import Output
from dlm_git.errors import DlmGitError
from dlm_git.report import CheckFailure


def declare_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "repositories",
        nargs="*",
        metavar="REPOSITORY",
        help="Working trees or bare repositories to check; their Git config is not used"
        " (default: the current repository, with its config)",
    )
    state = parser.add_argument_group("What to check")
    options.add_state(state)
    state.add_argument(
        "--since",
        default="",
        metavar="REV",
        help="Compare document ids with this commit (default: HEAD, or the parent of --rev)",
    )
    options.add_config(parser)
    options.add_select(state)
    _add_fixes(parser)
    _add_output(parser)
    _add_repositories(parser)


def _add_fixes(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Fixes and the baseline")
    either = group.add_mutually_exclusive_group()
    either.add_argument(
        "--write-baseline",
        action="store_true",
        help="Accept all findings: write them to .dlm-git-baseline.json; nothing is staged",
    )
    either.add_argument(
        "--fix", action="store_true", help="Apply fixes to the working tree; nothing is staged"
    )
    either.add_argument(
        "--diff", action="store_true", help="Show what --fix would change; nothing is written"
    )
    group.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="With --fix or --diff, include fixes that may not be what the author intended",
    )


def _add_output(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Output")
    options.add_formats(group)
    group.add_argument(
        "--statistics",
        action="store_true",
        help="Print the number of findings of each rule, instead of the findings",
    )
    options.add_color(group)
    group.add_argument(
        "--exit-zero", action="store_true", help="Exit with 0 even if there are findings"
    )
    either = group.add_mutually_exclusive_group()
    quiet = "Print only findings and notes"
    either.add_argument("-q", "--quiet", action="store_true", help=quiet)
    options.add_verbose(either)
    group.add_argument(
        "--show-accepted",
        action="store_true",
        help="Print the accepted findings, too, each with its reason",
    )
    group.add_argument(
        "--no-cache", action="store_true", help="Ignore cached results of earlier clean checks"
    )


def _add_repositories(parser: ArgumentParser) -> None:
    add = parser.add_argument_group("Several repositories").add_argument
    listed = "Check the repositories listed in FILE ('-' for standard input)"
    add("--repositories-from", metavar="FILE", help=listed)
    add("-z", action="store_true", help="Paths in FILE end with NUL instead of a newline")
    add("--discover", metavar="DIRECTORY", help="Check all repositories below DIRECTORY")
    add("--submodules", action="store_true", help="With --discover, also find submodules")
    number = "Number of repositories to check at once (default: number of cores)"
    add("-j", "--jobs", type=options.positive, metavar="N", help=number)
    limit = "Time limit for each repository (default: 60)"
    add("--timeout", type=options.positive, metavar="SECONDS", help=limit)


def names_repositories(arguments: Namespace) -> bool:
    """Return True if the arguments name repositories to check, rather than the current one."""
    return bool(arguments.repositories or arguments.repositories_from or arguments.discover)


def reject_contradictions(arguments: Namespace) -> None:
    """Raise DlmGitError for options that do not go together."""
    several, fixes = names_repositories(arguments), arguments.fix or arguments.diff
    if arguments.unsafe_fixes and not fixes:
        raise DlmGitError("--unsafe-fixes needs --fix or --diff", "add --diff to see the fixes")
    if arguments.rev is not None and fixes:
        raise DlmGitError("--rev checks a commit, which cannot be fixed", "omit --rev")
    if several and (arguments.worktree or fixes):
        for failure in explain_others(arguments.repositories).values():
            raise DlmGitError(failure.message, failure.hint)
    if arguments.write_baseline:
        from dlm_git.cli.commands.baseline_report import reject_contradictions

        reject_contradictions(arguments, several=several)
    if several and arguments.worktree:
        raise DlmGitError(
            "--worktree is not available for other repositories", "omit it, or use --rev REV"
        )
    if several and fixes:
        raise DlmGitError("other repositories are never changed", "run --fix in each of them")
    if arguments.z and not arguments.repositories_from:
        raise DlmGitError("-z needs --repositories-from", "add --repositories-from FILE")


def with_statistics(outputs: Sequence[Output], arguments: Namespace) -> list[Output]:
    """Return the outputs with statistics in place of the text on standard output."""
    if arguments.diff:
        raise DlmGitError("--diff prints a patch, not --statistics", "omit one of them")
    if Output("text") not in outputs:
        message = "--statistics replaces the text on standard output, which other formats take"
        raise DlmGitError(message, "write these to files: --format NAME=FILE --format text")
    return [Output("statistics") if output == Output("text") else output for output in outputs]


def explain_others(paths: Sequence[str]) -> dict[str, CheckFailure]:
    """Return the failure of each path that is not a repository, but something else."""
    from dlm_git.operations.discover import explain_other

    errors = {path: explain_other(path) for path in paths}
    return {
        path: CheckFailure(path, error.message, error.hint)
        for path, error in errors.items()
        if error
    }
