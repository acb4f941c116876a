"""What was found clean before: a check that asks the same of the same state need not run again.

A verdict is a function of the command line, of the path, mode and stage of every entry of the
index, of the contents that the rules read, and of the documents in the commit before. So a memo
holds digests of all that, and the rows of the entries that were read; and the checksum of the index
file, by which one that nobody has written since is known at once. Only clean verdicts are kept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from stat import S_ISREG

from dlm_git.about import __version__
from dlm_git.git import index_file
from dlm_git.git.environment import EXPLICIT_BARE, OPTIONS, clean_environment, locate_git, run_quiet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.entry import Blob, Entry, Limits
    from dlm_git.snapshots.snapshot import Snapshot

FOLDER, NAME = "dlm-git", "memo"
_MOST = 4  # verdicts: of several hooks, of linked worktrees
_MAX_SIZE = 1 << 20
_PIECE = 1 << 17
_OID = len("\000100644 ")  # where it begins in a row behind its NUL
# options that say what is expected, and --quiet; with any other one nothing is remembered
_OPTIONS = frozenset(
    "--base --include --exclude --policy --name --allow --ignore --config --quiet -q".split()
)
_PUSHED = ("PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH")  # a revision is judged then
_LAYOUT = (
    *("rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-common-dir"),
    *("--git-path", "index", "--is-bare-repository", "--is-inside-git-dir"),
    *("--show-object-format", "HEAD:.dlm"),
)
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# no part of a record is empty: what stands for no checksum, and before the text
_NONE, _SAID = b"-", b":"

# circumstances, checksum of the index file, digest of the names of its rows, text, and the rows
# whose content was read
_Record = list[bytes]


class ResultCache:
    """The memory of one question: a command line, asked of the index of one repository."""

    def __init__(
        self,
        question: tuple[object, ...],
        git: list[str],
        lines: list[str],
        again: Callable[[], ResultCache | None],
    ) -> None:
        self._again = again
        git_dir, common, self._index, _, _, self._hash, before = lines
        self._folder = os.path.join(common, FOLDER)
        self._command = [*git, "-C", git_dir, "ls-files", "--stage", "-z"]
        self._environ = {"GIT_DIR": git_dir, "GIT_INDEX_FILE": self._index}
        self._circumstances = _digest(repr((*question, before)).encode()).encode()
        self._stamp = _stamp(self._index)

    def get(self, environ: Mapping[str, str]) -> str | None:
        """What was printed for the same question about the same state, if it is remembered."""
        records = [each for each in self._records() if each[0] == self._circumstances]
        known = self._header() if records else None
        if known is None:
            return None
        same = [each for each in records if each[1] == known[2].hex().encode()]
        if not same:
            rows = self._rows(environ, known)
            same = [each for each in records if rows is not None and _same(each, rows)]
        return os.fsdecode(same[0][3][1:]) if same else None

    def put(self, rows: bytes, reads: Iterable[Entry], text: str) -> None:
        """Remember that a check of an index of these rows was clean, having read these entries."""
        now = self._again()
        known = self._header()
        if now is None or known is None or now._circumstances != self._circumstances:
            return  # meanwhile somebody committed
        unwritten = self._stamp == now._stamp  # since before it was read
        whole = known[1] == rows.count(b"\0") - 1  # a split one has a part in another file
        checksum = known[2].hex().encode() if unwritten and whole else b""
        said, read = _SAID + os.fsencode(text), sorted({_row(entry) for entry in reads})
        record = [self._circumstances, checksum or _NONE, _digest_of_names(rows), said, *read]
        others = [each for each in self._records() if (each[0], each[2]) != (record[0], record[2])]
        body = b"\0\0".join(b"\0".join(each) for each in [record, *others][:_MOST])
        if len(body) < _MAX_SIZE:
            from dlm_git.fs import write_best_effort  # late: it is for those who write

            write_best_effort(self._folder, NAME, _digest(body).encode() + body)

    def _header(self) -> tuple[int, int, bytes] | None:
        """What the index file says of itself, None if there is none that is whole."""
        try:
            return index_file.read_header(self._index, self._hash)
        except (index_file.DamagedError, OSError):
            return None

    def _rows(self, environ: Mapping[str, str], known: tuple[int, int, bytes]) -> bytes | None:
        """The rows of the index as `plumbing` reads them, None where it looks more closely."""
        explicit = {**clean_environment(environ), **self._environ}
        explicit.pop("GIT_WORK_TREE", None)
        rows = run_quiet(self._command, explicit, prefix=b"\0")
        if rows is None:
            return None
        if known[:2] != (2, rows.count(b"\0") - 1) and index_file.may_have_intent_to_add(rows):
            return None
        return rows

    def _records(self) -> list[_Record]:
        data = _own_file(os.path.join(self._folder, NAME))
        size = len(_digest(b""))
        if len(data) <= size or _digest(data[size:]).encode() != data[:size]:
            return []  # there is none, or it is cut off
        return [record.split(b"\0") for record in data[size:].split(b"\0\0")]


def open_cache(
    argv: Sequence[str], environ: Mapping[str, str], *, colour: bool
) -> ResultCache | None:
    """The memory of a command line here, None where nothing is to be remembered: of any command
    but a plain check of the index, and in a repository that is not the caller's own."""
    git = locate_git(environ)
    if not git or not _is_plain(argv, environ):
        return None
    try:
        question = (__version__, sys.version, *_installed(), colour, *argv, *_configs(argv))
        out = run_quiet([git, *OPTIONS, *EXPLICIT_BARE, *_LAYOUT], clean_environment(environ))
        lines = os.fsdecode(out or b"").splitlines()
        if len(lines) != 7 or "true" in lines[3:5] or os.stat(lines[1]).st_uid != os.geteuid():
            return None
    except OSError:
        return None
    return ResultCache(
        question, [git, *OPTIONS], lines, lambda: open_cache(argv, environ, colour=colour)
    )


def recording_reads(snapshot: Snapshot, reads: list[Entry]) -> Snapshot:
    """A snapshot that puts every entry whose content is read on a list."""
    from dataclasses import replace

    def read(entries: Sequence[Entry]) -> Sequence[Blob]:
        reads.extend(entries)
        return snapshot.read(entries)

    def stream(entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
        for entry, blob in zip(entries, snapshot.stream(entries, limits), strict=True):
            reads.append(entry)
            yield blob

    return replace(snapshot, read=read, stream=stream)


def _is_plain(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    if argv[:1] != ["check"] or any(map(environ.get, _PUSHED)):
        return False
    return all(arg.partition("=")[0] in _OPTIONS for arg in argv[1:] if arg.startswith("-"))


def _installed() -> Iterator[int]:
    """What changes as soon as this package or one beside it is installed anew."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder in (package, os.path.dirname(package)):
        yield os.stat(folder).st_mtime_ns


def _configs(argv: Sequence[str]) -> Iterator[bytes]:
    """The contents of what `--config` names."""
    for arg, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = arg.partition("=")
        if name == "--config":
            with open(value if equals else following, "rb") as file:
                yield file.read()


def _stamp(path: str) -> tuple[int, int, int] | None:
    """What changes whenever Git writes a file: it always writes a new one (lockfile, rename)."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _own_file(path: str) -> bytes:
    """The content of a plain file that belongs to the caller, b'' if there is none."""
    try:
        file = os.open(path, _FILE)
    except OSError:
        return b""
    try:
        status = os.fstat(file)
        if not S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return b""
        return os.read(file, _MAX_SIZE)
    except OSError:
        return b""
    finally:
        os.close(file)


def _same(record: _Record, rows: bytes) -> bool:
    _, _, names, _, *reads = record
    return (
        not index_file.has_null_oid(rows)
        and names == _digest_of_names(rows)
        and all(b"\0%b\0" % row in rows for row in reads)
    )


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _digest_of_names(rows: bytes) -> bytes:
    """A digest of mode, stage and path of each row, without the object that it names."""
    digest, start = sha256(), 0
    end = rows.find(b" ", _OID)
    while start < len(rows) - 1:  # in pieces that the processor's cache holds
        stop = rows.find(b"\0", min(start + _PIECE, len(rows) - 1))
        piece = rows[start + 1 : stop].split(b"\0")
        digest.update(b"\0".join([row[: _OID - 1] + row[end - 1 :] for row in piece]) + b"\0")
        start = stop
    return digest.hexdigest().encode()


def _row(entry: Entry) -> bytes:
    return os.fsencode(f"{entry.mode} {entry.oid} {entry.stage}\t{entry.path}")
