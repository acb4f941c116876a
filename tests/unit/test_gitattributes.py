"""The files that lines of `.gitattributes` may match."""

from __future__ import annotations

import pytest

from dlm_git.patterns.gitattributes import _MAX_LINES, files_setting, rules_covering
from dlm_git.patterns.globset import IgnoreSet


def covered(attributes: str, path: str, directory: str = "") -> bool:
    files = {f"{directory}.gitattributes": attributes.encode()}
    return bool(IgnoreSet(rules_covering(files, [b"filter"])).excludes(path))


@pytest.mark.parametrize(
    ("attributes", "path", "expected"),
    [
        ("*.bin filter=lfs\n", "a/x.bin", True),
        ("*.bin filter=lfs\n", "a/x.txt", False),
        ("*.bin text filter=lfs\n", "x.bin", True),
        ("*.bin -filter\n", "x.bin", False),
        ("*.bin !filter\n", "x.bin", False),
        ("# *.bin filter=lfs\n", "x.bin", False),
        ("\ufeff*.bin filter=lfs\n", "x.bin", True),
        # quoted, with the escapes of C
        ('"a b.bin" filter=lfs\n', "a b.bin", True),
        ('"caf\\303\\251" filter=lfs\n', "café", True),
        ('"\\101" filter=lfs\n', "A", True),
        ('"\\101" filter=lfs\n', "B", False),
        ('"\\501" filter=lfs\n', "A", True),  # the lowest byte of 321
        ('"a\\"b" filter=lfs\n', 'a"b', True),
        ('"a\\"b" filter=lfs\n', "axb", False),
        ('"a\\tb" filter=lfs\n', "a\tb", True),
        ('"a\\tb" filter=lfs\n', "atb", True),  # more than Git: a line of `.dlm/ignore` has no tab
        ('"a\\tb" filter=lfs\n', "ab", False),
        # macros, also by another one and in any order
        ("[attr]m filter=lfs\n*.bin m\n", "x.bin", True),
        ("[attr]m n\n[attr]n filter=lfs\n*.bin m\n*.txt n\n", "x.bin", True),
        ("[attr]m n\n[attr]n filter=lfs\n*.bin m\n*.txt n\n", "x.txt", True),
        ("[attr]m filter=lfs\n*.bin other\n", "x.bin", False),
        ("[attr]m filter=lfs\n", "m", False),
    ],
)
def test_lines_cover_the_files_that_they_match(attributes: str, path: str, expected: bool) -> None:
    assert covered(attributes, path) is expected


def test_lines_match_below_their_directory() -> None:
    assert covered("*.bin filter=lfs\n", "data/x/y.bin", "data/")
    assert not covered("*.bin filter=lfs\n", "y.bin", "data/")


def test_beyond_a_number_of_lines_every_file_is_covered() -> None:
    lines = [f"a{number} filter=lfs\n" for number in range(_MAX_LINES + 1)]
    assert not covered("".join(lines[:-1]), "x")
    assert covered("".join(lines), "x")


def test_only_files_that_name_an_attribute_or_its_macro_are_read() -> None:
    macro, user, other = b"[attr]m filter=lfs\n", b"*.bin m\n", b"*.txt text\n"
    files = {".gitattributes": macro, "a/.gitattributes": user, "b/.gitattributes": other}
    assert files_setting(files, [b"filter"]) == {
        ".gitattributes": macro,
        "a/.gitattributes": user,
    }
    assert files_setting({"a/.gitattributes": user}, [b"filter"]) == {}
