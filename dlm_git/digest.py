"""Digests of Git's files and objects."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import _Hash

_SMALL = 1 << 19  # bytes: Python's own SHA-1 digests them in the time that OpenSSL takes to load


def new_digest(algorithm: str, size: int) -> _Hash:
    """Return what `hashlib.new` returns, for a file or object of some bytes.

    `hashlib` loads OpenSSL, which takes 3 ms and 4 MB. For small data, Python's own SHA-1 does.
    """
    if algorithm == "sha1" and size < _SMALL:
        try:
            from _sha1 import sha1  # type: ignore[import-not-found]

            digest: _Hash = sha1(usedforsecurity=False)
            return digest
        except ImportError:  # not CPython
            pass
    import hashlib

    return hashlib.new(algorithm, usedforsecurity=False)
