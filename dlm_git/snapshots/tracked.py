"""The files that Git tracks, as the trainer's walk meets them in a fresh clone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from posixpath import dirname

from dlm_git.paths import is_absolute, is_within, join, parents, walk_order
from dlm_git.regex import compile_late
from dlm_git.snapshots.entry import LINK, SUBMODULE, Blob, Entry, Limits
from dlm_git.snapshots.files import Matcher, Refusal, Root, Walk
from dlm_git.snapshots.listing import Listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.snapshots.statuses import TrackingStatus

_CONFIG_DIRECTORY = compile_late(r"(?:^|(?<=/))\.dlm/")
_CONFIG_LINK = compile_late(r"(?:.*/)?\.dlm", re.DOTALL)
_MAX_LINKS = 40  # the limit of Linux
_MAX_NAME = 255  # bytes, on Linux
_NAME = compile_late("[^/]+")
_NOWHERE = "\0"  # not a possible path


class TrackedFiles:
    """The files that Git tracks in one state."""

    on_disk = False
    noun = "tracked file"

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._entries: dict[str, Entry] = {}  # those that were looked up, by path

    def root(self, path: str, *, strict: bool, base: str = "") -> Root | Refusal:
        """Resolve the path of a source. A path that leaves the repository is always refused."""
        if is_absolute(path):
            return Refusal(path, "it is absolute, so a clone does not have it")
        top = self.resolve(join(base, path))
        if top is None:
            return Refusal(path, "it points outside the repository")
        if strict and base and not is_within(top, self.resolve(base) or base):
            return Refusal(path, f"it points outside '{base}'")
        if not top:
            return self._directory(path, top)
        entries = self._listing.entries(top) if "\0" not in top else []
        if any(entry.is_file for entry in entries):
            self._entries[top] = entries[0]
            return Root(top, is_file=True)
        if any(entry.is_submodule for entry in entries):
            return Root(top)  # an empty directory in a clone
        if "\0" in top or entries or not self._listing.holds_directory(top):
            return Refusal(path, "not a tracked file or directory")
        return self._directory(path, top)

    def _directory(self, path: str, top: str) -> Root | Refusal:
        start = f"{top}/" if top else ""
        for link in self.links:
            if link.startswith(start) and self._has_overlong_target(link):
                reason = f"'{link}' is a link to a name of more than {_MAX_NAME} bytes"
                return Refusal(path, reason)
        return Root(top, self._config_directories(top))

    def _has_overlong_target(self, link: str) -> bool:
        """Return whether a link leads to a name that is too long: the trainer's walk fails on it.

        Following it is no error if a directory before that name does not exist.
        """
        target = self.links[link]
        for match in _NAME.finditer(target):
            if len(os.fsencode(match[0])) > _MAX_NAME:
                above = self._link_target(f"{dirname(link)}/{target[: match.start()]}")
                return above is None or self._is_directory(above)
        return False

    def walk(self, root: Root) -> Walk:
        """List the files at or below a root, as a clone has them."""
        if root.is_file:
            return Walk([root.path])
        entries, start = self._all, f"{root.path}/" if root.path else ""
        paths = [path for path in entries if f"{path}/".startswith(start)] if start else [*entries]
        special = {path for path in paths if entries[path].mode in (LINK, SUBMODULE)}
        targets = {path: self._link_target(path) for path in special if entries[path].is_link}
        links = [
            path
            for path, target in targets.items()
            if target and target in entries and entries[target].is_file
        ]
        files = [path for path in paths if path not in special]
        return Walk(
            sorted(files + links, key=walk_order),
            tuple(sorted(path for path, target in targets.items() if target is None)),
            tuple(sorted(path for path in special if entries[path].is_submodule)),
        )

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """Yield the contents of files, read by one Git process."""
        entries = [self._file_entry(path) for path in paths]
        file_limits = [n for e, n in zip(entries, limits, strict=True) if e] if limits else ()
        blobs = self._listing.stream([entry for entry in entries if entry], file_limits)
        return (next(blobs) if entry else None for entry in entries)

    def below(self, root: Root, directory: str) -> Iterator[str]:  # noqa: ARG002
        """Yield the files below a directory."""
        return self._file_paths(self._listing.matching_prefix(_directory_regex(directory)))

    def matching(self, root: Root, matcher: Matcher, directory: str | None = None) -> Iterator[str]:
        """Yield the files of a root whose path relative to it, or to a directory in it, matches."""
        start = _directory_regex(root.path if directory is None else directory)
        return self._file_paths(self._listing.matching_prefix(start + matcher.row_regex))

    def search(self, root: Root, matchers: Iterable[Matcher]) -> Iterator[str]:
        """Yield the files that match, one matcher after the other."""
        if root.is_file:
            return iter([root.path])
        return (path for matcher in matchers for path in self.matching(root, matcher))

    def candidates(
        self, root: Root, matchers: Sequence[Matcher], *, any_case: bool = False
    ) -> Iterator[str]:
        """Yield the files that contain the suffix or the literal of a matcher."""
        start = f"{root.path}/" if root.path else ""
        entries = self._listing.candidates(matchers, any_case=any_case)
        paths = dict.fromkeys(self._file_paths(entries))
        return (path for path in paths if path.startswith(start) or path == root.path)

    def linked(self, root: Root) -> Iterator[tuple[str, str]]:
        """Yield the links to tracked files below a root, each with the file that it leads to."""
        start = f"{root.path}/" if root.path else ""
        for path in self.links:
            if path.startswith(start) and self._file_entry(path):
                yield path, self.target(path)

    def target(self, path: str) -> str:
        """Return the path that the link at a path leads to, '' if it is not a link."""
        return (self._link_target(path) or "") if path in self.links else ""

    def blob_id(self, path: str) -> tuple[str, str] | None:
        """Return path and object id of the file at a path, links followed, None if there is none.

        Files of two states have equal contents if these and the attributes are equal.
        """
        entry = self._file_entry(path)
        return (entry.path, entry.oid) if entry else None

    def status(self, path: str) -> TrackingStatus:  # noqa: ARG002
        """Return 'tracked'."""
        return "tracked"

    def exists(self, path: str) -> bool:
        """Return whether Git tracks a path, or a path below it."""
        return bool(self._listing.entries(path)) or self._listing.holds_directory(path)

    def resolve(self, path: str) -> str | None:
        """Follow the tracked links in a path, as `pathlib.Path.resolve` does.

        Return the resolved path, '' for the root, or None if it points outside the repository.
        """
        return self._resolve(path, as_kernel=False)

    def _link_target(self, path: str) -> str | None:
        return self._resolve(path, as_kernel=True)

    def _resolve(self, path: str, *, as_kernel: bool) -> str | None:
        """Follow links in a path; the kernel stops where '.' or '..' follow a file."""
        resolved, components, links = "", path.split("/")[::-1], 0
        while components:
            name = components.pop()
            if as_kernel and name in ("", ".", "..") and not self._is_directory(resolved):
                return _NOWHERE
            if name in ("", "."):
                continue
            if name == "..":
                if not resolved:
                    return None
                resolved = dirname(resolved)
                continue
            resolved = f"{resolved}/{name}" if resolved else name
            target = self.links.get(resolved)
            if target is None or links == _MAX_LINKS:
                continue
            if target.startswith("/"):
                return None
            links += 1
            resolved, components = dirname(resolved), components + target.split("/")[::-1]
        return resolved

    @cached_property
    def links(self) -> Mapping[str, str]:
        """The tracked symbolic links with their contents."""
        entries = [*self._listing.with_mode(LINK)]
        blobs = self._listing.read_present(entries)
        return {entry.path: os.fsdecode(blob.data or b"") for entry, blob in blobs.items()}

    @cached_property
    def submodules(self) -> tuple[str, ...]:
        """The paths of the submodules."""
        return tuple(dict.fromkeys(entry.path for entry in self._listing.with_mode(SUBMODULE)))

    def _is_directory(self, path: str) -> bool:
        if self._is_parsed:
            return path in self._directories
        if not path or self._listing.holds_directory(path):
            return True
        return any(entry.is_submodule for entry in self._listing.entries(path))

    @property
    def _is_parsed(self) -> bool:
        """Return whether all rows were parsed, so that no search is needed."""
        return "_all" in self.__dict__

    @cached_property
    def _all(self) -> Mapping[str, Entry]:
        self._entries.update((entry.path, entry) for entry in self._listing)
        return self._entries

    @cached_property
    def _directories(self) -> frozenset[str]:
        submodules = {path for path, entry in self._all.items() if entry.is_submodule}
        around = {directory for path in self._all for directory in parents(path)}
        return frozenset({"", *submodules, *around})

    def _config_directories(self, top: str) -> tuple[str, ...]:
        """Return the directories at or below a path that hold a `.dlm` directory."""
        directories = {dirname(path) for path in self.links if _CONFIG_LINK.fullmatch(path)}
        for entry in self._listing.dotfile_entries(b".dlm/"):
            self._entries[entry.path] = entry
            directories |= {
                entry.path[: match.start()].removesuffix("/")
                for match in _CONFIG_DIRECTORY.finditer(entry.path)
            }
        below = (path for path in directories if not top or f"{path}/".startswith(f"{top}/"))
        return tuple(sorted(below, key=lambda path: (len(path), path)))

    def _file_paths(self, entries: Iterable[Entry]) -> Iterator[str]:
        """Yield the paths of the regular files; their entries are not looked up again."""
        for entry in entries:
            self._entries[entry.path] = entry
            if entry.is_file:
                yield entry.path

    def _file_entry(self, path: str) -> Entry | None:
        """Return the entry of the file at a path, links followed."""
        entry = self._entries.get(path)
        if entry and entry.is_file and not self.links:
            return entry
        target = self._link_target(path)
        entry = self._entries.get(target or "") or self._look_up(target)
        return entry if entry and entry.is_file else None

    def _look_up(self, path: str | None) -> Entry | None:
        if not path or "\0" in path or self._is_parsed:
            return None
        return next(iter(self._listing.entries(path)), None)


def _directory_regex(directory: str) -> bytes:
    """Return a regular expression for the start of the paths in a directory."""
    return re.escape(os.fsencode(f"{directory}/" if directory else ""))
