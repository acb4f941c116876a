"""Limits of time and memory end Python's own work, and nothing that keeps to them."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from opcode import opmap
from pathlib import Path
from threading import Thread
from types import CodeType, FrameType
from typing import Any

import pytest

from dlm_git import limits
from dlm_git.cli import main
from dlm_git.errors import DlmGitError
from dlm_git.git import process
from dlm_git.limits import limit_time, run_limited
from dlm_git.memory_limit import without_memory_limit


def work() -> None:
    while True:
        with suppress(Exception):  # the limit is not an error that code may handle
            sum(range(1000))


def test_the_time_limit_interrupts_python() -> None:
    with pytest.raises(DlmGitError) as raised:
        limit_time(work, seconds=0.05, hint="a hint")
    assert raised.value.message == "the check exceeds the time limit of 0.05 s"
    assert raised.value.hint == "a hint"


def test_work_that_ends_in_time_is_not_interrupted() -> None:
    assert limit_time(lambda: sum(range(10)), seconds=0.05, hint="a hint") == 45
    time.sleep(0.1)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Python's own handler of SIGINT, which a process in the background does not have."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("stop", [False, True])
def test_an_interrupt_ends_the_work_on_request(stop: bool) -> None:
    expected = DlmGitError if stop else KeyboardInterrupt
    with pytest.raises(expected):
        limit_time(
            lambda: signal.raise_signal(signal.SIGINT),
            seconds=60,
            hint="a hint",
            stop_on_interrupt=stop,
        )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


class Slow:
    """An object that takes a while to free, in which Python drops what a signal raises."""

    def __del__(self) -> None:
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            pass


def test_a_limit_that_passes_while_memory_is_freed_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def free() -> None:
        for _ in range(100):
            Slow()
            sum(range(2_000_000))

    hook = sys.unraisablehook
    with pytest.raises(DlmGitError, match=r"exceeds the time limit of 0\.05 s"):
        limit_time(free, seconds=0.05, hint="a hint")
    assert capsys.readouterr().err == ""
    assert sys.unraisablehook is hook


def test_other_errors_that_cannot_be_raised_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError("of a destructor")

    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    limit_time(lambda: Broken() and None, seconds=60, hint="a hint")
    assert "of a destructor" in capsys.readouterr().err


def interrupted_at(number: int, code: Iterable[CodeType], signals: Sequence[int]) -> Any:
    """Return a trace function that sends signals at an instruction of some functions."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_code not in code:
            return None
        frame.f_trace_opcodes = True
        # Python handles no signal at a NOP, which `try` is
        opcode = event == "opcode" and frame.f_code.co_code[frame.f_lasti] != opmap["NOP"]
        count += opcode
        handled = signal.getsignal(signal.SIGALRM) not in (signal.SIG_DFL, None)
        if opcode and count == number and handled:
            for each in signals:
                signal.raise_signal(each)
        return trace

    return trace


def interruptions(
    work: Callable[[], object], code: Iterable[CodeType], check: Callable[[int], None]
) -> int:
    """Interrupt work at each instruction of some functions, and return how many there are.

    check: is called with the number of the instruction after each interruption.
    """
    number, interrupted = 0, True
    tracing = sys.gettrace()  # that of coverage
    while interrupted:
        number += 1
        sys.settrace(interrupted_at(number, code, [signal.SIGALRM]))
        try:
            limit_time(work, seconds=60, hint="")
            interrupted = False
        except DlmGitError:
            pass
        finally:
            sys.settrace(tracing)
        check(number)
    return number


ALARM = limits._Alarm
INSTRUCTIONS = {
    function.__code__
    for function in (limit_time, ALARM.__init__, ALARM.start, ALARM.stop, ALARM._raise)
}


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("signals", [[signal.SIGALRM], [signal.SIGALRM, signal.SIGINT]])
@pytest.mark.parametrize("fails", [False, True])
def test_a_signal_at_any_instruction_is_the_error_of_the_limit(
    signals: Sequence[int], fails: bool
) -> None:
    def fail() -> int:
        raise ValueError

    before = signal.getsignal(signal.SIGALRM), sys.unraisablehook
    tracing = sys.gettrace()  # that of coverage
    endings: set[object] = set()
    for number in range(1, 400):
        sys.settrace(interrupted_at(number, INSTRUCTIONS, signals))
        try:
            work = fail if fails else lambda: 45
            ending: object = limit_time(work, seconds=60, hint="a hint", stop_on_interrupt=True)
        except (DlmGitError, ValueError) as error:
            ending = type(error)
        finally:
            sys.settrace(tracing)
        endings.add(ending)
        assert (signal.getsignal(signal.SIGALRM), sys.unraisablehook) == before
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert endings == {ValueError if fails else 45, DlmGitError}


@pytest.mark.parametrize("place", ["destructor", "callback", "handler of errors"])
def test_an_exception_of_the_limit_that_is_dropped_is_repeated(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limits, "_PAUSE", 0.1)

    class Freed:
        def __del__(self) -> None:
            if place == "destructor":
                signal.raise_signal(signal.SIGALRM)

    def drop() -> None:
        freed = Freed()
        called = weakref.ref(freed, lambda _: signal.raise_signal(signal.SIGALRM))
        if place != "callback":
            del called
        del freed
        if place == "handler of errors":
            with suppress(BaseException):
                signal.raise_signal(signal.SIGALRM)
        work()

    with pytest.raises(DlmGitError, match=r"exceeds the time limit of 0\.1 s"):
        limit_time(drop, seconds=0.1, hint="a hint")
    assert capsys.readouterr().err == ""


def test_limits_are_not_nested() -> None:
    def nest() -> None:
        limit_time(work, seconds=60, hint="inner")

    with pytest.raises(RuntimeError, match="cannot be nested"):
        limit_time(nest, seconds=60, hint="outer")


def test_a_signal_that_another_thread_receives_ends_the_work() -> None:
    def send() -> None:
        thread = Thread(target=signal.raise_signal, args=[signal.SIGALRM])
        thread.start()
        work()

    with pytest.raises(DlmGitError, match="exceeds the time limit of 60 s"):
        limit_time(send, seconds=60, hint="a hint")


LIMITS = {"time_hint": "raise the time", "memory_hint": "raise the memory", "memory": 1 << 30}


def limited(work: Callable[[], object], seconds: float = 60.0, **limits: Any) -> object:
    return run_limited(work, seconds=seconds, **{**LIMITS, **limits})


def test_work_in_a_child_has_a_result() -> None:
    parent = os.getpid()
    child = limited(os.getpid)
    assert child != parent
    assert limited(lambda: {"a": [1]}) == {"a": [1]}


def test_an_error_in_a_child_is_raised() -> None:
    def fail() -> None:
        raise DlmGitError("a problem", "a hint")

    with pytest.raises(DlmGitError) as raised:
        limited(fail)
    assert (raised.value.message, raised.value.hint) == ("a problem", "a hint")


def test_a_bug_in_a_child_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        limited(lambda: 1 // 0)
    assert "in <lambda>" in raised.value.__notes__[0]


def test_too_much_memory_ends_a_child() -> None:
    with pytest.raises(DlmGitError) as raised:
        limited(lambda: b"x" * (2 << 30))
    assert raised.value.message == "the check exceeds the memory limit of 1024 MiB"
    assert raised.value.hint == "raise the memory"
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_a_library_that_does_not_fit_into_the_memory_is_named_by_the_limit() -> None:
    def load() -> None:
        raise ImportError("libz.so.1: failed to map segment from shared object")

    def lack() -> None:
        raise ImportError("libz.so.1: cannot open shared object file: No such file or directory")

    with pytest.raises(DlmGitError, match="the check exceeds the memory limit of 1024 MiB"):
        limited(load)
    with pytest.raises(ImportError, match="cannot open"):
        limited(lack)


def test_too_much_time_ends_a_child() -> None:
    with pytest.raises(DlmGitError) as raised:
        limited(work, 0.05)
    assert raised.value.message == "the check exceeds the time limit of 0.05 s"
    assert raised.value.hint == "raise the time"


def test_a_child_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_GRACE", 0.1)

    def ignore() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        work()

    with pytest.raises(DlmGitError) as raised:
        limited(ignore, 0.05)
    assert raised.value.message == "the check exceeds the time limit of 0.05 s"


@pytest.mark.parametrize("size", [0, 1, 50])
def test_half_a_result_is_an_error(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    pickled = pickle.dumps((b"x" * 100, None))[:size]
    monkeypatch.setattr(pickle, "dumps", lambda _: pickled)
    with pytest.raises(DlmGitError, match="the process that checks the push"):
        limited(lambda: None)


def test_memory_that_is_lacking_while_an_error_is_reported_ends_a_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(limits, "lacks_memory", lacking)
    with pytest.raises(DlmGitError) as raised:
        limited(lambda: 1 // 0)
    assert raised.value.message == "the process that checks the push ended with exit code 1"


@pytest.mark.parametrize(
    ("end", "how"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed by signal 9"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "was killed by signal 15"),
        (lambda: os._exit(7), "ended with exit code 7"),
        (lambda: lambda: None, "ended with exit code 1"),  # a result that cannot be sent
    ],
    ids=["killed", "terminated", "exit", "result"],
)
def test_the_death_of_a_child_is_an_error(end: Callable[[], object], how: str) -> None:
    with pytest.raises(DlmGitError) as raised:
        limited(end)
    assert raised.value.message == f"the process that checks the push {how}"
    assert raised.value.hint == "if it lacks memory: raise the memory"


def test_a_process_that_a_child_starts_has_no_limit() -> None:
    def limits() -> list[str]:
        git = process.Git("/bin/sh", "", dict(os.environ), options=("-c", "ulimit -v"))
        assert git.output("x") == b"unlimited\n"
        command = ["sh", "-c", "ulimit -v"]
        with without_memory_limit():
            free = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        own = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [free.strip(), own.strip()]

    assert limited(limits) == ["unlimited", str((1 << 30) // 1024)]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("kill -9 $$", "`git ls-files` failed: it was killed by signal 9"),
        ("kill -11 $$", "`git ls-files` failed: it was killed by signal 11"),
        ("sleep 100", "`git ls-files` takes longer than 1 seconds"),
    ],
    ids=["killed", "crashed", "slow"],
)
@pytest.mark.parametrize("how", ["run", "list_rows"])
def test_a_killed_git_is_not_called_slow(
    tmp_path: Path, how: str, script: str, message: str
) -> None:
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    git = process.Git(str(program), str(tmp_path), dict(os.environ), options=(), time_limit=1.0)
    with pytest.raises(DlmGitError) as raised:
        getattr(git, how)("--no-pager", "ls-files")
    assert raised.value.message == message
    assert ("memory" in raised.value.hint) == ("-9" in script)


def test_a_check_that_lacks_memory_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def lacking(*_: object) -> None:
        raise ValueError from MemoryError()

    monkeypatch.setattr(main, "_run", lacking)
    assert main.main(["check"]) == 2
    assert capfd.readouterr().err.startswith("dlm-git: the process ran out of memory\n  help: ")
