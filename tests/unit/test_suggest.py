"""What to write instead of a pattern in the syntax of another tool."""

from __future__ import annotations

import pytest

from dlm_git.patterns.suggest import Suggestion, suggest_line, suggest_pattern

SPACES = "spaces at the start or end are part of a pattern"
SLASHES = "dlm matches '\\' literally, and paths use '/'"
DOT = "patterns are relative, without './'"
ROOT = "patterns are relative, without a '/' at the start"
COMMA = "a comma is part of a pattern"
BRACES = "dlm matches braces literally"
BRACKETS = "dlm matches brackets literally"
CONTENT = "the name of a directory does not match the files in it"
DEPTH = "'*' does not match '/'"
UNICODE = "the file names have another Unicode form"
A_TO_T = tuple("abcdefghijklmnopqrst")


@pytest.mark.parametrize(
    ("pattern", "matching", "reason", "certain"),
    [
        (" a.py ", ["a.py"], SPACES, False),
        ("src\\*", ["src/*"], SLASHES, False),
        ("./src/*", ["src/*"], DOT, True),
        ("././src/*", ["src/*"], DOT, True),
        ("/src/*", ["src/*"], ROOT, True),
        ("a.py, b.py", ["a.py", "b.py"], COMMA, False),
        ("*.{py,md}", ["*.py", "*.md"], BRACES, True),
        ("*.{py,md}", ["*.py"], BRACES, False),  # one of the two matches nothing
        ("{a,b}{c,d}", ["ac", "ad", "bc", "bd"], BRACES, True),
        ("[ab].py", ["a.py", "b.py"], BRACKETS, False),
        ("[a-c].py", ["a.py", "b.py", "c.py"], BRACKETS, False),
        ("x[a-]y", ["xay", "x-y"], BRACKETS, False),
        ("[a-t]", A_TO_T, BRACKETS, False),
        ("[a-u]", ["?"], BRACKETS, False),  # too many to list
        ("[ab][cd]", ["ac", "ad", "bc", "bd"], BRACKETS, False),
        ("src", ["src/**"], CONTENT, False),
        ("src/", ["src/**"], CONTENT, False),
        ("*.py", ["**/*.py"], DEPTH, False),
        ("src*", ["**/src*"], DEPTH, False),
        ("./*.{py,md}", ["*.py", "*.md"], f"{DOT}, and {BRACES}", True),
        ("./[ab].md", ["a.md", "b.md"], f"{DOT}, and {BRACKETS}", False),
        ("./src", ["src/**"], f"{DOT}, and {CONTENT}", False),
        ("cafe\u0301", ["caf\u00e9"], UNICODE, True),
        ("caf\u00e9", ["cafe\u0301"], UNICODE, True),
    ],
)
def test_the_first_correction_that_matches_is_suggested(
    pattern: str, matching: list[str], reason: str, certain: bool
) -> None:
    expected = Suggestion(reason, tuple(matching), certain)
    assert suggest_pattern(pattern, matching.__contains__) == expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("*.{py,md}", BRACES),
        ("[ab]", BRACKETS),
        ("[!a].py", BRACKETS),
        ("/", ROOT),
        ("x", None),
        ("", None),
        ("**", None),
        ("a/*", None),
    ],
)
def test_without_a_match_only_another_syntax_has_a_reason(pattern: str, reason: str | None) -> None:
    assert suggest_pattern(pattern, lambda _: False) == (Suggestion(reason) if reason else None)


@pytest.mark.parametrize(
    ("line", "reason", "patterns"),
    [
        ("a\\b", SLASHES, ["a/b"]),
        ("./a", DOT, ["a"]),
        ("/a", ROOT, ["a"]),
        ("{a,b}", BRACES, ["a", "b"]),
        ("[ab]", BRACKETS, ["a", "b"]),
    ],
)
def test_lines_of_an_ignore_file_have_the_same_syntax(
    line: str, reason: str, patterns: list[str]
) -> None:
    assert suggest_line(line) == Suggestion(reason, tuple(patterns))


@pytest.mark.parametrize("line", ["a", "a/", "*.py", "a, b", " a"])
def test_other_corrections_are_not_for_lines_of_an_ignore_file(line: str) -> None:
    assert suggest_line(line) is None
