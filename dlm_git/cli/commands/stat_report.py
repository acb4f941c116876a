"""The output of `dlm-git files --stat`: the size of a training set, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import basename, splitext
from typing import Any

from dlm_git.formats.escape import escape, escape_path, replace_surrogates
from dlm_git.formats.json import path_fields
from dlm_git.formats.sizes import by_directory, bytes_text, count_text
from dlm_git.training.summary import BYTES_PER_TOKEN, IdenticalFiles, Summary
from dlm_git.values import Value

_ROWS = 8
_GROUPS = 3  # of identical files
_BAR = 24
_METHOD = f"{BYTES_PER_TOKEN} bytes per token"
_Files = Sequence[tuple[str, int]]


class _Row(Value):
    """The files of a directory or type.

    share: their part of all bytes, in percent.
    """

    name: str
    count: int
    size: int
    share: float


def text(summary: Summary, label: str, *, bar: str = "█") -> str:
    """Return the size of a training set, by directory and by file type.

    label: the state of the training set.
    bar: the character to draw bars with.
    """
    total = f"{count_text(len(summary.files))}, {bytes_text(summary.size)}"
    lines = [f"training set of {escape(label)}: {total}"]
    if summary.files:
        lines.append(f"about {_tokens_text(summary.tokens)} (estimate: {_METHOD})")
        lines += ["", "by directory", *_bars(_directories(summary), summary.size, bar)]
        lines += ["", "by file type", *_bars(_types(summary), summary.size, bar)]
    lines += _identical(summary)
    if summary.excluded:
        counts = ", ".join(f"{count} {reason}" for reason, count in summary.excluded.most_common())
        lines += ["", f"excluded: {counts}"]
    return "".join(f"{line}\n" for line in lines)


def as_json(summary: Summary) -> dict[str, Any]:
    """Return the same numbers for programs, of all directories, types and identical files."""
    return {
        "files": len(summary.files),
        "bytes": summary.size,
        "tokens": {"estimate": summary.tokens, "method": _METHOD},
        "directories": [_row_json(row) for row in _rows(_directories(summary), summary.size)],
        "types": [_row_json(row) for row in _rows(_types(summary), summary.size)],
        "repeated_bytes": summary.repeated,
        "identical": [
            {"bytes": group.size, "files": [path_fields(path) for path in group.paths]}
            for group in summary.identical
        ],
        "excluded": dict(summary.excluded.most_common()),
    }


def _row_json(row: _Row) -> dict[str, Any]:
    return {
        "name": replace_surrogates(row.name),
        "files": row.count,
        "bytes": row.size,
        "percent": round(row.share, 1),
    }


def _directories(summary: Summary) -> dict[str, _Files]:
    return {**by_directory(summary.files, _ROWS)}


def _types(summary: Summary) -> dict[str, _Files]:
    groups: dict[str, list[tuple[str, int]]] = {}
    for path, size in summary.files:
        name = basename(path)
        groups.setdefault(splitext(name)[1] or name, []).append((path, size))
    return {**groups}


def _rows(groups: dict[str, _Files], total: int) -> list[_Row]:
    """Return a row for each group, the largest first."""
    rows = []
    for name, files in groups.items():
        size = sum(size for _, size in files)
        rows.append(_Row(name, len(files), size, 100 * size / total if total else 0.0))
    return sorted(rows, key=lambda row: (-row.size, row.name))


def _bars(groups: dict[str, _Files], total: int, character: str) -> Iterator[str]:
    rows = _rows(groups, total)
    shown, rest = rows[:_ROWS], rows[_ROWS:]
    names = [escape_path(row.name) for row in shown]
    if rest:
        count, size, share = (
            sum(getattr(row, field) for row in rest) for field in ("count", "size", "share")
        )
        shown.append(_Row("", count, size, share))
        names.append(f"({len(rest)} others)")
    width = max(map(len, names))
    for name, row in zip(names, shown, strict=True):
        bar = character * max(1, round(_BAR * row.share / 100)) if row.size else ""
        numbers = f"{count_text(row.count):>12}  {bytes_text(row.size):>8}  {_percent(row):>4}"
        yield f"  {name:{width}}  {numbers}  {bar}".rstrip()


def _percent(row: _Row) -> str:
    return "<1%" if 0 < row.share < 0.5 else f"{row.share:.0f}%"


def _identical(summary: Summary) -> Iterator[str]:
    """Yield a line on all identical files, and one for each of the groups that repeat most."""
    groups = summary.identical
    if not groups:
        return
    count = count_text(sum(len(group.paths) for group in groups))
    repeated = bytes_text(summary.repeated)
    yield ""
    yield f"identical: {count} in {_plural(len(groups), 'group')} repeat {repeated}"
    for group in groups[:_GROUPS]:
        yield f"  {len(group.paths)} x {bytes_text(group.size)}: {_names(group)}"
    if len(groups) > _GROUPS:
        yield f"  and {_plural(len(groups) - _GROUPS, 'more group')}"


def _names(group: IdenticalFiles) -> str:
    first, *others = dict.fromkeys(group.paths)
    if not others:
        return f"{escape_path(first)}, in {len(group.paths)} sources"
    more = f" and {len(others) - 1} more" if others[1:] else ""
    return f"{escape_path(first)}, {escape_path(others[0])}{more}"


def _tokens_text(count: int) -> str:
    """Return a number of tokens with two digits: it is an estimate."""
    rounded = int(float(f"{count:.2g}"))
    for power, unit in ((2, " M"), (1, " k")):
        if rounded >= 1000**power:
            scaled = rounded / 1000**power
            return f"{scaled:.{1 if scaled < 9.95 else 0}f}{unit} tokens"
    return _plural(rounded, "token")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
