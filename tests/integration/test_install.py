"""`dlm-git install`, `uninstall` and `status`, with real commits, pushes and hooks."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dlm_git import fs
from dlm_git.about import REPOSITORY, __version__
from dlm_git.cli.commands.hooks import HOOKS
from dlm_git.errors import DlmGitError
from dlm_git.hooks import install, script
from tests.modes import bound_command
from tests.support import (
    COMMAND,
    CONFIGURED,
    CORPUS,
    GOOD,
    NOT_CONFIGURED,
    PROJECT,
    Repo,
    Result,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
)

BAD = GOOD.replace('path: "."', 'path: "/srv/shop"')
FOREIGN = "#!/bin/sh\necho not ours\n"
# says what it is given at a push, and is dlm-git otherwise
PROGRAM = f"""\
#!{sys.executable}
import sys
from dlm_git.cli.main import run
if sys.argv[1] == "pre-push":
    print("pushed", *sys.argv[2:], *sys.stdin.read().split(), file=sys.stderr)
    sys.exit("bad" in sys.argv[2])
run()
"""
HELP = "  help: `dlm-git install` installs them, or says what to do\n"
RUN = "  help: `dlm-git status --run` runs uncertain hooks in a scratch clone\n"
GONE = "dlm-git: command not found, so nothing is checked; install it, or remove the hook"


@dataclass(frozen=True)
class Project:
    """A clone in one of the ways that there are; its dlm-git stands at an unusual path."""

    repo: Repo
    program: Path
    hooks: str = ".git/hooks"
    kept: Sequence[Path] = field(default=())

    def on_path(self, path: str) -> Project:
        """Return this project with another PATH."""
        return replace(self, repo=replace(self.repo, environ={**self.repo.environ, "PATH": path}))

    def dlm_git(self, *args: str, cwd: Path | None = None) -> Result:
        return self.repo.run(str(self.program), *args, cwd=cwd)

    def report(self, **states: str) -> str:
        """Return a line for each hook with its state."""
        default = states.pop("each", "")
        lines = ((name, states.get(name.replace("-", "_"), default)) for name in HOOKS)
        return "".join(f"{self.shown(name)}: {state}\n" for name, state in lines)

    def shown(self, name: str) -> str:
        """The path of a hook as it is output."""
        quote = '"' if "'" in self.hooks else ""
        return f"{quote}{self.hooks}/{name}{quote}"

    def hook(self, name: str) -> Path:
        return self.repo.path / self.hooks / name

    def left(self) -> dict[str, str]:
        """All that an installation could change."""
        common = self.repo.git("rev-parse", "--path-format=absolute", "--git-common-dir")
        places = [Path(common) / "hooks", self.repo.path / self.hooks, *self.kept]
        files = [file for place in places for file in (place, *sorted(place.rglob("*")))]
        held = {str(f): f.read_text() if f.is_file() else "" for f in files if f.exists()}
        return {**held, "config": (Path(common) / "config").read_text()}


def commit(repo: Repo, content: str, *args: str) -> Result:
    repo.add(CORPUS, content)
    return repo.run("git", "commit", "--quiet", "--message", "a change", *args)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / 'Ann\'s "own" $HOME tools' / "dlm-git"
    file.parent.mkdir()
    file.write_text(PROGRAM)
    file.chmod(0o755)
    return file


@pytest.fixture
def project(corpus_repo: Repo, program: Path) -> Project:
    """An ordinary clone."""
    return Project(corpus_repo, program)


@pytest.fixture(
    params=["clone", "linked", "submodule", "relative path", "absolute path", "no hooks directory"]
)
def any_project(request: pytest.FixtureRequest, corpus_repo: Repo, program: Path) -> Project:
    """Each kind of clone."""
    repo, outside = corpus_repo, corpus_repo.path.parent
    if request.param == "linked":
        repo.git("worktree", "add", "--quiet", "-b", "other", str(outside / "linked"))
        linked = Repo(outside / "linked", repo.environ)
        return Project(linked, program, str(repo.path / ".git/hooks"))
    if request.param == "submodule":
        around = new_repo(outside / "around", outside / "home")
        allowed = ("-c", "protocol.file.allow=always")
        around.git(*allowed, "submodule", "--quiet", "add", str(repo.path), "sub")
        sub = Repo(around.path / "sub", repo.environ)
        return Project(sub, program, str(around.path / ".git/modules/sub/hooks"))
    if request.param == "relative path":
        repo.git("config", "core.hooksPath", "my hooks")
        return Project(repo, program, "my hooks")
    if request.param == "absolute path":
        repo.git("config", "core.hooksPath", str(outside / "the hooks"))
        (outside / "the hooks").mkdir()
        return Project(repo, program, str(outside / "the hooks"))
    if request.param == "no hooks directory":
        shutil.rmtree(repo.path / ".git/hooks")
    return Project(repo, program)


def test_the_command_line_knows_all_hooks() -> None:
    assert tuple(script.HOOK_COMMANDS) == HOOKS


# install, status, a commit and a push, uninstall


@pytest.mark.slow
def test_install_check_and_uninstall(any_project: Project) -> None:
    project, repo = any_project, any_project.repo
    repo.environ["PATH"] = f"{project.program.parent}{os.pathsep}{repo.environ['PATH']}"
    upstream = new_repo(repo.path.parent / "upstream", repo.path.parent / "home", "--bare").path
    before = project.left()
    assert expect_findings(project.dlm_git("status")) == project.report(each="not installed") + HELP
    assert expect_clean(project.dlm_git("install", cwd=repo.path / "src")) == project.report(
        each="installed"
    )
    assert expect_clean(project.dlm_git("status")) == project.report(each="installed")

    refused = commit(repo, BAD)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith(f"{CORPUS}:8:13: absolute-source-path: ")
    assert commit(repo, f"{GOOD}\nMore.\n") == Result(0, "", NOT_CONFIGURED)
    oid = repo.git("rev-parse", "HEAD")
    push = repo.run("git", "push", "--quiet", str(upstream), "HEAD:refs/heads/main")
    lines = f"{upstream} {upstream} HEAD {oid} refs/heads/main {'0' * 40}"
    assert push == Result(0, "", f"pushed {lines}\n")

    assert expect_clean(project.dlm_git("uninstall")) == project.report(each="removed")
    assert project.left() == before
    assert expect_clean(project.dlm_git("uninstall")) == "no dlm-git hooks are installed\n"
    assert commit(repo, BAD) == Result(0, "", "")


def test_pre_push_refuses_a_push(project: Project) -> None:
    upstream = new_repo(
        project.repo.path.parent / "up", project.repo.path.parent / "home", "--bare"
    )
    project.repo.git("remote", "add", "bad", str(upstream.path))
    expect_clean(project.dlm_git("install"))
    result = project.repo.run("git", "push", "--quiet", "bad", "HEAD:refs/heads/main")
    assert result.code == 1
    assert result.err.startswith("pushed bad ")
    assert upstream.git("for-each-ref") == ""


@pytest.mark.parametrize("base", [("qwen2.5-coder-1.5b",), ("acme-tiny", "--unlisted-base")])
def test_a_commit_prints_nothing_after_init(repo: Repo, base: Sequence[str]) -> None:
    repo.add("README.md")
    expect_clean(repo.run(COMMAND, "init", "--base", *base))
    expect_clean(repo.run(COMMAND, "install"))
    quiet = ("git", "commit", "--quiet", "--message", "a change")
    assert repo.run(*quiet) == repo.run(*quiet, "--allow-empty") == Result(0, "", "")


def test_a_commit_that_deletes_the_config_prints_what_is_not_compared(repo: Repo) -> None:
    repo.add("src/shop.py", "print('shop')\n")
    initialized = repo.run(COMMAND, "init", "--base", "qwen2.5-coder-1.5b", "--include", "**/*.py")
    assert initialized.code == 0, initialized
    expect_clean(repo.run(COMMAND, "install"))
    quiet = ("git", "commit", "--quiet", "--message", "a change")
    assert repo.run(*quiet) == Result(0, "", "")
    repo.add("src/shop.py", "print('shop 2')\n")
    assert repo.run(*quiet) == repo.run(*quiet, "--allow-empty") == Result(0, "", "")

    document = (repo.path / CORPUS).read_text()
    repo.add(CORPUS, document.replace("qwen2.5-coder-1.5b", "smollm2-135m"))
    refused = repo.run(*quiet)
    assert (refused.code, "wrong-base" in refused.err) == (1, True)
    repo.git("rm", "--quiet", ".dlm-git.toml")
    assert repo.run(*quiet) == Result(0, "", NOT_CONFIGURED)
    assert repo.run(*quiet, "--allow-empty") == Result(0, "", NOT_CONFIGURED)  # from the cache


def test_a_merge_is_checked(project: Project) -> None:
    repo = project.repo
    expect_clean(project.dlm_git("install"))
    repo.git("checkout", "--quiet", "-b", "other")
    repo.add("docs.md")
    repo.commit()
    repo.git("checkout", "--quiet", "main")
    repo.add(CORPUS, BAD)
    repo.commit()
    result = repo.run("git", "merge", "--quiet", "--no-edit", "other")
    assert result.code == 1
    assert f"{CORPUS}:8:13: absolute-source-path: " in result.err


def test_installing_again_changes_nothing(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    before = [project.hook(name).stat().st_ino for name in HOOKS]
    assert expect_clean(project.dlm_git("install")) == project.report(each="already installed")
    assert [project.hook(name).stat().st_ino for name in HOOKS] == before


def test_one_hook_can_be_installed_alone(project: Project) -> None:
    place, once = project.shown("pre-push"), ("--hook", "pre-push")
    assert expect_clean(project.dlm_git("install", *once, *once)) == f"{place}: installed\n"
    assert expect_clean(project.dlm_git("status", "--hook", "pre-push")) == f"{place}: installed\n"
    assert project.dlm_git("status").code == 1
    assert expect_clean(project.dlm_git("uninstall", "--hook", "pre-push")) == f"{place}: removed\n"


def test_hooks_of_another_repository_can_be_installed(project: Project) -> None:
    outside = project.repo.path.parent
    assert expect_clean(
        project.dlm_git("install", str(project.repo.path), cwd=outside)
    ) == project.report(each="installed")


def test_hooks_are_readable_and_executable_by_all(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    assert {project.hook(name).stat().st_mode & 0o777 for name in HOOKS} == {0o755}


def test_a_hooks_directory_with_other_hooks_is_kept(project: Project) -> None:
    shutil.rmtree(project.repo.path / project.hooks)
    expect_clean(project.dlm_git("install"))
    project.hook("post-commit").write_text(FOREIGN)
    expect_clean(project.dlm_git("uninstall"))
    assert os.listdir(project.repo.path / project.hooks) == ["post-commit"]


def test_scripts_hidden_by_a_new_hooks_path_are_removed(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    project.repo.git("config", "core.hooksPath", "elsewhere")
    assert project.dlm_git("status").code == 1
    assert expect_clean(project.dlm_git("uninstall")) == project.report(each="removed")


# ours, older or broken


def older() -> bytes:
    """A script that an older version would have written."""
    body = b"exec dlm-git check\n"
    mark = f"# dlm-git hook 0 {script._digest(body)}: `dlm-git uninstall` removes it\n"
    return b"#!/bin/sh\n" + mark.encode() + body


def test_an_outdated_script_is_updated(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    new = project.hook("pre-commit").read_bytes()
    project.hook("pre-commit").write_bytes(older())
    old = "outdated: `dlm-git install` updates it"
    expected = project.report(pre_commit=old, each="installed")
    assert expect_findings(project.dlm_git("status")) == expected + HELP
    expected = project.report(pre_commit="updated", each="already installed")
    assert expect_clean(project.dlm_git("install")) == expected
    assert project.hook("pre-commit").read_bytes() == new


def test_a_script_that_is_not_executable_is_updated(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    project.hook("pre-push").chmod(0o640)
    inert = "not executable, so Git does not run it"
    assert project.report(pre_push=inert, each="installed") in expect_findings(
        project.dlm_git("status")
    )
    expected = project.report(pre_push="updated", each="already installed")
    assert expect_clean(project.dlm_git("install")) == expected
    assert project.hook("pre-push").stat().st_mode & 0o777 == 0o750


def test_a_script_of_another_installation_is_updated(project: Project, tmp_path: Path) -> None:
    expect_clean(project.dlm_git("install"))
    other = tmp_path / "other" / "dlm-git"
    other.parent.mkdir()
    shutil.copy(project.program, other)
    expected = project.report(each="updated")
    assert expect_clean(project.repo.run(str(other), "install")) == expected
    assert str(other) in project.hook("pre-commit").read_text()


def test_a_script_of_a_newer_version_is_kept(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    newer = older().replace(b"hook 0", b"hook 9")
    project.hook("pre-commit").write_bytes(newer)
    project.hook("pre-commit").chmod(0o644)
    expect_clean(project.dlm_git("install"))
    assert project.hook("pre-commit").read_bytes() == newer
    assert os.access(project.hook("pre-commit"), os.X_OK)


def test_a_modified_script_is_not_touched(project: Project) -> None:
    expect_clean(project.dlm_git("install"))
    changed = project.hook("pre-commit").read_text().replace("exit $code", "echo mine\nexit $code")
    project.hook("pre-commit").write_text(changed)
    uncertain = (
        "uncertain: a third-party hook that may call dlm-git"
        " (dlm-git wrote it, and someone edited it)"
    )
    assert expect_findings(project.dlm_git("status")) == (
        project.report(pre_commit=uncertain, each="installed") + HELP + RUN
    )
    message = "is a third-party hook (dlm-git wrote it, and someone edited it)"
    hint = "move the changes to another hook and remove '.git/hooks/pre-commit', then try again"
    expect_error(project.dlm_git("install"), message, hint)
    stays = "kept, because someone edited it: remove it by hand"
    assert expect_clean(project.dlm_git("uninstall")) == project.report(
        pre_commit=stays, each="removed"
    )
    assert project.hook("pre-commit").read_text() == changed


# third-party hooks


@pytest.mark.parametrize(
    ("taken", "output"),
    [
        pytest.param(
            ["pre-commit"],
            """\
dlm-git: cannot install: '.git/hooks/pre-commit' is a third-party hook
  help: add the line `dlm-git check || exit` as the first command of '.git/hooks/pre-commit'
""",
            id="one",
        ),
        pytest.param(
            ["pre-commit", "pre-push"],
            f"""\
dlm-git: cannot install: '.git/hooks/pre-commit', '.git/hooks/pre-push' are third-party hooks
  help: add the line `dlm-git check || exit` as the first command of '.git/hooks/pre-commit' and \
the line `{script.call_line("pre-push")}` as the first command of '.git/hooks/pre-push'
""",
            id="two",
        ),
    ],
)
def test_third_party_hooks_are_not_touched(
    project: Project, taken: Sequence[str], output: str
) -> None:
    for name in taken:
        project.hook(name).write_text(FOREIGN)
        project.hook(name).chmod(0o755)
    before = project.left()
    for options in ([], ["--force"]):
        error = expect_error(project.dlm_git("install", *options))
        assert error == f"{output.removesuffix(chr(10))}{CONFIGURED}\n"
    assert project.left() == before
    stays = {name.replace("-", "_"): "kept, because it is a third-party hook" for name in taken}
    assert expect_clean(project.dlm_git("uninstall")) == "".join(
        f"{project.shown(name)}: {stays[name.replace('-', '_')]}\n" for name in taken
    )
    assert project.left() == before


def test_the_printed_line_checks_in_a_third_party_hook(project: Project) -> None:
    project.repo.environ["PATH"] = f"{project.program.parent}{os.pathsep}{os.environ['PATH']}"
    hook = project.hook("pre-commit")
    hook.write_text(f"{FOREIGN}{script.call_line('pre-commit')}\necho and more\n")
    hook.chmod(0o755)
    calls = "installed: a third-party hook that calls dlm-git"
    expected = project.report(pre_commit=f"already {calls}", each="installed")
    assert expect_clean(project.dlm_git("install")) == expected
    expected = project.report(pre_commit=calls, each="installed")
    assert expect_clean(project.dlm_git("status")) == expected
    refused = commit(project.repo, BAD)
    assert refused.code == 1
    assert refused.err.startswith(f"not ours\n{CORPUS}:8:13: absolute-source-path: ")
    assert "and more" not in refused.err
    assert commit(project.repo, f"{GOOD}\nMore.\n").err.endswith("and more\n")


def _file(hook: Path) -> None:
    hook.write_text("#!/bin/sh\n# dlm-git check\n")


def _not_run(hook: Path) -> None:
    hook.write_text("#!/bin/sh\ndlm-git check\n")


def _link(hook: Path) -> None:
    hook.symlink_to(hook.parent / "elsewhere")


def _link_to_ours(hook: Path) -> None:
    (hook.parent / "ours").write_bytes(script.script("pre-commit", "/bin/dlm-git"))
    hook.symlink_to("ours")


def _directory(hook: Path) -> None:
    hook.mkdir()


def _pipe(hook: Path) -> None:
    os.mkfifo(hook)


@pytest.mark.parametrize(
    "plant",
    [_file, _not_run, _link, _link_to_ours, _directory, _pipe],
    ids=lambda plant: plant.__name__.strip("_"),
)
def test_other_files_are_not_taken_for_our_hooks(
    project: Project, plant: Callable[[Path], None]
) -> None:
    plant(project.hook("pre-commit"))
    before = sorted(os.listdir(project.repo.path / project.hooks))
    assert "is a third-party hook" in expect_error(project.dlm_git("install"))
    assert sorted(os.listdir(project.repo.path / project.hooks)) == before


@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_a_hook_manager_is_recognized_by_its_config(project: Project, manager: str) -> None:
    project.repo.add(".pre-commit-config.yaml", "repos: []\n")
    for name in HOOKS:
        installed = project.repo.run(manager, "install", "--hook-type", name)
        assert installed.code == 0, installed
    places = ", ".join(f"'{project.shown(name)}'" for name in HOOKS)
    entry = f"- {{repo: {REPOSITORY}, rev: v{__version__}, hooks: [{{id: dlm-git-check}}]}}"
    help_ = (
        f"add the hook dlm-git-check, `{entry}` below `repos:`,"
        f" to '.pre-commit-config.yaml', which {manager} reads{CONFIGURED}"
    )
    assert expect_error(project.dlm_git("install")) == (
        f"dlm-git: cannot install: {places} are third-party hooks\n  help: {help_}\n"
    )
    config = "repos: [{repo: 'https://example.org/dlm-git', hooks: [{id: dlm-git-check}]}]\n"
    project.repo.write(".pre-commit-config.yaml", config)
    calls = "installed: a third-party hook that calls dlm-git"
    first = f"{calls} (.pre-commit-config.yaml: only the first pushed branch is checked)"
    expected = project.report(pre_push=first, each=calls)
    assert expect_clean(project.dlm_git("status")) == expected


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_a_hook_manager_installed_later_runs_our_scripts(project: Project, manager: str) -> None:
    project.repo.add(".pre-commit-config.yaml", "repos: []\n")
    before = project.left()
    expect_clean(project.dlm_git("install"))
    for name in HOOKS:
        installed = project.repo.run(manager, "install", "--hook-type", name)
        assert installed.code == 0, installed
    calls = "installed: a third-party hook that calls dlm-git"
    assert expect_clean(project.dlm_git("status")) == project.report(each=calls)
    assert "absolute-source-path" in commit(project.repo, BAD).err
    output = expect_clean(project.dlm_git("uninstall"))
    assert "".join(f".git/hooks/{name}.legacy: removed\n" for name in HOOKS) in output
    assert set(project.left()) - set(before) == {str(project.hook(name)) for name in HOOKS}
    assert "absolute-source-path" not in commit(project.repo, BAD).err


def test_husky_is_recognized_by_its_config(project: Project) -> None:
    project.repo.git("config", "core.hooksPath", ".husky/_")
    project.repo.write(".husky/_/.gitignore", "*\n")
    for name in HOOKS:
        file = project.repo.write(f".husky/_/{name}", '#!/usr/bin/env sh\n. "$(dirname "$0")/h"\n')
        file.chmod(0o755)
    assert expect_error(project.dlm_git("install", "--hook", "pre-commit")) == (
        "dlm-git: cannot install: '.husky/_/pre-commit' is a third-party hook\n"
        "  help: add the line `dlm-git check || exit` as the first command"
        f" of '.husky/pre-commit', which husky reads{CONFIGURED}\n"
    )
    project.repo.write(".husky/pre-commit", "dlm-git check || exit\n")
    assert project.dlm_git("status", "--hook", "pre-commit").code == 0


# hooks that are not this repository's alone


def test_a_global_hooks_path_needs_force(project: Project, tmp_path: Path) -> None:
    everybody = tmp_path / "everybody"
    everybody.mkdir()
    project.repo.git("config", "--global", "core.hooksPath", str(everybody))
    why = f"'{everybody}' is the hooks path of the global config, which applies to all repositories"
    assert expect_error(project.dlm_git("install")) == (
        f"dlm-git: cannot install: {why}\n  help: use --force to install there anyway\n"
    )
    assert os.listdir(everybody) == []
    expect_clean(project.dlm_git("install", "--force"))
    assert sorted(os.listdir(everybody)) == sorted(HOOKS)
    assert commit(project.repo, BAD).code == 1
    assert project.dlm_git("install").code == 0  # there is nothing to do
    assert expect_error(project.dlm_git("uninstall")) == (
        f"dlm-git: cannot uninstall: {why}\n  help: use --force to remove them anyway\n"
    )
    expect_clean(project.dlm_git("uninstall", "--force"))
    assert os.listdir(everybody) == []


def test_a_hooks_path_of_one_command_needs_force(project: Project, tmp_path: Path) -> None:
    path = f"{project.program.parent}{os.pathsep}{project.repo.environ['PATH']}"
    (project.program.parent / "git-ours").symlink_to(project.program)
    once = ("git", "-c", f"core.hooksPath={tmp_path}", "ours", "install")
    assert expect_error(project.on_path(path).repo.run(*once)) == (
        f"dlm-git: cannot install: '{tmp_path}' is the hooks path for this command only\n"
        "  help: use --force to install there anyway\n"
    )


def test_the_repositorys_own_hooks_path_goes_before_the_global_one(
    project: Project, tmp_path: Path
) -> None:
    project.repo.git("config", "--global", "core.hooksPath", str(tmp_path / "everybody"))
    project.repo.git("config", "core.hooksPath", str(project.repo.path / ".git/hooks"))
    assert expect_clean(project.dlm_git("install")) == project.report(each="installed")


def test_a_tracked_hooks_path_needs_force(project: Project) -> None:
    repo = project.repo
    repo.git("config", "core.hooksPath", ".githooks")
    repo.add(".githooks/post-commit", FOREIGN)
    assert expect_error(project.dlm_git("install")) == (
        "dlm-git: cannot install: '.githooks' is tracked, so every clone shares its hooks\n"
        "  help: use --force to install there anyway\n"
    )
    expect_clean(project.dlm_git("install", "--force"))
    # what is committed names no path of this machine
    assert str(project.program) not in repo.path.joinpath(".githooks/pre-commit").read_text()


def test_a_hooks_directory_that_is_a_link_needs_force(project: Project, tmp_path: Path) -> None:
    shutil.rmtree(project.repo.path / ".git/hooks")
    (tmp_path / "elsewhere").mkdir()
    (project.repo.path / ".git/hooks").symlink_to(tmp_path / "elsewhere")
    assert expect_error(project.dlm_git("install")) == (
        f"dlm-git: cannot install: '.git/hooks' is a link to '{tmp_path}/elsewhere'\n"
        "  help: use --force to install there anyway\n"
    )
    assert expect_clean(project.dlm_git("install", "--force")) == project.report(each="installed")
    assert commit(project.repo, BAD).code == 1


# where it cannot be


def test_a_bare_repository_needs_no_hooks(tmp_path: Path, program: Path) -> None:
    bare = new_repo(tmp_path / "bare", tmp_path / "home", "--bare")
    for command in ("install", "uninstall", "status"):
        assert expect_error(bare.run(str(program), command)) == (
            "dlm-git: Git does not run these hooks in a bare repository\n"
            "  help: `dlm-git pre-receive` checks what is pushed to it\n"
        )


@pytest.mark.parametrize("path", ["/dev/null", "src/shop.py"])
def test_a_hooks_path_that_is_not_a_directory_is_an_error(project: Project, path: str) -> None:
    project.repo.git("config", "core.hooksPath", path)
    assert expect_error(project.dlm_git("install")) == (
        f"dlm-git: cannot install: the hooks path '{path}' is not a directory\n"
        "  help: `git config --show-origin core.hooksPath` shows where it is set\n"
    )
    shown = "".join(f"{path}/{name}: not installed\n" for name in HOOKS)
    assert expect_findings(project.dlm_git("status")) == shown + HELP


def test_a_hooks_path_without_a_parent_is_an_error(project: Project) -> None:
    project.repo.git("config", "core.hooksPath", "a/b c/d")
    assert expect_error(project.dlm_git("install")) == (
        "dlm-git: cannot install: the parent directory of the hooks path 'a/b c/d' does not exist\n"
        f"  help: `mkdir -p '{project.repo.path}/a/b c/d'`\n"
    )


def test_a_read_only_hooks_directory_is_an_error(project: Project) -> None:
    folder = project.repo.path / project.hooks
    folder.chmod(0o500)
    result = project.repo.run(*bound_command(), str(project.program), "install")
    folder.chmod(0o700)
    first, hint = expect_error(result).splitlines()
    assert first == "dlm-git: cannot write '.git/hooks/pre-commit': Permission denied"
    assert hint == "  help: `ls -ld .git/hooks/pre-commit` shows who may change it"


# which operation runs which hook


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "called"),
    [
        pytest.param("commit --amend --no-edit", "check --quiet", id="amend"),
        pytest.param("commit --allow-empty -m x", "check --quiet", id="commit"),
        pytest.param("commit --no-verify --allow-empty -m x", "", id="commit --no-verify"),
        pytest.param("merge --no-edit apart", "check --quiet", id="merge"),
        pytest.param("merge --no-edit --no-ff ahead", "check --quiet", id="merge --no-ff"),
        pytest.param("merge ahead", "", id="fast-forward"),
        pytest.param("merge --no-edit --no-verify apart", "", id="merge --no-verify"),
        pytest.param("cherry-pick apart", "", id="cherry-pick"),
        pytest.param("revert --no-edit HEAD", "", id="revert"),
        pytest.param("rebase apart", "", id="rebase"),
        pytest.param("rebase --apply apart", "", id="rebase --apply"),
        pytest.param("push ../up main", "pre-push ../up ../up", id="push"),
        pytest.param("push --no-verify ../up main", "", id="push --no-verify"),
    ],
)
def test_which_operation_runs_which_hook(project: Project, operation: str, called: str) -> None:
    repo, log = project.repo, project.repo.path.parent / "log"
    new_repo(repo.path.parent / "up", repo.path.parent / "home", "--bare")
    repo.git("branch", "apart")
    repo.add("main.py")
    repo.commit()
    repo.git("branch", "ahead")
    for branch in ("apart", "ahead"):
        repo.git("checkout", "--quiet", branch)
        repo.add(f"{branch}.py")
        repo.commit()
        repo.git("checkout", "--quiet", "main")
    expect_clean(project.dlm_git("install"))
    project.program.write_text(f"#!/bin/sh\necho \"$*\" >> '{log}'\n")
    repo.git(*operation.split())
    assert (log.read_text() if log.exists() else "") == (called and f"{called}\n")


# dlm-git removed afterwards


@pytest.fixture
def abandoned(project: Project) -> Project:
    """A clone with the hooks, and dlm-git removed; what is on PATH is still git's."""
    expect_clean(project.dlm_git("install"))
    project.program.unlink()
    tools = project.program.parent.parent / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(str(shutil.which("git")))
    project.repo.environ["PATH"] = str(tools)
    return project


def push(repo: Repo) -> Result:
    new_repo(repo.path.parent / "up", repo.path.parent / "home", "--bare")
    return repo.run("git", "push", "--quiet", "../up", "HEAD:refs/heads/main")


def test_a_missing_dlm_git_does_not_block_commits_and_pushes(abandoned: Project) -> None:
    expected = f"{GONE} .git/hooks/pre-commit\n"
    assert commit(abandoned.repo, BAD) == Result(0, "", expected)
    assert push(abandoned.repo) == Result(0, "", f"{GONE} .git/hooks/pre-push\n")


def test_a_missing_dlm_git_is_replaced_by_that_on_the_path(abandoned: Project) -> None:
    path = Path(abandoned.repo.environ["PATH"])
    (path / "dlm-git").write_text(PROGRAM)
    (path / "dlm-git").chmod(0o755)
    assert "absolute-source-path" in commit(abandoned.repo, BAD).err


@pytest.mark.parametrize("entry", ["", ".", "src"])
def test_a_dlm_git_inside_the_repository_is_not_run(abandoned: Project, entry: str) -> None:
    evil = abandoned.repo.write(f"{entry or '.'}/dlm-git", "#!/bin/sh\necho EVIL; exit 1\n")
    evil.chmod(0o755)
    abandoned.repo.environ["PATH"] += f":{entry}"
    expected = f"{GONE} .git/hooks/pre-commit\n"
    assert commit(abandoned.repo, BAD) == Result(0, "", expected)


def test_a_dlm_git_without_its_python_does_not_block_commits(abandoned: Project) -> None:
    abandoned.program.write_text("#!/nowhere/python\n")
    abandoned.program.chmod(0o755)
    result = commit(abandoned.repo, BAD)
    assert result.code == 0
    assert result.err.endswith(f"{GONE} .git/hooks/pre-commit\n")


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130])
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_hook_exits_with_the_code_of_dlm_git(tmp_path: Path, shell: str, code: int) -> None:
    program, hook = tmp_path / "dlm-git", tmp_path / "hook"
    program.write_text(f"#!/bin/sh\nexit {code}\n")
    program.chmod(0o755)
    hook.write_bytes(script.script("pre-commit", str(program)))
    repo = Repo(tmp_path, dict(os.environ))
    assert repo.run(shell, str(hook)) == Result(code, "", "")


# in Git's config


@pytest.fixture
def modern(project: Project, modern_git: Path) -> Project:
    """A clone with a git that says that it runs hooks of its config."""
    return project.on_path(f"{modern_git}{os.pathsep}{project.repo.environ['PATH']}")


def configured(state: str) -> str:
    """Return a line for each hook with its state."""
    return "".join(f"hook.dlm-git-{name}: {state}\n" for name in HOOKS)


def run_configured(project: Project, name: str, *args: str, data: bytes = b"") -> Result:
    """Run the command of a hook as Git does: as it runs an alias that begins with `!`."""
    section = f"hook.dlm-git-{name}"
    assert project.repo.git("config", "--get-all", f"{section}.event") == name
    value = project.repo.git("config", "--get-all", f"{section}.command")
    return project.repo.run("git", "-c", f"alias.as-a-hook=!{value}", "as-a-hook", *args, data=data)


def test_configured_hooks_are_installed(modern: Project) -> None:
    before = modern.left()
    assert expect_clean(modern.dlm_git("install", "--configured")) == configured("installed")
    assert expect_clean(modern.dlm_git("install", "--configured")) == configured(
        "already installed"
    )
    assert expect_clean(modern.dlm_git("status")) == configured("installed")
    assert modern.left() == {**before, "config": modern.left()["config"]}

    assert run_configured(modern, "pre-commit") == Result(0, NOT_CONFIGURED, "")
    modern.repo.add(CORPUS, BAD)
    assert "absolute-source-path" in expect_findings(run_configured(modern, "pre-commit"))
    pushed = run_configured(modern, "pre-push", "a b", "$URL", data=b"main 0 main 1\n")
    assert pushed == Result(0, "", "pushed a b $URL main 0 main 1\n")
    modern.program.unlink()
    expected = f"{GONE} hook.dlm-git-pre-commit\n"
    lonely = modern.on_path(modern.repo.environ["PATH"].split(os.pathsep)[0])
    assert run_configured(lonely, "pre-commit") == Result(0, "", expected)


def test_configured_hooks_are_removed(modern: Project) -> None:
    before = modern.left()
    expect_clean(modern.dlm_git("install", "--configured"))
    assert expect_clean(modern.dlm_git("uninstall")) == configured("removed")
    assert modern.left() == before


def test_configured_hooks_run_beside_third_party_hooks(modern: Project) -> None:
    modern.hook("pre-commit").write_text(FOREIGN)
    modern.hook("pre-commit").chmod(0o755)
    assert expect_error(modern.dlm_git("install")) == (
        "dlm-git: cannot install: '.git/hooks/pre-commit' is a third-party hook\n"
        "  help: add the line `dlm-git check || exit` as the first command of"
        " '.git/hooks/pre-commit', or keep it as it is and use --configured\n"
    )
    expect_clean(modern.dlm_git("install", "--configured"))
    third_party = f"{modern.shown('pre-commit')}: a third-party hook that does not call dlm-git\n"
    first, *rest = configured("installed").splitlines(keepends=True)
    assert expect_clean(modern.dlm_git("status")) == "".join([first, third_party, *rest])


def test_configured_hooks_skip_a_script_that_calls_dlm_git(modern: Project) -> None:
    modern.hook("pre-commit").write_text(f"{FOREIGN}{script.call_line('pre-commit')}\n")
    modern.hook("pre-commit").chmod(0o755)
    calls = (
        f"{modern.shown('pre-commit')}: already installed: a third-party hook that calls dlm-git\n"
    )
    _, *rest = configured("installed").splitlines(keepends=True)
    assert expect_clean(modern.dlm_git("install", "--configured")) == "".join([calls, *rest])


def test_configured_hooks_need_no_hooks_directory(modern: Project) -> None:
    modern.repo.git("config", "core.hooksPath", "/dev/null")
    assert expect_clean(modern.dlm_git("install", "--configured")) == configured("installed")
    assert expect_clean(modern.dlm_git("status")) == configured("installed")
    assert expect_clean(modern.dlm_git("uninstall")) == configured("removed")


def test_outdated_or_disabled_configured_hooks_are_reported(modern: Project) -> None:
    expect_clean(modern.dlm_git("install", "--configured"))
    modern.repo.git("config", "hook.dlm-git-pre-commit.command", "dlm-git check")
    modern.repo.git("config", "hook.dlm-git-pre-push.enabled", "false")
    lines = (
        "hook.dlm-git-pre-commit: outdated: `dlm-git install` updates it\n"
        "hook.dlm-git-pre-merge-commit: installed\n"
        "hook.dlm-git-pre-push: disabled in the config, or git is older than 2.54,"
        " so Git does not run it\n"
    )
    assert expect_findings(modern.dlm_git("status")) == lines + HELP
    assert expect_clean(modern.dlm_git("install", "--configured")) == (
        "hook.dlm-git-pre-commit: updated\n"
        "hook.dlm-git-pre-merge-commit: already installed\n"
        "hook.dlm-git-pre-push: updated\n"
    )
    assert expect_clean(modern.dlm_git("status")) == configured("installed")


def test_hooks_are_not_installed_in_both_ways(modern: Project) -> None:
    expect_clean(modern.dlm_git("install", "--configured"))
    places = ", ".join(f"'hook.dlm-git-{name}'" for name in HOOKS)
    twice = "already run dlm-git\n  help: remove them with `dlm-git uninstall`\n"
    assert expect_error(modern.dlm_git("install")) == f"dlm-git: cannot install: {places} {twice}"
    expect_clean(modern.dlm_git("uninstall"))
    expect_clean(modern.dlm_git("install"))
    places = ", ".join(f"'{modern.shown(name)}'" for name in HOOKS)
    output = expect_error(modern.dlm_git("install", "--configured"))
    assert output == f"dlm-git: cannot install: {places} {twice}"


def test_configured_hooks_need_a_newer_git(
    project: Project, modern: Project, old_git: Path
) -> None:
    project = project.on_path(f"{old_git}{os.pathsep}{project.repo.environ['PATH']}")
    expect_clean(modern.dlm_git("install", "--configured"))
    inert = "disabled in the config, or git is older than 2.54, so Git does not run it"
    assert expect_findings(project.dlm_git("status")) == configured(inert) + HELP
    assert expect_error(project.dlm_git("install", "--configured")) == (
        "dlm-git: cannot install: hooks in the config need git 2.54 or later, found git 2.53\n"
        "  help: install them as scripts, without --configured\n"
    )
    assert expect_clean(project.dlm_git("uninstall")) == configured("removed")


# several at once, and nothing by halves


@pytest.mark.slow
@pytest.mark.parametrize("args", [(), ("--configured",)], ids=["scripts", "config"])
def test_concurrent_installs_succeed(modern: Project, args: Sequence[str]) -> None:
    before = modern.left()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: modern.dlm_git("install", *args), range(4)))
    assert [result.code for result in results] == [0] * 4, results
    expect_clean(modern.dlm_git("status"))
    expect_clean(modern.dlm_git("uninstall"))
    assert modern.left() == before


def test_a_failed_install_leaves_no_hooks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = project.left()
    create, calls = fs.create_file, iter(range(3))

    def failing(*args: object, **kwargs: object) -> bool:
        if next(calls) == 2:
            raise DlmGitError("no space left on device")
        return create(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(install, "create_file", failing)
    with pytest.raises(DlmGitError, match="no space left"):
        install.install(project.repo.path, HOOKS, str(project.program))
    assert project.left() == before


# the page


def test_the_page_shows_what_is_printed(project: Project) -> None:
    page = (PROJECT / "docs" / "hooks.md").read_text()
    shown = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    for block in shown:
        for step in filter(None, block.split("$ ")):
            command, _, output = step.partition("\n")
            result = project.repo.run("bash", "-c", command)
            assert (result.out + result.err).replace(CONFIGURED, "") == output, command
