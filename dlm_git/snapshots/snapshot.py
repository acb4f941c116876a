"""One readable state of a repository: what the index or a revision records, or a test's dict."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from dlm_git.snapshots.entry import Blob, Entry, Limits
from dlm_git.snapshots.files import Checkout
from dlm_git.snapshots.rows import parse_row, rows_containing, rows_ending, select_dotfiles

_WILD = ("**", "*", "?")
_ROW = re.compile(r"(\d+) (\w+) (\w+)\t([^\0]*)")


@dataclass(frozen=True, slots=True)
class MissingPathStatus:
    """Where a path is that the state does not record.

    'left-out' is what is staged, but not for the commit being made, which names other paths.
    `pattern` and `source` ('FILE:LINE') tell of an ignored path what ignores it.
    """

    kind: Literal["untracked", "ignored", "deleted", "intent-to-add", "left-out", "absent"] = (
        "absent"
    )
    pattern: str = ""
    source: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A state of a repository, named by `label` ('the index', 'revision 1a2b3c4').

    `rows` are its paths, as `git ls-files --stage -z` or `git ls-tree -r -t -z` prints them, behind
    a NUL: they are searched as they are, for an index can hold a million. `read` gives the contents
    of entries at once, `stream` one after the other, `before` those that paths had in the commit
    before, as far as they differ, and `whereabouts` what is known of a path that is not there.
    `prefix` is where the user stands below the root, '' or with a slash at its end. Of a worktree
    the rows are the tracked paths that are there, and `checkout` is all that lies in it. `root` is
    where the worktree of the repository is, '' if it has none.
    """

    label: str
    rows: bytes
    read: Callable[[Sequence[Entry]], Sequence[Blob]]
    stream: Callable[[Sequence[Entry], Limits], Iterator[Blob]]
    revision: str | None = None
    prefix: str = ""
    parent_contents: Callable[[Sequence[Entry]], Mapping[str, bytes]] = lambda _: {}
    explain_missing: Callable[[str], MissingPathStatus] = lambda _: MissingPathStatus()
    checkout: Checkout | None = None
    root: Callable[[], str] = lambda: ""

    def __iter__(self) -> Iterator[Entry]:
        """All entries, in Git's order."""
        text = self.rows.decode("utf-8", "surrogateescape")
        for mode, second, third, path in _ROW.findall(text):
            if len(third) == 1:  # of the index: mode, object, stage
                yield Entry(path, mode, second, int(third))
            elif second != "tree":
                yield Entry(path, mode, third)

    def containing(self, literal: bytes) -> Iterator[Entry]:
        """The entries whose row, with the NUL at its end, contains these bytes."""
        rows = self.dotfile_rows if literal.startswith(b".dlm") else self.rows
        return (entry for entry in rows_containing(rows, literal) if not entry.is_tree)

    def dotfile_entries(self, literal: bytes) -> Iterator[Entry]:
        """Those of `containing` with a name in their path that begins with a dot.

        They are few, and looked for once: it is among them that most questions are about.
        """
        return (entry for entry in rows_containing(self.dotfile_rows, literal) if not entry.is_tree)

    @cached_property
    def dotfile_rows(self) -> bytes:
        """The rows with a name that begins with a dot, or `.dlm`, the trees of a revision too."""
        return select_dotfiles(self.rows)

    def first_components(self, pattern: bytes) -> list[bytes]:
        """The first names of the paths that begin with a match of a pattern, and perhaps others."""
        found = re.finditer(rb"\t(?=%b)([^/\0]++)" % pattern, self.rows)
        return sorted({match[1] for match in found})

    def matching_prefix(self, pattern: bytes) -> Iterator[Entry]:
        """The entries whose path begins with a match of a regular expression over bytes."""
        for found in re.finditer(rb"\t(?=%b)" % pattern, self.rows):
            start = self.rows.rfind(b"\0", 0, found.start()) + 1
            row = self.rows[start : self.rows.index(b"\0", found.end())]
            if b"\t" not in row[: found.start() - start] and not (entry := parse_row(row)).is_tree:
                yield entry

    def candidate_paths(self, tokens: Sequence[Sequence[str]]) -> Iterator[str]:
        """The files whose path may match one of several lists of tokens, as `globset` makes them.

        Those that end in a literal are found by it, at the speed of one search for the ends of all
        names; of the others the longest literal is looked for.
        """
        ends = {each[-1] for each in tokens if each[-1] not in _WILD}
        inner = {max(each, key=len) for each in tokens if each[-1] in _WILD}
        hidden = {end for end in ends if end.startswith("/.")}
        found = [
            *rows_ending(self.rows, ends - hidden),
            *rows_ending(self.dotfile_rows, hidden),
            *(entry for each in inner for entry in self._holding(each)),
        ]
        yield from (entry.path for entry in found if entry.is_file)

    def _holding(self, literal: str) -> Iterator[Entry]:
        bare = os.fsencode(literal.removeprefix("/"))
        found = self.dotfile_entries(bare) if literal.startswith("/.") else self.containing(bare)
        return (entry for entry in found if literal in f"/{entry.path}")

    def entries(self, path: str) -> list[Entry]:
        """The entries at a path: one, several if it is in conflict, or none."""
        rows = self._among(path)(b"\t" + os.fsencode(path) + b"\0")
        return [entry for entry in rows if entry.path == path]

    def holds_directory(self, path: str) -> bool:
        """Whether something is recorded below a path."""
        rows = self._among(path)(b"\t" + os.fsencode(path) + b"/")
        return any(entry.path.startswith(f"{path}/") for entry in rows)

    def _among(self, path: str) -> Callable[[bytes], Iterator[Entry]]:
        return self.dotfile_entries if path.startswith(".") else self.containing
