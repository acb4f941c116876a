"""Which files a document trains on, and why each was taken or left out (dlm format, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname
from typing import NamedTuple

from dlm_git.document.parser import Document
from dlm_git.document.sections import Section
from dlm_git.document.text import Text, decode
from dlm_git.paths import directory_config_files, relative_to
from dlm_git.patterns.defaults import AUDIO, IMAGES
from dlm_git.snapshots.entry import MAX_BLOB, Blob
from dlm_git.snapshots.files import Files, Refusal, Root, Walk
from dlm_git.training.directory_config import DirectoryConfig, read_directory_configs
from dlm_git.training.selection import Decision, Reason, Selection

_MEDIA = (*IMAGES, *AUDIO)
_SNIFFED = 1024  # bytes in which a NUL tells that a file is binary


class TrainingFile(NamedTuple):
    """One file that the walk below a source meets: taken, or left out for a reason.

    `path` is relative to the root of the repository, `source` the index of the source, `size` in
    bytes where it was asked for. A taken file has its `data`, and knows its `expansion`.
    """

    path: str
    source: int
    reason: Reason
    size: int = 0
    expansion: SourceFiles | None = None
    data: bytes | None = None

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that the trainer gives to the section that it makes of it."""
        return self.expansion.tags(self.path) if self.expansion else {}

    @property
    def header(self) -> str:
        """What the trainer calls the file, in the section that it makes of it."""
        return self.expansion.header(self.path) if self.expansion else ""

    @property
    def is_pointer(self) -> bool:
        """Whether it is taken and a Git LFS pointer, so that the content is elsewhere."""
        return Blob(self.size, self.data).is_pointer

    @property
    def section_id(self) -> str:
        """The id of the section that the trainer makes of it; '' for a name that is not UTF-8, of
        which the trainer dies."""
        text = decode(self.data or b"")
        assert isinstance(text, Text)  # noqa: S101  (only text is taken)
        with suppress(UnicodeEncodeError):
            return Section("prose", f"# source: {self.header}\n\n{text.normalized}", 0, 0).id
        return ""


@dataclass(frozen=True)
class SourceFiles:
    """One source of a document, and the files that a walk below it meets."""

    index: int
    root: Root
    selection: Selection
    files: Files

    @cached_property
    def walk(self) -> Walk:
        """The files that the walk meets."""
        return self.files.walk(self.root)

    def name(self, path: str, target: str = "") -> tuple[str, bool]:
        """What the patterns are matched against, and whether Descents hold (dlm format, 3.3).

        `target` is the path of the file that a link at `path` leads to.
        """
        top, target = self.root.path, target or path
        if self.root.is_file or (not top and target.startswith("/")):
            return basename(path), False
        if not top or target.startswith(f"{top}/"):
            return relative_to(target, top), True
        return basename(path), False

    def includes(self, path: str, target: str = "") -> bool:
        """Whether the patterns take a file, or a link to one."""
        name, inside = self.name(path, target)
        return self.selection.includes(name, inside=inside)

    def decide(self, path: str) -> Decision:
        """The same of a path that the walk meets, with the line that decides."""
        name, inside = self.name(path, self.files.target(path))
        return self.selection.decide(name, inside=inside)

    def selected_paths(self, paths: Iterable[str] | None = None) -> Iterator[str]:
        """The paths that the patterns take, of some or of all that the walk meets."""
        includes, target = self.selection.includes, self.files.target
        cut = len(self.root.path) + 1 if self.root.path else 0
        for path in self.walk.paths if paths is None else paths:
            link_target = target(path)
            plain = not (self.root.is_file or link_target)
            if includes(path[cut:]) if plain else self.includes(path, link_target):
                yield path

    def read(self, paths: Iterable[str]) -> Iterator[TrainingFile]:
        """What becomes of files that the patterns take."""
        paths = list(paths)
        return map(self._member, paths, self._contents(paths))

    def training_files(self, *, left_out: bool = True, at: str = "") -> Iterator[TrainingFile]:
        """Every file that the walk meets, in its order, with what becomes of it.

        After them come the links that lead out of what the state holds, and the submodules. With
        `left_out` false only those that are taken; with `at` only what is at that path, or below.
        """
        cap, count = self.selection.source.max_files, 0
        paths = self.walk.paths if cap is not None else _at(self.walk.paths, at)
        taken = dict.fromkeys(self.selected_paths(paths))
        contents = self._contents(taken)
        for path in paths if left_out else taken:
            if cap is not None and count >= cap:
                member = TrainingFile(path, self.index, "capped")
            elif path in taken:
                member = self._member(path, next(contents))
            else:
                member = TrainingFile(path, self.index, self.decide(path).reason)
            count += member.reason == "taken"
            if (left_out or member.reason == "taken") and (cap is None or _at([path], at)):
                yield member
        if left_out:
            for path in _at(self.walk.external_links, at):
                said = self.selection.decide(basename(path), inside=False).reason
                yield TrainingFile(path, self.index, "outside" if said == "taken" else said)
            yield from (
                TrainingFile(p, self.index, "submodule") for p in _at(self.walk.submodules, at)
            )

    def why(self, path: str) -> Iterator[tuple[TrainingFile, Decision]]:
        """What becomes of the file at a path, or of those below it, and the line that decides."""
        for member in self.training_files(at=path):
            held = member.reason not in ("outside", "submodule")
            if held and member.path in self.walk.external_links:
                yield member, self.selection.decide(basename(member.path), inside=False)
            else:
                yield member, self.decide(member.path) if held else Decision(member.reason)

    def _contents(self, paths: Iterable[str]) -> Iterator[Blob | None]:
        """Their contents; of images and sounds the trainer asks the size only."""
        limit = self.selection.source.max_bytes_per_file
        paths = list(paths)
        return self.files.contents(paths, [0 if _medium(path) else limit for path in paths])

    def _member(self, path: str, blob: Blob | None) -> TrainingFile:
        if blob is None:
            return TrainingFile(path, self.index, "unreadable")
        limit = self.selection.source.max_bytes_per_file
        over = limit is not None and blob.size > limit
        reason = "over-size" if over else _medium(path) or _unread(blob)
        if reason:
            return TrainingFile(path, self.index, reason, blob.size)
        return TrainingFile(path, self.index, "taken", blob.size, self, blob.data)

    def tags(self, path: str) -> Mapping[str, str]:
        """What the `metadata` of the Descents around a path come to."""
        name, inside = self.name(path, self.files.target(path))
        return self.selection.scope(dirname(name)).tags if inside else {}

    def header(self, path: str) -> str:
        """A path as the trainer writes it before the content."""
        return basename(path) if self.root.is_file else relative_to(path, self.root.path)


def expand_sources(
    document: Document, path: str, files: Files, limit: int | None = None
) -> list[SourceFiles | Refusal]:
    """What each source of a document comes to; one refusal keeps the trainer from training.

    `path` is the document's, relative to the root of the repository, from which its sources count.
    With a limit only so many are looked at.
    """
    training = document.frontmatter.training if document.frontmatter else None
    if not training or not training.sources:
        return []
    strict = training.sources_policy == "strict"
    found: list[SourceFiles | Refusal] = []
    for index, source in enumerate(training.sources[:limit]):
        root = files.root(source.path, strict=strict)
        if isinstance(root, Refusal):
            found.append(root)
            continue
        selection = Selection(document, path, index, root.path, _descents(root, files))
        found.append(SourceFiles(index, root, selection, files))
    return found


def _descents(root: Root, files: Files) -> list[DirectoryConfig]:
    contents = (
        files.contents(directory_config_files(root.config_directories))
        if root.config_directories
        else ()
    )
    return read_directory_configs(
        root.config_directories, [blob.data if blob else None for blob in contents]
    )


def _at(paths: Sequence[str], path: str) -> Sequence[str]:
    """Those of the paths that are a path, or below it; '' is the root."""
    return [p for p in paths if p == path or p.startswith(f"{path}/")] if path else paths


def _medium(path: str) -> Reason | None:
    if not path.lower().endswith(_MEDIA):
        return None
    name = basename(path)
    dot = name.rfind(".")
    suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""
    return "image" if suffix in IMAGES else "audio" if suffix in AUDIO else None


def _unread(blob: Blob) -> Reason | None:
    """Why the trainer does not take a content for text (dlm format, 3.8), if it does not."""
    if blob.data is None:
        return "too-large" if blob.size > MAX_BLOB else "unreadable"
    if blob.data.find(b"\0", 0, _SNIFFED) >= 0:
        return "binary"
    try:
        blob.data.decode()
    except UnicodeDecodeError:
        return "encoding"
    return None
