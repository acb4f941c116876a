"""End work that takes too long, also work in Python's own code."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from dlm_git.errors import DlmGitError


class TimeLimitExceeded(BaseException):
    """The time limit has passed, or the user pressed Ctrl-C.

    Not an Exception, so that code which handles errors does not catch it.
    """


@contextmanager
def time_limit(seconds: float, hint: str, *, stop_on_interrupt: bool = False) -> Iterator[None]:
    """Limit the time of the body, which runs in the main thread; limits cannot be nested.

    With `stop_on_interrupt`, Ctrl-C ends the body as well. Raises DlmGitError with the hint if the
    limit ends the body. The git processes that the body waits for end with it (`git.process`).
    """
    active = True

    def stop(*_: object) -> None:
        if active:
            raise TimeLimitExceeded

    signals = [signal.SIGALRM, *([signal.SIGINT] if stop_on_interrupt else [])]
    former_handlers = {number: signal.signal(number, stop) for number in signals}
    # repeated every second: Python drops an exception that is raised during garbage collection
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    except TimeLimitExceeded:
        raise DlmGitError(f"the check exceeds the time limit of {seconds:g} s", hint) from None
    finally:
        active = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in former_handlers.items():
            signal.signal(number, handler)
