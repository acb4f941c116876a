"""Pairs of the expected sources and those of a document."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import normpath

from dlm_git.config.load import ExpectedSource
from dlm_git.document.frontmatter import Source
from dlm_git.values import Value


class SourcePairs(Value):
    """Expected sources, and the indexes of sources of a document.

    pairs: each expected source that was found, with the index of the source.
    missing: the expected sources that were not found.
    unexpected: the indexes of the other sources, ascending.
    """

    pairs: list[tuple[ExpectedSource, int]]
    missing: list[ExpectedSource]
    unexpected: list[int]


def pair_sources(
    expected_sources: Sequence[ExpectedSource], sources: Sequence[Source]
) -> SourcePairs:
    """Pair the sources of the same path.

    If one expected source and one other are left, the path of the latter is wrong: they are a pair.
    """
    indexes: dict[str, list[int]] = {}
    for index, source in enumerate(sources):
        indexes.setdefault(normpath(source.path), []).append(index)
    pairs, missing = [], []
    for expected in expected_sources:
        candidates = indexes.get(normpath(expected.path))
        if candidates:
            pairs.append((expected, candidates.pop(0)))
        else:
            missing.append(expected)
    unexpected = sorted(index for rest in indexes.values() for index in rest)
    if len(missing) == len(unexpected) == 1:
        return SourcePairs([*pairs, (missing[0], unexpected[0])], [], [])
    return SourcePairs(pairs, missing, unexpected)


def is_misplaced(source: Source, expected: ExpectedSource) -> bool:
    """Return whether a source has another path than the expected one."""
    return normpath(source.path) != normpath(expected.path)


def misplaced_indexes(
    expected_sources: Sequence[ExpectedSource], sources: Sequence[Source]
) -> set[int]:
    """Return the indexes of the sources that are not expected, or have another path."""
    pairs = pair_sources(expected_sources, sources)
    misplaced = (index for expected, index in pairs.pairs if is_misplaced(sources[index], expected))
    return {*pairs.unexpected, *misplaced}
