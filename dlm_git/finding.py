"""What a judgement is made of: a place, a finding and its fix, and why there is no judgement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file.

    Lines and columns count from 1, columns in characters. `start` and `end` are offsets in
    characters of the text as it is stored: a byte order mark and carriage returns count.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Text in the place of a stretch of a file, by the offsets of a Span."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """How the file of a finding can be mended: `title` in words, `edits` that do not overlap.

    One that is not `safe` guesses what was meant.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, where it stands, and the way out.

    `path` is relative to the repository's root; bytes that are not UTF-8 are held as surrogate
    escapes. `quote` is the source line at `span`, for people, `fix` a change of that file that
    mends it. Nothing here is escaped: that is the work of the format that shows it.
    """

    rule: str
    path: str
    message: str
    help: str
    span: Span | None = None
    quote: str = ""
    fix: Fix | None = None


class CannotCheck(Exception):  # noqa: N818  (a state of affairs, not a programming error)
    """What keeps the judge from judging: not a repository, a bad revision, a broken config.

    `message` says what, `help` the way out. Commands end with exit code 2.
    """

    def __init__(self, message: str, help: str = "") -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
