"""No command runs what a repository contains or configures; plain Git and Python run all of it.

The command lines come from the parsers, so that a new command or option is tested, too.
"""

from __future__ import annotations

import io
import os
import pty
import shutil
import subprocess
import sys
from argparse import Action
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from dlm_git.cli.commands import COMMANDS
from dlm_git.cli.main import main
from dlm_git.cli.parser import command_parser
from dlm_git.formats import FORMATS
from tests.support import COMMAND, CORPUS, PROJECT, Repo, environment, new_repo
from tests.traps import MISSING, Canaries, arm_config, arm_tree

VALUES = {
    **dict.fromkeys(("rev", "since", "config_rev", "new", "old", "a", "b"), "HEAD"),
    "base": "smollm2-135m",
    "include": "**/*.py",
    "exclude": "*.md",
    "allow": ".dlm/x.dlm",
    "policy": "strict",
    "name": "corpus",
    "hook": "pre-commit",
    "corpus": ".",
    "why": MISSING,
    "sources": "src",
    "select": "wrong-base",
    "ignore": "wrong-base=a reason",
    "jobs": "1",
    "output": "/dev/null",
    "config": ".dlm-git.toml",
    "refs": "refs/*",
    "timeout": "60",
    "size_limit": "9",
    "memory_limit": "2048",
    "repositories_from": "-",
    "discover": ".",
}
POSITIONALS = {
    "merge-driver": ["data/x.txt", CORPUS, "data/x.txt", "7", CORPUS],
    "textconv": [CORPUS],
    "pre-push": ["origin", "ext::x"],
    "completion": ["bash"],
}
MORE = {
    "check": (
        ["--fix", "--unsafe-fixes", "--base=smollm2-135m"],
        ["--worktree", "--base=smollm2-135m", "--diff"],
        ["--write-baseline"],
        ["."],
        [".", "--rev=HEAD"],
        ["--discover=.", "--submodules", "--base=smollm2-135m"],
        ["--rev=HEAD", "--config-rev=HEAD^", "--format=github", "--verbose"],
        ["--no-cache", "--verbose"],
    ),
    "files": (
        *(["--stat", state] for state in ("--worktree", "--rev=HEAD")),
        ["--why", MISSING, CORPUS],
        ["--excluded", "--worktree"],
    ),
    "diff": (["HEAD^", "HEAD"], ["HEAD^...HEAD"], ["HEAD^", "--worktree"], ["--format=markdown"]),
    "ignore": (["--all-sources"], ["--check"], ["--dry-run"], ["--remove"]),
    "init": (
        ["--rescaffold", "--base=smollm2-135m"],
        ["--rescaffold", "--base=qwen2.5-coder-1.5b", "--name=other", "--source=src"],
        ["src", "--base=smollm2-135m"],
    ),
    "install": (
        ["--force"],
        ["--drivers", "--shared"],
        ["--drivers", "--hook=pre-push", "--force"],
        ["--configured", "--force"],
    ),
    "uninstall": (["--drivers", "--shared"], ["--force"], ["--global"]),
    "status": (["--drivers"], ["--global"]),
    "config": (["--worktree"], ["--schema"]),
    "rule": (["wrong-base"],),
}


def git_version() -> tuple[int, ...]:
    output = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, output.split()[2].split(".")[:2]))


RUNS_HOOKS = "--run"  # of `status`


def forms(name: str) -> Iterator[list[str]]:
    """Yield command lines of a command: with each of its options, and with several."""
    needed = POSITIONALS.get(name, [])
    yield [name, *needed]
    for action in command_parser(name).actions():
        if action.option_strings and action.option_strings[-1] not in (RUNS_HOOKS, "--help"):
            yield from ([name, *needed, *words] for words in _words(action))
    yield from ([name, *needed, *words] for words in MORE.get(name, ()))


def _words(action: Action) -> Iterator[list[str]]:
    option = action.option_strings[-1]
    choices = [*FORMATS] if action.dest == "format" and not action.choices else action.choices
    if action.nargs == 0:
        yield [option]
    elif option == "-z":
        yield ["-z"]
    else:
        yield from ([f"{option}={value}"] for value in choices or [VALUES[action.dest]])


@pytest.fixture(scope="module")
def armed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repo, Canaries]:
    """A repository whose tree is armed."""
    top = tmp_path_factory.mktemp("armed")
    repo, canaries = new_repo(top / "repo", top / "home"), Canaries(top / "canaries")
    arm_tree(repo, canaries)
    assert canaries.fired() == set()
    return repo, canaries


def copy(armed: tuple[Repo, Canaries], path: Path) -> Repo:
    """Return a copy of the armed repository."""
    shutil.copytree(armed[0].path, path, symlinks=True)
    return Repo(path, environment(path.with_name("home")))


# Each trap is live


_SIGNED = ("git", "-c", "commit.gpgSign=false")
_REBASE = """\
git ls-files -z | xargs -0 git update-index --assume-unchanged
git rebase --interactive HEAD^
"""
LIVE: dict[tuple[str, ...], str] = {
    ("git", "status"): "core.fsmonitor",
    ("git", "add", "data/x.process"): "filter.process.process",
    ("git", "add", *(f"data/x.{kind}" for kind in ("clean", "file", "included", "conditional"))): (
        "filter.clean.clean filter.file.clean filter.included.clean filter.conditional.clean"
        " hook-post-index-change" + (" hook.trap.command" if git_version() >= (2, 54) else "")
    ),
    ("git", "checkout", "data/x.smudge"): "filter.smudge.smudge",
    ("git", "diff", "--no-ext-diff", "data/x.conv"): "diff.conv.textconv",
    ("git", "diff", "data/x.cmd", "data/x.txt"): "diff.cmd.command diff.external",
    ("git", "trap"): "alias.trap",
    ("git", "ls-remote", "ssh"): "core.sshCommand",
    ("git", "ls-remote", "proxy"): "core.gitProxy",
    ("git", "cat-file", "-p", f"HEAD:{MISSING}"): "promisor",
    ("git", "ls-remote", "up"): "remote.up.uploadpack",
    (*_SIGNED, "commit", "--amend", "--allow-empty"): "core.editor hook-pre-commit"
    " hook-prepare-commit-msg hook-commit-msg hook-post-commit hook-reference-transaction",
    ("sh", "-c", _REBASE): "sequence.editor",
    ("git", "commit", "--allow-empty", "--message", "x"): "gpg.program",
    ("git", "archive", "--format=trap", "HEAD", "src"): "tar.trap.command",
    ("git", "interpret-trailers", "README"): "trailer.trap.command",
    ("git", "credential", "fill"): "credential.helper core.askPass",
    ("git", "rev-list", "--alternate-refs"): "core.alternateRefsCommand",
    ("git", "merge-tree", "--write-tree", "ours", "theirs"): "merge.trap.driver",
    ("git", "switch", "--create", "new"): "hook-post-checkout",
    ("git", "push", "--dry-run", "fine", "HEAD^:refs/heads/x"): "hook-pre-push",
}
_PYTHON = sys.executable
LIVE_IN_THE_TREE: dict[str, tuple[str, ...]] = {
    "bare-fsmonitor": (str(shutil.which("git")), "-C", ".dlm", "ls-files"),
    "planted-git": ("git", "status"),
    "planted-dlm-git": ("dlm-git", "check"),
    "planted-python": ("python", "x"),
    "planted-less": ("less", "x"),
    "module-yaml.py": (_PYTHON, "-c", "import yaml"),
    "module-pydantic/__init__.py": (_PYTHON, "-c", "import pydantic"),
    "module-git.py": (_PYTHON, "-c", "import git"),
    "module-ulid.py": (_PYTHON, "-c", "import ulid"),
    "module-tomllib.py": (_PYTHON, "-c", "import tomllib"),
    "module-dlm_git/__init__.py": (_PYTHON, "-m", "dlm_git"),
    "module-encodings/__init__.py": ("/usr/bin/env", "PYTHONPATH=.", _PYTHON, "-c", "pass"),
    "module-sitecustomize.py": (_PYTHON, "-S", "-c", "import sitecustomize"),
    "pth": (_PYTHON, "-c", "import site; site.addsitedir('.')"),
}


@pytest.fixture(scope="module")
def live(armed: tuple[Repo, Canaries], tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A copy of the armed repository with an armed config, for plain Git."""
    repo = copy(armed, tmp_path_factory.mktemp("live") / "repo")
    fine = new_repo(repo.path.with_name("fine"), repo.path.with_name("home"), "--bare").path
    repo.write("README", "x\n\nTrap: y\n")
    for branch, text in (("ours", "one\n"), ("theirs", "two\n")):
        oid = repo.git("hash-object", "-w", "--stdin", data=text.encode())
        index = {"GIT_INDEX_FILE": str(repo.path / ".git/scratch")}
        repo.run("git", "read-tree", "main", env=index)
        repo.run("git", "update-index", "--cacheinfo", f"100644,{oid},src/shop.py", env=index)
        tree = repo.run("git", "write-tree", env=index).out.strip()
        commit = repo.git("commit-tree", "-p", "main", "-m", "x", tree)
        repo.git("update-ref", f"refs/heads/{branch}", commit)
    arm_config(repo, armed[1])
    with (repo.path / ".git/config").open("a") as file:
        file.write(f'[remote "fine"]\n\turl = {fine}\n')
    repo.write(".git/objects/info/alternates", f"{fine}/objects\n")
    armed[1].fired()
    return repo


@pytest.mark.parametrize(("command", "names"), LIVE.items(), ids=LIVE.values())
def test_plain_git_runs_the_traps(
    live: Repo, armed: tuple[Repo, Canaries], tmp_path: Path, command: tuple[str, ...], names: str
) -> None:
    shutil.copytree(live.path, tmp_path / "repo", symlinks=True)
    request = b"protocol=https\nhost=host.invalid\n\n"
    result = Repo(tmp_path / "repo", live.environ).run(*command, data=request, timeout=20)
    assert set(names.split()) <= armed[1].fired(), result


@pytest.mark.parametrize("command", [("log",), ("diff", "HEAD^", "HEAD")], ids=" ".join)
def test_plain_git_runs_a_pager_on_a_terminal(
    live: Repo, armed: tuple[Repo, Canaries], command: tuple[str, ...]
) -> None:
    on_a_terminal(live, "git", *command)
    assert f"pager.{command[0]}" in armed[1].fired()


def on_a_terminal(repo: Repo, *command: str, path: str = "") -> bytes:
    """Return what a command prints on a terminal."""
    environ = {**repo.environ, "PATH": path or repo.environ["PATH"], "TERM": "xterm"}
    own, its = pty.openpty()
    process = subprocess.Popen(command, cwd=repo.path, env=environ, stdout=its, stderr=its)
    os.close(its)
    output = b""
    with suppress(OSError):  # EIO: the other end is closed
        while piece := os.read(own, 1 << 16):
            output += piece
    os.close(own)
    process.wait(60)
    return output


@pytest.mark.parametrize("name", LIVE_IN_THE_TREE)
def test_a_trap_in_the_tree_is_live(armed: tuple[Repo, Canaries], name: str) -> None:
    path = f":{armed[0].environ['PATH']}"
    result = armed[0].run(*LIVE_IN_THE_TREE[name], env={"PATH": path}, timeout=20)
    if "safe.bareRepository" in result.err:
        pytest.skip("git 3.0 trusts no bare repository")
    assert name in armed[1].fired(), result


# No command runs one

PLACES = ("inside", "outside", "inside .dlm")


@pytest.mark.slow
@pytest.mark.parametrize("config", ["hostile tree", "hostile config", "hostile hooks path"])
@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_runs_a_trap(
    armed: tuple[Repo, Canaries],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    name: str,
    config: str,
) -> None:
    repo = copy(armed, tmp_path / "repo")
    if config != "hostile tree":
        arm_config(repo, armed[1], hooks_path=config == "hostile hooks path")
    _enter(monkeypatch, repo)
    commit, zero = repo.git("rev-parse", "HEAD"), "0" * 40
    updates = {
        "pre-push": f"refs/heads/main {commit} refs/heads/main {zero}\n",
        "pre-receive": f"{zero} {commit} refs/heads/main\n",
    }
    armed[1].fired()
    codes = set()
    for number, line in enumerate(forms(name)):
        _stdin(monkeypatch, updates.get(name, "repo\n" if "-z" not in line else "repo\0"))
        place = PLACES[number % 2 if number else 0]
        codes.add(_run(repo, line, place))
        if number == 0:
            _run(repo, line, "inside .dlm")
        assert armed[1].fired() == set(), (line, place)
    done = {0, 1, 2} if (name, config) == ("diff", "hostile config") else {0, 1}
    assert codes & done, capfd.readouterr()  # an object is missing that `diff` needs
    assert codes <= {0, 1, 2}


def _enter(monkeypatch: pytest.MonkeyPatch, repo: Repo) -> None:
    """Give this process the environment of a repository, with a PATH that leads into it."""
    for key in [key for key in os.environ if key.startswith(("GIT_", "PRE_COMMIT"))]:
        monkeypatch.delenv(key)
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("PATH", f":.:bin:{repo.environ['PATH']}")
    monkeypatch.setattr(sys, "argv", [COMMAND])
    monkeypatch.chdir(repo.path)


def _stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def _run(repo: Repo, line: list[str], place: str) -> int:
    match place:
        case "inside":
            os.chdir(repo.path)
            return main(line)
        case "inside .dlm":
            os.chdir(repo.path / ".dlm")
            return main(line)
        case _:
            os.chdir(repo.path.parent)
            return main(["-C", "repo", *line])


PROCESSES: dict[str, list[str]] = {
    **{name: [] for name in COMMANDS if name not in POSITIONALS},
    **POSITIONALS,
    "check": ["."],
    "init": ["--rescaffold", "--base=smollm2-135m"],
    "rule": ["wrong-base"],
}


@pytest.mark.parametrize("name", PROCESSES)
def test_no_program_or_module_of_the_tree_is_run(
    armed: tuple[Repo, Canaries], tmp_path: Path, name: str
) -> None:
    repo = copy(armed, tmp_path / "repo")
    arm_config(repo, armed[1], hooks_path=True)
    armed[1].fired()
    path = f":.:bin:{repo.environ['PATH']}"
    shown = on_a_terminal(repo, COMMAND, name, *PROCESSES[name], path=path)
    assert armed[1].fired() == set()
    assert bool(shown) == (name not in ("pre-push", "merge-driver")), shown
    assert b"this is a bug" not in shown


@pytest.mark.parametrize("hooks_path", [False, True])
def test_the_comment_of_a_job_runs_no_trap(
    armed: tuple[Repo, Canaries], tmp_path: Path, hooks_path: bool
) -> None:
    repo = copy(armed, tmp_path / "repo")
    arm_config(repo, armed[1], hooks_path=hooks_path)
    armed[1].fired()
    env = {
        "PATH": f":.:bin:{repo.environ['PATH']}",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(repo.path),
        "GITHUB_TOKEN": "x",
        "GITHUB_API_URL": "http://127.0.0.1:9",
        "GITHUB_REPOSITORY": "a/b",
        "NUMBER": "1",
        "FORK": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }
    script = str(PROJECT / "share/dlm-git/comment.py")
    result = repo.run(sys.executable, "-I", script, "HEAD^", "HEAD", env=env)
    assert armed[1].fired() == set()
    assert result.code == 0, result
    reason = "no valid answer from the API" if hooks_path else "`dlm-git diff` failed"
    assert f"no comment: {reason}" in result.out, result


def test_only_the_hooks_run_on_request(armed: tuple[Repo, Canaries], tmp_path: Path) -> None:
    repo = copy(armed, tmp_path / "repo")
    arm_config(repo, armed[1], hooks_path=True)
    armed[1].fired()
    repo.run(COMMAND, "status", "--run")
    fired = armed[1].fired()
    assert "hook-pre-commit" in fired
    assert {name.partition("-")[0] for name in fired} == {"hook"}
