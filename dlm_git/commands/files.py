"""`dlm-git files`."""

from __future__ import annotations

import argparse
import os
import sys
from itertools import islice

from dlm_git import listing, terminal
from dlm_git.commands import CLEAN
from dlm_git.commands.expected import prepared
from dlm_git.finding import CannotCheck
from dlm_git.listing import Listing
from dlm_git.render import listed
from dlm_git.terminal import say


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
        terminal.write(map(str.encode, listed.json(found, members)))
    elif arguments.stat:
        say(listed.stat(found, members, bar=terminal.bar(sys.stdout)), end="")
    elif arguments.skipped:
        say(listed.skipped(found, members), end="")
    else:
        lines = (f"{listed.line(member)}\n" for member in members)
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
    shown = listed.why_json if arguments.format == "json" else listed.why
    say(shown(found, verdicts), end="")
