"""HEAD, the names of revisions, and what Git puts in the place of objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.states import BAD, OF_BAD, OTHER, assert_check, assert_every_state
from tests.support import CORPUS, GOOD, Repo, expect_error

pytestmark = pytest.mark.slow


def test_a_detached_head_is_checked(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "--detach")
    assert_every_state(corpus_repo, 0, "no findings")


def test_a_head_outside_of_refs_heads_is_checked(corpus_repo: Repo) -> None:
    corpus_repo.git("update-ref", "refs/weird/x", "HEAD")
    corpus_repo.git("symbolic-ref", "HEAD", "refs/weird/x")
    assert_every_state(corpus_repo, 0, "no findings")


@pytest.mark.parametrize("target", ["refs/heads/none", "refs/heads/loop", "refs/heads/.invalid"])
def test_the_index_is_checked_under_a_broken_head(corpus_repo: Repo, target: str) -> None:
    corpus_repo.write(".git/refs/heads/loop", "ref: refs/heads/loop\n")
    corpus_repo.write(".git/HEAD", f"ref: {target}\n")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", worktree=True)
    assert_check(corpus_repo, 2, "cannot read revision 'HEAD'", rev="HEAD")


def test_a_tag_named_like_a_branch_is_ambiguous(corpus_repo: Repo) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit("bad")
    corpus_repo.git("update-ref", "refs/tags/main", good)
    corpus_repo.git("config", "core.warnAmbiguousRefs", "false")
    assert_check(corpus_repo, 2, "revision 'main' is ambiguous", "'refs/heads/main'", rev="main")
    assert_check(corpus_repo, 1, OF_BAD, rev="refs/heads/main")
    assert_check(corpus_repo, 0, "no findings", rev="refs/tags/main")


def test_a_tag_named_head_does_not_stand_for_head(corpus_repo: Repo) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit("bad")
    corpus_repo.git("update-ref", "refs/tags/HEAD", good)
    assert_every_state(corpus_repo, 1, OF_BAD)


def test_a_branch_named_like_an_object_id_does_not_stand_for_the_object(corpus_repo: Repo) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    bad = corpus_repo.commit("bad")
    corpus_repo.git("update-ref", f"refs/heads/{bad}", good)
    assert_check(corpus_repo, 1, OF_BAD, rev=bad)


@pytest.mark.parametrize(
    "rev",
    [
        *("", "--all", "-h", "--end-of-options", "^HEAD", "HEAD..HEAD", "HEAD\nHEAD"),
        *("HEAD:src", "HEAD^{tree}", "no-such", "0" * 40, "\udcff"),
    ],
)
def test_a_revision_that_is_not_one_commit_is_an_error(corpus_repo: Repo, rev: str) -> None:
    assert_check(corpus_repo, 2, "dlm-git: cannot read revision", rev=rev)


def test_a_tag_of_a_tag_is_peeled(corpus_repo: Repo) -> None:
    corpus_repo.git("tag", "--annotate", "--message", "m", "t1")
    corpus_repo.git("tag", "--annotate", "--message", "m", "t2", "t1")
    assert_check(corpus_repo, 0, "no findings", rev="t2")


@pytest.mark.parametrize("target", ["HEAD:src/shop.py", "HEAD:src", "HEAD^{tree}"])
def test_a_tag_of_no_commit_is_an_error(corpus_repo: Repo, target: str) -> None:
    corpus_repo.git("tag", "--annotate", "--message", "m", "t", target)
    assert_check(corpus_repo, 2, "cannot read revision 't'", "expected commit type", rev="t")


@pytest.mark.parametrize("what", [CORPUS, ""])
def test_replace_refs_are_not_followed(corpus_repo: Repo, what: str) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    bad = corpus_repo.commit("bad")
    suffix = f":{what}" if what else ""
    corpus_repo.git("replace", bad + suffix, good + suffix)
    assert_every_state(corpus_repo, 1, OF_BAD)
    corpus_repo.git("reset", "--quiet", "--hard", good)
    corpus_repo.git("replace", "--delete", corpus_repo.git("rev-parse", bad + suffix))
    corpus_repo.git("replace", good + suffix, bad + suffix)
    assert_every_state(corpus_repo, 0, "no findings")


def test_grafts_do_not_hide_a_changed_id(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, OTHER)
    head = corpus_repo.commit()
    for line in (head, f"{head} {head}"):
        corpus_repo.write(".git/info/grafts", f"{line}\n")
        assert_check(corpus_repo, 1, "changed-id", rev="HEAD")


def test_grafts_do_not_matter(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    oid = corpus_repo.commit("more")
    corpus_repo.write(".git/info/grafts", f"{oid}\n")
    assert_every_state(corpus_repo, 0, "no findings")


@pytest.mark.parametrize("name", ["HEAD^", "HEAD^1", "HEAD^^", "HEAD~3", "HEAD^2"])
def test_a_parent_that_a_shallow_clone_lacks_is_to_be_fetched(
    corpus_repo: Repo, tmp_path: Path, name: str
) -> None:
    corpus_repo.add("a.py")
    corpus_repo.commit()
    url = corpus_repo.path.as_uri()
    corpus_repo.git("clone", "--quiet", "--depth", "1", url, str(tmp_path / "shallow"))
    shallow = Repo(tmp_path / "shallow", corpus_repo.environ)
    result = shallow.check("--rev", "HEAD", "--config-rev", name)
    message = f"cannot read revision '{name}': this repository does not have such a commit"
    expect_error(result, message, "fetch-depth: 0")


@pytest.mark.parametrize("name", ["", "^HEAD", "HEAD^{tree}", "HEAD^!", "HEAD^@", "HEAD:a", "a..b"])
def test_what_is_no_commit_is_to_be_corrected(corpus_repo: Repo, name: str) -> None:
    result = corpus_repo.check("--rev", name)
    expect_error(result, f"cannot read revision '{name}': ", "pass a commit, a branch or a tag")
