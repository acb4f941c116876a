"""Repositories in every format of Git are created, checked, committed to and pushed to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.states import BAD, assert_check, assert_every_state, install
from tests.support import COMMAND, CORPUS, GOOD, Repo, environment, expect_clean

pytestmark = pytest.mark.slow

BASE = ("--base", "smollm2-135m")
EXPLICIT = {"safe.bareRepository": "explicit"}
# the options of `git init`, and the config of the user
FORMATS: dict[str, tuple[list[str], dict[str, str]]] = {
    "sha256": (["--object-format=sha256"], {}),
    "reftable": (["--ref-format=reftable"], {}),
    "sha256 and reftable": (["--object-format=sha256", "--ref-format=reftable"], {}),
    "explicit bare repositories": ([], EXPLICIT),
    "the defaults of git 3.0": (["--object-format=sha256", "--ref-format=reftable"], EXPLICIT),
}
INDEXES: dict[str, tuple[list[str], dict[str, str]]] = {
    "no checksum": ([], {"index.skipHash": "true"}),
    "untracked cache and split index": (
        [],
        {"core.untrackedCache": "true", "core.splitIndex": "true"},
    ),
    "sparse index": ([], {"index.sparse": "true"}),
    "index version 4": ([], {"index.version": "4"}),
    "many files": ([], {"feature.manyFiles": "true"}),
    "read in threads": ([], {"index.threads": "true", "index.recordOffsetTable": "true"}),
}


def make(path: Path, options: list[str], config: dict[str, str]) -> Repo:
    """Return a new repository in a format, or skip the test if git does not know it."""
    repo = Repo(path, environment(path.with_name("home")))
    path.mkdir()
    for key, value in config.items():
        repo.git("config", "--global", key, value)
    result = repo.run("git", "init", "--quiet", *options)
    if "unknown option" in result.err:
        pytest.skip("this git does not know the format")
    assert result.code == 0, result
    return repo


@pytest.fixture(params=FORMATS.values(), ids=[*FORMATS])
def formatted(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    return make(tmp_path / "repo", *request.param)


@pytest.fixture(params=INDEXES.values(), ids=[*INDEXES])
def indexed(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    return make(tmp_path / "repo", *request.param)


def test_every_command_works_in_every_format(formatted: Repo) -> None:
    assert_every_command_works(formatted)


def test_every_command_works_with_every_index(indexed: Repo) -> None:
    assert_every_command_works(indexed)


def assert_every_command_works(repo: Repo) -> None:
    repo.add("src/shop.py", "print('shop')\n")
    expect_clean(repo.init(*BASE))
    install(repo)
    assert "dlm-git ends with 0" in repo.run("git", "commit", "--message", "m").err
    for _ in range(2):  # the second one is cached
        assert_every_state(repo, 0, "no findings")
    assert "src/shop.py" in expect_clean(repo.run(COMMAND, "files"))
    assert "1 clean" in expect_clean(repo.check("repo", cwd=repo.path.parent))
    repo.write(CORPUS, BAD)
    assert_check(repo, 1, "unparsable-document", worktree=True)
    assert repo.run("git", "commit", "--all", "--message", "m").code == 1
    repo.add(CORPUS, GOOD)
    assert_check(repo, 1, "changed-id")
    repo.git("rm", "--quiet", "--cached", CORPUS)
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ")
    assert_check(repo, 0, "no findings", rev="HEAD")


@pytest.mark.parametrize("options", [[], ["--relative-paths"]], ids=["absolute", "relative"])
def test_a_linked_worktree_is_checked_in_every_format(formatted: Repo, options: list[str]) -> None:
    formatted.add(CORPUS, GOOD)
    formatted.add(".dlm/ignore", "/.git\n")  # a file in the linked worktree
    formatted.add("src/shop.py", "print('shop')\n")
    formatted.commit()
    path = formatted.path.with_name("linked")
    added = formatted.run("git", "worktree", "add", "--quiet", *options, str(path), "-b", "other")
    if added.code and options:
        assert "unknown option" in added.err, added
        pytest.skip("this git does not know relative worktrees")
    linked = Repo(path, formatted.environ)
    assert_every_state(linked, 0, "no findings")
    linked.git("rm", "--quiet", CORPUS)
    linked.commit()
    assert_every_state(linked, 1, f"{CORPUS}: missing-corpus: ")
    assert_every_state(formatted, 0, "no findings")


def test_pushes_are_checked_in_every_format(formatted: Repo) -> None:
    server = formatted.path.with_name("server.git")
    formatted.add(CORPUS, GOOD)
    formatted.add("src/shop.py")
    formatted.commit()
    formatted.git("clone", "--quiet", "--bare", ".", str(server))
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{COMMAND}" pre-receive\n')
    hook.chmod(0o755)
    formatted.git("remote", "add", "origin", str(server))
    for content, code in ((BAD, 1), (f"{GOOD}More.\n", 0)):
        formatted.add(CORPUS, content)
        formatted.git("commit", "--quiet", "--allow-empty", "--message", "m")
        pushed = formatted.run("git", "push", "--quiet", "origin", "HEAD:main")
        assert (pushed.code != 0) == code, pushed
        assert ("unparsable-document" in pushed.err) == code, pushed
    bare = formatted.check("--rev", "main", "server.git", cwd=formatted.path.parent)
    assert "1 clean" in expect_clean(bare)


def test_a_sparse_index_is_read_in_every_format(formatted: Repo) -> None:
    formatted.add(CORPUS, GOOD)
    formatted.add("src/shop.py")
    formatted.add("docs/deep/a.md")
    formatted.commit()
    formatted.git("sparse-checkout", "set", "--cone", "--sparse-index", "src")
    assert_check(formatted, 0, "no findings")
    assert_check(formatted, 0, "no findings", rev="HEAD")
    assert_check(formatted, 1, "missing-corpus", "sparse-checkout add", worktree=True)


def _without_daemon(repo: Repo) -> bool:
    return repo.run("git", "fsmonitor--daemon", "status").code != 0


def test_the_builtin_fsmonitor_is_not_started(corpus_repo: Repo) -> None:
    """Git 2.36 and later has it where it is compiled in; `true` names no program."""
    corpus_repo.git("config", "core.fsmonitor", "true")
    assert_every_state(corpus_repo, 0, "no findings")
    assert _without_daemon(corpus_repo)
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 1, "unparsable-document", worktree=True)
    assert_check(corpus_repo, 0, "no findings")
