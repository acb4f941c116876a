"""Which files a document trains on, and why each was taken or left out (dlm format, 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname
from typing import Literal, NamedTuple

from dlm_git import descent
from dlm_git.descent import Descent
from dlm_git.document import Document
from dlm_git.filenames import AUDIO, DEFAULT_EXCLUDES, IMAGES
from dlm_git.files import Files, Refusal, Root, Walk
from dlm_git.finding import Span
from dlm_git.globset import GlobSet
from dlm_git.schema import Source
from dlm_git.sections import Section
from dlm_git.snapshot import Blob
from dlm_git.text import Text, decode

_SNIFFED = 1024  # bytes in which a NUL tells that a file is binary
_DEFAULTS = GlobSet(DEFAULT_EXCLUDES)

Reason = Literal[
    "taken",
    "not-included",
    "excluded",
    "default",
    "ignored",
    "over-size",
    "image",
    "audio",
    "binary",
    "encoding",
    "unreadable",
    "capped",
    "too-large",
    "outside",
    "submodule",
]


class Decision(NamedTuple):
    """What the patterns say of a name, and the line that says it.

    `file` is '' where the trainer's own defaults decide, `line` is 0 where no line does.
    """

    reason: Reason
    file: str = ""
    line: int = 0
    pattern: str = ""


class Member(NamedTuple):
    """One file that the walk below a source meets: taken, or left out for a reason.

    `path` is relative to the root of the repository, `source` the index of the source, `size` in
    bytes where it was asked for. Of a taken file `header` is what the trainer calls it, and `data`
    its content.
    """

    path: str
    source: int
    reason: Reason
    size: int = 0
    tags: Mapping[str, str] = {}
    header: str = ""
    data: bytes | None = None

    @property
    def section_id(self) -> str:
        """The id of the section that the trainer makes of it; '' for a name that is not UTF-8, of
        which the trainer dies."""
        text = decode(self.data or b"")
        assert isinstance(text, Text)  # noqa: S101  (only text is taken)
        with suppress(UnicodeEncodeError):
            return Section("prose", f"# source: {self.header}\n\n{text.clean}", 0, 0).id
        return ""


@dataclass(frozen=True)
class _Scope:
    """What holds for the files of a directory: the Descents around it, outermost first."""

    around: tuple[Descent, ...] = ()

    @cached_property
    def including(self) -> Descent | None:
        """The innermost one that includes anything; it replaces what the source includes."""
        return next((d for d in reversed(self.around) if d.config and d.config.include), None)

    @cached_property
    def configured(self) -> Descent | None:
        """The innermost one with a `training.yaml`; it alone says whether defaults apply."""
        return next((d for d in reversed(self.around) if d.config), None)

    @property
    def defaults(self) -> bool:
        found = self.configured
        return found is None or found.config is None or found.config.exclude_defaults

    @cached_property
    def excluding(self) -> list[Descent]:
        return [d for d in self.around if d.exclude.patterns]

    @cached_property
    def ignoring(self) -> list[Descent]:
        return [d for d in self.around if d.rules.rules]

    @cached_property
    def tags(self) -> Mapping[str, str]:
        merged: dict[str, str] = {}
        for each in self.around:
            merged |= each.config.metadata if each.config else {}
        return merged


class Selection:
    """What the patterns of one source, and of the Descents below it, say of names.

    A name is relative to the root of the source. That of a file whose content lies elsewhere is its
    last component, and no Descent holds for it (`inside` is false; dlm format, 3.3).
    """

    def __init__(
        self, document: Document, path: str, index: int, top: str, found: Sequence[Descent] = ()
    ) -> None:
        assert document.frontmatter  # noqa: S101  (sources come from nowhere else)
        self.source: Source = (document.frontmatter.training.sources or ())[index]
        self.include, self.exclude = GlobSet(self.source.include), GlobSet(self.source.exclude)
        self._document, self._path, self._index = document, path, index
        self._anchored = {_relative(each.anchor, top): each for each in found}
        self._outside = _Scope()
        self._scopes: dict[str, _Scope] = {}

    @property
    def anchored(self) -> Mapping[str, Descent]:
        """The Descents, by the directory relative to the root of the source."""
        return self._anchored

    def takes(self, name: str, *, inside: bool = True) -> bool:
        """Whether a name is taken."""
        scope = self.scope(dirname(name)) if inside else self._outside
        include = scope.including.include if scope.including else self.include
        if not include.match(name):
            return False
        excluded = self.exclude.match(name) or (scope.defaults and _DEFAULTS.match(name))
        if scope.excluding and not excluded:
            excluded = any(each.exclude.match(self._below(each, name)) for each in scope.excluding)
        for each in scope.ignoring:
            said = each.rules.excludes(self._below(each, name))
            excluded = excluded if said is None else said
        return not excluded

    def decide(self, name: str, *, inside: bool = True) -> Decision:
        """The same, with the line that decides."""
        scope = self.scope(dirname(name)) if inside else self._outside
        decision = self._included(scope, name)
        if decision.reason != "taken":
            return decision
        decision = self._excluded(scope, name) or decision
        for each in scope.ignoring:
            rule = each.rules.match(self._below(each, name))
            if rule:
                reason: Reason = "taken" if rule.negated else "ignored"
                decision = Decision(reason, each.ignore_path, rule.line, str(rule))
        return decision

    def scope(self, directory: str) -> _Scope:
        """What holds for the files of a directory, which is relative to the root of the source."""
        todo = []
        while (scope := self._scopes.get(directory)) is None:
            todo.append(directory)
            if not directory:
                scope = self._outside
                break
            directory = dirname(directory)
        for each in reversed(todo):
            anchored = self._anchored.get(each)
            scope = _Scope((*scope.around, anchored)) if anchored else scope
            self._scopes[each] = scope
        return scope

    def _included(self, scope: _Scope, name: str) -> Decision:
        found = scope.including
        globs = found.include if found else self.include
        number = globs.first(name)
        if number is None:
            path, span = self._place(found, ("include",))
            patterns = ", ".join(globs.patterns)
            return Decision("not-included", path, span.line if span else 0, patterns)
        if not scope.defaults and _DEFAULTS.match(name) and scope.configured:
            path, span = self._place(scope.configured, ("exclude_defaults",))
            return Decision("taken", path, span.line if span else 0, "exclude_defaults: false")
        path, span = self._place(found, ("include", number))
        return Decision("taken", path, span.line if span else 0, globs.patterns[number])

    def _excluded(self, scope: _Scope, name: str) -> Decision | None:
        number = self.exclude.first(name)
        if number is not None:
            path, span = self._place(None, ("exclude", number))
            pattern = self.exclude.patterns[number]
            return Decision("excluded", path, span.line if span else 0, pattern)
        for each in scope.excluding:
            number = each.exclude.first(self._below(each, name))
            if number is not None:
                path, span = self._place(each, ("exclude", number))
                pattern = each.exclude.patterns[number]
                return Decision("excluded", path, span.line if span else 0, pattern)
        number = _DEFAULTS.first(name) if scope.defaults else None
        return None if number is None else Decision("default", pattern=DEFAULT_EXCLUDES[number])

    def _place(self, found: Descent | None, key: tuple[str | int, ...]) -> tuple[str, Span | None]:
        if found:
            place = found.settings.place(key) if found.settings else None
            return found.training_path, place
        return self._path, self._document.place(("training", "sources", self._index, *key))

    def _below(self, found: Descent, name: str) -> str:
        return name[len(self._lengths[found.anchor]) :]

    @cached_property
    def _lengths(self) -> dict[str, str]:
        return {
            each.anchor: f"{relative}/" if relative else ""
            for relative, each in self._anchored.items()
        }


def _relative(path: str, top: str) -> str:
    return path if not top else path[len(top) + 1 :]


@dataclass(frozen=True)
class Expansion:
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
        top, target = self.root.top, target or path
        if self.root.single or (not top and target.startswith("/")):
            return basename(path), False
        if not top or target.startswith(f"{top}/"):
            return _relative(target, top), True
        return basename(path), False

    def takes(self, path: str) -> bool:
        """Whether the patterns take a file that the walk meets."""
        name, inside = self.name(path, self.walk.targets.get(path, ""))
        return self.selection.takes(name, inside=inside)

    def decide(self, path: str) -> Decision:
        """The same, with the line that decides."""
        name, inside = self.name(path, self.walk.targets.get(path, ""))
        return self.selection.decide(name, inside=inside)

    def named(self) -> Iterator[str]:
        """The paths that the patterns take, in the walk's order."""
        takes, odd = self.selection.takes, self.walk.targets.keys()
        cut = len(self.root.top) + 1 if self.root.top else 0
        for path in self.walk.paths:
            plain = not (self.root.single or path in odd)
            if takes(path[cut:]) if plain else self.takes(path):
                yield path

    def members(self, *, left_out: bool = True) -> Iterator[Member]:
        """Every file that the walk meets, in its order, with what becomes of it.

        After them come the links that lead out of what the state holds, and the submodules. With
        `left_out` false only those that are taken.
        """
        cap, count = self.selection.source.max_files, 0
        taken = dict.fromkeys(self.named())
        contents = self._contents(taken)
        for path in self.walk.paths if left_out else taken:
            if cap is not None and count >= cap:
                member = Member(path, self.index, "capped")
            elif path in taken:
                member = self._member(path, next(contents))
            else:
                member = Member(path, self.index, self.decide(path).reason)
            count += member.reason == "taken"
            if left_out or member.reason == "taken":
                yield member
        if left_out:
            yield from (Member(path, self.index, "outside") for path in self.walk.foreign)
            yield from (Member(path, self.index, "submodule") for path in self.walk.modules)

    def _contents(self, paths: Iterable[str]) -> Iterator[Blob | None]:
        """Their contents; of images and sounds the trainer asks the size only."""
        limit = self.selection.source.max_bytes_per_file
        paths = list(paths)
        return self.files.contents(paths, [0 if _medium(path) else limit for path in paths])

    def _member(self, path: str, blob: Blob | None) -> Member:
        if blob is None:
            return Member(path, self.index, "unreadable")
        limit = self.selection.source.max_bytes_per_file
        over = limit is not None and blob.size > limit
        reason = "over-size" if over else _medium(path) or _unread(blob)
        if reason:
            return Member(path, self.index, reason, blob.size)
        name, inside = self.name(path, self.walk.targets.get(path, ""))
        tags = self.selection.scope(dirname(name)).tags if inside else {}
        return Member(path, self.index, "taken", blob.size, tags, self._header(path), blob.data)

    def _header(self, path: str) -> str:
        return basename(path) if self.root.single else _relative(path, self.root.top)


def expansions(document: Document, path: str, files: Files) -> list[Expansion | Refusal]:
    """What each source of a document comes to; one refusal keeps the trainer from training.

    `path` is the document's, relative to the root of the repository, from which its sources count.
    """
    training = document.frontmatter.training if document.frontmatter else None
    if not training or not training.sources:
        return []
    strict = training.sources_policy == "strict"
    found: list[Expansion | Refusal] = []
    for index, source in enumerate(training.sources):
        root = files.root(source.path, strict=strict)
        if isinstance(root, Refusal):
            found.append(root)
            continue
        selection = Selection(document, path, index, root.top, _descents(root, files))
        found.append(Expansion(index, root, selection, files))
    return found


def _descents(root: Root, files: Files) -> list[Descent]:
    contents = files.contents(descent.paths(root.anchors)) if root.anchors else ()
    return descent.descents(root.anchors, [blob.data if blob else None for blob in contents])


def _medium(path: str) -> Reason | None:
    name = basename(path)
    dot = name.rfind(".")
    suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""
    return "image" if suffix in IMAGES else "audio" if suffix in AUDIO else None


def _unread(blob: Blob) -> Reason | None:
    """Why the trainer does not take a content for text (dlm format, 3.8), if it does not."""
    if blob.data is None:
        return "too-large"
    if blob.data.find(b"\0", 0, _SNIFFED) >= 0:
        return "binary"
    try:
        blob.data.decode()
    except UnicodeDecodeError:
        return "encoding"
    return None
