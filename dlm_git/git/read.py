"""Read the index and revisions as Snapshots, as Git recorded them; nothing is changed."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Generic, TypeVar

from dlm_git.errors import DlmGitError
from dlm_git.git import index_file, objects, refs
from dlm_git.git.attributes import query_attributes
from dlm_git.git.objects import OID_PATTERN
from dlm_git.git.process import Git, error_line
from dlm_git.git.repository import Repository, find_ignore_pattern
from dlm_git.git.sparse import outside_sparse_checkout
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.rows import find_long_row, parse_row, rows_containing
from dlm_git.snapshots.snapshot import MissingPathStatus, Snapshot

_T = TypeVar("_T")
_NOT_FOUND = "Needed a single revision"  # what git says
_MAX_PATH = 4096  # bytes, the limit of Linux; directories around a path cost its square
_ROW_HEAD = 100  # bytes; mode, type, object id and stage have fewer
# names that Git refuses in a path: empty, `.`, `..` and `.git`
_BAD_NAME = rb"(?:\.\.?|\.git)?[/\0]"
_MODE = rb"(?:100644|100755|120000|160000)"
_INDEX_ROWS = re.compile(rb"(?:%b %b [0-3]\t(?!%b)[^\0]++\0)*+" % (_MODE, OID_PATTERN, _BAD_NAME))
_TREE_ROWS = re.compile(
    rb"(?:(?:(?:100644|100755|120000) blob|160000 commit|040000 tree) %b\t(?!%b)[^\0]++\0)*+"
    % (OID_PATTERN, _BAD_NAME)
)
# a name that git would also guess, with the steps from there: `refs/heads/main~2`
_FULL_NAME = re.compile(
    r"(?P<ref>HEAD|@|refs/(?:(?!@\{)[^\0- ~^:?*\[\\\x7f])+)(?P<steps>[~^].*)?(?P<log>@\{.*)?",
    re.DOTALL,
)
_BAD_COMPONENT = re.compile(rb"/%b" % _BAD_NAME)


def read_index(repository: Repository, since: str = "") -> Snapshot:
    """Read the index that the commit in progress will record (`GIT_INDEX_FILE`).

    `since` is the commit to compare with, HEAD by default. Raises DlmGitError if the repository is
    bare, or if the index is damaged or unreadable.
    """
    if repository.bare:
        raise DlmGitError("a bare repository has no index", "check a revision: `--rev HEAD`")
    git = repository.git
    _require_regular_index(repository)
    header_call = _BackgroundCall(partial(_read_index_header, repository))  # while git writes
    try:
        rows = git.list_rows("ls-files", "--stage", "-z")
    finally:
        header = header_call.result()
    version, count, checksum = header or (0, 0, b"")
    label = "the index" if header else "the index (not created yet)"
    complete = count == rows.count(b"\0") - 1  # a split index has entries in a second file
    if not (complete and checksum and repository.trusted_index):
        _check_rows(_INDEX_ROWS, label, rows, 1)
    _check_lengths(label, rows)
    intent_to_add: Collection[str] = ()
    if not (complete and version == 2):  # version 2 has no intent-to-add flag
        intent_to_add = _intent_to_add_paths(git, rows)
        rows = _remove_paths(rows, intent_to_add)
    snapshot = Snapshot(
        label=label,
        rows=rows,
        prefix=repository.prefix,
        read=lambda entries: objects.read(git, entries),
        stream=lambda entries, limits: objects.stream(git, entries, limits),
        parent_contents=lambda entries: _parent_contents(git, since, entries),
        explain_missing=lambda path: _explain_missing(repository, path, intent_to_add),
        root=lambda: _root(repository),
        query_attributes=partial(query_attributes, git, repository.temporary_parent),
        managed="PRE_COMMIT" in repository.user_git.environ,
    )
    _check_names(snapshot)
    return snapshot


def read_revision(repository: Repository, name: str, since: str = "") -> Snapshot:
    """Read the tree of the commit that a revision names; the name is resolved once.

    `since` is the commit to compare with, by default the commit's first parent. Raises DlmGitError
    if the name is ambiguous or does not name a commit, or if its tree is malformed.
    """
    git = repository.git
    oid = resolve_commit(git, name)
    label = f"revision {oid[:12]}" + ("" if oid.startswith(name) else f" ({name})")

    def check(group: bytes) -> None:
        _check_rows(_TREE_ROWS, label, group)
        _check_lengths(label, b"\0" + group)

    tree = f"{oid}^{{commit}}"  # fails if HEAD was forged to name something else
    rows = git.list_rows("ls-tree", "-r", "-t", "-z", "--full-tree", tree, check=check)
    snapshot = Snapshot(
        label=label,
        rows=rows,
        prefix=repository.prefix,
        read=lambda entries: objects.read(git, entries),
        stream=lambda entries, limits: objects.stream(git, entries, limits),
        revision=oid,
        parent_contents=lambda entries: objects.parent_contents(git, since or f"{oid}^", entries),
        root=lambda: _root(repository),
        query_attributes=partial(query_attributes, git, repository.temporary_parent),
    )
    _check_names(snapshot)
    _check_parents(snapshot)
    return snapshot


def _parent_contents(git: Git, since: str, entries: Sequence[Entry]) -> Mapping[str, bytes]:
    """Return the content of each path in a commit, HEAD by default, where it differs."""
    contents = objects.parent_contents(git, since or "HEAD", entries)
    # before the first commit, git takes another ref called HEAD for it
    return contents if not contents or since or refs.look_up(git, "HEAD") else {}


def _root(repository: Repository) -> str:
    with suppress(DlmGitError):  # it is bare, or a hook runs outside of its working tree
        return repository.root
    return ""


def resolve_commit(git: Git, name: str) -> str:
    """Return the object id of the commit that a revision names, with tags peeled.

    Raises DlmGitError if the name is ambiguous or does not name a commit.
    """
    full = _FULL_NAME.fullmatch(name)
    if not full:
        return _resolve(git, name, name)
    ref = "HEAD" if full["ref"] == "@" else full["ref"]
    oid = refs.look_up(git, ref)
    if not oid:
        raise _not_a_commit(name, _NOT_FOUND)
    if full["log"]:
        return _resolve(git, name, name)
    # HEAD itself names a commit already
    return oid if name in ("HEAD", "@") else _resolve(git, name, f"{oid}{full['steps'] or ''}")


def _resolve(git: Git, name: str, revision: str) -> str:
    """Return the object id of the commit of a revision, which the user wrote as `name`."""
    question = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    code, output, errors = git.run(*question, ok=(0, 128))
    id_ = re.match(rb"(%b)(?:[~^]|$)" % OID_PATTERN, os.fsencode(revision))
    # git prefers a whole object id to a ref of that name, with a warning
    if b"ambiguous" in errors and not (id_ and len(id_[1]) == len(output.strip())):
        raise DlmGitError(
            f"revision '{name}' is ambiguous",
            "use the full name, such as 'refs/heads/main'; `git show-ref` lists all names",
        )
    if code or not re.fullmatch(OID_PATTERN, output.strip()):
        raise _not_a_commit(name, error_line(errors))
    return output.decode().strip()


def _not_a_commit(name: str, error: str) -> DlmGitError:
    if error != _NOT_FOUND:
        return _unreadable(name, f'git says "{error}"', "pass a commit, a branch or a tag")
    if re.search(r"\.\.|[:^]|^$", name):
        return _unreadable(name, "it does not name a commit", "pass a commit, a branch or a tag")
    if name == "HEAD":
        return _unreadable(name, "nothing is committed yet", "create a commit with `git commit`")
    hint = "fetch it first, or correct the name; in CI, check out the full history (fetch-depth: 0)"
    return _unreadable(name, "this repository does not have such a commit", hint)


def _unreadable(name: str, reason: str, hint: str) -> DlmGitError:
    return DlmGitError(f"cannot read revision '{name}': {reason}", hint)


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


def _read_index_header(repository: Repository) -> tuple[int, int, bytes] | None:
    try:
        return index_file.read_header(repository.index, repository.hash)
    except index_file.DamagedError:
        raise DlmGitError("the index is damaged: its checksum is wrong", "run `git fsck`") from None
    except OSError as error:
        raise DlmGitError(f"cannot read '{repository.index}': {error.strerror}") from error


def _check_rows(pattern: re.Pattern[bytes], label: str, rows: bytes, start: int = 0) -> None:
    """Raise DlmGitError for rows that only a damaged index or tree has.

    For a truncated index, `git ls-files` ends with exit code 0 and prints garbage.
    """
    if not pattern.fullmatch(rows, start) or b"//" in rows or b"/\0" in rows:
        raise _damaged(label)


def _check_lengths(label: str, rows: bytes) -> None:
    """Raise DlmGitError for a path that no system can check out."""
    row = find_long_row(rows, _MAX_PATH + _ROW_HEAD)
    if row:
        path = parse_row(row).path
        raise DlmGitError(
            f"{label} contains a path of {len(os.fsencode(path)):,} bytes: '{path[:60]}...'",
            f"Git cannot check out more than {_MAX_PATH:,} bytes: rename the file",
        )


def _damaged(label: str) -> DlmGitError:
    return DlmGitError(f"{label} is damaged: git lists impossible entries", "run `git fsck`")


def _check_names(snapshot: Snapshot) -> None:
    """Raise DlmGitError for duplicate paths: which entry counts depends on the git command."""
    label = snapshot.label
    if _BAD_COMPONENT.search(snapshot.dotfile_rows):
        raise _damaged(label)
    entries = list(rows_containing(snapshot.dotfile_rows, b".dlm"))
    if any(not entry.oid.strip("0") for entry in entries):
        raise DlmGitError(f"{label} is damaged: an object id is all zeros", "run `git fsck`")
    counts = Counter((entry.path, entry.stage) for entry in entries)
    if len(counts) != len(entries):
        ((path, _), _), *_ = counts.most_common(1)
        raise DlmGitError(f"{label} is malformed: it contains '{path}' twice", "run `git fsck`")


def _check_parents(snapshot: Snapshot) -> None:
    """Raise DlmGitError for a tree entry with a slash in its name: its parent is not listed."""
    entries = list(rows_containing(snapshot.dotfile_rows, b".dlm"))
    directories = {entry.path for entry in entries if entry.is_tree}
    for entry in entries:
        parent, _, name = entry.path.rpartition("/")
        if ".dlm" in parent and parent not in directories:
            raise DlmGitError(
                f"{snapshot.label} is malformed: the name of '{name}' contains a slash",
                "run `git fsck`",
            )


class _BackgroundCall(Generic[_T]):
    """A function call in a thread; `concurrent.futures` would take milliseconds to import."""

    def __init__(self, function: Callable[[], _T]) -> None:
        self._function = function
        self._results: list[_T] = []
        self._errors: list[DlmGitError] = []
        self._thread = Thread(target=self._run)
        self._thread.start()

    def result(self) -> _T:
        """Wait for the function, and return its result or raise its DlmGitError."""
        self._thread.join()
        if self._errors:
            raise self._errors[0]
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._function())
        except DlmGitError as error:
            self._errors.append(error)


def _intent_to_add_paths(git: Git, rows: bytes) -> set[str]:
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
    tree = git.output("hash-object", "-t", "tree", "--stdin").decode().strip()
    options = ("--cached", "--name-only", "-z", "--no-renames", "--ita-invisible-in-index")
    added = git.list_rows("diff-index", *options, tree)
    return empty - set(os.fsdecode(added).split("\0"))


def _remove_paths(rows: bytes, paths: Collection[str]) -> bytes:
    if not paths:
        return rows
    names = set(map(os.fsencode, paths))
    return b"\0".join(row for row in rows.split(b"\0") if row.partition(b"\t")[2] not in names)


def _explain_missing(
    repository: Repository, path: str, intent_to_add: Collection[str]
) -> MissingPathStatus:
    """Return why the index does not contain a path."""
    if path in intent_to_add:
        return MissingPathStatus("intent-to-add")
    if _is_left_out(repository, path):
        return MissingPathStatus("left-out")
    if outside_sparse_checkout(repository.git, [path]):
        return MissingPathStatus("sparse")
    with suppress(DlmGitError):  # no working tree, or a symbolic link in the path
        ignored = find_ignore_pattern(repository, path)
        if ignored:
            return ignored
        if os.path.lexists(Path(repository.root, path)):
            return MissingPathStatus("untracked")
    if not refs.look_up(repository.git, "HEAD"):
        return MissingPathStatus("absent")
    # reads trees only, so that a partial clone need not have the content
    question = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"HEAD:{path}")
    code, _, errors = repository.git.run(*question, ok=(0, 1, 128))
    if b"could not fetch" in errors:
        raise DlmGitError(
            "cannot look up HEAD: this is a partial clone without its trees",
            "`git checkout` fetches them",
        )
    return MissingPathStatus("absent" if code else "deleted")


def _is_left_out(repository: Repository, path: str) -> bool:
    """Return True if a path is staged, but `git commit PATH` commits only other paths."""
    if "GIT_INDEX_FILE" not in repository.user_git.environ:
        return False
    environ = {k: v for k, v in repository.git.environ.items() if k != "GIT_INDEX_FILE"}
    git = replace(repository.git, environ=environ)
    return bool(git.output("--literal-pathspecs", "ls-files", "-z", "--", path))
