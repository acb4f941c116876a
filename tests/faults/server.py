"""Run command lines of dlm-git in forks, with a fault at one of their calls that write.

One JSON request a line in, one JSON answer a line out. A fork costs a tenth of a new process.
"""

from __future__ import annotations

import builtins
import ctypes
import gc
import json
import os
import pkgutil
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

Request = Mapping[str, Any]
_WRITING = ("link", "rename", "replace", "unlink", "remove", "rmdir", "mkdir", "symlink")
_CHANGING = (*_WRITING, "chmod", "ftruncate", "truncate", "fsync")
_CREATING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STREAMS = 3  # descriptors below are the standard streams
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: orphaned git processes become children of this one
_SECONDS = 60


class Faults:
    """The calls that write, of which one fails.

    log: the descriptor to which the name of each call is written.
    at: the number of the call that fails, 0 for none.
    kind: 'before' and 'after' kill the process there, 'half' in the middle of the data of a write;
        a number is the errno of the call; the absolute path of a program makes a call that starts
        git start that program instead, with git and its arguments.
    """

    def __init__(self, log: int, at: int, kind: str | int) -> None:
        self._log, self._at, self._kind = log, at, kind
        self._count = 0
        self._write = os.write

    def call(self, name: str, real: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Do a call, unless it is the one that fails."""
        self._count += 1
        self._write(self._log, f"{name}\n".encode())
        if self._count != self._at:
            return real(*args, **options)
        if isinstance(self._kind, int):
            raise OSError(self._kind, os.strerror(self._kind))
        if os.path.isabs(self._kind):
            return real(*_replace_program(name, self._kind, args), **options)
        try:
            if self._kind == "after":
                real(*args, **options)
            if self._kind == "half":
                real(args[0][: len(args[0]) // 2])
        finally:
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: Any, name: str) -> None:
        real = getattr(owner, name)
        setattr(owner, name, lambda *args, **options: self.call(name, real, *args, **options))

    def install(self) -> None:
        """Wrap the functions that write files or start processes."""
        for name in _CHANGING:
            self.wrap(os, name)
        self.wrap(os, "posix_spawn")
        self._wrap_popen()
        self._wrap_opening()
        real_write = os.write

        def write(descriptor: int, data: bytes) -> int:
            if descriptor < _STREAMS or not os.path.isfile(f"/proc/self/fd/{descriptor}"):
                return real_write(descriptor, data)
            count: int = self.call("write", lambda piece: real_write(descriptor, piece), data)
            return count

        os.write = write  # type: ignore[assignment]

    def _wrap_popen(self) -> None:
        real = subprocess.Popen.__init__

        def start(*args: Any, **options: Any) -> None:
            self.call("Popen", real, *args, **options)

        subprocess.Popen.__init__ = start  # type: ignore[method-assign]

    def _wrap_opening(self) -> None:
        real_open, real_file = os.open, builtins.open

        def open_(path: Any, flags: int, *args: Any, **options: Any) -> int:
            if not flags & _CREATING or path in (os.devnull, "/dev/null"):
                return real_open(path, flags, *args, **options)
            opened: int = self.call("open", real_open, path, flags, *args, **options)
            return opened

        def file(path: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            made = real_file(path, mode, *args, **options)
            return made if mode not in ("wb", "xb") else _Writer(self, made)

        os.open = open_
        builtins.open = file  # type: ignore[assignment]


def _replace_program(name: str, program: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of a call that starts a program with the former one as its argument."""
    first, command, *rest = args  # the former program, or the object that `Popen` initializes
    return (program if name == "posix_spawn" else first, [program, *command], *rest)


class _Writer:
    """A binary file whose writes can fail; nothing is buffered."""

    def __init__(self, faults: Faults, file: Any) -> None:
        self._faults, self._file = faults, file

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        def write(piece: bytes) -> None:
            self._file.write(piece)
            self._file.flush()

        self._faults.call("write", write, data)

    def flush(self) -> None:
        """Do nothing."""


def _fix_clock(seconds: float) -> None:
    """Let ids depend on the clock alone, which stands still."""
    time.time = lambda: seconds
    time.time_ns = lambda: int(seconds * 1e9)
    urandom = os.urandom
    os.urandom = lambda size: bytes(size) if size == 10 else urandom(size)  # that of a ULID


def _run(request: Request) -> NoReturn:
    """Run a command line in this process, which is a fork."""
    os.setsid()
    for name, descriptor in (("out", 1), ("err", 2), ("log", 100)):
        opened = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(opened, descriptor)
        os.close(opened)
    opened = os.open(request["in"], os.O_RDONLY)
    os.dup2(opened, 0)
    os.close(opened)
    os.environ.clear()
    os.environ.update(request["environ"])
    os.chdir(request["cwd"])
    sys.argv = [request["program"], *request["argv"]]
    from dlm_git import fs
    from dlm_git.cli import main
    from dlm_git.git import write

    write._PAUSE = 0  # nothing else runs that could release a lock
    if request["named"]:
        fs._TMPFILE = None  # as on a file system without O_TMPFILE
    if request["clock"] is not None:
        _fix_clock(request["clock"])
    if request["files"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (request["files"], request["files"]))
    Faults(100, request["at"], request["kind"]).install()
    main.run()
    os._exit(99)


def _wait(child: int) -> int:
    """Wait for a child, and for all processes that it leaves behind; return its exit code."""
    code = None
    deadline = time.monotonic() + _SECONDS
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
            elif not pid:
                time.sleep(0.001)
            if time.monotonic() > deadline:
                raise TimeoutError(f"{child} or a process that it has started does not end")
    return -1000 if code is None else code


def main() -> None:
    """Answer requests up to the end of the input."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    import dlm_git

    for module in pkgutil.walk_packages(dlm_git.__path__, "dlm_git."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name in ("git", "yaml", "ulid", "tempfile", "subprocess", "argparse"):
        import_module(name)
    gc.freeze()  # so that a fork does not copy what the collector marks
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    for line in requests:
        child = os.fork()
        if not child:
            try:
                _run(json.loads(line))
            finally:
                os._exit(98)
        answers.write(f"{_wait(child)}\n")
        answers.flush()


if __name__ == "__main__":
    main()
