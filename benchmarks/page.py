"""Write figures into `docs/performance.md`, between markers such as `<!-- hook -->`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import TARGET_HEAD, table

FILE = Path(__file__).parents[1] / "docs" / "performance.md"


def replace_block(page: str, name: str, text: str) -> str:
    """Return a page with other text between the marker of a name and the end; it may have none."""
    return _block(name).sub(lambda match: f"{match[1]}\n{text}\n", page, count=1)


def replace_targets(page: str, rows: Sequence[Sequence[str]]) -> str:
    """Return a page whose table of targets has these rows instead of those of the same targets."""
    block = _block("targets").search(page)
    old = block[2].splitlines() if block else []
    lines = [line for line in old if line.startswith("|")][2:]
    merged = {tuple(row[:2]): row for row in (*map(_cells, lines), *rows)}
    return replace_block(page, "targets", table(TARGET_HEAD, merged.values()))


def _block(name: str) -> re.Pattern[str]:
    pattern = rf"^(<!-- {re.escape(name)} -->\n)(.*?)(?=^<!-- end -->$)"
    return re.compile(pattern, re.MULTILINE | re.DOTALL)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]
