"""What changes between two documents: sections and settings."""

from __future__ import annotations

import pytest

from dlm_git.document.parser import parse_document
from dlm_git.document.section_changes import (
    ChangedSection,
    SectionComparison,
    compare_sections,
)
from dlm_git.document.setting_changes import canonical, compare_settings
from tests.support import GOOD

FRONT, _, _ = GOOD.partition("# About")
BODY = FRONT.count("\n") + 1  # its first line
TEA = "::instruction::\n### Q\nWhat is tea?\n### A\nA drink.\n"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("::prose::\n\n  One line.\nMore.\n", "One line."),
        ("::instruction::\n### Q\nWhy?\n### A\nSo.\n", "Why?"),
        ("::instruction::\n### Q\n### A\n", ""),
        ('::image path="a/b.png"::\nA caption.\n', "a/b.png"),
    ],
)
def test_a_section_is_shown_by_its_first_line_or_its_file(body: str, text: str) -> None:
    (change,) = compare_sections(None, parse_document(f"{FRONT}{body}".encode())).changes
    assert (change.kind, change.text) == ("added", text)


def compare(old: str, new: str) -> SectionComparison:
    """Compare two bodies."""
    one, other = (parse_document(f"{FRONT}{body}".encode()) for body in (old, new))
    return compare_sections(one, other)


def test_sections_are_added_edited_and_removed() -> None:
    old = f"Prose.\n\n{TEA}\n::prose::\n\nGone.\n"
    hot = TEA.replace("::\n", "#tone::\n", 1).replace("drink", "hot drink")
    comparison = compare(old, f'::image path="a.png"::\nA\n\n::prose::\nProse.\n\n{hot}')
    assert (comparison.shifted, comparison.reordered) == (0, False)
    same = "43ad5b1c2e16c53d"  # the fence is not part of the content
    tea_ids = "578931af4c4cda0f", "45c9accd71b4ebe9"
    assert comparison.changes == (
        ChangedSection("added", "image", "a.png", None, "6f59425a29eca438", None, None, None, BODY),
        ChangedSection("edited", "prose", "Prose.", same, same, None, None, BODY, BODY + 3),
        ChangedSection(
            "edited", "instruction", "What is tea?", *tea_ids, None, "tone", BODY + 2, BODY + 6
        ),
        ChangedSection(
            "removed", "prose", "Gone.", "a8fbdd615bffc776", None, None, None, BODY + 8, None
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "shifted", "reordered"),
    [
        ("Prose.\n", "Prose.\n", 0, False),
        ("Prose.\n", "\nProse.\n", 1, False),  # other empty lines
        (f"A.\n\n{TEA}", f"A.\n\n\n{TEA}", 1, False),
        (f"::prose::\nA.\n{TEA}", f"{TEA}::prose::\nA.\n", 0, True),
    ],
)
def test_sections_move_without_a_change(old: str, new: str, shifted: int, reordered: bool) -> None:
    assert compare(old, new) == SectionComparison((), shifted, reordered)


def test_the_text_of_a_section_is_cut() -> None:
    (change,) = compare("", "a" * 300).changes
    assert change.text == "a" * 200


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), '"nan"'),
        (float("-inf"), '"-inf"'),
        ({*"edcba"}, '["a", "b", "c", "d", "e"]'),
        (b"\xff", "\"b'\\\\xff'\""),
        ({1: [None, 2.5]}, '{"1": [null, 2.5]}'),
    ],
)
def test_a_value_that_json_does_not_have_is_its_text(value: object, text: str) -> None:
    assert canonical(value) == text


def test_the_type_of_a_value_counts() -> None:
    (change,) = compare_settings("f", {"a": 1, "b": {"c"}}, {"a": True, "b": {"c"}})
    assert (change.key, change.kind, change.old, change.new) == ("a", "changed", 1, True)


def settings(old: object, new: object, *, key: str = "sources") -> dict[str, object]:
    """Compare two values of a key below `training`: each change with its kind and both sides."""
    changes = compare_settings("f", {"training": {key: old}}, {"training": {key: new}})
    return {change.key: (change.kind, change.old, change.new) for change in changes}


def test_sources_are_compared_by_their_paths() -> None:
    old = [
        {"path": "a", "max_files": 1},
        {"path": "b", "include": ["x"]},
        {"path": "a", "max_files": 2},
    ]
    new = [
        {"max_files": 1, "path": "a"},
        {"path": "a", "max_files": 3},
        {"path": "a", "exclude": []},
    ]
    assert settings(old, new) == {
        "training.sources": ("changed", ["a", "b", "a"], ["a", "a", "a"]),
        "training.sources[a (2)].max_files": ("changed", 2, 3),
        "training.sources[a (3)].exclude": ("added", None, []),
        "training.sources[b].include": ("removed", ["x"], None),
    }


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ([{"path": "a"}], [{"path": "b"}], "adapters"),
        ([{"path": "a"}, "b"], [{"path": "a"}, "c"], "sources"),
        ([{"paths": "a"}], [{"paths": "b"}], "sources"),
        ("a", "b", "sources"),
        ({}, [], "sources"),
    ],
)
def test_what_is_not_a_source_is_compared_as_one_value(old: object, new: object, key: str) -> None:
    assert settings(old, new, key=key) == {f"training.{key}": ("changed", old, new)}
    assert settings(old, old, key=key) == {}


def test_the_order_of_keys_does_not_count() -> None:
    assert settings([{"a": 1, "b": 2}], [{"b": 2, "a": 1}], key="other") == {}


def test_items_count_as_often_as_they_are_there() -> None:
    old, new = {"include": [*"aaab"]}, {"include": [*"abbc"]}
    (change,) = compare_settings("f", old, new)
    assert (change.added_items, change.removed_items) == ([*"bc"], [*"aa"])
    (change,) = compare_settings("f", {}, {"include": ["a", 1]})
    assert not change.is_list
    assert (change.added_items, change.removed_items) == ([], [])
