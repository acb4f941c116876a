"""The index as a file: its header, and whether it is whole (gitformat-index(5))."""

from __future__ import annotations

import hashlib

EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
# how the extension begins that names the other part; a path can end so, too, which does no harm
_LINK = b"link\0"


class DamagedError(Exception):
    """The checksum of an index is wrong."""


def read_header(path: str, algorithm: str) -> tuple[int, int, bytes] | None:
    """Version, number of entries, and the checksum of all that it holds, b'' if Git is told to skip
    it (`index.skipHash`); None if there is no such file. The number is -1 if the index may be
    split, so that entries stand in another file too, with names for those that stand in this one.

    Raises DamagedError if the checksum is wrong: git reads an index that is cut off inside of a
    name as if nothing were missing. Raises OSError if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            digest, tail = hashlib.new(algorithm, usedforsecurity=False), b""
            head = file.read(12)
            piece, split = head, False
            while piece:
                known = tail + piece
                split = split or _LINK in known
                digest.update(known[: -digest.digest_size])
                tail = known[-digest.digest_size :]
                piece = file.read(1 << 20)
    except FileNotFoundError:
        return None
    skipped = tail == bytes(digest.digest_size)
    if not skipped and tail != digest.digest():
        raise DamagedError
    entries = -1 if split else int.from_bytes(head[8:12])
    return int.from_bytes(head[4:8]), entries, b"" if skipped else tail


def may_have_intent_to_add(rows: bytes) -> bool:
    """Whether some entry is an empty file: only such can be of `git add --intent-to-add`."""
    return any(f" {oid} 0\t".encode() in rows for oid in EMPTY_BLOBS)


def has_null_oid(rows: bytes) -> bool:
    """Whether some entry names the object of zeros, which no repository in order has."""
    return b" 0000000000000000000000000000000000000000" in rows
