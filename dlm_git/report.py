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
    hint: str
    span: Span | None = None
    quote: str = ""
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class SuppressedRule:
    """A rule that the config switches off, why, and how many findings it would have made."""

    rule: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was judged, and what was found.

    `judged` names the state ('the index', 'revision 1a2b3c4'), `revision` is its commit's object
    id, None for the index; `documents` are the paths of the documents that were read, `ids` the
    ids of those that have one. `name` tells the repository or the ref where several are judged, ''
    where there is one.
    """

    label: str
    revision: str | None
    documents: tuple[str, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[SuppressedRule, ...] = ()
    name: str = ""
    ids: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A repository or ref of several that could not be judged, and why."""

    name: str
    message: str
    hint: str = ""


CheckOutcome = CheckResult | CheckFailure
