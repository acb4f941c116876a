"""Clones without all objects, damaged objects, and the formats of repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.states import (
    assert_accepted,
    assert_check,
    assert_every_state,
    clone,
    install,
    loose,
)
from tests.support import CORPUS, GOOD, Repo, new_repo

pytestmark = pytest.mark.slow


def test_a_shallow_clone_holds_its_head_only(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    corpus_repo.commit("more")
    shallow = clone(corpus_repo, "--depth=1")
    assert_every_state(shallow, 0, "no findings")
    assert_check(shallow, 2, "cannot read revision 'HEAD~1'", "fetch-depth: 0", rev="HEAD~1")


def test_a_blobless_clone_fetches_nothing_and_is_an_error(corpus_repo: Repo) -> None:
    partial = clone(corpus_repo, "--filter=blob:none", "--no-checkout")
    oid = corpus_repo.git("rev-parse", f"HEAD:{CORPUS}")
    output = assert_check(partial, 2, "dlm-git: ", oid, rev="HEAD")
    assert "missing-corpus" not in output
    partial.git("read-tree", "HEAD")
    assert assert_check(partial, 2, oid) == output
    assert_check(partial, 1, "missing-corpus", worktree=True)
    partial.git("restore", ".")
    assert_every_state(partial, 0, "no findings")


def test_a_treeless_clone_fetches_nothing_and_is_an_error(corpus_repo: Repo) -> None:
    partial = clone(corpus_repo, "--filter=tree:0", "--no-checkout")
    output = assert_check(partial, 2, "dlm-git: ", "a partial clone", rev="HEAD")
    assert "missing-corpus" not in output
    for worktree in (False, True):
        assert_check(partial, 2, "a partial clone without its trees", worktree=worktree)


def test_missing_trees_are_an_error(corpus_repo: Repo) -> None:
    for name in ("HEAD:.dlm", "HEAD:src", "HEAD^{tree}"):
        file = loose(corpus_repo, corpus_repo.git("rev-parse", name))
        kept = file.read_bytes()
        file.unlink()
        assert_check(corpus_repo, 2, "dlm-git: ", "git says", rev="HEAD")
        for worktree in (False, True):
            assert_check(corpus_repo, 0, "no findings", worktree=worktree)
        file.write_bytes(kept)
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


def test_a_missing_commit_is_an_error(corpus_repo: Repo) -> None:
    loose(corpus_repo, corpus_repo.git("rev-parse", "HEAD")).unlink()
    assert_check(corpus_repo, 2, "cannot read revision 'HEAD'", rev="HEAD")
    for worktree in (False, True):
        assert_check(corpus_repo, 0, "no findings", worktree=worktree)


def test_missing_content_is_an_error(corpus_repo: Repo) -> None:
    oid = corpus_repo.git("rev-parse", f"HEAD:{CORPUS}")
    loose(corpus_repo, oid).unlink()
    words = ("dlm-git: ", f"the content of '{CORPUS}' is not in this repository", oid)
    assert_check(corpus_repo, 2, *words)
    assert_check(corpus_repo, 2, *words, rev="HEAD")
    assert_check(corpus_repo, 0, "no findings", worktree=True)


@pytest.mark.parametrize("data", [b"", b"garbage", None], ids=["empty", "garbage", "cut"])
def test_damaged_content_is_an_error(corpus_repo: Repo, data: bytes | None) -> None:
    file = loose(corpus_repo, corpus_repo.git("rev-parse", f"HEAD:{CORPUS}"))
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:-20] if data is None else data)
    assert_check(corpus_repo, 2, "dlm-git: ")
    assert_check(corpus_repo, 2, "dlm-git: ", rev="HEAD")
    shows_its_size = data is None  # so Git begins to write the content that the id is compared with
    assert_check(corpus_repo, 2 if shows_its_size else 0, worktree=True)


def test_a_missing_alternate_is_an_error(corpus_repo: Repo) -> None:
    path = corpus_repo.path.parent / "clone"
    corpus_repo.git("clone", "--quiet", "--shared", str(corpus_repo.path), str(path))
    shared = Repo(path, corpus_repo.environ)
    assert_check(shared, 0, "no findings")
    corpus_repo.path.rename(corpus_repo.path.with_name("moved"))
    assert_check(shared, 2, "is not in this repository")
    assert_check(shared, 2, "cannot read revision 'HEAD'", rev="HEAD")
    assert_check(shared, 0, "no findings", worktree=True)


def test_a_sha256_repository_is_checked(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", tmp_path / "home", "--object-format=sha256")
    repo.add("README.md")
    repo.write(CORPUS, GOOD)
    repo.git("add", "--intent-to-add", CORPUS)
    for worktree in (False, True):
        assert_check(repo, 1, "missing-corpus", "intent-to-add", worktree=worktree)
    install(repo)
    repo.add(CORPUS, GOOD)
    assert_accepted(repo, "commit", "--message", "m")
    assert_every_state(repo, 0, "no findings")
    assert_check(repo, 2, "cannot read revision", rev="0" * 64)


def _extend(repo: Repo, version: int, **extensions: str) -> None:
    keys = "".join(f"\t{key} = {value}\n" for key, value in extensions.items())
    with (repo.path / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\trepositoryformatversion = {version}\n[extensions]\n{keys}")


def test_a_repository_without_its_reftable_is_an_error(corpus_repo: Repo) -> None:
    """Git before 2.45 knows no `refstorage`; a later one reads the index without the tables."""
    _extend(corpus_repo, 1, refstorage="reftable")
    assert_check(corpus_repo, 2, "dlm-git: ", rev="HEAD")
    for worktree in (False, True):
        if corpus_repo.run("git", "ls-files").code:
            words = ("dlm-git: ", "git says", "unknown repository extension")
            assert_check(corpus_repo, 2, *words, worktree=worktree)
        else:
            assert_check(corpus_repo, 0, "no findings", worktree=worktree)


@pytest.mark.parametrize("extension", ["relativeworktrees", "fromthefuture"])
def test_an_extension_unknown_to_git_is_an_error(corpus_repo: Repo, extension: str) -> None:
    """Git knows `relativeworktrees` since 2.48, and then there is nothing to tell."""
    _extend(corpus_repo, 1, **{extension: "true"})
    if corpus_repo.run("git", "rev-parse").code:
        assert_every_state(corpus_repo, 2, "dlm-git: ", "git says", "unknown repository extension")
    else:
        assert_every_state(corpus_repo, 0, "no findings")


def test_an_unknown_repository_format_is_an_error(corpus_repo: Repo) -> None:
    _extend(corpus_repo, 9)
    assert_every_state(corpus_repo, 2, "git says", "Expected git repo version <= 1, found 9")
