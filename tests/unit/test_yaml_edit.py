"""Edits of a YAML text, and the texts that are not edited because that would not be safe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlm_git.document import yaml_edit
from dlm_git.document.yaml_edit import Edits
from dlm_git.document.yaml_loader import Loaded, YamlNodes, load
from dlm_git.validation import KeyPath

Edit = Callable[[str, YamlNodes], Edits]


def edited(text: str, edit: Edit) -> str | None:
    """Return a text after an edit, None if there is none."""
    loaded = load(text)
    assert isinstance(loaded, Loaded)
    edits = edit(text, loaded.nodes)
    for each in sorted(edits, key=lambda each: -each.start):
        text = text[: each.start] + each.text + text[each.end :]
    return text if edits else None


def with_value(path: KeyPath, value: str | int) -> Edit:
    return lambda text, nodes: yaml_edit.set_value(text, nodes, path, value)


def in_list(*path: str | int) -> Edit:
    return lambda text, nodes: yaml_edit.wrap_in_list(text, nodes, path)


def renamed(path: KeyPath, key: str) -> Edit:
    return lambda text, nodes: yaml_edit.rename_key(text, nodes, path, key)


def inserted(path: KeyPath, key: str, value: str) -> Edit:
    return lambda text, nodes: yaml_edit.insert_key(text, nodes, path, key, value)


def with_items(path: KeyPath, *values: str) -> Edit:
    return lambda text, nodes: yaml_edit.set_items(text, nodes, path, values)


def with_item(path: KeyPath, index: int, *values: str) -> Edit:
    return lambda text, nodes: yaml_edit.replace_item(text, nodes, path, index, values)


def appended(path: KeyPath, *lines: str) -> Edit:
    return lambda text, nodes: yaml_edit.append_item(text, nodes, path, lines)


def without_item(path: KeyPath, index: int) -> Edit:
    return lambda text, nodes: yaml_edit.remove_item(text, nodes, path, index)


def without_duplicate(*, repeated: bool) -> Edit:
    def edit(text: str, nodes: YamlNodes) -> Edits:
        (duplicate,) = nodes.duplicates
        return yaml_edit.remove_duplicate(text, nodes, duplicate, repeated=repeated)

    return edit


MERGING = "a: &a {x: 1}\nb:\n  <<: *a\n  y: 1\n  y: 1\n"


@pytest.mark.parametrize(
    ("before", "edit", "after"),
    [
        ("a: x  # c\n", in_list("a"), 'a: ["x"]  # c\n'),
        ("a: {}\n", inserted(("a",), "b", "1"), "a: {b: 1}\n"),
        ("a: {c: 2}\n", inserted(("a",), "b", "1"), "a: {c: 2, b: 1}\n"),
        ("a:\n  - b: 1\n    c: 2\n", appended(("a",), "b: 3", "c: 4"), "a:\n  - b: 1\n    c: 2\n"
         "  - b: 3\n    c: 4\n"),
        ("a: {b: 1, b: 1}\n", without_duplicate(repeated=True), "a: {b: 1}\n"),
        ("a: 1\nb: 2\na: 3\n", without_duplicate(repeated=False), "b: 2\na: 3\n"),
    ],
)  # fmt: skip
def test_an_edit_changes_one_place(before: str, edit: Edit, after: str) -> None:
    assert edited(before, edit) == after


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("a: !!str b\n", with_value(("a",), "c")),
        ("a: [b]\n", with_value(("a",), "c")),
        ("a: &x b\n", in_list("a")),
        ("a: [b]\n", in_list("a")),
        ("lora_rank: 8\nlora_r: 8\n", renamed(("lora_rank",), "lora_r")),
        ("a: 1\nb: &x 2\n", inserted((), "c", "3")),
        (MERGING, inserted(("b",), "c", "3")),
        (MERGING, renamed(("b", "y"), "z")),
        ("a:\n  - &x b\n  - c\n", with_item(("a",), 1, "d")),
        ("a: [&x b, c]\n", with_items(("a",), "d")),
        ("a: [b,  # c\n  d]\n", with_items(("a",), "b")),
        ("a:\n-\n  b\n- c\n", with_items(("a",), "c", "d")),
        ("a:\n- b: 1\n", without_item(("a",), 0)),
        ("a: [b: 1, c: 2]\n", without_item(("a",), 0)),
        ("a: [b: 1]\n", appended(("a",), "c: 2")),
        ("a:\n-\n  b: 1\n- c: 1\n", without_item(("a",), 0)),
        ("a:\n- b: 1\n- &x\n  b: 2\n", appended(("a",), "b: 3")),
        ("a:\n- b: 1\n-\n  b: 2\n", appended(("a",), "b: 3")),
        (MERGING, without_duplicate(repeated=True)),
        ("a: &x 1\na: 2\n", without_duplicate(repeated=False)),
        ("a: {b: 1, # c\n  b: 1}\n", without_duplicate(repeated=True)),
        ("a: {b: 1, b: 2}\n", without_duplicate(repeated=False)),
        ("- a: 1\n  a: 2\n", without_duplicate(repeated=False)),
    ],
)
def test_what_cannot_be_edited_safely_is_left_alone(text: str, edit: Edit) -> None:
    assert edited(text, edit) is None


def test_values_of_a_mapping_with_a_merge_key_are_not_compared() -> None:
    loaded = load(MERGING)
    assert isinstance(loaded, Loaded)
    (duplicate,) = loaded.nodes.duplicates
    assert not yaml_edit.has_same_values(loaded.nodes, duplicate)
