"""`dlm-git pre-push` and `dlm-git pre-receive`."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ActionsContainer
from collections.abc import Sequence

from dlm_git.cli import options, reporting
from dlm_git.cli.reporting import Output
from dlm_git.cli.terminal import print_error, read_stdin
from dlm_git.formats.escape import escape_path
from dlm_git.git.ref_updates import parse_pre_push, parse_pre_receive
from dlm_git.limits import run_limited
from dlm_git.operations.configs import CheckOptions
from dlm_git.operations.push import PushResult, name_refs, pre_push, pre_receive
from dlm_git.values import Value

_BRANCHES = "refs/heads/*"


class Request(Value):
    """The refs that a hook checks, and how.

    refs: patterns of the refs to check.
    options: the config to check them against.
    outputs: the formats to write; None to print findings as text, and nothing if there are none.
    """

    refs: Sequence[str]
    options: CheckOptions
    outputs: Sequence[Output] | None


class PrePush:
    """`dlm-git pre-push`."""

    EXAMPLES = """\
  exec dlm-git pre-push "$@"                           # in .git/hooks/pre-push
  exec dlm-git pre-push "$@" --refs 'refs/*'           # check tags and other refs, too
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        parser.add_argument("remote", metavar="REMOTE", help="Name of the remote")
        parser.add_argument("url", metavar="URL", help="URL of the remote")
        _add_refs(parser)
        _add_output(parser)
        options.add_config(parser)

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Check what is about to be pushed."""
        request = _request(arguments)
        updates = parse_pre_push(read_stdin())
        result = pre_push(updates, request.refs, request.options)
        if result.unselected and not arguments.refs:
            names = escape_path(name_refs(result.unselected))
            print_error(f"dlm-git: {names}: not checked: only branches are, without --refs")
        return _report(result, request)


class PreReceive:
    """`dlm-git pre-receive`."""

    EXAMPLES = """\
  exec dlm-git pre-receive                             # in hooks/pre-receive of a bare repository
  exec dlm-git pre-receive --config /etc/dlm-git.toml  # one config for all repositories
"""

    @staticmethod
    def add_arguments(parser: ArgumentParser) -> None:
        """Declare the arguments of the command."""
        group = _add_refs(parser)
        group.add_argument(
            "--timeout",
            type=options.positive,
            default=60,
            metavar="SECONDS",
            help="Time limit for the whole push (default: 60)",
        )
        group.add_argument(
            "--size-limit",
            type=options.positive,
            default=128,
            metavar="MIB",
            help="Size limit for the file names, and for the documents, of a commit (default: 128)",
        )
        group.add_argument(
            "--memory-limit",
            type=options.positive,
            default=2048,
            metavar="MIB",
            help="Memory limit for the check, without that of Git (default: 2048)",
        )
        _add_output(parser)
        options.add_config(parser)

    @staticmethod
    def run(arguments: Namespace) -> int:
        """Check what was pushed to this repository, in a process of limited time and memory."""
        request = _request(arguments)

        def work() -> int:
            updates = parse_pre_receive(read_stdin())
            limit = arguments.size_limit << 20
            return _report(pre_receive(updates, request.refs, request.options, limit), request)

        return run_limited(
            work,
            seconds=arguments.timeout,
            time_hint="push fewer refs at once, or raise --timeout on the server",
            memory=arguments.memory_limit << 20,
            memory_hint="push smaller files, or raise --memory-limit on the server",
        )


def _add_output(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Output")
    options.add_formats(group)
    options.add_color(group)


def _add_refs(parser: ArgumentParser) -> _ActionsContainer:
    group = parser.add_argument_group("What to check")
    group.add_argument(
        "--refs",
        action="append",
        metavar="PATTERN",
        help=f"Check the refs that match; '*' also matches '/' (repeatable; default: {_BRANCHES})",
    )
    return group


def _request(arguments: Namespace) -> Request:
    formats = arguments.format or arguments.output is not None
    return Request(
        refs=arguments.refs or (_BRANCHES,),
        options=options.check_options(arguments),
        outputs=reporting.parse_outputs(arguments.format, arguments.output) if formats else None,
    )


def _report(result: PushResult, request: Request) -> int:
    for ref, kind in result.skipped:
        print_error(
            f"dlm-git: {escape_path(ref)}: not checked: it points to a {kind}, not a commit"
        )
    outputs = request.outputs or [Output("text")]
    return reporting.report(
        result.outcomes, outputs, reporting.TextOptions(quiet=request.outputs is None)
    )
