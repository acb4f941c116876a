"""A command that is killed at any call that writes loses nothing, and works when it runs again.

It is killed after each call, and in the middle of the data of each write. The functions of
Python are wrapped, which needs neither strace nor the permission to trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.faults import CONFIGS, LEFTOVER, Faulted, Runner, State, key, state
from tests.faults.scenarios import SCENARIOS, Stage
from tests.support import Result

pytestmark = pytest.mark.slow
KILLED = -9
LOCKS = {".git/index.lock", ".git/config.lock"}


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


class Undisturbed:
    """An undisturbed run of a scenario, with the states before and after it."""

    def __init__(self, stage: Stage, name: str, *, named: bool = False) -> None:
        self.name, self._stage, self._named = name, stage, named
        self._repo = stage.repository(name)
        self.before = state(self._repo)
        self.done = self._run()
        assert self.done.result.code in (0, 1), self.done
        self.after = state(self._repo)
        self._changed, self._proven = True, {key(self.before)}

    def run(self, at: int, kind: str | int) -> tuple[Result, State]:
        """Run the command with a fault at a call, and return its result and the state."""
        if self._changed:
            self._repo = self._stage.repository(self.name)
        result = self._run(at, kind).result
        now = state(self._repo)
        self._changed = now != self.before
        return result, now

    def expect_success(self, now: State, place: object) -> None:
        """Expect the result of the undisturbed command from a state in which a fault left it.

        From a state from which it has succeeded already, it succeeds again.
        """
        may_repeat = SCENARIOS[self.name].again or {**now, **self.before} == now
        if not may_repeat or key(now) in self._proven:
            return
        self._proven.add(key(now))
        self._changed = True
        for lock in LOCKS & now.keys():
            self._expect_lock_named(lock, place)
        again = self._run().result
        assert again.code == self.done.result.code, (place, again)
        if "git add" not in self.done.result.out:
            for words in re.findall(r"^  [0-9]+\. (git add .*)$", again.out, re.MULTILINE):
                assert self._repo.run("sh", "-c", words).code == 0
        expect_equal(state(self._repo), self.after, place, named=self._named)

    def _expect_lock_named(self, lock: str, place: object) -> None:
        """Expect an error that names a lock that a killed git has left, and remove it.

        What needs no lock succeeds.
        """
        again = self._run().result
        if again.code != self.done.result.code:
            assert again.code == 2, (place, again)
            assert lock.removesuffix(".lock") in again.err, (place, again)
            assert re.search(
                r"\n  help: .*(that file is gone|has left its '\.lock' file)", again.err
            )
        (self._repo.path / lock).unlink()

    def _run(self, at: int = 0, kind: str | int = "before") -> Faulted:
        argv = SCENARIOS[self.name].argv
        return self._stage.runner.run(self._repo, *argv, at=at, kind=kind, named=self._named)


# as on a file system that has no files without a name
NAMED = ("ignore", "check --fix", "check --output")


@pytest.mark.parametrize(
    ("name", "named"),
    [(name, named) for names, named in ((SCENARIOS, False), (NAMED, True)) for name in names],
)
def test_a_killed_command(stage: Stage, name: str, named: bool) -> None:
    command = Undisturbed(stage, name, named=named)
    assert command.before != command.after
    for at, kind in places(command.done.calls):
        place = (at, kind, command.done.calls[at - 1])
        killed, now = command.run(at, kind)
        assert killed.code == KILLED, (place, killed)
        expect_whole(now, command.before, command.after, place)
        command.expect_success(now, place)
