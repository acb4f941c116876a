"""A command that is killed at any call that writes loses nothing, and works when it runs again.

It is killed after each call, and in the middle of the data of each write. The functions of
Python are wrapped, which needs neither strace nor the permission to trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults import CONFIGS, LEFTOVER, Faulted, Runner, State, state
from tests.faults.scenarios import SCENARIOS, Stage
from tests.support import Repo

pytestmark = pytest.mark.slow
KILLED = -9


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("killed")
    with Runner(directory) as runner:
        yield Stage(directory, runner)


def places(calls: tuple[str, ...]) -> list[tuple[int, str]]:
    """Return where to kill a command: number of the call, and the kind of fault.

    A kill before a call is one after the call before it.
    """
    passed = ("posix_spawn", "fsync")  # the former only read, the latter changes nothing
    writing = [number for number, name in enumerate(calls, start=1) if name not in passed]
    halves = [number for number in writing if calls[number - 1] == "write"]
    after, half = [(number, "after") for number in writing], [(number, "half") for number in halves]
    return [(writing[0], "before"), *half, *after]


def expect_whole(now: State, before: State, after: State, place: object) -> None:
    """Expect the old or the new content of every file, and nothing else but leftovers."""
    for path in now.keys() | before.keys() | after.keys():
        if path == "the index" or LEFTOVER.fullmatch(path):
            continue
        allowed = (before.get(path), after.get(path))
        if path in CONFIGS:  # git sets one key after the other
            expect_old_or_new_lines(now, before, after, path)
        else:
            assert now.get(path) in allowed, (place, path, now.get(path))
    rows = {row for found in (before, after) for row in found["the index"][1].splitlines()}
    assert set(now["the index"][1].splitlines()) <= rows, place


def expect_old_or_new_lines(now: State, before: State, after: State, path: str) -> None:
    found, old, new = (set(entries[path][1].splitlines()) for entries in (now, before, after))
    assert old & new <= found <= old | new


def expect_equal(now: State, after: State, place: object, *, named: bool) -> None:
    """Expect the result of an undisturbed command.

    named: whether a temporary file may be left beside a file that needed no second write.
    """
    different = {path for path in now.keys() | after.keys() if now.get(path) != after.get(path)}
    different = {path for path in different if not (named and LEFTOVER.fullmatch(path))}
    assert not different, (place, different)


def undisturbed(stage: Stage, name: str, *, named: bool) -> tuple[State, State, Faulted]:
    repo = stage.repository(name)
    before = state(repo)
    done = stage.runner.run(repo, *SCENARIOS[name].argv, named=named)
    assert done.result.code in (0, 1), done
    return before, state(repo), done


def run_again(stage: Stage, name: str, repo: Repo, expected: Faulted, *, named: bool) -> State:
    """Run a command once more, and the `git add` that it asks for; return the state."""
    again = stage.runner.run(repo, *SCENARIOS[name].argv, named=named)
    assert again.result.code == expected.result.code, again
    if "git add" not in expected.result.out:
        for words in re.findall(r"^  [0-9]+\. (git add .*)$", again.result.out, re.MULTILINE):
            assert repo.run("sh", "-c", words).code == 0
    return state(repo)


# as on a file system that has no files without a name
NAMED = ("init", "check --fix", "check --output", "install over old hooks", "install --drivers")


@pytest.mark.parametrize(
    ("name", "named"),
    [(name, named) for names, named in ((SCENARIOS, False), (NAMED, True)) for name in names],
)
def test_a_killed_command(stage: Stage, name: str, named: bool) -> None:
    before, after, done = undisturbed(stage, name, named=named)
    assert before != after
    for at, kind in places(done.calls):
        place = (at, kind, done.calls[at - 1])
        repo = stage.repository(name)
        killed = stage.runner.run(repo, *SCENARIOS[name].argv, at=at, kind=kind, named=named)
        assert killed.result.code == KILLED, (place, killed)
        now = state(repo)
        expect_whole(now, before, after, place)
        changed = any(now.get(path) != entry for path, entry in before.items())
        if SCENARIOS[name].again or not changed:
            expect_equal(run_again(stage, name, repo, done, named=named), after, place, named=named)
