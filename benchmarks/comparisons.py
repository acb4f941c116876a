"""What is measured: inputs of growing size, the contenders, and the one they are compared with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from subprocess import run

from benchmarks import inputs
from benchmarks.measure import Contender

COMMAND = str(Path(sys.executable).with_name("dlm-git"))
_TRAINER = (sys.executable, str(Path(__file__).with_name("trainer.py")), inputs.CORPUS)
_LONG = 10_000  # files; among nested configs the trainer takes half a minute and more


_CHECK = (COMMAND, "check")
_COLD, _WARM = "dlm-git check --no-memo", "dlm-git check (warm)"
_READ = "import sys; open(sys.argv[1], encoding='utf-8').read().splitlines()"


@dataclass(frozen=True)
class Bar:
    """How long one contender may take at the most, as a multiple of what another one takes."""

    name: str
    peer: str
    most: float


@dataclass(frozen=True)
class Contest:
    """Contenders that do the same to one repository, of `count` files or entries."""

    label: str
    count: int
    root: Path
    contenders: tuple[Contender, ...]
    reference: str
    bars: tuple[Bar, ...] = ()


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
            *_checks(root, environ),
            Contender("git ls-files -z", ("git", "ls-files", "-z")),
            Contender("git ls-files -s -z", ("git", "ls-files", "-s", "-z")),
        )
        bars = (Bar(_COLD, "git ls-files -z", 5), Bar(_WARM, "git ls-files -z", 2))
        yield Contest(
            *(f"{count:,} entries", count, root, contenders, "git ls-files -z"),
            bars if count == 1_000_000 else (),
        )


def hook(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Contest]:
    """A hook on a small repository in order, compared with the hooks of others on it, and what
    the programs that run hooks take themselves."""
    root = folder / "hook"
    inputs.hook(root, environ)
    peers = {
        "check-yaml": ("ci.yaml",),
        "check-jsonschema": ("--schemafile", "ci.schema.json", "ci.yaml"),
        "reuse": ("lint",),
        "pre-commit": ("run", "--hook-stage", "pre-commit", "nothing"),
        "prek": ("run", "nothing"),
    }
    there = [
        Contender(" ".join((name, *args[: name in ("reuse",)])), (path, *args))
        for name, args in peers.items()
        if (path := which(name, path=environ["PATH"]))
    ]
    python = Contender("python -I -c pass", (sys.executable, "-I", "-c", "pass"))
    bars = [Bar(_WARM, "check-yaml", 0.8)]
    bars += [Bar(_COLD, peer, 0.75) for peer in ("check-jsonschema", "reuse lint")]
    named = {contender.name for contender in there}
    yield Contest(
        *("a hook", 1, root, (*_checks(root, environ), *there, python), "check-yaml"),
        tuple(bar for bar in bars if bar.peer in named and not quick),
    )


def document(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Contest]:
    """Judging a corpus document, compared with reading it and splitting it into lines."""
    for count in (100,) if quick else (1_000, 10_000, 100_000):
        root = folder / f"document-{count}"
        inputs.document(root, environ, count)
        reading = Contender("read and split", (sys.executable, "-c", _READ, inputs.CORPUS))
        bars = (Bar(_COLD, "read and split", 10),) if count == 100_000 else ()
        label, contenders = f"{count:,} sections", (*_checks(root, environ), reading)
        yield Contest(label, count, root, contenders, "read and split", bars)


def history(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Contest]:
    """Judging a repository with few commits and with many, compared with asking for the last."""
    for count in (1, 50) if quick else (1, 100_000):
        root = folder / f"history-{count}"
        inputs.history(root, environ, count)
        asking = Contender("git rev-parse HEAD", ("git", "rev-parse", "HEAD"))
        label, contenders = f"{count:,} commits", (*_checks(root, environ), asking)
        yield Contest(label, count, root, contenders, "git rev-parse HEAD")


CONTESTS: dict[str, Callable[..., Iterator[Contest]]] = {
    f.__name__: f for f in (hook, index, document, history, files)
}


def _checks(root: Path, environ: Environ) -> tuple[Contender, ...]:
    """A check that remembers nothing, and one that has just been made; both find nothing."""
    for _ in range(2):
        run(_CHECK, cwd=root, env=environ, capture_output=True, check=True)
    return Contender(_COLD, (*_CHECK, "--no-memo")), Contender(_WARM, _CHECK)


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
