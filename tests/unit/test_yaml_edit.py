"""Edits of a YAML text, and the texts that are not edited because that would not be safe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dlm_git.document import yaml_edit
from dlm_git.document.parser import parse_document
from dlm_git.document.yaml_edit import Edits
from dlm_git.document.yaml_loader import Loaded, YamlNodes, load
from dlm_git.validation import KeyPath
from tests.support import GOOD

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
        ("a:\n  - x\n", with_items(("a",)), "a: []\n"),
        ("? a\n:\n  - x\n", with_items(("a",)), "? a\n: []\n"),
        ("? a\n: - x\n", with_items(("a",)), None),  # the item shares its line with the colon
        ("a: {}\n", inserted(("a",), "b", "1"), "a: {b: 1}\n"),
        ("a: {c: 2}\n", inserted(("a",), "b", "1"), "a: {c: 2, b: 1}\n"),
        ("a: {c: 2, d: 3}\n", inserted(("a",), "b", "1"), "a: {c: 2, d: 3, b: 1}\n"),
        ("a: 1\nb: 2\nc: 3\n", inserted((), "d", "4"), "a: 1\nb: 2\nc: 3\nd: 4\n"),
        ("? a\n:\n- b\n", with_items(("a",)), "? a\n: []\n"),
        # values that stay keep their places; new ones replace others, or come last
        ("a:\n- b\n- c\n", with_items(("a",), *"bcd"), "a:\n- b\n- c\n- d\n"),
        ("a:\n- b\n- c\n", with_items(("a",), *"bde"), "a:\n- b\n- d\n- e\n"),
        ("a:\n- b\n- c\n", with_items(("a",), *"def"), "a:\n- d\n- e\n- f\n"),
        ("a:\n- b\n- c\n- d\n", with_items(("a",), "c"), "a:\n- c\n"),
        ("a: [b, 'c']\n", with_items(("a",), *"dce"), "a: [d, 'c', 'e']\n"),
        ("a: [b,  # x\n  c]\n", with_items(("a",), *"dc"), "a: [d,  # x\n  c]\n"),
        ("a:\n- b\n- c\n- d\n", with_item(("a",), 1, *"de"), "a:\n- b\n- e\n- d\n"),
        ("a:\n- b\n- c\n- d\n", with_item(("a",), 1, *"be"), "a:\n- b\n- e\n- d\n"),
        ("a:\n- b\n- c\n- d\n", with_item(("a",), 1, *"ce"), "a:\n- b\n- c\n- e\n- d\n"),
        ("a:\n- b: 1\n- b: 2\n", without_item(("a",), 0), "a:\n- b: 2\n"),
        ("a:\n- b: 1\n- b: 2\nc: 3\n", without_item(("a",), 1), "a:\n- b: 1\nc: 3\n"),
        ("a:\n- b: 1\n- b: 2", without_item(("a",), 1), "a:\n- b: 1\n"),
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
        ("a: [b]\n", with_value(("a", "b"), "c")),
        ("a: bc\n", with_value(("a", 0), "d")),
        ("a: &x b\n", in_list("a")),
        ("a: [b]\n", in_list("a")),
        ("lora_rank: 8\nlora_r: 8\n", renamed(("lora_rank",), "lora_r")),
        ("a: 1\nb: &x 2\n", inserted((), "c", "3")),
        ("a: 1\n? b\n", inserted((), "c", "3")),
        ("? a\n: b: 1\n", inserted(("a",), "c", "3")),
        (MERGING, inserted(("b",), "c", "3")),
        (MERGING, renamed(("b", "y"), "z")),
        ("a:\n  - &x b\n  - c\n", with_item(("a",), 1, "d")),
        ("a: [&x b, c]\n", with_items(("a",), "d")),
        ("a: [b,  # c\n  d]\n", with_items(("a",), "b")),
        ("a:\n-\n  b\n- c\n", with_items(("a",), "c", "d")),
        ("a:\n- b: 1\n", without_item(("a",), 0)),
        ("a:\n- b: 1\n- &x\n  b: 2\n", without_item(("a",), 1)),
        ("a: {b: 1, c: 2}\n", without_item(("a",), 0)),
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


def test_a_fix_tells_what_it_does() -> None:
    document = parse_document(GOOD.encode())
    source = ("training", "sources", 0)
    made = [
        document.fixer.set_items((*source, "include"), ["a", "b c"]),
        document.fixer.set_items((*source, "exclude"), ["a"]),
        document.fixer.append_item(source[:2], ["path: x", "include: [y]"]),
        document.fixer.wrap_in_list((*source, "path"), safe=False),
    ]
    assert [fix and (fix.title, fix.safe, [edit.text for edit in fix.edits]) for fix in made] == [
        ('write \'include: ["a", "b c"]\'', True, ['["a", "b c"]']),
        ("add 'exclude: [\"a\"]'", True, ['\n      exclude: ["a"]']),
        ("add 'path: x'", True, ["\n    - path: x\n      include: [y]"]),
        ("write 'path' as a list", False, ['["."]']),
    ]


def test_removing_a_source_is_not_safe() -> None:
    text = GOOD.replace("  sources:\n", "  sources:\n    - path: docs\n")
    fix = parse_document(text.encode()).fixer.remove_item(("training", "sources", 0))
    assert fix
    assert (fix.title, fix.safe) == ("remove this source", False)
