"""The output of `dlm-git files`: list, JSON, excluded files by reason, explanations."""

from __future__ import annotations

import json as _json
from collections.abc import Iterable, Iterator, Sequence

from dlm_git.cli.commands import stat_report
from dlm_git.formats.escape import escape, escape_json, escape_path
from dlm_git.formats.json import VERSION, path_fields
from dlm_git.formats.sizes import count_text
from dlm_git.operations.files import TrainingSet
from dlm_git.paths import group_by_directory
from dlm_git.training.reasons import REASONS, Reason
from dlm_git.training.selection import Decision
from dlm_git.training.summary import Summary
from dlm_git.training.training_set import TrainingFile

_PATTERNS = ("included", "not-included", "excluded", "ignored", "default-exclude")


def line(file: TrainingFile) -> str:
    """Return a file as one line."""
    return escape_path(file.path)


def why(
    training_set: TrainingSet, decisions: Sequence[tuple[TrainingFile, Decision]]
) -> Iterator[str]:
    """Yield for each file whether it is included, and the line that decides."""
    for file, decision in decisions:
        verb = "included" if file.is_included else "excluded"
        yield f"{verb}  {escape_path(file.path)}{_marks(training_set, file)}"
        yield f"  {_explanation(file, decision)}"


def why_json(training_set: TrainingSet, decisions: Sequence[tuple[TrainingFile, Decision]]) -> str:
    """Return files and the lines that decide, as JSON."""
    files = [
        {
            **_file(training_set, file),
            "reason": file.reason,
            "decided_by": {
                **(path_fields(decision.file) if decision.file else {"path": None}),
                "line": decision.line or None,
                "pattern": escape(decision.pattern),
            },
        }
        for file, decision in decisions
    ]
    report = {**_header(training_set), "files": files, "notes": _notes(training_set)}
    return escape_json(_json.dumps(report, indent=2)) + "\n"


def json(training_set: TrainingSet, files: Iterable[TrainingFile]) -> Iterator[str]:
    """Yield the pieces of a JSON object, in ASCII."""
    header = _json.dumps({**_header(training_set), "files": []}, indent=2)
    yield escape_json(header).removesuffix("]\n}")
    comma = ""
    for file in files:
        reason = {} if file.is_included else {"reason": file.reason}
        yield f"{comma}\n    {escape_json(_json.dumps({**_file(training_set, file), **reason}))}"
        comma = ","
    yield f'\n  ],\n  "notes": {_json.dumps(_notes(training_set))}\n}}\n'


def excluded(training_set: TrainingSet, files: Iterable[TrainingFile]) -> Iterator[str]:
    """Yield the excluded files by reason, and the number of files."""
    by_reason: dict[Reason, list[TrainingFile]] = {}
    for file in files:
        by_reason.setdefault(file.reason, []).append(file)
    reasons = {file.path: reason for reason, group in by_reason.items() for file in group}
    included = len(by_reason.pop("included", []))
    for reason, group in sorted(by_reason.items(), key=lambda pair: -len(pair[1])):
        yield f"{reason} ({len(group)}): {REASONS[reason]}"
        marks = {file.path: _marks(training_set, file) for file in group}
        others = (path for path, other in reasons.items() if other != reason)
        roots = (source.root.path for source in training_set.sources)
        for path, paths in group_by_directory(list(marks), others, roots).items():
            yield _row(path, [marks[name] for name in paths])
    total = sum(map(len, by_reason.values()))
    label = escape(training_set.snapshot.label)
    yield f"{count_text(total)} excluded, {count_text(included)} included, in {label}"


def _row(path: str, marks: Sequence[str]) -> str:
    """Return a line for a file, or for a directory and the number of its files."""
    mark = marks[0] if len(set(marks)) == 1 else ""
    count = f"  {count_text(len(marks))}" if path.endswith("/") else ""
    return f"  {escape_path(path)}{count}{mark}"


def stat_json(training_set: TrainingSet, summary: Summary) -> str:
    """Return a summary as JSON, in ASCII."""
    report = {
        **_header(training_set),
        "stat": stat_report.as_json(summary),
        "notes": _notes(training_set),
    }
    return escape_json(_json.dumps(report, indent=2)) + "\n"


def _explanation(file: TrainingFile, decision: Decision) -> str:
    reason = REASONS.get(file.reason, "")
    if file.reason not in _PATTERNS:
        return reason
    note = f"  ({reason})" if reason else ""
    if not decision.file:
        return f"dlm's defaults: {escape(decision.pattern)}"
    pattern = escape(decision.pattern) or "(no pattern)"
    return f"{escape_path(decision.file)}:{decision.line}: {pattern}{note}"


def _marks(training_set: TrainingSet, file: TrainingFile) -> str:
    status = training_set.status(file.path)
    marks: list[str] = [] if status == "tracked" else [status]
    if file.is_pointer:
        marks.append("a Git LFS pointer, not the content")
    elif not_applied := training_set.not_applied(file):
        marks.append(f"{escape(not_applied)} not applied")
    return f"  ({', '.join(marks)})" if marks else ""


def _header(training_set: TrainingSet) -> dict[str, object]:
    snapshot = training_set.snapshot
    content = "checkout" if training_set.checkout else "disk"
    checked = {"label": snapshot.label, "revision": snapshot.revision, "content": content}
    return {"version": VERSION, "checked": checked, "document": path_fields(training_set.path)}


def _notes(training_set: TrainingSet) -> list[dict[str, str]]:
    return [{"message": escape(note.message), "hint": note.hint} for note in training_set.notes()]


def _file(training_set: TrainingSet, file: TrainingFile) -> dict[str, object]:
    source = training_set.source(file)
    fields: dict[str, object] = {**path_fields(file.path), "source": source.path}
    if file.is_included:
        tags = {escape(key): escape(value) for key, value in file.tags.items()}
        fields |= {"bytes": file.size, "tags": tags, "section_id": file.section_id or None}
    if training_set.snapshot.files.on_disk:
        fields["status"] = training_set.status(file.path)
    if not_applied := training_set.not_applied(file):
        fields["not_applied"] = escape(not_applied)
    return fields
