"""Find out why only one of two training sets includes a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from dlm_git.training.changes import Cause
from dlm_git.training.ignore_block import block_origins
from dlm_git.training.reasons import Reason
from dlm_git.training.selection import Decision
from dlm_git.training.training_set import SourceFiles
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

_LIMITS: Mapping[Reason, str] = {"max-bytes": "max_bytes_per_file", "max-files": "max_files"}
_EXCLUSIONS = ("excluded", "ignored", "default-exclude")
# a line that can decide: its file, '' for the document, whether it includes, and the pattern
_Line = tuple[str, bool, str]


class State(Value):
    """One of two states that are compared.

    is_new: whether it is the newer one.
    document: the path of its document, None if it has none.
    sources: the sources of the document.
    partners: the indexes of the corresponding sources of the other state, by those of its own.
    excluded: the reasons for which contents or limits exclude files that the patterns include, by
        index of the source and path.
    """

    is_new: bool
    document: str | None
    sources: Sequence[SourceFiles]
    partners: Mapping[int, int]
    excluded: Mapping[tuple[int, str], Reason]

    def contains(self, source: SourceFiles, path: str) -> bool:
        """Return whether the walk below a source finds a file."""
        if source.index not in self._walks:
            self._walks[source.index] = frozenset(source.walk.paths)
        return path in self._walks[source.index]

    @cached_property
    def _walks(self) -> dict[int, frozenset[str]]:
        return {}

    def covering(self, path: str) -> SourceFiles | None:
        """Return a source whose root is at or above a path, None if there is none."""
        tops = ((source, source.root.path) for source in self.sources)
        return next((s for s, top in tops if not top or f"{path}/".startswith(f"{top}/")), None)

    def key(self, decision: Decision) -> _Line:
        """Return the line that decides, so that those of two states can be compared."""
        file = "" if decision.file == self.document else decision.file
        return file, decision.reason == "included", decision.pattern

    def has_line(self, source: SourceFiles, line: _Line) -> bool:
        """Return whether a line is one of a source or of the configs below it."""
        if source.index not in self._lines:
            self._lines[source.index] = frozenset(_lines(source))
        return line in self._lines[source.index]

    @cached_property
    def _lines(self) -> dict[int, frozenset[_Line]]:
        return {}

    def cause(self, line: Decision, reason: Reason) -> Cause:
        """Return a line of this state as the cause of a change."""
        kind: Literal["line", "removed-line"] = "line" if self.is_new else "removed-line"
        origin = self._origins(line.file).get(line.line, "")
        return Cause(kind, reason, line.file, line.line, line.pattern, origin)

    def _origins(self, path: str) -> Mapping[int, str]:
        """Return the `.gitignore` patterns behind the lines of a `.dlm/ignore`."""
        if path not in self._block_origins:
            configs = (c for s in self.sources for c in s.selection.directory_configs.values())
            ignore = next((c.ignore for c in configs if c.ignore_path == path), None)
            text = ignore.text.normalized if ignore and ignore.text else ""
            self._block_origins[path] = block_origins(text)
        return self._block_origins[path]

    @cached_property
    def _block_origins(self) -> dict[str, Mapping[int, str]]:
        return {}


def pair_sources(old: Sequence[SourceFiles], new: Sequence[SourceFiles]) -> dict[int, int]:
    """Return the indexes of the new sources that correspond to old ones.

    Such sources have the same root. Of several, equal ones correspond, then those in order.
    """
    pairs: dict[int, int] = {}
    for equal in (True, False):
        left = defaultdict[object, list[int]](list)
        for source in new:
            if source.index not in pairs.values():
                left[_identity(source, equal=equal)].append(source.index)
        for source in old:
            indexes = left.get(_identity(source, equal=equal))
            if indexes and source.index not in pairs:
                pairs[source.index] = indexes.pop(0)
    return pairs


def _identity(source: SourceFiles, *, equal: bool) -> object:
    place = source.root.path, source.root.is_file
    return (place, source.selection.source) if equal else place


def find_cause(path: str, source: SourceFiles, here: State, there: State) -> Cause:
    """Return why only one of two states includes a file.

    source: the source of `here` that includes it.
    here: the state that includes it.
    there: the state that does not.
    """
    if there.document is None:
        return Cause("document", file=here.document or "")
    partner = here.partners.get(source.index)
    other = there.covering(path) if partner is None else there.sources[partner]
    if other is None:
        return source_cause(source)
    decision = other.decide(path)
    if decision.reason != "included":
        return _line_cause(source, source.decide(path), here, other, decision, there)
    if path in other.walk.submodules or path in other.walk.external_links:
        return Cause("content", "submodule" if path in other.walk.submodules else "external-link")
    if not there.contains(other, path):
        return Cause("created" if here.is_new else "deleted")
    return _content_cause(path, source, other, here, there)


def source_cause(source: SourceFiles) -> Cause:
    """Return a source as the cause: it is added, removed or moved."""
    line = source.selection.source_line("path")
    return Cause("source", "included", line.file, line.line, source.selection.source.path)


def _line_cause(
    source: SourceFiles, including: Decision, here: State,
    other: SourceFiles, excluding: Decision, there: State,
) -> Cause:  # fmt: skip
    """Return the line because of which a source includes a file and another excludes it.

    A line that both have is not the cause, if the other line can be.
    """
    if excluding.reason in _EXCLUSIONS:
        # the trainer's default excludes, which have no file, are the same everywhere
        blamed = bool(excluding.file) and not here.has_line(source, there.key(excluding))
    else:  # no include pattern matches
        blamed = there.has_line(other, here.key(including))
    state, line = (there, excluding) if blamed else (here, including)
    return state.cause(line, excluding.reason)


def _content_cause(
    path: str, source: SourceFiles, other: SourceFiles, here: State, there: State
) -> Cause:
    """Return the cause for a file that both states have, and that the patterns of both include."""
    reason = there.excluded.get((other.index, path))
    if reason is None:  # a source without a partner, and another one includes the file, too
        return source_cause(source)
    if reason not in _LIMITS:
        return Cause("content", reason)
    including, excluding = (s.selection.source_line(_LIMITS[reason]) for s in (source, other))
    if including.pattern == excluding.pattern:
        return Cause("content", reason)
    has_limit = source.selection.source.as_dict()[_LIMITS[reason]] is not None
    if here.is_new and has_limit:
        return here.cause(including, reason)
    return there.cause(excluding, reason)


def _lines(source: SourceFiles) -> Iterator[_Line]:
    """Yield the lines of a source, and those of the configs below it."""
    own = source.selection.source
    yield from (("", True, pattern) for pattern in own.include)
    yield from (("", False, pattern) for pattern in own.exclude)
    for config in source.selection.directory_configs.values():
        path = config.training_path
        yield from ((path, True, pattern) for pattern in config.include.patterns)
        yield from ((path, False, pattern) for pattern in config.exclude.patterns)
        if config.config and not config.config.exclude_defaults:
            yield path, True, "exclude_defaults: false"
        yield from ((config.ignore_path, rule.negated, str(rule)) for rule in config.rules.rules)
