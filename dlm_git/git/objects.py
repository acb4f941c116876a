"""Reads what Git has stored: contents of entries, by object id."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import IO

from dlm_git.errors import DlmGitError
from dlm_git.git.process import Git
from dlm_git.snapshots.entry import MAX_BLOB, Blob, Entry, Limits

_KINDS = (b"commit", b"tree", b"blob", b"tag")


def read(git: Git, entries: Sequence[Entry]) -> list[Blob]:
    """The contents of entries. Raises CannotCheck if one is not here, or if they are too large
    together."""
    sizes = resolve(git, [entry.oid for entry in entries])
    for entry, (_, size) in zip(entries, sizes, strict=True):
        if size < 0:
            raise _not_here(entry)
    contents = _contents(git, {oid: size for oid, size in sizes if size <= MAX_BLOB})
    return [Blob(size, contents.get(oid)) for oid, size in sizes]


def stream(git: Git, entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
    """The contents of entries, one after the other, from one process; of those beyond their limit
    the size only. Raises CannotCheck if one is not here."""
    if not entries:
        return
    names = "".join(f"{entry.oid}\n" for entry in entries).encode()
    with git.stream("cat-file", "--batch", data=names) as out:
        for entry, limit in zip_longest(entries, limits):
            words = out.readline().split()
            if len(words) != 3 or words[0].decode() != entry.oid or words[1] != b"blob":
                raise _not_here(entry)
            size = int(words[2])
            wanted = size <= (MAX_BLOB if limit is None else min(limit, MAX_BLOB))
            data = out.read(size) if wanted else None
            if data is None:
                _pass_over(out, size)
            if out.read(1) != b"\n":
                raise DlmGitError("git does not give the whole of an object", "try `git fsck`")
            yield Blob(size, data)


def _pass_over(out: IO[bytes], size: int) -> None:
    while size > 0 and (piece := out.read(min(size, 1 << 20))):
        size -= len(piece)


def _not_here(entry: Entry) -> DlmGitError:
    return DlmGitError(
        f"the content of '{entry.path}' is not in this repository (object {entry.oid})",
        f"in a partial clone, `git cat-file -e {entry.oid}` fetches it",
    )


def parent_contents(git: Git, parent: str, entries: Sequence[Entry]) -> dict[str, bytes]:
    """What the paths held in another commit, if it is there and they were other files."""
    asked = [entry for entry in entries if "\n" not in entry.path]
    try:
        sizes = resolve(git, [f"{parent}:{entry.path}" for entry in asked])
    except DlmGitError:  # of a partial clone: what came before may be elsewhere
        return {}
    changed = {
        entry.path: (oid, size)
        for entry, (oid, size) in zip(asked, sizes, strict=True)
        if 0 <= size <= MAX_BLOB and oid != entry.oid
    }
    contents = _contents(git, dict(changed.values()))
    return {path: contents[oid] for path, (oid, _) in changed.items()}


def resolve(git: Git, names: Sequence[str]) -> list[tuple[str, int]]:
    """Object id and size of each object; the size of what is no blob that is here is -1."""
    return [
        (oid, size) if kind == "blob" else ("", -1) for oid, kind, size in _looked_up(git, names)
    ]


def peel(git: Git, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each object is once its tags are peeled off: object id and kind, ('', '') if it is not
    here. One process answers for all."""
    asked = list(dict.fromkeys(names))
    answers = _looked_up(git, [f"{name}^{{}}" for name in asked])
    return {name: (oid, kind) for name, (oid, kind, _) in zip(asked, answers, strict=True)}


def _looked_up(git: Git, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Object id, kind and size of each object; ('', '', -1) if it is not here."""
    if not names:
        return []
    data = b"".join(os.fsencode(name) + b"\n" for name in names)
    answers = git.output("cat-file", "--batch-check", data=data).split(b"\n")[:-1]
    if len(answers) != len(names):
        raise DlmGitError("git does not answer for every object it was asked for")
    return [_object(answer) for answer in answers]


def _object(answer: bytes) -> tuple[str, str, int]:
    words = answer.split()
    if len(words) == 3 and words[1] in _KINDS:
        return words[0].decode(), words[1].decode(), int(words[2])
    return "", "", -1


def _contents(git: Git, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The contents of objects, by id. Raises CannotCheck if they are too large together."""
    oids = list(sizes)
    if not oids:
        return {}
    if sum(sizes.values()) > git.limit:
        what = f"documents and what belongs to them have over {git.limit >> 20} MiB together"
        raise DlmGitError(what, "commit less under '.dlm'")
    out = git.output("cat-file", "--batch", data="".join(f"{oid}\n" for oid in oids).encode())
    contents, at = {}, 0
    for oid in oids:
        head, _, size = out[at : out.index(b"\n", at)].decode().rpartition(" blob ")
        if head != oid:
            raise DlmGitError(f"git answers with another object than '{oid}'", "try `git fsck`")
        at = out.index(b"\n", at) + 1
        contents[oid] = out[at : at + int(size)]
        at += int(size) + 1
    return contents
