"""The files that Git has recorded, as the trainer's walk would meet them in a fresh clone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from posixpath import dirname

from dlm_git.paths import is_absolute, parents, walk_order
from dlm_git.snapshots.entry import LINK, SUBMODULE, Blob, Entry, Limits
from dlm_git.snapshots.files import Matcher, Refusal, Root, TrackingStatus, Walk
from dlm_git.snapshots.listing import Listing

_CONFIG_FOLDER = re.compile(r"(?:^|(?<=/))\.dlm/")
_FOLDER_LINK = re.compile(r"(?:.*/)?\.dlm", re.DOTALL)
_MAX_LINKS = 40  # Linux follows no more
_NOWHERE = "\0"  # no path


class TrackedFiles:
    """The files that Git has recorded: what a fresh clone would hold."""

    on_disk = False
    noun = "tracked file"

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._entries: dict[str, Entry] = {}

    def root(self, path: str, *, strict: bool) -> Root | Refusal:  # noqa: ARG002
        """Where the source of that path leads; what lies outside of the repository is refused."""
        if is_absolute(path):
            return Refusal(path, "it is absolute, and so in no clone")
        top = self.resolve(path)
        if top is None:
            return Refusal(path, "it leads out of the repository")
        if not top:
            return Root(top, self._anchors(top))
        entries = self._listing.entries(top) if "\0" not in top else []
        if any(entry.is_file for entry in entries):
            self._entries[top] = entries[0]
            return Root(top, is_file=True)
        if any(entry.is_submodule for entry in entries):
            return Root(top)  # in a clone it is an empty directory
        if "\0" in top or entries or not self._listing.holds_directory(top):
            return Refusal(path, "nothing that is tracked has this path")
        return Root(top, self._anchors(top))

    def walk(self, root: Root) -> Walk:
        """The files at or below it, as a clone would have them."""
        if root.is_file:
            return Walk([root.path])
        entries = self._all
        beginning = f"{root.path}/" if root.path else ""
        paths = (
            [path for path in entries if f"{path}/".startswith(beginning)]
            if beginning
            else [*entries]
        )
        odd = {path for path in paths if entries[path].mode in (LINK, SUBMODULE)}
        leads = {path: self.resolve(path, system=True) for path in odd if entries[path].is_link}
        targets = {
            path: target
            for path, target in leads.items()
            if target is not None and target in entries and entries[target].is_file
        }
        found = [path for path in paths if path not in odd] + list(targets)
        return Walk(
            sorted(found, key=walk_order),
            tuple(sorted(path for path, target in leads.items() if target is None)),
            tuple(sorted(path for path in odd if entries[path].is_submodule)),
        )

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """The contents, from one process of git."""
        entries = [self._file(path) for path in paths]
        bounds = [b for e, b in zip(entries, limits, strict=True) if e] if limits else ()
        blobs = self._listing.stream([entry for entry in entries if entry], bounds)
        return (next(blobs) if entry else None for entry in entries)

    def below(self, root: Root, directory: str) -> Iterator[str]:  # noqa: ARG002
        """Yield the files below a directory."""
        return self._files(self._listing.matching_prefix(_start_regex(directory)))

    def matching(self, root: Root, matcher: Matcher, directory: str | None = None) -> Iterator[str]:
        """Yield the files of a root whose path relative to it, or to a directory in it, matches."""
        start = _start_regex(root.path if directory is None else directory)
        return self._files(self._listing.matching_prefix(start + matcher.row_regex))

    def search(self, root: Root, matchers: Iterable[Matcher]) -> Iterator[str]:
        """Yield the files that match, one matcher after the other."""
        if root.is_file:
            return iter([root.path])
        return (path for matcher in matchers for path in self.matching(root, matcher))

    def candidates(self, root: Root, matchers: Sequence[Matcher]) -> Iterator[str]:
        """Yield the files that have what all matches of a matcher have in common."""
        start = f"{root.path}/" if root.path else ""
        paths = dict.fromkeys(self._files(self._listing.candidates(matchers)))
        return (path for path in paths if path.startswith(start) or path == root.path)

    def target(self, path: str) -> str:
        """Return where a recorded link leads."""
        return (self.resolve(path, system=True) or "") if path in self.links else ""

    def status(self, path: str) -> TrackingStatus:  # noqa: ARG002
        """Return 'tracked'."""
        return "tracked"

    def exists(self, path: str) -> bool:
        """Return whether Git tracks a path or a path below it."""
        return bool(self._listing.entries(path)) or self._listing.holds_directory(path)

    def _files(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Yield the paths of the regular files, whose entries are not looked up again."""
        for entry in entries:
            self._entries[entry.path] = entry
            if entry.is_file:
                yield entry.path

    def resolve(self, path: str, *, system: bool = False) -> str | None:
        """A path with recorded symbolic links followed, '' for the root; None if it leaves that.

        `system`: as the system does, for which nothing stands behind what is no directory.
        """
        done, todo, links = "", path.split("/")[::-1], 0
        while todo:
            part = todo.pop()
            if system and part in ("", ".", "..") and not self._is_folder(done):
                return _NOWHERE
            if part in ("", "."):
                continue
            if part == "..":
                if not done:
                    return None
                done = dirname(done)
                continue
            done = f"{done}/{part}" if done else part
            target = self.links.get(done)
            if target is None or links == _MAX_LINKS:
                continue
            if target.startswith("/"):
                return None
            links += 1
            done, todo = dirname(done), todo + target.split("/")[::-1]
        return done

    def _is_folder(self, path: str) -> bool:
        if "_all" in self.__dict__:  # then no search is needed
            return path in self._folders
        if not path or self._listing.holds_directory(path):
            return True
        return any(entry.is_submodule for entry in self._listing.entries(path))

    @cached_property
    def _folders(self) -> frozenset[str]:
        modules = {path for path, entry in self._all.items() if entry.is_submodule}
        return frozenset({"", *modules, *(f for path in self._all for f in parents(path))})

    @cached_property
    def links(self) -> Mapping[str, str]:
        """The recorded symbolic links, and where they say that they lead."""
        entries = [e for e in self._listing.containing(f"{LINK} ".encode()) if e.is_link]
        blobs = self._listing.read(entries)
        return {
            entry.path: os.fsdecode(blob.data or b"")
            for entry, blob in zip(entries, blobs, strict=True)
        }

    def _anchors(self, top: str) -> tuple[str, ...]:
        anchors = set()
        for entry in self._listing.dotfile_entries(b".dlm/"):
            self._entries[entry.path] = entry
            anchors |= {
                entry.path[: found.start()].removesuffix("/")
                for found in _CONFIG_FOLDER.finditer(entry.path)
            }
        anchors |= {dirname(path) for path in self.links if _FOLDER_LINK.fullmatch(path)}
        below = (anchor for anchor in anchors if not top or f"{anchor}/".startswith(f"{top}/"))
        return tuple(sorted(below, key=lambda anchor: (len(anchor), anchor)))

    def _file(self, path: str) -> Entry | None:
        known = self._entries.get(path)
        if known and known.is_file and not self.links:  # then nothing leads elsewhere
            return known
        target = self.resolve(path, system=True)
        entry = self._entries.get(target or "") or self._looked_up(target)
        return entry if entry and entry.is_file else None

    def _looked_up(self, path: str | None) -> Entry | None:
        if not path or "\0" in path or "_all" in self.__dict__:
            return None
        return next(iter(self._listing.entries(path)), None)

    @cached_property
    def _all(self) -> Mapping[str, Entry]:
        self._entries.update((entry.path, entry) for entry in self._listing)
        return self._entries


def _start_regex(directory: str) -> bytes:
    return re.escape(os.fsencode(f"{directory}/" if directory else ""))
