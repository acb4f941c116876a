"""Reports of hostile names, messages and quotes are harmless to terminals and logs."""

from __future__ import annotations

import json
import os

from hypothesis import given
from hypothesis import strategies as st

from dlm_git.formats.escape import escape, escape_path
from dlm_git.formats.json import json as as_json
from dlm_git.formats.text import text
from dlm_git.report import CheckResult, Finding, Span, SuppressedRule
from tests.hostile import HOSTILE_NAMES, assert_harmless

_ODD = st.sampled_from(
    [*HOSTILE_NAMES, "::", "##", "[", "#", ":", "%", "\\", "\\x23", "\0", "/", ".dlm"]
)
_HOSTILE = st.lists(_ODD | st.text(max_size=6), max_size=6).map("".join)
_BYTES = st.binary(max_size=12).map(os.fsdecode)
_ANY = _HOSTILE | _BYTES | st.tuples(_HOSTILE, _BYTES).map("".join)


@given(_ANY)
def test_escaped_text_is_harmless(value: str) -> None:
    assert "\n" not in escape(value)
    assert_harmless(f"{escape_path(value)}: rule: {escape(value)}")


@given(_ANY, _ANY)
def test_different_paths_are_printed_differently(one: str, other: str) -> None:
    if one != other and "\\" not in one + other:
        assert escape_path(one) != escape_path(other)


@given(_ANY, _ANY, _ANY, st.integers(1, 12), st.integers(0, 12))
def test_a_report_is_harmless(path: str, message: str, quote: str, at: int, size: int) -> None:
    line = quote.replace("\n", "")
    at = min(at, len(line) + 1)
    span = Span(3, at, 3, min(at + size, len(line) + 1), 0, 0)
    finding = Finding("a-rule", path, message, message, span, line)
    report = CheckResult(
        f"revision ({path})", None, (path,), (finding,), (SuppressedRule("r", message, 1),)
    )
    assert_harmless(text([report]))
    quiet = CheckResult(f"revision ({path})", None, (path,), ())
    assert_harmless(text([quiet]))


@given(_ANY, _ANY)
def test_a_json_report_is_valid_text(path: str, message: str) -> None:
    report = CheckResult(path, None, (path,), (Finding("a-rule", path, message, ""),))
    out = as_json([report])
    assert out.isascii()
    (read,) = json.loads(out)["findings"]
    assert read["message"].encode() is not None
    assert read["path"].encode() is not None
