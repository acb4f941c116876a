"""A git that dies, or prints too little, in a command that writes: at any of its calls.

The command ends with exit 2 and its own message, or with its result. Every file has the old or the
new content, only a git that is killed while it holds a lock leaves it, and the command succeeds
when it runs again without the lock.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.faults import Runner, State
from tests.faults.scenarios import Stage
from tests.integration.test_dying_git import FAULTS, is_explained
from tests.integration.test_killed import LOCKS, Undisturbed, expect_whole
from tests.support import COMMAND, CORPUS, GOOD, Repo, Result

pytestmark = pytest.mark.slow
SCENARIOS = (
    *("init", "init --rescaffold", "check --fix", "ignore", "install", "install --configured"),
    *("install --drivers --shared", "uninstall", "uninstall --configured", "uninstall --drivers"),
    *("merge-driver with conflicts",),
)
# what a git that writes does instead; $git is the real one
WRITING = {
    "fails": FAULTS["fails"],
    "is killed before": "kill -9 $$",
    "is killed after": '$git "$@"; kill -9 $$',
    "is killed at its first byte": 'ulimit -f 0; exec $git "$@"',
    "is killed after 512 bytes": 'ulimit -f 1; exec $git "$@"',
}
LOCKING = ("is killed at its first byte", "is killed after 512 bytes")
# the system calls that write, each in the forms that systems have; strace counts each form
CALLS = ("write", "mkdir mkdirat", "link linkat", "rename renameat renameat2", "unlink unlinkat")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("dying")
    with Runner(directory) as runner:
        yield Stage(directory, runner)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The programs that replace git, by what they do."""
    directory = tmp_path_factory.mktemp("programs")
    faults = {**FAULTS, **WRITING}
    return {fault: program(directory / fault.replace(" ", "-"), faults[fault]) for fault in faults}


def program(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\ngit=$1; shift\n{script}\n")
    path.chmod(0o755)
    return str(path)


def places(calls: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield each call of git with one fault, and the first and last that write with all."""
    writes = [at for at, call in enumerate(calls, start=1) if call == "Popen"]
    for at, call in enumerate(calls, start=1):
        if at in (*writes[:1], *writes[-1:]):
            yield from ((at, fault) for fault in WRITING)
        elif call in ("posix_spawn", "Popen"):
            faults = [*(WRITING if at in writes else FAULTS)]
            yield at, faults[at % len(faults)]


def expect_recovery(command: Undisturbed, place: object, result: Result, now: State) -> None:
    """Expect the result of the undisturbed command, or an error after which it succeeds."""
    expect_whole(now, command.before, command.after, place)
    if result == command.done.result:
        assert now == command.after, place
        return
    if result.code == 2:
        assert is_explained(result), (place, result)
        assert not re.search(r'says ""|could not lock', result.err), (place, result)
        if "uninstall" not in command.name and not LOCKS & now.keys():
            assert now in (command.before, command.after), (place, result)
    else:  # `init` has staged the document before
        assert ".gitignore was not translated: " in result.out, (place, result)
        assert result.code == command.done.result.code, (place, result)
    command.expect_success(now, place)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_git_that_goes_wrong(stage: Stage, programs: Mapping[str, str], name: str) -> None:
    command = Undisturbed(stage, name)
    for at, fault in places(command.done.calls):
        result, now = command.run(at, programs[fault])
        assert not LOCKS & now.keys() or fault in LOCKING, (at, fault)
        if result.code == 2 and fault.startswith("is killed"):
            assert "was killed by signal" in result.err, (at, fault, result)
        expect_recovery(command, (at, fault), result, now)


# the first git that writes is in turn `add`, `config --replace-all` and `config --remove-section`
@pytest.mark.parametrize("name", ["init", "install --configured", "uninstall --drivers"])
def test_a_git_that_is_killed_at_a_system_call(stage: Stage, tmp_path: Path, name: str) -> None:
    if not _can_trace():
        pytest.skip("needs strace, and the permission to trace")
    command, left = Undisturbed(stage, name), set()
    at, killed = command.done.calls.index("Popen") + 1, 0
    for forms in CALLS:
        for number in itertools.count(1):
            traced = f'exec {shlex.join(_killing(forms, number))} $git "$@"'
            result, now = command.run(at, program(tmp_path / "traced", traced))
            expect_recovery(command, (forms, number), result, now)
            if result == command.done.result:
                break
            left |= LOCKS & now.keys()
            killed += 1
    assert killed > 2
    assert left


def _killing(forms: str, number: int) -> list[str]:
    """Return the words before a command that kill it at a system call of a number."""
    calls = ",".join(f"?{form}" for form in forms.split())
    return ["strace", "-f", "-qqo/dev/null", "-e", f"inject={calls}:signal=KILL:when={number}"]


@functools.cache
def _can_trace() -> bool:
    """Return whether strace can kill a process."""
    command = (*_killing("mkdir mkdirat", 1), "mkdir", os.devnull)
    return bool(shutil.which("strace")) and subprocess.run(command, check=False).returncode == -9


OURS = GOOD.replace('"."', '"."\n      max_files: 7')
THEIRS = GOOD.replace('["**/*"]', '["**/*"]\n      exclude: ["b"]')
MERGED = OURS.replace('["**/*"]', '["**/*"]\n      exclude: ["b"]')


def test_a_merge_of_git_that_is_killed_leaves_a_whole_document(corpus_repo: Repo) -> None:
    repo, number = corpus_repo, corpus_repo.path / ".git/number"
    assert repo.run(COMMAND, "install", "--drivers").code == 0
    repo.git("branch", "theirs")
    for branch, text in (("theirs", THEIRS), ("main", OURS)):  # which only dlm-git merges
        repo.git("switch", "--quiet", branch)
        repo.add(CORPUS, text)
        repo.commit(branch)
    merge = ("sh", "-c", f"echo $$ >{number}; exec git merge --quiet --no-edit theirs")
    driver = repo.git("config", "merge.dlm-git.driver")
    git_dies, driver_dies = f"kill -9 $(cat {number})", "kill -9 $$"
    for killing in (git_dies, f"{driver}; {git_dies}", driver_dies, f"{driver}; {driver_dies}"):
        repo.git("config", "merge.dlm-git.driver", killing)
        merged, content = repo.run(*merge), (repo.path / CORPUS).read_text()
        assert merged.code == -9 if git_dies in killing else merged.code > 0, (killing, merged)
        assert content in ((OURS,) if git_dies in killing else (OURS, MERGED)), killing
        assert repo.check("--rev", "HEAD").code == 0
        (repo.path / ".git/index.lock").unlink(missing_ok=True)
        repo.git("reset", "--quiet", "--merge")
    repo.git("config", "merge.dlm-git.driver", driver)
    assert repo.run(*merge).code == 0
    assert (repo.path / CORPUS).read_text() == MERGED
