"""List the files that a document trains on, and why others are excluded (dlm format, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from posixpath import basename, dirname

from dlm_git.document.parser import Document
from dlm_git.document.sections import section_id
from dlm_git.document.text import Text, decode
from dlm_git.paths import directory_config_files, document_root, is_utf8, relative_to
from dlm_git.patterns.defaults import AUDIO, IMAGES
from dlm_git.snapshots.entry import MAX_BLOB, Blob
from dlm_git.snapshots.files import Files, Refusal, Root, Walk
from dlm_git.training.directory_config import DirectoryConfig, read_directory_configs
from dlm_git.training.selection import Decision, Selection
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from dlm_git.training.reasons import Reason

MAX_SOURCES = 256  # each source costs a search of all paths
_MEDIA = (*IMAGES, *AUDIO)
_NONE_KNOWN: Mapping[str, tuple[Reason, int]] = {}
_BINARY_PREFIX = 1024  # the trainer takes a file as binary for a NUL in these first bytes


class TrainingFile(Value):
    """An included or excluded file that the walk below a source finds.

    path: relative to the root of the repository.
    source: the index of the source.
    size: in bytes, if it was read.
    source_files: the SourceFiles of an included file.
    data: the content of an included file.
    """

    path: str
    source: int
    reason: Reason
    size: int = 0
    source_files: SourceFiles | None = None
    data: bytes | None = None

    @property
    def is_included(self) -> bool:
        """Return whether the document trains on the file."""
        return self.reason == "included"

    @property
    def tags(self) -> Mapping[str, str]:
        """Return the tags of the section that the trainer makes of an included file."""
        return self.source_files.tags(self.path) if self.source_files else {}

    @property
    def header(self) -> str:
        """Return the name of an included file in the section that the trainer makes of it."""
        return self.source_files.header(self.path) if self.source_files else ""

    @property
    def is_pointer(self) -> bool:
        """Return whether the file is included and a Git LFS pointer."""
        return Blob(self.size, self.data).is_pointer

    @property
    def is_fatal(self) -> bool:
        """Return whether the trainer fails on the file, because its name is not UTF-8."""
        return self.is_included and not is_utf8(self.header)

    @property
    def section_id(self) -> str:
        """Return the id of the section that the trainer makes of an included file.

        It is '' if the path is not UTF-8: the trainer fails on it.
        """
        text = decode(self.data or b"")
        assert isinstance(text, Text)  # noqa: S101  (other files are excluded)
        with suppress(UnicodeEncodeError):
            return section_id("prose", f"# source: {self.header}\n\n{text.normalized}")
        return ""


class SourceFiles(Value):
    """A source of a document, with the files at or below its root."""

    index: int
    root: Root
    selection: Selection
    files: Files

    @cached_property
    def walk(self) -> Walk:
        """Return the walk below the root."""
        return self.files.walk(self.root)

    def name(self, path: str, target: str = "") -> tuple[str, bool]:
        """Return the name of a file that patterns match, and whether directory configs apply.

        `target` is the file that the link at `path` leads to (dlm format, 3.3).
        """
        top, target = self.root.path, target or path
        if self.root.is_file or (not top and target.startswith("/")):
            return basename(path), False
        if not top or target.startswith(f"{top}/"):
            return relative_to(target, top), True
        return basename(path), False

    def includes(self, path: str, target: str = "") -> bool:
        """Return whether the patterns include a file, or the link to `target` at its path."""
        name, inside = self.name(path, target)
        return self.selection.includes(name, inside=inside)

    def decide(self, path: str) -> Decision:
        """Return whether the patterns include a file of the walk, and the line that decides."""
        name, inside = self.name(path, self.files.target(path))
        return self.selection.decide(name, inside=inside)

    def selected_paths(self, paths: Iterable[str] | None = None) -> Iterator[str]:
        """Yield the paths that the patterns include, of some files or of the whole walk."""
        includes, target = self.selection.includes, self.files.target
        cut = len(self.root.path) + 1 if self.root.path else 0
        for path in self.walk.paths if paths is None else paths:
            link_target = target(path)
            is_plain = not (self.root.is_file or link_target)
            if includes(path[cut:]) if is_plain else self.includes(path, link_target):
                yield path

    def read(self, paths: Iterable[str]) -> Iterator[TrainingFile]:
        """Read files that the patterns include."""
        paths = list(paths)
        return map(self._training_file, paths, self._contents(paths))

    def training_files(
        self, *, with_excluded: bool = True, below: str = ""
    ) -> Iterator[TrainingFile]:
        """Yield the files of the walk in its order, then external links and submodules.

        with_excluded: also yield excluded files.
        below: yield only the file at this path, or the files below it.
        """
        max_files, count = self.selection.source.max_files, 0
        # with a limit, the files that come before matter too
        paths = _below(self.walk.paths, below) if max_files is None else self.walk.paths
        selected = dict.fromkeys(self.selected_paths(paths))
        files = self.selected_files(selected)
        for path in paths if with_excluded else selected:
            if path in selected:
                file = next(files)
            elif max_files is not None and count >= max_files:
                file = TrainingFile(path, self.index, "max-files")
            else:
                file = TrainingFile(path, self.index, self.decide(path).reason)
            count += file.is_included
            if (with_excluded or file.is_included) and _below([path], below):
                yield file
        if with_excluded:
            yield from map(self._external_link, _below(self.walk.external_links, below))
            for path in _below(self.walk.submodules, below):
                yield TrainingFile(path, self.index, "submodule")

    def selected_files(
        self, selected: Iterable[str], known: Mapping[str, tuple[Reason, int]] = _NONE_KNOWN
    ) -> Iterator[TrainingFile]:
        """Yield the files that the patterns include; their content and limits can exclude them.

        selected: the result of `selected_paths`.
        known: reason and size of files that are not read again; these are yielded without data.
        """
        selected = list(selected)
        contents = self._contents(path for path in selected if path not in known)
        left = self.selection.source.max_files
        for path in selected:
            if left is not None and left <= 0:
                yield TrainingFile(path, self.index, "max-files")
                continue
            if path in known:
                file = TrainingFile(path, self.index, *known[path])
            else:
                file = self._training_file(path, next(contents))
            left = left if left is None else left - file.is_included
            yield file

    def why(self, path: str) -> Iterator[tuple[TrainingFile, Decision]]:
        """Yield the file at a path, or those below it, each with the line that decides."""
        for file in self.training_files(below=path):
            if file.reason in ("external-link", "submodule"):
                yield file, Decision(file.reason)
            elif file.path in self.walk.external_links:
                yield file, self._decide_external(file.path)
            else:
                yield file, self.decide(file.path)

    def _external_link(self, path: str) -> TrainingFile:
        reason = self._decide_external(path).reason
        return TrainingFile(path, self.index, "external-link" if reason == "included" else reason)

    def _decide_external(self, path: str) -> Decision:
        return self.selection.decide(basename(path), inside=False)

    def _contents(self, paths: Iterable[str]) -> Iterator[Blob | None]:
        """Yield the contents of files; of images and sounds only the size matters."""
        limit = self.selection.source.max_bytes_per_file
        paths = list(paths)
        return self.files.contents(paths, [0 if _media_kind(path) else limit for path in paths])

    def _training_file(self, path: str, blob: Blob | None) -> TrainingFile:
        if blob is None:
            return TrainingFile(path, self.index, "unreadable")
        limit = self.selection.source.max_bytes_per_file
        if limit is not None and blob.size > limit:
            return TrainingFile(path, self.index, "max-bytes", blob.size)
        reason = _media_kind(path) or _reason_not_text(blob)
        if reason:
            return TrainingFile(path, self.index, reason, blob.size)
        return TrainingFile(path, self.index, "included", blob.size, self, blob.data)

    def tags(self, path: str) -> Mapping[str, str]:
        """Return the tags of a file: the merged `metadata` of the configs around it."""
        name, inside = self.name(path, self.files.target(path))
        return self.selection.scope(dirname(name)).tags if inside else {}

    def header(self, path: str) -> str:
        """Return the path of a file as the trainer writes it before the content."""
        return basename(path) if self.root.is_file else relative_to(path, self.root.path)


def expand_sources(
    document: Document, path: str, files: Files, limit: int | None = None
) -> list[SourceFiles | Refusal]:
    """Resolve the sources of a document, up to a limit. The trainer stops at a Refusal.

    path: the path of the document.
    """
    training = document.frontmatter.training if document.frontmatter else None
    if not training or not training.sources:
        return []
    strict, base = training.sources_policy == "strict", document_root(path)
    expanded: list[SourceFiles | Refusal] = []
    for index, source in enumerate(training.sources[:limit]):
        root = files.root(source.path, strict=strict, base=base)
        if isinstance(root, Refusal):
            expanded.append(root)
            continue
        selection = Selection(document, path, index, root.path, _directory_configs(root, files))
        expanded.append(SourceFiles(index, root, selection, files))
    return expanded


def _directory_configs(root: Root, files: Files) -> list[DirectoryConfig]:
    directories = root.config_directories
    blobs = files.contents(directory_config_files(directories)) if directories else ()
    return read_directory_configs(directories, [blob.data if blob else None for blob in blobs])


def _below(paths: Sequence[str], path: str) -> Sequence[str]:
    """Return the paths that are equal to a path or below it; '' is the root."""
    return [p for p in paths if p == path or p.startswith(f"{path}/")] if path else paths


def is_media(path: str) -> bool:
    """Return whether a file is an image or a sound, which the trainer does not read as text."""
    return _media_kind(path) is not None


def _media_kind(path: str) -> Literal["image", "audio"] | None:
    if not path.lower().endswith(_MEDIA):
        return None
    name = basename(path)
    dot = name.rfind(".")
    suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""
    return "image" if suffix in IMAGES else "audio" if suffix in AUDIO else None


def _reason_not_text(blob: Blob) -> Reason | None:
    """Return why the trainer does not read a content as text, None if it does (dlm format, 3.8)."""
    if blob.data is None:
        return "too-large" if blob.size > MAX_BLOB else "unreadable"
    if blob.data.find(b"\0", 0, _BINARY_PREFIX) >= 0:
        return "binary"
    try:
        blob.data.decode()
    except UnicodeDecodeError:
        return "not-utf-8"
    return None
