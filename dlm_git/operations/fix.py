"""Fix findings in the files of the working tree."""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, takewhile

from dlm_git.config.load import EffectiveConfig
from dlm_git.document.line_merge import merge_changes
from dlm_git.document.names import ULID
from dlm_git.document.parser import parse_document
from dlm_git.document.yaml_tree import YamlTree
from dlm_git.errors import DlmGitError
from dlm_git.fs import read_file
from dlm_git.operations.check import read_exceptions
from dlm_git.operations.configs import CheckOptions
from dlm_git.operations.file_change import FileChange
from dlm_git.operations.notes import config_notes
from dlm_git.paths import TRAINING_CONFIG
from dlm_git.report import CheckResult, Edit, Finding, Span
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.overlay import with_contents
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.directory_config import parse_training_yaml
from dlm_git.values import Value

_Check = Callable[[Mapping[str, str]], CheckResult]
_NO_OPTIONS = CheckOptions()
NOT_IN_WORKING_TREE = "it is not in the working tree"
_MAX_ROUNDS = 1000  # YAML reports one syntax error at a time, so each of them takes a round
_MAX_CHARACTERS = 20 << 20  # in the files of all rounds


class FixResult(Value):
    """The result of `fix`.

    fixed: the findings that the changes resolve.
    changes: the changes of the files.
    refused: for each file that is not changed, the reason.
    report: a check with the changes; findings that could not be fixed come without a fix.
    prefix: the user's directory relative to the root, as in Snapshot.
    """

    fixed: tuple[Finding, ...]
    changes: tuple[FileChange, ...]
    refused: Mapping[str, str]
    report: CheckResult
    prefix: str = ""


def fix(
    snapshot: Snapshot,
    effective: EffectiveConfig,
    *,
    unsafe: bool = False,
    write: bool = True,
    options: CheckOptions = _NO_OPTIONS,
) -> FixResult:
    """Fix the findings of a snapshot in the files of the working tree, and stage nothing.

    Accepted findings are left alone. A file is refused if the working tree has other changes in the
    lines to fix.

    snapshot: the index or the working tree.
    unsafe: apply fixes that guess the intention, too.
    write: False to return the changes without writing them.
    options: those of the check.

    Raises DlmGitError if there is no working tree, or if a file cannot be written.
    """
    if not snapshot.root():
        raise DlmGitError("there is no working tree to fix", "run `dlm-git check --fix` in a clone")
    root = os.path.realpath(snapshot.root())
    check = _checker(snapshot, effective, options)
    texts, fixed = _fix_texts(snapshot, check, unsafe)
    changes, refused = _plan_changes(root, snapshot, texts)
    texts = {path: text for path, text in texts.items() if path not in refused}
    report = check(texts)
    if write:
        for change in changes:
            change.write(root)
    return FixResult(
        fixed=tuple(finding for finding in fixed if finding.path not in refused),
        changes=tuple(changes),
        refused=refused,
        report=_remaining(report, unsafe, label=" with fixes applied" if texts else "").replace(
            notes=(*config_notes(snapshot, effective), *report.notes)
        ),
        prefix=snapshot.prefix,
    )


def _remaining(report: CheckResult, unsafe: bool, label: str) -> CheckResult:
    """Return the report, without the fixes that could not be applied."""
    findings = tuple(
        finding.replace(fix=None) if _is_fixable(finding, unsafe) else finding
        for finding in report.findings
    )
    return report.replace(label=f"{report.label}{label}", findings=findings)


def _fix_texts(
    snapshot: Snapshot, check: _Check, unsafe: bool
) -> tuple[dict[str, str], list[Finding]]:
    """Return the fixed texts by path, and the findings that they resolve.

    Fixes uncover further findings, so the rules run again until they report nothing to fix, or
    until two rules undo each other's fixes.
    """
    texts: dict[str, str] = {}
    fixed: list[Finding] = []
    earlier_texts: list[dict[str, str]] = []
    characters = 0
    for _ in range(_MAX_ROUNDS):
        report = check(texts)
        applied: list[Finding] = []
        for path, findings in _fixable(snapshot, report, unsafe).items():
            text = texts[path] if path in texts else _read(snapshot, path)
            texts[path], applied_here = apply_fixes(text, findings)
            applied += applied_here
        if not applied or texts in earlier_texts:
            break
        fixed += applied
        earlier_texts.append(dict(texts))
        characters += sum(map(len, texts.values()))
        if characters > _MAX_CHARACTERS:
            break
    return {path: text for path, text in texts.items() if text != _read(snapshot, path)}, fixed


def _checker(snapshot: Snapshot, effective: EffectiveConfig, options: CheckOptions) -> _Check:
    """Return a function that checks a snapshot in which some files have another text."""
    exceptions = read_exceptions(effective, options)

    def check(texts: Mapping[str, str]) -> CheckResult:
        contents = {path: text.encode() for path, text in texts.items()}
        state = with_contents(snapshot, contents)
        return run_rules(
            state,
            effective.config,
            effective.origins,
            exceptions=exceptions,
            config_file=effective.config_file,
            selected=effective.selected,
        )

    return check


def _fixable(snapshot: Snapshot, report: CheckResult, unsafe: bool) -> dict[str, list[Finding]]:
    """Return the findings that can be fixed, by path."""
    fixable = defaultdict(list)
    for finding in report.findings:
        if _is_fixable(finding, unsafe) and _is_regular_file(snapshot, finding.path):
            fixable[finding.path].append(finding)
    return fixable


def _is_fixable(finding: Finding, unsafe: bool) -> bool:
    return finding.fix is not None and (finding.fix.safe or unsafe)


def _is_regular_file(snapshot: Snapshot, path: str) -> bool:
    entries = snapshot.entries(path)
    return all(entry.is_file for entry in entries) if entries else snapshot.files.exists(path)


def _read(snapshot: Snapshot, path: str) -> str:
    """Return the text of a file in a snapshot."""
    (blob,) = snapshot.files.contents([path])
    return ((blob and blob.data) or b"").decode()


def apply_fixes(text: str, findings: Iterable[Finding]) -> tuple[str, list[Finding]]:
    """Return a text with the fixes of its findings, and the findings whose fixes were applied.

    A fix is skipped if it overlaps with an earlier one, or if it would make the file worse: a file
    that no longer parses, that the trainer no longer accepts, or that has another id.
    """
    applied: list[Finding] = []
    open_findings = list(findings)
    while open_findings:
        disjoint, overlapping = _separate(applied, open_findings)
        earlier = len(applied)
        applied = _apply_all(text, _edit(text, applied), applied, disjoint)
        if len(applied) == earlier + len(disjoint):
            break  # the remaining fixes overlap with applied ones
        open_findings = overlapping
    return _edit(text, applied), applied


def _separate(
    applied: Sequence[Finding], findings: Iterable[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Return findings whose fixes overlap neither with each other nor with others, and the rest."""
    places = _Places()
    for finding in applied:
        places.add(finding.fix.edits if finding.fix else ())
    disjoint: list[Finding] = []
    overlapping: list[Finding] = []
    for finding in findings:
        is_free = finding.fix is not None and places.add(finding.fix.edits)
        (disjoint if is_free else overlapping).append(finding)
    return disjoint, overlapping


class _Places:
    """The places of edits that do not overlap."""

    def __init__(self) -> None:
        self._edits: set[Edit] = set()
        self._ranges: list[tuple[int, int]] = []  # sorted

    def add(self, edits: Sequence[Edit]) -> bool:
        """Add edits unless one of them overlaps with an earlier one; return whether none does."""
        if any(edit in self._edits or self._overlaps(edit) for edit in edits):
            return False
        self._edits.update(edits)
        for edit in edits:
            insort(self._ranges, (edit.start, edit.end))
        return True

    def _overlaps(self, edit: Edit) -> bool:
        at = bisect_left(self._ranges, (edit.start, edit.start))
        if at and self._ranges[at - 1][1] > edit.start:
            return True
        following = islice(self._ranges, at, None)
        nearby = takewhile(lambda other: other[0] < edit.end, following)
        return any(other[1] > edit.start for other in nearby)


def _apply_all(
    text: str, fixed: str, applied: list[Finding], findings: list[Finding]
) -> list[Finding]:
    """Return the findings whose fixes were applied before, and those of `findings` that can be.

    `fixed` is the text after the former. Most often all can be, so they are tried at once.
    """
    candidate = _edit(text, [*applied, *findings])
    if not findings or _is_no_worse(findings[0].path, fixed, candidate):
        return [*applied, *findings]
    if len(findings) == 1:
        return applied
    half = len(findings) // 2
    applied = _apply_all(text, fixed, applied, findings[:half])
    return _apply_all(text, _edit(text, applied), applied, findings[half:])


def _edit(text: str, findings: Iterable[Finding]) -> str:
    edits = [edit for finding in findings if finding.fix for edit in finding.fix.edits]
    pieces, end = [], 0
    # the sort is stable, so insertions at one place keep their order
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        pieces += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join([*pieces, text[end:]])


class _FileState(Value):
    """The trainer's view of a document or a `.dlm/training.yaml`.

    syntax_error: the stage, line and column at which parsing fails.
    accepted: False if the trainer refuses the file.
    duplicates: number of keys that are repeated.
    dlm_id: the id, '' if it is missing or invalid.
    """

    syntax_error: tuple[int, int, int] | None = None
    accepted: bool = True
    duplicates: int = 0
    dlm_id: str = ""


def _is_no_worse(path: str, before: str, after: str) -> bool:
    """Return whether the trainer reads a file at least as well as before."""
    old, new = _file_state(path, before), _file_state(path, after)
    if old.syntax_error and new.syntax_error:
        return new.syntax_error > old.syntax_error  # parsing gets further
    if old.syntax_error or new.syntax_error:
        return new.syntax_error is None
    unchanged = new.dlm_id == (old.dlm_id or new.dlm_id) and new.duplicates <= old.duplicates
    return unchanged and new.accepted >= old.accepted


def _file_state(path: str, text: str) -> _FileState:
    if path.endswith(".dlm"):
        document = parse_document(text.encode())
        error = document.parse_error
        return _FileState(
            _place(error.stage, error.span) if error else None,
            document.accepted,
            _count_duplicates(document.tree),
            _valid_id(document.tree),
        )
    if path.endswith(TRAINING_CONFIG):
        settings = parse_training_yaml(text.encode())
        duplicates = _count_duplicates(settings.tree)
        stage = int(settings.tree is not None)
        error_at = _place(stage, settings.span) if settings.span else None
        return _FileState(error_at, settings.config is not None, duplicates)
    return _FileState()


def _place(stage: int, span: Span) -> tuple[int, int, int]:
    return stage, span.line, span.column


def _valid_id(tree: YamlTree | None) -> str:
    dlm_id = tree.nodes.string(("dlm_id",)) if tree else ""
    return dlm_id if ULID.fullmatch(dlm_id) else ""


def _count_duplicates(tree: YamlTree | None) -> int:
    return len(tree.duplicates) if tree else 0


def _plan_changes(
    root: str, snapshot: Snapshot, texts: Mapping[str, str]
) -> tuple[list[FileChange], dict[str, str]]:
    """Return the changes of the working tree, and the reasons why files are not changed."""
    changes, refused = [], {}
    for path, text in texts.items():
        try:
            changes.append(_plan_change(root, path, _read(snapshot, path), text))
        except DlmGitError as error:
            refused[path] = error.message
    return changes, refused


def _plan_change(root: str, path: str, old: str, new: str) -> FileChange:
    """Return the change that makes of the file in the working tree what `new` makes of `old`."""
    data = read_file(root, path)
    if data is None:
        raise DlmGitError(NOT_IN_WORKING_TREE)
    try:
        before = data.decode()
    except UnicodeDecodeError as error:
        raise DlmGitError("it is not UTF-8 in the working tree") from error
    after = merge_changes(old, new, before)
    if after is None:
        raise DlmGitError("the working tree has other changes in the lines to fix")
    return FileChange(path, before, after)
