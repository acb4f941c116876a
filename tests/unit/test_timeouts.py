"""A time limit interrupts Python's own work, and nothing that ends in time."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.timeouts import time_limit


def work() -> None:
    while True:
        with suppress(Exception):  # the limit is not an error that code may handle
            sum(range(1000))


def test_the_time_limit_interrupts_python() -> None:
    with pytest.raises(DlmGitError) as raised, time_limit(0.05, "a hint"):
        work()
    assert raised.value.message == "the check exceeds the time limit of 0.05 s"
    assert raised.value.hint == "a hint"


def test_work_that_ends_in_time_is_not_interrupted() -> None:
    with time_limit(0.05, "a hint"):
        result = sum(range(10))
    time.sleep(0.1)
    assert result == 45


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
    with pytest.raises(expected), time_limit(60, "a hint", stop_on_interrupt=stop):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
