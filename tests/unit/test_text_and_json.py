"""Reports for people and programs: whole outputs, hostile names."""

from __future__ import annotations

import json
import os
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dlm_git.cli.commands.config import as_toml
from dlm_git.config.load import Config, resolve_config
from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.json import json as as_json
from dlm_git.formats.text import Style, text
from dlm_git.report import CheckResult, Edit, Finding, Fix, Span, SuppressedRule
from dlm_git.rules.engine import run_rules
from tests.outputs import assert_harmless
from tests.support import CORPUS, GOOD, REPORT_SCHEMA, snapshot

DRIFTED = GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m").replace(" strict", " permissive")


def checked(**files: str) -> CheckResult:
    config = Config(base="qwen2.5-coder-1.5b", ignore={"stray-backup": "of last year"})
    return run_rules(snapshot({CORPUS: DRIFTED, "README.md": "text", **files}), config)


def test_text() -> None:
    assert text([checked(**{".dlm/corpus.dlm.bak": "x"})]) == (
        """\
.dlm/corpus.dlm:4:13: wrong-base: expected base model 'qwen2.5-coder-1.5b', found 'smollm2-135m'
    4 | base_model: smollm2-135m
      |             ^^^^^^^^^^^^
  help: write `base_model: qwen2.5-coder-1.5b`, or change 'base' in .dlm-git.toml
.dlm/corpus.dlm:6:19: wrong-sources-policy: expected sources policy 'strict', found 'permissive'
    6 |   sources_policy: permissive
      |                   ^^^^^^^^^^
  help: write `sources_policy: strict` under `training`, or change 'sources-policy' in .dlm-git.toml
suppressed stray-backup (1 finding): of last year
2 findings in the index (2 fixable with --fix)
"""
    )


def test_text_of_a_clean_report() -> None:
    report = run_rules(snapshot({CORPUS: GOOD, "README.md": "text"}), Config())
    assert text([report]) == "OK: .dlm/corpus.dlm in the index, no findings\n"


@pytest.mark.parametrize(
    ("safe", "unsafe", "revision", "summary"),
    [
        (0, 0, None, ""),
        (2, 0, None, " (2 fixable with --fix)"),
        (1, 2, None, " (1 fixable with --fix, 2 more with --unsafe-fixes)"),
        (0, 1, None, " (1 fixable with --fix --unsafe-fixes)"),
        (1, 1, "abc", ""),
    ],
)
def test_the_summary_counts_safe_and_unsafe_fixes(
    safe: int, unsafe: int, revision: str | None, summary: str
) -> None:
    fixes = [None, *[Fix("t", ())] * safe, *[Fix("t", (), safe=False)] * unsafe]
    findings = tuple(Finding("r", "p", "m", "h", fix=fix) for fix in fixes)
    printed = text([CheckResult("x", revision, (), findings)])
    assert re.search(r"\d findings? in x(.*)\n\Z", printed)[1] == summary  # type: ignore[index]


def test_colour_changes_no_text() -> None:
    report = checked()
    coloured = text([report], Style(color=True))
    assert coloured.count("\033[") > 10
    assert re.sub(r"\033\[[0-9;]*m", "", coloured) == text([report])


def shown(quote: str, column: int, end: int) -> tuple[str, str]:
    span = Span(1, column, 1, end, 0, 0)
    finding = Finding("r", "p", "m", "h", span, quote)
    _, line, carets, *_ = text([CheckResult("x", None, (), (finding,))]).splitlines()
    return line[8:], carets[8:]


@pytest.mark.parametrize(
    ("quote", "column", "end", "line", "carets"),
    [
        ("ab cd", 4, 6, "ab cd", "   ^^"),
        ("ab", 3, 3, "ab", "  ^"),
        ("\tab", 2, 3, "\\x09ab", "    ^"),
        ("\u6f22\u5b57 x", 4, 5, "\u6f22\u5b57 x", "     ^"),
        ("a\u0301 x", 4, 5, "a\u0301 x", "  ^"),
        ("\x1b[31mx", 6, 7, "\\x1b[31mx", "        ^"),
        (
            "y" * 300 + "x" + "y" * 300,
            301,
            302,
            "…" + "y" * 50 + "x" + "y" * 47 + "…",
            " " * 51 + "^",
        ),
    ],
)
def test_carets_stand_below_the_span(
    quote: str, column: int, end: int, line: str, carets: str
) -> None:
    assert shown(quote, column, end) == (line, carets)


HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("::##[]\r\n\x1b\x9b\u202e\u200b\u00a0\ufeff error vso"),
        st.integers(0xDC80, 0xDCFF).map(chr),
    ),
    max_size=30,
)


@given(path=HOSTILE, message=HOSTILE, quote=HOSTILE, column=st.integers(1, 30))
def test_nothing_hostile_reaches_a_terminal(
    path: str, message: str, quote: str, column: int
) -> None:
    span = Span(1, column, 1, column + 3, 0, 0)
    finding = Finding("rule", path, message, message, span, quote)
    label = f"revision {message}"
    report = CheckResult(label, None, (path,), (finding,), (SuppressedRule("rule", message, 1),))
    assert_harmless(text([report]))
    assert_harmless(text([CheckResult(label, None, (path,), ())]))


@given(path=st.binary(max_size=30).map(os.fsdecode), message=HOSTILE)
def test_json_is_valid_whatever_the_names(path: str, message: str) -> None:
    finding = Finding("rule", path, message, message, None)
    report = CheckResult("x", None, (path,), (finding,), ())
    output = as_json([report])
    assert output.isascii()
    loaded = json.loads(output)
    Draft202012Validator(REPORT_SCHEMA).validate(loaded)
    loaded["findings"][0]["message"].encode()
    assert loaded["findings"][0]["path"].encode() == loaded["documents"][0]["path"].encode()


def test_json() -> None:
    loaded = json.loads(as_json([checked()]))
    Draft202012Validator(REPORT_SCHEMA).validate(loaded)
    assert loaded["checked"] == {"label": "the index", "revision": None}
    assert loaded["documents"] == [{"path": CORPUS}]
    assert loaded["suppressed"] == [{"rule": "stray-backup", "reason": "of last year", "count": 0}]
    assert not loaded["clean"]
    assert loaded["findings"][0] == {
        "rule": "wrong-base",
        "path": CORPUS,
        "line": 4,
        "column": 13,
        "end_line": 4,
        "end_column": 25,
        "message": "expected base model 'qwen2.5-coder-1.5b', found 'smollm2-135m'",
        "hint": "write `base_model: qwen2.5-coder-1.5b`, or change 'base' in .dlm-git.toml",
        "fix": {"title": "write 'base_model: qwen2.5-coder-1.5b'", "safe": True},
    }


def test_json_describes_fixes() -> None:
    fix = Fix("write \udcff", (Edit(0, 1, "x"),), safe=False)
    report = CheckResult("x", None, (), (Finding("rule", "a", "m", "h", fix=fix),))
    loaded = json.loads(as_json([report]))
    Draft202012Validator(REPORT_SCHEMA).validate(loaded)
    assert loaded["findings"][0]["fix"] == {"title": "write \\xff", "safe": False}


def test_json_encodes_names_that_are_not_utf8() -> None:
    finding = Finding("rule", "a\udcff", "m", "h")
    (found,) = json.loads(as_json([CheckResult("x", None, (), (finding,))]))["findings"]
    assert (found["path"], found["path_base64"]) == ("a\\xff", "Yf8=")


def test_the_schema_is_valid_and_strict() -> None:
    loaded = REPORT_SCHEMA
    Draft202012Validator.check_schema(loaded)
    assert list(Draft202012Validator(loaded).iter_errors({"version": 2}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a b.py", "src/a b.py"),
        ("caf\u00e9", "caf\u00e9"),
        ("::error::x", '"::error::x"'),
        (" ::error::x", '" ::error::x"'),
        ("a\nb", '"a\\x0ab"'),
        ("a\udcffb", '"a\\xffb"'),
        ("a\u202eb", '"a\\u{202e}b"'),
        ('"', '"\\""'),
        ("", '""'),
    ],
)
def test_unusual_paths_are_quoted(path: str, expected: str) -> None:
    assert escape_path(path) == expected


def test_log_commands_are_escaped() -> None:
    assert escape("x ##[error]y ##vso[task]") == "x #\\x23[error]y #\\x23vso[task]"


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "base": st.one_of(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1)),
            "include": st.lists(st.text()),
            "allow": st.lists(st.text()),
            "ignore": st.dictionaries(st.text(), st.text(min_size=1).filter(str.strip)),
        },
    )
)
def test_the_printed_config_is_equivalent_toml(flags: dict[str, Any]) -> None:
    shown = resolve_config({}, flags)
    assert resolve_config({".dlm-git.toml": as_toml(shown).encode()}, {}).config == shown.config
    printed = tomllib.loads(as_toml(shown))  # as another program reads it
    given = {key: value for key, value in flags.items() if value}
    assert {key: printed.get(key) for key in given} == given


def test_text_on_a_terminal_wraps_at_words_but_not_inside_commands() -> None:
    finding = Finding(
        "wrong-base", CORPUS, "a message of several words", "run `git add --all .` now"
    )
    result = CheckResult("the index", None, (CORPUS,), (finding,))
    assert (
        text([result], Style(width=40))
        == """\
.dlm/corpus.dlm: wrong-base: a message
  of several words
  help: run `git add --all .` now
1 finding in the index
"""
    )
    assert text([result], Style(width=20)).splitlines()[3:6] == [
        "  help: run",
        "        `git add --all .`",
        "        now",
    ]
    assert "a message of several words" in text([result])
