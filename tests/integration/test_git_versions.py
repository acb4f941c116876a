"""What depends on the version of git: the oldest that is supported, and the defaults of git 3.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git.program import find_git
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    Repo,
    expect_clean,
    expect_error,
    expect_findings,
    git_of_version,
    git_with,
    on_git,
)

COMMANDS = (
    *(
        "check",
        "check .",
        "check . .",
        "check --discover .",
        "check --rev HEAD",
        "check --worktree",
    ),
    *(
        "check --fix",
        "check --write-baseline",
        "files",
        "files --rev HEAD",
        "diff",
        "diff HEAD HEAD",
    ),
    *("init --base smollm2-135m", "install", "install --configured", "install --global"),
    *("install --drivers", "install --drivers --shared", "uninstall", "uninstall --global"),
    *("status", "status --run", "ignore docs/", "config", "pre-push origin url", "pre-receive"),
)


@pytest.fixture
def git_3(tmp_path: Path) -> Path:
    """The directory of a git that trusts no bare repository by default, as git 3.0."""
    options = "-c safe.bareRepository=explicit"
    script = f'case " $* " in *" config "*) ;; *) set -- {options} "$@" ;; esac'
    return git_with(tmp_path / "git3", script)


@pytest.fixture
def bare(corpus_repo: Repo, tmp_path: Path) -> Repo:
    """A bare clone, with another branch that has no document."""
    corpus_repo.git("checkout", "--quiet", "-b", "empty")
    corpus_repo.git("rm", "--quiet", CORPUS)
    corpus_repo.commit()
    corpus_repo.git("checkout", "--quiet", "main")
    path = tmp_path / "bare.git"
    corpus_repo.git("clone", "--quiet", "--bare", str(corpus_repo.path), str(path))
    return Repo(path, corpus_repo.environ)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unsupported_git_is_refused(corpus_repo: Repo, tmp_path: Path, command: str) -> None:
    old = on_git(corpus_repo, git_of_version(tmp_path / "old", "2.37.9"))
    before = sorted(corpus_repo.path.rglob("*"))
    words = f"'{tmp_path}/old/git' is git 2.37.9, which is too old"
    oid = corpus_repo.git("rev-parse", "HEAD").strip()
    pushed = f"refs/heads/main {oid} refs/heads/main {'0' * 40}\n"  # to pre-push
    if command == "pre-receive":
        pushed = f"{'0' * 40} {oid} refs/heads/main\n"
    result = old.run(COMMAND, *command.split(), data=pushed.encode())
    expect_error(result, words, "dlm-git needs git 2.38 or later")
    assert sorted(corpus_repo.path.rglob("*")) == before


def test_a_git_of_unknown_version_is_used(corpus_repo: Repo, tmp_path: Path) -> None:
    odd = on_git(corpus_repo, git_of_version(tmp_path / "odd", "built by hand"))
    expect_clean(odd.check())


def test_a_bare_repository_is_checked_with_the_defaults_of_git_3(bare: Repo, git_3: Path) -> None:
    git3 = on_git(bare, git_3)
    assert "safe.bareRepository" in git3.run("git", "rev-parse", "--git-dir").err
    for directory in (bare.path, bare.path / "refs"):
        expect_clean(git3.run(COMMAND, "check", "--rev", "HEAD", cwd=directory))
        result = git3.run(COMMAND, "check", "--rev", "refs/heads/empty", cwd=directory)
        expect_findings(result, "missing-corpus")
    expect_clean(git3.run(COMMAND, "files", "--rev", "HEAD"))
    assert f"{bare.path} (bare repository)" in git3.run(COMMAND, "doctor").out


def test_a_bare_repository_that_git_refuses_gets_the_hint_that_helps(bare: Repo) -> None:
    bare.git("config", "--global", "safe.bareRepository", "explicit")
    hint = f"`GIT_DIR={bare.path} dlm-git ...`"
    expect_error(bare.check("--rev", "HEAD"), "cannot use bare repository", hint)
    expect_clean(bare.check("--rev", "HEAD", env={"GIT_DIR": "."}))


def test_an_embedded_repository_is_not_trusted_with_the_defaults_of_git_3(
    corpus_repo: Repo, git_3: Path
) -> None:
    inner = corpus_repo.path / "inner.git"
    corpus_repo.git("init", "--quiet", "--bare", str(inner))
    git3 = on_git(corpus_repo, git_3)
    result = git3.run(COMMAND, "check", "--rev", "HEAD", cwd=inner)
    expect_error(result, "its config is not trusted")


def test_history_edits_run_no_hook(corpus_repo: Repo) -> None:
    """docs/hooks.md says so."""
    if "fixup" not in corpus_repo.run("git", "history", "-h").out:
        pytest.skip("needs git 2.54")
    expect_clean(corpus_repo.run(COMMAND, "install"))
    corpus_repo.add(CORPUS, GOOD.replace('path: "."', 'path: "/src"'))
    assert corpus_repo.run("git", "commit", "--quiet", "-m", "bad").code == 1
    assert corpus_repo.run("git", "history", "fixup", "HEAD").code == 0
    expect_findings(corpus_repo.check("--rev", "HEAD"), "absolute-source-path")


def test_a_process_asks_for_the_version_once_until_git_is_replaced(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    log = f'case "$*" in *version) echo x >>"{asked}" ;; esac'
    environ = {"PATH": str(git_with(tmp_path / "bin", log))}
    assert find_git(environ) == find_git(environ) == str(tmp_path / "bin/git")
    assert asked.read_text() == "x\n"
    git_of_version(tmp_path / "bin", "2.37.9")
    with pytest.raises(DlmGitError, match=r"is git 2\.37\.9, which is too old"):
        find_git(environ)
