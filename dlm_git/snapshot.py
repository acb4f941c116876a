"""One readable state of a repository: what the index or a revision records, or a test's dict."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

_ROW = re.compile(r"(\d+) (\w+) (\w+)\t([^\0]*)")
MAX_BLOB = 100 * 1024 * 1024  # what the large Git hosts take as one file


# of some contents, how many bytes of each are wanted at the most
Limits = Sequence[int | None]


class Entry(NamedTuple):
    """A path that the state records, relative to the root, and what stands there.

    `mode` is Git's ('100644', '120000', ...). A path in conflict has several entries, of the
    stages 1 to 3.
    """

    path: str
    mode: str
    oid: str
    stage: int = 0

    @property
    def is_file(self) -> bool:
        """Whether it is an ordinary file: no symbolic link, no submodule."""
        return self.mode.startswith("100")

    @property
    def is_tree(self) -> bool:
        """Whether it is a directory, which a revision records and the index does not."""
        return self.mode == "040000"


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of an entry; `data` is None where `size` is more than MAX_BLOB."""

    size: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
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
    `prefix` is where the user stands below the root, '' or with a slash at its end.
    """

    label: str
    rows: bytes
    read: Callable[[Sequence[Entry]], Sequence[Blob]]
    stream: Callable[[Sequence[Entry], Limits], Iterator[Blob]]
    revision: str | None = None
    prefix: str = ""
    before: Callable[[Sequence[Entry]], Mapping[str, bytes]] = lambda _: {}
    whereabouts: Callable[[str], Whereabouts] = lambda _: Whereabouts()

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
        return (entry for entry in rows_containing(self.rows, literal) if not entry.is_tree)

    def beginning(self, pattern: bytes) -> Iterator[Entry]:
        """The entries whose path begins with a match of a regular expression over bytes."""
        for found in re.finditer(rb"\t(?=%b)" % pattern, self.rows):
            start = self.rows.rfind(b"\0", 0, found.start()) + 1
            row = self.rows[start : self.rows.index(b"\0", found.end())]
            if b"\t" not in row[: found.start() - start] and not (entry := _entry(row)).is_tree:
                yield entry

    def entries(self, path: str) -> list[Entry]:
        """The entries at a path: one, several if it is in conflict, or none."""
        rows = self.containing(b"\t" + os.fsencode(path) + b"\0")
        return [entry for entry in rows if entry.path == path]

    def holds_directory(self, path: str) -> bool:
        """Whether something is recorded below a path."""
        rows = self.containing(b"\t" + os.fsencode(path) + b"/")
        return any(entry.path.startswith(f"{path}/") for entry in rows)


def rows_containing(rows: bytes, literal: bytes) -> Iterator[Entry]:
    """The rows that contain these bytes, the trees of a revision among them."""
    at = rows.find(literal)
    while at >= 0:
        end = rows.index(b"\0", at + len(literal) - 1)
        yield _entry(rows[rows.rfind(b"\0", 0, at) + 1 : end])
        at = rows.find(literal, end)


def _entry(row: bytes) -> Entry:
    head, _, path = row.partition(b"\t")
    mode, second, third = head.decode().split(" ")
    if len(third) == 1:  # of the index: mode, object, stage
        return Entry(os.fsdecode(path), mode, second, int(third))
    return Entry(os.fsdecode(path), mode, third)
