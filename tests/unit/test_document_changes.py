"""What changes between two documents: sections and settings."""

from __future__ import annotations

import pytest

from dlm_git.document.parser import parse_document
from dlm_git.document.section_changes import compare_sections
from dlm_git.document.setting_changes import canonical, compare_settings
from tests.support import GOOD


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
    front, _, _ = GOOD.partition("# About")
    (change,) = compare_sections(None, parse_document(f"{front}{body}".encode())).changes
    assert (change.kind, change.text) == ("added", text)


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
