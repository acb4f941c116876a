"""Ends work that takes too long, in Python's own code too."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from dlm_git.errors import DlmGitError


class TimeLimitExceeded(BaseException):
    """The time is up: nothing that handles errors may take it for one."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the body run so long and no longer; to be used in the main thread, and not nested.

    Raises CannotCheck when the time is up. What git does by then ends with it (`runner`).
    """
    former = signal.signal(signal.SIGALRM, _elapse)
    # again and again: Python drops what is raised while it collects garbage
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    except TimeLimitExceeded:
        raise DlmGitError(
            f"judging takes longer than the time limit of {seconds:g} s", "push less at once"
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _elapse(*_: object) -> NoReturn:
    raise TimeLimitExceeded


class _StoppedError(BaseException):
    """The time is up, or the user has had enough; nobody on the way is to catch it."""


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _StoppedError


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Ends what is done in it, with the git that it waits for, after some time or at Ctrl-C."""
    signal.signal(signal.SIGALRM, _stop)
    signal.signal(signal.SIGINT, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
