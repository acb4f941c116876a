"""The index file: its header and its checksum (gitformat-index(5)), and its entries.

The cached path of `dlm-git check` imports this module.
"""

from __future__ import annotations

import errno
import os
from stat import S_ISREG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader

LIST_INDEX = ("ls-files", "--stage", "-z")
EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
# the file with the other entries of a split index, and the signature of the extension for it;
# a path that contains the signature is taken for one too, which only costs time
SHARED_INDEX = "sharedindex."
_SPLIT_INDEX = b"link\0"
# the signature of the extension for a sparse index; only that for the end of the entries follows
_SPARSE_INDEX = b"sdir\0\0\0\0"
_TAIL = 1 << 12  # bytes
_CHUNK = 1 << 20  # bytes


Header = tuple[int, int, bytes]  # version, number of entries, checksum


class DamagedError(Exception):
    """The checksum of an index is wrong."""


class IndexListing:
    """The entries of an index as git has listed them.

    header: that of the index, which was read before.
    rows: a NUL and the output of git.
    seconds: how long it took.
    is_current: returns whether the index file is still the same.
    """

    def __init__(
        self, header: Header, rows: bytes, seconds: float, is_current: Callable[[], bool]
    ) -> None:
        self.header, self.rows, self.seconds = header, rows, seconds
        self.is_current = is_current


def require_regular(path: str) -> None:
    """Raise OSError for an index that is not a file: to open a pipe can take forever."""
    if not S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")


def size(path: str) -> int:
    """Return the size of an index file, 0 if it does not exist."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def read_header(path: str, algorithm: str, git_dir: str) -> Header | None:
    """Return version, number of entries and checksum of an index file, None if it does not exist.

    git_dir: the Git directory, which holds the other part of an index that is split.

    The checksum is b'' if Git was configured to skip it (`index.skipHash`). The number is -1 if
    Git may list others: the index may be split, so that another file has more entries, or sparse,
    so that Git reads directories from trees.

    Raises DamagedError if the checksum is wrong: git reads an index that is cut off inside a name
    without an error. Raises OSError if the file cannot be read.
    """
    try:
        require_regular(path)
        with open(path, "rb") as file:
            head = file.read(12)
            checksum = _read_checksum(file, algorithm)
            is_whole = not (_may_be_sparse(file) or _may_be_split(file, git_dir))
            count = int.from_bytes(head[8:12]) if is_whole else -1
    except FileNotFoundError:
        return None
    return int.from_bytes(head[4:8]), count, checksum


def may_skip_worktree(path: str, git_dir: str) -> bool:
    """Return whether entries of an index can have the flag of a sparse checkout.

    Those of version 2 have no such flag. Raises OSError if the file cannot be read.
    """
    require_regular(path)
    with open(path, "rb") as file:
        version = int.from_bytes(file.read(8)[4:])
        return version != 2 or _may_be_split(file, git_dir)


def _read_checksum(file: BufferedReader, algorithm: str) -> bytes:
    """Return the checksum at the end of an index, b'' if Git skipped it."""
    from dlm_git.digest import new_digest  # late: most cached checks need no digest

    left = os.fstat(file.fileno()).st_size
    digest = new_digest(algorithm, left)
    size = digest.digest_size
    left = max(left - size, 0)
    file.seek(0)
    while piece := file.read(min(left, _CHUNK)):
        digest.update(piece)
        left -= len(piece)
    checksum = file.read(size)
    if checksum == bytes(size):
        return b""
    if checksum != digest.digest():
        raise DamagedError
    return checksum


def _may_be_split(file: BufferedReader, git_dir: str) -> bool:
    """Return whether an index may refer to a file with more entries."""
    if not any(name.startswith(SHARED_INDEX) for name in os.listdir(git_dir)):
        return False  # the usual case, without reading the index
    file.seek(0)
    last = b""
    while piece := file.read(_CHUNK):
        if _SPLIT_INDEX in last + piece:
            return True
        last = piece[-len(_SPLIT_INDEX) :]
    return False


def _may_be_sparse(file: BufferedReader) -> bool:
    """Return whether an index may contain directories instead of their files."""
    file.seek(max(os.fstat(file.fileno()).st_size - _TAIL, 0))
    return _SPARSE_INDEX in file.read()


def may_have_intent_to_add(rows: bytes) -> bool:
    """Return True if some entry is an empty file, as those of `git add --intent-to-add` are."""
    return any(f" {oid} 0\t".encode() in rows for oid in EMPTY_BLOBS)


def has_null_oid(rows: bytes) -> bool:
    """Return True if some entry has an object id of zeros, which only a damaged index has."""
    return b" 0000000000000000000000000000000000000000" in rows
