"""What `check --fix` tells: what was mended, what was not touched; and the same as a patch."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from shlex import quote

from dlm_git.fixing import Change, FixResult
from dlm_git.render.visible import visible, visible_path


def mended(result: FixResult, *, write: bool = True) -> str:
    """One line for each finding that is mended, and for each file what comes next."""
    done = {change.path for change in result.changes if not change.needed}
    lines = []
    for finding in result.fixed:
        verb = "fixed already:" if finding.path in done else "fixed" if write else "would fix"
        title = finding.fix.title if finding.fix else ""
        lines.append(f"{visible_path(finding.path)}: {verb} {finding.rule}: {visible(title)}")
    for path, reason in result.refused.items():
        lines.append(f"{visible_path(path)}: not mended: {reason}")
        lines.append(f"  help: {_way_out(path)}")
    if write and result.changes:
        paths = " ".join(visible(quote(change.path)) for change in result.changes)
        lines.append(f"next: git add {paths}")
    return "".join(f"{line}\n" for line in lines)


def patch(result: FixResult) -> str:
    """The changes as a unified diff."""
    return "".join(
        f"{line}\n" for change in result.changes if change.needed for line in _patch(change)
    )


def _way_out(path: str) -> str:
    file = visible(quote(path))
    return f"`git add {file}` takes the worktree's, `git restore {file}` the index's"


def _patch(change: Change) -> Iterator[str]:
    path = visible_path(change.path)
    before, after = change.before.splitlines(), change.after.splitlines()
    lines = unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm="")
    return map(visible, lines)
