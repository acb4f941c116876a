"""Merging documents: the laws of a merge, and what real changes give."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlm_git.document.alignment import content_id, match_sections
from dlm_git.document.body_merge import merge_bodies
from dlm_git.document.line_merge import Markers
from dlm_git.document.merge import Merge, merge_documents
from dlm_git.document.parser import Document, parse_document
from dlm_git.document.yaml_merge import merge_frontmatter
from tests.merges import versions
from tests.strategies import documents
from tests.support import GOOD, ID, OTHER_ID

MARKERS = Markers()


def merge(base: str | None, ours: str, theirs: str) -> Merge:
    return merge_documents(base, ours, theirs, MARKERS)


def parsed(text: str) -> Document:
    return parse_document(text.encode())


def contents(text: str) -> Counter[str]:
    """Return the ids of the sections, and how often each occurs."""
    return Counter(map(content_id, parsed(text).body.sections))


def added(base: str, side: str) -> Counter[str]:
    """Return the ids of the sections that a side added, and how often each occurs."""
    old, new = (parsed(text).body.sections for text in (base, side))
    matches = match_sections(old, new)
    return Counter(content_id(new[place]) for place in range(len(new)) if place not in matches)


def values(text: str) -> Any:
    """Return the frontmatter; lists as sets, since both sides may have added to them."""
    tree = parsed(text).tree
    assert tree
    return _unordered(tree.value)


def _unordered(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((key, _unordered(item)) for key, item in value.items())
    return frozenset(map(_unordered, value)) if isinstance(value, list) else value


# laws


@given(versions())
def test_a_clean_result_parses_and_has_what_both_sides_added(texts: tuple[str, str, str]) -> None:
    assume(all(parsed(text).accepted for text in texts))
    base, ours, theirs = texts
    merged = merge(base, ours, theirs)
    if merged.conflicts:
        assert "<<<<<<< ours\n" in merged.text.replace("\r\n", "\n")
        return
    document = parsed(merged.text)
    assert document.accepted
    assert document.tree and not document.tree.duplicates
    found = contents(merged.text)
    assert found >= contents(base) & contents(ours) & contents(theirs)
    assert found >= added(base, ours) | added(base, theirs)


@given(versions())
def test_a_merge_is_the_same_from_both_sides(texts: tuple[str, str, str]) -> None:
    assume(all(parsed(text).accepted for text in texts))
    base, ours, theirs = texts
    merged, swapped = merge(base, ours, theirs), merge(base, theirs, ours)
    assert bool(merged.conflicts) == bool(swapped.conflicts)
    if not merged.conflicts:
        assert values(merged.text) == values(swapped.text)
        assert contents(merged.text) == contents(swapped.text)


@given(versions())
def test_an_unchanged_side_gives_the_other_byte_for_byte(texts: tuple[str, str, str]) -> None:
    base, side, _ = texts
    assert merge(base, side, base) == merge(base, base, side) == merge(base, side, side)
    assert merge(base, side, side) == Merge(side)
    # also in parts, of which one side may have changed the one and the other side the other
    old, new = parsed(base), parsed(side)
    assume(old.accepted and new.accepted)
    for function, before, after in (
        (merge_frontmatter, old.frontmatter_text, new.frontmatter_text),
        (merge_bodies, old.body_text, new.body_text),
    ):
        for ours, theirs in ((after, before), (before, after), (after, after)):
            assert function(before, ours, theirs, MARKERS).text == after


@given(st.tuples(documents(0), documents(0), documents(0)))
def test_any_documents_can_be_merged(data: tuple[bytes, bytes, bytes]) -> None:
    base, ours, theirs = (each.decode("utf-8", "replace") for each in data)
    for merged in (merge(base, ours, theirs), merge(None, ours, theirs)):
        assert merged.conflicts or parsed(merged.text).accepted
