"""Builds Snapshots of the index and of revisions, as Git recorded them; changes nothing."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Generic, TypeVar

from dlm_git.errors import DlmGitError
from dlm_git.git import index_file, objects
from dlm_git.git.process import Git, first_line
from dlm_git.git.repository import Repository, find_ignore_pattern
from dlm_git.snapshots.rows import rows_containing
from dlm_git.snapshots.snapshot import MissingPathStatus, Snapshot

_T = TypeVar("_T")
_OID = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"
# no path holds an empty name, nor these of Git's own: at its start, or behind a slash
_NO_NAME = rb"(?:\.\.?|\.git)?[/\0]"
_MODE = rb"(?:100644|100755|120000|160000)"
_INDEX_ROWS = re.compile(rb"(?:%b %b [0-3]\t(?!%b)[^\0]++\0)*+" % (_MODE, _OID, _NO_NAME))
_TREE_ROWS = re.compile(
    rb"(?:(?:(?:100644|100755|120000) blob|160000 commit|040000 tree) %b\t(?!%b)[^\0]++\0)*+"
    % (_OID, _NO_NAME)
)
_NO_PART = re.compile(rb"/%b" % _NO_NAME)


def read_index(repository: Repository, since: str = "") -> Snapshot:
    """The index as the commit being made will see it (`GIT_INDEX_FILE`), whatever the worktree
    holds; `before` is `since`, or HEAD. Raises CannotCheck if it cannot be read whole."""
    if repository.bare:
        raise DlmGitError("a bare repository has no index", "judge a revision: `--rev HEAD`")
    git = repository.git
    header = _Aside(partial(_index_header, repository))  # while git writes
    try:
        rows = git.list_rows("ls-files", "--stage", "-z")
    finally:
        known = header.result()
    version, count, hashed = known or (0, 0, b"")
    label = "the index" if known else "the index (there is none yet)"
    whole = count == rows.count(b"\0") - 1  # else it is split, and only a part was hashed
    if not (whole and hashed and repository.own):
        _check_form(_INDEX_ROWS, label, rows, 1)
    added = set()
    if not (whole and version == 2):  # that version knows no intent-to-add
        added = _intended(git, rows)
        rows = _without(rows, added)
    snapshot = Snapshot(
        label=label,
        rows=rows,
        prefix=repository.prefix,
        read=lambda entries: objects.read(git, entries),
        stream=lambda entries, limits: objects.stream(git, entries, limits),
        parent_contents=lambda entries: objects.before(git, since or "HEAD", entries),
        explain_missing=lambda path: _whereabouts(repository, path, added),
        root=lambda: _root(repository),
    )
    _check_names(snapshot)
    return snapshot


def read_revision(repository: Repository, name: str, since: str = "") -> Snapshot:
    """The tree of a commit, resolved once. `before` is `since`, or the commit's first parent.

    Raises CannotCheck for a name that is ambiguous or names no commit, and for a malformed tree.
    """
    git = repository.git
    oid = resolve_commit(git, name)
    label = f"revision {oid[:12]}" + ("" if oid.startswith(name) else f" ({name})")
    check = partial(_check_form, _TREE_ROWS, label)
    rows = git.list_rows("ls-tree", "-r", "-t", "-z", "--full-tree", oid, check=check)
    snapshot = Snapshot(
        label=label,
        rows=rows,
        prefix=repository.prefix,
        read=lambda entries: objects.read(git, entries),
        stream=lambda entries, limits: objects.stream(git, entries, limits),
        revision=oid,
        parent_contents=lambda entries: objects.before(git, since or f"{oid}^", entries),
        root=lambda: _root(repository),
    )
    _check_names(snapshot)
    _check_parents(snapshot)
    return snapshot


def _root(repository: Repository) -> str:
    with suppress(DlmGitError):  # a bare one, or a hook far from its worktree
        return repository.root
    return ""


def resolve_commit(git: Git, name: str) -> str:
    """The object id of the commit that a revision names, tags peeled."""
    question = ("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
    code, out, err = git.run(*question, ok=(0, 128))
    oid = out.decode().strip()
    if b"ambiguous" in err:
        hint = "name it in full, such as 'refs/heads/main'; `git show-ref` lists all names"
        raise DlmGitError(f"revision '{name}' is ambiguous", hint)
    if code or not re.fullmatch(_OID.decode(), oid):
        raise _no_commit(name, first_line(err))
    return oid


def _index_header(repository: Repository) -> tuple[int, int, bytes] | None:
    """What the index file says of itself, None if there is none."""
    try:
        return index_file.header(repository.index, repository.hash)
    except index_file.DamagedError:
        raise DlmGitError("the index is damaged: its checksum is wrong", "try `git fsck`") from None
    except OSError as error:
        raise DlmGitError(f"cannot read '{repository.index}': {error.strerror}") from error


def _no_commit(name: str, said: str) -> DlmGitError:
    if said != "Needed a single revision" or re.search(r"\.\.|[:^]|^$", name):
        said = "it names no commit" if said == "Needed a single revision" else said
        return DlmGitError(f"cannot read revision '{name}': git says \"{said}\"", "name a commit")
    if name == "HEAD":
        return DlmGitError("cannot read revision 'HEAD': nothing is committed yet", "`git commit`")
    hint = "fetch it first, or correct the name; in CI, check out the full history (fetch-depth: 0)"
    return DlmGitError(f"cannot read revision '{name}': there is no such commit here", hint)


def _check_form(form: re.Pattern[bytes], label: str, rows: bytes, start: int = 0) -> None:
    """Raises CannotCheck for rows that no repository in order has.

    Git answers a truncated index with exit code 0 and garbage.
    """
    if not form.fullmatch(rows, start) or b"//" in rows or b"/\0" in rows:
        raise _damaged(label)


def _damaged(label: str) -> DlmGitError:
    return DlmGitError(f"{label} is damaged: git lists impossible entries", "try `git fsck`")


def _check_names(snapshot: Snapshot) -> None:
    """Raises CannotCheck for names that stand twice, which git reads now one way, now the other."""
    label = snapshot.label
    if _NO_PART.search(snapshot.dotfile_rows):
        raise _damaged(label)
    entries = list(rows_containing(snapshot.dotfile_rows, b".dlm"))
    if any(not entry.oid.strip("0") for entry in entries):
        raise DlmGitError(f"{label} is damaged: an entry names no object", "try `git fsck`")
    places = Counter((entry.path, entry.stage) for entry in entries)
    if len(places) != len(entries):
        ((twice, _), _), *_ = places.most_common(1)
        raise DlmGitError(f"{label} is malformed: it holds '{twice}' twice", "try `git fsck`")


def _check_parents(snapshot: Snapshot) -> None:
    """Raises CannotCheck for names of a tree that hold a slash: no directory is listed for them."""
    entries = list(rows_containing(snapshot.dotfile_rows, b".dlm"))
    directories = {entry.path for entry in entries if entry.is_tree}
    for entry in entries:
        parent, _, name = entry.path.rpartition("/")
        if ".dlm" in parent and parent not in directories:
            raise DlmGitError(
                f"{snapshot.label} is malformed: '{name}' holds a slash", "try `git fsck`"
            )


class _Aside(Generic[_T]):
    """A question that is answered in a thread of its own."""

    def __init__(self, question: Callable[[], _T]) -> None:
        self._question = question
        self._answers: list[_T] = []
        self._errors: list[DlmGitError] = []
        self._thread = Thread(target=self._run)
        self._thread.start()

    def result(self) -> _T:
        """The answer, once it is there. Raises CannotCheck as the question does."""
        self._thread.join()
        if self._errors:
            raise self._errors[0]
        return self._answers[0]

    def _run(self) -> None:
        try:
            self._answers.append(self._question())
        except DlmGitError as error:
            self._errors.append(error)


def _intended(git: Git, rows: bytes) -> set[str]:
    """The paths that `git add --intent-to-add` put into the index: no commit will hold them.

    They look like empty files; only `diff-index` can tell (git-add(1)).
    """
    empty = {
        entry.path
        for oid in index_file.EMPTY_BLOBS
        for entry in rows_containing(rows, f" {oid} 0\t".encode())
    }
    if not empty:
        return empty
    tree = git.output("hash-object", "-t", "tree", "--stdin").decode().strip()
    options = ("--cached", "--name-only", "-z", "--no-renames", "--ita-invisible-in-index")
    committed = git.list_rows("diff-index", *options, tree)
    return empty - set(os.fsdecode(committed).split("\0"))


def _without(rows: bytes, paths: set[str]) -> bytes:
    if not paths:
        return rows
    names = set(map(os.fsencode, paths))
    return b"\0".join(row for row in rows.split(b"\0") if row.partition(b"\t")[2] not in names)


def _whereabouts(repository: Repository, path: str, intended: Container[str]) -> MissingPathStatus:
    """Why the index does not hold a path."""
    if path in intended:
        return MissingPathStatus("intent-to-add")
    if _is_left_out(repository, path):
        return MissingPathStatus("left-out")
    with suppress(DlmGitError):  # no worktree is to be had here, or a link stands in it
        ignored = find_ignore_pattern(repository, path)
        if ignored:
            return ignored
        if os.path.lexists(Path(repository.root, path)):
            return MissingPathStatus("untracked")
    (_, size), *_ = objects.resolved(repository.git, [f"HEAD:{path}"])
    return MissingPathStatus("deleted" if size >= 0 else "absent")


def _is_left_out(repository: Repository, path: str) -> bool:
    """Whether a path is in the user's index, but not in that of a `git commit PATH`."""
    if "GIT_INDEX_FILE" not in repository.here.environ:
        return False
    environ = {k: v for k, v in repository.git.environ.items() if k != "GIT_INDEX_FILE"}
    own = replace(repository.git, environ=environ)
    return bool(own.output("--literal-pathspecs", "ls-files", "-z", "--", path))
