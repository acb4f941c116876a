"""A time limit interrupts Python's own work, and nothing that ends in time."""

from __future__ import annotations

import signal
import time
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


@pytest.mark.parametrize("stop", [False, True])
def test_an_interrupt_ends_the_work_on_request(stop: bool) -> None:
    former = signal.getsignal(signal.SIGINT)
    expected = DlmGitError if stop else KeyboardInterrupt
    with pytest.raises(expected), time_limit(60, "a hint", stop_on_interrupt=stop):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is former
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
