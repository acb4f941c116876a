"""A third-party repository is read, and nothing that it names is run, awaited or fetched."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from dlm_git.git.untrusted import find_git_dirs
from tests.hostile import TRAPS, Trap
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    NOT_CONFIGURED,
    Repo,
    Result,
    needs_ref_files,
    new_repo,
)


def _clean(name: str) -> str:
    """Return the output of a check that finds nothing in a repository without a config."""
    note = NOT_CONFIGURED.replace("\n", f" ({name})\n", 1)
    return f"{note}1 in total: 1 clean, 0 with findings\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that leaves a file beside itself, `fired`."""
    file = tmp_path / "program"
    file.write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\nexit 1\n")
    file.chmod(0o755)
    return file


def check(repo: Repo, *args: str, env: Mapping[str, str] | None = None) -> Result:
    """Run `dlm-git check` about repositories, from outside of them."""
    return repo.run(COMMAND, "check", *args, cwd=repo.path.parent, env=env)


def good(path: Path, home: Path, *options: str) -> Repo:
    repo = new_repo(path, home, *options)
    repo.add(CORPUS, GOOD)
    repo.add("src/shop.py", "print('shop')\n")
    repo.commit("the corpus")
    return repo


@pytest.mark.parametrize("name", [name for name, trap in TRAPS.items() if trap.fires])
def test_every_trap_fires_for_plain_git(corpus_repo: Repo, program: Path, name: str) -> None:
    TRAPS[name].plant(corpus_repo, program)
    corpus_repo.run(*TRAPS[name].fires, timeout=20)
    fired, until = program.with_name("fired"), time.monotonic() + 10
    while not fired.exists() and time.monotonic() < until:  # git does not wait for each
        time.sleep(0.05)
    assert fired.exists()


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_no_trap_fires_for_check(corpus_repo: Repo, program: Path, trap: Trap) -> None:
    trap.plant(corpus_repo, program)
    result = check(corpus_repo, "repo", "--timeout", "2")
    assert not program.with_name("fired").exists()
    assert (result.code, result.err) == (trap.code, ""), result
    assert trap.message in result.out
    assert (result.out == _clean("repo")) == (trap.code == 0)


@pytest.mark.parametrize("hash_", ["sha1", "sha256"])
def test_every_kind_of_repository_is_read(tmp_path: Path, hash_: str) -> None:
    source = good(tmp_path / "source", tmp_path / "home", f"--object-format={hash_}")
    source.git("clone", "--quiet", "--bare", "source", "bare", cwd=tmp_path)
    for args in (["source"], ["source", "--rev", "HEAD"], ["source/.git"], ["bare"]):
        assert check(source, *args).out == _clean(args[0])


@pytest.mark.parametrize(
    "command",
    [["--index-version", "4"], ["--split-index"], ["--skip-worktree", CORPUS]],
    ids=["v4", "split", "skip-worktree"],
)
def test_every_kind_of_index_is_read(corpus_repo: Repo, command: list[str]) -> None:
    corpus_repo.git("update-index", *command)
    corpus_repo.git("rm", "--quiet", "--cached", "src/shop.py")
    result = check(corpus_repo, "repo")
    assert result.code == 1, result
    assert "selects no tracked file with text" in result.out


def test_a_worktree_is_checked_by_its_index(corpus_repo: Repo) -> None:
    corpus_repo.add(".dlm/draft.dlm", GOOD)
    result = check(corpus_repo, "repo")
    assert "ambiguous-corpus" in result.out
    assert check(corpus_repo, "repo", "--rev", "HEAD").out == _clean("repo")


def test_packed_refs_and_objects_are_read(corpus_repo: Repo) -> None:
    corpus_repo.git("gc", "--quiet")
    assert check(corpus_repo, "repo", "--rev", "main").out == _clean("repo")


def test_borrowed_objects_are_read(corpus_repo: Repo, tmp_path: Path) -> None:
    corpus_repo.git("clone", "--quiet", "--shared", "--bare", "repo", "borrower", cwd=tmp_path)
    assert check(corpus_repo, "borrower").out == _clean("borrower")


def test_a_linked_worktree_is_read(corpus_repo: Repo, tmp_path: Path) -> None:
    corpus_repo.git("worktree", "add", "--quiet", "../linked", "-b", "other")
    linked = Repo(tmp_path / "linked", corpus_repo.environ)
    assert check(corpus_repo, "linked").out == _clean("linked")
    linked.add(".dlm/draft.dlm", GOOD)
    assert "ambiguous-corpus" in check(corpus_repo, "linked").out
    assert check(corpus_repo, "repo").out == _clean("repo")
    (corpus_repo.path / ".git/worktrees/linked/gitdir").write_text("/elsewhere/.git\n")
    assert "does not list this worktree" in check(corpus_repo, "linked").out


def test_a_submodule_is_read(corpus_repo: Repo, tmp_path: Path) -> None:
    outer = good(tmp_path / "outer", tmp_path / "home")
    local = ("-c", "protocol.file.allow=always")
    outer.git(*local, "submodule", "--quiet", "add", str(corpus_repo.path), "lib")
    assert check(outer, "outer/lib").out == _clean("outer/lib")
    assert check(outer, "outer/lib", "--rev", "HEAD").out == _clean("outer/lib")


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_COMMON_DIR"]
)
def test_the_callers_repository_does_not_matter(corpus_repo: Repo, name: str) -> None:
    assert check(corpus_repo, "repo", env={name: "/nowhere"}).out == _clean("repo")


def test_the_callers_config_does_not_matter(corpus_repo: Repo, program: Path) -> None:
    config = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(program),
        "GIT_CONFIG_PARAMETERS": "garbage",
        "GIT_TRACE": str(program.with_name("fired")),
    }
    assert check(corpus_repo, "repo", env=config).out == _clean("repo")
    assert not program.with_name("fired").exists()


def test_no_temporary_files_are_left(corpus_repo: Repo, tmp_path: Path) -> None:
    needs_ref_files(corpus_repo)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = sorted(path for path in corpus_repo.path.rglob("*"))
    TRAPS["pipe: a branch"].plant(corpus_repo, tmp_path)
    assert check(corpus_repo, "repo", "--timeout", "1", env={"TMPDIR": str(scratch)}).code == 2
    assert list(scratch.iterdir()) == []
    assert sorted(path for path in corpus_repo.path.rglob("*")) == before


def test_git_directories_are_found(corpus_repo: Repo) -> None:
    place = find_git_dirs(str(corpus_repo.path))
    inner = os.path.realpath(corpus_repo.path / ".git")
    assert (place.git_dir, place.common_dir, place.bare) == (inner, inner, False)


def test_a_path_that_is_not_a_repository_is_an_error(corpus_repo: Repo) -> None:
    result = check(corpus_repo, "repo/src", "nothing", "repo")
    assert result.code == 2
    assert "'repo/src' is a directory in the repository" in result.out
    assert "'nothing' does not exist" in result.out
    assert result.out.endswith("3 in total: 1 clean, 0 with findings, 2 not checked\n")
