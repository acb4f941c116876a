"""A training set: as a list, as JSON, by reason, summed up, and why each file is in it or not."""

from __future__ import annotations

import json as _json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from posixpath import basename, splitext

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.json import VERSION, path_fields
from dlm_git.operations.files import TrainingSet
from dlm_git.paths import group_by_directory
from dlm_git.training.selection import Decision, Reason
from dlm_git.training.training_set import TrainingFile

_REASONS: dict[Reason, str] = {
    "taken": "the model reads it",
    "not-included": "no include pattern matches",
    "excluded": "an exclude pattern matches",
    "default": "dlm leaves it out unless told otherwise",
    "ignored": "a line of .dlm/ignore matches",
    "over-size": "larger than max_bytes_per_file",
    "image": "dlm takes no images from directories",
    "audio": "dlm takes no sound from directories",
    "binary": "a NUL byte in the first 1024",
    "encoding": "not UTF-8",
    "unreadable": "cannot be read",
    "capped": "after max_files",
    "too-large": "over 100 MiB: dlm-git does not look into it, dlm does",
    "outside": "a link to what is not in the repository: dlm reads what lies there",
    "submodule": "a submodule, empty in a plain clone: where it is checked out, dlm reads it",
}
_ROWS = 8
_BAR = 24


def line(member: TrainingFile) -> str:
    """A file on one line."""
    return escape_path(member.path)


def why(found: TrainingSet, verdicts: Sequence[tuple[TrainingFile, Decision]]) -> str:
    """Each file, whether it is taken, and the line that decides: 'FILE:LINE: PATTERN'."""
    lines = []
    for member, decision in verdicts:
        taken = "taken   " if member.reason == "taken" else "left out"
        lines.append(f"{taken}  {escape_path(member.path)}{_mark(found, member)}")
        lines.append(f"  {_because(member, decision)}")
    return "".join(f"{line}\n" for line in lines)


def why_json(found: TrainingSet, verdicts: Sequence[tuple[TrainingFile, Decision]]) -> str:
    """The same for programs."""
    files = [
        {
            **_file(found, member),
            "reason": member.reason,
            "decided_by": {
                **(path_fields(decision.file) if decision.file else {"path": None}),
                "line": decision.line or None,
                "pattern": escape(decision.pattern),
            },
        }
        for member, decision in verdicts
    ]
    return _json.dumps({**_head(found), "files": files}, indent=2) + "\n"


def json(found: TrainingSet, members: Iterable[TrainingFile]) -> Iterator[str]:
    """The members as a JSON object, in ASCII, piece by piece."""
    yield _json.dumps({**_head(found), "files": []}, indent=2).removesuffix("]\n}")
    comma = ""
    for member in members:
        reason = {} if member.reason == "taken" else {"reason": member.reason}
        yield f"{comma}\n    {_json.dumps({**_file(found, member), **reason})}"
        comma = ","
    yield "\n  ]\n}\n"


def skipped(found: TrainingSet, members: Iterable[TrainingFile]) -> str:
    """What is left out, by reason."""
    groups: dict[Reason, list[TrainingFile]] = {}
    for member in members:
        groups.setdefault(member.reason, []).append(member)
    taken = groups.pop("taken", [])
    lines = []
    everything = {member.path: member.reason for group in groups.values() for member in group}
    everything |= dict.fromkeys((member.path for member in taken), "taken")
    for reason, group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        lines.append(f"{reason} ({len(group)}): {_REASONS[reason]}")
        others = (path for path, other in everything.items() if other != reason)
        marks = {member.path: _mark(found, member) for member in group}
        for path, paths in group_by_directory(list(marks), others).items():
            lines.append(_gathered(path, [marks[each] for each in paths]))
    left = sum(map(len, groups.values()))
    lines.append(
        f"{_count(left)} left out, {_count(len(taken))} taken, in {escape(found.snapshot.label)}"
    )
    return "".join(f"{line}\n" for line in lines)


def _gathered(path: str, marks: Sequence[str]) -> str:
    """A path that is left out, or a directory with how many files."""
    mark = marks[0] if len(set(marks)) == 1 else ""
    count = f"  {_count(len(marks))}" if path.endswith("/") else ""
    return f"  {escape_path(path)}{count}{mark}"


def stat(found: TrainingSet, members: Iterable[TrainingFile], *, bar: str = "█") -> str:
    """How much the model reads, by directory and by kind of file."""
    taken: list[tuple[str, int]] = []
    left: Counter[Reason] = Counter()
    for member in members:
        if member.reason == "taken":
            taken.append((member.path, member.size))
        else:
            left[member.reason] += 1
    total = sum(size for _, size in taken)
    read = f"{_count(len(taken))}, {_bytes(total)}"
    lines = [f"{read}: what the model reads of {escape(found.snapshot.label)}"]
    if taken:
        lines += ["", "by directory", *_bars(_by_directory(taken), total, bar)]
        lines += ["", "by kind", *_bars(_by_kind(taken), total, bar)]
    if left:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left.most_common())
        lines += ["", f"left out: {reasons}"]
    return "".join(f"{line}\n" for line in lines)


def _because(member: TrainingFile, decision: Decision) -> str:
    said = _REASONS[member.reason]
    if member.reason not in ("taken", "not-included", "excluded", "ignored", "default"):
        return said
    if decision.file:
        place = f"{escape_path(decision.file)}:{decision.line}"
        return f"{place}: {escape(decision.pattern) or '(nothing)'}  ({said})"
    return f"dlm's defaults: {escape(decision.pattern)}  ({said})"


def _mark(found: TrainingSet, member: TrainingFile) -> str:
    standing = found.status(member.path)
    marks: list[str] = [] if standing == "tracked" else [standing]
    if member.is_pointer:
        marks.append("a Git LFS pointer, not the content")
    return f"  ({', '.join(marks)})" if marks else ""


def _head(found: TrainingSet) -> dict[str, object]:
    checked = {"label": found.snapshot.label, "revision": found.snapshot.revision}
    return {"version": VERSION, "checked": checked, "document": path_fields(found.path)}


def _file(found: TrainingSet, member: TrainingFile) -> dict[str, object]:
    source = found.source(member)
    shown: dict[str, object] = {**path_fields(member.path), "source": source.path}
    if member.reason == "taken":
        tags = {escape(key): escape(value) for key, value in member.tags.items()}
        shown |= {"bytes": member.size, "tags": tags, "section_id": member.section_id or None}
    if found.snapshot.files.on_disk:
        shown["standing"] = found.status(member.path)
    return shown


def _by_directory(taken: Sequence[tuple[str, int]]) -> dict[str, list[int]]:
    """The sizes by directory: the largest directories are opened as long as they fit a screen."""
    groups = _opened("", taken)
    while True:
        sizes = {folder: sum(size for _, size in files) for folder, files in groups.items()}
        for folder in sorted(groups, key=lambda folder: -sizes[folder]):
            inner = _opened(folder, groups[folder])
            if len(inner) > 1 and len(groups) + len(inner) - 1 <= _ROWS:
                del groups[folder]
                groups |= inner
                break
        else:
            return {
                folder or "(top level)": [size for _, size in files]
                for folder, files in groups.items()
            }


def _opened(folder: str, files: Sequence[tuple[str, int]]) -> dict[str, list[tuple[str, int]]]:
    """The files of a directory by what is directly below it; its own files stay under its name."""
    if not folder.endswith("/") and folder:
        return {}
    inner: dict[str, list[tuple[str, int]]] = {}
    for path, size in files:
        head, slash, _ = path[len(folder) :].partition("/")
        name = f"{folder}{head}/" if slash else f"{folder}*" if folder else "(top level)"
        inner.setdefault(name, []).append((path, size))
    return inner


def _by_kind(taken: Sequence[tuple[str, int]]) -> dict[str, list[int]]:
    kinds: dict[str, list[int]] = {}
    for path, size in taken:
        name = basename(path)
        kinds.setdefault(splitext(name)[1] or name, []).append(size)
    return kinds


def _bars(groups: dict[str, list[int]], total: int, mark: str) -> Iterator[str]:
    ordered = sorted(groups.items(), key=lambda pair: (-sum(pair[1]), pair[0]))
    rows = [(escape_path(name), len(sizes), sum(sizes)) for name, sizes in ordered[:_ROWS]]
    rest = [size for _, sizes in ordered[_ROWS:] for size in sizes]
    if rest:
        rows.append((f"({len(ordered) - _ROWS} others)", len(rest), sum(rest)))
    width = max(len(name) for name, _, _ in rows)
    for name, count, size in rows:
        bar = mark * max(1, round(_BAR * size / total)) if total and size else ""
        yield f"  {name:{width}}  {_count(count):>12}  {_bytes(size):>8}  {bar}".rstrip()


def _count(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    power = 1 if size < 999_500 else 2 if size < 999_500_000 else 3
    scaled = size / 1000**power
    return f"{scaled:.{1 if scaled < 99.95 else 0}f} {'kMG'[power - 1]}B"
