"""A time limit interrupts Python's own work, and nothing that ends in time."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.timeouts import time_limit


def test_the_time_limit_interrupts_python() -> None:
    def work() -> None:
        while True:
            with suppress(Exception):  # it is no error that code may handle
                sum(range(1000))

    with pytest.raises(DlmGitError) as raised, time_limit(0.05):
        work()
    assert raised.value.message == "judging takes longer than the time limit of 0.05 s"


def test_work_that_ends_in_time_is_not_interrupted() -> None:
    with time_limit(0.05):
        done = sum(range(10))
    time.sleep(0.1)
    assert done == 45
