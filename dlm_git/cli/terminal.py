"""The streams of this process: all that is printed goes through here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from time import monotonic

TYPE_CHECKING = False  # `typing` is left out of what a remembered verdict imports
if TYPE_CHECKING:
    from typing import TextIO, TypeVar

    _T = TypeVar("_T")

# terminals that show links, by TERM_PROGRAM or TERM, and variables that only such a one sets
_LINKING = ("iTerm.app", "WezTerm", "vscode", "Hyper", "ghostty", "xterm-kitty", "foot")
_LINKERS = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM")


class BrokenOutputError(Exception):
    """A stream does not take what is to be told: the disk is full, or nobody reads any more."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def print_out(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print what the stream's encoding can hold, and the rest spelled out."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    try:
        stream.write((text + end).encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        raise BrokenOutputError(error) from error


def print_err(text: str) -> None:
    """Print to standard error, if there is one."""
    if sys.stderr is not None:
        print_out(text, sys.stderr)


def read_stdin() -> bytes:
    """What another program writes to standard input, nothing if that is closed or a person's."""
    if sys.stdin is None or sys.stdin.isatty():
        return b""
    return sys.stdin.buffer.read()


def write_bytes(pieces: Iterable[bytes]) -> None:
    """Print bytes as they are."""
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise BrokenOutputError(error) from error


def handle_broken_output(error: BrokenOutputError) -> None:
    """Say that standard output takes nothing more, unless it is that nobody reads it."""
    # so that Python does not try again, and complain, as it closes the stream
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if not isinstance(error.reason, BrokenPipeError):
        with suppress(BrokenOutputError):
            print_err(f"dlm-git: cannot write the report: {error.reason.strerror}")


def use_color(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Whether to colour (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def links(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Whether the terminal takes links (OSC 8): those that do say who they are."""
    if environ.get("FORCE_HYPERLINK"):
        return environ["FORCE_HYPERLINK"] != "0"
    if not use_color(environ, stream) or not stream.isatty():
        return False
    if environ.get("VTE_VERSION", "").isdigit():
        return int(environ["VTE_VERSION"]) >= 5000
    known = environ.get("TERM_PROGRAM") in _LINKING or environ.get("TERM") in _LINKING
    return known or any(environ.get(key) for key in _LINKERS)


def bar(stream: TextIO) -> str:
    """What bars are made of, in the encoding of a stream."""
    try:
        "█".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return "█"


def width(stream: TextIO) -> int:
    """Return the columns of a terminal, 0 for any other stream."""
    from shutil import get_terminal_size

    return get_terminal_size().columns if stream.isatty() else 0


def with_progress(items: Iterable[_T], title: str, count: Callable[[], int]) -> Iterator[_T]:
    """The items, with a bar on standard error if it takes longer than a second and a person
    watches."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield from items
        return
    began, shown = monotonic(), None
    try:
        for done, item in enumerate(items, start=1):
            if shown is None and monotonic() - began > 1:
                from rich.console import Console
                from rich.progress import Progress

                shown = Progress(
                    console=Console(stderr=True),
                    transient=True,
                    redirect_stdout=False,  # it is a pipe or a file, and its own
                    redirect_stderr=False,
                )
                shown.start()
                shown.add_task(title, total=count())
            if shown:
                shown.update(shown.task_ids[0], completed=done)
            yield item
    finally:
        if shown:
            shown.stop()
