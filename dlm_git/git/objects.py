"""Read objects from Git's object database, by object id or by revision."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.git.isolated import without_remotes
from dlm_git.git.process import Git
from dlm_git.git.sparse import sparse_directories, sparse_hint
from dlm_git.snapshots.entry import MAX_BLOB, Blob, Entry, Limits

TYPE_CHECKING = False
if TYPE_CHECKING:
    pass

OID_PATTERN = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"  # SHA-1 or SHA-256
_NOT_FETCHED = "could not fetch"  # as older versions of git say of a missing object
_GROUP = 1 << 22  # bytes of contents that are read at once
_KINDS = (b"commit", b"tree", b"blob", b"tag")


def read(git: Git, entries: Sequence[Entry]) -> list[Blob]:
    """Return the contents of entries.

    Raises MissingObjectError, or DlmGitError if their total size exceeds the limit of `git`.
    """
    sizes = _sizes(git, entries)
    if missing := _missing(entries, sizes):
        raise _missing_objects(git, missing)
    contents = _read_contents(git, {oid: size for oid, size in sizes if size <= MAX_BLOB})
    return [Blob(size, contents.get(oid)) for oid, size in sizes]


def stream(git: Git, entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
    """Yield the contents of entries one by one.

    A blob larger than its limit has a size but no data. Raises MissingObjectError.
    """
    sizes = _sizes(git, entries)
    if missing := _missing(entries, sizes):
        raise _missing_objects(git, missing)
    for group in _groups([*zip(sizes, limits or [None] * len(sizes), strict=True)]):
        contents = _read_contents(git, dict(blob for blob, fits in group if fits))
        for (oid, size), _ in group:
            yield Blob(size, contents.get(oid))


def _groups(
    blobs: Iterable[tuple[tuple[str, int], int | None]],
) -> Iterator[list[tuple[tuple[str, int], bool]]]:
    """Yield the blobs, each with whether it is to be read, in groups of some size."""
    group: list[tuple[tuple[str, int], bool]] = []
    total = 0
    for (oid, size), limit in blobs:
        fits = size <= (MAX_BLOB if limit is None else min(limit, MAX_BLOB))
        if total + size > _GROUP and group:
            yield group
            group, total = [], 0
        group.append(((oid, size), fits))
        total += size if fits else 0
    if group:
        yield group


def _sizes(git: Git, entries: Sequence[Entry]) -> list[tuple[str, int]]:
    """Return what `resolve` returns, without an error for an object that git may not fetch."""
    oids = [entry.oid for entry in entries]
    try:
        return resolve(git, oids)
    except DlmGitError as error:
        if _NOT_FETCHED not in error.message:
            raise
    with without_remotes(git) as isolated:
        return resolve(isolated, oids)


def _missing(entries: Sequence[Entry], sizes: Sequence[tuple[str, int]]) -> list[Entry]:
    return [entry for entry, (_, size) in zip(entries, sizes, strict=True) if size < 0]


def _missing_objects(git: Git, entries: Sequence[Entry]) -> MissingObjectError:
    first, *others = entries
    more = f", nor that of {len(others)} more" if others else ""
    hint = f"in a partial clone, `git cat-file -e {first.oid}` fetches it"
    if directories := sparse_directories(git, entries):
        hint = sparse_hint(directories)
    return MissingObjectError(
        f"the content of '{first.path}' is not in this repository (object {first.oid}){more}",
        hint,
        [entry.path for entry in entries],
    )


def parent_contents(
    git: Git, parent: str, entries: Sequence[Entry], dlm_tree: str = ""
) -> dict[str, bytes]:
    """Return the content of each path in another commit, where it exists and differs.

    dlm_tree: the object id of its `.dlm`, '' to look that up.
    """
    candidates = [entry for entry in entries if "\n" not in entry.path]
    names = [f"{parent}:{entry.path}" for entry in candidates]
    if dlm_tree:
        names = [name.replace(f"{parent}:.dlm/", f"{dlm_tree}:") for name in names]
    try:
        blobs = resolve(git, names)
    except DlmGitError:  # a partial clone may not have the parent's trees
        return {}
    changed = {
        entry.path: (oid, size)
        for entry, (oid, size) in zip(candidates, blobs, strict=True)
        if 0 <= size <= MAX_BLOB and oid != entry.oid
    }
    contents = _read_contents(git, dict(changed.values()))
    return {path: contents[oid] for path, (oid, _) in changed.items()}


def resolve(git: Git, names: Sequence[str]) -> list[tuple[str, int]]:
    """Return object id and size of each blob, ('', -1) for a missing one or another kind."""
    return [(oid, size) if kind == "blob" else ("", -1) for oid, kind, size in _look_up(git, names)]


def peel(git: Git, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return object id and kind of each object with its tags peeled, ('', '') if it is missing.

    One git process answers for all names.
    """
    unique = list(dict.fromkeys(names))
    objects = _look_up(git, [f"{name}^{{}}" for name in unique])
    return {name: (oid, kind) for name, (oid, kind, _) in zip(unique, objects, strict=True)}


def _look_up(git: Git, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Return object id, kind and size of each object, ('', '', -1) if it is missing."""
    if not names:
        return []
    data = b"".join(os.fsencode(name) + b"\n" for name in names)
    lines = git.output("cat-file", "--batch-check", data=data).split(b"\n")[:-1]
    if len(lines) != len(names):
        raise DlmGitError(
            f"git reported {len(lines)} of {len(names)} requested objects", "run `git fsck`"
        )
    return [_parse_header(line) for line in lines]


def _parse_header(line: bytes) -> tuple[str, str, int]:
    words = line.split()
    if len(words) == 3 and words[1] in _KINDS:
        return words[0].decode(), words[1].decode(), int(words[2])
    return "", "", -1


def _read_contents(git: Git, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """Return the contents of objects, by id.

    Raises DlmGitError if their total size exceeds the limit of `git`.
    """
    oids = list(sizes)
    if not oids:
        return {}
    if sum(sizes.values()) > git.limit:
        raise DlmGitError(
            f"the documents and their configuration have more than {git.limit >> 20} MiB in total",
            "commit less under '.dlm', or raise --size-limit on the server",
        )
    output = git.output("cat-file", "--batch", data="".join(f"{oid}\n" for oid in oids).encode())
    contents, start = {}, 0
    for oid in oids:
        end = output.index(b"\n", start)
        header_oid, _, size = output[start:end].decode().rpartition(" blob ")
        if header_oid != oid:
            raise DlmGitError(f"expected object {oid}, found '{header_oid}'", "run `git fsck`")
        start = end + 1
        contents[oid] = output[start : start + int(size)]
        start += int(size) + 1
    return contents
