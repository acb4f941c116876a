"""The lines that Git gives to push hooks are parsed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.errors import DlmGitError
from dlm_git.git.ref_updates import Update, parse_pre_push, parse_pre_receive

ONE, TWO = "1" * 40, "2" * 40
NONE = "0" * 40
LONG, LONG_NONE = "a1" * 32, "0" * 64
MAIN = "refs/heads/main"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", []),
        (f"{ONE} {TWO} {MAIN}\n", [Update(MAIN, ONE, TWO)]),
        (f"{NONE} {TWO} {MAIN}\n", [Update(MAIN, "", TWO)]),
        (f"{ONE} {NONE} {MAIN}\n", [Update(MAIN, ONE, "")]),
        (f"{LONG_NONE} {LONG} {MAIN}\n", [Update(MAIN, "", LONG)]),
        (f"{NONE} {ONE} refs/tags/ü\udcff\n", [Update("refs/tags/ü\udcff", "", ONE)]),
    ],
    ids=["none", "update", "creation", "deletion", "sha256", "bytes"],
)
def test_lines_of_pre_receive_are_parsed(lines: str, expected: list[Update]) -> None:
    assert parse_pre_receive(lines.encode(errors="surrogateescape")) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", []),
        (f"{MAIN} {ONE} {MAIN} {TWO}\n", [Update(MAIN, TWO, ONE)]),
        (f"(delete) {NONE} {MAIN} {TWO}\n", [Update(MAIN, TWO, "")]),
        (f"HEAD~1 {ONE} {MAIN} {NONE}\n", [Update(MAIN, "", ONE)]),
        (f"HEAD@{{1 day ago}} {ONE} {MAIN} {NONE}\n", [Update(MAIN, "", ONE)]),
        (f"{LONG} {LONG} {MAIN} {LONG_NONE}\n", [Update(MAIN, "", LONG)]),
    ],
    ids=["up to date", "update", "deletion", "revision", "blanks", "sha256"],
)
def test_lines_of_pre_push_are_parsed(lines: str, expected: list[Update]) -> None:
    assert parse_pre_push(lines.encode()) == expected


@pytest.mark.parametrize(
    "line",
    [
        "\n",
        f"{ONE} {TWO}\n",
        f"{ONE} {TWO} {MAIN}",
        f"{ONE} {TWO} {MAIN} x\n",
        f"{ONE} {TWO} HEAD\n",
        f"{ONE[1:]} {TWO} {MAIN}\n",
        f"{ONE.upper().replace('1', 'A')} {TWO} {MAIN}\n",
        f"{ONE} {TWO} refs/heads/\x1b[31m\n",
        f"{ONE} {TWO} {MAIN}\r\n",
    ],
)
def test_lines_that_git_never_writes_are_refused(line: str) -> None:
    for parse in (parse_pre_receive, parse_pre_push):
        with pytest.raises(DlmGitError):
            parse(f"{line}".encode())


@given(st.binary())
def test_bytes_are_parsed_or_refused(lines: bytes) -> None:
    for parse in (parse_pre_receive, parse_pre_push):
        try:
            assert lines == b"" or len(parse(lines)) == lines.count(b"\n")
        except DlmGitError:
            assert lines
