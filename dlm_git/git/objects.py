"""Read objects from Git's object database, by object id or by revision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.git.cat_file import CatFile
from dlm_git.git.process import Git
from dlm_git.snapshots.entry import MAX_BLOB, Blob, Entry, Limits

OID_PATTERN = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"  # SHA-1 or SHA-256
_NOT_FETCHED = "could not fetch"  # as older versions of git say of a missing object
_GROUP = 1 << 20  # bytes of contents that are read at once
_FEW = 16  # contents that are read without their sizes before
_CHUNK = 1000  # objects whose sizes are read at once
_ABSENT = (b" missing", b" ambiguous", b" submodule")
_KINDS = (b"commit", b"tree", b"blob", b"tag")

# object id and size of a blob, ('', -1) if it is missing
_Size = tuple[str, int]


class Objects:
    """The objects of a repository. In a context, one git process reads them all."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._cat_file = CatFile(git)

    def __enter__(self) -> Objects:
        self._cat_file.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._cat_file.__exit__()

    def read(self, entries: Sequence[Entry]) -> list[Blob]:
        """Return the contents of entries.

        Raises MissingObjectError, or DlmGitError if their total size exceeds the limit of `git`.
        """
        if not entries:
            return []
        with self:
            if len(entries) <= _FEW and (blobs := self._read_at_once(entries, self._git.limit)):
                return blobs
            sizes = self._present_sizes(entries)
            self._require_limit(dict(sizes))
            contents = self._contents({oid: size for oid, size in sizes if size <= MAX_BLOB})
        return [Blob(size, contents.get(oid)) for oid, size in sizes]

    def stream(self, entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
        """Yield the contents of entries one by one.

        A blob larger than its limit has a size but no data. Raises MissingObjectError.
        """
        with self:
            if len(entries) == 1 and limits[:1] != [0]:
                limit = limits[0] if limits else None
                if blobs := self._read_at_once(entries, MAX_BLOB if limit is None else limit):
                    yield from blobs
                    return
            for first in range(0, len(entries), _CHUNK):
                chunk = slice(first, first + _CHUNK)
                sizes = self._present_sizes(entries[chunk], entries)
                for group in _groups(sizes, limits[chunk]):
                    contents = self._contents({oid: size for oid, size, fits in group if fits})
                    for oid, size, fits in group:
                        yield Blob(size, contents[oid] if fits else None)

    def _read_at_once(self, entries: Sequence[Entry], limit: int) -> list[Blob] | None:
        """Return the contents of entries with one question to git, None if it takes several.

        It takes several if an object is missing or not a blob, or if they exceed a limit.
        """
        oids = list(dict.fromkeys(entry.oid for entry in entries))
        try:
            contents = self._cat_file.blobs(oids, min(limit, MAX_BLOB))
        except DlmGitError as error:
            if _NOT_FETCHED not in error.message:
                raise
            return None
        if contents is None:
            return None
        blobs = {oid: Blob(len(data), data) for oid, data in zip(oids, contents, strict=True)}
        return [blobs[entry.oid] for entry in entries]

    def parent_contents(
        self, parent: str, entries: Sequence[Entry], dlm_tree: str = ""
    ) -> dict[str, bytes]:
        """Return the content of each path in another commit, where it exists and differs.

        dlm_tree: the object id of its `.dlm`, '' to look that up.
        """
        candidates = [entry for entry in entries if "\n" not in entry.path]
        names = [_name(parent, dlm_tree, entry.path) for entry in candidates]
        with self:
            try:
                blobs = self.resolve(names)
            except DlmGitError as error:
                if _NOT_FETCHED not in error.message:
                    raise
                return {}  # a partial clone may not have the parent's trees
            changed = {
                entry.path: (oid, size)
                for entry, (oid, size) in zip(candidates, blobs, strict=True)
                if 0 <= size <= MAX_BLOB and oid != entry.oid
            }
            self._require_limit(dict(changed.values()))
            contents = self._contents(dict(changed.values()))
        return {path: contents[oid] for path, (oid, _) in changed.items()}

    def resolve(self, names: Sequence[str]) -> list[_Size]:
        """Return object id and size of each blob, ('', -1) for a missing one or another kind."""
        return [
            (oid, size) if kind == "blob" else ("", -1) for oid, kind, size in self._look_up(names)
        ]

    def peel(self, names: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Return object id and kind of each object with its tags peeled, ('', '') if missing."""
        unique = list(dict.fromkeys(names))
        objects = self._look_up([f"{name}^{{}}" for name in unique])
        return {name: (oid, kind) for name, (oid, kind, _) in zip(unique, objects, strict=True)}

    def _look_up(self, names: Sequence[str]) -> list[tuple[str, str, int]]:
        """Return object id, kind and size of each object, ('', '', -1) if it is missing."""
        return [_parse_header(line) for line in self._cat_file.headers(names)] if names else []

    def read_tree(self, name: str) -> bytes:
        """Return the content of a tree. Raises DlmGitError if it is missing."""
        ((header, data),) = self._cat_file.contents([name])
        if _parse_header(header)[1] != "tree":
            raise DlmGitError(f"expected a tree, found '{_shown(header)}'", "run `git fsck`")
        return data

    def _present_sizes(self, entries: Sequence[Entry], of_all: Sequence[Entry] = ()) -> list[_Size]:
        """Return object id and size of each entry.

        Raises MissingObjectError for those of `of_all` that are missing, if one of these is.
        """
        sizes = self._sizes(entries)
        if not _missing(entries, sizes):
            return sizes
        entries = of_all or entries
        raise _missing_objects(self._git, _missing(entries, self._sizes(entries)))

    def _sizes(self, entries: Sequence[Entry]) -> list[_Size]:
        """Return what `resolve` returns, without an error for an object that git may not fetch."""
        oids = [entry.oid for entry in entries]
        try:
            return self.resolve(oids)
        except DlmGitError as error:
            if _NOT_FETCHED not in error.message:
                raise
        from dlm_git.git.isolated import without_remotes  # late: rare

        with without_remotes(self._git) as isolated:
            return Objects(isolated).resolve(oids)

    def _require_limit(self, sizes: Mapping[str, int]) -> None:
        """Raise DlmGitError if the total size of objects exceeds the limit of `git`."""
        limit = self._git.limit
        if sum(size for size in sizes.values() if size <= MAX_BLOB) > limit:
            raise DlmGitError(
                f"the documents and their configuration have more than {limit >> 20} MiB in total",
                "commit less under '.dlm', or raise --size-limit on the server",
            )

    def _contents(self, sizes: Mapping[str, int]) -> dict[str, bytes]:
        """Return the contents of blobs, by id."""
        contents = {}
        blobs = self._cat_file.contents([*sizes]) if sizes else ()
        for (oid, size), (header, data) in zip(sizes.items(), blobs, strict=False):
            if header != f"{oid} blob {size}".encode():
                message = f"expected object {oid}, found '{_shown(header)}'"
                raise DlmGitError(message, "run `git fsck`")
            contents[oid] = data
        return contents


def _name(commit: str, dlm_tree: str, path: str) -> str:
    """Return git's name for a path in a commit (gitrevisions(7)); see `parent_contents`."""
    below = path.removeprefix(".dlm/")
    return f"{dlm_tree}:{below}" if dlm_tree and below != path else f"{commit}:{path}"


def _groups(sizes: Iterable[_Size], limits: Limits) -> Iterator[list[tuple[str, int, bool]]]:
    """Yield object id and size of each blob, and whether it fits its limit, in groups to read."""
    group: list[tuple[str, int, bool]] = []
    total = 0
    for (oid, size), limit in zip_longest(sizes, limits):
        fits = size <= (MAX_BLOB if limit is None else min(limit, MAX_BLOB))
        if fits and group and total + size > _GROUP:
            yield group
            group, total = [], 0
        group.append((oid, size, fits))
        total += size if fits else 0
    if group:
        yield group


def _missing(entries: Sequence[Entry], sizes: Sequence[_Size]) -> list[Entry]:
    return [entry for entry, (_, size) in zip(entries, sizes, strict=True) if size < 0]


def _missing_objects(git: Git, entries: Sequence[Entry]) -> MissingObjectError:
    from dlm_git.git.sparse import sparse_directories, sparse_hint  # late: for errors

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


def _parse_header(line: bytes) -> tuple[str, str, int]:
    """Return object id, kind and size, ('', '', -1) for an object that git does not have.

    Raises DlmGitError if git answered something else.
    """
    words = line.split()
    # 'HEAD:a blob missing' names a file that does not exist
    if len(words) == 3 and words[1] in _KINDS and words[2].isdigit():
        return words[0].decode(), words[1].decode(), int(words[2])
    if not line.endswith(_ABSENT):
        raise DlmGitError(f"expected an object, found '{_shown(line)}'", "run `git fsck`")
    return "", "", -1


def _shown(line: bytes) -> str:
    return line[:100].decode(errors="backslashreplace")
