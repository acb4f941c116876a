"""The installed commands, and the library beside them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

import dlm_git
from tests.support import CORPUS, GOOD, Repo

# commands


@pytest.mark.parametrize(
    "command",
    [
        ("dlm-git", "--version"),
        ("git-dlm", "--version"),
        ("git", "dlm", "--version"),
        (sys.executable, "-m", "dlm_git", "--version"),
    ],
    ids=" ".join,
)
def test_version_of_the_command(repo: Repo, command: tuple[str, ...]) -> None:
    result = repo.run(*command)
    assert (result.code, result.out) == (0, f"dlm-git {dlm_git.__version__}\n"), result


def test_git_finds_the_command(corpus_repo: Repo) -> None:
    (corpus_repo.path / "src/deep").mkdir()
    result = corpus_repo.run("git", "dlm", "check", cwd=corpus_repo.path / "src/deep")
    assert result == corpus_repo.check()
    assert result.code == 0


def test_git_passes_the_exit_code_on(repo: Repo) -> None:
    result = repo.run("git", "dlm", "check")
    assert result == repo.check()
    assert result.code == 1


# library


@pytest.fixture
def isolated(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """An empty repository, in whose environment this process is too."""
    for key in list(os.environ):
        monkeypatch.delenv(key)
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    return repo


def test_import_loads_nothing_heavy(repo: Repo) -> None:
    code = "import sys, dlm_git; print(*sys.modules, sep='\\n')"
    result = repo.run(sys.executable, "-c", code)
    assert result.code == 0, result
    ours = r"(yaml|pydantic|pydantic_core|git|gitdb|ulid|dlm_git)(\.|$)"
    loaded = {name for name in result.out.split() if re.match(ours, name)}
    assert loaded == {"dlm_git", "dlm_git.about"}


def test_check_as_a_function(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    report = dlm_git.check(isolated.path)
    assert (report.clean, report.findings, report.documents) == (True, (), (CORPUS,))


def test_check_gives_findings(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    report = dlm_git.check(str(isolated.path), base="smollm2-135m")
    assert [(each.path, each.rule) for each in report.findings] == [(CORPUS, "wrong-base")]
    assert not report.clean


def test_check_of_a_revision(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    oid = isolated.commit()
    isolated.git("rm", "--quiet", CORPUS)
    assert dlm_git.check(isolated.path, rev=oid).clean
    assert not dlm_git.check(isolated.path).clean


def test_check_of_the_current_directory(isolated: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    monkeypatch.chdir(isolated.path / ".dlm")
    assert dlm_git.check().clean


def test_check_of_a_directory_passes_the_hooks_repository_over(
    isolated: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere/index"))
    assert dlm_git.check(isolated.path).clean


def test_check_outside_of_a_repository(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="not a git repository"):
        dlm_git.check(isolated.path.parent)


def test_init_as_a_function(isolated: Repo) -> None:
    isolated.add("README.md")
    result = dlm_git.init(isolated.path, base="smollm2-135m")
    assert (result.path, result.created, result.staged) == (isolated.path / CORPUS, True, True)
    assert result.text == result.path.read_text()
    assert f"dlm_id: {result.dlm_id}\n" in result.text
    assert dlm_git.check(isolated.path, base="smollm2-135m").clean


def test_init_reuses(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    result = dlm_git.init(isolated.path)
    assert (result.path, result.created, result.text) == (isolated.path / CORPUS, False, GOOD)


def test_init_with_an_unknown_base(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="no-such-model"):
        dlm_git.init(isolated.path, base="no-such-model")
    assert not (isolated.path / ".dlm").exists()


def test_init_outside_of_a_repository(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="not a git repository"):
        dlm_git.init(isolated.path.parent, base="smollm2-135m")
