"""A cache of clean checks, so that an unchanged index is not checked again.

A result depends on the command line; on path, mode and stage of every index entry; on the contents
that the rules read; and on the documents in the parent commit. A record holds values that change
with these, and the index rows whose contents the rules read. As long as the index file is the same,
the rows need not be listed. If an object of these rows vanishes, or if packs come or go, the record
no longer applies.

If the config has a date (`until`), a record applies on one day only.

The notes of a result depend on files in the working tree, too (`operations.notes`). Their contents
are part of the key, so that a cached result has the notes that apply now.

Most hits need no digest, so `hashlib` is imported late: it takes a fifth of the time of a hit. The
checksum of the file needs no import.
"""

from __future__ import annotations

import os
import sys
from _imp import source_hash  # `importlib.util` has it too, but takes long to import
from time import perf_counter

from dlm_git.about import __version__
from dlm_git.cli import stamps
from dlm_git.git import index_file
from dlm_git.git.child import Child
from dlm_git.git.environment import OPTIONS, clean_environment, locate_git
from dlm_git.git.layout import Answer, Layout, ask, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dlm_git.snapshots.entry import Blob, Entry, Limits
    from dlm_git.snapshots.rows import Rows
    from dlm_git.snapshots.snapshot import Snapshot

FOLDER, NAME = "dlm-git", "cache"
_MAX_RECORDS = 4  # for several hooks and linked worktrees
_CHUNK = 1 << 17
_CHECKSUM_SIZE = 8  # bytes
_OID = len("\000100644 ")  # where the object id begins in a row and the NUL before it
# a check with any other option is not cached
_OPTIONS = frozenset(
    "--base --include --exclude --policy --name --allow --ignore --config --color --exit-zero"
    " --quiet -q".split()
)
# variables that name a revision to check, or other places of objects
_UNCACHED = ("PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH", "GIT_ALTERNATE_OBJECT_DIRECTORIES")

# a record has no empty fields: this replaces a missing one
_NONE = b"-"
_TEXT = b":"  # precedes the text

# key, the index file, digest of the names of its rows, values of `_places`, text, the day if the
# config has a date, the files that the config extends (with a newline between two), and the rows
# whose contents were read
_Record = list[bytes]


class ResultCache:
    """The cached results of one command line in one repository.

    config_files: the content of the file of `--config`, by its path.
    """

    def __init__(
        self,
        question: tuple[object, ...],
        config_files: Mapping[str, bytes],
        git: str,
        layout: Layout,
        answer: Answer,
        reopen: Callable[[], ResultCache | None],
    ) -> None:
        self.config_files = config_files
        self._answer, self._reopen = answer, reopen
        self._index, self._hash = layout.index, layout.hash
        self._common_dir, self._objects = layout.common_dir, layout.objects
        self._root = layout.root
        self._command = [git, "-C", layout.git_dir, *OPTIONS, *index_file.LIST_INDEX]
        self._environ = {"GIT_DIR": layout.git_dir, "GIT_INDEX_FILE": self._index}
        self._key = repr((*question, layout.dlm_tree)).encode()
        self._stamp = stamps.stamp(self._index)

    def get(self, environ: Mapping[str, str]) -> str | None:
        """Return what the same check of the same index printed, or None if that is not cached."""
        records = [record for record in self._records() if record[0] == self._key]
        matches = [record for record in records if record[1] == self._index_file()]
        if records and not matches:
            rows = self._rows(environ)
            matches = [record for record in records if rows is not None and _matches(record, rows)]
        if not matches or matches[0][3] != self._places(*matches[0][6:]):
            return None
        text, day = matches[0][4:6]
        if day != _NONE and day != os.fsencode(stamps.today()):
            return None
        return os.fsdecode(text[1:])

    def put(
        self,
        rows: Rows,
        reads: Iterable[Entry],
        text: str,
        *,
        day: str = "",
        extended: Sequence[str] = (),
    ) -> None:
        """Cache a clean check.

        rows: the rows of the index.
        reads: the entries whose contents it read.
        text: what it printed.
        day: the only day on which it applies, '' for any.
        extended: the paths of the files that the config extends.
        """
        header = self._header()
        now = self._reopen()
        if now is None or header is None or now._key != self._key:
            return  # the installation or the working tree has changed meanwhile
        whole = header[1] >= 0  # a split index has a part in another file
        # of an index that was written meanwhile, the stamp of before never comes back
        index = self._index_file() if whole and header[2] else _NONE
        read_rows = sorted({_row(entry) for entry in reads})
        paths = os.fsencode("\n".join(extended)) or _NONE
        fields = [self._key, index, _digest_of_names(rows), self._places(paths, *read_rows)]
        record = [*fields, _TEXT + os.fsencode(text), os.fsencode(day) or _NONE, paths, *read_rows]
        others = [
            other for other in self._records() if (other[0], other[2]) != (record[0], record[2])
        ]
        body = b"\0\0".join(b"\0".join(fields) for fields in [record, *others][:_MAX_RECORDS])
        data = _checksum(body) + body
        if len(data) <= stamps.MAX_SIZE:
            from dlm_git.fs import write_best_effort  # late: reading the cache needs no `fs`

            write_best_effort(self._common_dir, FOLDER, NAME, data)

    def _index_file(self) -> bytes:
        """Return values that change with the index file: its stamp and its checksum."""
        return repr((self._stamp, stamps.last_bytes(self._index))).encode()

    def _header(self) -> index_file.Header | None:
        """Return the header of the index file, None if it is missing or damaged."""
        try:
            return index_file.read_header(self._index, self._hash, self._environ["GIT_DIR"])
        except (index_file.DamagedError, OSError):
            return None

    def _rows(self, environ: Mapping[str, str]) -> bytes | None:
        """Return the rows of the index as `git.read` reads them, None if this fast path cannot.

        The full check does not list them again.
        """
        header = self._header()
        if header is None:
            return None
        explicit = {**clean_environment(environ), **self._environ}
        explicit.pop("GIT_WORK_TREE", None)
        start = perf_counter()
        rows = _run_quiet(self._command, explicit)
        if rows is None:
            return None
        seconds = perf_counter() - start
        self._answer.listing = index_file.IndexListing(header, rows, seconds, self._is_current)
        if (header[0] != 2 or header[1] < 0) and index_file.may_have_intent_to_add(rows):
            return None
        return rows

    def _is_current(self) -> bool:
        return stamps.stamp(self._index) == self._stamp

    def _places(self, extended: bytes, *rows: bytes) -> bytes:
        """Return values that change if the object of a row vanishes.

        They change with the files of the working tree that the config extends, too.
        """
        oids = [os.fsdecode(row[_OID - 1 : row.index(b" ", _OID - 1)]) for row in rows]
        paths = os.fsdecode(extended).split("\n") if extended != _NONE else ()
        states = [stamps.state(os.path.join(self._root, path)) for path in paths]
        return repr((stamps.places(self._objects, oids), states)).encode()

    def _records(self) -> list[_Record]:
        data = stamps.read_own_file(os.path.join(self._common_dir, FOLDER, NAME))
        body = data[_CHECKSUM_SIZE:]
        if data[:_CHECKSUM_SIZE] != _checksum(body):
            return []  # missing, damaged, or of another version
        return [record.split(b"\0") for record in body.split(b"\0\0")]


def ask_git(argv: Sequence[str], environ: Mapping[str, str]) -> Answer | None:
    """Ask git for the layout of the repository, None for a command line that is not cacheable."""
    return ask(environ) if _is_plain(argv, environ) else None


def open_cache(
    argv: Sequence[str],
    environ: Mapping[str, str],
    answer: Answer | None,
    *,
    color: bool,
    columns: int,
) -> ResultCache | None:
    """Return the cache for a command line in the current directory, None if it is not cacheable.

    Only plain checks of the index are cacheable, and only in a repository that belongs to the user.

    answer: what `ask_git` returned.
    color, columns: the look of the output; see `terminal`.
    """
    git, layout = locate_git(environ), parse(answer.code, answer.output) if answer else None
    if not (answer and layout and layout.dlm_tree):
        return None  # without a working tree git names no `.dlm`
    try:
        if os.stat(layout.common_dir).st_uid != os.geteuid():
            return None
        configs = _config_files(argv)
        installed = (__version__, sys.version, stamps.stamp(git), *stamps.installed())
        question = (*installed, color, columns, *argv, *configs.values())
        root, prefix = layout.root, layout.prefix or environ.get("GIT_PREFIX", "")
        if environ.get("GIT_DIR") and not (
            environ.get("GIT_WORK_TREE") or os.path.lexists(os.path.join(root, ".git"))
        ):
            return None  # git takes the current directory for the root then
        question = (*question, prefix, *stamps.noted_files(root, prefix, layout.common_dir))
        question = (*question, *stamps.organization_states(environ))
    except OSError:
        return None

    def reopen() -> ResultCache | None:
        return open_cache(argv, environ, answer, color=color, columns=columns)

    return ResultCache(question, configs, git, layout, answer, reopen)


def recording_reads(snapshot: Snapshot, reads: list[Entry]) -> Snapshot:
    """Return a snapshot that appends to `reads` every entry whose content is read."""

    def read(entries: Sequence[Entry]) -> Sequence[Blob]:
        reads.extend(entries)
        return snapshot.read(entries)

    def stream(entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
        for entry, blob in zip(entries, snapshot.stream(entries, limits), strict=True):
            reads.append(entry)
            yield blob

    return snapshot.replace(read=read, stream=stream)


def _run_quiet(command: list[str], environ: Mapping[str, str]) -> bytes | None:
    """Return a NUL and the output of a command, None if it fails or takes too long."""
    pieces, child = [b"\0"], Child(command, environ)
    try:
        return b"".join(pieces) if child.run(pieces.append) == 0 else None
    except OSError:
        return None


def _is_plain(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    if argv[:1] != ["check"] or any(map(environ.get, _UNCACHED)):
        return False
    return all(arg.partition("=")[0] in _OPTIONS for arg in argv[1:] if arg.startswith("-"))


def _config_files(argv: Sequence[str]) -> dict[str, bytes]:
    """Return the content of the file of `--config`, by its path.

    Raises OSError if it cannot be read, or if it is not a regular file: a pipe can be read once.
    """
    contents = {}
    for arg, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = arg.partition("=")
        if name == "--config":
            path = value if equals else following
            contents[path] = stamps.read_regular(path)
    return contents


def _matches(record: _Record, rows: bytes) -> bool:
    _, _, names, _, _, _, _, *reads = record
    return (
        not index_file.has_null_oid(rows)
        and names == _digest_of_names(rows)
        and all(b"\0%b\0" % row in rows for row in reads)
    )


def _checksum(data: bytes) -> bytes:
    """Return a checksum, which shows whether the file is damaged."""
    return source_hash(0, data)


def _digest_of_names(rows: Rows) -> bytes:
    """Return a digest of mode, stage and path of each row, without its object id."""
    from hashlib import sha256  # late: see above

    digest, start = sha256(), 0
    end = rows.find(b" ", _OID)
    while start < len(rows) - 1:  # in chunks that fit the processor's cache
        stop = rows.find(b"\0", min(start + _CHUNK, len(rows) - 1))
        chunk = rows[start + 1 : stop].split(b"\0")
        digest.update(b"\0".join([row[: _OID - 1] + row[end - 1 :] for row in chunk]) + b"\0")
        start = stop
    return digest.hexdigest().encode()


def _row(entry: Entry) -> bytes:
    return os.fsencode(f"{entry.mode} {entry.oid} {entry.stage}\t{entry.path}")
