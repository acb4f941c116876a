"""Invented .gitignore patterns and paths, and a repository to ask Git about them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from hypothesis import strategies as st

from tests.strategies import Draw, Texts, one_of_or
from tests.support import Repo


class IgnoringRepo:
    """One repository in which `.gitignore` files come and go."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self._written: set[str] = set()

    def ignored(self, files: Mapping[str, bytes], paths: Iterable[str]) -> set[str]:
        """Return the paths that Git ignores; they need not exist."""
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


_PIECES = ["a", "b", "ab", ".", "-", "é", " ", "#", "!", "x", "*", "*", "?", "**", "***", "]"]
_PIECES += [
    "[ab]",
    "[!a]",
    "[a-c]",
    "[^b]",
    "[]a]",
    "[[:alpha:]]",
    "[é]",
    "[a",
    "[a-",
    "[\\]]",
    "[b-a]",
]
_PIECES += ["\\*", "\\?", "\\[", "\\#", "\\!", "\\a", "\\ ", "\\\\", "\\", "\t", "\u2028", "😀"]
_COMPONENTS = ["a", "b", "ab", "a b", "foo", "*", "*", "**", "**", "*.log", "a*", "?", "é", ".env"]
_COMPONENTS += ["build", "f[o]o", "[ab]", "[!a]*", "x\\*y", "\\#x", "\\!y", "a**b", "***", "*.py"]
_COMPONENTS += ["a**", "foo**", "**\\", "[b-a]"]
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
