"""No command writes through a symbolic or hard link in the place of a file, or of its directory."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlm_git import fs
from dlm_git.cli.main import main
from tests.support import COMMAND, CORPUS, GOOD, Repo, environment, new_repo

_BASE = "--base=smollm2-135m"
# each file that dlm-git writes, and the commands that write it
WRITTEN: dict[str, list[list[str]]] = {
    CORPUS: [["init", "--rescaffold", _BASE], ["check", "--fix", _BASE]],
    ".dlm/new.dlm": [["init", "--name=new", _BASE]],
    ".dlm/ignore": [["ignore"], ["init", "--rescaffold", _BASE]],
    ".dlm-git.toml": [["init", "--rescaffold", _BASE], ["init", "src", _BASE]],
    ".gitattributes": [["install", "--drivers", "--shared"]],
    ".git/info/attributes": [["install", "--drivers"]],
    ".git/hooks/pre-commit": [["install", "--hook=pre-commit"]],
    ".git/hooks/pre-push": [["install"]],
    ".git/dlm-git/cache": [["check"]],
    ".dlm-git-baseline.json": [["check", "--write-baseline", _BASE]],
    "report.sarif": [["check", "--format=sarif=report.sarif"]],
    "report/x.xml": [["check", "--format=junit", "--output=report/x.xml"]],
    "ours": [["merge-driver", "base", "ours", "theirs", "7", CORPUS]],
}
CASES = [(path, argv) for path, lines in WRITTEN.items() for argv in lines]


def _to_file(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "file")


def _dangling(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "new")


def _to_directory(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "directory")


def _hard(path: Path, outside: Path) -> None:
    os.link(outside / "file", path)


def _parent(path: Path, outside: Path) -> None:
    path.parent.rename(outside / "parent")
    path.parent.symlink_to(outside / "parent")


LINKS: dict[str, Callable[[Path, Path], None]] = {
    "to a file": _to_file,
    "dangling": _dangling,
    "to a directory": _to_directory,
    "hard": _hard,
    "parent": _parent,
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository in which each of the commands has something to write."""
    top = tmp_path_factory.mktemp("links")
    repo = new_repo(top / "repo", top / "home")
    repo.add(CORPUS, GOOD)
    repo.add("src/shop.py", "print('shop')\n")
    repo.add(".gitignore", "*.log\n")
    repo.commit("files")
    for name in ("base", "ours", "theirs"):
        repo.write(name, GOOD.replace("About", name))
    repo.write("base", GOOD.replace("About", "ours"))
    repo.write("report/x")
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / ".git/dlm-git").mkdir()
    return repo.path


def _contents(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes() if file.is_file() else b""
        for file in path.rglob("*")
    }


@pytest.fixture
def place(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Repo, Path]:
    """A copy of the repository, which is the current directory, and a directory outside of it."""
    repo = Repo(tmp_path / "repo", environment(tmp_path / "home"))
    shutil.copytree(template, repo.path, symlinks=True)
    (tmp_path / "outside/directory").mkdir(parents=True)
    (tmp_path / "outside/file").write_bytes(b"# mine\n")
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(sys, "argv", [COMMAND])
    monkeypatch.chdir(repo.path)
    return repo, tmp_path / "outside"


def _id(case: object) -> str:
    return " ".join(case) if isinstance(case, list) else str(case)


@pytest.mark.parametrize(("path", "argv"), CASES, ids=_id)
def test_without_a_link_the_file_is_written(
    place: tuple[Repo, Path], path: str, argv: list[str]
) -> None:
    file = place[0].path / path
    before = file.read_bytes() if file.exists() else None
    assert main(argv) in (0, 1)
    assert file.read_bytes() != before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "argv", "kind"),
    [(*case, kind) for kind in LINKS for case in CASES if "/" in case[0] or kind != "parent"],
    ids=_id,
)
def test_nothing_outside_is_written(
    place: tuple[Repo, Path], path: str, argv: list[str], kind: str
) -> None:
    repo, outside = place
    file = repo.path / path
    if kind != "parent":
        file.unlink(missing_ok=True)
    if kind == "hard" and path.endswith(".dlm"):
        (outside / "file").write_text(GOOD)
    LINKS[kind](file, outside)
    before = _contents(outside)
    assert main(argv) in (0, 1, 2)
    assert _contents(outside) == before


WRITERS: dict[str, Callable[[str], object]] = {
    "create": lambda root: fs.create_file(root, ".dlm", "x", b"new"),
    "replace": lambda root: fs.replace_file(root, ".dlm", "old", b"new"),
    "best effort": lambda root: fs.write_best_effort(root, ".dlm", "x", b"new"),
    "remove": lambda root: fs.remove_file(root, ".dlm", "old"),
}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        *(("create", "link"), ("create", "unlink")),
        *(("replace", "link"), ("replace", "replace"), ("replace", "unlink")),
        *(("best effort", "link"), ("best effort", "replace"), ("best effort", "unlink")),
        ("remove", "unlink"),
    ],
)
def test_a_directory_that_becomes_a_link_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, call: str
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / ".dlm").mkdir(parents=True)
    outside.mkdir()
    for directory in (root / ".dlm", outside):
        (directory / "old").write_text("old")
    real = getattr(os, call)

    def swap(*args: object, **options: object) -> None:
        if not (root / ".dlm").is_symlink():
            (root / ".dlm").rename(root / "moved")
            (root / ".dlm").symlink_to(outside)
        real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, call, swap)
        WRITERS[name](str(root))
    assert _contents(outside) == {"old": b"old"}
    if call == "link" and name != "create" and not (root / "moved").exists():
        pytest.skip("needs files without a name (O_TMPFILE)")
    assert _contents(root / "moved") != {"old": b"old"}
