"""Sources outside of the repository, which the policy `permissive` allows, are checked in time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given

from dlm_git import check
from dlm_git.errors import DlmGitError
from dlm_git.git import disk
from dlm_git.git.disk import DiskFiles
from dlm_git.paths import group_by_directory, parents
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    Repo,
    Result,
    environment,
    expect_error,
    skip_or_fail,
)
from tests.trees import Tree, trees

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def outside(repo: Repo, path: str, *, exclude: str = "") -> None:
    """Stage a document with one source."""
    document = GOOD.replace('"."', f'"{path}"').replace("strict", "permissive")
    if exclude:
        document = document.replace('["**/*"]\n', f'["**/*"]\n      exclude: ["{exclude}"]\n')
    repo.add(CORPUS, document)


def check_worktree(repo: Repo, *args: str) -> Result:
    """Run the check, which must end."""
    arguments = ("check", "--worktree", "--policy", "permissive", *args)
    return repo.run(COMMAND, *arguments, timeout=20)


@pytest.fixture
def beside(repo: Repo) -> Path:
    """A directory beside the repository."""
    directory = repo.path.parent / "ext"
    (directory / "deep").mkdir(parents=True)
    (directory / "deep/a.txt").write_text("a\n")
    (directory / "deep/b.txt").write_text("b\n")
    return directory


@pytest.mark.parametrize("path", ["../ext", "../ext/deep", "../ext/deep/a.txt"])
def test_a_source_beside_the_repository_is_checked(repo: Repo, beside: Path, path: str) -> None:
    outside(repo, path)
    result = check_worktree(repo)
    assert (result.code, result.err) == (1, "")
    assert "untracked-training-file" in result.out
    assert "escaping-source-path" in result.out
    assert str(beside) in result.out


def test_pointers_outside_of_the_repository_are_reported(repo: Repo, beside: Path) -> None:
    (beside / "deep/a.txt").write_text(POINTER)
    outside(repo, "../ext")
    assert f"{beside}/deep/a.txt: pointer-in-training-set" in check_worktree(repo).out


def test_files_outside_are_grouped_below_their_source(repo: Repo, beside: Path) -> None:
    outside(repo, "../ext")
    result = check_worktree(repo)
    assert f"{beside}/deep/: untracked-training-file" in result.out
    assert "add 'deep/**' to 'exclude' of the source" in result.out
    outside(repo, "../ext", exclude="deep/**")
    assert "untracked-training-file" not in check_worktree(repo).out


def test_the_excluded_files_outside_are_grouped(repo: Repo, beside: Path) -> None:
    outside(repo, "../ext", exclude="deep/**")
    result = repo.run(COMMAND, "files", "--worktree", "--excluded", timeout=20)
    assert f"  {beside}/deep/  2 files" in result.out


def test_a_file_without_end_is_too_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 200_000)
    monkeypatch.setattr(disk, "MAX_BLOB", 100_000)
    for size in (0, 50_000):
        with (tmp_path / "a").open("rb") as file:
            assert disk._read(file.fileno(), size).data is None
    monkeypatch.setattr(disk, "MAX_BLOB", 200_000)
    with (tmp_path / "a").open("rb") as file:
        assert disk._read(file.fileno(), 0).data == b"x" * 200_000


def test_the_files_of_proc_are_read(repo: Repo) -> None:
    if not Path("/proc/self/status").exists():
        skip_or_fail("needs /proc")
    (blob,) = DiskFiles(str(repo.path)).contents(["/proc/self/status"])
    assert blob
    assert b"Name:" in (blob.data or b"")


def test_a_walk_has_a_limit(monkeypatch: pytest.MonkeyPatch, repo: Repo, beside: Path) -> None:
    monkeypatch.setattr(disk, "MAX_ENTRIES", 2)
    files = DiskFiles(str(repo.path))
    with pytest.raises(DlmGitError) as raised:
        files.root("../ext", strict=False)
    assert raised.value.message == f"there are more than 2 files below '{beside}'"


def test_many_sources_are_refused_by_files(repo: Repo) -> None:
    sources = '    - path: "."\n' * 300
    repo.add(CORPUS, GOOD.replace('    - path: "."\n', sources))
    expect_error(repo.run(COMMAND, "files"), "has 300 sources, more than the limit of 256")


@pytest.mark.parametrize(
    "path", ["", "a", "a/b", "/", "//", "/a", "//a/b", "/a/b/", "./..", "../a"]
)
def test_the_directories_around_a_path_end(path: str) -> None:
    around = list(parents(path))
    assert len(around) <= path.count("/")
    assert all(directory.strip("/") for directory in around)


def test_paths_are_not_grouped_above_their_root() -> None:
    paths = ["/x/y/a", "/x/y/z/b", "/x/y/z/c"]
    assert group_by_directory(paths, [], ["/x/y"]) == {"/x/y/a": paths[:1], "/x/y/z/": paths[1:]}


@pytest.mark.slow
@given(tree=trees())
def test_every_worktree_is_checked(tree: Tree) -> None:
    with TemporaryDirectory() as above:
        root = Path(above, "shop")
        root.mkdir()
        repo = Repo(root, environment(Path(above, "home")))
        repo.git("init", "--quiet")
        tree.plant(root)
        repo.git("add", "--force", "--", CORPUS)
        assert check(root, worktree=True, policy="permissive").documents
