"""Limit the time and the memory of work, also of work in Python's own code."""

from __future__ import annotations

import errno
import os
import select
import sys
import time
from collections.abc import Callable

from dlm_git.errors import DlmGitError
from dlm_git.memory_limit import memory_limited

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import TypeVar

    _Result = TypeVar("_Result")
else:
    import _signal as signal  # without enums, whose conversion takes longer than the calls

_PAUSE = 1.0  # seconds between two signals; in half of them a signal does not raise again
_AGAIN = 0.01  # seconds after which to repeat an exception that Python has dropped
_GRACE = 5.0  # seconds in which a child ends itself before it is killed


class TimeLimitExceeded(BaseException):
    """The time limit has passed, or the user pressed Ctrl-C.

    Not an Exception, so that code which handles errors does not catch it.
    """


def limit_time(
    work: Callable[[], _Result],
    *,
    seconds: float,
    hint: str,
    stop_on_interrupt: bool = False,
    subject: str = "the check",
) -> _Result:
    """Return the result of work, which runs in the main thread; limits cannot be nested.

    With `stop_on_interrupt`, Ctrl-C ends the work as well. Raises DlmGitError with the hint if the
    limit ends the work. The git processes that it waits for end with it (`git.process`).
    """
    alarm = _Alarm(stop_on_interrupt=stop_on_interrupt)
    try:  # around the alarm itself, because the signal may come at any time
        alarm.start(seconds)
        try:
            return work()
        finally:
            alarm.stop()
    except TimeLimitExceeded:
        alarm.stop()  # the next signal raises only after _PAUSE
        raise _time_limit_error(seconds, hint, subject) from None


class _Alarm:
    """A timer, and the handlers of the signals that end the work."""

    def __init__(self, *, stop_on_interrupt: bool) -> None:
        if signal.getitimer(signal.ITIMER_REAL)[0]:
            raise RuntimeError("time limits cannot be nested")
        self._active, self._earliest = True, 0.0
        numbers = [signal.SIGALRM, *([signal.SIGINT] if stop_on_interrupt else [])]
        self._former_handlers = {number: signal.getsignal(number) for number in numbers}
        self._former_hook = sys.unraisablehook

    def start(self, seconds: float) -> None:
        sys.unraisablehook = self._hide
        for number in self._former_handlers:
            signal.signal(number, self._raise)
        # repeated, because Python drops an exception that is raised while memory is freed
        signal.setitimer(signal.ITIMER_REAL, seconds, _PAUSE)

    def stop(self) -> None:
        """Restore timer, handlers and hook; calling it twice does no harm."""
        self._active = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._former_handlers.items():
            signal.signal(number, handler)
        sys.unraisablehook = self._former_hook

    def _raise(self, *_: object) -> None:
        now = time.monotonic()
        if self._active and now >= self._earliest:
            self._earliest = now + _PAUSE / 2
            raise TimeLimitExceeded

    def _hide(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Print an error that Python cannot raise; raise that of the time limit again soon."""
        if unraisable.exc_type is not TimeLimitExceeded:
            self._former_hook(unraisable)
        elif self._active:
            self._earliest = 0.0
            signal.setitimer(signal.ITIMER_REAL, _AGAIN, _PAUSE)


def _time_limit_error(seconds: float, hint: str, subject: str = "the check") -> DlmGitError:
    """Return the error for work that a time limit has ended."""
    return DlmGitError(f"{subject} exceeds the time limit of {seconds:g} s", hint)


# memory


def run_limited(
    work: Callable[[], _Result], *, seconds: float, time_hint: str, memory: int, memory_hint: str
) -> _Result:
    """Run work in a child process, and return its result, which is sent through a pipe.

    seconds: the time that the work may take.
    memory: the bytes of address space that the child may have. Git, which it starts, has no limit.

    Raises what the work raises, and DlmGitError if a limit ends it or if the child dies.
    """
    import pickle  # late: only pre-receive needs it

    child, reader = _fork(
        lambda: pickle.dumps(_outcome(work, seconds, time_hint, memory, memory_hint))
    )
    data = None
    try:
        data = _receive(reader, time.monotonic() + seconds + _GRACE)
    finally:
        os.close(reader)
        if data is None:  # else it has sent everything, and ends by itself
            os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
    if data is None:
        raise _time_limit_error(seconds, time_hint)
    try:
        result, error = pickle.loads(data)  # noqa: S301  (from this program)
    except (EOFError, pickle.UnpicklingError):  # the child died before it had sent everything
        raise _died(status, memory_hint) from None
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _fork(work: Callable[[], bytes]) -> tuple[int, int]:
    """Start a child process; return its id, and the pipe to which it writes the result of work."""
    _flush_streams()
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    code = 1
    try:
        os.close(reader)
        data = work()
        with open(writer, "wb") as pipe:
            pipe.write(data)
        code = 0
    finally:
        os._exit(code)


def _outcome(
    work: Callable[[], object], seconds: float, time_hint: str, memory: int, memory_hint: str
) -> tuple[object, BaseException | None]:
    """Return the result of work in this process, or the error that it raises."""

    def flushed() -> object:
        result = work()
        _flush_streams()
        return result

    try:
        with memory_limited(memory):
            return limit_time(flushed, seconds=seconds, hint=time_hint), None
    except BaseException as error:
        if lacks_memory(error) or _cannot_load(error):
            mib = memory >> 20
            message = f"the check exceeds the memory limit of {mib} MiB"
            return None, DlmGitError(message, memory_hint)
        from traceback import format_exception  # late: most checks raise nothing

        error.add_note("".join(format_exception(error)))
        return None, error


def lacks_memory(error: BaseException) -> bool:
    """Return whether an error, or one that it handles, says that there is no memory left."""
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        return True
    if isinstance(error, SystemError) and "without" in str(error):  # "... exception set", as Python
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    cause = error.__cause__ or error.__context__
    return cause is not None and lacks_memory(cause)


def _cannot_load(error: BaseException) -> bool:
    """Return whether there was no memory for a library that the work imports late.

    Without a memory limit, the file may be on a file system from which nothing may be executed.
    """
    return isinstance(error, ImportError) and "failed to map segment" in str(error)  # as glibc says


def reached_memory_limit(error: BaseException) -> bool:
    """Return whether an error says that this process needs more memory than it may have."""
    if lacks_memory(error):
        return True
    import resource  # late: for errors

    limited = resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return limited and _cannot_load(error)


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
