"""Fixes keep what they do not concern, and do not overlap."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config.load import Config, resolve_config
from dlm_git.document.line_merge import merge_changes
from dlm_git.document.parser import parse_document
from dlm_git.operations.fix import apply_fixes
from dlm_git.report import Edit, Finding, Fix
from dlm_git.rules.engine import run_rules
from tests.fixes import changed, corpus, fixed, rules, sourced, state
from tests.support import ID
from tests.unit.rules.support import with_keys, with_source


@pytest.mark.parametrize(
    ("lines", "config"),
    [
        (('    - path: "."', "      include: &all ['src/**']"), {"include": ("docs/*.md",)}),
        (
            ('    - path: "."', "      include: ['src/**',  # code", "        ]"),
            {"include": ("a", "b")},
        ),
        (('    - path: "."', "      include: !!seq ['src/**']"), {"include": ("docs/*.md",)}),
        (
            ("    - &all {path: src, include: [a]}", "    - <<: *all", "      path: docs"),
            {"sources": ({"path": "src"}, {"path": "docs", "include": ("x",)})},
        ),
    ],
    ids=["an anchor", "a comment inside", "a tag", "a merge key"],
)  # fmt: skip
def test_unusual_yaml_is_not_changed(lines: tuple[str, ...], config: Any) -> None:
    text = sourced(*lines)
    expected = resolve_config({}, {**config, "ignore": {"dead-pattern": "x"}}).config
    assert "wrong-globs" in rules(text, expected)
    assert fixed(text, expected) == text


def test_the_id_is_never_changed() -> None:
    text = corpus("base_model: smollm2-135m", f"dlm_id: {ID}")
    (finding,) = run_rules(state(text), Config(ignore={"empty-training-set": "x"})).findings
    assert finding.rule == "duplicate-key"
    other = text.replace(f"dlm_id: {ID}  #", "dlm_id: 01HRZYQ2X0MB5K4VN7E9DNT5GJ  #")
    assert fixed(other, Config(), unsafe=True).count("dlm_id") == 1
    assert f"dlm_id: {ID}\n" in fixed(other, Config(), unsafe=True)


def test_a_pattern_from_the_config_is_not_fixed_in_the_document_alone() -> None:
    text = sourced('    - path: "."', '      include: ["src/*.{py,md}", "docs/*.md"]')
    config = Config(include=("src/*.{py,md}", "docs/*.md"))
    (finding,) = run_rules(state(text), config).findings
    assert (finding.rule, finding.fix) == ("dead-pattern", None)
    assert finding.hint == "write 'src/*.py', here and under 'include' in .dlm-git.toml"


LINES = st.lists(st.sampled_from("abc"), max_size=8).map(
    lambda lines: "".join(f"{x}\n" for x in lines)
)


@given(LINES, LINES)
def test_an_unchanged_text_accepts_every_change(old: str, new: str) -> None:
    assert merge_changes(old, new, old) == new
    assert merge_changes(old, new, new) == new
    assert merge_changes(old, old, new) == new
    assert merge_changes(old, new, old.replace("\n", "\r\n")) == new.replace(
        "\n", "\r\n" if old else "\n"
    )


@given(LINES, LINES, LINES)
def test_merging_is_symmetric(old: str, new: str, other: str) -> None:
    one, two = merge_changes(old, new, other), merge_changes(old, other, new)
    assert (one is None) == (two is None)
    assert one == two


GLOB = st.text(st.sampled_from("ab*/\\\"'#:, \u00e9\t[]{}!&"), min_size=1, max_size=8)
GLOBS = st.lists(GLOB, max_size=4, unique=True).map(tuple)
QUOTES = st.sampled_from(['"', "'"])


@given(GLOBS, GLOBS, st.booleans(), st.sampled_from(["", "  # why"]), QUOTES)
def test_fixed_globs_are_the_configured_ones(
    have: tuple[str, ...], want: tuple[str, ...], block: bool, comment: str, quote: str
) -> None:
    """Any globs are written so that they are read back, and all other lines are kept."""
    items = [_quoted(glob, quote) for glob in have]
    lines = [f"        - {item}{comment}" for item in items]
    written = (
        ["      include:", *lines] if block and have else [f"      include: [{', '.join(items)}]"]
    )
    text = sourced('    - path: "."', *written, "      max_files: 9  # few")
    config = Config(include=want, ignore={"dead-pattern": "x", "empty-training-set": "x"})
    after = fixed(text, config)
    assert rules(after, config) == []
    minus, plus = changed(text, after)
    assert not [line for line in (*minus, *plus) if "max_files" in line or "dlm_id" in line]


def _quoted(glob: str, quote: str) -> str:
    plain = quote == "'" and glob.isprintable()
    if plain:
        return "'" + glob.replace("'", "''") + "'"
    return '"' + glob.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


@given(st.data())
def test_overlapping_fixes_are_not_mixed(data: st.DataObject) -> None:
    text = "abcdefgh"
    spans = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(sorted)
    findings = [
        Finding("r", "x", "m", "h", fix=Fix("t", (Edit(start, end, "X"),)))
        for start, end in data.draw(st.lists(spans, max_size=4))
    ]
    after, done = apply_fixes(text, findings)
    kept = len(text) - sum(f.fix.edits[0].end - f.fix.edits[0].start for f in done if f.fix)
    assert after.count("X") == len(done)
    assert len(after.replace("X", "")) == kept


@pytest.mark.parametrize(
    ("before", "safe"),
    [
        (with_keys().replace("\n---\n", "\n--- \n"), True),
        (with_keys().replace("\n---\n", "\n--- \n") + "\n---\n\nMore.\n", True),
        (with_keys().replace("---\n", "---\t\n", 1), True),
        (with_keys().replace("\n---\n", "\n...\n"), False),
        (with_source("Src"), False),
        (with_source("'.\\src'"), False),
    ],
)
def test_near_misses_are_fixed(before: str, safe: bool) -> None:
    after = fixed(before, Config(), unsafe=True)
    assert parse_document(after.encode()).accepted
    assert "Src" not in after
    assert "\\" not in after
    assert (fixed(before, Config()) == after) == safe
