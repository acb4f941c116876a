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
        f"write 'base_model: {BASE}'",
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
        edited("# About", "    output = repo.init().out
    assert "git add" not in output
    assert "  1. add the hook to .pre-commit-config.yaml" in output
    assert "args:" not in output


def test_the_printed_hook_allows_a_second_document(team: Repo) -> None:
    output = team.init("--name", "docs", "--base", BASE).out
    assert f'args: ["--base", "{BASE}", "--allow", ".dlm/docs.dlm"]' in output
    assert team.check("--base", BASE, "--allow", ".dlm/docs.dlm").code == 0


def test_rescaffold_replaces_the_document_that_would_be_reused(repo: Repo) -> None:
    repo.add(".dlm/docs.dlm", GOOD)
    assert f"Wrote .dlm/docs.dlm (id {ID})" in repo.init("--rescaffold", "--base", BASE).out
    repo.add(".dlm/more.dlm", GOOD)
    refused = repo.init("--rescaffold", "--base", BASE)
    assert "found several documents: '.dlm/docs.dlm', '.dlm/more.dlm'" in refused.err


def test_the_git_directory_cannot_be_a_source(team: Repo) -> None:
    assert "is inside the Git directory" in team.init("--rescaffold", "--source", ".git").err
