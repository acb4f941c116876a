"""In a sparse checkout or a partial clone, what is not there blocks only the rules that need it."""

from __future__ import annotations

import pytest

from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    Repo,
    expect_clean,
    expect_error,
    expect_findings,
)

ADD = "it is outside of the sparse checkout: `git sparse-checkout add .dlm`"
WAYS = {
    "cone": ("--cone", "src"),
    "no cone": ("--no-cone", "/src/"),
    "sparse index": ("--cone", "--sparse-index", "src"),
}


@pytest.fixture
def shop(repo: Repo) -> Repo:
    """A repository with a document, directory configs and files in several directories."""
    repo.add(CORPUS, GOOD)
    repo.add(".dlm/ignore", "/docs/draft.md\n")
    for path in ("README.md", "src/shop.py", "docs/a.md", "docs/draft.md"):
        repo.add(path, f"{path}\n")
    repo.commit()
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return repo


def clone(repo: Repo, *options: str) -> Repo:
    path = repo.path.with_name("clone")
    repo.git("clone", "--quiet", *options, f"file://{repo.path}", str(path))
    return Repo(path, repo.environ)


def sparse(repo: Repo, way: str, *options: str) -> Repo:
    made = clone(repo, "--no-checkout", *options)
    made.git("sparse-checkout", "set", *WAYS[way])
    made.git("checkout", "--quiet", "main")
    assert not (made.path / ".dlm").exists()
    return made


def lose(repo: Repo, path: str) -> str:
    """Delete the object of a file, and return its id."""
    oid = repo.git("rev-parse", f":{path}")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    return oid


@pytest.mark.parametrize("way", WAYS)
def test_outside_of_a_sparse_checkout_the_hint_adds_the_directory(shop: Repo, way: str) -> None:
    made = sparse(shop, way)
    assert expect_clean(made.check()).count(ADD) == 2  # the document and .dlm/ignore
    expect_findings(made.check("--worktree"), f"{CORPUS}: missing-corpus", ADD)
    listed = made.run(COMMAND, "files", "--worktree")
    expect_error(listed, "`dlm-git check --worktree` explains")
    made.git("sparse-checkout", "add", ".dlm")
    for state in ([], ["--worktree"]):
        assert "sparse" not in expect_clean(made.check(*state))


@pytest.mark.parametrize("way", WAYS)
def test_a_sparse_partial_clone_gets_the_same_hint(shop: Repo, way: str) -> None:
    made = sparse(shop, way, "--filter=blob:none")
    for state in ([], ["--rev", "HEAD"]):
        expect_error(made.check(*state), f"the content of '{CORPUS}' is not in this", ADD)
    expect_findings(made.check("--worktree"), ADD)
    made.git("sparse-checkout", "add", ".dlm")
    for state in ([], ["--rev", "HEAD"], ["--worktree"]):
        expect_clean(made.check(*state))
    root = {"no cone": "/README.md "}.get(way, "")
    expect_error(made.run(COMMAND, "files"), f"`git sparse-checkout add {root}docs`")


def test_a_commit_in_a_sparse_partial_clone_is_blocked_until_the_hint_is_followed(
    shop: Repo,
) -> None:
    made = sparse(shop, "cone", "--filter=blob:none")
    expect_clean(made.run(COMMAND, "install"))
    made.add("src/shop.py", "more\n")
    blocked = made.run("git", "commit", "--message", "more")
    assert blocked.code == 1, blocked
    assert ADD in blocked.err
    made.git("sparse-checkout", "add", ".dlm")
    committed = made.run("git", "commit", "--message", "more")
    assert committed.code == 0, committed


def test_an_empty_index_of_a_partial_clone_is_explained(shop: Repo) -> None:
    made = clone(shop, "--filter=blob:none", "--no-checkout")
    hint = f"the file was deleted: `git restore --staged --worktree {CORPUS}`"
    expect_findings(made.check(), "missing-corpus", hint)
    made.git("restore", "--staged", "--worktree", CORPUS)
    assert "missing-corpus" not in made.check().out


def test_without_trees_the_check_ends_with_an_error(shop: Repo) -> None:
    made = clone(shop, "--filter=tree:0", "--no-checkout")
    expect_error(made.check(), "a partial clone without its trees", "`git checkout`")
    expect_error(made.check("--rev", "HEAD"), "a partial clone", "`git fetch --refetch")


def test_without_the_files_a_hook_runs_when_the_hint_is_followed(shop: Repo) -> None:
    made = clone(shop, "--filter=blob:none", "--no-checkout")
    made.git("reset", "--quiet")
    hook = made.path / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    expect_error(made.run(COMMAND, "status", "--run"), "in a partial clone, `git fetch --refetch")
    made.git("fetch", "--quiet", "--refetch", "--no-filter")
    assert "it accepted a commit without a document" in made.run(COMMAND, "status", "--run").out


def test_a_missing_tree_is_not_an_absent_document(shop: Repo) -> None:
    shop.git("rm", "--quiet", "--cached", CORPUS)
    (shop.path / CORPUS).unlink()
    expect_findings(shop.check(), "missing-corpus", "the file was deleted")
    tree = shop.git("rev-parse", "HEAD:.dlm")
    (shop.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    expect_error(shop.check(), "cannot look up HEAD: trees are missing", "`git fsck`")


# Objects that no rule needs, promised or lost


@pytest.mark.parametrize("state", [[], ["--rev", "HEAD"], ["--worktree"]])
def test_a_missing_file_of_the_training_set_does_not_matter(shop: Repo, state: list[str]) -> None:
    for path in ("src/shop.py", "docs/draft.md"):
        lose(shop, path)
    assert "not read" not in expect_clean(shop.check(*state))


def test_a_missing_file_that_is_excluded_is_listed(shop: Repo) -> None:
    lose(shop, "docs/draft.md")
    assert "draft" in expect_clean(shop.run(COMMAND, "files", "--excluded"))
    oid = lose(shop, "docs/a.md")
    expect_error(shop.run(COMMAND, "files"), "the content of 'docs/a.md' is not in this", oid)


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
OPTIONAL = {
    "docs/.gitattributes": "*.md diff=markdown\n",
    "docs/.yarnrc.yml": "x: 1\n",
    "docs/.gitignore": "*.log\n",
    "docs/big.csv": POINTER,
    "docs/link": None,
}


@pytest.mark.parametrize("path", OPTIONAL)
def test_a_missing_file_that_a_rule_can_do_without_is_a_note(shop: Repo, path: str) -> None:
    content = OPTIONAL[path]
    if content is None:
        (shop.path / path).symlink_to("a.md")
        shop.git("add", path)
    else:
        shop.add(path, content)
    shop.add(".gitattributes", "*.csv filter=lfs\n")
    expect_clean(shop.run(COMMAND, "ignore"))
    shop.git("add", ".dlm")
    shop.commit()
    lose(shop, path)
    note = f"note: '{path}' is not in this repository, so not read"
    for state in ([], ["--rev", "HEAD"]):
        assert note in expect_clean(shop.check(*state))
    restored = (content or "a.md").encode()
    shop.git("hash-object", "-w", "--stdin", "--no-filters", data=restored)
    assert note not in shop.check().out  # nor is the note cached


def test_a_missing_directory_config_is_an_error(shop: Repo) -> None:
    oid = lose(shop, ".dlm/ignore")
    expect_error(shop.check(), "the content of '.dlm/ignore' is not in this repository", oid)


def test_all_missing_documents_are_counted(shop: Repo) -> None:
    shop.add("pkg/.dlm/corpus.dlm", GOOD)
    shop.add("pkg/.dlm/docs.dlm", f"{GOOD}x\n")
    lose(shop, CORPUS)  # the same object as that of the second document
    expect_error(shop.check(), f"the content of '{CORPUS}'", "nor that of 1 more")
