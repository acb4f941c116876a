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

# kill the process at the first call of a function
KILLED = """\
import os, signal, sys
from dlm_git import fs
if {named}:
    fs._TMPFILE = None
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, sys.argv[2], kill)
fs.{function}(sys.argv[1], ".dlm", "corpus.dlm", b"new")
"""


def names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".dlm").iterdir())


def kill(root: Path, function: str, at: str, *, named: bool) -> None:
    code = KILLED.format(function=function, named=named)
    done = subprocess.run([sys.executable, "-c", code, str(root), at], check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".dlm").mkdir()
    (tmp_path / ".dlm/corpus.dlm").write_text("old")
    return tmp_path


@pytest.mark.parametrize("named", [False, True], ids=["unnamed", "named"])
@pytest.mark.parametrize("at", ["chmod", "replace", "link", "fsync"])
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
