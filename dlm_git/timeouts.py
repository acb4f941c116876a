"""Limit the time and the memory of work, also of work in Python's own code."""

from __future__ import annotations

import errno
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from types import TracebackType
from typing import Any, TypeVar

from dlm_git.errors import DlmGitError

_Result = TypeVar("_Result")
_AGAIN = 0.01
_GRACE = 5.0  # seconds in which a child ends itself before it is killed


class TimeLimitExceeded(BaseException):
    """The time limit has passed, or the user pressed Ctrl-C.

    Not an Exception, so that code which handles errors does not catch it.
    """


class time_limit:  # noqa: N801  (a context manager, used like a function)
    """Limit the time of the body, which runs in the main thread; limits cannot be nested.

    With `stop_on_interrupt`, Ctrl-C ends the body as well. Raises DlmGitError with the hint if the
    limit ends the body. The git processes that the body waits for end with it (`git.process`).
    """

    def __init__(self, seconds: float, hint: str, *, stop_on_interrupt: bool = False) -> None:
        self._seconds, self._hint, self._active = seconds, hint, False
        self._signals = [signal.SIGALRM, *([signal.SIGINT] if stop_on_interrupt else [])]
        self._former_handlers: dict[int, Any] = {}
        self._former_hook = sys.unraisablehook

    def __enter__(self) -> None:
        self._active = True
        self._former_hook, sys.unraisablehook = sys.unraisablehook, self._hide
        for number in self._signals:
            self._former_handlers[number] = signal.signal(number, self._stop)
        # repeated every second: Python drops an exception that is raised during garbage collection
        signal.setitimer(signal.ITIMER_REAL, self._seconds, 1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._active = False  # first, because the signal may come at any time
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._former_hook
        if kind is TimeLimitExceeded:
            raise time_limit_error(self._seconds, self._hint) from None

    def _stop(self, *_: object) -> None:
        if self._active:
            raise TimeLimitExceeded

    def _hide(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Print an error that Python cannot raise; raise that of the time limit again soon."""
        if unraisable.exc_type is not TimeLimitExceeded:
            self._former_hook(unraisable)
        elif self._active:
            signal.setitimer(signal.ITIMER_REAL, _AGAIN, 1)


def time_limit_error(seconds: float, hint: str) -> DlmGitError:
    """Return the error for work that a time limit has ended."""
    return DlmGitError(f"the check exceeds the time limit of {seconds:g} s", hint)


# memory

_memory_limit: int | None = None  # of this process, in bytes
_memory_lock = Lock()


def run_limited(
    work: Callable[[], _Result], *, seconds: float, time_hint: str, memory: int, memory_hint: str
) -> _Result:
    """Run work in a child process, and return its result, which is sent through a pipe.

    seconds: the time that the work may take.
    memory: the bytes of address space that the child may have. Git, which it starts, has no limit.

    Raises what the work raises, and DlmGitError if a limit ends it or if the child dies.
    """
    import pickle  # late: only pre-receive needs it

    _flush_streams()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reader)
            outcome = _limited(work, seconds, time_hint, memory, memory_hint)
            with open(writer, "wb") as pipe:
                pickle.dump(outcome, pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    try:
        data = _receive(reader, time.monotonic() + seconds + _GRACE)
    finally:
        os.close(reader)
        # it has sent everything, or it is not going to
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if data is None:
        raise time_limit_error(seconds, time_hint)
    if not data:
        raise _died(status, memory_hint)
    result, error = pickle.loads(data)  # noqa: S301  (from this program)
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


@contextmanager
def without_memory_limit() -> Iterator[None]:
    """Start a process in the body that does not inherit the memory limit of this one."""
    if _memory_limit is None:
        yield
        return
    with _memory_lock:
        _set_memory_limit(resource.RLIM_INFINITY)
        try:
            yield
        finally:
            _set_memory_limit(_memory_limit)


def _limited(
    work: Callable[[], object], seconds: float, time_hint: str, memory: int, memory_hint: str
) -> tuple[object, BaseException | None]:
    """Return the result of work in this process, or the error that it raises."""
    global _memory_limit
    _memory_limit = memory
    _set_memory_limit(memory)
    try:
        with time_limit(seconds, time_hint):
            result = work()
            _flush_streams()
        return result, None
    except TimeLimitExceeded:
        return None, time_limit_error(seconds, time_hint)
    except BaseException as error:
        if _lacks_memory(error):
            mib = memory >> 20
            message = f"the check exceeds the memory limit of {mib} MiB"
            return None, DlmGitError(message, memory_hint)
        from traceback import format_exception  # late: most checks raise nothing

        error.add_note("".join(format_exception(error)))
        return None, error
    finally:
        _memory_limit = None
        _set_memory_limit(resource.RLIM_INFINITY)


def _lacks_memory(error: BaseException) -> bool:
    """Return whether an error, or one that it handles, says that there is no memory left."""
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and _lacks_memory(cause)


def _set_memory_limit(size: int) -> None:
    """Set the limit of the address space, as far as the system's own limit allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        size = hard if size == resource.RLIM_INFINITY else min(size, hard)
    with suppress(OSError, ValueError, OverflowError):  # macOS does not support it
        resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _receive(descriptor: int, deadline: float) -> bytes | None:
    """Return what a pipe contains up to its end, None if that does not come before a deadline."""
    pieces: list[bytes] = []
    while select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
    return None


def _died(status: int, hint: str) -> DlmGitError:
    code = os.waitstatus_to_exitcode(status)
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return DlmGitError(f"the process that checks the push {how}", f"if it lacks memory: {hint}")
