"""Results whose names, messages and values are hostile."""

from __future__ import annotations

import os
from typing import TypeVar

from hypothesis import strategies as st

from dlm_git.report import (
    AcceptedFinding,
    CheckFailure,
    CheckOutcome,
    CheckResult,
    Edit,
    Finding,
    Fix,
    Note,
    Span,
    SuppressedRule,
)
from dlm_git.rules.registry import RULES

_T = TypeVar("_T")
_ATTACKS = (
    *("::error::x", "\n::add-mask::x", "\u00a0::stop-commands::x", "%0A::error::x", "%25", "::"),
    *("##[error]x", "##vso[task.complete]", "##teamcity[x]", "#", "##", "[", "]", "\r", "\n"),
    *("[x](http://evil.example)", "](1)", "{0}", "<script>", "</code>", "<b>", "|", "`", "```"),
    *("@ann", "http://evil.example", "www.evil.example", "_x_", "~~", "* ", "&#10;", "&lt;"),
    *("]]>", "<![CDATA[", "\ufffe", "\uffff", "\x0b", "\x1b[31m", "\x9b", "\x7f", "\u202e"),
    *("\u200b", "\ufeff", "\ud800", "\udfff", "\U0001f600", "a:b", "a b", "é", "?", "=", ",", ""),
)
_attacks = st.sampled_from(_ATTACKS)
_rules = st.sampled_from(sorted(RULES))


def texts() -> st.SearchStrategy[str]:
    """Texts of any characters, with attacks on log readers, Markdown, HTML, XML and JSON."""
    return st.tuples(_attacks, st.text(max_size=3), _attacks, _attacks).map("".join)


def paths() -> st.SearchStrategy[str]:
    """Paths that Git can hold, bytes that are not UTF-8 among them."""
    name = st.one_of(texts().map(lambda text: text.encode(errors="replace")), st.binary(max_size=9))
    return name.map(_path)


def _path(data: bytes) -> str:
    names = [name for name in data.replace(b"\0", b"").split(b"/") if name.strip(b".")]
    return os.fsdecode(b"/".join(names) or b"x")


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    """Findings of real rules, with and without a place and a fix."""
    message, quote = draw(texts()), draw(texts()).replace("\n", "").replace("\r", "")
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(quote))] * 2)))
    line, more = draw(st.sampled_from([(1, 0), (7, 0), (7, 2)]))
    span = Span(line, start + 1, line + more, end + 1, start, end)
    fix = Fix(message, (Edit(start, end, message),), safe=draw(st.booleans()))
    return Finding(
        draw(_rules),
        draw(paths()),
        message,
        draw(st.sampled_from([message, ""])),
        draw(st.sampled_from([span, None])),
        quote,
        draw(st.sampled_from([fix, None])),
    )


def _few(elements: st.SearchStrategy[_T], most: int) -> st.SearchStrategy[list[_T]]:
    """Lists of which each length is as likely as another: hypothesis prefers short ones."""
    lengths = st.integers(0, most)
    return lengths.flatmap(lambda length: st.lists(elements, min_size=length, max_size=length))


def verdicts() -> st.SearchStrategy[list[CheckOutcome]]:
    """Verdicts on repositories and refs, on one without a name, and none at all."""
    name = st.one_of(st.just(""), paths(), paths().map("refs/heads/{}".format))
    reason = texts().map("since {}".format)
    ignored = st.builds(SuppressedRule, _rules, reason, st.integers(0, 3))
    notes = st.builds(Note, texts(), st.one_of(st.just(""), texts()), st.just("") | paths())
    accepted = st.builds(
        AcceptedFinding,
        findings(),
        st.sampled_from(["path", "comment", "baseline"]),
        st.one_of(st.just(""), texts()),
        st.one_of(texts(), paths()),
    )
    report = st.builds(
        CheckResult,
        texts().map("revision {}".format),
        st.sampled_from([None, "0" * 40]),
        st.lists(paths(), max_size=1).map(tuple),
        _few(findings(), 3).map(tuple),
        st.lists(ignored, max_size=1).map(tuple),
        name,
        notes=st.lists(notes, max_size=2).map(tuple),
        accepted=st.lists(accepted, max_size=2).map(tuple),
    )
    failure = st.builds(CheckFailure, name, texts(), texts())
    return _few(st.one_of(report, report, failure), 2)
