"""Read the header of the index file, and verify its checksum (gitformat-index(5)).

The cached path of `dlm-git check` imports this module.
"""

from __future__ import annotations

import errno
import hashlib
import os
from stat import S_ISREG

EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
# the signature of the extension of a split index; a path that contains it is taken for one too,
# which only costs time
_SPLIT_INDEX = b"link\0"


class DamagedError(Exception):
    """The checksum of an index is wrong."""


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


def read_header(path: str, algorithm: str) -> tuple[int, int, bytes] | None:
    """Return version, number of entries and checksum of an index file, None if it does not exist.

    The checksum is b'' if Git was configured to skip it (`index.skipHash`). The number is -1 if the
    index may be split, so that another file has more entries.

    Raises DamagedError if the checksum is wrong: git reads an index that is cut off inside a name
    without an error. Raises OSError if the file cannot be read.
    """
    try:
        require_regular(path)
        with open(path, "rb") as file:
            digest, tail = hashlib.new(algorithm, usedforsecurity=False), b""
            head = file.read(12)
            piece, split = head, False
            while piece:
                unhashed = tail + piece
                split = split or _SPLIT_INDEX in unhashed
                digest.update(unhashed[: -digest.digest_size])
                tail = unhashed[-digest.digest_size :]
                piece = file.read(1 << 20)
    except FileNotFoundError:
        return None
    skipped = tail == bytes(digest.digest_size)
    if not skipped and tail != digest.digest():
        raise DamagedError
    count = -1 if split else int.from_bytes(head[8:12])
    return int.from_bytes(head[4:8]), count, b"" if skipped else tail


def may_have_intent_to_add(rows: bytes) -> bool:
    """Return True if some entry is an empty file, as those of `git add --intent-to-add` are."""
    return any(f" {oid} 0\t".encode() in rows for oid in EMPTY_BLOBS)


def has_null_oid(rows: bytes) -> bool:
    """Return True if some entry has an object id of zeros, which only a damaged index has."""
    return b" 0000000000000000000000000000000000000000" in rows
