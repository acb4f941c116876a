"""The errand of fixing: mend what the findings say can be mended, in the files of the worktree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from posixpath import split

from dlm_git import fs as edit
from dlm_git.config.load import EffectiveConfig
from dlm_git.document.parser import parse_document
from dlm_git.document.yaml_loader import YamlTree
from dlm_git.errors import DlmGitError
from dlm_git.fs import read_file
from dlm_git.operations.line_merge import merge_changes
from dlm_git.paths import TRAINING_CONFIG
from dlm_git.report import CheckResult, Finding, Fix, Span
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.overlay import with_contents
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.directory_config import parse_training_yaml

ABSENT = "it is not in the worktree"
_ROUNDS = 1000  # a mended fault can uncover another one, as of each bare glob the next


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

    `refused` tells by path why a file was not touched; its findings are left, without the fixes
    that could not be applied. `prefix` is where the user stands, as in Snapshot.
    """

    fixed: tuple[Finding, ...]
    changes: tuple[Change, ...]
    refused: Mapping[str, str]
    report: CheckResult
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the trainer takes a file: where it does not parse, whether it accepts it, how many keys
    it passes over, and its id."""

    broken: Span | None = None
    accepted: bool = True
    duplicates: int = 0
    id: str = ""


def fix(
    snapshot: Snapshot, effective: EffectiveConfig, *, unsafe: bool = False, write: bool = True
) -> FixResult:
    """Mend the worktree's files as far as the findings in a state of it are fixable.

    The state is the index or the worktree; with `unsafe` also the fixes that guess are taken.
    Nothing is staged, and without `write` nothing is written. A file that the worktree has in
    another form than the state, in the lines to mend, is refused. Raises CannotCheck where there is
    no worktree, or the system refuses to write.
    """
    root = os.path.realpath(snapshot.root())
    if not snapshot.root():
        raise DlmGitError("there is no worktree to mend", "run it in a clone that has one")
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
    report = run_rules(with_contents(snapshot, taken), effective.config, effective.origins)
    for change in changes if write else ():
        _write(root, change)
    label = f"{report.label}, {'as' if write else 'once'} mended" if taken else report.label
    left = [finding for finding in fixed if finding.path not in refused]
    rest = tuple(replace(f, fix=None) if _wanted(f, unsafe) else f for f in report.findings)
    mended = replace(report, label=label, findings=rest)
    return FixResult(tuple(left), tuple(changes), refused, mended, snapshot.prefix)


def _mended(
    snapshot: Snapshot, effective: EffectiveConfig, unsafe: bool
) -> tuple[dict[str, str], list[Finding]]:
    """The texts as they are to be, by path, and the findings that this mends."""
    texts: dict[str, str] = {}
    fixed: list[Finding] = []
    seen: list[dict[str, str]] = []
    for _ in range(_ROUNDS):
        changed = {path: text.encode() for path, text in texts.items()}
        report = run_rules(with_contents(snapshot, changed), effective.config, effective.origins)
        fixable = (f for f in report.findings if _wanted(f, unsafe))
        todo = [finding for finding in fixable if _is_plain(snapshot, finding.path)]
        done = []
        for path in dict.fromkeys(finding.path for finding in todo):
            before = texts[path] if path in texts else _text(snapshot, path)
            findings = [finding for finding in todo if finding.path == path]
            texts[path], some = applied(before, findings)
            done += some
        if not done or texts in seen:  # two rules that contradict each other
            break
        fixed += done
        seen.append(dict(texts))
    return {path: text for path, text in texts.items() if text != _text(snapshot, path)}, fixed


def _wanted(finding: Finding, unsafe: bool) -> bool:
    return finding.fix is not None and (finding.fix.safe or unsafe)


def applied(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """A text with the fixes of findings in it, and those that are.

    Left out is what overlaps with one before it, and what would leave a file worse than it was: one
    that does not parse any more, that the trainer does not take any more, or with another id.
    """
    taken: list[Finding] = []
    for finding in findings:
        if finding.fix and not _overlap(finding.fix, taken):
            tried = _edited(text, [*taken, finding])
            if _no_worse(finding.path, _edited(text, taken), tried):
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


def _no_worse(path: str, before: str, after: str) -> bool:
    old, new = _standing(path, before), _standing(path, after)
    if new.broken or old.broken:
        return old.broken is not None and (new.broken is None or new.broken > old.broken)
    kept = new.id == old.id and new.duplicates <= old.duplicates
    return kept and new.accepted >= old.accepted


def _standing(path: str, text: str) -> _Standing:
    if path.endswith(".dlm"):
        found = parse_document(text.encode())
        broken = found.parse_error.span if found.parse_error else None
        return _Standing(broken, found.accepted, _again(found.tree), found.source_text(("dlm_id",)))
    if path.endswith(TRAINING_CONFIG):
        settings = parse_training_yaml(text.encode())
        return _Standing(settings.span, settings.config is not None, _again(settings.tree))
    return _Standing()


def _again(tree: YamlTree | None) -> int:
    return len(tree.duplicates) if tree else 0


def _text(snapshot: Snapshot, path: str) -> str:
    """The text of a file in a state, as it is stored."""
    (blob,) = snapshot.files.contents([path])
    return ((blob and blob.data) or b"").decode()


def _is_plain(snapshot: Snapshot, path: str) -> bool:
    """Whether it is a file, and no link to one."""
    entries = snapshot.entries(path)
    return all(entry.is_file for entry in entries) if entries else snapshot.files.exists(path)


def _carried(root: str, path: str, old: str, new: str) -> Change | str:
    """The change of the file in the worktree, or why there is none."""
    try:
        data = read_file(root, path)
        if data is None:
            return ABSENT
        here = data.decode()
    except DlmGitError as error:
        return error.message
    except UnicodeDecodeError:
        return "it is not UTF-8 in the worktree"
    after = merge_changes(old, new, here)
    if after is None:
        return "the worktree has other text in the lines to mend"
    return Change(path, here, after)


def _write(root: str, change: Change) -> None:
    if not change.needed:
        return
    if read_file(root, change.path) != change.before.encode():
        raise DlmGitError(f"'{change.path}' has changed meanwhile", "run it again")
    folder, name = split(change.path)
    edit.replace_file(root, folder, name, change.after.encode())
