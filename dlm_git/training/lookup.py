"""Search for the files that the sources of a document select, without listing them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from posixpath import basename, dirname

from dlm_git.paths import IGNORE_FILE, join
from dlm_git.patterns.glob import IgnoreRule
from dlm_git.patterns.matcher import GlobMatcher, RuleMatcher
from dlm_git.patterns.tokens import rule_tokens
from dlm_git.snapshots.files import Files, Root
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.training.training_set import SourceFiles
from dlm_git.values import Value

MAX_PATTERNS = 256  # of a list; each without a match costs several searches of all paths


class FileLookup(Value):
    """The files of a state, and the sources of its corpus document."""

    files: Files
    sources: Sequence[SourceFiles]

    @cached_property
    def _matches(self) -> dict[tuple[int, str], bool]:
        return {}

    @cached_property
    def directory_configs(self) -> list[DirectoryConfig]:
        """Return the directory configs of all sources, outermost first."""
        configs = {
            config.directory: config
            for source in self.sources
            for config in source.selection.directory_configs.values()
        }
        return sorted(
            configs.values(), key=lambda config: (len(config.directory), config.directory)
        )

    def selected(self, source: SourceFiles) -> Iterator[str]:
        """Yield the files that the patterns of a source include, unordered, some perhaps twice."""
        patterns = [
            *source.selection.include.patterns,
            *(
                join(directory, "**")
                for directory, config in source.selection.directory_configs.items()
                if config.config and config.config.include
            ),
        ]
        yield from source.selected_paths(self.files.search(source.root, map(GlobMatcher, patterns)))
        yield from source.selected_paths(path for path, _ in self.files.linked(source.root))

    def candidates(
        self, source: SourceFiles, matchers: Sequence[RuleMatcher], *, any_case: bool = False
    ) -> Iterator[str]:
        """Yield the files of a source that one of the rules may match.

        any_case: the rules are in lower case, and the case of ASCII letters does not count.
        """
        found = self.files.candidates(source.root, matchers, any_case=any_case)
        return source.selected_paths(found)

    def matches(self, source: SourceFiles, pattern: str) -> bool:
        """Return whether a pattern matches a file of a source."""
        key = source.index, pattern
        if key not in self._matches:
            self._matches[key] = self._has_match(source, GlobMatcher(pattern))
        return self._matches[key]

    def _has_match(self, source: SourceFiles, matcher: GlobMatcher) -> bool:
        if source.root.is_file:
            return matcher.match(basename(source.root.path))
        if any(True for _ in self.files.matching(source.root, matcher)):
            return True
        links = self.files.linked(source.root)
        return any(matcher.match(source.name(path, target)[0]) for path, target in links)

    def matched_in_any_case(self, source: SourceFiles, pattern: str) -> str | None:
        """Return the name of a file of a source that a pattern matches if case does not count."""
        matcher = GlobMatcher(pattern, ignore_case=True)
        path = next(self.files.matching(source.root, matcher), None)
        return None if path is None else source.name(path)[0]

    def matches_any(self, config: DirectoryConfig, rule: IgnoreRule) -> bool:
        """Return whether a line of an ignore file matches any file, excluded or not."""
        root = self._config_roots[config.directory]
        return any(True for _ in self.files.matching(root, RuleMatcher(rule), config.directory))

    @cached_property
    def _config_roots(self) -> dict[str, Root]:
        """Return for the directory of each config the root of a source that holds it."""
        return {
            config.directory: source.root
            for source in self.sources
            for config in source.selection.directory_configs.values()
        }

    def exclude_hint(self, source: SourceFiles, path: str) -> str:
        """Return a hint that excludes a file, or with a slash at the end, a directory."""
        from dlm_git.patterns.dlmignore import exact_line  # late: for findings

        top = source.root.path
        plain = path.rstrip("/")
        if plain == top:
            return f"remove the source '{top}'"
        target = self.files.target(plain) or plain
        name, inside = source.name(target)
        if not inside or target.startswith("/"):
            pattern = name if inside else basename(plain)
            pattern += "/**" if path.endswith("/") else ""
            reason = "no .dlm/ignore of this repository applies to it"
            return f"add '{pattern}' to 'exclude' of the source: {reason}"
        line = exact_line(f"{name}/" if path.endswith("/") else name)
        directory = name if path.endswith("/") else dirname(name)
        nested = (c for c in source.selection.scope(directory).configs if c.directory != top)
        if any(rule.negated for config in nested for rule in config.rules.rules):
            return f"remove '{path}' from the sources: a nested .dlm/ignore can re-include it"
        return f"add the line '{line}' to {join(top, IGNORE_FILE)}"


def matchers(rules: Iterable[IgnoreRule]) -> list[RuleMatcher]:
    """Return what finds the files that some rules may exclude."""
    return [RuleMatcher(rule) for rule in rules if not rule.negated and rule_tokens(rule)]
