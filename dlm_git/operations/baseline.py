"""Write the baseline: all findings of a state, which later checks accept."""

from __future__ import annotations

import os

from dlm_git.config.load import EffectiveConfig
from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, read_file, remove_file, replace_file
from dlm_git.operations.check import check_snapshot
from dlm_git.operations.configs import MAX_BASELINE, CheckOptions
from dlm_git.paths import BASELINE
from dlm_git.rules.baseline import render_baseline
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value


class BaselineResult(Value):
    """The result of `write_baseline`.

    count: number of findings in the baseline. Without findings there is no file.
    changed: whether the file in the working tree has changed.
    stageable: whether there is something to stage: a file, or the removal of a tracked one.
    root: the root of the working tree.
    """

    count: int
    changed: bool
    stageable: bool
    root: str


def write_baseline(
    snapshot: Snapshot, effective: EffectiveConfig, options: CheckOptions
) -> BaselineResult:
    """Write the findings of a state that nothing else accepts to the baseline in the working tree.

    Without findings, remove it. Nothing is staged. The existing baseline is not parsed.

    Raises DlmGitError if there is no working tree, if a lock forbids baselines, or if the file
    cannot be written.
    """
    if locked_by := effective.locked.get("ignore-path"):
        message = f"'ignore' is locked in {locked_by}, so '{BASELINE}' would not count"
        raise DlmGitError(message, f"accept the findings under [[ignore-path]] in {locked_by}")
    root = snapshot.root()
    if not root:
        raise DlmGitError("there is no working tree to write to", "run it in a clone")
    without = effective.replace(baseline=lambda: None)
    result = check_snapshot(snapshot, without, options)
    data = render_baseline(result.findings, snapshot.label).encode() if result.findings else None
    if data and len(data) > MAX_BASELINE:
        message = f"the baseline would have {len(data):,} bytes, more than {MAX_BASELINE:,}"
        raise DlmGitError(message, "suppress the rules with most findings under [ignore]")
    changed = _write(os.path.realpath(root), data)
    stageable = changed and (data is not None or bool(snapshot.entries(BASELINE)))
    return BaselineResult(len(result.findings), changed, stageable, root)


def _write(root: str, data: bytes | None) -> bool:
    """Write the baseline, or remove it for None; return whether that changes anything."""
    before = read_file(root, BASELINE)
    if before == data:
        return False
    if data is None:
        remove_file(root, "", BASELINE)
    elif before is None:
        if not create_file(root, "", BASELINE, data):
            message = f"'{BASELINE}' was written by another process"
            raise DlmGitError(message, "run the command again")
    else:
        replace_file(root, "", BASELINE, data)
    return True
