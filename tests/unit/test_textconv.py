"""Documents as `git diff` compares them: one notation for the same frontmatter, nothing lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from dlm_git.document.sections import parse_body
from dlm_git.document.text import Text, decode, normalize
from dlm_git.document.textconv import HUNK_HEADERS, textconv
from dlm_git.document.yaml_tree import YamlTree, load_yaml
from tests.strategies import documents, mutated

_FRONTMATTER = re.compile(r"---\n(.*?)^---(?:\n|\Z)", re.MULTILINE | re.DOTALL)
WRITTEN = """\
---
# the model of the shop
base_model: 'qwen2.5-coder-1.5b'   # 1.5 billion
dlm_id: "01HRZYQ2X0MB5K4VN7E9DNT5GH"
notes: 1
system_prompt: |
  Answer # briefly.
  In English.

training:
  # doubled
  lora_r: 16
  adapters: {b: {lora_r: 4}, a: {}}
  sources:
    - include: ["**/*", 'a # b'] # all
      path: .
  # strict in CI
  sources_policy: strict
dlm_version: 0xF
# the end
---

# About

Text.

::instruction#b::
### Q
hi
### A
yo

::image path="a.png" alt="x"::
caption
::prose::
more
"""
SHOWN = """\
---
dlm_id: 01HRZYQ2X0MB5K4VN7E9DNT5GH
dlm_version: 0xF
# the model of the shop
base_model: qwen2.5-coder-1.5b  # 1.5 billion
training:
  # doubled
  lora_r: 16
  adapters:
    b:
      lora_r: 4
    a: {}
  sources:
    - path: "."
      include:
        - "**/*"
        - "a # b"  # all
  # strict in CI
  sources_policy: strict
system_prompt: |
  Answer # briefly.
  In English.
notes: 1
# the end
---

## prose  [71252f57]
# About

Text.

## instruction #b  [a687a8c1]
### Q
hi
### A
yo

## image path="a.png" alt="x"  [6f59425a]
caption
## prose  [7f09b351]
more
"""


def shown(text: str) -> str:
    return textconv(text.encode()).decode()


def test_the_frontmatter_is_written_in_one_notation_and_each_section_has_a_heading() -> None:
    assert shown(WRITTEN) == SHOWN


def test_another_notation_of_the_same_document_is_shown_alike() -> None:
    other = WRITTEN.replace("'qwen2.5-coder-1.5b'", "qwen2.5-coder-1.5b").replace(
        "{b: {lora_r: 4}, a: {}}", "\n    b:\n      lora_r: 4\n    a: {}"
    )
    assert other != WRITTEN
    assert shown(other) == SHOWN


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            "{base_model: x, # one\n  # two\n dlm_id: '#', # three\n} # four\n",
            '# two\ndlm_id: "#"  # three\nbase_model: x  # one\n# four\n',
        ),
        (
            "training: {seed: 1, # seed\n  lora_r: 2} # both\n# end",
            "training:\n  lora_r: 2  # both\n  seed: 1  # seed\n# end\n",
        ),
        ("base_model: x#y # c\n", 'base_model: "x#y"  # c\n'),
        ("'#': x # c\n", '"#": x  # c\n'),
        ("'a # b': x # c\n", '"a # b": x  # c\n'),
        ("base_model: x # a\n# b\n# c\n", "base_model: x  # a\n# b\n# c\n"),
        (
            "training:\n  sources: [{path: a, # a\n # b\n max_files: 1}]\n",
            "training:\n  sources:\n    - path: a  # a\n      # b\n      max_files: 1\n",
        ),
    ],
)
def test_each_comment_stays_with_its_value(written: str, expected: str) -> None:
    assert shown(f"---\n{written.removesuffix(chr(10))}\n---\n") == f"---\n{expected}---\n"


def test_a_section_is_written_as_it_is_with_its_line_endings() -> None:
    body = "# A \t\r\n\r\n::instruction::\r\n### Q\r\nx\r### A\r\ny"
    text = shown(f"---\r\nbase_model: x\r\n---\r\n{body}")
    assert text.startswith("---\nbase_model: x\n---\n## prose")
    assert [line for line in text.splitlines(keepends=True)[4:] if not line.startswith("## ")] == [
        line for line in body.splitlines(keepends=True) if not line.startswith("::")
    ]


def test_a_fence_may_be_the_end_of_the_file() -> None:
    text = shown('---\nbase_model: x\n---\n::image path="a.png"::')
    assert text.splitlines()[-1].startswith('## image path="a.png"  [')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---\n",
        "no frontmatter\n",
        "---\n---\n",
        "---\na: [\n---\n",
        "---\na: " + "[" * 200 + "]" * 200 + "\n---\n",
        "---\n- a\n---\n",
        "---\na: &x 1\nb: *x\n---\n",
        "---\na: !!str 1\n---\n",
        "---\na: 1\na: 2\n---\n",
        "---\n<<: {a: 1}\n---\n",
        "---\n? [a]\n: 1\n---\n",
        '---\na: "\\0"\r\n'.replace("\r\n", "\n"),
    ],
)
def test_what_cannot_be_written_again_stays_as_it_is(text: str) -> None:
    assert shown(text) == text


def test_bytes_that_are_not_utf8_stay_as_they_are() -> None:
    data = b"---\nbase_model: 'x'\n---\n\xff\0"
    assert textconv(data) == data


def test_a_body_that_the_trainer_refuses_stays_as_it_is() -> None:
    body = "::instruction::\n<<<<<<< HEAD\n::nothing::\n```\n"
    assert shown(f"---\nbase_model: 'x'\n---\n{body}") == f"---\nbase_model: x\n---\n{body}"


def test_a_line_like_a_fence_stays_text() -> None:
    text = shown("---\na: 1\n---\n:: prose ::\ntext\n")
    assert text.splitlines()[4:] == [":: prose ::", "text"]


@given(mutated(documents()))
def test_no_value_and_no_line_of_a_section_is_lost(data: bytes) -> None:
    result, text = textconv(data), decode(data)
    match = _FRONTMATTER.match(text.normalized) if isinstance(text, Text) else None
    if not match:
        assert result == data
        return
    shown = normalize(result.decode())
    tree = load_yaml(match[1])
    if isinstance(tree, YamlTree):
        written = _FRONTMATTER.match(shown)
        assert written
        again = load_yaml(written[1])
        assert isinstance(again, YamlTree)
        assert repr(sorted_keys(again.value)) == repr(sorted_keys(tree.value))
    else:
        assert shown.startswith(match[0])
    body = parse_body(match.string, match.end())
    for section in () if body.violations else body.sections:
        assert section.id[:8] in shown
        assert section.content in shown


def sorted_keys(value: object) -> object:
    """Return a value whose mappings have their keys in one order."""
    if isinstance(value, dict):
        return sorted(((key, sorted_keys(item)) for key, item in value.items()), key=repr)
    return [*map(sorted_keys, value)] if isinstance(value, list) else value


def test_hunk_headers_are_keys_of_the_frontmatter_and_headings_of_sections() -> None:
    lines = [line for line in SHOWN.splitlines() if re.match(HUNK_HEADERS, line)]
    assert lines == [
        "dlm_id: 01HRZYQ2X0MB5K4VN7E9DNT5GH",
        "dlm_version: 0xF",
        "base_model: qwen2.5-coder-1.5b  # 1.5 billion",
        "training:",
        "  adapters:",
        "  sources:",
        "system_prompt: |",
        "## prose  [71252f57]",
        "## instruction #b  [a687a8c1]",
        '## image path="a.png" alt="x"  [6f59425a]',
        "## prose  [7f09b351]",
    ]
