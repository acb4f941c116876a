"""The files that the sources of a corpus document select, looked up without listing them all."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename

from dlm_git.paths import IGNORE, below
from dlm_git.patterns.dlmignore import exact_line
from dlm_git.patterns.glob import IgnoreRule, ignore_rules
from dlm_git.patterns.globset import DEEP, GlobSet, IgnoreSet, Tokens, in_rows, of_rule, whole
from dlm_git.snapshots.files import Files
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.snapshots.tracked import Recorded
from dlm_git.training.directory_config import Descent
from dlm_git.training.training_set import Expansion


@dataclass(frozen=True)
class Tree:
    """A snapshot as the sources of its corpus document see it."""

    snapshot: Snapshot
    recorded: Recorded
    files: Files
    expansions: Sequence[Expansion]
    _known: dict[tuple[int, str], bool] = field(default_factory=dict)

    @cached_property
    def descents(self) -> list[Descent]:
        """What the trainer reads of `.dlm` directories, outermost first."""
        found = {d.anchor: d for e in self.expansions for d in e.selection.anchored.values()}
        return [found[anchor] for anchor in sorted(found, key=lambda anchor: (len(anchor), anchor))]

    def paths(self, expansion: Expansion, folder: str = "") -> Iterator[str]:
        """The files of a source below a folder, both from the root; of an index no links."""
        if self.snapshot.checkout:
            start = f"{folder}/" if folder else ""
            return (path for path in expansion.walk.paths if path.startswith(start))
        folder = folder or expansion.root.top
        return self._in_rows(re.escape(os.fsencode(f"{folder}/" if folder else "")))

    def taken(self, expansion: Expansion) -> Iterator[str]:
        """The files that a source takes by their names, in no order, some perhaps twice."""
        if self.snapshot.checkout:
            yield from expansion.named()
            return
        if expansion.root.single:
            yield from filter(expansion.takes, [expansion.root.top])
            return
        for pattern in expansion.selection.include.patterns:
            yield from filter(expansion.takes, self._matching(expansion, whole(pattern)))
        for each in expansion.selection.anchored.values():
            if each.config and each.config.include:
                yield from filter(expansion.takes, self.paths(expansion, each.anchor))

    def candidates(self, expansion: Expansion, rules: Sequence[IgnoreRule]) -> Iterator[str]:
        """The files that a source takes, as far as one of the rules perhaps speaks of them."""
        if self.snapshot.checkout:
            return expansion.named()
        tokens = [found for rule in rules if not rule.negated and (found := of_rule(rule))]
        paths = dict.fromkeys(self.snapshot.perhaps(tokens))
        top = f"{expansion.root.top}/" if expansion.root.top else ""
        mine = (path for path in paths if path.startswith(top) or path == expansion.root.top)
        return filter(expansion.takes, mine)

    def matches(self, expansion: Expansion, pattern: str) -> bool:
        """Whether a pattern matches any file of a source."""
        key = expansion.index, pattern
        if key not in self._known:
            self._known[key] = self._has(expansion, pattern)
        return self._known[key]

    def matched_in_any_case(self, expansion: Expansion, pattern: str) -> str | None:
        """The name of a file of a source that a pattern matches but for the case of letters."""
        top = f"{expansion.root.top}/" if expansion.root.top else ""
        if self.snapshot.checkout:
            globs = GlobSet([pattern.lower()])
            names = (path[len(top) :] for path in expansion.walk.paths)
            return next((name for name in names if globs.match(name.lower())), None)
        regex = re.escape(os.fsencode(top)) + b"(?i:%b)" % in_rows(whole(pattern))
        return next((path[len(top) :] for path in self._in_rows(regex)), None)

    def speaks(self, each: Descent, rule: IgnoreRule) -> bool:
        """Whether a line of an ignore file matches any file, or directory, that is there."""
        start = f"{each.anchor}/" if each.anchor else ""
        if self.snapshot.checkout:
            rules = IgnoreSet([rule])
            paths = (p for e in self.expansions for p in e.walk.paths if p.startswith(start))
            return any(rules.excludes(path[len(start) :]) is not None for path in paths)
        tokens = of_rule(rule) or ()
        forms = [tokens] + ([tokens[1:]] if tokens[:1] == (DEEP,) and tokens[1:] else [])
        regexes = (re.escape(os.fsencode(start)) + in_rows(form) for form in forms if form)
        return any(True for regex in regexes for _ in self._in_rows(regex))

    def leaving_out(self, expansion: Expansion, path: str) -> str:
        """How to leave out a file, or with a slash at its end a directory, in words."""
        top = expansion.root.top
        plain = path.rstrip("/")
        target = expansion.walk.targets.get(plain, plain) if self.snapshot.checkout else plain
        name, inside = expansion.name(target)
        if not inside or target.startswith("/"):
            return f"add '{basename(plain)}' to 'exclude' in the document: it lies elsewhere"
        line = exact_line(f"{name}/" if path.endswith("/") else name)
        example = f"{name}/x" if path.endswith("/") else name
        opened = (d for d in expansion.selection.scope(example.rpartition("/")[0]).around)
        if any(rule.negated for d in opened if d.anchor != top for rule in d.rules.rules):
            return f"take '{path}' out of the sources: a nested .dlm/ignore can undo any line"
        return f"add the line '{line}' to {below(top, IGNORE)}"

    def _has(self, expansion: Expansion, pattern: str) -> bool:
        if expansion.root.single:
            return GlobSet([pattern]).match(basename(expansion.root.top))
        if self.snapshot.checkout:
            globs = GlobSet([pattern])
            cut = len(expansion.root.top) + 1 if expansion.root.top else 0
            return any(globs.match(path[cut:]) for path in expansion.walk.paths)
        return any(True for _ in self._matching(expansion, whole(pattern)))

    def _matching(self, expansion: Expansion, tokens: Tokens) -> Iterator[str]:
        top = f"{expansion.root.top}/" if expansion.root.top else ""
        if not tokens or tokens == ("/",):
            return iter(())
        return self._in_rows(re.escape(os.fsencode(top)) + in_rows(tokens))

    def _in_rows(self, regex: bytes) -> Iterator[str]:
        entries = self.recorded.remember(self.snapshot.beginning(regex))
        return (entry.path for entry in entries if entry.is_file)


def lines(*texts: str) -> list[IgnoreRule]:
    """The rules of lines of a `.dlm/ignore`."""
    return list(ignore_rules("\n".join(texts)))
