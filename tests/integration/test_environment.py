"""Directories, variables of Git, PATH, locales, streams and traps around the command."""

from __future__ import annotations

import argparse
import inspect
import os
import py_compile
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    PROJECT,
    Repo,
    Result,
    environment,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
)

pytestmark = pytest.mark.slow

NO_CORPUS = ("missing-corpus", "no corpus document in the index")
BASE = ("--base", "smollm2-135m")


def _shell(repo: Repo, script: str, *args: str, env: dict[str, str] | None = None) -> Result:
    """Run a bash script; in it `$0` is the installed command."""
    return repo.run("bash", "-c", script, COMMAND, *args, env=env)


def _without_corpus(tmp_path: Path, name: str = "bare of it") -> Repo:
    repo = new_repo(tmp_path / name, tmp_path / "home")
    repo.add("readme.md")
    repo.commit()
    return repo


def _script(path: Path, canary: Path) -> Path:
    """A program that leaves a canary behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(canary))}\n")
    path.chmod(0o755)
    return path


def _blobs(repo: Repo, paths: list[bytes], content: bytes = b"", mode: str = "100644") -> None:
    """Stage one content under many paths, whatever their names."""
    oid = repo.git("hash-object", "-w", "--stdin", data=content)
    rows = (f"{mode} {oid} 0\t".encode() + path + b"\0" for path in paths)
    repo.git("update-index", "-z", "--index-info", data=b"".join(rows))


# where it is run, and which repository the variables name


def test_check_works_in_a_subdirectory(corpus_repo: Repo) -> None:
    assert expect_clean(corpus_repo.check(cwd=corpus_repo.path / "src")) == expect_clean(
        corpus_repo.check()
    )


def test_findings_in_a_subdirectory_have_paths_from_the_root(corpus_repo: Repo) -> None:
    corpus_repo.add(".dlm/second.dlm", GOOD)
    out = expect_findings(
        corpus_repo.check(cwd=corpus_repo.path / "src"), ".dlm/second.dlm: ambiguous"
    )
    assert all(line.startswith("  help: ") for line in out.splitlines() if "../" in line)


def test_init_in_a_subdirectory_writes_at_the_root(repo: Repo) -> None:
    repo.write("src/a.py")
    expect_clean(repo.init(*BASE, cwd=repo.path / "src"))
    assert repo.git("ls-files") == f".dlm-git.toml\n{CORPUS}"
    assert not (repo.path / "src/.dlm").exists()


def _linked(repo: Repo, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A directory of a linked worktree, and what git exports to a hook there."""
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "--quiet", str(linked), "-b", "other")
    return linked / "src", {"GIT_DIR": str(repo.path / ".git/worktrees/linked")}


def test_check_in_the_hook_of_a_linked_worktree_reads_its_index(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    below, env = _linked(corpus_repo, tmp_path)
    expect_clean(corpus_repo.check(cwd=below, env=env))
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS, cwd=below.parent)
    expect_findings(corpus_repo.check(cwd=below, env=env), *NO_CORPUS, "git add .dlm/corpus.dlm")
    expect_clean(corpus_repo.check())


def test_init_in_the_hook_of_a_linked_worktree_writes_there(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    below, env = _linked(corpus_repo, tmp_path)
    corpus_repo.git("rm", "--quiet", CORPUS, cwd=below.parent)
    expect_clean(corpus_repo.init(*BASE, cwd=below, env=env))
    assert CORPUS in corpus_repo.git("ls-files", cwd=below.parent)
    assert (below.parent / CORPUS).read_text() != (corpus_repo.path / CORPUS).read_text() == GOOD
    assert not (below / ".dlm").exists()


def test_relative_git_dir_and_work_tree_are_followed(corpus_repo: Repo, tmp_path: Path) -> None:
    (corpus_repo.path / ".git").rename(tmp_path / "apart.git")
    env = {"GIT_DIR": "../apart.git", "GIT_WORK_TREE": "."}
    expect_clean(corpus_repo.check(env=env))
    env = {"GIT_DIR": "../../apart.git", "GIT_WORK_TREE": ".."}
    expect_clean(corpus_repo.check(env=env, cwd=corpus_repo.path / "src"))


def test_a_missing_corpus_is_reported_with_git_dir_and_work_tree(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    (corpus_repo.path / ".git").rename(tmp_path / "apart.git")
    env = {"GIT_DIR": "../apart.git", "GIT_WORK_TREE": "."}
    expect_findings(corpus_repo.check(env=env), *NO_CORPUS, "git add .dlm/corpus.dlm")


def test_init_follows_git_dir_and_work_tree(repo: Repo, tmp_path: Path) -> None:
    repo.add("README.md")
    (repo.path / ".git").rename(tmp_path / "apart.git")
    env = {"GIT_DIR": "../apart.git", "GIT_WORK_TREE": "."}
    expect_clean(repo.init(*BASE, env=env))
    assert (
        expect_clean(repo.run("git", "ls-files", env=env))
        == f".dlm-git.toml\n{CORPUS}\nREADME.md\n"
    )
    expect_clean(repo.check(env=env))


@pytest.mark.parametrize(
    ("env", "code"),
    [
        pytest.param({"GIT_WORK_TREE": "."}, 0, id="only a worktree"),
        pytest.param({"GIT_DIR": ".git"}, 0, id="only a Git directory"),
        pytest.param({"GIT_DIR": ""}, 2, id="empty Git directory"),
        pytest.param({"GIT_DIR": "/nonexistent"}, 2, id="Git directory that is not there"),
        pytest.param({"GIT_INDEX_FILE": ""}, 0, id="empty index file"),
    ],
)
def test_one_git_variable_alone_means_what_it_means_to_git(
    corpus_repo: Repo, env: dict[str, str], code: int
) -> None:
    result = corpus_repo.check(env=env)
    if code:
        expect_error(result, "not a git repository")
    else:
        expect_clean(result)


def test_git_dir_is_followed_from_another_directory(corpus_repo: Repo, tmp_path: Path) -> None:
    env = {"GIT_DIR": str(corpus_repo.path / ".git")}
    expect_clean(corpus_repo.check(cwd=tmp_path, env=env))
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    expect_findings(corpus_repo.check(cwd=tmp_path, env=env), *NO_CORPUS)


def test_ceiling_directories_are_respected(corpus_repo: Repo, tmp_path: Path) -> None:
    below = corpus_repo.path / "src"
    env = {"GIT_CEILING_DIRECTORIES": str(corpus_repo.path)}
    expect_error(corpus_repo.check(cwd=below, env=env), "not a git repository", "git init")
    expect_error(corpus_repo.init(*BASE, cwd=below, env=env), "not a git repository")
    expect_clean(corpus_repo.check(cwd=below, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)}))


def test_outside_of_a_repository_is_an_error(repo: Repo, tmp_path: Path) -> None:
    expect_error(repo.check(cwd=tmp_path), "not a git repository", "git init")
    expect_error(repo.init(*BASE, cwd=tmp_path), "not a git repository", "git init")


@pytest.mark.parametrize("below", ["", "refs", "objects/info"])
def test_inside_the_git_directory_is_an_error(corpus_repo: Repo, below: str) -> None:
    inside = corpus_repo.path / ".git" / below
    expect_error(corpus_repo.check(cwd=inside), "inside the Git directory", "working tree")
    expect_error(corpus_repo.init(*BASE, cwd=inside), "inside the Git directory")
    assert not (inside / ".dlm").exists()


def test_a_configured_worktree_elsewhere_is_not_written(corpus_repo: Repo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    corpus_repo.git("config", "core.worktree", str(elsewhere))
    expect_clean(corpus_repo.check())
    expect_error(corpus_repo.init(*BASE), "core.worktree", str(elsewhere))
    assert list(elsewhere.iterdir()) == []


def test_a_missing_corpus_is_reported_with_a_worktree_elsewhere(tmp_path: Path) -> None:
    repo = _without_corpus(tmp_path)
    repo.git("config", "core.worktree", str(tmp_path / "home"))
    expect_findings(repo.check(), *NO_CORPUS)


def test_core_bare_is_followed(corpus_repo: Repo) -> None:
    corpus_repo.git("config", "core.bare", "true")
    expect_error(corpus_repo.check(), "bare repository", "--rev HEAD")
    expect_clean(corpus_repo.check("--rev", "HEAD"))
    expect_error(corpus_repo.init(*BASE), "bare repository")


def test_an_empty_git_directory_is_not_a_repository(corpus_repo: Repo) -> None:
    (corpus_repo.path / "src/.git").mkdir()
    expect_clean(corpus_repo.check(cwd=corpus_repo.path / "src"))


@pytest.mark.parametrize("content", ["garbage\n", "gitdir: nowhere\n", ""])
def test_a_broken_git_file_is_an_error(corpus_repo: Repo, content: str) -> None:
    corpus_repo.write("src/.git", content)
    expect_error(corpus_repo.check(cwd=corpus_repo.path / "src"))
    expect_error(corpus_repo.init(*BASE, cwd=corpus_repo.path / "src"))
    assert not (corpus_repo.path / "src/.dlm").exists()


def test_an_untracked_link_is_no_corpus(tmp_path: Path) -> None:
    repo = _without_corpus(tmp_path)
    (repo.path / ".dlm").symlink_to(tmp_path)
    expect_findings(repo.check(), *NO_CORPUS)


# whose repository it is


def _run_hint(repo: Repo, err: str, env: dict[str, str]) -> None:
    """Run the command of the hint as it is printed."""
    command = err.partition("  help: ")[2].partition("`")[2].rpartition("`")[0]
    assert command.startswith("git config --global --add safe.directory "), err
    assert _shell(repo, command, env=env).code == 0


@pytest.mark.parametrize("name", ["repo", "my repo", "it's $HOME"])
def test_the_hint_for_dubious_ownership_solves_it(tmp_path: Path, name: str) -> None:
    repo = new_repo(tmp_path / name, tmp_path / "home")
    repo.add(CORPUS, GOOD)
    repo.add("README.md")
    env = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    err = expect_error(repo.check(env=env), "dubious ownership", "safe.directory")
    _run_hint(repo, err, env)
    expect_clean(repo.check(env=env))


def test_init_with_dubious_ownership_writes_nothing(repo: Repo) -> None:
    env = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    expect_error(repo.init(*BASE, env=env), "dubious ownership", "safe.directory")
    assert not (repo.path / ".dlm").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_the_repository_of_another_user_is_an_error(corpus_repo: Repo) -> None:
    subprocess.run(["chown", "-R", "1234", str(corpus_repo.path)], check=True)
    expect_error(corpus_repo.check(), "dubious ownership", "safe.directory")
    expect_error(corpus_repo.init(*BASE), "dubious ownership", "safe.directory")


# variables and configuration that change what git answers


@pytest.mark.parametrize(
    "env",
    [
        {"GIT_ICASE_PATHSPECS": "1"},
        {"GIT_ICASE_PATHSPECS": "1", "GIT_LITERAL_PATHSPECS": "1"},
    ],
    ids=" ".join,
)
class TestPathspecVariables:
    def test_check(self, corpus_repo: Repo, env: dict[str, str]) -> None:
        corpus_repo.git("mv", "--force", CORPUS, ".dlm/CORPUS.DLM")
        assert corpus_repo.check(env=env) == corpus_repo.check()

    def test_announced_only(self, repo: Repo, env: dict[str, str]) -> None:
        repo.write(CORPUS, GOOD)
        repo.git("add", "--intent-to-add", CORPUS)
        expect_findings(repo.check(env=env), "missing-corpus", "intent-to-add")

    def test_init(self, repo: Repo, env: dict[str, str]) -> None:
        expect_clean(repo.init(*BASE, env=env))
        assert repo.git("ls-files") == f".dlm-git.toml\n{CORPUS}"


def test_variables_that_trace_or_run_programs_are_dropped(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    program = str(_script(tmp_path / "program", tmp_path / "canary"))
    env = dict.fromkeys(("GIT_TRACE", "GIT_TRACE2", "GIT_TRACE_SETUP"), "2")
    env |= dict.fromkeys(("GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_EDITOR"), program)
    env |= dict.fromkeys(("GIT_ASKPASS", "GIT_SSH_COMMAND"), program)
    env |= {"GIT_NAMESPACE": "x", "GIT_DIFF_OPTS": "--nonsense", "GIT_PREFIX": "src/"}
    env |= {"GIT_REPLACE_REF_BASE": "refs/x/", "GIT_ATTR_SOURCE": "nonsense"}
    expect_clean(corpus_repo.check(env=env))
    expect_clean(corpus_repo.check("--rev", "HEAD", env=env))
    expect_clean(corpus_repo.init(env=env))
    assert not (tmp_path / "canary").exists()


def test_invalid_config_in_the_environment_is_an_error(corpus_repo: Repo) -> None:
    expect_error(corpus_repo.check(env={"GIT_CONFIG_PARAMETERS": "garbage"}), "git says")
    expect_error(corpus_repo.check(env={"GIT_CONFIG_COUNT": "x"}), "git says")


def test_variables_of_gitpython_are_ignored(repo: Repo) -> None:
    env = {"GIT_PYTHON_GIT_EXECUTABLE": "/nonexistent/git", "GIT_PYTHON_TRACE": "full"}
    assert "staged" in expect_clean(repo.init(*BASE, env=env))
    assert repo.git("ls-files") == f".dlm-git.toml\n{CORPUS}"


_TASTES = (
    *("color.ui=always", "core.quotePath=true", "core.abbrev=4", "diff.orderFile=nowhere"),
    *("diff.renames=copies", "diff.relative=true", "diff.noprefix=true", "core.pager=false"),
    *("core.sparseCheckout=false", "status.short=true", "core.commentChar=auto"),
)


def test_user_preferences_of_git_do_not_matter(corpus_repo: Repo) -> None:
    for taste in _TASTES:
        corpus_repo.git("config", *taste.split("="))
    expect_clean(corpus_repo.check())
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    corpus_repo.git("add", "--intent-to-add", CORPUS)
    expect_findings(corpus_repo.check(), "missing-corpus", "intent-to-add")
    expect_findings(
        corpus_repo.check(cwd=corpus_repo.path / "src"), "missing-corpus", "intent-to-add"
    )


def test_check_works_without_a_home_directory(corpus_repo: Repo) -> None:
    names = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL")
    without = [word for name in names for word in ("-u", name)]
    expect_clean(corpus_repo.run("env", *without, COMMAND, "check"))
    expect_clean(corpus_repo.check(env={"HOME": "/dev/null", "XDG_CONFIG_HOME": "/dev/null"}))


def test_more_paths_than_a_command_line_holds_are_checked(corpus_repo: Repo) -> None:
    _blobs(corpus_repo, [b"%05d/%s.dlm" % (i, b"d" * 230) for i in range(10_000)])
    expect_findings(corpus_repo.check(), "unparsable-document")


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param("HEAD", b"garbage\n", id="HEAD"),
        pytest.param("config", b"[core\n", id="config"),
        pytest.param("index", b"DIRC garbage", id="index"),
    ],
)
def test_a_damaged_file_of_git_is_an_error(corpus_repo: Repo, file: str, content: bytes) -> None:
    (corpus_repo.path / ".git" / file).write_bytes(content)
    expect_error(corpus_repo.check(), "damaged" if file == "index" else "git says")


def test_a_truncated_index_gets_a_hint(corpus_repo: Repo) -> None:
    os.truncate(corpus_repo.path / ".git/index", 40)
    expect_error(corpus_repo.check(), "damaged", "git fsck")


# which git


def test_a_missing_git_is_an_error(corpus_repo: Repo, tmp_path: Path) -> None:
    env = {"PATH": str(tmp_path)}
    err = expect_error(corpus_repo.check(env=env), "git is not on the PATH", "install git")
    assert expect_error(corpus_repo.init(*BASE, env=env)) == err


@pytest.mark.parametrize("path", ["", ":", ".", "bin:.::"])
def test_a_git_inside_the_repository_is_not_run(
    corpus_repo: Repo, tmp_path: Path, path: str
) -> None:
    for place in ("git", "bin/git"):
        _script(corpus_repo.path / place, tmp_path / "canary")
    expect_error(corpus_repo.check(env={"PATH": path}), "git is not on the PATH")
    expect_error(corpus_repo.init(*BASE, env={"PATH": path}), "git is not on the PATH")
    assert not (tmp_path / "canary").exists()


def test_programs_of_the_repository_before_the_real_ones_are_not_run(
    repo: Repo, tmp_path: Path
) -> None:
    for place in ("git", "bin/git", "git.py", "yaml.py", "pydantic.py", "dlm_git/__init__.py"):
        _script(repo.path / place, tmp_path / "canary")
    repo.add("README.md")
    env = {"PATH": f":.:bin:{repo.environ['PATH']}"}
    expect_clean(repo.init(*BASE, env=env))
    expect_clean(repo.check(env=env))
    assert not (tmp_path / "canary").exists()


# what the terminal can show


_NAMES = [b".dlm/\xff\xfe.dlm", ".dlm/caf\xe9.dlm".encode(), ".dlm/\u6587.dlm".encode()]
_PLAIN_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("env", "words"),
    [
        pytest.param({"LC_ALL": "C"}, ["\\xff\\xfe.dlm", ".dlm/caf\xe9.dlm", "\u6587"], id="C"),
        pytest.param(_PLAIN_C, ["\\xff\\xfe.dlm", "caf", "3 findings"], id="C without UTF-8"),
        pytest.param(
            {"PYTHONIOENCODING": "ascii"}, ["\\xff\\xfe.dlm", "caf\\xe9", "\\u6587"], id="ascii"
        ),
        pytest.param(
            {"PYTHONIOENCODING": "latin-1"}, ["\\xff\\xfe.dlm", "caf\udce9.", "\\u6587"], id="latin"
        ),
    ],
)
def test_names_that_cannot_be_encoded_are_escaped(
    corpus_repo: Repo, env: dict[str, str], words: list[str]
) -> None:
    _blobs(corpus_repo, _NAMES, GOOD.replace("HRZY", "HRZZ").encode(), "120000")
    expect_findings(corpus_repo.check(env=env), "ambiguous-corpus", *words)


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, _PLAIN_C], ids=["C", "C without UTF-8"])
def test_a_source_outside_the_locale_is_found(repo: Repo, env: dict[str, str]) -> None:
    repo.add(CORPUS, GOOD.replace('path: "."', 'path: "caf\xe9"'))
    repo.add("caf\xe9/menu.md")
    expect_clean(repo.check(env=env))


def test_a_missing_source_outside_the_locale_is_reported(repo: Repo) -> None:
    repo.add(CORPUS, GOOD.replace('path: "."', 'path: "caf\xe9"'))
    expect_findings(repo.check(env=_PLAIN_C), "missing-source-path")


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, _PLAIN_C], ids=["C", "C without UTF-8"])
def test_init_writes_a_source_outside_the_locale(repo: Repo, env: dict[str, str]) -> None:
    repo.write("caf\xe9/menu.md")
    expect_clean(repo.init(*BASE, "--source", "caf\xe9", "--include", "\u6587*", env=env))
    written = (repo.path / CORPUS).read_bytes().decode()
    assert "caf\xe9" in written
    assert "\u6587*" in written


# streams that are closed, full or broken


def test_a_closed_stdin_does_not_matter(repo: Repo) -> None:
    repo.add("README.md")
    expect_clean(_shell(repo, '"$0" init --base smollm2-135m <&-'))
    expect_clean(_shell(repo, '"$0" check <&-'))
    repo.git("rm", "--quiet", "--cached", CORPUS)
    expect_findings(_shell(repo, '"$0" check <&-'), *NO_CORPUS)


def test_a_closed_stdout_is_an_error(corpus_repo: Repo) -> None:
    expect_error(_shell(corpus_repo, '"$0" check >&-'), "cannot write the report")


def test_a_closed_stderr_keeps_the_exit_code(corpus_repo: Repo) -> None:
    assert _shell(corpus_repo, '"$0" check 2>&-').code in (0, 2)
    assert _shell(corpus_repo, '"$0" check --rev nonsense 2>&-').code == 2


@pytest.mark.parametrize("command", ["check", "check --format json", "rule", "config"])
def test_a_full_disk_for_the_report_is_an_error(corpus_repo: Repo, command: str) -> None:
    result = _shell(corpus_repo, f'"$0" {command} >/dev/full')
    expect_error(result, "cannot write the report: No space left on device")


@pytest.mark.parametrize("option", ["--help", "--version", "check --help"])
def test_a_full_disk_for_the_help_is_an_error(corpus_repo: Repo, option: str) -> None:
    expect_error(_shell(corpus_repo, f'"$0" {option} >/dev/full'), "No space left on device")


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_broken_pipe_is_silent(corpus_repo: Repo, form: str) -> None:
    paths = [b"%04d/%s/.dlm/corpus.dlm" % (i, b"d" * 60) for i in range(1500)]
    _blobs(corpus_repo, paths, b"elsewhere", "120000")
    script = f'"$0" check --format {form} | head -c 1; exit "${{PIPESTATUS[0]}}"'
    result = _shell(corpus_repo, script)
    assert (result.code, len(result.out), result.err) == (2, 1, "")


def test_init_with_a_closed_stdout_writes_nothing(repo: Repo) -> None:
    assert _shell(repo, '"$0" init --base smollm2-135m >&-').code == 2
    assert not (repo.path / ".dlm").exists()


def test_init_with_a_full_disk_for_the_report_keeps_the_document(repo: Repo) -> None:
    repo.add("README.md")
    result = _shell(repo, '"$0" init --base smollm2-135m >/dev/full')
    expect_error(result, "cannot write the report")
    expect_clean(repo.check())


# What a repository holds or configures is not run


def _fires(repo: Repo, canary: Path, *command: str, cwd: Path | None = None) -> bool:
    """Return whether plain git runs the trap, and reset it."""
    repo.run(*command, cwd=cwd)
    fired = canary.exists()
    canary.unlink(missing_ok=True)
    return fired


def _checked_in_every_way(repo: Repo, cwd: Path | None = None) -> None:
    expect_clean(repo.check(cwd=cwd))
    expect_clean(repo.check("--rev", "HEAD", cwd=cwd))
    repo.git("-c", "core.fsmonitor=false", "rm", "--quiet", "--cached", CORPUS)
    expect_findings(repo.check(cwd=cwd), *NO_CORPUS)
    repo.git("-c", "core.fsmonitor=false", "add", "--intent-to-add", CORPUS)
    expect_findings(repo.check(cwd=cwd), "intent-to-add")


def test_an_fsmonitor_of_the_repository_is_not_run(corpus_repo: Repo, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    corpus_repo.git("config", "core.fsmonitor", str(_script(tmp_path / "trap", canary)))
    assert _fires(corpus_repo, canary, "git", "ls-files")
    _checked_in_every_way(corpus_repo)
    assert not canary.exists()


def test_hooks_of_the_repository_are_not_run(corpus_repo: Repo, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    trap = _script(tmp_path / "hooks/post-index-change", canary)
    assert expect_clean(corpus_repo.check())
    corpus_repo.git("config", "core.hooksPath", str(trap.parent))
    corpus_repo.git("config", "hook.trap.command", str(trap))
    corpus_repo.git("config", "hook.trap.event", "post-index-change")
    touch = ("git", "update-index", "--force-write-index")
    assert _fires(corpus_repo, canary, *touch)
    expect_clean(corpus_repo.check())
    expect_clean(corpus_repo.check("--rev", "HEAD"))
    assert not canary.exists()


def test_filters_and_drivers_of_the_repository_are_not_run(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    program = str(_script(tmp_path / "trap", canary))
    for key in ("filter.x.clean", "filter.x.smudge", "diff.x.textconv"):
        corpus_repo.git("config", key, program)
    for key in ("diff.x.command", "diff.external", "core.pager", "core.editor", "core.askPass"):
        corpus_repo.git("config", key, program)
    for alias in ("ls-files", "cat-file", "ls-tree", "check-ignore", "rev-parse"):
        corpus_repo.git("config", f"alias.{alias}", f"!{program}")
    corpus_repo.write(".gitattributes", "* filter=x diff=x\n")
    corpus_repo.write("src/shop.py", "changed\n")
    assert _fires(corpus_repo, canary, "git", "status")
    _checked_in_every_way(corpus_repo)
    canary.unlink(missing_ok=True)  # sprung by the `git add` of the test itself
    expect_findings(corpus_repo.check(), "intent-to-add")
    assert not canary.exists()


def _embedded(repo: Repo, tmp_path: Path) -> Path:
    """Make `.dlm` a Git directory that is content of the repository around it."""
    canary = tmp_path / "canary"
    trap = _script(tmp_path / "trap", canary)
    repo.add(".dlm/HEAD", "ref: refs/heads/main\n")
    core = f'repositoryFormatVersion = 0\nbare = false\nworktree = ../\nfsmonitor = "{trap}"'
    repo.add(".dlm/config", f"[core]\n{core}\n")
    repo.add(".dlm/objects/.keep", "")
    repo.add(".dlm/refs/.keep", "")
    repo.commit("a trap")
    assert _fires(repo, canary, "git", "ls-files", cwd=repo.path / ".dlm")
    return canary


@pytest.mark.parametrize("below", ["", "objects"])
def test_an_embedded_git_directory_is_not_trusted(
    corpus_repo: Repo, tmp_path: Path, below: str
) -> None:
    canary = _embedded(corpus_repo, tmp_path)
    inside = corpus_repo.path / ".dlm" / below
    assert corpus_repo.check(cwd=inside).code in (0, 2)
    assert corpus_repo.check("--rev", "HEAD", cwd=inside).code in (0, 2)
    assert corpus_repo.init(*BASE, cwd=inside).code in (0, 2)
    assert corpus_repo.init(*BASE, str(inside)).code in (0, 2)
    assert not canary.exists()
    assert not (inside / ".dlm").exists()
    expect_clean(corpus_repo.check())


def test_the_error_for_an_embedded_git_directory_explains_it(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    _embedded(corpus_repo, tmp_path)
    result = corpus_repo.check(cwd=corpus_repo.path / ".dlm")
    expect_error(result, "is inside the repository", "not trusted")


def _add_promisor_remote(repo: Repo, canary: Path) -> None:
    """Configure a promisor remote whose URL runs a program."""
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "protocol.ext.allow": "always",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::touch {canary}",
    }.items():
        repo.git("config", key, value)


@pytest.mark.parametrize("missing", [f"HEAD:{CORPUS}", "HEAD:.dlm"], ids=["blob", "tree"])
def test_nothing_is_fetched_from_a_promisor_remote(
    corpus_repo: Repo, tmp_path: Path, missing: str
) -> None:
    canary = tmp_path / "canary"
    oid = corpus_repo.git("rev-parse", missing)
    _add_promisor_remote(corpus_repo, canary)
    (corpus_repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    assert _fires(corpus_repo, canary, "git", "cat-file", "-p", oid)
    expect_error(corpus_repo.check("--rev", "HEAD"))
    if missing.endswith(CORPUS):
        expect_error(corpus_repo.check(), CORPUS, "not in this repository", "partial clone")
    else:
        expect_clean(corpus_repo.check())
    assert not canary.exists()


def test_the_environment_of_the_tests_has_no_user_settings(tmp_path: Path) -> None:
    assert not {key for key in environment(tmp_path / "home") if key.startswith("PRE_COMMIT")}


_FOREIGN = ["yaml.py", "yaml/__init__.py", "argparse.py"]
if "except ImportError" not in inspect.getsource(argparse):  # since Python 3.13
    _FOREIGN.append("gettext.py")


@pytest.mark.parametrize("path", _FOREIGN)
@pytest.mark.parametrize(
    "text", ["x = 1\n", "import sys\nsys.exit(0)\n", "import nowhere\n", "(\n"]
)
def test_a_foreign_library_is_an_error(corpus_repo: Repo, path: str, text: str) -> None:
    corpus_repo.write(CORPUS, GOOD.replace('"."', '"/srv"'))
    corpus_repo.git("add", CORPUS)
    corpus_repo.write(path, text)
    result = corpus_repo.run(COMMAND, "check", env={"PYTHONPATH": "."})
    name = path.partition("/")[0].removesuffix(".py")
    expect_error(result, f"Python imports '{name}' from '{corpus_repo.path / path}', not from ")
    assert "take its directory out of PYTHONPATH" in result.err
    assert "bug" not in result.err


def test_a_missing_library_is_an_error(repo: Repo) -> None:
    repo.add(CORPUS, "---\nbase_model: [x]\n---\n")  # simple documents need no library
    script = (
        "import sys; sys.modules['yaml'] = None; from dlm_git.cli.main import main;"
        " sys.exit(main(['check']))"
    )
    result = repo.run(sys.executable, "-c", script)
    expect_error(result, "a library 'PyYAML' that dlm-git needs is missing or damaged")
    assert "-m pip install --force-reinstall dlm-git" in result.err


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("cli/cache", ("the compiled module '", "cache.cpython-", "`rm ")),
        ("git/layout", ("the compiled module '", "layout.cpython-", "`rm ")),
        ("errors", ("a module that dlm-git needs is missing or damaged", "--force-reinstall")),
    ],
)
def test_half_a_compiled_module_is_an_error(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    compiled = Path(str(py_compile.compile(f"{PROJECT}/dlm_git/{module}.py")))
    os.truncate(compiled, compiled.stat().st_size // 2)
    env = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    expect_error(repo.check("--rev", "none", env=env), *words)


def test_a_library_that_exits_is_no_clean_result(repo: Repo) -> None:
    script = (
        "import sys; from dlm_git.cli.commands import check; from dlm_git.cli.main import main;"
        " check.load_target = lambda *_, **__: sys.exit(0); sys.exit(main(['check']))"
    )
    assert repo.run(sys.executable, "-c", script).code == 3


# every state, from every place and in every environment


def _in_every_state(repo: Repo, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    """Assert that each state is read: the index without the document, the others with it."""
    repo.git("rm", "--quiet", "--cached", CORPUS)
    expect_findings(repo.check(cwd=cwd, env=env), "no corpus document in the index")
    expect_clean(repo.check("--rev", "HEAD", cwd=cwd, env=env))
    repo.git("add", CORPUS)
    repo.write(CORPUS, "# no frontmatter\n")
    expect_findings(repo.check("--worktree", cwd=cwd, env=env), "unparsable-document")
    expect_clean(repo.check(cwd=cwd, env=env))


VARIABLES: dict[str, dict[str, str]] = {
    "Git directory": {"GIT_DIR": "{}/.git"},
    "both": {"GIT_DIR": "{}/.git", "GIT_WORK_TREE": "{}"},
    "pathspecs": {"GIT_ICASE_PATHSPECS": "1", "GIT_NOGLOB_PATHSPECS": "1"},
    "traces": {"GIT_TRACE": "2", "GIT_NAMESPACE": "x", "GIT_REPLACE_REF_BASE": "refs/x/"},
    "no home": {"HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"},
    "plain C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "no system config": {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_SYSTEM": "/dev/null"},
}


def test_every_state_is_read_from_a_subdirectory(corpus_repo: Repo) -> None:
    _in_every_state(corpus_repo, cwd=corpus_repo.path / "src")


@pytest.mark.parametrize("variables", VARIABLES.values(), ids=[*VARIABLES])
def test_every_state_is_read_with_variables(corpus_repo: Repo, variables: dict[str, str]) -> None:
    env = {name: value.format(corpus_repo.path) for name, value in variables.items()}
    _in_every_state(corpus_repo, env=env)


@pytest.mark.parametrize("state", [[], ["--rev", "HEAD"], ["--worktree"]], ids=" ".join)
def test_no_state_is_read_that_git_refuses(corpus_repo: Repo, state: list[str]) -> None:
    foreign = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    expect_error(corpus_repo.check(*state, env=foreign), "dubious ownership", "safe.directory")
    expect_error(corpus_repo.check(*state, env={"GIT_DIR": ""}), "not a git repository")
    ceiling = {"GIT_CEILING_DIRECTORIES": str(corpus_repo.path)}
    below = corpus_repo.path / "src"
    expect_error(corpus_repo.check(*state, cwd=below, env=ceiling), "not a git repository")
    expect_error(corpus_repo.check(*state, env={"GIT_CONFIG_COUNT": "x"}), "git says")
    (corpus_repo.path / ".git/HEAD").write_text("garbage\n")
    expect_error(corpus_repo.check(*state), "not a git repository")
