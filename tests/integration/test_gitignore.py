"""Translated .gitignore patterns exclude what git itself ignores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.patterns.translate import translate
from tests.strategies import Draw, Texts, one_of_or
from tests.support import Repo, new_repo


class Ground:
    """One repository in which `.gitignore` files come and go."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self._written: set[str] = set()

    def ignored(self, files: Mapping[str, bytes], paths: Iterable[str]) -> set[str]:
        """Which of the paths of files git ignores; they need not be there."""
        self._plant(files)
        data = b"".join(os.fsencode(path) + b"\0" for path in paths)
        command = ("git", "check-ignore", "--no-index", "-z", "--stdin")
        result = self.repo.run(*command, data=data)
        assert (result.code in (0, 1), result.err) == (True, ""), result
        return set(result.out.split("\0")[:-1])

    def _plant(self, files: Mapping[str, bytes]) -> None:
        for path in self._written - set(files):
            (self.repo.path / path).unlink()
            with suppress(OSError):  # another file holds it
                os.removedirs((self.repo.path / path).parent)
        for path, data in files.items():
            self.repo.write(path, data)
        self._written = set(files)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A repository for all the examples of a module."""
    directory = tmp_path_factory.mktemp("ground")
    return Ground(new_repo(directory / "repo", directory / "home"))


@pytest.mark.parametrize(
    ("files", "top", "path"),
    [
        ({".gitignore": "lib/\n!src/lib/\n"}, "", "src/lib/x.py"),
        ({".gitignore": "lib/\n!src/lib/\n"}, "src", "lib/x.py"),
        ({".gitignore": "/*\n!/src/\n"}, "", "src/x.py"),
        ({".gitignore": "/*\n!/src/\n"}, "src", "x.py"),
        ({".gitignore": "/*\n!/src/\n"}, "src", "deep/x.py"),
        ({".gitignore": "*\n!*/\n!src/**\n"}, "src", "x.py"),
        ({".gitignore": "*\n!*/\n!src/**\n"}, "", "src/deep/x.py"),
        ({".gitignore": "*\n!*/\n!*.py\n"}, "", "src/deep/x.py"),
    ],
)
def test_files_that_git_includes_again_are_included(
    ground: Ground, files: dict[str, str], top: str, path: str
) -> None:
    whole = f"{top}/{path}" if top else path
    encoded = {name: text.encode() for name, text in files.items()}
    assert not ground.ignored(encoded, [whole])
    found = translate(encoded, top)
    taken = not IgnoreSet(parse_ignore_lines("\n".join(found.lines))).excludes(path)
    assert taken or found.untranslated


_PIECES = ["a", "b", "ab", ".", "-", "é", " ", "#", "!", "x", "*", "*", "?", "**", "***", "]"]
_PIECES += ["[ab]", "[!a]", "[a-c]", "[^b]", "[]a]", "[[:alpha:]]", "[é]", "[a", "[a-", "[\\]]"]
_PIECES += ["\\*", "\\?", "\\[", "\\#", "\\!", "\\a", "\\ ", "\\\\", "\\", "\t", "\u2028", "😀"]
_COMPONENTS = ["a", "b", "ab", "a b", "foo", "*", "*", "**", "**", "*.log", "a*", "?", "é", ".env"]
_COMPONENTS += ["build", "f[o]o", "[ab]", "[!a]*", "x\\*y", "\\#x", "\\!y", "a**b", "***", "*.py"]
_NAMES = ["a", "b", "ab", "ba", "foo", "a b", "x.log", "é", ".env", "build", "a.py", "#x", "!y"]
_NAMES += ["[z]", "[a", "x*y", "x?y", " a", "a ", "a\t", "\\", "a\\b", "aab", "😀", "\u2028", ".a"]
_NAMES += ["-", "a-b", "c", "]", "a\x85", "#", "!", "keep.log", "secrets.txt", "x.pem"]


def components() -> Texts:
    """The components of a pattern."""
    odd = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4).map("".join)
    return st.one_of(st.sampled_from(_COMPONENTS), st.sampled_from(_COMPONENTS), odd)


@st.composite
def git_patterns(draw: Draw) -> str:
    """A line of a `.gitignore` that negates nothing."""
    size = draw(st.sampled_from([1, 1, 1, 2, 2, 3]))
    body = "/".join(draw(components()) for _ in range(size))
    before = one_of_or(draw, "", ["/", "/", "**/", "//", " "], odds=3)
    after = one_of_or(draw, "", ["/", "/", "/**", " ", "\r", "\t", "//", "\\ ", " \r"], odds=2)
    return before + body + after


def names() -> Texts:
    """Names of files and directories over the alphabet of `git_patterns`."""
    return st.sampled_from(_NAMES)


def git_paths() -> Texts:
    """Paths of files as git may hold them."""
    return st.lists(names(), min_size=1, max_size=4).map("/".join)


@example(line="a?*[!a]", paths=["aé"])  # a byte for each, of one character
@example(line="?*?*?", paths=["é", "😀", "\u2028"])
@given(line=git_patterns(), paths=st.lists(git_paths(), min_size=20, max_size=40))
def test_files_ignored_by_one_pattern_are_excluded(
    ground: Ground, line: str, paths: list[str]
) -> None:
    files = {".gitignore": os.fsencode(line.removeprefix("!"))}
    ignored = ground.ignored(files, paths)
    found = IgnoreSet(parse_ignore_lines("\n".join(translate(files).lines)))
    assert [path for path in sorted(ignored) if not found.excludes(path)] == []
