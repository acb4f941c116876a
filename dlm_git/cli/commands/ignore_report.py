"""What `dlm-git ignore` tells: the blocks, and what they do not say as `.gitignore` says it."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from dlm_git.formats.escape import escape, escape_path
from dlm_git.operations.file_change import FileChange
from dlm_git.operations.ignore import IgnoreResult
from dlm_git.training.ignore_block import with_block

_SHOWN = 20


def blocks(result: IgnoreResult) -> str:
    """The blocks as they are to stand, each under the path of its file."""
    shown = []
    for change in result.changes:
        block = with_block("", result.blocks[change.path])
        lines = block.splitlines() or ["(nothing to carry over)"]
        shown += [f"{escape_path(change.path)}:", *(f"  {escape(line)}" for line in lines)]
    return "".join(f"{line}\n" for line in [*shown, *_told(result)])


def text(result: IgnoreResult) -> str:
    """What was done, or of a check what is to be done."""
    lines = [line for change in result.changes for line in _change(result, change)]
    return "".join(f"{line}\n" for line in [*lines, *_told(result)])


def _change(result: IgnoreResult, change: FileChange) -> Iterator[str]:
    path = escape_path(change.path)
    if not result.gitignore_files and not change.needed:
        yield f"{path}: no .gitignore is tracked: nothing to carry over"
    elif not change.needed:
        yield f"{path}: up to date"
    elif not result.written:
        yield f"{path}: stale: it does not say what .gitignore says"
        yield "  help: `dlm-git ignore` brings it up to date"
    else:
        lines = len(result.blocks[change.path])
        count = f"{lines} line{'' if lines == 1 else 's'}"
        files = ", ".join(map(escape_path, result.gitignore_files))
        yield f"wrote {path}: {count}" + (f" from {files}" if files else "")
        yield f"  next: git add {escape(quote(change.path))}"


def _told(result: IgnoreResult) -> Iterator[str]:
    for remark in result.untranslated:
        said = f"'{escape(remark.pattern)}': {escape(remark.reason)}"
        yield f"{escape_path(remark.source)}: {said}"
    for path in result.newly_ignored[:_SHOWN]:
        yield f"{escape_path(path)}: tracked, and left out now"
    if len(result.newly_ignored) > _SHOWN:
        yield f"and {len(result.newly_ignored) - _SHOWN} more tracked files"
    if result.newly_ignored:
        yield "  help: '!' and its path, on a line below the block, lets a file in again"
