"""What the patterns of one source say of names, and the line that says it (dlm format, 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname
from typing import Literal, NamedTuple

from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import Document
from dlm_git.paths import relative_to
from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.globset import GlobSet
from dlm_git.report import Span
from dlm_git.training.directory_config import DirectoryConfig

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


@dataclass(frozen=True)
class _Scope:
    """What holds for the files of a directory: the Descents around it, outermost first."""

    directories: tuple[DirectoryConfig, ...] = ()

    @cached_property
    def including(self) -> DirectoryConfig | None:
        """The innermost one that includes anything; it replaces what the source includes."""
        return next((d for d in reversed(self.directories) if d.config and d.config.include), None)

    @cached_property
    def configured(self) -> DirectoryConfig | None:
        """The innermost one with a `training.yaml`; it alone says whether defaults apply."""
        return next((d for d in reversed(self.directories) if d.config), None)

    @property
    def defaults(self) -> bool:
        found = self.configured
        return found is None or found.config is None or found.config.exclude_defaults

    @cached_property
    def excluding(self) -> list[DirectoryConfig]:
        return [d for d in self.directories if d.exclude.patterns]

    @cached_property
    def ignoring(self) -> list[DirectoryConfig]:
        return [d for d in self.directories if d.rules.rules]

    @cached_property
    def tags(self) -> Mapping[str, str]:
        merged: dict[str, str] = {}
        for each in self.directories:
            merged |= each.config.metadata if each.config else {}
        return merged


class Selection:
    """What the patterns of one source, and of the Descents below it, say of names.

    A name is relative to the root of the source. That of a file whose content lies elsewhere is its
    last component, and no Descent holds for it (`inside` is false; dlm format, 3.3).
    """

    def __init__(
        self,
        document: Document,
        path: str,
        index: int,
        top: str,
        found: Sequence[DirectoryConfig] = (),
    ) -> None:
        assert document.frontmatter  # noqa: S101  (sources come from nowhere else)
        self.source: Source = (document.frontmatter.training.sources or ())[index]
        self.include, self.exclude = GlobSet(self.source.include), GlobSet(self.source.exclude)
        self._document, self._path, self._index, self._top = document, path, index, top
        self._anchored = {relative_to(each.directory, top): each for each in found}
        self._outside = _Scope()
        self._scopes: dict[str, _Scope] = {}

    def without(self, found: DirectoryConfig) -> Selection:
        """The same, as if a Descent were not there."""
        others = [each for each in self._anchored.values() if each is not found]
        return Selection(self._document, self._path, self._index, self._top, others)

    @property
    def directory_configs(self) -> Mapping[str, DirectoryConfig]:
        """The Descents, by the directory relative to the root of the source."""
        return self._anchored

    def includes(self, name: str, *, inside: bool = True) -> bool:
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
            scope = _Scope((*scope.directories, anchored)) if anchored else scope
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

    def _place(
        self, found: DirectoryConfig | None, key: tuple[str | int, ...]
    ) -> tuple[str, Span | None]:
        if found:
            place = found.settings.value_span(key) if found.settings else None
            return found.training_path, place
        return self._path, self._document.value_span(("training", "sources", self._index, *key))

    def _below(self, found: DirectoryConfig, name: str) -> str:
        return name[len(self._lengths[found.directory]) :]

    @cached_property
    def _lengths(self) -> dict[str, str]:
        return {
            each.directory: f"{relative}/" if relative else ""
            for relative, each in self._anchored.items()
        }
