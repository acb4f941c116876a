"""One answer of git says where a repository has its files, in every kind of repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git.layout import QUESTION, ask, is_failure, parse
from dlm_git.git.repository import find_repository
from tests.support import CORPUS, GOOD, Repo, new_repo

LINES = ["/r/.git", "/r/.git/index", "false", "false", "sha1", "a/", "/r/.git", "/r/.git/objects"]
ROOT, TREE = ["/r"], ["0123456789"]


def output(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.mark.parametrize(
    ("code", "lines", "expected"),
    [
        (0, [*LINES, *ROOT, *TREE], ("/r", "0123456789")),
        (128, LINES, ("", "")),
        (128, LINES + ROOT, ("/r", "")),
        (128, [*LINES, *ROOT, "HEAD:.dlm"], ("/r", "")),
        (0, [*LINES, *ROOT, "HEAD:.dlm"], ("/r", "")),
        (0, LINES + ROOT, None),
        (128, [*LINES, *ROOT, *TREE], None),
        (128, LINES[:-1], None),
        (129, LINES, None),
        (-9, LINES, None),
        (128, [*LINES[:1], "/x", *LINES[1:]], None),  # a path with a line break
        (0, [*LINES[:1], "index", *LINES[2:], *ROOT, *TREE], None),
        (0, [*LINES, "r", *TREE], None),
    ],
)
def test_answers(code: int, lines: list[str], expected: tuple[str, str] | None) -> None:
    found = parse(code, output(*lines))
    assert (found and (found.root, found.dlm_tree)) == expected


@pytest.mark.parametrize(
    ("code", "lines", "failed"),
    [(0, [], False), (128, LINES, False), (128, LINES[1:], True), (1, LINES, True), (-9, [], True)],
)
def test_failures(code: int, lines: list[str], failed: bool) -> None:
    assert is_failure(code, output(*lines)) == failed


def layout_of(repo: Repo, directory: Path | None = None) -> tuple[str, str]:
    result = repo.run("git", *QUESTION, cwd=directory)
    found = parse(result.code, result.out.encode())
    assert found, result
    return found.root, found.dlm_tree


def test_the_answers_of_git(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", tmp_path / "home")
    root = str(repo.path)
    assert layout_of(repo) == (root, "")
    repo.write("HEAD:.dlm")
    assert layout_of(repo) == (root, "")
    repo.add("a")
    repo.commit()
    assert layout_of(repo) == (root, "")
    (repo.path / "HEAD:.dlm").unlink()
    assert layout_of(repo) == (root, "")
    repo.add(CORPUS, GOOD)
    repo.commit()
    tree = repo.git("rev-parse", "HEAD:.dlm")
    assert layout_of(repo) == layout_of(repo, repo.path / ".dlm") == (root, tree)
    assert layout_of(repo, repo.path / ".git") == ("", "")
    bare = new_repo(tmp_path / "bare", tmp_path / "home", "--bare")
    assert layout_of(bare) == ("", "")


@pytest.mark.parametrize("name", ["a\nb", "a\n/b\nc"])
def test_a_path_with_a_line_break_is_an_error(tmp_path: Path, name: str) -> None:
    repo = new_repo(tmp_path / name, tmp_path / "home")
    for directory in (repo.path, repo.path / ".git"):
        with pytest.raises(DlmGitError, match="git does not report the path of its index"):
            find_repository(directory, repo.environ, allow_git_dir=True)


def test_without_git_there_is_no_answer(tmp_path: Path) -> None:
    assert ask({"PATH": str(tmp_path)}) is None
