"""What a killed process leaves behind is gone after the next write, what others write is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dlm_git import fs
from dlm_git.fs import create_file, replace_file
from dlm_git.report_files import write_report

# kill the process at the first call of a function
KILLED = """\
import os, signal, sys
from dlm_git import fs
from dlm_git.report_files import write_report
if {named}:
    fs._TMPFILE = None
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], kill)
{call}
"""


def names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".dlm").iterdir())


def kill(root: Path, function: str, at: str, *, named: bool) -> None:
    kill_in(root, f'fs.{function}(sys.argv[1], ".dlm", "corpus.dlm", b"new")', at, named=named)


def kill_in(root: Path, call: str, at: str, *, named: bool) -> None:
    code = KILLED.format(call=call, named=named)
    done = subprocess.run([sys.executable, "-c", code, str(root), at], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".dlm").mkdir()
    (tmp_path / ".dlm/corpus.dlm").write_text("old")
    return tmp_path


# a file that has a name from the start needs no second one
PLACES = [
    (at, named)
    for at in ("chmod", "replace", "link", "fsync")
    for named in (False, True)
    if (at, named) != ("link", True)
]


@pytest.mark.parametrize(("at", "named"), PLACES)
def test_a_replacement_that_was_killed_leaves_nothing(root: Path, at: str, named: bool) -> None:
    kill(root, "replace_file", at, named=named)
    assert (root / ".dlm/corpus.dlm").read_text() == "old"
    replace_file(str(root), ".dlm", "corpus.dlm", b"newer")
    assert names(root) == ["corpus.dlm"]
    assert (root / ".dlm/corpus.dlm").read_text() == "newer"


@pytest.mark.parametrize("at", ["link", "fsync", "unlink"])
def test_a_creation_that_was_killed_leaves_nothing(root: Path, at: str) -> None:
    (root / ".dlm/corpus.dlm").unlink()
    kill(root, "create_file", at, named=True)
    assert create_file(str(root), ".dlm", "corpus.dlm", b"newer") == (at != "unlink")
    assert names(root) == ["corpus.dlm"]


def test_a_kill_leaves_a_file_at_all(root: Path) -> None:
    kill(root, "replace_file", "replace", named=False)
    assert len(names(root)) == 2


def test_files_of_others_are_kept(root: Path) -> None:
    others = [".corpus.dlm.swp", ".corpus.dlm.dlm-git-x", ".other.dlm.dlm-git-0123456789abcdef"]
    for name in others:
        (root / ".dlm" / name).write_text("x")
    replace_file(str(root), ".dlm", "corpus.dlm", b"new")
    assert names(root) == sorted([*others, "corpus.dlm"])


def test_a_concurrent_writer_is_not_disturbed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., None] = os.replace

    def replace(source: str, target: str, **options: int) -> None:
        monkeypatch.setattr(os, "replace", real)
        fs.replace_file(str(root), ".dlm", "corpus.dlm", b"of another")
        real(source, target, **options)

    monkeypatch.setattr(os, "replace", replace)
    replace_file(str(root), ".dlm", "corpus.dlm", b"new")
    assert names(root) == ["corpus.dlm"]
    assert (root / ".dlm/corpus.dlm").read_bytes() == b"new"


@pytest.mark.parametrize(("at", "named"), PLACES)
def test_a_report_that_was_killed_leaves_nothing(root: Path, at: str, named: bool) -> None:
    path = root / ".dlm/corpus.dlm"
    kill_in(root, 'write_report(f"{sys.argv[1]}/.dlm/corpus.dlm", "new")', at, named=named)
    assert path.read_text() == "old"
    write_report(str(path), "newer")
    assert names(root) == ["corpus.dlm"]
    assert path.read_text() == "newer"


@pytest.mark.parametrize(("at", "named"), [pair for pair in PLACES if pair[0] != "fsync"])
def test_a_cache_that_was_killed_leaves_nothing(root: Path, at: str, named: bool) -> None:
    call = 'fs.write_best_effort(sys.argv[1], ".dlm", "corpus.dlm", b"new")'
    kill_in(root, call, at, named=named)
    fs.write_best_effort(str(root), ".dlm", "corpus.dlm", b"newer")
    assert names(root) == ["corpus.dlm"]
    assert (root / ".dlm/corpus.dlm").read_text() == "newer"
    assert (root / ".dlm/corpus.dlm").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("named", [False, True])
def test_a_new_file_has_the_permissions_of_the_user(
    root: Path, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if named:
        monkeypatch.setattr(fs, "_TMPFILE", None)
    former = os.umask(0o027)
    try:
        write_report(str(root / "new"), "x")
    finally:
        os.umask(former)
    assert (root / "new").stat().st_mode & 0o777 == 0o640
