"""Files as they would be after a change: some contents are replaced, nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import dirname

from dlm_git.snapshots.entry import FILE, Blob, Entry, Limits
from dlm_git.snapshots.files import Files, Matcher, Refusal, Root, Walk
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from dlm_git.snapshots.statuses import TrackingStatus

    _Content = TypeVar("_Content", bound=Blob | None)

_NO_OID = "0" * 40  # a file that is not written has no object id


def with_files(snapshot: Snapshot, contents: Mapping[str, bytes]) -> Snapshot:
    """Return a snapshot that also tracks these files, or has them with these contents."""
    new = (path for path in contents if not snapshot.entries(path))
    rows = b"".join(f"{FILE} {_NO_OID} 0\t".encode() + os.fsencode(path) + b"\0" for path in new)
    more = snapshot.replace(rows=b"".join((snapshot.rows, rows)), is_sorted=False)
    return with_contents(more, contents)


def with_contents(snapshot: Snapshot, contents: Mapping[str, bytes]) -> Snapshot:
    """Return a snapshot with other contents at some of its paths."""

    def stream(entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
        unchanged = [at for at, entry in enumerate(entries) if entry.path not in contents]
        blobs = snapshot.stream(
            [entries[at] for at in unchanged], [limits[at] for at in unchanged] if limits else ()
        )
        return _merged([entry.path for entry in entries], contents, blobs)

    def read(entries: Sequence[Entry]) -> Sequence[Blob]:
        blobs = snapshot.read([entry for entry in entries if entry.path not in contents])
        return [*_merged([entry.path for entry in entries], contents, iter(blobs))]

    disk_files = snapshot.disk_files and OverlaidFiles(snapshot.disk_files, contents)
    return snapshot.replace(read=read, stream=stream, disk_files=disk_files)


def _merged(
    paths: Sequence[str], contents: Mapping[str, bytes], blobs: Iterator[_Content]
) -> Iterator[Blob | _Content]:
    """Yield the contents of paths; `blobs` are those of the paths that are unchanged."""
    for path in paths:
        data = contents.get(path)
        yield next(blobs) if data is None else Blob(len(data), data)


class OverlaidFiles(Value):
    """Files with other contents at some paths."""

    files: Files
    changed: Mapping[str, bytes]

    @property
    def on_disk(self) -> bool:
        """Forward."""
        return self.files.on_disk

    @property
    def noun(self) -> str:
        """Forward."""
        return self.files.noun

    def root(self, path: str, *, strict: bool, base: str = "") -> Root | Refusal:
        """Resolve the path of a source; its config directories include those of new configs."""
        root = self.files.root(path, strict=strict, base=base)
        if isinstance(root, Refusal) or root.is_file:
            return root
        start = f"{root.path}/" if root.path else ""
        new = {dirname(dirname(changed)) for changed in self.changed}
        below = {directory for directory in new if f"{directory}/".startswith(start)}
        directories = sorted(below.union(root.config_directories), key=lambda p: (len(p), p))
        return root.replace(config_directories=tuple(directories))

    def walk(self, root: Root) -> Walk:
        """Forward: the trainer's default excludes cover all files in `.dlm` directories."""
        return self.files.walk(root)

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """Yield the contents of files, replaced ones included."""
        unchanged = [at for at, path in enumerate(paths) if path not in self.changed]
        blobs = self.files.contents(
            [paths[at] for at in unchanged], [limits[at] for at in unchanged] if limits else ()
        )
        return _merged(paths, self.changed, blobs)

    def below(self, root: Root, directory: str) -> Iterator[str]:
        """Forward."""
        return self.files.below(root, directory)

    def matching(self, root: Root, matcher: Matcher, directory: str | None = None) -> Iterator[str]:
        """Forward."""
        return self.files.matching(root, matcher, directory)

    def search(self, root: Root, matchers: Iterable[Matcher]) -> Iterator[str]:
        """Forward."""
        return self.files.search(root, matchers)

    def candidates(
        self, root: Root, matchers: Sequence[Matcher], *, any_case: bool = False
    ) -> Iterator[str]:
        """Forward."""
        return self.files.candidates(root, matchers, any_case=any_case)

    def linked(self, root: Root) -> Iterator[tuple[str, str]]:
        """Forward."""
        return self.files.linked(root)

    def target(self, path: str) -> str:
        """Forward."""
        return self.files.target(path)

    def status(self, path: str) -> TrackingStatus:
        """Forward."""
        return self.files.status(path)

    def exists(self, path: str) -> bool:
        """Forward."""
        return self.files.exists(path)
