"""A progress line on standard error, for commands that take longer than a second."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TextIO, TypeVar

from dlm_git.cli.terminal import bar_character, print_verbatim, width

_T = TypeVar("_T")
_DELAY = 1.0  # seconds, before the line appears
_INTERVAL = 0.1  # seconds, between two updates
_BAR = 24  # columns
_CLEAR = "\r\033[K"


def with_progress(items: Iterable[_T], title: str, count: Callable[[], int]) -> Iterator[_T]:
    """Yield the items; on a terminal, show a progress line if they take longer than a second.

    count: returns the number of items.
    """
    stream = sys.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield from items
        return
    total, due = 0, monotonic() + _DELAY
    try:
        for done, item in enumerate(items, start=1):
            if monotonic() >= due:
                total = total or count()
                print_verbatim(f"{_CLEAR}{_line(title, done, total, stream)}", stream, end="")
                due = monotonic() + _INTERVAL
            yield item
    finally:
        if total:
            print_verbatim(_CLEAR, stream, end="")


def _line(title: str, done: int, total: int, stream: TextIO) -> str:
    """Return the line, without a bar or cut if the terminal is narrow."""
    full = bar_character(stream)
    filled = min(_BAR, _BAR * done // max(total, 1))
    bar = full * filled + ("." if full == "#" else "░") * (_BAR - filled)
    number = f"{done:,} of {total:,}"
    columns = width(stream) - 1  # a terminal may wrap a line that fills it
    line = f"{title}  {bar}  {number}"
    return line if len(line) <= columns else f"{title}  {number}"[:columns]
