"""`dlm-git files`."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from dlm_git.cli import options
from dlm_git.cli.commands import files_report, stat_report
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.progress import with_progress
from dlm_git.cli.target import at_push, git_calls_printed, load_target
from dlm_git.cli.terminal import (
    bar_character,
    print_error,
    print_lines,
    print_out,
    write_bytes,
)
from dlm_git.errors import DlmGitError
from dlm_git.formats.escape import escape
from dlm_git.operations.configs import CheckOptions
from dlm_git.operations.corpora import select_corpus
from dlm_git.operations.files import TrainingSet, list_training_set, path_from_root
from dlm_git.training.selection import Decision
from dlm_git.training.summary import Summary, summarize
from dlm_git.training.training_set import TrainingFile
from dlm_git.values import Value

EXAMPLES = """\
  dlm-git files                          # list the training set of the index
  dlm-git files --stat --rev HEAD        # summarize that of the last commit
  dlm-git files --why src/shop.py        # show which pattern decides
  dlm-git files -z | xargs -0 wc -c      # pass paths to another program
"""

View = Literal["list", "excluded", "stat", "nul"]


class Request(Value):
    """The arguments of `dlm-git files`.

    options: the state to read and the config that names the document.
    corpus: the root of the corpus; None for the one around the current directory.
    view: how to print the training set.
    why: paths to explain instead; empty for none.
    json: print JSON.
    verbose: print the state and how long each git command takes.
    """

    options: CheckOptions
    corpus: str | None
    view: View
    why: Sequence[str]
    json: bool
    verbose: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of the command."""
    state = parser.add_argument_group("What to read")
    options.add_state(state)
    group = parser.add_argument_group("Output")
    either = group.add_mutually_exclusive_group()
    either.add_argument(
        "--why",
        nargs="+",
        metavar="PATH",
        help="Show whether each path is included, and which line decides",
    )
    either.add_argument(
        "--excluded", action="store_true", help="List the excluded files instead, by reason"
    )
    either.add_argument(
        "--stat",
        action="store_true",
        help="Summarize the training set: size, file types, identical files",
    )
    either.add_argument(
        "-z", action="store_true", help="End paths with NUL, and do not escape them"
    )
    options.add_text_or_json(group)
    options.add_verbose(group)
    options.add_document(parser)


def run(arguments: Namespace) -> int:
    """List the files that the model will be trained on."""
    request = Request(
        options=at_push(options.check_options(arguments), os.environ),
        corpus=arguments.corpus,
        view=_view(arguments),
        why=arguments.why or (),
        json=arguments.format == "json",
        verbose=arguments.verbose,
    )
    with (
        git_calls_printed(request.verbose),
        load_target(request.options, verbose=request.verbose) as (snapshot, effective),
    ):
        config = select_corpus(effective.config, snapshot.prefix, request.corpus)
        training_set = list_training_set(snapshot, config)
        if request.why:
            _explain(training_set, request)
        else:
            _list(training_set, request)
        if not request.json:
            for note in training_set.notes():
                print_error(f"note: {escape(note.message)}", note.hint)
    return CLEAN


def _view(arguments: Namespace) -> View:
    if arguments.excluded:
        return "excluded"
    if arguments.stat:
        return "stat"
    return "nul" if arguments.z else "list"


def _list(training_set: TrainingSet, request: Request) -> None:
    excluded = request.view in ("excluded", "stat")
    fatal: list[str] = []
    files = _recording(training_set.training_files(with_excluded=excluded), fatal)
    if not sys.stdout.isatty() or request.view == "stat" or (excluded and not request.json):
        files = with_progress(
            files, "reading files", lambda: training_set.count(with_excluded=excluded)
        )
    if request.view == "nul":
        write_bytes(os.fsencode(file.path) + b"\0" for file in files)
    elif request.view == "stat":
        print_out(_stat(training_set, summarize(files), request), end="")
    elif request.json:
        write_bytes(map(str.encode, files_report.json(training_set, files)))
    elif request.view == "excluded":
        print_lines(files_report.excluded(training_set, files))
    else:
        lines = (f"{files_report.line(file)}\n" for file in files)
        while chunk := "".join(islice(lines, 1 if sys.stdout.isatty() else 1000)):
            print_out(chunk, end="")
    if fatal:
        message = f"dlm fails on '{fatal[0]}' and trains on nothing: its name is not UTF-8"
        raise DlmGitError(message, "rename or exclude it; `dlm-git check` prints the line")


def _stat(training_set: TrainingSet, summary: Summary, request: Request) -> str:
    if request.json:
        return files_report.stat_json(training_set, summary)
    bar = bar_character(sys.stdout)
    return stat_report.text(summary, training_set.snapshot.label, bar=bar)


def _recording(files: Iterable[TrainingFile], fatal: list[str]) -> Iterator[TrainingFile]:
    """Yield files, and append to a list the paths of those on which the trainer fails."""
    for file in files:
        if file.is_fatal:
            fatal.append(file.path)
        yield file


def _explain(training_set: TrainingSet, request: Request) -> None:
    """Print the decisions on every path that has one. Raises DlmGitError about the others."""
    decisions: list[tuple[TrainingFile, Decision]] = []
    errors: dict[str, str] = {}
    for path in request.why:
        try:
            decisions += training_set.why(path_from_root(training_set.snapshot, path))
        except DlmGitError as error:
            errors[error.message] = error.hint
    if decisions and request.json:
        print_out(files_report.why_json(training_set, decisions), end="")
    elif decisions:
        print_lines(files_report.why(training_set, decisions))
    if errors:
        raise DlmGitError("; ".join(errors), next(iter(errors.values())))
