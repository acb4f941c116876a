"""Entries of a snapshot: a path with its mode and object, and the content of a file."""

from __future__ import annotations

from collections.abc import Sequence

from dlm_git.values import Value

# modes as Git writes them
FILE = "100644"
LINK = "120000"
SUBMODULE = "160000"
TREE = "040000"

MAX_BLOB = 100 * 1024 * 1024  # GitHub and GitLab reject larger files

# for each content, the number of bytes beyond which it is not read
Limits = Sequence[int | None]

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"  # its specification, "The Pointer"


class Entry(Value):
    """A path that Git records, relative to the root of the repository.

    `mode` is Git's ('100644', '120000', ...). A path in conflict has several entries, with the
    stages 1 to 3.
    """

    path: str
    mode: str
    oid: str
    stage: int = 0

    def __init__(self, path: str, mode: str, oid: str, stage: int = 0) -> None:
        """Set the fields, faster than `Value` does: an index can have a million entries."""
        values = self.__dict__
        values["path"], values["mode"], values["oid"], values["stage"] = path, mode, oid, stage

    @property
    def is_file(self) -> bool:
        """Return whether the entry is a regular file."""
        return self.mode.startswith("100")

    @property
    def is_link(self) -> bool:
        """Return whether the entry is a symbolic link."""
        return self.mode == LINK

    @property
    def is_submodule(self) -> bool:
        """Return whether the entry is a submodule."""
        return self.mode == SUBMODULE

    @property
    def is_tree(self) -> bool:
        """Return whether the entry is a directory; a revision records them, the index does not."""
        return self.mode == TREE


class Blob(Value):
    """The content of a file; `data` is None if it was not read because of its size."""

    size: int
    data: bytes | None

    @property
    def is_pointer(self) -> bool:
        """Return whether the content is a Git LFS pointer."""
        return (self.data or b"").startswith(_LFS_POINTER)
