"""A team's day: the hook stops each bad commit, and CI finds it where the hook was skipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oracle import Oracle
from tests.support import COMMAND, CORPUS, GOOD, ID, OTHER_ID, Repo

BASE = "qwen2.5-coder-1.5b"
HOOK = f'#!/bin/sh\nexec "{COMMAND}" check --base {BASE}\n'


@pytest.fixture
def team(corpus_repo: Repo) -> Repo:
    """A repository with the corpus committed, and the check as its native hook."""
    hook = corpus_repo.write(".git/hooks/pre-commit", HOOK)
    hook.chmod(0o755)
    return corpus_repo


def edited(old: str, new: str) -> Callable[[Repo], None]:
    return lambda repo: repo.add(CORPUS, GOOD.replace(old, new))


def delete(repo: Repo) -> None:
    repo.git("rm", "-q", CORPUS)


FAULTS: dict[str, tuple[Callable[[Repo], None], str, str]] = {
    "a second document": (
        lambda repo: repo.add(".dlm/docs.dlm", GOOD.replace(ID, OTHER_ID)),
        ".dlm/docs.dlm: ambiguous-corpus: ",
        "`git rm --cached .dlm/docs.dlm`",
    ),
    "the file deleted": (
        delete,
        f"{CORPUS}: missing-corpus: ",
        "",
    ),
    "the base changed": (
        edited(BASE, "smollm2-135m"),
        f"{CORPUS}:4:13: wrong-base: ",
        f"write `base_model: {BASE}`",
    ),
    "an absolute path": (
        edited('"."', '"/srv/build/shop"'),
        f"{CORPUS}:8:13: absolute-source-path: ",
        "write it relative to the repository root",
    ),
    "a typo in a key": (
        edited("sources_policy:", "source_policy:"),
        f"{CORPUS}:6:3: unknown-key: ",
        "did you mean 'sources_policy'?",
    ),
    "a conflict marker": (
        edited("# About", "<<<<<<< HEAD\n# About\n=======\n# Of\n>>>>>>> x"),
        f"{CORPUS}:12:1: conflict-marker: ",
        "keep one side and delete the marker lines",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_commit_is_stopped_by_the_hook_and_found_in_ci(team: Repo, fault: str) -> None:
    make, place, help_ = FAULTS[fault]
    make(team)
    tip = team.git("rev-parse", "HEAD")
    stopped = team.run("git", "commit", "--message", fault)
    assert stopped.code == 1
    assert place in stopped.err + stopped.out
    assert f"  help: {help_}" in stopped.err + stopped.out
    assert team.git("rev-parse", "HEAD") == tip
    team.commit(fault)  # with --no-verify
    found = team.check("--rev", "HEAD", "--base", BASE)
    assert found.code == 1
    assert found.out.startswith(place)


def test_the_hints_for_a_missing_corpus_solve_it(team: Repo) -> None:
    team.git("rm", "-q", "--cached", CORPUS)
    assert "`git add .dlm/corpus.dlm`" in team.check().out
    team.git("add", CORPUS)
    assert team.check().code == 0
    team.git("rm", "-q", CORPUS)
    assert "`git restore --staged --worktree .dlm/corpus.dlm`" in team.check().out
    team.git("restore", "--staged", "--worktree", CORPUS)
    assert team.check().code == 0
    team.git("mv", CORPUS, ".dlm/docs.dlm")
    assert "`git mv .dlm/docs.dlm .dlm/corpus.dlm`" in team.check().out
    team.git("mv", ".dlm/docs.dlm", CORPUS)
    assert team.check().code == 0


def test_a_clone_of_a_scaffolded_repository_can_be_trained(
    repo: Repo, oracle: Oracle, tmp_path: Path
) -> None:
    repo.add("src/shop.py", "print('shop')\n")
    repo.add("docs/guide.md", "# Guide\n")
    repo.commit()
    assert repo.init("--base", BASE).code == 0
    repo.git("commit", "--message", "corpus")
    assert repo.check().code == 0
    clone = tmp_path / "elsewhere" / "clone"
    repo.git("clone", "--quiet", str(repo.path), str(clone))
    assert oracle.scaffold(clone)["scaffolded"] is False
    answer = oracle.expand(clone / CORPUS)
    headers = [section["header"] for section in answer["sections"]]
    assert headers == [
        f"# source: {name}" for name in (".dlm-git.toml", "docs/guide.md", "src/shop.py")
    ]


def test_hints_have_paths_from_the_current_directory(team: Repo) -> None:
    team.add(".dlm/docs.dlm", GOOD.replace(ID, OTHER_ID))
    below = team.path / "src"
    assert "`git rm --cached ../.dlm/docs.dlm`" in team.check(cwd=below).out
    stopped = team.run("git", "commit", "--message", "x", cwd=below)
    assert "`git rm --cached ../.dlm/docs.dlm`" in stopped.out + stopped.err
    team.git("rm", "--cached", "../.dlm/docs.dlm", cwd=below)
    assert team.check(cwd=below).code == 0


def test_init_does_not_replace_a_document_deleted_in_the_worktree(team: Repo) -> None:
    (team.path / CORPUS).unlink()
    refused = team.init("--base", BASE)
    assert (refused.code, refused.out) == (2, "")
    assert "'.dlm/corpus.dlm' is tracked, but missing from the working tree" in refused.err
    assert "`git restore .dlm/corpus.dlm`" in refused.err
    team.git("restore", CORPUS)
    assert "Reused .dlm/corpus.dlm" in team.init("--base", BASE).out


def test_init_refuses_in_a_conflict(team: Repo) -> None:
    team.git("checkout", "-q", "-b", "other")
    team.add(CORPUS, GOOD + "one\n")
    team.commit()
    team.git("checkout", "-q", "main")
    team.add(CORPUS, GOOD + "two\n")
    team.commit()
    assert team.run("git", "merge", "other").code == 1
    assert "'.dlm/corpus.dlm' is unmerged" in team.init().err


def test_init_prints_what_to_add_next(repo: Repo) -> None:
    repo.add("src/shop.py")
    repo.write(".dlm-git.toml", f'base = "{BASE}"\n')
    repo.write("notes/a.md")
    output = repo.init("--source", "src", "--source", "notes").out
    assert "  1. git add .dlm-git.toml\n  2. git add notes\n  3. git commit" in output
    repo.git("add", ".dlm-git.toml", "notes")
    output = repo.init().out
    assert "git add" not in output
    assert "  1. add the hook to .pre-commit-config.yaml" in output
    assert "args:" not in output


def test_the_printed_hook_allows_a_second_document(team: Repo) -> None:
    output = team.init("--name", "docs", "--base", BASE, "--no-config").out
    assert f'args: ["--base", "{BASE}", "--allow", ".dlm/docs.dlm"]' in output
    assert team.check("--base", BASE, "--allow", ".dlm/docs.dlm").code == 0


def test_rescaffold_replaces_a_document_of_another_name_only_by_name(repo: Repo) -> None:
    repo.add(".dlm/docs.dlm", GOOD)
    options = ("--rescaffold", "--base", BASE, "--no-config")
    refused = repo.init(*options).err
    assert "--rescaffold would replace '.dlm/docs.dlm', which is not '.dlm/corpus.dlm'" in refused
    assert "pass --name docs to replace it" in refused
    assert f"Wrote .dlm/docs.dlm (id {ID})" in repo.init(*options, "--name", "docs").out
    repo.add(".dlm/more.dlm", GOOD)
    refused = repo.init("--rescaffold", "--base", BASE).err
    assert "found several documents: '.dlm/docs.dlm', '.dlm/more.dlm'" in refused


def test_the_git_directory_cannot_be_a_source(team: Repo) -> None:
    assert "is inside the Git directory" in team.init("--rescaffold", "--source", ".git").err
