"""Sections and pairs: fast searches find what a plain reading line by line finds."""

from __future__ import annotations

from typing import Literal

from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.document.pairs import HEADERS, check_pairs, pair_violations
from dlm_git.document.sections import Section, parse_body
from tests import strategies

FENCES = {
    "::prose::": "prose",
    "::instruction::": "instruction",
    "::instruction#a::": "instruction",
    "::preference::": "preference",
    '::image path="a.png"::': "image",
}
REFUSED = ("::note::", "::Prose::", "::image::", "::prose#A-::")
LOOKALIKES = (" ::prose::", ":: Prose ::", "::instruction:: ")
MARKER = '<!-- dlm-auto-harvest: source="x" -->'
OTHERS = ("", " ", "text", "::", ":: a", "a ::prose::", "    ::prose::", "```", "```py", " ```")
LINES = (*FENCES, *REFUSED, *LOOKALIKES, MARKER, *OTHERS)


def plain_body(text: str) -> tuple[list[tuple[str, str]], list[int], list[int]]:
    """Return types and contents of the sections, and the lines refused and the lookalikes."""
    sections: list[tuple[str, list[str]]] = [("prose", [])]
    refused, lookalikes, opener = [], [], None
    for number, line in enumerate(text.removeprefix("\n").removesuffix("\n").split("\n")):
        if line.startswith("```"):
            opener = number if opener is None else None
        elif opener is None and (line in FENCES or line in REFUSED):
            sections.append((FENCES.get(line, "prose"), []))
            refused += [number] if line in REFUSED else []
            continue
        elif opener is None and line in LOOKALIKES:
            lookalikes.append(number)
        sections[-1][1].append(line)
    for kind, lines in sections:
        while kind in HEADERS and lines[:1] == [MARKER]:
            del lines[0]
    contents = [(kind, "\n".join(lines)) for kind, lines in sections]
    kept = [(kind, content) for kind, content in contents if kind != "prose" or content.strip()]
    return kept, sorted(refused + ([] if opener is None else [opener])), lookalikes


@given(lines=st.lists(st.sampled_from(LINES), max_size=12), end=st.sampled_from(["", "\n"]))
def test_sections_are_those_of_a_plain_reading(lines: list[str], end: str) -> None:
    text = "\n".join(lines) + end
    body, start = parse_body(text), len(text) - len(text.removeprefix("\n"))
    assert (
        [(section.type, section.content) for section in body.sections],
        [text.count("\n", start, violation.start) for violation in body.violations],
        [text.count("\n", start, lookalike.start) for lookalike in body.lookalikes],
    ) == plain_body(text)


Kind = Literal["instruction", "preference"]
HEADER_LINES = (*HEADERS["instruction"], *HEADERS["preference"], "### Q !probe", " ### A ", "### X")
TEXT_LINES = (
    *("a", " a", "# a", "#", "", " ", "\u3000", "\u3000### A", "\v", "a\f### A", "a\x1c\x1cb"),
    *("a\u2028### Q", "a\x85", "\x1e"),
)


@st.composite
def nearly_pairs(draw: st.DrawFn) -> tuple[Kind, str]:
    """Return a type and a content with its headers in order and odd lines as texts."""
    kind: Kind = draw(st.sampled_from(["instruction", "preference"]))
    lines = draw(st.lists(st.just(""), max_size=1))
    for header in HEADERS[kind] * draw(st.integers(1, 2)):
        lines.append(header if draw(st.integers(0, 9)) else draw(st.sampled_from(HEADER_LINES)))
        lines += draw(
            st.lists(st.sampled_from(TEXT_LINES[: draw(st.sampled_from([1, 4, 99]))]), max_size=2)
        )
        lines += ["a"] * draw(st.integers(0, 1)) + [""] * draw(st.sampled_from([0, 0, 1, 2]))
    return kind, "\n".join(lines)


@given(case=strategies.pair_bodies())
@example(case=("instruction", "### Q\na\n### A\nb\f### Q"))
@example(case=("preference", "### Prompt\na\n\n### Chosen\nb\n### Rejected\nc\n\n\n### Prompt\n"))
def test_violations_of_pairs_are_those_of_each_section(case: tuple[Kind, str]) -> None:
    assert_violations_agree(*case)


@given(case=nearly_pairs())
def test_violations_of_odd_lines_are_those_of_each_section(case: tuple[Kind, str]) -> None:
    assert_violations_agree(*case)


def assert_violations_agree(kind: str, content: str) -> None:
    text = f"::{kind}::\n{content}\n::{kind}::\n### Q\nx\n### A\ny"
    first, last = len(kind) + 5, text.rindex("### Q\nx")
    sections = [
        Section(kind, text, 0, first, first + len(content)),
        Section(kind, text, 0, last, len(text)),
    ]
    violations = [(section, check_pairs(kind, section.content)) for section in sections]
    assert list(pair_violations(text, sections)) == [pair for pair in violations if pair[1]]
