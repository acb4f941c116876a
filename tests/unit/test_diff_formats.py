"""The output formats of `dlm-git diff`, on values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dlm_git import (
    Cause,
    ChangedFile,
    ChangedSection,
    ChangedSetting,
    DiffSide,
    Note,
    TrainingDiff,
)
from dlm_git.formats.diff_json import diff_json
from dlm_git.formats.diff_markdown import LIMIT, MARKER, diff_markdown
from dlm_git.formats.diff_text import diff_text
from dlm_git.formats.markdown import code_html, code_span
from tests.hostile import HOSTILE_NAMES, assert_harmless
from tests.support import CORPUS, PROJECT

SCHEMA = json.loads((PROJECT / "dlm_git/formats/diff.schema.json").read_text())
OLD = DiffSide("HEAD 1a2b3c4d5e6f", "1a2b3c4d5e6f" + "0" * 28, CORPUS, 367, 4_600_000, 3)
NEW = DiffSide("the index", None, CORPUS, 371, 4_681_200, 4)
LINE = Cause("line", "not-included", CORPUS, 9, "docs/**")
CREATED = Cause("created")


def added(path: str, cause: Cause = CREATED, size: int = 10) -> ChangedFile:
    return ChangedFile("added", path, None, None, size, cause)


def section(text: str, line: int = 20) -> ChangedSection:
    return ChangedSection("added", "prose", text, None, "0" * 16, None, None, None, line)


def comparison(
    files: Sequence[ChangedFile] = (),
    settings: Sequence[ChangedSetting] = (),
    sections: Sequence[ChangedSection] = (),
    notes: Sequence[Note] = (),
) -> TrainingDiff:
    return TrainingDiff(OLD, NEW, tuple(files), tuple(settings), tuple(sections), tuple(notes))


EXAMPLE = comparison(
    files=[
        added("docs/a.md", LINE, 1000),
        added("docs/b.md", LINE, 2000),
        ChangedFile("removed", "b.log", "b.log", 5, None, Cause("deleted")),
        ChangedFile("changed", "src/a.py", "src/a.py", 10, 4, Cause("edited")),
        ChangedFile("renamed", "src/c.py", "src/b.py", 7, 7, Cause("renamed")),
    ],
    settings=[
        ChangedSetting(CORPUS, "base_model", "changed", "qwen2.5-0.5b", "qwen2.5-coder-1.5b"),
        ChangedSetting(CORPUS, "training.sources[.].include", "changed", ["a"], ["a", "docs/**"]),
        ChangedSetting(".dlm/ignore", "", "removed", ["*.log"], None),
    ],
    sections=[section("What this repository is.")],
)


def test_text_has_counts_settings_files_and_sections() -> None:
    assert (
        diff_text(EXAMPLE)
        == """\
HEAD 1a2b3c4d5e6f -> the index
training set: 367 -> 371 files (+2 -1, 1 changed, 1 renamed), 4.6 MB -> 4.7 MB (+81.2 kB)
document: 3 -> 4 sections (+1)

base_model: qwen2.5-0.5b -> qwen2.5-coder-1.5b
training.sources[.].include:
  + docs/**
.dlm/ignore:
  - *.log

+ 2 files, 3.0 kB: included by 'docs/**' in .dlm/corpus.dlm:9
    docs/a.md  1.0 kB
    docs/b.md  2.0 kB
- 1 file, 5 B: deleted
    b.log  5 B
~ 1 file, -6 B: edited
    src/a.py  -6 B
~ 1 file: renamed
    src/b.py -> src/c.py

+ added: prose 00000000 at .dlm/corpus.dlm:20: What this repository is.
"""
    )


def test_text_has_the_colors_of_git() -> None:
    colored = diff_text(EXAMPLE, color=True)
    assert "\033[32m+ 2 files" in colored
    assert "\033[31m- 1 file" in colored
    assert re.sub(r"\033\[\d*m", "", colored) == diff_text(EXAMPLE)


def test_text_is_as_wide_as_the_terminal() -> None:
    for line in diff_text(EXAMPLE, width=60).splitlines():
        assert len(line) <= 60
    assert " ".join(diff_text(EXAMPLE, width=60).split()) == " ".join(diff_text(EXAMPLE).split())


def test_many_files_are_counted_by_directory() -> None:
    files = [added(f"docs/{part}/{n}.md", LINE) for part in "ab" for n in range(30)]
    text = diff_text(comparison([*files, added("docs/c.md", LINE)]))
    assert "    docs/a/  30 files, 300 B\n    docs/b/  30 files, 300 B\n" in text
    assert "    docs/c.md  1 file, 10 B\n" in text


def test_small_directories_are_counted_together() -> None:
    files = [added(f"{n:02}/{name}.md", LINE, 99 - n) for n in range(20) for name in "ab"]
    lines = diff_text(comparison(files)).splitlines()
    assert lines[4:] == [
        "+ 40 files, 3.6 kB: included by 'docs/**' in .dlm/corpus.dlm:9",
        *(f"    {n:02}/  2 files, {198 - 2 * n} B" for n in range(8)),
        "    (12 others)  24 files, 2.1 kB",
    ]


def test_markdown_is_a_table_and_folded_lists() -> None:
    assert (
        diff_markdown(EXAMPLE)
        == """\
<!-- dlm-git diff -->
### What this change does to the model

| | <code>HEAD 1a2b3c4d5e6f</code> | <code>the index</code> | change |
|---|---:|---:|---|
| files in the training set | 367 | 371 | +2 -1, 1 changed, 1 renamed |
| their size | 4.6 MB | 4.7 MB | +81.2 kB |
| sections of the document | 3 | 4 | +1 |

**Settings**

- `base_model`: `qwen2.5-0.5b` → `qwen2.5-coder-1.5b`
- `training.sources[.].include`: + `docs/**`
- `.dlm/ignore`: - `*.log`

**Files**

<details><summary>+ 2 files, 3.0 kB: included by <code>docs&#47;&#42;&#42;</code> in \
<code>&#46;dlm&#47;corpus&#46;dlm&#58;9</code></summary>

- `docs/a.md` 1.0 kB
- `docs/b.md` 2.0 kB

</details>

<details><summary>- 1 file, 5 B: deleted</summary>

- `b.log` 5 B

</details>

<details><summary>~ 1 file, -6 B: edited</summary>

- `src/a.py` -6 B

</details>

<details><summary>~ 1 file: renamed</summary>

- `src/b.py` → `src/c.py`

</details>


**Sections**

- added: prose 00000000 at `.dlm/corpus.dlm:20`: `What this repository is.`
"""
    )


@pytest.mark.parametrize("form", [diff_text, diff_markdown, diff_json])
def test_no_change_is_one_line_with_the_notes(form: object) -> None:
    nothing = TrainingDiff(OLD, NEW, (), (), ())
    assert callable(form)
    output = form(nothing)
    if form is diff_json:
        assert json.loads(output)["changed"] is False
        return
    assert "no changes to the training set" in output
    assert len(output.splitlines()) == (2 if form is diff_markdown else 1)


# The limit of a comment


def many(count: int, name: str) -> TrainingDiff:
    """A comparison with many changes of each kind, whose texts are long."""
    return comparison(
        [added(f"{name}{n}", LINE if n % 3 else Cause("line", "ignored", name, n + 1, name * 9))
         for n in range(count)],
        [ChangedSetting(CORPUS, f"{name}{n}", "changed", [name] * 99, [name * 9] * 99)
         for n in range(count)],
        [section(name * 9, n + 1) for n in range(count)],
    )  # fmt: skip


@pytest.mark.parametrize("count", [10, 1000])
@pytest.mark.parametrize(
    "name",
    ["docs/a", "|" * 200, "`" * 200, "\U0001f600" * 200, "\x1b" * 99],
    ids=["plain", "pipes", "backticks", "astral", "control"],
)
def test_a_comment_fits(count: int, name: str) -> None:
    assert len(diff_markdown(many(count, name))) <= LIMIT < 65_536


def test_the_longest_lists_of_files_are_cut_first() -> None:
    sections = [section(f"the text {n}") for n in range(20)]
    files = [added(f"docs/{n}/{'x' * 60}.md", LINE) for n in range(4000)]
    page = diff_markdown(comparison([*files, added("a.md")], EXAMPLE.settings, sections))
    assert "`a.md`" in page
    assert "the text 19" in page
    shown = page.count("xxx.md`")
    assert 0 < shown < 4000
    assert f"- {4000 - shown:,} files not listed, for lack of space" in page


def test_sections_are_cut_after_files() -> None:
    sections = [section("y" * 200, n + 1) for n in range(400)]
    page = diff_markdown(comparison([added("a.md")], (), sections))
    assert "`a.md`" not in page
    assert "\n- 1 file not listed, for lack of space\n" in page
    assert "yyy" not in page  # their texts are cut before sections are
    assert page.count("- added: prose") == 400


# Hostile text

_NAMES = st.one_of(
    st.sampled_from(
        [*HOSTILE_NAMES, "@ann", "#1", "a|b", "```", "`", "<b>", "[x](y)", "</details>"]
    ),
    st.text(max_size=20),
    st.text(alphabet="`|<>@#&\\[]()!*_ \n\\x", max_size=12),
)
_KINDS = ("line", "removed-line", "source", "document", "content", "created")


@st.composite
def diffs(draw: st.DrawFn) -> TrainingDiff:
    """Draw comparisons whose texts are hostile."""
    cause = Cause(
        draw(st.sampled_from(_KINDS)),
        "binary",
        draw(_NAMES),
        draw(st.integers(0, 9)),
        draw(_NAMES),
        draw(_NAMES),
    )
    path, value = draw(_NAMES), draw(_NAMES)
    return TrainingDiff(
        DiffSide(draw(_NAMES), None, draw(st.none() | _NAMES), 1, 1, 1),
        DiffSide(draw(_NAMES), None, draw(st.none() | _NAMES), 1, 1, 1),
        (
            added(path, cause),
            ChangedFile("changed", path, path, 1, 2, Cause("source", file=value, pattern=value)),
            ChangedFile("renamed", path, value, 1, 1, Cause("renamed"), lfs_pointer=True),
        ),
        (
            ChangedSetting(path, value, "changed", [value], [path, path]),
            ChangedSetting(path, value, "added", None, {value: value}),
            ChangedSetting(path, "", "removed", value, None),
        ),
        (section(value), section("")),
        (Note(value, path),),
    )


@given(diffs())
def test_text_and_json_are_harmless(diff: TrainingDiff) -> None:
    assert_harmless(diff_text(diff, width=40))
    output = diff_json(diff)
    assert output.isascii()
    assert_harmless(output)
    Draft202012Validator(SCHEMA).validate(json.loads(output))


_BLOCKS = {
    *("heading_open", "heading_close", "inline", "paragraph_open", "paragraph_close"),
    *(f"{name}_{end}" for name in ("table", "thead", "tbody", "tr", "th", "td")
      for end in ("open", "close")),
    *(f"{name}_{end}" for name in ("bullet_list", "list_item") for end in ("open", "close")),
    "html_block",
}  # fmt: skip
_SUMMARY = re.compile(
    r"<details><summary>(?:[^<>&]|<code>(?:[A-Za-z0-9 ]|&#\d+;)*</code>)*</summary>\n"
)


@given(diffs())
def test_markdown_holds_only_our_structure(diff: TrainingDiff) -> None:
    page = diff_markdown(diff)
    assert_harmless(page)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(page)
    assert {token.type for token in tokens} <= _BLOCKS
    for token in tokens:
        if token.type == "html_block":
            assert token.content in (f"{MARKER}\n", "</details>\n") or _SUMMARY.fullmatch(
                token.content
            )
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in inline} <= {
        *("text", "code_inline", "html_inline", "strong_open", "strong_close")
    }
    assert {t.content for t in inline if t.type == "html_inline"} <= {"<code>", "</code>"}
    assert not [t for t in _outside_code(inline) if re.search(r"[@#]", t.content)]
    for start, end in _rows(tokens):
        assert len([t for t in tokens[start:end] if t.type in ("td_open", "th_open")]) == 4


def _rows(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    starts = [at for at, token in enumerate(tokens) if token.type == "tr_open"]
    ends = [at for at, token in enumerate(tokens) if token.type == "tr_close"]
    return list(zip(starts, ends, strict=True))


def _outside_code(inline: Sequence[Token]) -> list[Token]:
    outside, depth = [], 0
    for token in inline:
        depth += {"<code>": 1, "</code>": -1}.get(token.content, 0)
        if token.type == "text" and not depth:
            outside.append(token)
    return outside


@given(_NAMES)
def test_a_code_span_shows_the_text(name: str) -> None:
    text = name.replace("\n", " ").replace("\r", " ").replace("\0", "x")
    (paragraph,) = [
        t for t in MarkdownIt("commonmark").parse(f"- {code_span(text)}") if t.type == "inline"
    ]
    shown = "".join(t.content for t in paragraph.children or () if t.type != "html_inline")
    assert shown == text
    assert re.fullmatch(r"<code>(?:[A-Za-z0-9 ]|&#\d+;)*</code>", code_html(text))
