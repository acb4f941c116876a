"""Regular expressions that are compiled when they are first used."""

from __future__ import annotations

import copy
import re
import subprocess
import sys

import pytest

from dlm_git.regex import compile_late


def test_it_behaves_like_a_compiled_one() -> None:
    late, compiled = compile_late("A+", re.IGNORECASE), re.compile("A+", re.IGNORECASE)
    for text in ("aa", "b", "xAay"):
        assert bool(late.fullmatch(text)) == bool(compiled.fullmatch(text))
        assert late.findall(text) == compiled.findall(text)
    assert (late.pattern, late.flags) == (compiled.pattern, compiled.flags)
    assert compile_late(rb"\0(?=x)").search(b"a\0x")


def test_it_compiles_at_the_first_use_only() -> None:
    late = compile_late("(")
    assert late.pattern == "("
    with pytest.raises(re.error, match="unterminated subpattern"):
        late.search("")
    code = (
        "import re, dlm_git.regex\n"
        "calls = []; compiled = re.compile\n"
        "re.compile = lambda *args: calls.append(args) or compiled(*args)\n"
        "late = dlm_git.regex.compile_late('a')\n"
        "before = len(calls); late.search('a'); late.search('b'); print(before, len(calls))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["0", "1"]


def test_it_can_be_copied() -> None:
    late = copy.copy(compile_late("a"))
    assert late.search("a")
    assert copy.deepcopy(late).pattern == "a"
