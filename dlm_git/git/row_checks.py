"""Recognize a damaged or malformed index or tree by its rows."""

from __future__ import annotations

import os
import re
from collections import Counter

from dlm_git.errors import DlmGitError
from dlm_git.git.objects import OID_PATTERN
from dlm_git.regex import compile_late
from dlm_git.snapshots.rows import find_long_row, parse_row, rows_containing
from dlm_git.snapshots.snapshot import Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.rows import Rows

_MAX_PATH = 4096  # bytes, the limit of Linux; directories around a path cost its square
_ROW_HEAD = 100  # bytes; mode, type, object id and stage have fewer
# names that Git refuses in a path: empty, `.`, `..` and `.git`
_BAD_NAME = rb"(?:\.\.?|\.git)?[/\0]"
_MODE = rb"(?:100644|100755|120000|160000)"
INDEX_ROWS = compile_late(rb"(?:%b %b [0-3]\t(?!%b)[^\0]++\0)*+" % (_MODE, OID_PATTERN, _BAD_NAME))
TREE_ROWS = compile_late(
    rb"(?:(?:(?:100644|100755|120000) blob|160000 commit|040000 tree) %b\t(?!%b)[^\0]++\0)*+"
    % (OID_PATTERN, _BAD_NAME)
)
_BAD_COMPONENT = compile_late(rb"/%b" % _BAD_NAME)


def check_rows(pattern: re.Pattern[bytes], label: str, rows: Rows, start: int = 0) -> None:
    """Raise DlmGitError for rows that only a damaged index or tree has.

    For a truncated index, `git ls-files` ends with exit code 0 and prints garbage.
    """
    if not pattern.fullmatch(rows, start) or b"//" in rows or b"/\0" in rows:
        raise _damaged(label)


def check_lengths(label: str, rows: Rows) -> None:
    """Raise DlmGitError for a path that no system can check out."""
    row = find_long_row(rows, _MAX_PATH + _ROW_HEAD)
    if row:
        path = parse_row(row).path
        raise DlmGitError(
            f"{label} contains a path of {len(os.fsencode(path)):,} bytes: '{path[:60]}...'",
            f"Git cannot check out more than {_MAX_PATH:,} bytes: rename the file",
        )


def _damaged(label: str) -> DlmGitError:
    return DlmGitError(f"{label} is damaged: git lists impossible entries", "run `git fsck`")


def check_names(snapshot: Snapshot) -> None:
    """Raise DlmGitError for duplicate paths: which entry counts depends on the git command."""
    label = snapshot.label
    if _BAD_COMPONENT.search(snapshot.dotfile_rows):
        raise _damaged(label)
    entries = list(rows_containing(snapshot.dotfile_rows, b".dlm"))
    if any(not entry.oid.strip("0") for entry in entries):
        raise DlmGitError(f"{label} is damaged: an object id is all zeros", "run `git fsck`")
    counts = Counter((entry.path, entry.stage) for entry in entries)
    if len(counts) != len(entries):
        ((path, _), _), *_ = counts.most_common(1)
        raise DlmGitError(f"{label} is malformed: it contains '{path}' twice", "run `git fsck`")


def check_parents(snapshot: Snapshot) -> None:
    """Raise DlmGitError for a tree entry with a slash in its name: its parent is not listed."""
    entries = list(rows_containing(snapshot.dotfile_rows, b".dlm"))
    directories = {entry.path for entry in entries if entry.is_tree}
    for entry in entries:
        parent, _, name = entry.path.rpartition("/")
        if ".dlm" in parent and parent not in directories:
            raise DlmGitError(
                f"{snapshot.label} is malformed: the name of '{name}' contains a slash",
                "run `git fsck`",
            )
