"""The block of `dlm-git ignore` in the text of a `.dlm/ignore`."""

from __future__ import annotations

import pytest

from dlm_git.document.text import Text, decode
from dlm_git.errors import DlmGitError
from dlm_git.training.ignore_block import (
    BEGIN,
    END,
    block_fix,
    block_lines,
    block_origins,
    line_numbers,
    split_at_block,
    with_block,
)

LINES = ("# from .gitignore: *.log", "*.log", "*.log/**")
BLOCK = "".join(f"{line}\n" for line in (BEGIN, *LINES, END))
BOM = "\ufeff"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", BLOCK),
        ("a\n", f"{BLOCK}a\n"),
        (f"{BOM}a\n", f"{BOM}{BLOCK}a\n"),
        ("a\r\n", BLOCK.replace("\n", "\r\n") + "a\r\n"),
        (f"a\n{BEGIN}\nold\n{END}\nb\n", f"a\n{BLOCK}b\n"),
        (f"a\n{BEGIN}\n{END}\nb\n", f"a\n{BLOCK}b\n"),
        (f"{BOM}{BEGIN}\nold\n{END}\nb\n", f"{BOM}{BLOCK}b\n"),
        (f"{BEGIN}\r\nold\r\n{END}\r\n", BLOCK.replace("\n", "\r\n")),
        (f"{BEGIN}\nold\n{END}", BLOCK),
    ],
)
def test_a_block_is_written_first_or_where_it_was(before: str, after: str) -> None:
    assert with_block(before, LINES) == after
    assert block_lines(after) == LINES
    without = with_block(after, ())
    assert without == with_block(before, ())
    assert block_lines(without) is None


def test_what_is_around_a_block_is_its_text() -> None:
    assert split_at_block(f"a\n{BLOCK}b\n") == ("a\n", "b\n")
    assert split_at_block("a\n") is None


@pytest.mark.parametrize(
    "text", [BEGIN, END, f"{END}\n{BEGIN}\n", BLOCK * 2, f"{BLOCK}{BEGIN}\n", f"{BLOCK}{END}\n"]
)
def test_a_broken_block_is_an_error_and_has_no_lines(text: str) -> None:
    with pytest.raises(DlmGitError, match="broken `dlm-git ignore` block"):
        block_lines(text)
    assert [*line_numbers(text)] == []


def test_lines_of_a_block_have_the_pattern_they_come_from() -> None:
    text = f"mine\n{BLOCK.replace('*.log/**', '# from .gitignore: b')}{LINES[0]}\nyours\n"
    assert [*line_numbers(text)] == [2, 3, 4, 5]
    assert block_origins(text) == {4: ".gitignore: *.log"}
    assert block_origins("mine\n") == {}


@pytest.mark.parametrize(
    ("lines", "fixed"), [(("b",), f"a\n{BEGIN}\nb\n{END}\nc\n"), ((), "a\nc\n")]
)
def test_a_fix_replaces_the_lines_or_removes_the_block(lines: tuple[str, ...], fixed: str) -> None:
    text = decode(f"a\n{BLOCK}c\n".encode())
    assert isinstance(text, Text)
    fix = block_fix(text, lines)
    assert fix
    (edit,) = fix.edits
    assert text.raw[: edit.start] + edit.text + text.raw[edit.end :] == fixed
