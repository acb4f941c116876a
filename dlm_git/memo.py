"""What was found clean before: a check that asks the same of the same state need not run again.

A verdict is a function of the command line, of the path, mode and stage of every entry of the
index, of the contents that the rules read, and of the documents in the commit before. So a memo
holds digests of all that, and the rows of the entries that were read. Only clean verdicts are kept.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from stat import S_ISREG

from dlm_git import __version__, indexfile
from dlm_git.spawn import NO_BARE, OPTIONS, clean, git_path, output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshot import Blob, Entry, Limits, Snapshot

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

_SAID = b":"  # before the text, as no part of a record is empty

# circumstances, digest of the rows, digest of their names, text, the rows whose content was read
_Record = list[bytes]


class Memo:
    """The memory of one question: a command line, asked of the index of one repository."""

    def __init__(
        self,
        question: tuple[object, ...],
        git: list[str],
        lines: list[str],
        again: Callable[[], Memo | None],
    ) -> None:
        self._again = again
        git_dir, common, self._index, _, _, self._hash, before = lines
        self._folder = os.path.join(common, FOLDER)
        self._command = [*git, "-C", git_dir, "ls-files", "--stage", "-z"]
        self._environ = {"GIT_DIR": git_dir, "GIT_INDEX_FILE": self._index}
        self._circumstances = _digest(repr((*question, before)).encode()).encode()

    def recall(self, environ: Mapping[str, str]) -> str | None:
        """What was printed for the same question about the same state, if it is remembered."""
        records = [each for each in self._records() if each[0] == self._circumstances]
        rows = self._rows(environ) if records else None
        if rows is None:
            return None
        found = (os.fsdecode(each[3][1:]) for each in records if _same(each, rows))
        return next(found, None)

    def keep(self, rows: bytes, reads: Iterable[Entry], text: str) -> None:
        """Remember that a check of an index of these rows was clean, having read these entries."""
        now = self._again()
        if now is None or now._circumstances != self._circumstances:
            return  # meanwhile somebody committed
        read = {_row(entry) for entry in reads}
        record = [self._circumstances, *_digests(rows), _SAID + os.fsencode(text), *sorted(read)]
        others = [each for each in self._records() if each[:3] != record[:3]]
        body = b"\0\0".join(b"\0".join(each) for each in [record, *others][:_MOST])
        if len(body) < _MAX_SIZE:
            from dlm_git import edit  # late: it is for those who write

            edit.spare(self._folder, NAME, _digest(body).encode() + body)

    def _rows(self, environ: Mapping[str, str]) -> bytes | None:
        """The rows of the index as `plumbing` reads them, None where it looks more closely."""
        header: list[tuple[int, int] | None] = []
        explicit = {**clean(environ), **self._environ}
        explicit.pop("GIT_WORK_TREE", None)
        try:
            rows = output(
                self._command,
                explicit,
                lambda: header.append(indexfile.header(self._index, self._hash)),
                behind=b"\0",
            )
        except (indexfile.DamagedError, OSError):
            return None
        if rows is None or None in header:
            return None
        if header != [(2, rows.count(b"\0") - 1)] and indexfile.perhaps_intended(rows):
            return None
        return rows

    def _records(self) -> list[_Record]:
        data = _own_file(os.path.join(self._folder, NAME))
        size = len(_digest(b""))
        if len(data) <= size or _digest(data[size:]).encode() != data[:size]:
            return []  # there is none, or it is cut off
        return [record.split(b"\0") for record in data[size:].split(b"\0\0")]


def of(argv: Sequence[str], environ: Mapping[str, str], *, colour: bool) -> Memo | None:
    """The memory of a command line here, None where nothing is to be remembered: of any command
    but a plain check of the index, and in a repository that is not the caller's own."""
    git = git_path(environ)
    if not git or not _is_plain(argv, environ):
        return None
    try:
        question = (__version__, sys.version, *_installed(), colour, *argv, *_configs(argv))
        out = output([git, *OPTIONS, *NO_BARE, *_LAYOUT], clean(environ))
        lines = os.fsdecode(out or b"").splitlines()
        if len(lines) != 7 or "true" in lines[3:5] or os.stat(lines[1]).st_uid != os.geteuid():
            return None
    except OSError:
        return None
    return Memo(question, [git, *OPTIONS], lines, lambda: of(argv, environ, colour=colour))


def watched(snapshot: Snapshot, reads: list[Entry]) -> Snapshot:
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
    package = os.path.dirname(os.path.abspath(__file__))
    for folder in (package, os.path.dirname(package)):
        yield os.stat(folder).st_mtime_ns


def _configs(argv: Sequence[str]) -> Iterator[bytes]:
    """The contents of what `--config` names."""
    for arg, following in zip(argv, [*argv[1:], ""], strict=True):
        name, equals, value = arg.partition("=")
        if name == "--config":
            with open(value if equals else following, "rb") as file:
                yield file.read()


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
    _, exact, names, _, *reads = record
    if exact == _digest(rows).encode():
        return True
    return (
        not indexfile.names_nothing(rows)
        and names == _names(rows).encode()
        and all(b"\0%b\0" % row in rows for row in reads)
    )


def _digests(rows: bytes) -> tuple[bytes, bytes]:
    return _digest(rows).encode(), _names(rows).encode()


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _names(rows: bytes) -> str:
    """A digest of mode, stage and path of each row, without the object that it names."""
    digest, start = sha256(), 0
    end = rows.find(b" ", _OID)
    while start < len(rows) - 1:  # in pieces that the processor's cache holds
        stop = rows.find(b"\0", min(start + _PIECE, len(rows) - 1))
        piece = rows[start + 1 : stop].split(b"\0")
        digest.update(b"\0".join([row[: _OID - 1] + row[end - 1 :] for row in piece]) + b"\0")
        start = stop
    return digest.hexdigest()


def _row(entry: Entry) -> bytes:
    return os.fsencode(f"{entry.mode} {entry.oid} {entry.stage}\t{entry.path}")
