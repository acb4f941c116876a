"""The pages of rules on a terminal."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from dlm_git.cli.page import render
from dlm_git.rules.registry import RULES

PAGE = """\
*training, since 0.1.0; `--fix` can fix some findings*

A pattern matches no file.

**Why.** dlm's patterns are not
Git's: `**/*.md`, **not** `a b`."""


def test_styles() -> None:
    assert render(PAGE, 80, styled=True) == (
        "\033[3mtraining, since 0.1.0; \033[36m--fix\033[39m can fix some findings\033[23m\n\n"
        "A pattern matches no file.\n\n"
        "\033[1mWhy.\033[22m dlm's patterns are not Git's: \033[36m**/*.md\033[39m,"
        " \033[1mnot\033[22m \033[36ma b\033[39m.\n"
    )


@pytest.mark.parametrize("columns", [20, 40, 100])
def test_lines_are_wrapped_at_words(columns: int) -> None:
    for styled in (False, True):
        page = render(PAGE, columns, styled=styled)
        plain = re.sub(r"\033\[\d+m", "", page)
        for line in plain.splitlines():
            assert len(line) <= columns
    assert render(PAGE, columns, styled=False).split() == PAGE.split()


@pytest.mark.parametrize("name", RULES)
def test_the_pages_of_the_rules_have_no_other_markup(name: str) -> None:
    text = RULES[name].page
    tokens = MarkdownIt().parse(text)
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    children = [child for token in tokens for child in token.children or ()]
    assert {child.tag for child in children} <= {"", "code", "strong", "em", "br"}
    shown = re.sub(r"\033\[\d+m", "", render(text, 90, styled=True))
    words = "".join("".join(child.content.split()) for child in children)
    assert "".join(shown.split()) == words
