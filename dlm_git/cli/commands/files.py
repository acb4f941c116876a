"""`dlm-git files`."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice

from dlm_git.cli import terminal
from dlm_git.cli.commands import files_report
from dlm_git.cli.exit_codes import CLEAN
from dlm_git.cli.target import prepared
from dlm_git.cli.terminal import say
from dlm_git.errors import CannotCheck
from dlm_git.operations import files as listing
from dlm_git.operations.files import Listing


def files(arguments: argparse.Namespace) -> int:
    """List the files that the model will read."""
    snapshot, effective = prepared(arguments)
    found = listing.listing(snapshot, effective.config)
    if arguments.why:
        _why(found, arguments)
        return CLEAN
    left_out = arguments.skipped or arguments.stat
    members = found.members(left_out=left_out)
    if left_out or not sys.stdout.isatty():
        members = terminal.watched(members, "reading files", lambda: found.count(left_out=left_out))
    if arguments.z:
        terminal.write(os.fsencode(member.path) + b"\0" for member in members)
    elif arguments.format == "json":
        terminal.write(map(str.encode, files_report.json(found, members)))
    elif arguments.stat:
        say(files_report.stat(found, members, bar=terminal.bar(sys.stdout)), end="")
    elif arguments.skipped:
        say(files_report.skipped(found, members), end="")
    else:
        lines = (f"{files_report.line(member)}\n" for member in members)
        while some := "".join(islice(lines, 1 if sys.stdout.isatty() else 1000)):
            say(some, end="")
    return CLEAN


def _why(found: Listing, arguments: argparse.Namespace) -> None:
    paths = listing.from_root(found.snapshot, arguments.why)
    verdicts = [pair for path in paths for pair in found.why(path)]
    if not verdicts:
        raise CannotCheck(
            "no source of the document holds this", "`path` of its sources says which they are"
        )
    shown = files_report.why_json if arguments.format == "json" else files_report.why
    say(shown(found, verdicts), end="")
