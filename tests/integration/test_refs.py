"""A full ref name names that ref only; a short name is never a guess between two."""

from __future__ import annotations

import pytest

from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    Repo,
    expect_clean,
    expect_error,
    needs_ref_files,
)

DRIFTED = GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m")
OPTIONS = ["--rev", "--since", "--config-rev"]


@pytest.fixture
def repo(corpus_repo: Repo) -> Repo:
    """A repository with a tag for every name that git guesses from HEAD and refs/heads/gone."""
    for name in ("HEAD", "refs/heads/gone", "heads/gone", "refs/tags/gone"):
        corpus_repo.git("update-ref", f"refs/tags/{name}", "HEAD")
    return corpus_repo


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("name", ["refs/heads/gone", "refs/heads/gone~0", "refs/heads/gone^{tree}"])
def test_a_full_name_is_not_guessed(repo: Repo, option: str, name: str) -> None:
    expect_error(repo.check(option, name), f"cannot read revision '{name}'")


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("name", ["HEAD", "@", "HEAD~0", "@~0"])
def test_head_is_not_guessed(repo: Repo, option: str, name: str) -> None:
    expect_clean(repo.check(option, name))  # although there is a tag of this name
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")
    expect_error(repo.check(option, name), f"cannot read revision '{name}'")


def test_a_full_name_is_not_ambiguous(repo: Repo) -> None:
    repo.git("update-ref", "refs/tags/refs/heads/main", "HEAD")
    repo.git("update-ref", "refs/tags/main", "HEAD")
    for name in ("refs/heads/main", "refs/tags/main", "refs/heads/main~0", "refs/heads/main^{}"):
        expect_clean(repo.check("--rev", name, "--since", name, "--config-rev", name))
    for option in OPTIONS:
        expect_error(repo.check(option, "main"), "revision 'main' is ambiguous", "refs/heads/main")


def test_an_object_id_is_not_ambiguous(repo: Repo) -> None:
    oid = repo.git("rev-parse", "HEAD")
    other = repo.git("commit-tree", "-m", "another", "HEAD^{tree}")
    repo.git("update-ref", f"refs/heads/{oid}", other)
    for name in (oid, f"{oid}~0"):
        assert oid[:12] in expect_clean(repo.check("--rev", name))
    repo.git("update-ref", f"refs/heads/{oid}-fix", other)
    repo.git("update-ref", f"refs/tags/{oid}-fix", other)
    expect_error(repo.check("--rev", f"{oid}-fix"), "is ambiguous")


def test_tags_and_symbolic_refs_are_followed(repo: Repo) -> None:
    repo.git("tag", "--annotate", "--message", "m", "v1")
    repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    oid = repo.git("rev-parse", "HEAD")
    for name in ("refs/tags/v1", "refs/heads/alias", "refs/heads/main@{0}", "HEAD@{0}"):
        assert oid[:12] in expect_clean(repo.check("--rev", name))
    repo.git("symbolic-ref", "refs/heads/broken", "refs/heads/gone")
    expect_error(repo.check("--rev", "refs/heads/broken"), "cannot read revision")


def test_a_ref_to_a_missing_object_is_an_error(repo: Repo) -> None:
    needs_ref_files(repo)
    repo.write(".git/refs/heads/damaged", "1" * 40 + "\n")
    expect_error(repo.check("--rev", "refs/heads/damaged"), "refs/heads/damaged", "bad ref")


def test_before_the_first_commit_nothing_is_compared(repo: Repo) -> None:
    """A tag called HEAD is not the commit before."""
    repo.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    repo.add(CORPUS, GOOD.replace(ID, OTHER_ID))
    expect_clean(repo.check("--no-cache"))
    repo.git("rm", "--quiet", "--cached", CORPUS)
    assert "was deleted" not in repo.check().out
