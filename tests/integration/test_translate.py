"""Translated .gitignore patterns exclude what git itself ignores."""

from __future__ import annotations

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.patterns.glob import parse_ignore_lines
from dlm_git.patterns.globset import IgnoreSet
from dlm_git.patterns.translate import translate
from tests.gitignores import (
    IgnoringRepo,
    git_paths,
    git_patterns,
)
from tests.support import new_repo


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> IgnoringRepo:
    """A repository for all the examples of a module."""
    directory = tmp_path_factory.mktemp("ground")
    return IgnoringRepo(new_repo(directory / "repo", directory / "home"))


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
    ground: IgnoringRepo, files: dict[str, str], top: str, path: str
) -> None:
    whole = f"{top}/{path}" if top else path
    encoded = {name: text.encode() for name, text in files.items()}
    assert not ground.ignored(encoded, [whole])
    found = translate(encoded, top)
    assert not IgnoreSet(parse_ignore_lines("\n".join(found.lines))).excludes(path)


@example(line="a?*[!a]", paths=["aé"])  # a byte for each, of one character
@example(line="?*?*?", paths=["é", "😀", "\u2028"])
@given(line=git_patterns(), paths=st.lists(git_paths(), min_size=20, max_size=40))
def test_files_ignored_by_one_pattern_are_excluded(
    ground: IgnoringRepo, line: str, paths: list[str]
) -> None:
    files = {".gitignore": os.fsencode(line.removeprefix("!"))}
    ignored = ground.ignored(files, paths)
    found = IgnoreSet(parse_ignore_lines("\n".join(translate(files).lines)))
    read = [path for path in sorted(ignored) if not found.excludes(path)]
    # a pattern that ends in white space is reported instead
    assert [path for path in read if all(name == name.rstrip() for name in path.split("/"))] == []
