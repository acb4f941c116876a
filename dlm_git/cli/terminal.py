"""The streams of this process: everything is printed through this module.

Whatever a command prints is escaped here. `print_verbatim` is for text whose parts are escaped
already and that needs what would be escaped: styles, workflow commands, tabs of a patch.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing `typing` would slow a cached check
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

# terminals that support links, by TERM_PROGRAM or TERM, and variables that only such terminals set
_LINKING = ("iTerm.app", "WezTerm", "vscode", "Hyper", "ghostty", "xterm-kitty", "foot")
_LINKERS = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
_PAGE_WIDTH = 100


class BrokenOutputError(Exception):
    """A failed write to a stream: the disk is full, or the reader has closed the pipe."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def print_out(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print lines of text, with everything escaped that terminals or log readers execute."""
    from dlm_git.formats.escape import escape_lines  # late: a cached result is escaped

    print_verbatim(escape_lines(text), stream, end)


def print_verbatim(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print text that is harmless, with characters that the stream's encoding lacks as escapes."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    try:
        stream.write((text + end).encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        raise BrokenOutputError(error) from error


def print_err(text: str) -> None:
    """Print text to standard error, if it is open."""
    if sys.stderr is not None:
        print_out(text, sys.stderr)


def print_lines(lines: Iterable[str], stream: TextIO | None = None) -> None:
    """Print lines of prose, escaped, and wrapped at words if the stream is a terminal."""
    from dlm_git.formats.escape import escape

    stream = stream or sys.stdout
    columns = width(stream)
    parts = (part for line in lines for part in _wrap(escape(line), columns))
    print_out("".join(f"{part}\n" for part in parts), stream, "")


def print_page(title: str, text: str) -> None:
    """Print a title and a text in Markdown, formatted if standard output is a terminal."""
    columns = width(sys.stdout)
    if not columns:
        print_out(f"# {title}\n\n{text}")
        return
    from dlm_git.cli.page import render  # late: most commands print no page

    styled = use_color(os.environ, sys.stdout)
    heading = f"\033[1;4m{title}\033[0m" if styled else f"# {title}"
    page = render(text, min(columns, _PAGE_WIDTH), styled=styled)
    print_verbatim(f"{heading}\n\n{page}", end="")


def print_error(message: str, hint: str = "") -> None:
    """Print an error and a hint to standard error, if it is open."""
    if sys.stderr is not None:
        print_lines([message, *([f"  help: {hint}"] if hint else [])], sys.stderr)


def read_stdin(*, typed: bool = False) -> bytes:
    """Return standard input, b'' if it is closed, or a terminal unless the user may type it."""
    if sys.stdin is None or (sys.stdin.isatty() and not typed):
        return b""
    from dlm_git.inputs import read_stream  # late: a cached check reads no input

    return read_stream(sys.stdin.buffer, "standard input")


def write_bytes(pieces: Iterable[bytes]) -> None:
    """Print bytes as they are, for programs."""
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise BrokenOutputError(error) from error


def handle_broken_output(error: BrokenOutputError) -> None:
    """Report that standard output cannot be written, unless its reader has closed the pipe."""
    # without this, Python fails once more when it closes the stream
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if not isinstance(error.reason, BrokenPipeError):
        from contextlib import suppress  # late: a cached check does without

        with suppress(BrokenOutputError):
            print_err(f"dlm-git: cannot write the report: {error.reason.strerror}")


def use_color(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Return whether to color what is printed (no-color.org, force-color.org)."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


def use_links(environ: Mapping[str, str], stream: TextIO) -> bool:
    """Return whether the stream is a terminal that supports links (OSC 8)."""
    if environ.get("FORCE_HYPERLINK"):
        return environ["FORCE_HYPERLINK"] != "0"
    if not use_color(environ, stream) or not stream.isatty():
        return False
    if environ.get("VTE_VERSION", "").isdigit():
        return int(environ["VTE_VERSION"]) >= 5000
    known = environ.get("TERM_PROGRAM") in _LINKING or environ.get("TERM") in _LINKING
    return known or any(environ.get(key) for key in _LINKERS)


def bar_character(stream: TextIO) -> str:
    """Return the character to draw bars with, in the encoding of a stream."""
    try:
        "█".encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return "#"
    return "█"


def env_width() -> int:
    """Return the columns that the environment names, 0 for none."""
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() else 0


def width(stream: TextIO) -> int:
    """Return the columns of a terminal, 0 for any other stream."""
    if not stream.isatty():
        return 0
    if columns := env_width():
        return columns
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def _wrap(line: str, columns: int) -> Iterable[str]:
    if len(line) <= columns or not columns:
        return [line]
    from dlm_git.formats.text import wrap

    text = line.lstrip(" ")
    first, _, rest = text.partition(" ")
    if first == "next:":  # a command, to be pasted
        return [line]
    gap = len(rest) - len(rest.lstrip(" "))
    column = len(line) - len(rest) + gap  # where the second word begins
    aligned = (gap or first == "help:") and column <= columns // 2
    indent = column if aligned else len(line) - len(text) + 2
    return wrap(line[: column - 1], column - 1, line[column:], columns, " " * indent)
