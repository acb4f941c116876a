"""Read the index and revisions as Snapshots, as Git recorded them; nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from dlm_git.errors import DlmGitError
from dlm_git.git import index_file
from dlm_git.git.index_file import LIST_INDEX, Header, IndexListing
from dlm_git.git.process import Git, trace
from dlm_git.git.repository import Repository
from dlm_git.git.row_checks import (
    INDEX_ROWS,
    TREE_ROWS,
    check_lengths,
    check_names,
    check_parents,
    check_rows,
)
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.rows import count_rows, paths_backwards, rows_containing
from dlm_git.snapshots.snapshot import MissingPathStatus, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.conversion import Conversion
    from dlm_git.snapshots.rows import Rows

_UNKNOWN = -1  # number of rows
_TRIES = 5
_SMALL_INDEX = 1 << 20  # bytes: its checksum takes a millisecond


def read_index(
    repository: Repository, since: str = "", listing: IndexListing | None = None
) -> Snapshot:
    """Read the index that the commit in progress will record (`GIT_INDEX_FILE`).

    `since` is the commit to compare with, HEAD by default. `listing` is that of this index, if git
    has listed it already. Raises DlmGitError if the repository is bare, or if the index is damaged
    or unreadable.
    """
    if repository.bare:
        raise DlmGitError("a bare repository has no index", "check a revision: `--rev HEAD`")
    git = repository.git
    _require_regular_index(repository)
    header, rows = _complete_rows(repository, listing)
    version, count, checksum = header or (0, 0, b"")
    label = "the index" if header else "the index (not created yet)"
    complete = count >= 0
    trusted = complete and bool(checksum) and repository.trusted_index
    if not trusted:
        check_rows(INDEX_ROWS, label, rows, 1)
    check_lengths(label, rows)
    intent_to_add: Collection[str] = ()
    if not (complete and version == 2):  # version 2 has no intent-to-add flag
        intent_to_add = _intent_to_add_paths(git, rows)
        rows = _remove_paths(rows, intent_to_add)
    snapshot = Snapshot(
        label=label,
        rows=rows,
        missing={},
        is_sorted=trusted and len(rows) > _SMALL_INDEX,
        prefix=repository.prefix,
        read=repository.objects.read,
        stream=repository.objects.stream,
        parent_contents=lambda entries: _parent_contents(repository, since, entries),
        explain_missing=lambda path: _explain_missing(repository, path, intent_to_add),
        root=lambda: _root(repository),
        query_attributes=partial(_query_attributes, git, repository.temporary_parent),
        managed="PRE_COMMIT" in repository.user_git.environ,
    )
    check_names(snapshot)
    return snapshot


def _complete_rows(
    repository: Repository, listing: IndexListing | None
) -> tuple[Header | None, Rows]:
    """Return the header of the index, and its rows, of which the header has the number.

    Git lists the index after the header was read, so another process may have changed it between.
    Raises DlmGitError if the number is always another one.
    """
    header, rows = _listed(repository, listing) or _list_index(repository)
    for _ in range(_TRIES):
        count = header[1] if header else 0
        if count in (_UNKNOWN, count_rows(rows)):
            return header, rows
        header, rows = _list_index(repository)
    raise repository.git.incomplete(LIST_INDEX)


def _listed(repository: Repository, listing: IndexListing | None) -> tuple[Header, bytes] | None:
    """Return header and rows of a listing that still applies."""
    if not (listing and len(listing.rows) <= repository.git.limit and listing.is_current()):
        return None
    trace(LIST_INDEX, listing.seconds)
    return listing.header, listing.rows


def _list_index(repository: Repository) -> tuple[Header | None, Rows]:
    """Return the header of the index, None if it does not exist, and its rows behind a NUL."""
    if index_file.size(repository.index) < _SMALL_INDEX:
        header = _read_index_header(repository)
        return header, repository.git.list_rows(*LIST_INDEX)
    from dlm_git.git.mapped_output import list_large  # late: only for a large index

    header_call = _HeaderCall(repository)  # while git writes
    try:
        rows = list_large(repository.git, *LIST_INDEX)
    finally:
        header = header_call.result()
    return header, rows


def read_revision(repository: Repository, name: str, since: str = "") -> Snapshot:
    """Read the tree of the commit that a revision names; the name is resolved once.

    `since` is the commit to compare with, by default the commit's first parent. Raises DlmGitError
    if the name is ambiguous or does not name a commit, or if its tree is malformed.
    """
    from dlm_git.git.revisions import resolve_commit  # late: a check of the index needs none
    from dlm_git.git.tree_end import ends_as_tree

    git = repository.git
    oid = resolve_commit(git, name)
    label = f"revision {oid[:12]}" + ("" if oid.startswith(name) else f" ({name})")

    def check(group: bytes) -> None:
        check_rows(TREE_ROWS, label, group)
        check_lengths(label, b"\0" + group)

    tree = f"{oid}^{{commit}}"  # fails if HEAD was forged to name something else
    question = ("ls-tree", "-r", "-t", "-z", "--full-tree", tree)
    rows = git.list_rows(*question, check=check)
    snapshot = Snapshot(
        label=label,
        rows=rows,
        missing={},
        prefix=repository.prefix,
        read=repository.objects.read,
        stream=repository.objects.stream,
        revision=oid,
        parent_contents=partial(repository.objects.parent_contents, since or f"{oid}^"),
        root=lambda: _root(repository),
        query_attributes=partial(_query_attributes, git, repository.temporary_parent),
    )
    check_names(snapshot)
    check_parents(snapshot)
    with repository.objects:
        if not ends_as_tree(repository.objects, f"{oid}^{{tree}}", rows):
            raise git.incomplete(question)
    return snapshot


def _parent_contents(
    repository: Repository, since: str, entries: Sequence[Entry]
) -> Mapping[str, bytes]:
    """Return the content of each path in a commit, HEAD by default, where it differs."""
    objects = repository.objects
    if since:
        return objects.parent_contents(since, entries)
    # the key of a cached result names this tree, so HEAD must not be looked up again
    contents = objects.parent_contents("HEAD", entries, repository.dlm_tree)
    # before the first commit, git takes another ref called HEAD for it
    if not contents:
        return contents
    from dlm_git.git import refs  # late: few documents have changed

    return contents if refs.look_up(repository.git, "HEAD") else {}


def _root(repository: Repository) -> str:
    with suppress(DlmGitError):  # it is bare, or a hook runs outside of its working tree
        return repository.root
    return ""


def _require_regular_index(repository: Repository) -> None:
    """Raise DlmGitError for an index that is a pipe, which git would wait for."""
    try:
        index_file.require_regular(repository.index)
    except FileNotFoundError:
        return
    except OSError as error:
        raise DlmGitError(
            f"cannot read '{repository.index}': {error.strerror}",
            "GIT_INDEX_FILE must name a regular file",
        ) from error


def _read_index_header(repository: Repository) -> Header | None:
    try:
        return index_file.read_header(repository.index, repository.hash, repository.git_dir)
    except index_file.DamagedError:
        raise DlmGitError("the index is damaged: its checksum is wrong", "run `git fsck`") from None
    except OSError as error:
        raise DlmGitError(f"cannot read '{repository.index}': {error.strerror}") from error


class _HeaderCall:
    """A call of `_read_index_header`, in a thread."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._headers: list[Header | None] = []
        self._errors: list[DlmGitError] = []
        from threading import Thread  # late: only for a large index

        self._thread = Thread(target=self._run)
        self._thread.start()

    def result(self) -> Header | None:
        """Return the result of the call or raise its DlmGitError."""
        self._thread.join()
        if self._errors:
            raise self._errors.pop()  # a cycle would keep the memory of the rows
        return self._headers[0]

    def _run(self) -> None:
        try:
            self._headers.append(_read_index_header(self._repository))
        except DlmGitError as error:
            self._errors.append(error)


def _query_attributes(
    git: Git, parent: str | None, files: Mapping[str, bytes], paths: Sequence[str]
) -> Sequence[Conversion]:
    from dlm_git.git.attributes import query_attributes  # late: few repositories have attributes

    return query_attributes(git, parent, files, paths)


def _intent_to_add_paths(git: Git, rows: Rows) -> set[str]:
    """Return the paths of `git add --intent-to-add`, which the commit will not contain.

    `ls-files` lists them as empty files; only `diff-index` distinguishes them (git-add(1)).
    """
    empty = {
        entry.path
        for oid in index_file.EMPTY_BLOBS
        for entry in rows_containing(rows, f" {oid} 0\t".encode())
    }
    if not empty:
        return empty
    tree = git.line("hash-object", "-t", "tree", "--stdin")
    options = ("--cached", "--name-only", "-z", "--no-renames", "--ita-invisible-in-index")
    question = ("diff-index", *options, tree)
    added = set(os.fsdecode(git.list_rows(*question)).split("\0"))
    last = next((path for path in paths_backwards(rows) if path not in empty), None)
    if last is not None and last not in added:
        raise git.incomplete(question)
    return empty - added


def _remove_paths(rows: Rows, paths: Collection[str]) -> Rows:
    if not paths:
        return rows
    names = set(map(os.fsencode, paths))
    kept = (row for row in bytes(rows).split(b"\0") if row.partition(b"\t")[2] not in names)
    return b"\0".join(kept)


def _explain_missing(
    repository: Repository, path: str, intent_to_add: Collection[str]
) -> MissingPathStatus:
    from dlm_git.git.missing import explain_missing  # late: rare

    return explain_missing(repository, path, intent_to_add)
