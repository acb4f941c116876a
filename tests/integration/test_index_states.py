"""Every state and format of the index."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git import read
from dlm_git.git.index_file import may_skip_worktree, read_header
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, find_repository
from tests.states import (
    BAD,
    DOCS,
    OF_BAD,
    OTHER,
    assert_accepted,
    assert_check,
    assert_every_state,
    assert_index_is_checked,
    assert_refused,
    install,
)
from tests.support import CORPUS, GOOD, Repo

pytestmark = pytest.mark.slow


def test_on_an_unborn_branch_the_index_is_checked(repo: Repo) -> None:
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", "not created yet")
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", worktree=True)
    repo.add("README.md")
    repo.add(CORPUS, GOOD)
    assert_check(repo, 0, "the index", "no findings")
    assert_check(repo, 0, "the working tree", "no findings", worktree=True)
    assert_check(repo, 2, "cannot read revision 'HEAD'", rev="HEAD")
    install(repo)
    assert_accepted(repo, "commit", "--message", "the first")


def test_an_orphan_branch_keeps_its_index(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "--orphan", "o")
    for worktree in (False, True):
        assert_check(corpus_repo, 0, "no findings", worktree=worktree)
    assert_check(corpus_repo, 2, "cannot read revision 'HEAD'", rev="HEAD")
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    for worktree in (False, True):
        words = (f"{CORPUS}: missing-corpus: ", f"`git add {CORPUS}`")
        assert_check(corpus_repo, 1, *words, worktree=worktree)


def test_the_index_is_checked_and_not_the_worktree(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 1, f"{CORPUS}:1:1: {OF_BAD}", worktree=True)
    assert_accepted(corpus_repo, "commit", "--message", "staged is good")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.write(CORPUS, GOOD)
    assert_check(corpus_repo, 1, f"{CORPUS}:1:1: {OF_BAD}")
    for state in ({"rev": "HEAD"}, {"worktree": True}):
        assert_check(corpus_repo, 0, "no findings", **state)
    assert_refused(corpus_repo, OF_BAD, "commit", "--message", "staged is bad")


def test_an_untracked_corpus_is_missing(repo: Repo) -> None:
    install(repo)
    repo.write(CORPUS, GOOD)
    for worktree in (False, True):
        words = (f"{CORPUS}: missing-corpus: ", f"not tracked: `git add {CORPUS}`")
        assert_check(repo, 1, *words, worktree=worktree)
    repo.add("README.md")
    assert_refused(repo, "missing-corpus", "commit", "--message", "forgotten")


def test_an_unmerged_corpus_is_neither_missing_nor_ambiguous(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "-b", "topic")
    corpus_repo.add(CORPUS, GOOD.replace("What", "Which"))
    corpus_repo.commit("ours")
    corpus_repo.git("checkout", "--quiet", "main")
    corpus_repo.add(CORPUS, GOOD.replace("What", "That"))
    corpus_repo.commit("theirs")
    assert corpus_repo.run("git", "merge", "topic").code == 1
    for worktree in (False, True):
        words = (f"{CORPUS}: unmerged-corpus: ", f"`git add {CORPUS}`", "1 finding in")
        assert_check(corpus_repo, 1, *words, worktree=worktree)
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


def test_an_intent_to_add_corpus_is_missing(repo: Repo) -> None:
    repo.write(CORPUS, GOOD)
    repo.git("add", "--intent-to-add", CORPUS)
    for worktree in (False, True):
        words = (f"{CORPUS}: missing-corpus: ", "intent-to-add", f"`git add {CORPUS}`")
        assert_check(repo, 1, *words, worktree=worktree)
    install(repo)
    repo.add("README.md")
    assert_refused(repo, "missing-corpus", "commit", "--message", "m")


def test_a_staged_empty_corpus_is_not_missing(repo: Repo) -> None:
    repo.add(CORPUS, "")
    output = assert_check(repo, 1, f"{CORPUS}:1:1: {OF_BAD}")
    assert "missing-corpus" not in output


def test_an_intent_to_add_second_document_is_not_ambiguous(corpus_repo: Repo) -> None:
    corpus_repo.write(".dlm/docs.dlm", OTHER)
    corpus_repo.git("add", "--intent-to-add", ".dlm/docs.dlm")
    assert_every_state(corpus_repo, 0, "no findings")


def test_an_intent_to_add_source_is_missing(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, DOCS)
    corpus_repo.write("docs/a.md")
    corpus_repo.git("add", "--intent-to-add", "docs/a.md")
    install(corpus_repo)
    assert_check(corpus_repo, 1, "missing-source-path", "'docs'")
    assert_check(corpus_repo, 1, "docs/a.md", worktree=True)
    assert_refused(corpus_repo, "missing-source-path", "commit", "--message", "m")


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_hidden_worktree_changes_do_not_matter(corpus_repo: Repo, flag: str) -> None:
    corpus_repo.git("update-index", flag, CORPUS)
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")
    assert_check(corpus_repo, 1, f"{CORPUS}:1:1: {OF_BAD}", worktree=True)


def test_a_sparse_checkout_without_the_corpus_passes(corpus_repo: Repo) -> None:
    corpus_repo.git("sparse-checkout", "set", "src")
    assert not (corpus_repo.path / CORPUS).exists()
    assert_check(corpus_repo, 1, "missing-corpus", "outside of the sparse checkout", worktree=True)
    assert_index_is_checked(corpus_repo)


@pytest.mark.parametrize(
    ("options", "may_skip"),
    [
        (("--index-version", "2"), False),
        (("--index-version", "4"), True),
        (("--skip-worktree", CORPUS), True),
        (("--split-index",), True),
    ],
)
def test_only_an_index_with_flags_is_searched_for_those_of_a_sparse_checkout(
    corpus_repo: Repo, options: tuple[str, ...], *, may_skip: bool
) -> None:
    corpus_repo.git("update-index", *options)
    git_dir = f"{corpus_repo.path}/.git"
    assert may_skip_worktree(f"{git_dir}/index", git_dir) == may_skip


@pytest.mark.parametrize("options", [(), ("-c", "index.threads=true")])  # adds an extension
def test_the_number_of_entries_is_not_that_of_a_sparse_index(
    corpus_repo: Repo, options: tuple[str, ...]
) -> None:
    """Its rows come from trees, so they are validated one by one."""
    repository = find_repository(corpus_repo.path, corpus_repo.environ)
    place = repository.index, repository.hash, repository.git_dir
    header = read_header(*place)
    assert header
    assert header[1] == read_index(repository).rows[1:].count(b"\0")
    corpus_repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
    corpus_repo.git(*options, "sparse-checkout", "set", "src")
    header = read_header(*place)
    assert header
    assert header[1] == -1


def test_a_sparse_index_is_read_in_full(corpus_repo: Repo) -> None:
    corpus_repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
    corpus_repo.git("sparse-checkout", "set", "src")
    assert ".dlm/\n" in corpus_repo.git("ls-files", "--sparse") + "\n"
    assert_check(corpus_repo, 1, "missing-corpus", "outside of the sparse checkout", worktree=True)
    assert_index_is_checked(corpus_repo)


def test_a_split_index_is_read(corpus_repo: Repo) -> None:
    corpus_repo.git("update-index", "--split-index")
    assert list((corpus_repo.path / ".git").glob("sharedindex.*"))
    assert_check(corpus_repo, 0, "no findings", worktree=True)
    assert_index_is_checked(corpus_repo)


def test_index_version_4_is_read(corpus_repo: Repo) -> None:
    corpus_repo.git("update-index", "--index-version", "4")
    assert_check(corpus_repo, 0, "no findings", worktree=True)
    assert_index_is_checked(corpus_repo)


def test_a_split_index_without_its_shared_part_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.git("update-index", "--split-index")
    for shared in (corpus_repo.path / ".git").glob("sharedindex.*"):
        shared.unlink()
    for worktree in (False, True):
        words = ("dlm-git: `git ls-files` failed: git says ", "sharedindex")
        assert_check(corpus_repo, 2, *words, worktree=worktree)
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("small", [0, 1 << 20])
def test_a_truncated_index_is_never_read_in_part(
    corpus_repo: Repo, version: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "_SMALL_INDEX", small)
    for key, value in corpus_repo.environ.items():
        monkeypatch.setenv(key, value)
    corpus_repo.git("update-index", "--force-write-index", "--index-version", version)
    repository = find_repository(corpus_repo.path)
    whole = bytes(read_index(repository).rows)
    index = corpus_repo.path / ".git" / "index"
    data = index.read_bytes()
    listed = {length: _rows(repository, index, data[:length]) for length in range(len(data))}
    assert not [length for length, rows in listed.items() if rows not in (None, whole)]


def _rows(repository: Repository, index: Path, data: bytes) -> bytes | None:
    index.write_bytes(data)
    try:
        return bytes(read_index(repository).rows)
    except DlmGitError:
        return None


def assert_damaged_index(repo: Repo) -> None:
    """Assert that only a revision can be checked, because its files are not read from the index."""
    for worktree in (False, True):
        assert_check(repo, 2, "dlm-git: ", "index", worktree=worktree)
    assert_check(repo, 0, "no findings", rev="HEAD")


@pytest.mark.parametrize("length", [0, 40, 155])
def test_a_truncated_index_is_an_error(corpus_repo: Repo, length: int) -> None:
    index = corpus_repo.path / ".git" / "index"
    assert index.stat().st_size > 155
    os.truncate(index, length)
    assert_damaged_index(corpus_repo)


def _resealed(data: bytes) -> bytes:
    return data[:-20] + hashlib.sha1(data[:-20]).digest()


def test_an_index_without_a_checksum_is_read(corpus_repo: Repo) -> None:
    """Git writes zeros in its place where `index.skipHash` is set."""
    index = corpus_repo.path / ".git" / "index"
    index.write_bytes(index.read_bytes()[:-20] + bytes(20))
    assert_every_state(corpus_repo, 0, "no findings")


def test_an_index_with_a_wrong_checksum_is_an_error(corpus_repo: Repo) -> None:
    index = corpus_repo.path / ".git" / "index"
    index.write_bytes(index.read_bytes().replace(b"src/shop.py", b"src/shoq.py"))
    assert_damaged_index(corpus_repo)


def test_an_index_with_a_duplicate_path_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.add(".dlm/corpus.dln", GOOD)
    index = corpus_repo.path / ".git" / "index"
    index.write_bytes(_resealed(index.read_bytes().replace(b"corpus.dln", b"corpus.dlm")))
    assert_damaged_index(corpus_repo)


def test_an_empty_git_index_file_variable_counts_as_unset(corpus_repo: Repo) -> None:
    assert_every_state(corpus_repo, 0, "no findings", env={"GIT_INDEX_FILE": ""})


def test_a_missing_index_file_is_reported(corpus_repo: Repo) -> None:
    words = (f"{CORPUS}: missing-corpus: ", "the index (not created yet)")
    assert_check(corpus_repo, 1, *words, env={"GIT_INDEX_FILE": ".git/no-such-index"})
    (corpus_repo.path / ".git" / "index").unlink()
    assert_check(corpus_repo, 1, *words)
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")
    assert_check(corpus_repo, 1, f"{CORPUS}: missing-corpus: ", worktree=True)


def test_a_held_index_lock_does_not_matter(corpus_repo: Repo) -> None:
    corpus_repo.write(".git/index.lock", "")
    assert_every_state(corpus_repo, 0, "no findings")
