"""The files of a state of a repository, as the trainer's walk would meet them in a checkout."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname, normpath
from typing import Protocol

from dlm_git.snapshot import Blob, Entry, Limits, Snapshot

# also the absolute paths of Windows, which are relative ones elsewhere
_ABSOLUTE = re.compile(r"[/~]|[A-Za-z]:[/\\]|\\\\")
_CONFIG_FOLDER = re.compile(r"(?:^|(?<=/))\.dlm/")
_FOLDER_LINK = re.compile(r"(?:^|.*/)\.dlm")
_MAX_LINKS = 40  # Linux follows no more
_LINK, _MODULE = "120000", "160000"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the trainer refuses a source, and with it the whole training."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Root:
    """Where a source leads: `top` is a path from the root of the repository, '' for that itself,
    or absolute where it lies elsewhere. `anchors` are the directories at or below it that hold a
    `.dlm` directory, `single` whether it is one file."""

    top: str
    anchors: tuple[str, ...] = ()
    single: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk below a Root meets (dlm format, 3.2).

    `paths` are the files, links to files among them, in the walk's order; `targets` is where those
    links lead. `foreign` are links that lead to what the state does not hold, `modules` the
    submodules, whose content it does not hold either. All paths are as in Root.
    """

    paths: Sequence[str]
    targets: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


class Files(Protocol):
    """The files of one state."""

    def root(self, path: str, *, strict: bool) -> Root | Refusal:
        """Where the source of that path leads (dlm format, 3.1)."""

    def walk(self, root: Root) -> Walk:
        """The files at or below it."""

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """The contents of files, links followed; None where there is none to be had, and without
        `data` where it is longer than the limit of that file."""


class Recorded:
    """The files that Git has recorded: what a fresh clone would hold."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
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
        entries = self._snapshot.entries(top) if "\0" not in top else []
        if any(entry.is_file for entry in entries):
            self._entries[top] = entries[0]
            return Root(top, single=True)
        if "\0" in top or entries or not self._snapshot.holds_directory(top):
            return Refusal(path, "nothing that is tracked has this path")
        return Root(top, self._anchors(top))

    def walk(self, root: Root) -> Walk:
        """The files at or below it, as a clone would have them."""
        if root.single:
            return Walk([root.top])
        entries = self._all
        beginning = f"{root.top}/" if root.top else ""
        paths = (
            [path for path in entries if path.startswith(beginning)] if beginning else [*entries]
        )
        odd = {path for path in paths if entries[path].mode in (_LINK, _MODULE)}
        leads = {path: self.resolve(path) for path in odd if entries[path].mode == _LINK}
        targets = {
            path: target
            for path, target in leads.items()
            if target is not None and target in entries and entries[target].is_file
        }
        found = [path for path in paths if path not in odd] + list(targets)
        return Walk(
            sorted(found, key=in_order),
            targets,
            tuple(sorted(path for path, target in leads.items() if target is None)),
            tuple(sorted(path for path in odd if entries[path].mode == _MODULE)),
        )

    def contents(self, paths: Sequence[str], limits: Limits = ()) -> Iterator[Blob | None]:
        """The contents, from one process of git."""
        entries = [self._file(path) for path in paths]
        bounds = [b for e, b in zip(entries, limits, strict=True) if e] if limits else ()
        blobs = self._snapshot.stream([entry for entry in entries if entry], bounds)
        return (next(blobs) if entry else None for entry in entries)

    def resolve(self, path: str) -> str | None:
        """A path with recorded symbolic links followed, '' for the root; None if it leaves that."""
        done, todo, links = "", path.split("/")[::-1], 0
        while todo:
            part = todo.pop()
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

    @cached_property
    def links(self) -> Mapping[str, str]:
        """The recorded symbolic links, and where they say that they lead."""
        entries = [e for e in self._snapshot.containing(b"\0120000 ") if e.mode == _LINK]
        blobs = self._snapshot.read(entries)
        return {
            entry.path: os.fsdecode(blob.data or b"")
            for entry, blob in zip(entries, blobs, strict=True)
        }

    def _anchors(self, top: str) -> tuple[str, ...]:
        anchors = set()
        for entry in self._snapshot.containing(b".dlm/"):
            self._entries[entry.path] = entry
            anchors |= {
                entry.path[: found.start()].removesuffix("/")
                for found in _CONFIG_FOLDER.finditer(entry.path)
            }
        anchors |= {dirname(path) for path in self.links if _FOLDER_LINK.fullmatch(path)}
        below = (anchor for anchor in anchors if not top or f"{anchor}/".startswith(f"{top}/"))
        return tuple(sorted(below, key=lambda anchor: (len(anchor), anchor)))

    def _file(self, path: str) -> Entry | None:
        target = self.resolve(path)
        entry = self._entries.get(target or "") or self._looked_up(target)
        return entry if entry and entry.is_file else None

    def _looked_up(self, path: str | None) -> Entry | None:
        if not path or "\0" in path or "_all" in self.__dict__:
            return None
        return next(iter(self._snapshot.entries(path)), None)

    @cached_property
    def _all(self) -> Mapping[str, Entry]:
        self._entries.update((entry.path, entry) for entry in self._snapshot)
        return self._entries


def is_absolute(path: str) -> bool:
    """Whether the trainer, on some system, takes a source path for an absolute one."""
    return _ABSOLUTE.match(path) is not None


def leaves_repository(path: str) -> bool:
    """Whether a source path, as it is written, does not stay below the root."""
    return is_absolute(path) or normpath(path).split("/")[0] == ".."


def in_order(path: str) -> str:
    """What a walk sorts by: the components of a path (dlm format, 3.2)."""
    return path.replace("/", "\0")
