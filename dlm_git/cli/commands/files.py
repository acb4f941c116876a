"""`dlm-git files`."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice

from dlm_git.cli.commands import files_report
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.target import prepared
from dlm_git.cli.terminal import bar, print_out, with_progress, write_bytes
from dlm_git.errors import DlmGitError
from dlm_git.operations.files import TrainingSet, list_training_set, paths_from_root


def files(arguments: argparse.Namespace) -> int:
    """List the files that the model will read."""
    snapshot, effective = prepared(arguments)
    found = list_training_set(snapshot, effective.config)
    if arguments.why:
        _why(found, arguments)
        return CLEAN
    left_out = arguments.skipped or arguments.stat
    members = found.training_files(excluded=left_out)
    if left_out or not sys.stdout.isatty():
        members = with_progress(members, "reading files", lambda: found.count(excluded=left_out))
    if arguments.z:
        write_bytes(os.fsencode(member.path) + b"\0" for member in members)
    elif arguments.format == "json":
        write_bytes(map(str.encode, files_report.json(found, members)))
    elif arguments.stat:
        print_out(files_report.stat(found, members, bar=bar(sys.stdout)), end="")
    elif arguments.skipped:
        print_out(files_report.skipped(found, members), end="")
    else:
        lines = (f"{files_report.line(member)}\n" for member in members)
        while some := "".join(islice(lines, 1 if sys.stdout.isatty() else 1000)):
            print_out(some, end="")
    return CLEAN


def _why(found: TrainingSet, arguments: argparse.Namespace) -> None:
    paths = paths_from_root(found.snapshot, arguments.why)
    verdicts = [pair for path in paths for pair in found.why(path)]
    if not verdicts:
        raise DlmGitError(
            "no source of the document holds this", "`path` of its sources says which they are"
        )
    shown = files_report.why_json if arguments.format == "json" else files_report.why
    print_out(shown(found, verdicts), end="")
