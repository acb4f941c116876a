"""One readable state of a repository: what the index or a revision records, or a test's dict."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

MAX_BLOB = 100 * 1024 * 1024  # what the large Git hosts take as one file

# a row of `git ls-files --stage -z`, without the NUL that ends it; no path holds a NUL
_ROW = rb"(?<![^\0])([0-7]{6}) ([0-9a-f]+) ([0-3])\t(%b)(?=\0)"


@dataclass(frozen=True, slots=True)
class Entry:
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


@dataclass(frozen=True, slots=True)
class Blob:
    """The content of an entry; `data` is None where `size` is more than MAX_BLOB."""

    size: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a path is that the state does not record.

    'left-out' is what is staged, but not for the commit being made, which names other paths.
    `pattern` and `source` ('FILE:LINE') tell of an ignored path what ignores it.
    """

    kind: Literal["untracked", "ignored", "deleted", "intent-to-add", "left-out", "absent"] = (
        "absent"
    )
    pattern: str = ""
    source: str = ""


@dataclass(frozen=True)
class Snapshot:
    """A state of a repository, named by `label` ('the index', 'revision 1a2b3c4').

    `rows` are its paths, as `git ls-files --stage -z` prints them. `read` gives the contents of
    entries, `before` those that paths had in the commit before, as far as they differ, and
    `whereabouts` what is known of a path that is not there.
    """

    label: str
    rows: bytes
    read: Callable[[Sequence[Entry]], Sequence[Blob]]
    revision: str | None = None
    before: Callable[[Sequence[Entry]], Mapping[str, bytes]] = lambda _: {}
    whereabouts: Callable[[str], Whereabouts] = lambda _: Whereabouts()

    def select(self, pattern: bytes) -> list[Entry]:
        """The entries whose whole path matches a regular expression over bytes."""
        return [
            Entry(os.fsdecode(path), mode.decode(), oid.decode(), int(stage))
            for mode, oid, stage, path in re.findall(_ROW % pattern, self.rows)
        ]

    def entries(self, path: str) -> list[Entry]:
        """The entries at a path: one, several if it is in conflict, or none."""
        return self.select(re.escape(os.fsencode(path)))

    def holds_directory(self, path: str) -> bool:
        """Whether something is recorded below a path; the root is ''."""
        prefix = re.escape(os.fsencode(path + "/")) if path else b""
        return re.search(_ROW % (prefix + rb"[^\0]+"), self.rows) is not None
