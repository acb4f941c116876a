"""The progress line, as a terminal gets it."""

from __future__ import annotations

import io
import sys
from itertools import count

import pytest

from dlm_git.cli import progress
from dlm_git.cli.progress import with_progress


class Terminal(io.TextIOWrapper):
    """A terminal that records what is written to it."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding, newline="")

    def isatty(self) -> bool:
        return True

    def shown(self) -> str:
        self.flush()
        data = self.buffer.getvalue()  # type: ignore[attr-defined]
        return str(data.decode(self.encoding))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by 0.3 seconds with each look."""
    ticks = count()
    monkeypatch.setattr(progress, "monotonic", lambda: next(ticks) * 0.3)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")


def run(monkeypatch: pytest.MonkeyPatch, terminal: Terminal, number: int = 8) -> list[str]:
    """Return what is on the line after each write."""
    monkeypatch.setattr(sys, "stderr", terminal)
    assert [*with_progress(range(number), "reading files", lambda: number)] == [*range(number)]
    first, *lines = terminal.shown().split("\r\033[K")
    assert first == ""
    return lines


@pytest.mark.usefixtures("clock")
def test_the_line_appears_after_a_second_and_is_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = run(monkeypatch, Terminal())
    assert lines[0] == f"reading files  {'█' * 12}{'░' * 12}  4 of 8"
    assert lines[-2:] == [f"reading files  {'█' * 24}  8 of 8", ""]


@pytest.mark.usefixtures("clock")
def test_an_encoding_without_blocks_gets_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        run(monkeypatch, Terminal("latin-1"))[0] == f"reading files  {'#' * 12}{'.' * 12}  4 of 8"
    )


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("columns", "line"),
    [("48", f"reading files  {'█' * 12}{'░' * 12}  4 of 8"), ("47", "reading files  4 of 8")],
)
def test_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, line: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(monkeypatch, Terminal())[0] == line


@pytest.mark.usefixtures("clock")
def test_a_very_narrow_terminal_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    assert run(monkeypatch, Terminal())[0] == "reading f"


@pytest.mark.usefixtures("clock")
def test_the_line_is_cleared_when_the_reader_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    items = with_progress(range(8), "x", lambda: 8)
    assert [next(items) for _ in range(5)]
    items.close()  # type: ignore[attr-defined]
    assert terminal.shown().endswith("\r\033[K")


def test_a_fast_command_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert len([*with_progress(range(100), "x", lambda: 100)]) == 100
    assert terminal.shown() == ""


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("stream", [None, io.StringIO(), Terminal()], ids=["none", "file", "dumb"])
def test_no_line_elsewhere(monkeypatch: pytest.MonkeyPatch, stream: io.TextIOBase | None) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys, "stderr", stream)
    assert [*with_progress(range(8), "x", lambda: 8)] == [*range(8)]
    assert stream is None or stream.tell() == 0
