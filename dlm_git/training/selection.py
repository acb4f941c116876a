"""Decide which files the patterns of a source include, and by which line (dlm format, 3.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from posixpath import dirname

from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import Document
from dlm_git.paths import parents, relative_to
from dlm_git.patterns.defaults import DEFAULT_EXCLUDES
from dlm_git.patterns.globset import GlobSet, glob_set
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.training.reasons import Reason

_DEFAULTS = GlobSet(DEFAULT_EXCLUDES)


class Decision(Value):
    """The reason why a file is included or excluded, and the line that decides.

    file: the path of the file with the line, '' for the trainer's default excludes.
    line: the number of the line, 0 if no line decides.
    pattern: the pattern or patterns on it.
    """

    reason: Reason
    file: str = ""
    line: int = 0
    pattern: str = ""


class Scope(Value):
    """The configs that apply to the files in one directory, outermost first."""

    configs: tuple[DirectoryConfig, ...] = ()

    @cached_property
    def include_config(self) -> DirectoryConfig | None:
        """Return the innermost config with an `include`; it replaces that of the source."""
        return next((c for c in reversed(self.configs) if c.config and c.config.include), None)

    @cached_property
    def defaults_config(self) -> DirectoryConfig | None:
        """Return the innermost config with a `training.yaml`; its `exclude_defaults` counts."""
        return next((c for c in reversed(self.configs) if c.config), None)

    @property
    def has_defaults(self) -> bool:
        """Return whether the trainer's default excludes apply."""
        innermost = self.defaults_config
        return not (innermost and innermost.config and not innermost.config.exclude_defaults)

    @cached_property
    def exclude_configs(self) -> list[DirectoryConfig]:
        """Return the configs with an `exclude`."""
        return [config for config in self.configs if config.exclude.patterns]

    @cached_property
    def ignore_configs(self) -> list[DirectoryConfig]:
        """Return the configs with lines in their `.dlm/ignore`."""
        return [config for config in self.configs if config.rules.rules]

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """Return the merged `metadata`."""
        tags: dict[str, str] = {}
        for config in self.configs:
            tags |= config.config.metadata if config.config else {}
        return tags


class Selection:
    """The patterns of one source, and of the configs in the directories below it.

    They match names. The name of a file is its path relative to the root of the source. If it is
    not below the root, its name is its last component, and no directory config applies to it;
    `inside` is then false (dlm format, 3.3).
    """

    def __init__(
        self,
        document: Document,
        path: str,
        index: int,
        top: str,
        configs: Sequence[DirectoryConfig] = (),
    ) -> None:
        assert document.frontmatter  # noqa: S101  (a document without it has no sources)
        self.source: Source = (document.frontmatter.training.sources or ())[index]
        self.include, self.exclude = glob_set(self.source.include), glob_set(self.source.exclude)
        self._document, self._path, self._index, self._top = document, path, index, top
        self._configs = {relative_to(config.directory, top): config for config in configs}
        self._outside = Scope()
        self._scopes: dict[str, Scope] = {}

    def without(self, config: DirectoryConfig) -> Selection:
        """Return the selection as it would be without a directory config."""
        others = [other for other in self._configs.values() if other is not config]
        return Selection(self._document, self._path, self._index, self._top, others)

    @property
    def directory_configs(self) -> Mapping[str, DirectoryConfig]:
        """Return the directory configs, by the directory relative to the root of the source."""
        return self._configs

    def includes(self, name: str, *, inside: bool = True) -> bool:
        """Return whether a name is included."""
        scope = self._scope_of(name, inside=inside)
        include = scope.include_config.include if scope.include_config else self.include
        return include.match(name) and not self._excludes(scope, name)

    def may_include_below(self, directory: str) -> bool:
        """Return whether the patterns may include a file below a directory that is not known."""
        from dlm_git.patterns.overlap import OverlapIndex  # late: only submodules need it
        from dlm_git.patterns.tokens import path_tokens

        name = f"{directory}/_"
        scope = self._scope_of(name, inside=True)
        include = scope.include_config.include if scope.include_config else self.include
        below = OverlapIndex([(0, path_tokens(f"{directory}/**"))])
        may_match = below.find_all(map(path_tokens, include.patterns))
        return bool(may_match) and not self._excludes(scope, name)

    def _excludes(self, scope: Scope, name: str) -> bool:
        """Return whether a name is excluded if it is included."""
        excluded = self.exclude.match(name) or (scope.has_defaults and _DEFAULTS.match(name))
        if scope.exclude_configs and not excluded:
            excluded = any(c.exclude.match(self._below(c, name)) for c in scope.exclude_configs)
        for config in scope.ignore_configs:
            ignored = config.rules.excludes(self._below(config, name))
            excluded = excluded if ignored is None else ignored
        return excluded

    def decide(self, name: str, *, inside: bool = True) -> Decision:
        """Return whether a name is included, and the line that decides."""
        scope = self._scope_of(name, inside=inside)
        decision = self._decide_include(scope, name)
        if decision.reason != "included":
            return decision
        decision = self._decide_exclude(scope, name) or decision
        for config in scope.ignore_configs:
            rule = config.rules.match(self._below(config, name))
            if rule:
                reason: Reason = "included" if rule.negated else "ignored"
                decision = Decision(reason, config.ignore_path, rule.line, str(rule))
        return decision

    def source_line(self, key: str) -> Decision:
        """Return the line of a key of the source, such as 'path' or 'max_files'."""
        value = self.source.as_dict()[key]
        return self._decision("included", None, (key,), f"{key}: {value}")

    def _scope_of(self, name: str, *, inside: bool) -> Scope:
        return self.scope(dirname(name)) if inside else self._outside

    def scope(self, directory: str) -> Scope:
        """Return the scope of a directory, given relative to the root of the source."""
        scope, inner = self._scopes.get(directory), []
        if scope:
            return scope
        scope = self._outside
        for around in (directory, *parents(directory), ""):
            if around in self._scopes:
                scope = self._scopes[around]
                break
            inner.append(around)
        for around in reversed(inner):
            config = self._configs.get(around)
            scope = Scope((*scope.configs, config)) if config else scope
            self._scopes[around] = scope
        return scope

    def _decide_include(self, scope: Scope, name: str) -> Decision:
        config = scope.include_config
        globs = config.include if config else self.include
        number = globs.first(name)
        if number is None:
            return self._decision("not-included", config, ("include",), ", ".join(globs.patterns))
        if not scope.has_defaults and _DEFAULTS.match(name):
            key, innermost = ("exclude_defaults",), scope.defaults_config
            return self._decision("included", innermost, key, "exclude_defaults: false")
        return self._decision("included", config, ("include", number), globs.patterns[number])

    def _decide_exclude(self, scope: Scope, name: str) -> Decision | None:
        number = self.exclude.first(name)
        if number is not None:
            pattern = self.exclude.patterns[number]
            return self._decision("excluded", None, ("exclude", number), pattern)
        for config in scope.exclude_configs:
            number = config.exclude.first(self._below(config, name))
            if number is not None:
                pattern = config.exclude.patterns[number]
                return self._decision("excluded", config, ("exclude", number), pattern)
        number = _DEFAULTS.first(name) if scope.has_defaults else None
        if number is None:
            return None
        return Decision("default-exclude", pattern=DEFAULT_EXCLUDES[number])

    def _decision(
        self,
        reason: Reason,
        config: DirectoryConfig | None,
        key: tuple[str | int, ...],
        pattern: str,
    ) -> Decision:
        """Return a decision by a key of a `training.yaml`, or of the source in the document."""
        if config:
            path = config.training_path
            span = config.settings.value_span(key) if config.settings else None
        else:
            path = self._path
            span = self._document.value_span(("training", "sources", self._index, *key))
        return Decision(reason, path, span.line if span else 0, pattern)

    def _below(self, config: DirectoryConfig, name: str) -> str:
        """Return a name relative to the directory of a config."""
        return name[self._prefix_lengths[config.directory] :]

    @cached_property
    def _prefix_lengths(self) -> dict[str, int]:
        return {
            config.directory: len(f"{relative}/") if relative else 0
            for relative, config in self._configs.items()
        }
