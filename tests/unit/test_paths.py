"""Paths in messages: quoted so that a user can paste them into a shell."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlm_git.formats.escape import escape
from dlm_git.paths import shell_quote

BYTES = st.one_of(
    st.binary(min_size=1, max_size=20), st.text("a b#[]:$`\"'\\-", min_size=1).map(str.encode)
)
BYTES = BYTES.map(lambda data: data.replace(b"\0", b"0"))


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("src/a.py", "src/a.py"),
        ("a b", "'a b'"),
        ("caf\u00e9", "'caf\u00e9'"),
        ("\udcff'1\\", "$'\\377\\'1\\\\'"),
        ("a\n\x1b[31m", "$'a\\012\\033[31m'"),
        ("x\u202ey", "$'x\\342\\200\\256y'"),
        ("\ud800", "$'\\355\\240\\200'"),
        ("a##[error]b", "$'a#\\043[error]b'"),
        ("a###", "$'a#\\043#'"),
    ],
)
def test_a_path_is_quoted_only_as_far_as_it_must(path: str, quoted: str) -> None:
    assert shell_quote(path) == quoted


@settings(max_examples=30, deadline=None)
@given(st.lists(BYTES, min_size=1, max_size=20))
def test_a_shell_reads_the_path_that_was_quoted(names: list[bytes]) -> None:
    words = " ".join(escape(shell_quote(os.fsdecode(name))) for name in names)
    script = f"printf '%s\\0' {words}"
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    result = subprocess.run(["bash", "-c", script], capture_output=True, env=environ, check=True)
    assert result.stdout == b"".join(name + b"\0" for name in names)
