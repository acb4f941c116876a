"""Files as they would be after a change: some contents replaced, nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import dirname

from dlm_git.snapshots.entry import Blob, Entry, Limits
from dlm_git.snapshots.files import Files, Matcher, Refusal, Root, TrackingStatus, Walk
from dlm_git.snapshots.snapshot import Snapshot


def with_contents(snapshot: Snapshot, changed: Mapping[str, bytes]) -> Snapshot:
    """A snapshot in which the files at these paths, which it has, have another content."""

    def stream(entries: Sequence[Entry], limits: Limits) -> Iterator[Blob]:
        kept = [at for at, entry in enumerate(entries) if entry.path not in changed]
        bounds = [limits[at] for at in kept] if limits else ()
        old = snapshot.stream([entries[at] for at in kept], bounds)
        for entry in entries:
            data = changed.get(entry.path)
            yield next(old) if data is None else Blob(len(data), data)

    def read(entries: Sequence[Entry]) -> Sequence[Blob]:
        old = iter(snapshot.read([entry for entry in entries if entry.path not in changed]))
        contents = (changed.get(entry.path) for entry in entries)
        return [next(old) if data is None else Blob(len(data), data) for data in contents]

    disk_files = snapshot.disk_files and OverlaidFiles(snapshot.disk_files, changed)
    return replace(snapshot, read=read, stream=stream, disk_files=disk_files)


@dataclass(frozen=True)
class OverlaidFiles:
    """Files of which those at the paths of `changed` have another content."""

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

    def root(self, path: str, *, strict: bool) -> Root | Refusal:
        """As before, and the directories of changed `.dlm` files are anchors."""
        root = self.files.root(path, strict=strict)
        if isinstance(root, Refusal) or root.is_file:
            return root
        new = {dirname(dirname(changed)) for changed in self.changed}
        top = f"{root.path}/" if root.path else ""
        anchors = {*root.config_directories, *(each for each in new if f"{each}/".startswith(top))}
        return replace(
            root, config_directories=tuple(sorted(anchors, key=lambda path: (len(path), path)))
        )

    def walk(self, root: Root) -> Walk:
        """As before: the trainer never reads what stands in `.dlm` directories."""
        return self.files.walk(root)

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """As before, but for the changed ones."""
        kept = [at for at, path in enumerate(paths) if path not in self.changed]
        bounds = [limits[at] for at in kept] if limits else ()
        old = self.files.contents([paths[at] for at in kept], bounds)
        for path in paths:
            data = self.changed.get(path)
            yield next(old) if data is None else Blob(len(data), data)

    def below(self, root: Root, directory: str) -> Iterator[str]:
        """Forward: the trainer never reads files in `.dlm` directories."""
        return self.files.below(root, directory)

    def matching(self, root: Root, matcher: Matcher, directory: str | None = None) -> Iterator[str]:
        """Forward."""
        return self.files.matching(root, matcher, directory)

    def search(self, root: Root, matchers: Iterable[Matcher]) -> Iterator[str]:
        """Forward."""
        return self.files.search(root, matchers)

    def candidates(self, root: Root, matchers: Sequence[Matcher]) -> Iterator[str]:
        """Forward."""
        return self.files.candidates(root, matchers)

    def target(self, path: str) -> str:
        """Forward."""
        return self.files.target(path)

    def status(self, path: str) -> TrackingStatus:
        """Forward."""
        return self.files.status(path)

    def exists(self, path: str) -> bool:
        """Forward."""
        return self.files.exists(path)
