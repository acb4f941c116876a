"""Commands with a fault at one of their calls, and the state of a repository around them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from dlm_git.cli.cache import _checksum
from tests.support import COMMAND, PROJECT, Repo, Result

NOW = 1_767_225_600.0  # seconds: 2026-01-01
# what a killed process may leave: a temporary file of dlm-git, which the next write of the file
# removes, an empty `.dlm`, and the locks and temporary files of git
LEFTOVER = re.compile(
    r"(?:.*/)?\.[^/]+\.dlm-git-[0-9a-f]{16}|\.git/(?:index|config)\.lock|home/gitconfig\.lock"
)
INDEX = ".git/index"
CACHE = ".git/dlm-git/cache"
CONFIGS = (".git/config", "home/gitconfig")
_RANDOM = re.compile(r"[0-9a-f]{16}$")
State = Mapping[str, tuple[int, bytes]]
Key = frozenset[tuple[str, tuple[int, bytes]]]


@dataclass(frozen=True)
class Faulted:
    """The result of a command, and the names of its calls that write."""

    result: Result
    calls: tuple[str, ...]


class Runner:
    """A process that runs commands of dlm-git in forks."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            text=True,
        )

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(
        self,
        repo: Repo,
        *argv: str,
        at: int = 0,
        kind: str | int = "before",
        named: bool = False,
        clock: float | None = NOW,
        files: int = 0,
        env: Mapping[str, str] | None = None,
        data: bytes = b"",
    ) -> Faulted:
        """Run a command line in a repository; see `server.Faults` for `at` and `kind`.

        named: as on a file system that has no files without a name.
        clock: the time, which stands still; None for that of the system.
        files: the limit of open files, 0 for that of the system.
        data: the standard input.
        """
        (self._directory / "in").write_bytes(data)
        paths = {name: str(self._directory / name) for name in ("out", "err", "log")}
        request = {
            **paths,
            "in": str(self._directory / "in"),
            "argv": argv,
            "program": COMMAND,
            "cwd": str(repo.path),
            "environ": {**repo.environ, **(env or {})},
            "at": at,
            "kind": kind,
            "named": named,
            "clock": clock,
            "files": files,
        }
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(request)}\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        out, err, log = (Path(path).read_text(errors="surrogateescape") for path in paths.values())
        return Faulted(Result(code, out, err), tuple(log.splitlines()))


def state(repo: Repo) -> State:
    """Return mode and content of all files of a repository and a home, without Git's objects."""
    return {
        path: entry
        for top, prefix in ((str(repo.path), ""), (repo.environ["HOME"], "home/"))
        for path, entry in _files(top, prefix)
    } | {"the index": (0, _list_index(repo, (repo.path / INDEX).read_bytes()))}


_listed: dict[bytes, bytes] = {}


def _list_index(repo: Repo, content: bytes) -> bytes:
    """Return what git lists of an index; most copies of a repository have the same."""
    if content not in _listed:
        _listed[content] = repo.git("ls-files", "--stage").encode()
    return _listed[content]


def key(found: State) -> Key:
    """Return a state without the random parts of the names of leftovers."""
    return frozenset((_RANDOM.sub("", path), entry) for path, entry in found.items())


def _files(top: str, prefix: str) -> Iterable[tuple[str, tuple[int, bytes]]]:
    for directory, names, files in os.walk(top):
        if directory == f"{top}/.git":
            names[:] = [name for name in names if name not in ("objects", "logs")]
        for file in (f"{directory}/{name}" for name in files):
            path, data = prefix + file[len(top) + 1 :], Path(file).read_bytes()
            if path == CACHE:  # it has values of the index file, which no two copies share
                data = b"whole" if data[:8] == _checksum(data[8:]) else data
            if path != INDEX:
                yield path, (os.lstat(file).st_mode, data)


def copy(repo: Repo, target: Path) -> Repo:
    """Return a copy of a repository and its home, instead of an earlier one."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(repo.path, target / "repo", symlinks=True)
    shutil.copytree(repo.environ["HOME"], target / "home")
    old, new = repo.environ["HOME"], str(target / "home")
    environ = {
        key: value.replace(old, new) if value.startswith(old) else value
        for key, value in repo.environ.items()
    }
    return Repo(target / "repo", environ)
