"""Start a process, and exchange bytes with it within a time limit, in one thread.

The cached path of `dlm-git check` imports this module, so it does not import `subprocess`, which
takes milliseconds.
"""

from __future__ import annotations

import os
import select
from time import monotonic, sleep

TYPE_CHECKING = False  # importing `typing` would slow a cached check
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    _Actions = list[tuple[int, int, int] | tuple[int, int, str, int, int]]
else:
    import _signal as signal  # without the enums of `signal`, which take a millisecond

TIME_LIMIT = 120.0  # seconds
_PIECE = 1 << 16  # bytes, the size of a pipe on Linux
_MAX_ERRORS = 1 << 17  # bytes
_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)  # by Python; a child would inherit that
_RAISING = (signal.SIGINT, signal.SIGALRM, signal.SIGTERM)  # their handlers raise exceptions
_FIRST_PAUSE, _LAST_PAUSE = 0.00002, 0.01  # seconds
_INPUT, _OUTPUT, _ERRORS = range(3)


class Child:
    """A process in a session of its own, with pipes to its standard streams.

    output: the descriptor, above 2, of a file that gets its output instead of a pipe.

    `start` is called inside a `try` whose `finally` calls `close`; `run` does both. Every function
    that waits serves all pipes, and raises TimeoutError after the time limit.

    errors: the beginning of its error output.
    code: its exit code, negative for a signal; None until it has ended.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        seconds: float = TIME_LIMIT,
        output: int | None = None,
    ) -> None:
        self.errors = b""
        self.code: int | None = None
        self._command, self._environ, self._output = command, environ, output
        self._id = 0
        self._pipes = [-1, -1, -1]
        self._poll = select.poll()
        self._unsent, self._has_all_input = memoryview(b""), False
        self.limit_time(seconds)

    def limit_time(self, seconds: float) -> None:
        """Set the time limit, from now on."""
        self._deadline = monotonic() + seconds

    def run(self, take: Callable[[bytes], object], data: bytes = b"") -> int:
        """Run it to its end, call `take` with pieces of its output, and return its exit code.

        data: its input.

        Raises OSError if it cannot be started, and TimeoutError. Any exception kills it.
        """
        try:
            try:
                self.start(data)
                while piece := self.read():
                    take(piece)
                return self.wait()
            finally:
                self.close()
        except BaseException:
            self.close()  # a signal may have interrupted the first call
            raise

    def start(self, data: bytes | None = b"") -> None:
        """Start it, to read `data`; None keeps its input open for `send`. Raises OSError."""
        former = signal.pthread_sigmask(signal.SIG_BLOCK, _RAISING)  # or an id could be lost
        try:
            self._start(former, has_input=data != b"")
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)
        if data:
            self.send(data)
            self._has_all_input = True

    def send(self, data: bytes) -> None:
        """Write bytes to its input while `read` waits for its output."""
        self._unsent = memoryview(bytes(self._unsent) + data if self._unsent else data)
        if self._pipes[_INPUT] >= 0:
            self._poll.register(self._pipes[_INPUT], select.POLLOUT)

    def read(self) -> bytes:
        """Return the next bytes of its output, b'' at the end of it."""
        while self._pipes[_OUTPUT] >= 0:
            if piece := self._serve():
                return piece
        return b""

    def wait(self) -> int:
        """Read both outputs to their end, wait until it ends, and return the exit code."""
        if not self._unsent:  # it may have closed its output, and wait for more
            self._close_pipe(_INPUT)
        while self._pipes[_OUTPUT] >= 0 or self._pipes[_ERRORS] >= 0:
            self._serve()
        self._close_pipe(_INPUT)
        pause = _FIRST_PAUSE
        while self._id and not self._has_ended(os.WNOHANG):  # it may have closed its outputs only
            sleep(min(pause, self._remaining()))
            pause = min(2 * pause, _LAST_PAUSE)
        return self.code or 0

    def close(self) -> None:
        """Kill it and the processes that it has started unless it has ended, and close the pipes.

        A second call does no harm.
        """
        if not self._id and max(self._pipes) < 0:
            return
        former = signal.pthread_sigmask(signal.SIG_BLOCK, _RAISING)
        try:
            if self._id:
                _kill_group(self._id)
                self._has_ended(0)
                self._read_last_errors()
            for number in range(3):
                self._close_pipe(number)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, former)

    def __del__(self) -> None:
        """Close it: a signal may have interrupted the caller's `finally` before its first step."""
        self.close()

    def _start(self, mask: Iterable[int], *, has_input: bool) -> None:
        actions: _Actions = [(os.POSIX_SPAWN_OPEN, _INPUT, os.devnull, os.O_RDONLY, 0)]
        ends = []
        try:
            for number in (_INPUT, _OUTPUT, _ERRORS)[not has_input :]:
                if number == _OUTPUT and self._output is not None:
                    actions.append((os.POSIX_SPAWN_DUP2, self._output, number))
                    continue
                reader, writer = _pipe()
                end, own = (writer, reader) if number else (reader, writer)
                self._pipes[number] = own
                ends.append(end)
                os.set_blocking(own, False)
                actions.append((os.POSIX_SPAWN_DUP2, end, number))
            self._id = _spawn(self._command, self._environ, actions[has_input:], mask)
        finally:
            for end in ends:
                os.close(end)
        for own in self._pipes[_OUTPUT:]:
            if own >= 0:
                self._poll.register(own, select.POLLIN)

    def _has_ended(self, options: int) -> bool:
        try:
            id_, status = os.waitpid(self._id, options)
        except ChildProcessError:  # a signal came after the first call
            id_, status = self._id, 0
        if not id_:
            return False
        self._id, self.code = 0, os.waitstatus_to_exitcode(status)
        return True

    def _serve(self) -> bytes:
        """Wait for a pipe, read or write it, and return bytes of the output, perhaps b''."""
        output = b""
        for descriptor, _ in self._poll.poll(1000 * self._remaining()):
            if descriptor == self._pipes[_OUTPUT]:
                output = self._receive(_OUTPUT)
            elif descriptor == self._pipes[_ERRORS]:
                self._keep_errors()
            else:
                self._write()
        return output

    def _keep_errors(self) -> bool:
        piece = self._receive(_ERRORS)
        if len(self.errors) < _MAX_ERRORS:
            self.errors += piece
        return bool(piece)

    def _read_last_errors(self) -> None:
        try:
            while self._pipes[_ERRORS] >= 0 and len(self.errors) < _MAX_ERRORS:
                self._keep_errors()
        except BlockingIOError:  # a process in another session still has the pipe
            pass

    def _receive(self, number: int) -> bytes:
        piece = os.read(self._pipes[number], _PIECE)
        if not piece:
            self._close_pipe(number)
        return piece

    def _write(self) -> None:
        try:
            written = os.write(self._pipes[_INPUT], self._unsent[:_PIECE])
        except BrokenPipeError:  # it has ended, or does not read everything
            self._close_pipe(_INPUT)
            return
        self._unsent = self._unsent[written:]
        if not self._unsent and self._has_all_input:
            self._close_pipe(_INPUT)
        elif not self._unsent:
            self._poll.unregister(self._pipes[_INPUT])

    def _close_pipe(self, number: int) -> None:
        descriptor = self._pipes[number]
        if descriptor < 0:
            return
        try:  # noqa: SIM105  (`contextlib` takes a millisecond to import)
            self._poll.unregister(descriptor)
        except KeyError:
            pass
        self._pipes[number] = -1
        os.close(descriptor)

    def _remaining(self) -> float:
        """Return the seconds up to the time limit. Raises TimeoutError after it."""
        remaining = self._deadline - monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining


def _pipe() -> tuple[int, int]:
    """Return both ends of a pipe, with numbers above those of the standard streams."""
    reader, writer = os.pipe()
    while min(reader, writer) < 3:  # the program was started with a standard stream closed
        os.close(reader)
        os.close(writer)
        os.open(os.devnull, os.O_RDWR)  # takes the lowest number, for good
        reader, writer = os.pipe()
    return reader, writer


def _spawn(
    command: Sequence[str], environ: Mapping[str, str], actions: _Actions, mask: Iterable[int]
) -> int:
    arguments = command[0], [*command], environ
    options: Any = {"file_actions": actions, "setsigmask": mask, "setsigdef": _IGNORED}
    try:
        return os.posix_spawn(*arguments, **options, setsid=True)
    except NotImplementedError:  # an old macOS
        return os.posix_spawn(*arguments, **options, setpgroup=0)


def _kill_group(id_: int) -> None:
    try:  # noqa: SIM105
        os.killpg(id_, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # the latter on macOS, if all have ended
        pass
