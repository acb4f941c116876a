"""`dlm-git -C DIRECTORY` runs a command in another directory, as git does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import COMMAND, CORPUS, GOOD, Repo, expect_clean, expect_error, expect_findings

BROKEN = GOOD.replace('path: "."', 'path: "/srv"')


@pytest.fixture
def elsewhere(corpus_repo: Repo, tmp_path: Path) -> Repo:
    """The directory around a repository `repo`."""
    return Repo(tmp_path, corpus_repo.environ)


def test_a_command_runs_in_the_directory(elsewhere: Repo) -> None:
    assert "OK: .dlm/corpus.dlm" in expect_clean(elsewhere.run(COMMAND, "-C", "repo", "check"))
    assert expect_clean(elsewhere.run(COMMAND, "-C", "repo/src", "files")) == "src/shop.py\n"
    Repo(elsewhere.path / "repo", elsewhere.environ).add(CORPUS, BROKEN)
    expect_findings(elsewhere.run(COMMAND, "-C", "repo", "check"), "absolute-source-path")


@pytest.mark.parametrize(
    "options", [["-C", "repo", "-C", "src"], ["-C", "/", "-C", "{}/repo"], ["-C", "repo", "-C", ""]]
)
def test_each_directory_is_relative_to_the_one_before(elsewhere: Repo, options: list[str]) -> None:
    words = [option.format(elsewhere.path) for option in options]
    expect_clean(elsewhere.run(COMMAND, *words, "check"))


def test_paths_are_relative_to_the_directory(elsewhere: Repo) -> None:
    elsewhere.write("repo/expected.toml", 'base = "smollm2-135m"\n')
    elsewhere.write("expected.toml", "")
    command = (COMMAND, "-C", "repo", "check", "--config", "expected.toml", "--output", "report")
    assert elsewhere.run(*command).code == 1
    assert "wrong-base" in (elsewhere.path / "repo/report").read_text()


def test_the_result_is_cached(elsewhere: Repo) -> None:
    expect_clean(elsewhere.run(COMMAND, "-C", "repo", "check"))
    result = elsewhere.run(COMMAND, "-C", "repo", "check", "--verbose")
    assert result.err == "cache: nothing relevant has changed since the last clean check\n"
    result = elsewhere.run(COMMAND, "check", "--verbose", cwd=elsewhere.path / "repo")
    assert result.err.startswith("cache:")


def test_git_dlm_takes_the_option_on_both_sides(elsewhere: Repo) -> None:
    expect_clean(elsewhere.run("git", "-C", "repo", "dlm", "check"))
    expect_clean(elsewhere.run("git", "dlm", "-C", "repo", "check"))
    expect_clean(elsewhere.run("git", "-C", "repo", "dlm", "-C", "src", "check"))


def test_a_prefix_of_git_does_not_apply_there(elsewhere: Repo) -> None:
    """Git sets GIT_PREFIX for a hook that it runs at the root of another repository."""
    command = (COMMAND, "-C", "repo", "files", "--why", "src/shop.py")
    expect_clean(elsewhere.run(*command, env={"GIT_PREFIX": "docs/"}))


def test_installed_hooks_name_the_program_absolutely(elsewhere: Repo) -> None:
    relative = os.path.relpath(COMMAND, elsewhere.path)
    expect_clean(elsewhere.run(relative, "-C", "repo", "install"))
    hook = (elsewhere.path / "repo/.git/hooks/pre-commit").read_text()
    assert str(Path(COMMAND).parent) in hook


@pytest.mark.parametrize("directory", ["missing", "repo/src/shop.py"])
def test_a_directory_that_does_not_exist_is_an_error(elsewhere: Repo, directory: str) -> None:
    result = elsewhere.run(COMMAND, "-C", directory, "check")
    expect_error(result, f"cannot change to '{directory}'", "check the path of -C")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-C"], "argument -C: expected one argument"),
        (["-C", "repo", "chek"], "did you mean 'check'?"),
        (["check", "-C", "repo"], "write `dlm-git -C DIRECTORY check`"),
    ],
)
def test_a_misplaced_option_is_explained(elsewhere: Repo, words: list[str], message: str) -> None:
    result = elsewhere.run(COMMAND, *words)
    assert (result.code, message in result.err) == (2, True), result


def test_help_and_version_work_there(elsewhere: Repo) -> None:
    assert "-C DIRECTORY" in expect_clean(elsewhere.run(COMMAND, "-C", "repo", "--help"))
    assert expect_clean(elsewhere.run(COMMAND, "-C", "repo", "--version"))
