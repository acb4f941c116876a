"""Entries of a snapshot: a path with its mode and object, and the content of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"  # its specification, "The Pointer"


MAX_BLOB = 100 * 1024 * 1024  # what the large Git hosts take as one file


# of some contents, how many bytes of each are wanted at the most
Limits = Sequence[int | None]


class Entry(NamedTuple):
    """A path that the state records, relative to the root, and what stands there.

    `mode` is Git's ('100644', '120000', ...). A path in conflict has several entries, of the
    stages 1 to 3.
    """

    path: str
    mode: str
    oid: str
    stage: int = 0

    @property
    def is_file(self) -> bool:
        """Whether it is an ordinary file: no symbolic link, no submodule."""
        return self.mode.startswith("100")

    @property
    def is_tree(self) -> bool:
        """Whether it is a directory, which a revision records and the index does not."""
        return self.mode == "040000"


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of an entry; `data` is None where `size` is more than MAX_BLOB."""

    size: int
    data: bytes | None

    @property
    def is_pointer(self) -> bool:
        """Whether it is a Git LFS pointer, what `git lfs` commits in the place of a file."""
        return (self.data or b"").startswith(_LFS_POINTER)
