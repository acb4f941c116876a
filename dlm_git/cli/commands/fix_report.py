"""What `check --fix` tells: what was mended, what was not touched; and the same as a patch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff
from posixpath import relpath
from shlex import quote

from dlm_git.formats.escape import escape, escape_path
from dlm_git.operations.file_change import FileChange
from dlm_git.operations.fix import NOT_IN_WORKING_TREE, FixResult

# also a patch of files that have these is to apply: tabs, carriage returns, a byte order mark
_KEPT = re.compile("(\t|\r\\Z|\\A\ufeff)")


def mended(result: FixResult, *, write: bool = True) -> str:
    """One line for each finding that is mended, and for each file what comes next."""
    done = {change.path for change in result.changes if not change.needed}
    lines = []
    for finding in result.fixed:
        verb = "fixed already:" if finding.path in done else "fixed" if write else "would fix"
        title = finding.fix.title if finding.fix else ""
        lines.append(f"{escape_path(finding.path)}: {verb} {finding.rule}: {escape(title)}")
    for path, reason in result.refused.items():
        lines.append(f"{escape_path(path)}: not mended: {reason}")
        lines.append(f"  help: {_way_out(_pasted(result, path), reason)}")
    if write and result.changes:
        paths = " ".join(_pasted(result, change.path) for change in result.changes)
        lines.append(f"next: git add {paths}")
    return "".join(f"{line}\n" for line in lines)


def patch(result: FixResult) -> str:
    """The changes as a unified diff, which `git apply` takes."""
    return "".join(line for change in result.changes if change.needed for line in _patch(change))


def _pasted(result: FixResult, path: str) -> str:
    """A path as a shell takes it where the user stands."""
    return escape(quote(relpath(path, result.prefix or ".")))


def _way_out(file: str, reason: str) -> str:
    if reason == NOT_IN_WORKING_TREE:  # deleted, or left out of a sparse checkout
        return f"`git restore --ignore-skip-worktree-bits {file}` brings it there"
    return f"`git add {file}` takes the worktree's, `git restore {file}` the index's"


def _patch(change: FileChange) -> Iterator[str]:
    before, after = escape_path(f"a/{change.path}"), escape_path(f"b/{change.path}")
    for line in unified_diff(_lines(change.before or ""), _lines(change.after), before, after):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Lines as Git has them, which only LF separates, made visible."""
    *whole, rest = map(_visible, text.split("\n"))
    return [*(f"{line}\n" for line in whole), *([rest] if rest else [])]


def _visible(line: str) -> str:
    pieces = enumerate(_KEPT.split(line))
    return "".join(piece if at % 2 else escape(piece) for at, piece in pieces)
