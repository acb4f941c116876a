"""What is measured: inputs of growing size, the contenders, and the one they are compared with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from subprocess import run

from benchmarks import inputs
from benchmarks.measure import Contender

COMMAND = str(Path(sys.executable).with_name("dlm-git"))
_TRAINER = (sys.executable, str(Path(__file__).with_name("trainer.py")), inputs.CORPUS)
_LONG = 10_000  # files; among nested configs the trainer takes half a minute and more


@dataclass(frozen=True)
class Contest:
    """Contenders that do the same to one repository, of `count` files or entries."""

    label: str
    count: int
    root: Path
    contenders: tuple[Contender, ...]
    reference: str


Environ = Mapping[str, str]


def files(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Contest]:
    """Listing the training set, compared with the trainer's own expansion."""
    for count in (300,) if quick else (1_000, 10_000, 50_000):
        for nested in (0, inputs.NESTED):
            root = folder / f"files-{count}-{nested}"
            inputs.tree(root, environ, count, nested)
            label = f"{count:,} files" + (f", {nested} configs" if nested else "")
            once = 1 if nested and count >= _LONG else None
            contenders = [
                Contender("dlm-git files", (COMMAND, "files")),
                Contender("dlm-git files --worktree", (COMMAND, "files", "--worktree")),
                Contender("dlm-git files --stat", (COMMAND, "files", "--stat")),
            ]
            if find_spec("dlm"):
                if once is None:
                    _check_agreement(root, environ)
                contenders.append(Contender("trainer", _TRAINER, "its expansion alone", once))
            yield Contest(label, count, root, tuple(contenders), "its expansion alone")


def index(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Contest]:
    """Judging an index, compared with git's listing of it."""
    for count in (1_000,) if quick else (1_000, 10_000, 100_000, 1_000_000):
        root = folder / f"index-{count}"
        inputs.index(root, environ, count)
        contenders = (
            Contender("dlm-git check", (COMMAND, "check")),
            Contender("git ls-files -z", ("git", "ls-files", "-z")),
            Contender("git ls-files -s -z", ("git", "ls-files", "-s", "-z")),
        )
        yield Contest(f"{count:,} entries", count, root, contenders, "git ls-files -z")


CONTESTS: dict[str, Callable[..., Iterator[Contest]]] = {f.__name__: f for f in (files, index)}


def _check_agreement(root: Path, environ: Environ) -> None:
    """Whoever does something else is not to be compared; the state on the disk is the recorded."""

    def told(*command: str) -> bytes:
        return run(command, cwd=root, env=environ, capture_output=True, check=True).stdout

    counts = [
        json.loads(told(*_TRAINER))["files"],
        told(COMMAND, "files", "-z").count(b"\0"),
        told(COMMAND, "files", "--worktree", "-z").count(b"\0"),
    ]
    if len(set(counts)) > 1:
        raise RuntimeError(f"trainer, index and worktree come to different files: {counts}")
