"""The errand of fixing: mend what the findings say can be mended, in the files of the worktree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import split

from dlm_git import document, edit, hunks, worktree
from dlm_git.config import Effective
from dlm_git.finding import CannotCheck, Finding, Fix
from dlm_git.judge import Report, judge
from dlm_git.overlay import with_contents
from dlm_git.recorded import files_of
from dlm_git.snapshot import Snapshot

_ROUNDS = 20  # a mended fault can uncover another one


@dataclass(frozen=True, slots=True)
class Change:
    """A file of the worktree: its text, and the text that it is to have."""

    path: str
    before: str
    after: str

    @property
    def needed(self) -> bool:
        """Whether the file is not so already."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class FixResult:
    """What was mended: the findings that are gone, the files, and what is left.

    `refused` tells by path why a file was not touched; its findings are left.
    """

    fixed: tuple[Finding, ...]
    changes: tuple[Change, ...]
    refused: Mapping[str, str]
    report: Report


def fix(
    snapshot: Snapshot, effective: Effective, *, unsafe: bool = False, write: bool = True
) -> FixResult:
    """Mend the worktree's files as far as the findings in a state of it are fixable.

    The state is the index or the worktree; with `unsafe` also the fixes that guess are taken.
    Nothing is staged, and without `write` nothing is written. A file that the worktree has in
    another form than the state, in the lines to mend, is refused. Raises CannotCheck where there is
    no worktree, or the system refuses to write.
    """
    root = os.path.realpath(snapshot.root())
    if not snapshot.root():
        raise CannotCheck("there is no worktree to mend", "run it in a clone that has one")
    texts, fixed = _mended(snapshot, effective, unsafe)
    changes: list[Change] = []
    refused: dict[str, str] = {}
    for path, text in texts.items():
        here = _carried(root, path, _text(snapshot, path), text)
        if isinstance(here, Change):
            changes.append(here)
        else:
            refused[path] = here
    taken = {path: text.encode() for path, text in texts.items() if path not in refused}
    report = judge(with_contents(snapshot, taken), effective.config, effective.origins)
    for change in changes if write else ():
        if change.needed:
            folder, name = split(change.path)
            edit.replace(root, folder, name, change.after.encode())
    label = f"{report.judged}, as mended" if taken else report.judged
    left = [finding for finding in fixed if finding.path not in refused]
    return FixResult(tuple(left), tuple(changes), refused, replace(report, judged=label))


def _mended(
    snapshot: Snapshot, effective: Effective, unsafe: bool
) -> tuple[dict[str, str], list[Finding]]:
    """The texts as they are to be, by path, and the findings that this mends."""
    texts: dict[str, str] = {}
    fixed: list[Finding] = []
    for _ in range(_ROUNDS):
        changed = {path: text.encode() for path, text in texts.items()}
        report = judge(with_contents(snapshot, changed), effective.config, effective.origins)
        fixable = (f for f in report.findings if f.fix and (f.fix.safe or unsafe))
        todo = [finding for finding in fixable if _is_plain(snapshot, finding.path)]
        done = []
        for path in dict.fromkeys(finding.path for finding in todo):
            before = texts[path] if path in texts else _text(snapshot, path)
            findings = [finding for finding in todo if finding.path == path]
            texts[path], some = applied(before, findings)
            done += some
        if not done:
            break
        fixed += done
    return {path: text for path, text in texts.items() if text != _text(snapshot, path)}, fixed


def applied(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """A text with the fixes of findings in it, and those that are.

    Left out is what overlaps with one before it, and what would leave a document worse than it was:
    one that does not parse any more, or has another id.
    """
    taken: list[Finding] = []
    for finding in findings:
        if finding.fix and not _overlap(finding.fix, taken):
            tried = _edited(text, [*taken, finding])
            if not finding.path.endswith(".dlm") or _no_worse(_edited(text, taken), tried):
                taken.append(finding)
    return _edited(text, taken), taken


def _edited(text: str, findings: Iterable[Finding]) -> str:
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    in_order = sorted(edits, key=lambda each: (each.start, each.end))
    for each in in_order[::-1]:  # what is put in at one place keeps its order, too
        text = text[: each.start] + each.text + text[each.end :]
    return text


def _overlap(fix: Fix, taken: Iterable[Finding]) -> bool:
    others = [edit for finding in taken if finding.fix for edit in finding.fix.edits]
    return any((a.start < b.end and b.start < a.end) or a == b for a in fix.edits for b in others)


def _no_worse(before: str, after: str) -> bool:
    old, new = document.parse(before.encode()), document.parse(after.encode())
    if new.broken:
        return old.broken is not None and new.broken.span > old.broken.span
    return old.broken is not None or _id(old) == _id(new)


def _id(parsed: document.Document) -> str:
    return parsed.written(("dlm_id",))


def _text(snapshot: Snapshot, path: str) -> str:
    """The text of a file in a state, as it is stored."""
    (blob,) = files_of(snapshot).contents([path])
    return ((blob and blob.data) or b"").decode()


def _is_plain(snapshot: Snapshot, path: str) -> bool:
    """Whether it is a file, and no link to one."""
    entries = snapshot.entries(path)
    return all(entry.is_file for entry in entries) if entries else snapshot.checkout is not None


def _carried(root: str, path: str, old: str, new: str) -> Change | str:
    """The change of the file in the worktree, or why there is none."""
    try:
        data = worktree.read(root, path)
        if data is None:
            return "it is not in the worktree"
        here = data.decode()
    except CannotCheck as error:
        return error.message
    except UnicodeDecodeError:
        return "it is not UTF-8 in the worktree"
    after = hunks.carried(old, new, here)
    if after is None:
        return "the worktree has other text in the lines to mend"
    return Change(path, here, after)
