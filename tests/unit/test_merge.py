"""Merging documents: the laws of a merge, and what real changes give."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dlm_git.document.alignment import content_id, match_sections
from dlm_git.document.body_merge import merge_bodies
from dlm_git.document.line_merge import Markers, Merged, merge_changes, merge_lines
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
    assert document.tree
    assert not document.tree.duplicates
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
    assume(len({base, ours, theirs}) == 3)
    for merged in (merge(base, ours, theirs), merge(None, ours, theirs)):
        assert merged.conflicts or parsed(merged.text).accepted


# frontmatters

FRONTMATTER = f"""\
dlm_id: {ID}
dlm_version: 14
# the smallest
base_model: smollm2-135m
training:
  lora_r: 8
  sources:
    - path: "."
      include:
        - "**/*.py"  # code
        - "docs/**"
    - path: data
export: {{default_quant: Q8_0}}
"""


def changed(text: str, *replacements: tuple[str, str]) -> str:
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(
            ("base_model: smollm2-135m", "base_model: qwen2.5-0.5b  # larger"),
            ("lora_r: 8", "lora_r: 16"),
            [("smollm2-135m", "qwen2.5-0.5b  # larger"), ("lora_r: 8", "lora_r: 16")],
            id="each side changes a key",
        ),
        pytest.param(
            ("  lora_r: 8\n", "  lora_r: 8\n  num_epochs: 1\n"),
            ("  lora_r: 8\n", "  lora_r: 8\n  # slowly\n  learning_rate: 0.0001\n"),
            [("r: 8\n", "r: 8\n  num_epochs: 1\n  # slowly\n  learning_rate: 0.0001\n")],
            id="both add a key at the same place",
        ),
        pytest.param(
            ("dlm_version: 14", "dlm_version: 15"),
            ("dlm_version: 14", "dlm_version: 13"),
            [("dlm_version: 14", "dlm_version: 15")],
            id="our version is higher",
        ),
        pytest.param(
            ("dlm_version: 14", "dlm_version: 13"),
            ("dlm_version: 14", "dlm_version: 15"),
            [("dlm_version: 14", "dlm_version: 15")],
            id="their version is higher",
        ),
        pytest.param(
            ('        - "docs/**"\n', '        - "docs/**"\n        - "a/**"\n'),
            ('        - "docs/**"\n', '        - "b/**"\n'),
            [('        - "docs/**"\n', '        - "b/**"\n        - "a/**"\n')],
            id="patterns are a set",
        ),
        pytest.param(
            ("    - path: data\n", "    - path: data\n      max_files: 3\n"),
            ("    - path: data\n", "    - path: more\n    - path: data\n"),
            [("    - path: data\n", "    - path: more\n    - path: data\n      max_files: 3\n")],
            id="sources by their path",
        ),
        pytest.param(
            ("export: {default_quant: Q8_0}", "export: {default_quant: Q8_0, default_top_p: 0.5}"),
            ("export: {default_quant: Q8_0}", "export: {default_quant: Q4_K_M}"),
            [("{default_quant: Q8_0}", "{default_quant: Q4_K_M, default_top_p: 0.5}")],
            id="a mapping on one line",
        ),
        pytest.param(
            ("export: {default_quant: Q8_0}\n", ""),
            ("# the smallest", "# the very smallest"),
            [("export: {default_quant: Q8_0}\n", ""), ("# the smallest", "# the very smallest")],
            id="a removed key, and a comment",
        ),
        pytest.param(
            ("export: {default_quant: Q8_0}\n", ""),
            ("export: {default_quant: Q8_0}\n", "export: {default_quant: Q8_0}  # small\n"),
            [("export: {default_quant: Q8_0}\n", "")],
            id="a removed key whose comment the other side changed",
        ),
        pytest.param(
            ("lora_r: 8", "lora_r: 16"),
            ("lora_r: 8", "lora_r: 16  # enough"),
            [("lora_r: 8", "lora_r: 16")],
            id="the same value twice",
        ),
        pytest.param(
            ("    - path: data\n", "    - {path: data, include: [a, b]}\n"),
            ("    - path: data\n", "    - path: data\n      max_files: 3\n"),
            [("    - path: data\n", "    - {path: data, include: [a, b], max_files: 3}\n")],
            id="a source on one line, and one on two",
        ),
        pytest.param(
            ("      include:\n", "      include:  # all\n        - c\n"),
            (
                '      include:\n        - "**/*.py"  # code\n        - "docs/**"\n',
                "      include: [d]\n",
            ),
            [
                (
                    '      include:\n        - "**/*.py"  # code\n        - "docs/**"\n',
                    "      include: [c, d]\n",
                )
            ],
            id="a list with comments, and one on one line",
        ),
    ],
)
def test_frontmatters_are_merged_key_by_key(
    ours: tuple[str, str], theirs: tuple[str, str], expected: list[tuple[str, str]]
) -> None:
    sides = changed(FRONTMATTER, ours), changed(FRONTMATTER, theirs)
    merged = merge_frontmatter(FRONTMATTER, *sides, MARKERS)
    assert merged.text == changed(FRONTMATTER, *expected)
    assert not merged.conflicts


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param("[b]", "[b, 'c#']", "[b, 'd#']", '[b, "c#", "d#"]', id="number signs"),
        pytest.param("{b: 1, c: 2}", "{c: 2}", "{b: 1, c: 3}", "{c: 3}", id="a removed key"),
        pytest.param("[b, c]", "[c]", "[b, c, d]", "[c, d]", id="a removed item"),
        pytest.param(
            "[{path: p}]",
            "[{path: p, max_files: 3}]",
            "[{path: p, exclude: [x]}]",
            "[{path: p, max_files: 3, exclude: [x]}]",
            id="a source",
        ),
        pytest.param(
            None, "\n  b: 1", "\n  c: 2", "\n  b: 1\n  c: 2", id="blocks that both sides add"
        ),
        pytest.param(
            "\n  b: 1\n  c: 2",
            "\n  b: 3\n  c: 2",
            "\n      b: 1\n      c: 2\n      d: 4",
            "\n  b: 3\n  c: 2\n  d: 4",
            id="another indentation",
        ),
        pytest.param(
            "\n   b: 1\n   c: 2",
            "\n   b: 3\n   c: 2",
            "\n  b: 1\n\n  # four\n  d: |\n    x\n\n    y\n  c: 2",
            "\n   b: 3\n\n   # four\n   d: |\n     x\n\n     y\n   c: 2",
            id="one column less",
        ),
        pytest.param(
            "\n  b: 1\n  c: 2",
            "\n  b: 3\n  c: 2",
            "\n   b: 1\n\n   d: |\n     x\n\n     y\n   c: 2",
            "\n  b: 3\n\n  d: |\n    x\n\n    y\n  c: 2",
            id="one column more",
        ),
    ],
)
def test_both_sides_change_a_value(base: str | None, ours: str, theirs: str, expected: str) -> None:
    before = f"a: {base}\n" if base else ""
    merged = merge_frontmatter(before, f"a: {ours}\n", f"a: {theirs}\n", MARKERS)
    assert (merged.text, merged.conflicts) == (f"a: {expected}\n", 0)


def test_what_the_trainer_rewrote_keeps_its_layout_and_gets_the_other_changes() -> None:
    """`dlm harvest` writes the frontmatter anew: sorted, without comments, lists on one line."""
    rewritten = f"""\
dlm_id: {ID}
dlm_version: 15
base_model: smollm2-135m
training:
  lora_r: 8
  sources:
    - path: .
      include: ["**/*.py", docs/**]
    - path: data
export:
  default_quant: Q8_0
"""
    theirs = changed(
        FRONTMATTER, ("lora_r: 8", "lora_r: 16"), ('"docs/**"\n', '"docs/**"\n        - "x"\n')
    )
    merged = merge_frontmatter(FRONTMATTER, rewritten, theirs, MARKERS)
    assert not merged.conflicts
    assert merged.text == changed(
        rewritten,
        ("lora_r: 8", "lora_r: 16"),
        (
            '      include: ["**/*.py", docs/**]\n',
            '      include:\n        - "**/*.py"  # code\n        - "docs/**"\n        - "x"\n',
        ),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "conflict"),
    [
        (
            ("smollm2-135m", "qwen2.5-0.5b"),
            ("smollm2-135m", "qwen3-4b"),
            "# the smallest\n<<<<<<< ours\nbase_model: qwen2.5-0.5b\n=======\n"
            "base_model: qwen3-4b\n>>>>>>> theirs\ntraining:\n",
        ),
        (
            ("  lora_r: 8\n", ""),
            ("  lora_r: 8\n", "  lora_r: 9\n"),
            "training:\n<<<<<<< ours\n=======\n  lora_r: 9\n>>>>>>> theirs\n  sources:\n",
        ),
        (
            ("    - path: data\n", "    - path: data\n      include: [a]\n"),
            ("    - path: data\n", "    - path: data\n      include: [b]\n"),
            "    - path: data\n<<<<<<< ours\n      include: [a]\n=======\n"
            "      include: [b]\n>>>>>>> theirs\nexport:",
        ),
    ],
)
def test_a_conflict_is_tight(ours: tuple[str, str], theirs: tuple[str, str], conflict: str) -> None:
    sides = changed(FRONTMATTER, ours), changed(FRONTMATTER, theirs)
    merged = merge_frontmatter(FRONTMATTER, *sides, MARKERS)
    assert merged.conflicts == 1
    assert conflict in merged.text


def test_of_two_lists_with_comments_only_one_is_kept() -> None:
    """Neither can be written anew without its comment."""
    base = 'include: ["a"]\n'
    ours, theirs = 'include:\n  # ours\n  - "b"\n', 'include: [\n  # theirs\n  "c"]\n'
    merged = merge_frontmatter(base, ours, theirs, MARKERS)
    assert merged.text == f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"
    assert merged.conflicts == 1


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        ("a: b", "a: [c]", "a: {d: e}"),
        ("a: {b: 1, c: 2}", "a: {c: 3}", "a: {b: 2, c: 2}"),
        ("a:\n  - b", "a:\n  - c", "a:\n  b: d"),
        ("a:\n- x: 1\n  path: p", "a:\n- x: 2\n  path: p", "a:\n- x: 3\n  path: p"),
        ("a:\n  b: 1", "a:\n  b: 1\n  include:\n  - c", "a:\n  b: 1\n  include:\n  - d"),
        ("a: {b: 1}", "a: {b: 1, include: [c]}", "a: {b: 1, include: [d]}"),
        ("a: 1", "a: [", "a: 2"),
        ("a: 1", "a: 2\x85b: 3", "a: 4"),
        ("a: &x 1\nb: 2", "a: &x 3\nb: 2", "a: &x 1\nb: 4"),
        ("a: 1\na: 2\nb: 3", "a: 1\na: 4\nb: 3", "a: 1\na: 2\nb: 5"),
        ("a: !!str 1\nb: 2", "a: !!str 3\nb: 2", "a: !!str 1\nb: 4"),
        ("x:\n- y\na:\n- b\n- c", "x:\n- y\na: !!seq\n- b\n- c\n- d", "x:\n- y\na:\n- c"),
        ("a: 1\n? b", "a: 2\n? b", "a: 1\n? c"),
        ("a: 1\n?\n  b", "a: 1\n?\n  c", "a: 1\n?\n  d"),
    ],
    ids=[
        "a list and a mapping",
        "a changed and a removed key",
        "a block of each kind",
        "the first key of an item",
        "an include that both sides add",
        "an include in braces",
        "not YAML",
        "a line that ends in another way",
        "adjacent lines with an anchor",
        "adjacent lines with a key that is repeated",
        "adjacent lines with a tag",
        "a list with a tag, and a removed item",
        "adjacent lines with a key behind a question mark",
        "a key below a question mark",
    ],
)
def test_values_of_different_kinds_are_a_conflict(base: str, ours: str, theirs: str) -> None:
    merged = merge_frontmatter(f"{base}\n", f"{ours}\n", f"{theirs}\n", MARKERS)
    assert merged.conflicts == 1
    assert "<<<<<<< ours\n" in merged.text


def test_keys_that_contradict_each_other_are_a_conflict() -> None:
    """Each side is valid: adapters instead of `lora_r`, and another `lora_r`."""
    base = GOOD
    ours = changed(base, ("training:\n", "training:\n  adapters: {tone: {lora_r: 4}}\n"))
    theirs = changed(base, ("training:\n", "training:\n  lora_r: 16\n"))
    model = ("qwen2.5-coder-1.5b", "smollm2-135m")  # only the first side changes it
    merged = merge(base, changed(ours, model), theirs)
    assert merged.conflicts == 1
    assert changed(
        base,
        model,
        (
            "training:\n",
            "training:\n<<<<<<< ours\n  adapters: {tone: {lora_r: 4}}\n=======\n"
            "  lora_r: 16\n>>>>>>> theirs\n",
        ),
    ) == (merged.text)


def test_a_section_that_each_side_routes_otherwise_is_a_conflict() -> None:
    base = f"{GOOD}\n::instruction::\n### Q\na\n### A\nb\n"
    ours = changed(base, ("::instruction::", "::instruction#kind::"), ("\na\n", "\nd\n"))
    theirs = changed(base, ("::instruction::", "::instruction#short::"))
    merged = merge(base, ours, theirs)
    assert merged.conflicts == 1
    assert "<<<<<<< ours\n::instruction#kind::\n### Q\nd\n" in merged.text
    assert "=======\n::instruction#short::\n### Q\na\n" in merged.text


def test_of_two_documents_that_were_created_apart_the_older_id_stays() -> None:
    older, newer = GOOD, GOOD.replace(ID, OTHER_ID)
    for ours, theirs in ((older, newer), (newer, older)):
        merged = merge(None, ours, theirs)
        assert merged.text == older
        assert not merged.conflicts
        (note,) = merged.notes
        assert f"kept dlm_id {ID}, the older, not {OTHER_ID}" in note


def test_two_includes_without_a_common_one_are_a_conflict() -> None:
    """Their union would train each side on files that it did not select."""
    merged = merge(None, GOOD, GOOD.replace('["**/*"]', '["src/**"]'))
    assert merged.conflicts == 1


# bodies

PROSE = "\n# Tea\n\nA drink.\n"
PAIR = "\n::instruction::\n### Q\nTea?\n### A\nYes.\n"
OTHER = "\n::instruction#tone::\n### Q\nCoffee?\n### A\nNo.\n"
PICTURE = '\n::image path="tea.png" alt="tea"::\n'


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param(PROSE, PROSE + PAIR, PROSE + OTHER, PROSE + PAIR + OTHER, id="both add"),
        pytest.param(PROSE, PROSE + PAIR, PROSE + PAIR, PROSE + PAIR, id="the same twice"),
        pytest.param(
            PROSE, PROSE + PAIR, PROSE + OTHER + PAIR, PROSE + OTHER + PAIR, id="one of two"
        ),
        pytest.param(
            PROSE + PAIR,
            PROSE + PAIR.replace("Yes.", "Yes!"),
            PROSE.replace("A drink.", "A hot drink.") + PAIR,
            PROSE.replace("A drink.", "A hot drink.") + PAIR.replace("Yes.", "Yes!"),
            id="each edits a section",
        ),
        pytest.param(
            PROSE, PROSE.replace("Tea", "Green tea"), PROSE.replace("drink", "hot drink"),
            PROSE.replace("Tea", "Green tea").replace("drink", "hot drink"),
            id="both edit other lines of one",
        ),
        pytest.param(
            PROSE + PAIR + OTHER, PROSE + OTHER, PROSE + PAIR + OTHER + PICTURE,
            PROSE + OTHER + PICTURE, id="one removes, one adds",
        ),
        pytest.param(
            PROSE + PAIR + OTHER, PROSE + OTHER + PAIR,
            PROSE + PAIR.replace("Yes.", "Yes!") + OTHER,
            PROSE + OTHER + PAIR.replace("Yes.", "Yes!"), id="one moves, one edits",
        ),
        pytest.param(
            PROSE, PAIR + PROSE.replace("\n#", "\n::prose::\n#", 1), PROSE + OTHER,
            PAIR + PROSE.replace("\n#", "\n::prose::\n#", 1) + OTHER, id="prose is not the first",
        ),
        pytest.param("\n", PROSE, PAIR, PROSE + PAIR, id="both begin"),
        pytest.param(
            PROSE + PAIR, f"\n{PROSE}{PAIR}", PROSE.replace("# Tea", "# Coffee") + PAIR,
            "\n" + PROSE.replace("# Tea", "# Coffee") + PAIR, id="an empty line at the top",
        ),
        pytest.param(
            f"{PROSE}\n\n{PAIR}", PROSE, f"{PROSE}\n\n{PAIR}{OTHER}", f"{PROSE}\n\n{OTHER}",
            id="empty lines before a section that is removed",
        ),
        pytest.param(
            PROSE + PAIR, PROSE + PAIR.replace("instruction", "instruction#tone"),
            PROSE + PAIR.replace("Yes.", "Yes!"),
            PROSE + PAIR.replace("instruction", "instruction#tone").replace("Yes.", "Yes!"),
            id="one routes a section to an adapter, one edits it",
        ),
        pytest.param(
            PROSE + PAIR,
            PROSE + PAIR.replace("instruction", "instruction#tone").replace("Tea?", "Tee?"),
            PROSE + PAIR.replace("instruction", "instruction#tone").replace("Yes.", "Yes!"),
            PROSE + "\n::instruction#tone::\n### Q\nTee?\n### A\nYes!\n",
            id="both route it alike, and edit it",
        ),
        pytest.param(
            PROSE, PROSE.rstrip("\n"), PROSE + PAIR, PROSE + PAIR.rstrip("\n"),
            id="the end of the file",
        ),
    ],
)  # fmt: skip
def test_bodies_are_merged_section_by_section(
    base: str, ours: str, theirs: str, expected: str
) -> None:
    merged = merge_bodies(base, ours, theirs, MARKERS)
    assert merged.text == expected
    assert not merged.conflicts


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        pytest.param(
            "\nA\n", "\nB\n", "\nC\n",
            "\n<<<<<<< ours\nB\n=======\nC\n>>>>>>> theirs\n", id="the first line",
        ),
        pytest.param(
            PROSE + PAIR,
            PROSE.replace("A drink.", "A cup.") + PAIR + OTHER,
            PROSE.replace("A drink.", "A mug.") + PAIR,
            "\n# Tea\n\n<<<<<<< ours\nA cup.\n=======\nA mug.\n>>>>>>> theirs\n" + PAIR + OTHER,
            id="the same line",
        ),
        pytest.param(
            PROSE + PAIR + OTHER,
            PROSE + OTHER,
            PROSE + PAIR.replace("Yes.", "Yes!") + OTHER,
            PROSE + "\n<<<<<<< ours\n=======\n" + PAIR[1:].replace("Yes.", "Yes!")
            + ">>>>>>> theirs\n" + OTHER,
            id="removed and edited",
        ),
        pytest.param(
            PROSE, PROSE + PAIR, PROSE + PAIR.replace("instruction", "instruction#tone"),
            PROSE + "\n<<<<<<< ours\n::instruction::\n=======\n::instruction#tone::\n>>>>>>> theirs"
            + PAIR.removeprefix("\n::instruction::"),
            id="for different adapters",
        ),
    ],
)  # fmt: skip
def test_a_conflict_in_a_section_is_tight(base: str, ours: str, theirs: str, expected: str) -> None:
    merged = merge_bodies(base, ours, theirs, MARKERS)
    assert merged.text == expected
    assert merged.conflicts == 1


def test_a_merge_of_lines_that_opens_a_code_block_is_a_conflict() -> None:
    """One side makes text of the first block, the other side joins both blocks."""
    base = "\na\n```\nb\n```\nc\n```\nd\n```\n"
    ours, theirs = "\na\nb\nc\n```\nd\n```\n", "\na\n```\nb\nc\nd\n```\n"
    assert merge_bodies(base, ours, theirs, MARKERS).conflicts == 1


# lines


def replaced(lines: list[str], *numbers: int) -> str:
    """Return a text in which the lines with these numbers are `new`."""
    new = dict.fromkeys(numbers, "new")
    return "".join(f"{new.get(number, line)}\n" for number, line in enumerate(lines))


def test_changes_between_many_equal_lines_are_found() -> None:
    base = ["first", *["same"] * 300, "last"]
    merged = merge_lines(replaced(base), replaced(base, 0, 301), replaced(base, 150), MARKERS)
    assert merged == Merged(replaced(base, 0, 150, 301))


def test_in_a_long_text_all_that_a_side_changed_is_one_change() -> None:
    """Finding the equal lines in between would take quadratic time."""
    base = [*map(str, range(2005))]
    ours, theirs = replaced(base, 1, 2001), replaced(base, 1000)
    merged = merge_lines(replaced(base), ours, theirs, MARKERS)
    our, their = (text.split("\n")[1:2002] for text in (ours, theirs))
    conflict = ["<<<<<<< ours", *our, "=======", *their, ">>>>>>> theirs"]
    assert merged == Merged("\n".join(["0", *conflict, "2002", "2003", "2004", ""]), 1)
    merged = merge_lines(replaced(base), ours, replaced(base, 2004), MARKERS)
    assert merged == Merged(replaced(base, 1, 2001, 2004))
    merged = merge_lines(replaced(base), replaced(base, 1, 2000), theirs, MARKERS)  # 2000 lines
    assert merged == Merged(replaced(base, 1, 1000, 2000))


@pytest.mark.parametrize(
    ("old", "new", "other", "expected"),
    [
        ("a b c d e", "a b c D e", "x a b c d e", "x a b c D e"),
        ("a b c d e", "a b c e", "x y a b c d e", "x y a b c e"),
        ("a b c d e", "a b c d e f", "b c d e", "b c d e f"),
        ("a b c d e", "a b C D e", "b c d e", "b C D e"),
        ("a b c d e", "a B c d e", "b c d e", None),  # adjacent lines
        ("a b c d e", "A b c d E", "A b c d e", "A b c d E"),
        ("a b c", "a b c d", "x a b c", "x a b c d"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_changes_are_made_where_their_lines_are_now(
    old: str, new: str, other: str, expected: str | None, end: str
) -> None:
    one, two = ("\n".join(f"{text} ".split(" ")) for text in (old, new))
    for last in (end, ""):  # `other` decides how lines, and the last one, end
        three = end.join(other.split()) + last
        four = end.join(expected.split()) + last if expected else None
        assert merge_changes(one, two, three) == four


# files


def test_line_endings_and_a_byte_order_mark_are_kept() -> None:
    base = GOOD.replace("\n", "\r\n")
    ours = base.replace("strict", "permissive")
    theirs = "\ufeff" + base.replace("# About", "# Tea")
    expected = theirs.replace("strict", "permissive")
    assert merge(base, ours, theirs) == Merge(expected)


def test_markers_have_the_size_and_the_labels_of_the_caller() -> None:
    markers = Markers("HEAD", "1a2b3c4", "topic", size=9, with_base=True)
    sides = GOOD.replace("# About", "# Tea"), GOOD.replace("# About", "# Coffee")
    text = merge_documents(GOOD, *sides, markers).text
    lines = [
        *("<<<<<<<<< HEAD", "# Tea", "||||||||| 1a2b3c4", "# About"),
        *("=========", "# Coffee", ">>>>>>>>> topic"),
    ]
    assert "".join(f"{line}\n" for line in lines) in text


def test_a_document_that_the_trainer_refuses_is_merged_line_by_line() -> None:
    broken = GOOD.replace("training:", "trainig:")
    ours = broken.replace("# About", "# Tea")
    theirs = broken.replace("What this repository is.", "What it is.\n\n\nMore.")
    merged = merge(broken, ours, theirs)
    assert merged.text == ours.replace("What this repository is.", "What it is.\n\n\nMore.")
    assert merged.conflicts == 1  # a clean merge would commit it
    assert "dlm refuses the merged document" in merged.notes[0]
    repaired = merge(broken, ours, GOOD)
    assert repaired == Merge(GOOD.replace("# About", "# Tea"))
