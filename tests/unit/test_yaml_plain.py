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
)
_GOOD_KEYS = ("a", "training", "lora_r", "e1")
_GOOD_SCALARS = (
    *('"x"', '"**/*.py"', '"a # b"', "'it'", "word", "hf:org/name", "a:b", "true", "false", "1"),
    *("0", "12345", "1.5", "0.05", "01HRZYQ2X0MB5K", '["a", "b"]', "[]", "x  # note"),
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
# lists and mappings of which most are plain
_good_key = st.sampled_from(_GOOD_KEYS)
_block = st.recursive(
    st.sampled_from((*_GOOD_SCALARS * 20, *(scalar for scalar in _SCALARS if scalar.strip()))),
    lambda child: st.one_of(
        st.dictionaries(_good_key, child, min_size=1, max_size=3),
        st.lists(child, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def _lines(value: object, indent: str, step: str) -> list[str]:
    if isinstance(value, dict):
        lines = []
        for key, child in value.items():
            nested = [] if isinstance(child, str) else _lines(child, indent + step, step)
            lines += [f"{indent}{key}: {child}"] if not nested else [f"{indent}{key}:", *nested]
        return lines
    if isinstance(value, list):
        lines = []
        for child in value:
            nested = _lines(child, f"{indent}  ", step)
            lines += [f"{indent}- {nested[0].lstrip()}", *nested[1:]]
        return lines
    return [f"{indent}{value}"]


_texts = st.one_of(
    st.builds("\n".join, st.lists(_line, max_size=8)),
    st.builds(
        lambda value, step: "\n".join(_lines(value, "", step)),
        st.dictionaries(_good_key, _block, min_size=1, max_size=4),
        st.sampled_from((" ", "  ", "    ")),
    ),
)


@given(text=_texts)
@example("a:\n  b: 1\n c: 2")
@example("a:\n- b: 1\n- c:\n  - d")
@example("a:\n  - b: 1\n   c: 2")
@example("a: b\n  c")
@example("a:\n  # note\n\n  - 'x'")
def test_what_the_fast_loader_loads_is_what_pyyaml_loads(text: str) -> None:
    plain = load_plain(text)
    if plain is not None:
        assert repr(plain) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        *("", "# only a comment", "a", "- a", "a:", "a: b\na: b", "a: [b]", "a: &x b", "no: 1"),
        *("a: b\n  c", "a: |\n  b", "a:\tb", "a: é", "a: b\r", "a: 1e5", "a: 2024-01-01", " a: b"),
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
