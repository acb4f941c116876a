"""The output of `dlm-git check --fix` and `--diff`: fixed findings, refused files, a patch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff
from posixpath import relpath

from dlm_git.document.sections import TYPES
from dlm_git.formats.escape import escape, escape_line_commands, escape_path
from dlm_git.operations.file_change import FileChange
from dlm_git.operations.fix import NOT_IN_WORKING_TREE, FixResult
from dlm_git.paths import shell_path

# not escaped, so that the patch applies: fences, tabs, carriage returns, a byte order mark
_CONTEXT_FENCE = re.compile(rf" {{1,4}}::(?:{'|'.join(TYPES)})\b")
_KEPT = re.compile("(\t|\r\\Z|\\A\ufeff)")


def fixed(result: FixResult, *, write: bool = True) -> Iterator[str]:
    """Yield a line for each fixed finding, and for each file that was not touched.

    write: whether the fixes were written.
    """
    already = {change.path for change in result.changes if not change.needed}
    for finding in result.fixed:
        verb = "already fixed" if finding.path in already else "fixed" if write else "would fix"
        title = finding.fix.title if finding.fix else ""
        yield f"{escape_path(finding.path)}: {verb} {finding.rule}: {escape(title)}"
    for path, reason in result.refused.items():
        yield f"{escape_path(path)}: not fixed: {reason}"
        yield f"  help: {_hint(_shell_path(result, path), reason)}"


def next_steps(result: FixResult, *, write: bool = True) -> Iterator[str]:
    """Yield the lines below the report: the next step, and why the exit code is 1.

    The exit code needs an explanation only if no finding remains.
    """
    if write and result.changes:
        paths = " ".join(_shell_path(result, change.path) for change in result.changes)
        yield f"next: git add {paths}"
    if result.changes and result.report.clean:
        yield f"exit code 1: {'the fixes are not staged' if write else 'nothing was written'} yet"


def patch(result: FixResult) -> str:
    """Return the changes as a unified diff for `git apply`."""
    return "".join(line for change in result.changes if change.needed for line in _patch(change))


def _shell_path(result: FixResult, path: str) -> str:
    """Return a path for a shell in the user's current directory."""
    return shell_path(relpath(path, result.prefix or "."))


def _hint(path: str, reason: str) -> str:
    if reason == NOT_IN_WORKING_TREE:  # deleted, or excluded from a sparse checkout
        return f"`git restore --ignore-skip-worktree-bits {path}` restores it"
    return (
        f"`git add {path}` keeps the text of the working tree,"
        f" `git restore {path}` that of the index"
    )


def _patch(change: FileChange) -> Iterator[str]:
    before, after = escape_path(f"a/{change.path}"), escape_path(f"b/{change.path}")
    for unescaped in unified_diff(_lines(change.before or ""), _lines(change.after), before, after):
        line = unescaped if _CONTEXT_FENCE.match(unescaped) else escape_line_commands(unescaped)
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """Return the lines, escaped; Git separates lines by LF only."""
    *lines, rest = map(_escape, text.split("\n"))
    return [*(f"{line}\n" for line in lines), *([rest] if rest else [])]


def _escape(line: str) -> str:
    pieces = enumerate(_KEPT.split(line))
    return "".join(piece if number % 2 else escape(piece) for number, piece in pieces)
