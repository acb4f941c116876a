"""The entries of one state as Git lists them, searched without parsing them all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import groupby

from dlm_git.errors import MissingObjectError
from dlm_git.regex import compile_late
from dlm_git.snapshots.entry import Blob, Entry, Limits
from dlm_git.snapshots.files import Matcher
from dlm_git.snapshots.rows import (
    bisect_rows,
    is_utf8,
    parse_row,
    rows_beginning,
    rows_containing,
    rows_containing_in_any_case,
    rows_ending,
    rows_with_mode,
    select_dotfiles,
)
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.rows import Rows

_UNUSUAL = compile_late(rb"\t(?=[.\x80-\xff])([^/\0]++)")
_ROW = compile_late(r"(\d+) (\w+) (\w+)\t([^\0]*)")


class Listing(Value):
    """Entries, and the functions that read their contents.

    `rows` are a NUL and the output of `git ls-files --stage -z` or `git ls-tree -r -t -z`. They are
    searched as bytes: an index can hold a million. `read` returns the contents of entries at once,
    `stream` yields them one after the other. Both raise MissingObjectError.

    `missing` are the hints for the paths whose content rules did without. `is_sorted` is whether
    the rows are so many that it is worth knowing that they are sorted by path.
    """

    rows: Rows
    read: Callable[[Sequence[Entry]], Sequence[Blob]]
    stream: Callable[[Sequence[Entry], Limits], Iterator[Blob]]
    missing: dict[str, str]
    is_sorted: bool = False

    def __iter__(self) -> Iterator[Entry]:
        """Yield all entries, in Git's order."""
        text = str(self.rows, "utf-8", "surrogateescape")
        for mode, second, third, path in _ROW.findall(text):
            if len(third) == 1:  # of the index: mode, object, stage
                yield Entry(path, mode, second, int(third))
            elif second != "tree":
                yield Entry(path, mode, third)

    def read_present(self, entries: Sequence[Entry]) -> dict[Entry, Blob]:
        """Return the contents of the entries whose objects the repository has.

        A partial clone lacks others. `missing` remembers them, for a note.
        """
        try:
            return dict(zip(entries, self.read(entries), strict=True))
        except MissingObjectError as error:
            self.skip(error)
            present = [entry for entry in entries if entry.path not in error.paths]
        return dict(zip(present, self.read(present), strict=True))

    def skip(self, error: MissingObjectError) -> None:
        """Remember contents that a rule does without."""
        self.missing.update(dict.fromkeys(error.paths, error.hint))

    @cached_property
    def is_utf8(self) -> bool:
        """Whether all paths are UTF-8."""
        return is_utf8(self.rows)

    @cached_property
    def dotfile_rows(self) -> bytes:
        """The rows with a name that begins with a dot or contains `.dlm`, trees included.

        So are those of `dlm-git.toml`. Cached: most lookups concern dotfiles.
        """
        return select_dotfiles(self.rows)

    def dotfile_entries(self, literal: bytes) -> Iterator[Entry]:
        """Yield the entries of `containing` that are among the dotfile rows."""
        return (entry for entry in rows_containing(self.dotfile_rows, literal) if not entry.is_tree)

    def containing(self, literal: bytes) -> Iterator[Entry]:
        """Yield the entries whose row, with the NUL at its end, contains these bytes."""
        rows = self.dotfile_rows if literal.startswith(b".dlm") else self.rows
        return (entry for entry in rows_containing(rows, literal) if not entry.is_tree)

    def entries(self, path: str) -> list[Entry]:
        """Return the entries at a path: one, several if it is in conflict, or none."""
        if path not in self._looked_up:
            rows = self._beginning(os.fsencode(path) + b"\0")
            self._looked_up[path] = tuple(entry for entry in rows if entry.path == path)
        return [*self._looked_up[path]]

    @cached_property
    def _looked_up(self) -> dict[str, tuple[Entry, ...]]:
        return {}

    def holds_directory(self, path: str) -> bool:
        """Return whether an entry lies below a path."""
        rows = self._beginning(os.fsencode(path) + b"/")
        return any(entry.path.startswith(f"{path}/") for entry in rows)

    def with_mode(self, mode: str) -> Iterator[Entry]:
        """Yield the entries with a mode."""
        return rows_with_mode(self.rows, mode)

    def unusual_first_components(self) -> list[bytes]:
        """Return the first names of paths that begin with a dot or beyond ASCII, perhaps others."""
        parts = [(self.rows, 0)]
        if self.is_sorted:
            parts = [(self.dotfile_rows, 0), (self.rows, bisect_rows(self.rows, b"\x80"))]
        matches = (match for part in parts for match in _UNUSUAL.finditer(*part))
        return sorted({match[1] for match in matches})

    def matching_prefix(self, pattern: bytes) -> Iterator[Entry]:
        """Yield the entries whose path begins with a match of a regular expression over bytes."""
        for match in re.finditer(rb"\t(?=%b)" % pattern, self.rows):
            start = self.rows.rfind(b"\0", 0, match.start()) + 1
            row = self.rows[start : self.rows.index(b"\0", match.end())]
            if b"\t" not in row[: match.start() - start] and not (entry := parse_row(row)).is_tree:
                yield entry

    def candidates(self, matchers: Sequence[Matcher], *, any_case: bool = False) -> Iterator[Entry]:
        """Yield the entries that one of the matchers matches, and perhaps others.

        One search finds the suffixes of all matchers. Each other matcher costs a search for its
        literal, but those that differ only in slashes and dots at the ends share one.

        any_case: the matchers are in lower case, and the case of ASCII letters does not count.
        """
        suffixes, of_dotfiles, literals = _searched_texts(tuple(matchers))
        yield from rows_ending(self.rows, suffixes, any_case=any_case)
        yield from rows_ending(self.dotfile_rows, of_dotfiles, any_case=any_case)
        if any_case:
            found = rows_containing_in_any_case(self.rows, [*map(os.fsencode, literals)])
            yield from (entry for entry in found if not entry.is_tree)
            return
        for word, group in literals.items():
            yield from self._containing_literals(word, group)

    def _containing_literals(self, word: str, literals: Sequence[str]) -> Iterator[Entry]:
        """Yield the entries that contain one of the literals with the same word."""
        if not word:
            return iter(self)
        is_hidden = all(literal.startswith("/.") for literal in literals)
        rows = self.dotfile_rows if is_hidden else self.rows
        forms = tuple(os.fsencode(_without_start(literal)) for literal in literals)
        return (
            entry
            for entry in rows_containing(rows, os.fsencode(word), forms)
            if not entry.is_tree and any(literal in f"/{entry.path}" for literal in literals)
        )

    def _beginning(self, start: bytes) -> Iterator[Entry]:
        """Yield the entries whose path, with the NUL after it, begins so, and perhaps others."""
        is_dotfile = start.startswith(b".") or b"/." in start
        if self.is_sorted and not is_dotfile:
            return rows_beginning(self.rows, start)
        rows = self.dotfile_rows if is_dotfile else self.rows
        return (entry for entry in rows_containing(rows, b"\t" + start) if not entry.is_tree)


@lru_cache(maxsize=16)
def _searched_texts(
    matchers: tuple[Matcher, ...],
) -> tuple[frozenset[str], frozenset[str], dict[str, list[str]]]:
    """Return suffixes of matchers, those of dotfiles, and the literals of others by their word."""
    suffixes = frozenset(matcher.suffix for matcher in matchers if matcher.suffix)
    of_dotfiles = frozenset(suffix for suffix in suffixes if suffix.startswith("/."))
    literals = {matcher.literal for matcher in matchers if not matcher.suffix}
    possible = (literal for literal in literals if "\0" not in literal)  # as in every path
    groups = groupby(sorted(possible, key=_word), _word)
    return suffixes - of_dotfiles, of_dotfiles, {word: [*group] for word, group in groups}


def _word(literal: str) -> str:
    """Return a literal without slashes and dots at its ends, unless it has nothing else."""
    start = _without_start(literal)
    return start.rstrip("/.") or start


def _without_start(literal: str) -> str:
    return literal.lstrip("/.") or literal.removeprefix("/")
