"""Commits, merges and rebases: what hooks see, and what only a check of the revision finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.states import (
    BAD,
    DOCS,
    OF_BAD,
    assert_accepted,
    assert_check,
    assert_no_hook_ran,
    assert_refused,
    fast_import,
    install,
)
from tests.support import CORPUS, GOOD, Repo

pytestmark = pytest.mark.slow


@pytest.fixture
def without_corpus(corpus_repo: Repo) -> Repo:
    """On `topic`, beside `main`, the last commit removes the corpus document."""
    corpus_repo.git("checkout", "--quiet", "-b", "topic")
    corpus_repo.git("rm", "--quiet", CORPUS)
    corpus_repo.add("src/shop.py", "print('topic')\n")
    corpus_repo.commit("no corpus")
    corpus_repo.git("checkout", "--quiet", "main")
    corpus_repo.add("README.md")
    corpus_repo.commit("go on")
    return corpus_repo


@pytest.fixture
def two_parents(corpus_repo: Repo) -> Repo:
    """`main` trains on 'docs', `drops` removes it: each is right, their merge is not."""
    corpus_repo.add("docs/a.md")
    corpus_repo.commit("docs")
    corpus_repo.git("checkout", "--quiet", "-b", "drops")
    corpus_repo.git("rm", "--quiet", "docs/a.md")
    corpus_repo.add("src/shop.py", "print('drops')\n")
    corpus_repo.commit("drop docs")
    corpus_repo.git("checkout", "--quiet", "main")
    corpus_repo.add(CORPUS, DOCS)
    corpus_repo.commit("learn from docs")
    return corpus_repo


def test_commit_all_checks_the_index_of_the_commit(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 0, "no findings")
    assert_refused(corpus_repo, OF_BAD, "commit", "--all", "--message", "bad")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit("bad, unchecked")
    corpus_repo.write(CORPUS, GOOD)
    assert_check(corpus_repo, 1, OF_BAD)
    assert_accepted(corpus_repo, "commit", "--all", "--message", "corrected")


@pytest.mark.parametrize("option", ["--", "--only"])
def test_a_commit_of_other_paths_does_not_hold_a_staged_corpus(repo: Repo, option: str) -> None:
    repo.add("src/shop.py")
    repo.commit("no corpus yet")
    install(repo)
    repo.add(CORPUS, GOOD)
    repo.write("src/shop.py", "changed\n")
    assert_check(repo, 0, "no findings")
    assert_refused(repo, "missing-corpus", "commit", "--message", "m", option, "src/shop.py")
    assert_accepted(repo, "commit", "--message", "m", option, CORPUS)


def test_a_commit_of_other_paths_holds_the_corpus_of_head(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.write("src/shop.py", "changed\n")
    assert_check(corpus_repo, 1, OF_BAD)
    assert_accepted(corpus_repo, "commit", "--message", "m", "--", "src/shop.py")


def test_commit_include_checks_the_index_and_the_path(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.add("README.md")
    corpus_repo.write(CORPUS, BAD)
    assert_refused(corpus_repo, OF_BAD, "commit", "--message", "m", "--include", CORPUS)
    corpus_repo.write(CORPUS, GOOD + "More.\n")
    assert_accepted(corpus_repo, "commit", "--message", "m", "--include", CORPUS)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("commit", "--message", "m"), id="plain"),
        pytest.param(("commit", "--amend", "--no-edit"), id="amend"),
        pytest.param(("commit", "--allow-empty", "--message", "m"), id="allow-empty"),
        pytest.param(("-C", "src", "commit", "--message", "m"), id="subdirectory"),
        pytest.param(("--git-dir=.git", "--work-tree=.", "commit", "-m", "m"), id="git-dir"),
    ],
)
def test_the_relative_index_of_git_commit_is_read(
    corpus_repo: Repo, command: tuple[str, ...]
) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, BAD)
    assert_refused(corpus_repo, OF_BAD, *command)
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    assert_accepted(corpus_repo, *command)


def _no_verify(repo: Repo) -> None:
    assert_no_hook_ran(repo, "commit", "--quiet", "--no-verify", "--message", "m")


def _commit_tree(repo: Repo) -> None:
    oid = repo.git("commit-tree", "-p", "HEAD", "-m", "m", repo.git("write-tree"))
    assert_no_hook_ran(repo, "update-ref", "refs/heads/main", oid)


def _fast_import(repo: Repo) -> None:
    fast_import(repo, (CORPUS, BAD))


@pytest.mark.parametrize("commit", [_no_verify, _commit_tree, _fast_import])
def test_rev_finds_commits_that_bypassed_the_hook(
    corpus_repo: Repo, commit: Callable[[Repo], None]
) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, BAD)
    commit(corpus_repo)
    assert_check(corpus_repo, 1, f"{CORPUS}:1:1: {OF_BAD}", rev="HEAD")


def test_rev_finds_a_bad_merge_of_good_parents(two_parents: Repo) -> None:
    assert_check(two_parents, 0, rev="main")
    assert_check(two_parents, 0, rev="drops")
    install(two_parents)
    assert_no_hook_ran(two_parents, "merge", "--quiet", "--no-edit", "drops")
    assert_check(two_parents, 1, "missing-source-path", "'docs'", rev="HEAD")


def test_pre_merge_commit_stops_a_bad_merge(two_parents: Repo) -> None:
    install(two_parents, "pre-merge-commit")
    assert_refused(two_parents, "missing-source-path", "merge", "--no-edit", "drops")


def test_pre_merge_commit_accepts_a_good_merge(two_parents: Repo) -> None:
    two_parents.add("docs/b.md")
    two_parents.commit("a file that stays")
    install(two_parents, "pre-merge-commit")
    assert_accepted(two_parents, "merge", "--no-edit", "drops")


def test_rev_finds_a_bad_fast_forward(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "-b", "topic")
    corpus_repo.git("rm", "--quiet", CORPUS)
    corpus_repo.commit("no corpus")
    corpus_repo.git("checkout", "--quiet", "main")
    install(corpus_repo)
    install(corpus_repo, "pre-merge-commit")
    assert_no_hook_ran(corpus_repo, "merge", "--quiet", "--ff-only", "topic")
    assert_check(corpus_repo, 1, "missing-corpus", rev="HEAD")


@pytest.mark.parametrize("option", ["--no-commit", "--squash"])
def test_pre_commit_stops_the_commit_of_an_unfinished_merge(two_parents: Repo, option: str) -> None:
    install(two_parents)
    two_parents.git("merge", "--quiet", option, "drops")
    assert_refused(two_parents, "missing-source-path", "commit", "--message", "m")


def test_pre_commit_stops_the_commit_after_a_merge_conflict(two_parents: Repo) -> None:
    two_parents.add("src/shop.py", "print('main')\n")
    two_parents.commit("in conflict")
    install(two_parents)
    assert two_parents.run("git", "merge", "drops").code == 1
    two_parents.add("src/shop.py", "print('both')\n")
    assert_refused(two_parents, "missing-source-path", "commit", "--no-edit")


@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([("cherry-pick", "topic")], id="cherry-pick"),
        pytest.param([("checkout", "-q", "topic"), ("rebase", "-q", "main")], id="rebase"),
    ],
)
def test_cherry_pick_and_rebase_run_no_hook_and_rev_finds_them(
    without_corpus: Repo, commands: list[tuple[str, ...]]
) -> None:
    install(without_corpus)
    for command in commands:
        assert_no_hook_ran(without_corpus, *command)
    assert_check(without_corpus, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


def test_revert_runs_no_hook_and_rev_finds_it(repo: Repo) -> None:
    repo.add("README.md")
    repo.commit("first")
    repo.add(CORPUS, GOOD)
    repo.commit("the corpus")
    install(repo)
    assert_no_hook_ran(repo, "revert", "--no-edit", "HEAD")
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


def test_pre_commit_stops_a_reword_in_a_rebase(without_corpus: Repo) -> None:
    install(without_corpus)
    without_corpus.git("checkout", "--quiet", "topic")
    editors = {"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/reword/", "GIT_EDITOR": "true"}
    assert_refused(without_corpus, "missing-corpus", "rebase", "--interactive", "main", env=editors)


def test_pre_commit_stops_a_cherry_pick_continued_after_a_conflict(without_corpus: Repo) -> None:
    without_corpus.add("src/shop.py", "print('main')\n")
    without_corpus.commit("in conflict")
    install(without_corpus)
    assert without_corpus.run("git", "cherry-pick", "topic").code == 1
    without_corpus.add("src/shop.py", "print('both')\n")
    editor = {"GIT_EDITOR": "true"}
    assert_refused(without_corpus, "missing-corpus", "cherry-pick", "--continue", env=editor)


def test_rebase_apply_runs_no_pre_commit_and_rev_finds_it(without_corpus: Repo) -> None:
    install(without_corpus)
    assert_no_hook_ran(without_corpus, "checkout", "--quiet", "topic")
    assert_no_hook_ran(without_corpus, "rebase", "--quiet", "--apply", "main")
    assert_check(without_corpus, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


def _patch(repo: Repo) -> str:
    repo.git("format-patch", "--quiet", "-1", "--output-directory", "../patches", "topic")
    (patch,) = (repo.path.parent / "patches").iterdir()
    return str(patch)


def test_am_runs_no_pre_commit_and_rev_finds_it(without_corpus: Repo) -> None:
    install(without_corpus)
    assert_no_hook_ran(without_corpus, "am", "--quiet", _patch(without_corpus))
    assert_check(without_corpus, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


def test_pre_applypatch_stops_am(without_corpus: Repo) -> None:
    install(without_corpus, "pre-applypatch")
    assert_refused(without_corpus, "missing-corpus", "am", _patch(without_corpus))
