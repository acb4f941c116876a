"""One readable state of a repository: what the index or a revision records, or a test's dict."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple, Protocol

# what a regular expression begins with is looked for fastest
_DOTTED = re.compile(rb"\.(?:(?<=[\t/]\.)|(?=dlm))")
_PIECE = 1 << 18
_WILD = ("**", "*", "?")
_ROW = re.compile(r"(\d+) (\w+) (\w+)\t([^\0]*)")
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"  # its specification, "The Pointer"
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

    @property
    def is_pointer(self) -> bool:
        """Whether it is a Git LFS pointer, what `git lfs` commits in the place of a file."""
        return (self.data or b"").startswith(_LFS_POINTER)


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the trainer refuses a source, and with it the whole training."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Root:
    """Where a source leads: `top` is a path from the root of the repository, '' for that itself,
    or absolute where it lies elsewhere. `anchors` are the directories at or below it that hold a
    `.dlm` directory, `single` whether it is one file."""

    top: str
    anchors: tuple[str, ...] = ()
    single: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk below a Root meets (dlm format, 3.2).

    `paths` are the files, links to files among them, in the walk's order; `targets` is where those
    links lead. `foreign` are links that lead to what the state does not hold, `modules` the
    submodules, whose content it does not hold either. All paths are as in Root.
    """

    paths: Sequence[str]
    targets: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


class Files(Protocol):
    """The files of one state."""

    def root(self, path: str, *, strict: bool) -> Root | Refusal:
        """Where the source of that path leads (dlm format, 3.1)."""

    def walk(self, root: Root) -> Walk:
        """The files at or below it."""

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """The contents of files, links followed; None where there is none to be had, and without
        `data` where it is longer than the limit of that file."""


Standing = Literal["tracked", "untracked", "ignored"]


@dataclass(frozen=True, slots=True)
class Checkout:
    """What lies in a worktree, and what Git knows of each path there."""

    files: Files
    standing: Callable[[str], Standing]
    exists: Callable[[str], bool]


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
    before: Callable[[Sequence[Entry]], Mapping[str, bytes]] = lambda _: {}
    whereabouts: Callable[[str], Whereabouts] = lambda _: Whereabouts()
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
        rows = self.dotted if literal.startswith(b".dlm") else self.rows
        return (entry for entry in rows_containing(rows, literal) if not entry.is_tree)

    def hidden(self, literal: bytes) -> Iterator[Entry]:
        """Those of `containing` with a name in their path that begins with a dot.

        They are few, and looked for once: it is among them that most questions are about.
        """
        return (entry for entry in rows_containing(self.dotted, literal) if not entry.is_tree)

    @cached_property
    def dotted(self) -> bytes:
        """The rows with a name that begins with a dot, or `.dlm`, the trees of a revision too."""
        return dotted(self.rows)

    def firsts(self, pattern: bytes) -> list[bytes]:
        """The first names of the paths that begin with a match of a pattern, and perhaps others."""
        found = re.finditer(rb"\t(?=%b)([^/\0]++)" % pattern, self.rows)
        return sorted({match[1] for match in found})

    def beginning(self, pattern: bytes) -> Iterator[Entry]:
        """The entries whose path begins with a match of a regular expression over bytes."""
        for found in re.finditer(rb"\t(?=%b)" % pattern, self.rows):
            start = self.rows.rfind(b"\0", 0, found.start()) + 1
            row = self.rows[start : self.rows.index(b"\0", found.end())]
            if b"\t" not in row[: found.start() - start] and not (entry := _entry(row)).is_tree:
                yield entry

    def perhaps(self, tokens: Sequence[Sequence[str]]) -> Iterator[str]:
        """The files whose path may match one of several lists of tokens, as `globset` makes them.

        Those that end in a literal are found by it, at the speed of one search for the ends of all
        names; of the others the longest literal is looked for.
        """
        ends = {each[-1] for each in tokens if each[-1] not in _WILD}
        inner = {max(each, key=len) for each in tokens if each[-1] in _WILD}
        hidden = {end for end in ends if end.startswith("/.")}
        found = [
            *_ending(self.rows, ends - hidden),
            *_ending(self.dotted, hidden),
            *(entry for each in inner for entry in self._holding(each)),
        ]
        yield from (entry.path for entry in found if entry.is_file)

    def _holding(self, literal: str) -> Iterator[Entry]:
        bare = os.fsencode(literal.removeprefix("/"))
        found = self.hidden(bare) if literal.startswith("/.") else self.containing(bare)
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
        return self.hidden if path.startswith(".") else self.containing


def dotted(rows: bytes) -> bytes:
    """The rows that contain a name that begins with a dot, or `.dlm`."""
    last, found = 0, [b"\0"]
    for dot in _DOTTED.finditer(rows):
        if dot.start() >= last:
            start, last = rows.rfind(b"\0", 0, dot.start()) + 1, rows.index(b"\0", dot.end()) + 1
            found.append(rows[start:last])
    return b"".join(found)


def _stretches(rows: bytes, literal: bytes) -> Iterator[bytes]:
    """The rows that contain these bytes, as they are."""
    at = rows.find(literal)
    while at >= 0:
        end = rows.index(b"\0", at + len(literal) - 1) + 1
        yield rows[rows.rfind(b"\0", 0, at) + 1 : end]
        at = rows.find(literal, end)


def _ending(rows: bytes, ends: set[str]) -> Iterator[Entry]:
    """The rows whose paths end so; a slash is also the beginning of a path."""
    if not ends:
        return
    regex = _backwards(frozenset(ends))
    start, last = 0, len(rows) - 1
    while start < last:  # in pieces that the processor's cache holds
        stop = rows.rfind(b"\0", start + 1, start + _PIECE)
        stop = stop if stop > 0 else rows.index(b"\0", start + 1)
        for match in regex.finditer(rows[start : stop + 1][::-1]):
            end = stop - match.start()
            yield _entry(rows[rows.rfind(b"\0", 0, end) + 1 : end])
        start = stop


@lru_cache(maxsize=64)
def _backwards(ends: frozenset[str]) -> re.Pattern[bytes]:
    # backwards each path begins behind a NUL, which is the one place to look at
    words = (re.escape(os.fsencode(end)[::-1]) for end in sorted(ends))
    alternatives = b"|".join(re.sub(rb"/\Z", rb"[/\t]", word) for word in words)
    return re.compile(rb"\0(?=%b)" % alternatives)


def rows_containing(rows: bytes, literal: bytes) -> Iterator[Entry]:
    """The rows that contain these bytes, the trees of a revision among them."""
    return (_entry(row[:-1]) for row in _stretches(rows, literal))


def _entry(row: bytes) -> Entry:
    head, _, path = row.partition(b"\t")
    mode, second, third = head.decode().split(" ")
    if len(third) == 1:  # of the index: mode, object, stage
        return Entry(os.fsdecode(path), mode, second, int(third))
    return Entry(os.fsdecode(path), mode, third)
