"""The fast loader of plain YAML against PyYAML."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.document.frontmatter import Source
from dlm_git.document.template import Plan, render_document
from dlm_git.document.yaml_plain import load_plain

_KEYS = ("a", "training", "lora_r", "no", "y", "null", "e1", "on2", "True")
_SCALARS = (
    *('"x"', '"**/*.py"', '"a # b"', '"a: b"', '"\\n"', '""', "'it'", "'it''s'", "''", '"', "'"),
    *("word", "a/b.md", "hf:org/name", "a:", "a:b", "a: b", "a#b", "a #b", "true", "True", "no"),
    *("NO", "y", "null", "Null", "~", ".", ".inf", ".5", "0", "1", "01", "08", "12", "1_0", "0x1F"),
    *("0b1", "1e5", "1.5", "1.", "1.5e3", "12:30", "1:2", "2024-01-01", "01HRZYQ2X0MB5K", "3D"),
    *("[]", "[a]", '["a", "b"]', '["a","b"]', '["a" ,"b"]', '["a",]', "[1]", "{}", "{a: 1}", "*a"),
    *(
        "&a x",
        "!x y",
        "|",
        ">",
        "- a",
        "-",
        "?",
        "? a",
        "%x",
        "@a",
        "`a",
        "a b",
        "-1",
        "+1",
        "=",
        "<<",
    ),
    *("---", "...", "#", "# x", "\ta", "é", "\x7f", "\u2028", "", " "),
    *("2e-4", "2E5", "1.0e-4", "1.0e+400", "1.0e4", "-0", "-0.0", "-1.5", "+.5", "1.5.2", ".."),
    *("./a", ".a", "a.", "src/**", "*.py", "a*", "it's", "a, b", "a 'b'", "a - b", "a ? b: c"),
    *("C#", "yes no", "yes", "a  b", "a — b", "a —", "a\xa0b", "a\u2029b", "\ufeff", "😀", "a 😀"),
    *('"é"', "a:é", "[true, no]", "[a, 'b', -1, .5]", "[a b]", "[a:b, c]", "[a: b]", "[[a], []]"),
    *("[a", "[a]]", "[,]", "[ a , ]", "{a: 1, }", "{a: [b], c: {}}", "{a:1}", "{a: 1, a: 2}"),
    *("{a}", "{y: 1}", "{a: b: c}", "{a: }", "{a: 1]", "[a}", "[a] b", "[a]#", "{a: 1} # b"),
    *("[1]: 2", '["a": b]', "[- a]", "[a, #b]", "[" * 40 + "]" * 40, "[" * 9 + "]" * 9),
    *("|", "|-", "|+", "|2", "| # a", "|#a", ">", "|\n  b\n   c\n\n  d"),
)
_GOOD_KEYS = ("a", "training", "lora_r", "e1")
_GOOD_SCALARS = (
    *('"x"', '"**/*.py"', '"a # b"', "'it'", "word", "hf:org/name", "a:b", "true", "false", "1"),
    *("0", "12345", "1.5", "0.05", "01HRZYQ2X0MB5K", '["a", "b"]', "[]", "x  # note"),
    *("2e-4", "5.0e-6", "-1", "-0.5", "null", ".", "./src/**", "don't stop, please — ever", '"é"'),
    *("[q_proj, v_proj]", "[a, 'b c', 1, true]", "{a: [x, 0.5], lora_r: {}}", "[] # none"),
)
_LAYOUT = ("", " ", "  ", "   ", "    ", "      ")
_TAILS = ("", "", "", " ", "  # comment", "#", "\t")
_line = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(_LAYOUT),
    st.sampled_from(("", "", "", "- ", "-  ", "-", "- - ")),
    st.sampled_from(("", *(f"{key}: " for key in _KEYS), *(f"{key}:" for key in _KEYS))),
    st.sampled_from(_SCALARS),
    st.sampled_from(_TAILS),
)
_ROWS = ("a", "b: c # d", "- e", "", "", " ", "  f", "     ", "# g", "é—", "|", "'", "---", "...")


class Literal(list[str]):
    """The rows of a literal text."""


# lists and mappings of which most are plain
_good_key = st.sampled_from(_GOOD_KEYS)
_block = st.recursive(
    st.sampled_from((*_GOOD_SCALARS * 20, *(scalar for scalar in _SCALARS if scalar.strip()))),
    lambda child: st.one_of(
        st.lists(st.sampled_from(_ROWS), max_size=4).map(Literal),
        st.lists(st.sampled_from(_ROWS), max_size=3).map(lambda rows: Literal(["a", *rows])),
        st.dictionaries(_good_key, child, min_size=1, max_size=3),
        st.lists(child, min_size=1, max_size=3),
    ),
    max_leaves=3,
)


def _lines(value: object, indent: str, step: str) -> list[str]:
    if isinstance(value, Literal):
        return [f"{'' if row == '' else indent}{row}" for row in value]
    if isinstance(value, dict):
        lines = []
        for key, child in value.items():
            nested = [] if isinstance(child, str) else _lines(child, indent + step, step)
            head = f"{indent}{key}:" + " |" * isinstance(child, Literal)
            lines += [f"{head} {child}"] if isinstance(child, str) else [head, *nested]
        return lines
    if isinstance(value, list):
        lines = []
        for child in value:
            nested = _lines(child, f"{indent}  ", step) or [""]
            lines += [f"{indent}- {nested[0].lstrip()}", *nested[1:]]
        return lines
    return [f"{indent}{value}"]


_rows = st.builds("\n".join, st.lists(_line, max_size=8))  # few of them are plain
_nested = st.builds(
    lambda value, step: "\n".join(_lines(value, "", step)),
    st.dictionaries(_good_key, _block, min_size=1, max_size=3),
    st.sampled_from((" ", "  ", "    ")),
)
_texts = st.integers(0, 3).flatmap(lambda number: _nested if number else _rows)


@given(text=_texts)
@example("a:\n  b: 1\n c: 2")
@example("a:\n- b: 1\n- c:\n  - d")
@example("a:\n  - b: 1\n   c: 2")
@example("a:\n- b: |\n  x\n")  # the literal text is not deeper than its key
@example("a: |\n  x\n\n\nb: 1")
@example("a: |-\n  x\n\n\n")
@example("a: b\n  c")
@example("a:\n  # note\n\n  - 'x'")
def test_what_the_fast_loader_loads_is_what_pyyaml_loads(text: str) -> None:
    plain = load_plain(text)
    if plain is not None:
        assert repr(plain) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "# only a comment",
            "a",
            "- a",
            "a:",
            "a: b\na: b",
            "a:\nb: c",
            "a: [*b]",
            "a: &x b",
            "no: 1",
        ),
        *("a: b\n  c", "a: >\n  b", "a:\tb", "a: \x85", "a: b\r", "a: yes", "a: 2024-01-01"),
        *(" a: b", "a: |\n\n  b", "a: |\n b\nc", "a: |+\n b", f"a: {'[' * 9000}{']' * 9000}"),
        "".join(f"{' ' * depth}a:\n" for depth in range(40)) + " " * 40 + "a: b",
    ],
)
def test_other_texts_are_left_to_pyyaml(text: str) -> None:
    assert load_plain(text) is None


def test_a_document_of_init_is_plain() -> None:
    sources = [Source("src", ("**/*.py", "a b/{c,d}.md"), ("x#y",)), Source(".", ("*",))]
    text = render_document(Plan("hf:org/name", sources, "strict"), "01HRZYQ2X0MB5K4VN7E9DNT5GH")
    frontmatter = text.split("---\n")[1]
    assert load_plain(frontmatter) == yaml.safe_load(frontmatter)
