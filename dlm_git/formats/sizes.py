"""Numbers and sizes of files as text, and files by directory."""

from __future__ import annotations

from collections.abc import Sequence

TOP_LEVEL = "(top level)"
_Files = Sequence[tuple[str, int]]  # paths and sizes


def count_text(count: int) -> str:
    """Return a number of files as text."""
    return f"{count:,} file{'' if count == 1 else 's'}"


def bytes_text(size: int) -> str:
    """Return a number of bytes as text, in units of 1000."""
    if size < 1000:
        return f"{size} B"
    power = 1 if size < 999_500 else 2 if size < 999_500_000 else 3
    scaled = size / 1000**power
    return f"{scaled:.{1 if scaled < 99.95 else 0}f} {'kMG'[power - 1]}B"


def change_text(change: int) -> str:
    """Return a change of a number of bytes as text, with its sign."""
    return f"{'-' if change < 0 else '+'}{bytes_text(abs(change))}"


def by_directory(files: _Files, rows: int) -> dict[str, list[tuple[str, int]]]:
    """Return files by directory; the largest directories are split while all fit in some rows.

    Each name of a directory ends with a slash. `DIRECTORY/*` has the files directly in it.
    """
    groups = _split("", files)
    while True:
        totals = {name: sum(size for _, size in group) for name, group in groups.items()}
        for name in sorted(groups, key=lambda name: -totals[name]):
            parts = _split(name, groups[name])
            if len(parts) > 1 and len(groups) + len(parts) - 1 <= rows:
                del groups[name]
                groups |= parts
                break
        else:
            return groups


def _split(directory: str, files: _Files) -> dict[str, list[tuple[str, int]]]:
    """Return the files of a directory by subdirectory; `directory/*` has those directly in it."""
    if directory and not directory.endswith("/"):
        return {}
    top_level = f"{directory}*" if directory else TOP_LEVEL
    groups: dict[str, list[tuple[str, int]]] = {}
    for path, size in files:
        head, slash, _ = path[len(directory) :].partition("/")
        groups.setdefault(f"{directory}{head}/" if slash else top_level, []).append((path, size))
    return groups
