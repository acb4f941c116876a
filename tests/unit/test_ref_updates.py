"""The lines that Git gives to push hooks are parsed."""

from __future__ import annotations

import os
from collections.abc import Sequence

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
    ("old", "new"),
    [
        (f" {MAIN}", ""),
        ("\n", ""),
        ("\n", " x\n"),
        (MAIN, "HEAD"),
        (ONE, ONE[1:]),
        (TWO, "A" * 40),
        (MAIN, "refs/heads/\x1b[31m"),
        ("\n", "\r\n"),
        ("\n", "\n\n"),
    ],
)
def test_lines_that_git_never_writes_are_refused(old: str, new: str) -> None:
    for parse, line in (
        (parse_pre_receive, f"{ONE} {TWO} {MAIN}\n"),
        (parse_pre_push, f"HEAD {ONE} {MAIN} {TWO}\n"),
    ):
        assert parse(line.encode())
        with pytest.raises(DlmGitError, match="not a line that Git writes to this hook"):
            parse(line.replace(old, new).encode())


_OIDS = st.sampled_from([ONE, TWO, NONE, LONG, LONG_NONE])
_REFS = st.sampled_from([MAIN, "refs/tags/v1", "refs/x", "refs/tags/\u00fc\udcff"])
_LOCAL = st.sampled_from([MAIN, "HEAD~1", "HEAD@{1 day ago}", "(delete)"])


def _lines(*words: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, ...]]]:
    return st.lists(st.tuples(*words), max_size=3)


def _joined(lines: Sequence[tuple[str, ...]]) -> bytes:
    return os.fsencode("".join(" ".join(words) + "\n" for words in lines))


def _oid(text: str) -> str:
    return "" if set(text) == {"0"} else text


@given(lines=_lines(_OIDS, _OIDS, _REFS))
def test_each_line_of_pre_receive_is_an_update(lines: list[tuple[str, str, str]]) -> None:
    expected = [Update(ref, _oid(old), _oid(new)) for old, new, ref in lines]
    assert parse_pre_receive(_joined(lines)) == expected


@given(lines=_lines(_LOCAL, _OIDS, _REFS, _OIDS))
def test_each_line_of_pre_push_is_an_update(lines: list[tuple[str, str, str, str]]) -> None:
    expected = [Update(ref, _oid(old), _oid(new)) for _, new, ref, old in lines]
    assert parse_pre_push(_joined(lines)) == expected


@given(
    lines=_lines(_OIDS, _OIDS, _REFS).filter(bool),
    change=st.sampled_from(["cut", "drop", "double", "replace"]),
    data=st.data(),
)
def test_a_damaged_line_is_refused_or_another_update(
    lines: list[tuple[str, ...]], change: str, data: st.DataObject
) -> None:
    """One byte away from a good input, which may be a good one as well."""
    good = _joined(lines)
    at = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.sampled_from([b" ", b"\n", b"\0", b"0", b"g", b"A", b"\x7f", b"\xff"]))
    damaged = {
        "cut": good[:at],
        "drop": good[:at] + good[at + 1 :],
        "double": good[:at] + good[at : at + 1] + good[at:],
        "replace": good[:at] + byte + good[at + 1 :],
    }[change]
    *complete, rest = damaged.split(b"\n")
    words = [line.split(b" ") for line in complete]
    if rest or not all(map(_is_update, words)):
        with pytest.raises(DlmGitError, match="not a line that Git writes to this hook"):
            parse_pre_receive(damaged)
        return
    assert parse_pre_receive(damaged) == [
        Update(os.fsdecode(ref), _oid(old.decode()), _oid(new.decode())) for old, new, ref in words
    ]


def _is_update(words: list[bytes]) -> bool:
    """Return whether Git writes such words: two object ids and a ref."""
    *oids, ref = words
    return (
        len(oids) == 2
        and all(len(oid) in (40, 64) and set(oid) <= set(b"0123456789abcdef") for oid in oids)
        and ref.startswith(b"refs/")
        and len(ref) > len(b"refs/")
        and all(byte > 32 and byte != 127 for byte in ref)
    )
