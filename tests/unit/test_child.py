"""A process is killed and forgotten whatever happens, and neither side waits for ever."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git import child as child_module
from dlm_git.git.child import Child
from dlm_git.git.process import Git
from tests.support import children
from tests.unit.test_limits import interruptions

MIB = 1 << 20


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


pytestmark = pytest.mark.usefixtures("nothing_is_left")


def shell(script: str, seconds: float = 20.0) -> Child:
    return Child(["/bin/sh", "-c", script], dict(os.environ), seconds)


def run(script: str, data: bytes = b"", seconds: float = 20.0) -> tuple[int, bytes, bytes]:
    pieces: list[bytes] = []
    child = shell(script, seconds)
    code = child.run(pieces.append, data)
    return code, b"".join(pieces), child.errors


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo a; echo b >&2; exit 3", (3, b"a\n", b"b\n")),
        ("cat", (0, b"", b"")),
        ("kill -9 $$", (-9, b"", b"")),
        ("echo a; exec >&-; sleep 0.1; echo b >&2; exit 4", (4, b"a\n", b"b\n")),
        ("exec >&- 2>&-; sleep 0.1; exit 5", (5, b"", b"")),
        ("echo a; exec 2>&-; sleep 0.1; echo b", (0, b"a\nb\n", b"")),
    ],
    ids=["outputs", "no input", "killed", "output closed", "both closed", "errors closed"],
)
def test_the_ends_of_a_process(script: str, expected: tuple[int, bytes, bytes]) -> None:
    assert run(script) == expected


def test_input_and_output_beyond_the_size_of_a_pipe() -> None:
    data = os.urandom(3 * MIB)
    assert run("cat", data) == (0, data, b"")
    assert run("cat; cat /dev/zero | head -c 3000000 >&2", data)[:2] == (0, data)


def test_input_that_is_not_read() -> None:
    assert run("exec <&-; sleep 0.1; echo a; exit 6", b"x" * MIB) == (6, b"a\n", b"")
    assert run("echo a", b"x" * MIB) == (0, b"a\n", b"")


def test_the_beginning_of_a_long_error_output_is_kept() -> None:
    code, _, errors = run("echo first >&2; head -c 3000000 /dev/zero >&2")
    assert code == 0
    assert errors.startswith(b"first\n")
    assert len(errors) < MIB


@pytest.mark.parametrize(
    "script",
    ["sleep 100", "exec >&- 2>&-; sleep 100", "yes", "yes >&2", "exec <&-; sleep 100"],
    ids=["silent", "closed", "prints", "prints errors", "reads nothing"],
)
@pytest.mark.parametrize("data", [b"", b"x" * MIB], ids=["no input", "input"])
def test_the_time_limit(script: str, data: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        run(script, data, seconds=0.2)
    assert time.monotonic() - start < 10


def test_the_time_limit_of_git_is_an_error(tmp_path: Path) -> None:
    git = Git("/bin/sh", "", dict(os.environ), options=("-c", "sleep 100"), time_limit=0.2)
    with pytest.raises(DlmGitError, match="`git x` takes longer than 0 seconds"):
        git.run("x")
    assert not list(tmp_path.iterdir())


def test_the_processes_that_it_has_started_end_with_it(tmp_path: Path) -> None:
    file = tmp_path / "id"
    with pytest.raises(TimeoutError):
        run(f"sleep 100 & echo $! > '{file}'; wait", seconds=0.5)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{file.read_text().strip()}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_error_of_the_reader_kills_it() -> None:
    def refuse(_: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shell("yes").run(refuse)


def test_the_error_of_a_process_that_has_failed_is_complete() -> None:
    def refuse(_: bytes) -> None:
        time.sleep(0.3)  # it ends meanwhile
        raise ZeroDivisionError

    child = shell("echo a; echo problem >&2; exit 7")
    with pytest.raises(ZeroDivisionError):
        child.run(refuse)
    assert (child.code, child.errors) == (7, b"problem\n")


@pytest.mark.parametrize("path", ["/nonexistent", "/etc/passwd", "/"])
def test_a_program_that_cannot_be_started(path: str) -> None:
    with pytest.raises(OSError, match=path):
        Child([path], {}).run(lambda _: None)
    with pytest.raises(DlmGitError, match=f"cannot run git in '{path}': "):
        Git(path, "/", {}).run("status")


def test_a_directory_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    path = f"{tmp_path}/a: b"
    git = Git("/usr/bin/git", path, dict(os.environ))
    with pytest.raises(DlmGitError) as raised:
        git.run("version", ok=(0, 128))
    assert raised.value.message == f"cannot run git in '{path}': No such file or directory"
    assert raised.value.hint == ""


def test_signals_that_python_ignores_are_restored() -> None:
    code, output, _ = run("trap '' PIPE; yes | head -n 1; kill -PIPE $$; echo survived")
    assert (code, output) == (0, b"y\nsurvived\n")
    assert run("kill -PIPE $$; echo survived")[0] == -signal.SIGPIPE


def test_no_descriptor_is_inherited() -> None:
    alone = run("ls /proc/self/fd")
    other = shell("cat")
    try:
        other.start(None)
        assert run("ls /proc/self/fd") == alone
    finally:
        other.close()


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_standard_streams_that_are_closed(tmp_path: Path, closed: str) -> None:
    script, result = tmp_path / "script", tmp_path / "result"
    script.write_text(f"""
from dlm_git.git.child import Child
pieces = []
child = Child(["/bin/sh", "-c", "cat; echo problem >&2"], {{}})
code = child.run(pieces.append, b"data")
open({str(result)!r}, "w").write(repr((code, pieces, child.errors)))
""")
    assert run(f"exec '{sys.executable}' '{script}' {closed}")[0] == 0
    assert result.read_text() == repr((0, [b"data"], b"problem\n"))


def test_a_system_without_sessions_gets_a_process_group(monkeypatch: pytest.MonkeyPatch) -> None:
    spawn = os.posix_spawn

    def old(*args: Any, setsid: bool = False, **options: Any) -> int:
        if setsid:
            raise NotImplementedError
        return spawn(*args, **options)

    monkeypatch.setattr(os, "posix_spawn", old)
    code, output, _ = run("ps -o pgid= -p $$; echo $$")
    group, id_ = output.split()
    assert (code, group) == (0, id_)


def test_a_conversation() -> None:
    child = shell('while read line; do echo "got $line"; done; exit 8')
    try:
        child.start(None)
        for number in range(3):
            child.send(b"%d\n" % number)
            assert child.read() == b"got %d\n" % number
    finally:
        child.close()
    child.close()
    assert child.code == -signal.SIGKILL


def test_the_end_of_a_conversation() -> None:
    child = shell("read line; echo $line; exit 8")
    try:
        child.start(None)
        child.send(b"a\n")
        assert child.read() == b"a\n"
        child.send(b"b\n")
        assert child.read() == b""
        assert child.wait() == 8
    finally:
        child.close()


def test_a_child_that_nobody_closes_is_closed() -> None:
    child = shell("sleep 100")
    child.start()
    del child


def test_a_process_that_has_ended_is_closed_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError

    child = shell("exit 3")
    child.start()
    assert child.read() == b""
    monkeypatch.setattr(os, "killpg", refuse)
    child.close()
    assert child.code == 3


INSTRUCTIONS = {
    getattr(Child, name).__code__
    for name in ("run", "start", "_start", "read", "wait", "close", "_serve", "_has_ended")
} | {getattr(child_module, name).__code__ for name in ("_spawn", "_pipe", "_kill_group")}


@pytest.mark.parametrize("script", ["echo a", "sleep 100"])
def test_a_signal_at_any_instruction_leaves_nothing(script: str) -> None:
    def work() -> int:
        try:
            return shell(script, 0.01).run(lambda _: None)
        except TimeoutError:
            return 0

    before = descriptors(), children()

    def check(number: int) -> None:
        assert (descriptors(), children()) == before, number

    assert interruptions(work, INSTRUCTIONS, check) > 200


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
@pytest.mark.parametrize("name", ["pipe", "set_blocking", "posix_spawn", "read", "waitpid"])
def test_an_error_at_any_call_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException], name: str
) -> None:
    call: Callable[..., Any] = getattr(os, name)
    for number in range(3):
        count = 0

        def failing(*args: Any, number: int = number, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == number + 1:
                raise error
            return call(*args, **options)

        monkeypatch.setattr(os, name, failing)
        with suppress(error):
            run("cat; echo a", b"x")
        monkeypatch.setattr(os, name, call)


def test_a_file_gets_the_output_instead_of_a_pipe(tmp_path: Path) -> None:
    pieces: list[bytes] = []
    with (tmp_path / "output").open("wb+", buffering=0) as file:
        script = "cat; echo b >&2; exec 2>&-; sleep 0.1; echo c; exit 3"
        child = Child(["/bin/sh", "-c", script], dict(os.environ), 20.0, file.fileno())
        code = child.run(pieces.append, b"a\n" * MIB)
        assert (code, child.errors, pieces, file.tell()) == (3, b"b\n", [], 2 * MIB + 2)


def test_the_time_limit_holds_for_output_to_a_file(tmp_path: Path) -> None:
    with (tmp_path / "output").open("wb") as file, pytest.raises(TimeoutError):
        Child(["/bin/sh", "-c", "sleep 100"], {}, 0.2, file.fileno()).run(lambda _: None)


def test_a_child_that_closes_its_output_and_waits_for_input_ends_at_once() -> None:
    command = ["/bin/sh", "-c", "exec >&-; read line; exit 3"]
    child = Child(command, os.environ, seconds=5)
    try:
        child.start(None)
        assert child.read() == b""
        assert child.wait() == 3
    finally:
        child.close()
