"""Odd surroundings: the clock jumps, memory is short, a directory is gone, others run at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import Runner, copy, state
from tests.faults.scenarios import SCENARIOS
from tests.support import COMMAND, CORPUS, GOOD, PROJECT, Repo, Result, expect_error, new_repo

pytestmark = pytest.mark.slow
INIT = ("init", "--base", "smollm2-135m", "--dry-run")
LAST_ULID = 281_474_976_710.0  # seconds: in the year 10889


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with Runner(tmp_path_factory.mktemp("runner")) as started:
        yield started


# The clock


@pytest.mark.parametrize("clock", [-1e6, -0.001, LAST_ULID + 1, 1e18])
def test_init_with_a_clock_that_no_id_can_have(runner: Runner, repo: Repo, clock: float) -> None:
    repo.add("a.py")
    expect_error(runner.run(repo, *INIT, clock=clock).result, "the clock is before the year 1970")


@pytest.mark.parametrize("clock", [0.0, 1.0, LAST_ULID])
def test_init_with_an_odd_clock(runner: Runner, repo: Repo, clock: float) -> None:
    repo.add("a.py")
    result = runner.run(repo, "init", "--base", "smollm2-135m", clock=clock).result
    assert (result.code, result.err) == (0, ""), result
    assert runner.run(repo, "check", clock=clock).result.code == 0


@pytest.mark.parametrize("seconds", [0, 1, 4_102_444_800, 253_402_300_800])
def test_a_cached_check_of_files_with_odd_times(
    runner: Runner, corpus_repo: Repo, seconds: int
) -> None:
    files = [corpus_repo.path / name for name in (".git/index", CORPUS, ".git")]

    def set_times() -> None:
        for file in files:
            os.utime(file, (seconds, seconds))

    set_times()
    assert [runner.run(corpus_repo, "check").result.code for _ in range(2)] == [0, 0]
    assert "cache: " in runner.run(corpus_repo, "check", "--verbose").result.err
    corpus_repo.add(CORPUS, GOOD.replace("strict", "other"))
    set_times()
    assert runner.run(corpus_repo, "check").result.code == 1
    corpus_repo.add(CORPUS, GOOD)
    set_times()
    assert runner.run(corpus_repo, "check").result.code == 0


# Directories


@pytest.mark.parametrize("name", ["missing", "a file"])
def test_a_directory_for_temporary_files_that_is_none(
    runner: Runner, corpus_repo: Repo, tmp_path: Path, name: str
) -> None:
    (tmp_path / "a file").touch()
    corpus_repo.add(".gitattributes", "*.png binary\n")
    env = {"TMPDIR": str(tmp_path / name)}
    expected = runner.run(corpus_repo, "check", "--no-cache").result
    assert expected.code == 0
    assert runner.run(corpus_repo, "check", "--no-cache", env=env).result == expected


@pytest.mark.parametrize("command", ["check .", "status --run", "merge-driver a a a 7 a"])
def test_no_directory_for_temporary_files_is_an_error(corpus_repo: Repo, command: str) -> None:
    corpus_repo.write(".git/hooks/pre-commit", "#!/bin/sh\n").chmod(0o755)
    corpus_repo.write("a")
    full = f"trap '' XFSZ; ulimit -f 0; {COMMAND} {command} | cat; exit ${{PIPESTATUS[0]}}"
    result = corpus_repo.run("bash", "-c", full)
    words = ("cannot create a temporary directory: No usable", "/tmp", "set TMPDIR to another one")
    if command == "check .":  # errors are a part of its report
        assert result.code == 2, result
        result = Result(2, "", result.err)
    expect_error(result, *words)


@pytest.mark.parametrize(
    "command",
    [
        *("check", "check .", "check --worktree", "files", "diff", "ignore", "config", "status"),
        *("init --base smollm2-135m", "init .", "install", "install --global", "textconv x"),
        *("uninstall", "pre-push origin url", "merge-driver a b c 7 .dlm/corpus.dlm"),
    ],
)
def test_a_current_directory_that_is_gone(corpus_repo: Repo, command: str) -> None:
    script = f"mkdir gone; cd gone; rmdir ../gone; exec {COMMAND} {command}"
    words = ("the current directory does not exist", "change to another directory")
    expect_error(corpus_repo.run("sh", "-c", script), *words)


# Others at once


@pytest.mark.parametrize("name", ["check", "check --fix", "check --write-baseline", "ignore"])
def test_several_at_once_leave_what_one_leaves(runner: Runner, tmp_path: Path, name: str) -> None:
    repo = new_repo(tmp_path / "repo", tmp_path / "home")
    SCENARIOS[name].prepare(repo)
    alone = copy(repo, tmp_path / "alone")
    expected = runner.run(alone, *SCENARIOS[name].argv, clock=None).result.code
    again = runner.run(alone, *SCENARIOS[name].argv, clock=None).result.code
    command = (COMMAND, *SCENARIOS[name].argv)
    together = [
        subprocess.Popen(command, cwd=repo.path, env=repo.environ, stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    codes = {process.wait() for process in together}
    assert expected in codes
    assert codes <= {expected, again, 2}
    assert state(repo) == state(alone)


# Memory

LIMITED = f"""\
import sys
sys.path.insert(0, {str(PROJECT)!r})
import dlm_git.cli.main as main, resource
pages = int(open("/proc/self/statm").read().split()[0])
size = pages * resource.getpagesize() + int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_AS, (size, resource.RLIM_INFINITY))
main.run()
"""
MIB = 1 << 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc and RLIMIT_AS")
@pytest.mark.parametrize(
    "command", ["check --no-cache", "check", "files", " ".join((*INIT, "--rescaffold"))]
)
def test_too_little_memory_is_an_error(corpus_repo: Repo, command: str) -> None:
    words = command.split()
    for size in (0, MIB // 4, MIB, 2 * MIB, 5 * MIB, 11 * MIB):
        result = corpus_repo.run(sys.executable, "-c", LIMITED, str(size), *words)
        if result.code:
            assert "emory" in expect_error(result), size
    assert size
