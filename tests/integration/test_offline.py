"""The whole way of a document, from `init` to the server, opens no connection and runs only git.

Once in a network namespace without any interface, and once with Python's own audit events.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import COMMAND, CORPUS, Repo, expect_clean, git_with, new_repo, on_git

# `dlm-git` in a Python that refuses connections, and programs other than git
_GUARDED = """\
#!{python} -I
import os, sys
def guard(event, arguments):
    program = arguments[0] if event in ("os.posix_spawn", "subprocess.Popen", "os.exec") else "git"
    other = os.path.basename(os.fsdecode(program or arguments[1][0])) not in ("git", "true")
    if other or event.startswith(("socket.", "urllib.", "ftplib.", "http.", "os.system", "pty.")):
        with open({log!r}, "a") as file:
            file.write(f"{{event}} {{arguments}}\\n")
        raise PermissionError(event)
sys.addaudithook(guard)
from dlm_git.cli.main import run
run()
"""


@functools.cache
def _unshare() -> list[str]:
    """Return a command that runs another without a network, [] if the system has none."""
    for command in (["unshare", "-n"], ["unshare", "-r", "-n"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            return []
    return []


def _guarded(directory: Path, body: str = "") -> Path:
    directory.mkdir()
    text = _GUARDED.format(python=sys.executable, log=str(directory / "log"))
    program = directory / "dlm-git"
    program.write_text(text.replace("run()\n", f"{body}run()\n"))
    program.chmod(0o755)
    return program


def _end_to_end(repo: Repo, server: Repo, program: str, prefix: list[str]) -> None:
    def run(*command: str, data: str = "") -> str:
        return expect_clean(repo.run(*prefix, *command, data=data.encode()))

    run(program, "init", "--base=qwen2.5-coder-1.5b")
    run(program, "install", "--drivers", "--hook=pre-commit", "--hook=pre-push")
    repo.git("add", "--all")
    run("git", "commit", "--quiet", "--message", "the document")
    for state in ([], ["--rev=HEAD"], ["--worktree"], ["."], [".", "--rev=HEAD"]):
        run(program, "check", "--no-cache", *state)
    run(program, "check", "--discover", ".")
    run(program, "files", "--stat")
    run(program, "diff", "HEAD", "--worktree")
    run(program, "ignore", "--check")
    for command in ("config", "bases", "rule", "status"):
        repo.run(*prefix, program, command)
    assert repo.run(*prefix, program, "doctor").code in (0, 1)
    hook = server.write("hooks/pre-receive", f"#!/bin/sh\nexec '{program}' pre-receive\n")
    hook.chmod(0o755)
    pushed = repo.run(*prefix, "git", "push", "--quiet", str(server.path), "main")
    assert pushed.code == 0, pushed
    (repo.path / CORPUS).unlink()
    repo.git("add", "--all")
    refused = repo.run(*prefix, "git", "commit", "--message", "x")
    assert (refused.code, "missing-corpus" in refused.err + refused.out) == (1, True), refused


@pytest.fixture
def places(repo: Repo, tmp_path: Path) -> tuple[Repo, Repo]:
    """A repository with files, and an empty bare one."""
    repo.add("src/shop.py", "print('shop')\n")
    repo.add(".gitignore", "*.log\n")
    repo.commit("files")
    return repo, new_repo(tmp_path / "server/x.git", tmp_path / "home", "--bare")


def test_end_to_end_without_a_network(places: tuple[Repo, Repo]) -> None:
    if not _unshare():
        pytest.skip("needs `unshare -n`, as root or with user namespaces")
    _end_to_end(*places, COMMAND, _unshare())


def test_end_to_end_nothing_connects_and_only_git_runs(
    places: tuple[Repo, Repo], tmp_path: Path
) -> None:
    program = _guarded(tmp_path / "guarded")
    _end_to_end(*places, str(program), [])
    assert not (program.parent / "log").exists(), (program.parent / "log").read_text()


@pytest.mark.parametrize(
    "command", ["check --no-cache", "init --rescaffold --base smollm2-135m", "status --run"]
)
def test_no_git_fetches_missing_objects(corpus_repo: Repo, tmp_path: Path, command: str) -> None:
    """Older versions of git than 2.44 obey the list of allowed protocols alone."""
    corpus_repo.write(".git/hooks/pre-commit", "#!/bin/sh\ngit status\n").chmod(0o755)
    log = tmp_path / "log"
    fake = git_with(tmp_path / "fake", f'echo "$GIT_NO_LAZY_FETCH $*" >>{log}')
    assert on_git(corpus_repo, fake).run(COMMAND, *command.split()).code in (0, 1)
    calls = [call for call in log.read_text().splitlines() if call != " version"]  # of GitPython
    assert len(calls) > 2
    assert not [call for call in calls if not call.startswith("1 ")]


@pytest.mark.parametrize(
    "body",
    [
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['sh', '-c', 'exit'])",
        "os.system('exit')",
        "os.posix_spawn('/bin/sh', ['sh', '-c', 'exit'], {})",
    ],
)
def test_the_guard_refuses_connections_and_programs(
    corpus_repo: Repo, tmp_path: Path, body: str
) -> None:
    program = _guarded(tmp_path / "guarded", f"{body}\n")
    assert corpus_repo.run(str(program), "check").code == 1
    assert (program.parent / "log").exists()


def test_a_namespace_has_no_network() -> None:
    if not _unshare():
        pytest.skip("needs `unshare -n`, as root or with user namespaces")
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    done = subprocess.run(
        [*_unshare(), sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "Network is unreachable" in done.stderr
