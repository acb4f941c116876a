"""The files that the sources of a corpus document select, looked up without listing them all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename

from dlm_git.paths import IGNORE_FILE, join
from dlm_git.patterns.dlmignore import exact_line
from dlm_git.patterns.glob import IgnoreRule, parse_ignore_lines
from dlm_git.patterns.globset import (
    DEEP,
    GlobSet,
    IgnoreSet,
    Tokens,
    path_tokens,
    row_regex,
    rule_tokens,
)
from dlm_git.snapshots.files import Files
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.snapshots.tracked import TrackedFiles
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.training.training_set import SourceFiles


@dataclass(frozen=True)
class FileLookup:
    """A snapshot as the sources of its corpus document see it."""

    snapshot: Snapshot
    recorded: TrackedFiles
    files: Files
    sources: Sequence[SourceFiles]
    _known: dict[tuple[int, str], bool] = field(default_factory=dict)

    @cached_property
    def directory_configs(self) -> list[DirectoryConfig]:
        """What the trainer reads of `.dlm` directories, outermost first."""
        found = {
            d.directory: d for e in self.sources for d in e.selection.directory_configs.values()
        }
        return [found[anchor] for anchor in sorted(found, key=lambda anchor: (len(anchor), anchor))]

    def paths(self, expansion: SourceFiles, folder: str = "") -> Iterator[str]:
        """The files of a source below a folder, both from the root; of an index no links."""
        if self.snapshot.checkout:
            start = f"{folder}/" if folder else ""
            return (path for path in expansion.walk.paths if path.startswith(start))
        folder = folder or expansion.root.path
        return self._in_rows(re.escape(os.fsencode(f"{folder}/" if folder else "")))

    def selected(self, expansion: SourceFiles) -> Iterator[str]:
        """The files that a source takes by their names, in no order, some perhaps twice."""
        if self.snapshot.checkout:
            yield from expansion.selected_paths()
            return
        if expansion.root.is_file:
            yield from filter(expansion.includes, [expansion.root.path])
            return
        for pattern in expansion.selection.include.patterns:
            yield from filter(expansion.includes, self._matching(expansion, path_tokens(pattern)))
        for each in expansion.selection.directory_configs.values():
            if each.config and each.config.include:
                yield from filter(expansion.includes, self.paths(expansion, each.directory))

    def candidates(self, expansion: SourceFiles, rules: Sequence[IgnoreRule]) -> Iterator[str]:
        """The files that a source takes, as far as one of the rules perhaps speaks of them."""
        if self.snapshot.checkout:
            return expansion.selected_paths()
        tokens = [found for rule in rules if not rule.negated and (found := rule_tokens(rule))]
        paths = dict.fromkeys(self.snapshot.candidate_paths(tokens))
        top = f"{expansion.root.path}/" if expansion.root.path else ""
        mine = (path for path in paths if path.startswith(top) or path == expansion.root.path)
        return filter(expansion.includes, mine)

    def matches(self, expansion: SourceFiles, pattern: str) -> bool:
        """Whether a pattern matches any file of a source."""
        key = expansion.index, pattern
        if key not in self._known:
            self._known[key] = self._has(expansion, pattern)
        return self._known[key]

    def matched_in_any_case(self, expansion: SourceFiles, pattern: str) -> str | None:
        """The name of a file of a source that a pattern matches but for the case of letters."""
        top = f"{expansion.root.path}/" if expansion.root.path else ""
        if self.snapshot.checkout:
            globs = GlobSet([pattern.lower()])
            names = (path[len(top) :] for path in expansion.walk.paths)
            return next((name for name in names if globs.match(name.lower())), None)
        regex = re.escape(os.fsencode(top)) + b"(?i:%b)" % row_regex(path_tokens(pattern))
        return next((path[len(top) :] for path in self._in_rows(regex)), None)

    def matches_any(self, each: DirectoryConfig, rule: IgnoreRule) -> bool:
        """Whether a line of an ignore file matches any file, or directory, that is there."""
        start = f"{each.directory}/" if each.directory else ""
        if self.snapshot.checkout:
            rules = IgnoreSet([rule])
            paths = (p for e in self.sources for p in e.walk.paths if p.startswith(start))
            return any(rules.excludes(path[len(start) :]) is not None for path in paths)
        tokens = rule_tokens(rule) or ()
        forms = [tokens] + ([tokens[1:]] if tokens[:1] == (DEEP,) and tokens[1:] else [])
        regexes = (re.escape(os.fsencode(start)) + row_regex(form) for form in forms if form)
        return any(True for regex in regexes for _ in self._in_rows(regex))

    def exclude_hint(self, expansion: SourceFiles, path: str) -> str:
        """How to leave out a file, or with a slash at its end a directory, in words."""
        top = expansion.root.path
        plain = path.rstrip("/")
        target = expansion.walk.targets.get(plain, plain) if self.snapshot.checkout else plain
        name, inside = expansion.name(target)
        if not inside or target.startswith("/"):
            return f"add '{basename(plain)}' to 'exclude' in the document: it lies elsewhere"
        line = exact_line(f"{name}/" if path.endswith("/") else name)
        example = f"{name}/x" if path.endswith("/") else name
        opened = (d for d in expansion.selection.scope(example.rpartition("/")[0]).directories)
        if any(rule.negated for d in opened if d.directory != top for rule in d.rules.rules):
            return f"take '{path}' out of the sources: a nested .dlm/ignore can undo any line"
        return f"add the line '{line}' to {join(top, IGNORE_FILE)}"

    def _has(self, expansion: SourceFiles, pattern: str) -> bool:
        if expansion.root.is_file:
            return GlobSet([pattern]).match(basename(expansion.root.path))
        if self.snapshot.checkout:
            globs = GlobSet([pattern])
            cut = len(expansion.root.path) + 1 if expansion.root.path else 0
            return any(globs.match(path[cut:]) for path in expansion.walk.paths)
        return any(True for _ in self._matching(expansion, path_tokens(pattern)))

    def _matching(self, expansion: SourceFiles, tokens: Tokens) -> Iterator[str]:
        top = f"{expansion.root.path}/" if expansion.root.path else ""
        if not tokens or tokens == ("/",):
            return iter(())
        return self._in_rows(re.escape(os.fsencode(top)) + row_regex(tokens))

    def _in_rows(self, regex: bytes) -> Iterator[str]:
        entries = self.recorded.remember(self.snapshot.matching_prefix(regex))
        return (entry.path for entry in entries if entry.is_file)


def lines(*texts: str) -> list[IgnoreRule]:
    """The rules of lines of a `.dlm/ignore`."""
    return list(parse_ignore_lines("\n".join(texts)))
