"""`dlm-git doctor` in repositories of every kind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dlm_git.about import REPOSITORY, __version__
from dlm_git.cli.commands.doctor import as_text
from dlm_git.diagnosis import Group, Line, Report
from dlm_git.git.environment import MINIMUM_VERSION
from dlm_git.hooks.script import call_line
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    PROJECT,
    Repo,
    Result,
    damage,
    git_of_version,
    git_with,
    new_repo,
)

CONFIG = 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n'
WORKFLOW = ".github/workflows/ci.yml"
STEPS = "on: push\njobs:\n  corpus:\n    steps:\n      - run: dlm-git check --rev HEAD\n"
PRE_COMMIT = ".pre-commit-config.yaml"
SCHEMA = json.loads((PROJECT / "dlm_git/formats/doctor.schema.json").read_text())
GIT = shutil.which("git") or ""
DOCS = f"{REPOSITORY}/tree/main/docs"

HEALTHY = f"""\
Programs
  ok       dlm-git           {__version__}
  ok       Python            PYTHON
  ok       git               GIT

Repository
  ok       repository        /TMP/repo
  ok       document          .dlm/corpus.dlm, committed, no findings
  ok       config            .dlm-git.toml, committed, sets base, include

Hooks and CI
  ok       pre-commit        .git/hooks/pre-commit runs `dlm-git check --quiet`
  ok       pre-merge-commit  .git/hooks/pre-merge-commit runs `dlm-git check --quiet`
  ok       pre-push          .git/hooks/pre-push runs `dlm-git pre-push "$@"`
  info     hook managers     none
  info     drivers           not installed
                             help: `dlm-git install --drivers` installs them
  ok       CI                .github/workflows/ci.yml runs `dlm-git check --rev HEAD`

OK: no problems
"""
FRESH = f"""\
Programs
  ok       dlm-git           {__version__}
  ok       Python            PYTHON
  ok       git               GIT

Repository
  ok       repository        /TMP/repo
  problem  document          no corpus document in the index (not created yet)
                             help: create one: `dlm-git init --base qwen2.5-coder-1.5b`
  problem  config            base model and patterns are not configured, so they are not compared
                             help: set 'base', 'include' and 'exclude' in .dlm-git.toml

Hooks and CI
  info     pre-commit        .git/hooks/pre-commit: not installed
  info     pre-merge-commit  .git/hooks/pre-merge-commit: not installed
  info     pre-push          .git/hooks/pre-push: not installed
                             help: `dlm-git install` installs the hooks, or says what to do
  info     hook managers     none
  info     drivers           not installed
                             help: `dlm-git install --drivers` installs them
  info     CI                no CI file runs dlm-git
                             help: how to run it in CI: {DOCS}/ci.md
  problem  enforcement       no hook and no CI file runs dlm-git
                             help: `dlm-git install` installs the hooks; or run dlm-git in CI

3 problems
"""


@pytest.fixture
def healthy(corpus_repo: Repo) -> Repo:
    """A repository with a document, a config, hooks and CI."""
    corpus_repo.add(".dlm-git.toml", CONFIG)
    corpus_repo.add(WORKFLOW, STEPS)
    corpus_repo.commit()
    assert corpus_repo.run(COMMAND, "install").code == 0
    return corpus_repo


def doctor(repo: Repo, *args: str, cwd: Path | None = None, **env: str) -> Result:
    result = repo.run(COMMAND, "doctor", *args, cwd=cwd, env=env)
    assert result.err == "", result
    return result


def lines(repo: Repo, *args: str, cwd: Path | None = None, **env: str) -> list[Line]:
    """Return the lines of the report, which follows the schema and decides the exit code."""
    result = doctor(repo, *args, "--format", "json", cwd=cwd, **env)
    report = json.loads(result.out)
    Draft202012Validator(SCHEMA).validate(report)
    found = [Line(**line) for group in report["groups"] for line in group["lines"]]
    problems = sum(line.state == "problem" for line in found)
    assert (result.code, report["problems"]) == (1 if problems else 0, problems)
    return found


def off(found: list[Line]) -> list[Line]:
    """Return the lines where something is off."""
    return [line for line in found if line.state == "problem"]


def problems(repo: Repo, *args: str, cwd: Path | None = None, **env: str) -> list[Line]:
    return off(lines(repo, *args, cwd=cwd, **env))


def only_problem(repo: Repo, *args: str, cwd: Path | None = None, **env: str) -> tuple[str, ...]:
    """Return name, value and hint of the one problem."""
    (line,) = problems(repo, *args, cwd=cwd, **env)
    return line.name, line.value, line.hint


def value(found: list[Line], name: str) -> str:
    """Return the values of the lines with a name."""
    return "\n".join(line.value for line in found if line.name == name)


def steady(text: str, tmp_path: Path) -> str:
    """Return a report without what depends on this machine."""
    text = text.replace(str(tmp_path), "/TMP")
    text = re.sub(r"(  Python  +)\d+\.\d.*, /.*", r"\1PYTHON", text)
    return re.sub(r"(  git  +)\d+\.\d.*, /.*/git", r"\1GIT", text)


# The whole screen


def test_the_report_of_a_healthy_repository(healthy: Repo, tmp_path: Path) -> None:
    result = doctor(healthy)
    assert (result.code, steady(result.out, tmp_path)) == (0, HEALTHY)


def test_the_report_of_a_fresh_repository(repo: Repo, tmp_path: Path) -> None:
    result = doctor(repo)
    assert (result.code, steady(result.out, tmp_path)) == (1, FRESH)


def test_it_is_the_same_in_a_subdirectory_and_for_a_named_directory(healthy: Repo) -> None:
    shown = doctor(healthy).out
    assert doctor(healthy, cwd=healthy.path / "src").out == shown
    assert doctor(healthy, str(healthy.path / "src"), cwd=healthy.path.parent).out == shown


def test_nothing_is_written(healthy: Repo) -> None:
    def files() -> dict[Path, float]:
        return {file: file.lstat().st_mtime_ns for file in healthy.path.rglob("*")}

    before = files()
    doctor(healthy)
    assert files() == before


REPORT = Report(
    (
        Group(
            "Programs",
            (
                Line("git", "2.39.5, /usr/bin/git"),
                Line(
                    "config", "one two three four five six seven eight nine ten", "info", "fix it"
                ),
                Line("config", "wrong \033[31m", "problem", "fix it"),
            ),
        ),
    )
)


def test_long_lines_are_wrapped_below_their_column() -> None:
    assert list(as_text(REPORT, columns=40)) == [
        "Programs",
        "  ok       git     2.39.5, /usr/bin/git",
        "  info     config  one two three four",
        "                   five six seven eight",
        "                   nine ten",
        r"  problem  config  wrong \x1b[31m",
        "                   help: fix it",
        "",
        "1 problem",
    ]


def test_color_adds_nothing_to_the_words() -> None:
    colored = "\n".join(as_text(REPORT, color=True))
    assert "\033[1;31mproblem\033[0m" in colored
    assert re.sub(r"\033\[[0-9;]*m", "", colored) == "\n".join(as_text(REPORT))


# Programs


def test_without_git_that_is_the_problem(healthy: Repo, tmp_path: Path) -> None:
    assert only_problem(healthy, PATH=str(tmp_path)) == (
        "git",
        "git is not on the PATH",
        "install git, or add its directory to PATH",
    )


def test_an_old_git_is_a_problem(healthy: Repo, tmp_path: Path) -> None:
    path = git_of_version(tmp_path / "bin", "2.37.9")
    assert only_problem(healthy, PATH=f"{path}:{os.environ['PATH']}") == (
        "git",
        f"2.37.9, {path}/git: too old",
        "install git 2.38 or later",
    )


def test_a_git_that_fails_is_a_problem(healthy: Repo, tmp_path: Path) -> None:
    found = problems(healthy, PATH=str(git_with(tmp_path / "bin", "exit 3")))
    assert [line.name for line in found] == ["git"]


def test_the_oldest_supported_git_is_the_documented_one() -> None:
    minimum = ".".join(map(str, MINIMUM_VERSION))
    for page in ("README.md", "CONTRIBUTING.md", "docs/ci.md"):
        assert f"git {minimum} or later" in (PROJECT / page).read_text()
    assert f"older than {minimum} " in (PROJECT / "docs/doctor.md").read_text()
    assert f'OLDEST_GIT: "{minimum}.' in (PROJECT / ".github/workflows/ci.yml").read_text()


# Repositories


def test_outside_of_a_repository_that_is_the_problem(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    name, text, hint = only_problem(repo, cwd=tmp_path / "outside")
    assert (name, "not a git repository" in text, "`git init`" in hint) == (
        "repository",
        True,
        True,
    )


def test_a_linked_worktree(healthy: Repo, tmp_path: Path) -> None:
    healthy.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    found = lines(healthy, cwd=tmp_path / "linked")
    assert value(found, "repository") == (
        f"{tmp_path}/linked (linked worktree of '{healthy.path}')"
    )
    assert value(found, "pre-commit") == (
        f"{healthy.path}/.git/hooks/pre-commit runs `dlm-git check --quiet`"
    )
    assert not off(found)


def test_a_submodule(healthy: Repo, tmp_path: Path) -> None:
    around = new_repo(tmp_path / "around", tmp_path / "home")
    allowed = ("-c", "protocol.file.allow=always")
    around.git(*allowed, "submodule", "--quiet", "add", str(healthy.path), "sub")
    found = lines(around, cwd=around.path / "sub")
    assert value(found, "repository") == (f"{around.path}/sub (submodule of '{around.path}')")
    assert value(found, "document") == ".dlm/corpus.dlm, committed, no findings"


def test_a_shallow_clone_is_not_a_problem(healthy: Repo, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    healthy.git("clone", "--quiet", "--depth=1", f"file://{healthy.path}", str(clone))
    found = lines(healthy, cwd=clone)
    assert value(found, "repository") == f"{clone} (shallow clone)"
    assert not off(found)


def test_a_partial_clone_lacks_the_contents(healthy: Repo, tmp_path: Path) -> None:
    healthy.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    options = ("--filter=blob:none", "--no-checkout", f"file://{healthy.path}")
    healthy.git("clone", "--quiet", *options, str(clone))
    # git 2.38 would fetch the contents
    read = healthy.run("git", "read-tree", "HEAD", cwd=clone, env={"GIT_ALLOW_PROTOCOL": "none"})
    assert (clone / ".git/index").exists(), read
    found = lines(healthy, cwd=clone)
    assert value(found, "repository") == f"{clone} (partial clone)"
    assert "config" in {line.name for line in off(found)}
    assert "is not in this repository" in value(found, "config")
    assert "not in this repository" in value(found, "CI")
    assert value(found, "pre-commit") == ".git/hooks/pre-commit: not installed"


def test_a_sparse_checkout_without_the_document(healthy: Repo) -> None:
    healthy.git("sparse-checkout", "set", "--cone", "src")
    found = lines(healthy)
    assert value(found, "repository") == f"{healthy.path} (sparse checkout)"
    (line,) = off(found)
    assert line.value == f"'{CORPUS}' is in the index, but not in the working tree"
    assert "git sparse-checkout add .dlm" in line.hint


@pytest.fixture
def server(healthy: Repo, tmp_path: Path) -> Repo:
    """A bare clone."""
    healthy.git("clone", "--quiet", "--bare", str(healthy.path), str(tmp_path / "shop.git"))
    return Repo(tmp_path / "shop.git", healthy.environ)


def test_a_bare_repository_is_checked_at_its_head(server: Repo) -> None:
    found = lines(server)
    assert value(found, "repository") == f"{server.path} (bare repository)"
    oid = server.git("rev-parse", "HEAD")[:12]
    assert value(found, "document") == (f".dlm/corpus.dlm, in revision {oid} (HEAD), no findings")
    assert value(found, "pre-receive") == f"{server.path}/hooks/pre-receive: not installed"
    assert not off(found)  # CI runs the check


@pytest.mark.parametrize(
    ("script", "mode", "state", "text"),
    [
        ("exec dlm-git pre-receive\n", 0o755, "ok", " runs `dlm-git pre-receive`"),
        (
            "exec dlm-git pre-receive\n",
            0o644,
            "problem",
            " is not executable, so Git does not run it",
        ),
        ("# dlm-git pre-receive\n", 0o755, "info", " does not run `dlm-git pre-receive`"),
    ],
)
def test_the_hook_of_a_bare_repository(
    server: Repo, script: str, mode: int, state: str, text: str
) -> None:
    hook = server.write("hooks/pre-receive", f"#!/bin/sh\n{script}")
    hook.chmod(mode)
    (line,) = [line for line in lines(server) if line.name == "pre-receive"]
    assert (line.state, line.value) == (state, f"{hook}{text}")


def test_an_empty_bare_repository(tmp_path: Path) -> None:
    bare = new_repo(tmp_path / "x.git", tmp_path / "home", "--bare")
    assert [(line.name, line.value) for line in problems(bare)] == [
        ("document", "cannot read revision 'HEAD': nothing is committed yet"),
        ("enforcement", "no hook and no CI file runs dlm-git"),
    ]


# The index, the document and the config


def test_an_unmerged_index(healthy: Repo) -> None:
    oid = healthy.git("rev-parse", "HEAD:src/shop.py")
    rows = "".join(f"100644 {oid} {stage}\tsrc/other.py\n" for stage in (1, 2, 3))
    healthy.git("update-index", "--index-info", data=rows.encode())
    assert only_problem(healthy) == (
        "index",
        "'src/other.py' is in conflict",
        "resolve the conflict, then `git add` the result",
    )


def test_an_unmerged_document_and_config(healthy: Repo) -> None:
    oid = healthy.git("rev-parse", f"HEAD:{CORPUS}")
    rows = "".join(
        f"0 {'0' * 40}\t{path}\n100644 {oid} 1\t{path}\n100644 {oid} 2\t{path}\n"
        for path in (CORPUS, ".dlm-git.toml", PRE_COMMIT, WORKFLOW)
    )
    healthy.git("update-index", "--index-info", data=rows.encode())
    found = problems(healthy)
    assert [line.name for line in found] == ["index", "config", "hook managers"]
    assert found[0].value == "'.dlm-git.toml' and 3 more are in conflict"
    assert found[1].value == "'.dlm-git.toml' is unmerged in the index"


def test_a_damaged_index_does_not_hide_the_hooks(healthy: Repo) -> None:
    index = healthy.path / ".git/index"
    damage(index)
    found = lines(healthy)
    assert value(found, "index").startswith("the index is damaged")
    assert value(found, "pre-commit") == ".git/hooks/pre-commit runs `dlm-git check --quiet`"
    assert value(found, "CI") == "CI files cannot be read"


def test_findings_are_counted(healthy: Repo) -> None:
    healthy.add(CORPUS, GOOD.replace("coder-1.5b", "0.5b").replace('path: "."', 'path: "/x"'))
    name, text, hint = only_problem(healthy)
    assert (name, hint) == ("document", "`dlm-git check` prints each finding, and how to fix it")
    assert text.startswith(".dlm/corpus.dlm, staged, not committed yet, ")
    assert re.search(r", \d findings: .*wrong-base", text)


def test_a_broken_document_is_a_finding(healthy: Repo) -> None:
    healthy.add(CORPUS, "---\na: [\n---\n")
    assert only_problem(healthy)[1] == (
        ".dlm/corpus.dlm, staged, not committed yet, 1 finding: unparsable-document"
    )


def test_a_missing_document(healthy: Repo) -> None:
    healthy.git("rm", "--quiet", CORPUS)
    name, text, hint = only_problem(healthy)
    assert name == "document"
    assert text.startswith("no corpus document in the index")
    assert hint


def test_a_broken_config(healthy: Repo) -> None:
    healthy.add(".dlm-git.toml", "base = x\n")
    found = lines(healthy)
    assert value(found, "document") == "not checked, because the config cannot be read"
    (line,) = off(found)
    assert (line.name, line.hint) == ("config", 'TOML strings need quotes: base = "..."')


@pytest.mark.parametrize(
    ("path", "content", "name"),
    [
        (CORPUS, GOOD, "document"),
        (".dlm-git.toml", CONFIG, "config"),
        (".dlm/ignore", "*.log\n", "training set"),
    ],
)
def test_changes_that_are_not_staged(healthy: Repo, path: str, content: str, name: str) -> None:
    healthy.add(path, content)
    healthy.write(path, f"{content}\n# changed\n")
    (line,) = [line for line in problems(healthy) if "not staged" in line.value]
    assert (line.name, line.hint) == (name, f"`git add {path}`")


def test_a_config_that_is_not_in_the_index(healthy: Repo) -> None:
    healthy.git("rm", "--quiet", "--cached", ".dlm-git.toml")
    found = {line.value: line.name for line in problems(healthy)}
    assert found == {
        "base model and patterns are not configured, so they are not compared": "config",
        "'.dlm-git.toml' is not in the index, so it is not read": "config",
    }


def test_a_config_in_another_place(healthy: Repo) -> None:
    healthy.git("mv", ".dlm-git.toml", ".dlm/.dlm-git.toml")
    assert "'.dlm/.dlm-git.toml' is not read" in value(problems(healthy), "config")


def test_configs_in_two_other_places(healthy: Repo) -> None:
    healthy.add(".dlm/.dlm-git.toml", CONFIG)
    healthy.add("src/.dlm-git.toml", CONFIG)
    name, text, _ = only_problem(healthy)
    assert (name, text.split(" are not read")[0]) == (
        "config",
        "'.dlm/.dlm-git.toml', 'src/.dlm-git.toml'",
    )


def test_a_key_that_is_not_configured_is_a_choice(healthy: Repo) -> None:
    healthy.add(".dlm-git.toml", 'include = ["**/*"]\n')
    found = lines(healthy)
    assert "base model is not configured, so it is not compared" in value(found, "config")
    assert not off(found)


def test_a_config_in_pyproject(healthy: Repo) -> None:
    healthy.git("rm", "--quiet", ".dlm-git.toml")
    healthy.add(
        "pyproject.toml",
        "[tool.dlm-git]\n" + CONFIG + '[tool.dlm-git.ignore]\nunknown-base = "ours"\n',
    )
    found = lines(healthy)
    assert value(found, "config") == (
        "pyproject.toml, staged, not committed yet, sets base, include, ignore"
    )
    assert value(found, "suppressed rule") == "unknown-base: ours"


# Hooks


def test_without_hooks_ci_is_enough(healthy: Repo) -> None:
    assert healthy.run(COMMAND, "uninstall").code == 0
    found = lines(healthy)
    assert value(found, "pre-push") == ".git/hooks/pre-push: not installed"
    assert not off(found)


def test_without_ci_a_hook_is_enough(healthy: Repo) -> None:
    healthy.git("rm", "--quiet", WORKFLOW)
    found = lines(healthy)
    assert [(line.state, line.value) for line in found if line.name == "CI"] == [
        ("info", "no CI file runs dlm-git")
    ]
    assert not off(found)


def test_without_both_nothing_enforces_the_check(healthy: Repo) -> None:
    healthy.git("rm", "--quiet", WORKFLOW)
    healthy.run(COMMAND, "uninstall")
    assert only_problem(healthy) == (
        "enforcement",
        "no hook and no CI file runs dlm-git",
        "`dlm-git install` installs the hooks; or run dlm-git in CI",
    )


def _not_executable(hook: Path) -> None:
    hook.chmod(0o644)


def _outdated(hook: Path) -> None:
    hook.write_text(re.sub(r"# dlm-git hook \d+ ", "# dlm-git hook 0 ", hook.read_text()))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (_not_executable, "not executable, so Git does not run it"),
        (_outdated, "outdated"),
    ],
)
def test_a_hook_that_does_not_run(healthy: Repo, change: Callable[[Path], None], text: str) -> None:
    change(healthy.path / ".git/hooks/pre-commit")
    assert only_problem(healthy) == (
        "pre-commit",
        f".git/hooks/pre-commit: {text}",
        "`dlm-git install` updates it",
    )
    assert healthy.run(COMMAND, "install").code == 0
    assert not problems(healthy)


def test_hooks_whose_program_is_gone(healthy: Repo, tmp_path: Path) -> None:
    program = tmp_path / "it's gone" / "dlm-git"
    program.parent.mkdir()
    shutil.copy(COMMAND, program)
    healthy.run(COMMAND, "uninstall")
    assert healthy.run(str(program), "install").code == 0
    assert not problems(healthy)
    program.unlink()
    assert not problems(healthy)  # the one on PATH runs instead
    found = problems(healthy, PATH=str(Path(GIT).parent))
    assert {line.name for line in found} == {"pre-commit", "pre-merge-commit", "pre-push"}
    assert found[0].value == ".git/hooks/pre-commit: finds no dlm-git, so nothing is checked"
    assert found[0].hint == "`dlm-git install` updates it"


def test_hooks_in_the_config(healthy: Repo, tmp_path: Path) -> None:
    healthy.run(COMMAND, "uninstall")
    new, old = (git_of_version(tmp_path / name, name) for name in ("2.54.0", "2.53.0"))
    path = f"{new}:{healthy.environ['PATH']}"
    program = tmp_path / "it's gone" / "dlm-git"
    program.parent.mkdir()
    shutil.copy(COMMAND, program)
    healthy.run(str(program), "install", "--configured", env={"PATH": path})
    found = lines(healthy, PATH=path)
    assert value(found, "pre-commit") == ("hook.dlm-git-pre-commit runs `dlm-git check --quiet`")
    assert not off(found)
    (line, *_) = problems(healthy, PATH=f"{old}:{healthy.environ['PATH']}")
    assert (line.name, line.hint) == ("pre-commit", "`dlm-git install --configured` updates it")
    program.unlink()
    found = problems(healthy, PATH=f"{new}:{Path(GIT).parent}")
    assert (found[0].name, found[0].hint) == (line.name, line.hint)
    assert found[0].value.endswith(": finds no dlm-git, so nothing is checked")


def test_a_third_party_hook_is_not_a_problem_if_ci_runs_the_check(healthy: Repo) -> None:
    healthy.write(".git/hooks/pre-push", "#!/bin/sh\ngit lfs pre-push\n").chmod(0o755)
    (line,) = [line for line in lines(healthy) if line.name == "pre-push"]
    assert (line.state, line.value) == (
        "info",
        ".git/hooks/pre-push: a third-party hook that does not call dlm-git",
    )
    assert not problems(healthy)


def test_a_third_party_hook_that_calls_dlm_git(healthy: Repo) -> None:
    script = f"#!/bin/sh\n{call_line('pre-push')}\ngit lfs pre-push\n"
    healthy.write(".git/hooks/pre-push", script).chmod(0o755)
    (line,) = [line for line in lines(healthy) if line.name == "pre-push"]
    assert (line.state, line.value) == (
        "ok",
        ".git/hooks/pre-push: installed: a third-party hook that calls dlm-git",
    )


UNCERTAIN = (
    ".git/hooks/pre-commit: uncertain: a third-party hook that may call dlm-git"
    " (line 2: the hook goes on if the check fails: add `|| exit` to the call)"
)
RUN = "`dlm-git status --run` finds out: it runs the hook in a scratch clone"


def test_an_uncertain_hook_is_a_problem_if_nothing_else_enforces_the_check(healthy: Repo) -> None:
    script = "#!/bin/sh\ndlm-git check\nmake lint\n"
    healthy.write(".git/hooks/pre-commit", script).chmod(0o755)
    (line,) = [line for line in lines(healthy) if line.name == "pre-commit"]
    assert line == Line("pre-commit", UNCERTAIN, "info", RUN)
    assert healthy.run(COMMAND, "uninstall").code == 0
    assert not problems(healthy)  # CI runs the check
    healthy.git("rm", "--quiet", WORKFLOW)
    assert only_problem(healthy) == ("pre-commit", UNCERTAIN, RUN)
    (healthy.path / ".git/hooks/pre-commit").write_text(script.replace("check", "check || exit"))
    assert not problems(healthy)


def test_a_third_party_hook_is_shown_with_the_reason(healthy: Repo) -> None:
    healthy.write(".git/hooks/pre-commit", "#!/bin/sh\nmake lint\n").chmod(0o644)
    (line,) = [line for line in lines(healthy) if line.name == "pre-commit"]
    assert line.state == "info"
    assert line.value.endswith("does not call dlm-git (it is not executable, so Git skips it)")


@pytest.mark.parametrize("path", ["/dev/null", "no-such-directory", ""])
def test_a_hooks_path_that_turns_hooks_off(healthy: Repo, path: str) -> None:
    healthy.git("config", "core.hooksPath", path)
    config = healthy.path / ".git/config"
    assert only_problem(healthy) == (
        "hooks path",
        f"core.hooksPath in {config} is '{path}', not a directory, so Git runs no hook scripts",
        f"correct it, or remove it: `git config --file {config} --unset core.hooksPath`",
    )


def test_a_hooks_path_that_exists_is_shown(healthy: Repo) -> None:
    (healthy.path / ".hooks").mkdir()
    healthy.git("config", "core.hooksPath", ".hooks")
    assert healthy.run(COMMAND, "install").code == 0
    found = lines(healthy)
    assert value(found, "hooks path").endswith(".git/config is '.hooks'")
    assert value(found, "pre-commit") == ".hooks/pre-commit runs `dlm-git check --quiet`"
    assert not off(found)


def test_a_hooks_path_that_git_cannot_expand(healthy: Repo) -> None:
    healthy.git("config", "core.hooksPath", "~no-such-user/hooks")
    found = problems(healthy)  # older versions of git do not find the repository at all
    assert {line.name for line in found} <= {"repository", "hooks path", "hooks", "enforcement"}
    assert "no-such-user" in found[0].value


# Hook managers and the pinned version


def pre_commit_config(rev: str, repo: str = REPOSITORY) -> str:
    return f"repos:\n- repo: {repo}\n  rev: {rev}\n  hooks:\n  - id: dlm-git-check\n"


@pytest.fixture
def managed(healthy: Repo) -> Repo:
    """A repository whose hooks are those of pre-commit."""
    healthy.add(PRE_COMMIT, pre_commit_config(f"v{__version__}"))
    healthy.run(COMMAND, "uninstall")
    pre_commit = str(Path(sys.executable).with_name("pre-commit"))
    assert healthy.run(pre_commit, "install", "--hook-type", "pre-commit").code == 0
    return healthy


def test_hooks_of_pre_commit(managed: Repo) -> None:
    found = lines(managed)
    assert value(found, "pre-commit") == (
        ".git/hooks/pre-commit: installed: a third-party hook that calls dlm-git (pre-commit)"
    )
    (line,) = [line for line in found if line.name == "pre-push"]
    assert line.hint == "`pre-commit install` installs the hooks in `default_install_hook_types`"
    assert value(found, "hook managers") == "pre-commit (.pre-commit-config.yaml)"
    assert value(found, "pinned version") == (
        f"v{__version__} in .pre-commit-config.yaml, the same as installed"
    )
    assert not off(found)


def test_a_pre_commit_config_whose_hooks_are_not_installed(managed: Repo) -> None:
    (managed.path / ".git/hooks/pre-commit").unlink()
    assert only_problem(managed) == (
        "hook managers",
        ".pre-commit-config.yaml lists dlm-git-check, but no hook runs it",
        "`pre-commit install` installs its hooks in this clone",
    )


def test_without_ci_either_pre_commit_has_to_be_installed(managed: Repo) -> None:
    (managed.path / ".git/hooks/pre-commit").unlink()
    managed.git("rm", "--quiet", WORKFLOW)
    assert only_problem(managed) == (
        "enforcement",
        "no hook and no CI file runs dlm-git",
        "`pre-commit install` installs the hooks; or run dlm-git in CI",
    )


def test_variables_that_turn_hooks_off(managed: Repo) -> None:
    assert only_problem(managed, SKIP="ruff,dlm-git-check")[1:] == (
        "pre-commit skips 'dlm-git-check', because the variable SKIP names it",
        "`unset SKIP`",
    )
    assert only_problem(managed, HUSKY="0")[2] == "`unset HUSKY`"
    assert not problems(managed, SKIP="ruff", HUSKY="1")


OID = "a" * 40
SAME, OTHER = "the same as installed", f"but {__version__} is installed"


@pytest.mark.parametrize(
    ("rev", "state", "text"),
    [
        (f"v{__version__}", "ok", f"v{__version__} in FILE, {SAME}"),
        (__version__, "ok", f"{__version__} in FILE, {SAME}"),
        ("v0.0.9", "problem", f"0.0.9 in FILE, {OTHER}"),
        ("v9.0", "problem", f"9.0 in FILE, {OTHER}"),
        ("main", "info", "main in FILE: not a version; pre-commit does not update a branch"),
        (OID, "info", f"{OID} in FILE: a commit, whose version is not known here"),
        (f"{OID}  # frozen: v{__version__}", "ok", f"{OID} in FILE, {SAME}"),
        (f"'{OID}'  # frozen: v0.0.9", "problem", f"0.0.9 in FILE, {OTHER}"),
        ("", "problem", "none in FILE"),
    ],
)
def test_the_pinned_version(healthy: Repo, rev: str, state: str, text: str) -> None:
    healthy.add(PRE_COMMIT, pre_commit_config(rev))
    (line,) = [line for line in lines(healthy) if line.name == "pinned version"]
    assert (line.state, line.value) == (state, text.replace("FILE", PRE_COMMIT))


def test_a_config_without_this_project_pins_nothing(healthy: Repo) -> None:
    healthy.add(PRE_COMMIT, pre_commit_config("v3", "https://example.org/other"))
    assert value(lines(healthy), "pinned version") == ""


def test_a_broken_pre_commit_config(healthy: Repo) -> None:
    healthy.add(PRE_COMMIT, "repos: [\n")
    name, text, _ = only_problem(healthy)
    assert name == "hook managers"
    assert text.startswith(".pre-commit-config.yaml cannot be read: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("repos: []\n" + "#" * 10_000_000, "it has 10,000,010 bytes"),
        ("&a [*a]", "alias '*a' refers to a value that contains it"),
        ("[" * 1000, "nested deeper than 100 levels"),
    ],
)
def test_a_hostile_pre_commit_config_is_not_read(healthy: Repo, content: str, reason: str) -> None:
    healthy.add(PRE_COMMIT, content)
    assert only_problem(healthy)[1] == f".pre-commit-config.yaml cannot be read: {reason}"


# CI


def test_pre_commit_ci_counts_if_the_config_has_its_key(repo: Repo) -> None:
    repo.add(PRE_COMMIT, "ci: {autofix_prs: false}\n" + pre_commit_config("v0.1.0"))
    found = lines(repo)
    assert value(found, "CI") == (
        "pre-commit.ci runs `dlm-git-check`, if it is turned on for this repository"
    )


def test_a_file_that_only_mentions_dlm_git_does_not_enforce_it(healthy: Repo) -> None:
    healthy.run(COMMAND, "uninstall")
    healthy.add(WORKFLOW, STEPS.replace("dlm-git check", "echo dlm-git check"))
    found = lines(healthy)
    assert value(found, "CI") == (
        ".github/workflows/ci.yml mentions dlm-git, but a failing check may not fail the job"
    )
    assert value(off(found), "enforcement")


def test_ci_files_are_read_from_the_index(healthy: Repo) -> None:
    (healthy.path / WORKFLOW).write_text("x: y\n")
    assert value(lines(healthy), "CI") == f"{WORKFLOW} runs `dlm-git check --rev HEAD`"


def test_a_large_file_is_not_read(healthy: Repo) -> None:
    healthy.add(".travis.yml", "script: dlm-git check\n" + "#" * 10_000_000)
    (line,) = [line for line in lines(healthy) if ".travis.yml" in line.value]
    assert (line.state, line.value) == ("info", ".travis.yml was not read: it has 10,000,022 bytes")


def test_many_ci_files_are_counted(healthy: Repo) -> None:
    for number in range(9):
        healthy.add(f".github/workflows/{number}.yml", STEPS)
    found = [line for line in lines(healthy) if line.name == "CI"]
    assert (len(found), found[-1].value) == (7, "and 4 more")


def test_names_and_commands_cannot_control_the_terminal(healthy: Repo) -> None:
    healthy.add(".github/workflows/\033[2J.yml", STEPS.replace("HEAD", '"\u202e"'))
    out = doctor(healthy).out
    assert "\033" not in out
    assert "\u202e" not in out
    assert "\\x1b[2J.yml" in out


# On a page, and on a terminal


def test_the_documentation_shows_what_is_printed(healthy: Repo, tmp_path: Path) -> None:
    healthy.add(CORPUS, GOOD.replace("coder-1.5b", "0.5b"))
    healthy.add(PRE_COMMIT, pre_commit_config("v0.0.9"))
    (healthy.path / ".git/hooks/pre-push").chmod(0o644)
    page = (PROJECT / "docs" / "doctor.md").read_text()
    (shown,) = re.findall(r"^```console\n\$ dlm-git doctor\n(.*?)^```$", page, re.M | re.S)
    printed = steady(doctor(healthy).out, tmp_path)
    shown = shown.replace("/home/ann/shop", "/TMP/repo")
    assert steady(shown, tmp_path).splitlines() == printed.splitlines()


def test_the_report_fits_80_columns(healthy: Repo) -> None:
    ours, theirs = os.openpty()
    environ = {**healthy.environ, "TERM": "xterm", "COLUMNS": "80"}
    subprocess.run([COMMAND, "doctor"], cwd=healthy.path, env=environ, stdout=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode().replace("\r\n", "\n")
    os.close(ours)
    plain = re.sub(r"\033\[[0-9;]*m", "", shown)
    words = [line for line in plain.splitlines() if len(line.split()) > 3]
    assert max(map(len, words)) <= 80
    assert plain.split() == doctor(healthy).out.split()
