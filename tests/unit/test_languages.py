"""Documents and patterns on their own: positions, bounded time, reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.document.base_models import suggest_base
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import parse_document
from dlm_git.document.template import Plan, new_id, render_document
from dlm_git.document.text import DecodeError, Text, decode
from dlm_git.document.yaml_loader import YamlError
from dlm_git.document.yaml_tree import load_yaml
from dlm_git.patterns.glob import glob, parse_ignore_lines
from dlm_git.report import Span
from tests.support import GOOD, ID


def places(data: str) -> dict[str, tuple[int, int, str]]:
    """Line, column and stored text of some places of a document."""
    parsed = parse_document(data.encode())
    paths = {
        "base": ("base_model",),
        "path": ("training", "sources", 0, "path"),
        "glob": ("training", "sources", 0, "include", 0),
    }
    spans = {name: parsed.value_span(path) for name, path in paths.items()}
    return {n: (s.line, s.column, data[s.start : s.end]) for n, s in spans.items() if s}


PLACES = {
    "base": (4, 13, "qwen2.5-coder-1.5b"),
    "path": (8, 13, '"."'),
    "glob": (9, 17, '"**/*"'),
}


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        "\ufeff" + GOOD,
        "\ufeff" + GOOD.replace("\n", "\r\n"),
        GOOD.replace(ID, ID + " # \u00e9\u2003\U0001f600"),
    ],
    ids=["LF", "CRLF", "CR", "BOM", "BOM and CRLF", "wide characters before"],
)
def test_positions_do_not_depend_on_the_encoding(text: str) -> None:
    assert places(text) == PLACES


def test_a_key_and_a_section_have_positions() -> None:
    parsed = parse_document(GOOD.encode())
    key = parsed.key_span(("base_model",))
    assert key == Span(4, 1, 4, 11, GOOD.index("base_model"), GOOD.index("base_model") + 10)
    (section,) = parsed.body.sections
    assert GOOD[section.start :].startswith("# About")
    assert parsed.line_span(section.fence).line == 12


@given(st.text(alphabet="a\u00e9\r\n\ufeff\u2028", max_size=30))
def test_every_offset_leads_back_to_its_character(raw: str) -> None:
    text = Text(raw)
    for offset, char in enumerate(text.normalized):
        span = text.span(offset, offset)
        assert raw[span.start] == char or (char == "\n" and raw[span.start] == "\r")
        assert (text.line(span.line) + "\n")[span.column - 1] == char


@pytest.mark.parametrize(
    ("data", "line", "column", "reason"),
    [
        (b"ab\xffc", 1, 3, "not UTF-8: byte 0xff at offset 2"),
        (b"a\r\nb\xc3", 2, 2, "not UTF-8: byte 0xc3 at offset 4"),
        ("---\n".encode("utf-16"), 1, 1, "not UTF-8: it starts with a UTF-16 byte order mark"),
    ],
)
def test_bytes_that_are_not_utf8_have_a_position(
    data: bytes, line: int, column: int, reason: str
) -> None:
    error = decode(data)
    assert isinstance(error, DecodeError)
    assert (error.span.line, error.span.column, error.reason) == (line, column, reason)


def bomb(first: str, begin: str, end: str) -> str:
    """Return keys that refer to the key before them nine times."""
    keys = (f"a{n}: &a{n} {begin}{', '.join([f'*a{n - 1}'] * 9)}{end}" for n in range(1, 30))
    return "\n".join([f"a0: &a0 {first}", *keys])


MERGES = bomb("{x: 1}", "{<<: [", "]}")
COPIES = bomb("[x]", "[", "]")


@pytest.mark.parametrize(
    ("yaml", "reason"),
    [
        ("a: " + "[" * 100_000, "nested deeper than 100 levels"),
        ("a: " + "{" * 100_000, "nested deeper than 100 levels"),
        ("- " * 100_000, "nested deeper than 100 levels"),
        (MERGES, "aliases expand to more than 10000 values"),
        (COPIES, "aliases expand to more than 10000 values"),
        ("a: &a [*a]", "alias '*a' refers to a value that contains it"),
        ("a: " + "9" * 5000, "number longer than 3500 characters"),
        ("a: 1" + ":59" * 20_000, "number longer than 3500 characters"),
        ("a: 2024-13-45", "'2024-13-45' is not a valid timestamp: month must be in 1..12"),
        ('a: !!int ""', "'' is not a valid int"),
        ("a: !!timestamp x", "'x' is not a valid timestamp"),
        ("a: \0", "character U+0000 is not allowed in YAML"),
        ('a: "\\UFFFFFFFF"', "invalid escape sequence or directive"),
        ("x" * 300_000, "longer than 262144 characters"),
    ],
    ids=range(14),
)
def test_hostile_yaml_is_refused_with_a_reason(yaml: str, reason: str) -> None:
    error = load_yaml(yaml)
    assert isinstance(error, YamlError)
    assert reason in error.reason


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/" * 200 + "*x", "a/" * 2000 + "b"),
        ("**/a/" * 100 + "**/b", "a/" * 2000),
        ("*a" * 500 + "b", "a" * 4000),
        ("**a*b**c", "a" * 20_000),
    ],
)
def test_hostile_globs_match_in_time(pattern: str, path: str) -> None:
    assert not glob(pattern).match(path)
    (rule,) = parse_ignore_lines(pattern)
    assert not rule.match(path)


@given(base=st.text(min_size=1), path=st.text(min_size=1), pattern=st.text())
def test_a_scaffolded_document_holds_the_given_values(base: str, path: str, pattern: str) -> None:
    source = Source(path=path, include=(pattern,), exclude=(pattern, path))
    text = render_document(Plan(base, [source], "strict"), ID)
    parsed = parse_document(text.encode(errors="replace"))
    assert parsed.accepted
    assert parsed.frontmatter
    assert parsed.frontmatter.base_model == base
    assert parsed.frontmatter.training.sources == (source,)


@pytest.mark.parametrize("number", range(10))
def test_an_id_of_digits_alone_stays_a_string(number: int) -> None:
    digits = str(number) * 26
    source = Source(path=".")
    parsed = parse_document(render_document(Plan("x", [source], "strict"), digits).encode())
    assert parsed.frontmatter
    assert parsed.frontmatter.dlm_id == digits


def test_new_ids_are_different_and_valid() -> None:
    ids = {new_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(parse_document(GOOD.replace(ID, new).encode()).accepted for new in ids)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Qwen2.5-Coder-1.5B", "qwen2.5-coder-1.5b"),
        ("qwen2.5-codr-1.5b", "qwen2.5-coder-1.5b"),
        ("meta-llama/Llama-3.2-1B-Instruct", "llama-3.2-1b"),
        ("ann/tiny", "hf:ann/tiny"),
        ("something else entirely", ""),
    ],
)
def test_near_misses_of_base_models(name: str, suggestion: str) -> None:
    assert suggest_base(name) == suggestion
