"""The comparisons: inputs of growing size, dlm-git, and the commands it is compared with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from subprocess import run

from benchmarks import inputs
from benchmarks.fleet import fleet
from benchmarks.measure import DLM_GIT, Comparison, Target, TimedCommand

_TRAINER = (sys.executable, str(Path(__file__).with_name("trainer.py")), inputs.CORPUS)
_EXPANSION = "trainer, expansion only"
_SLOW = 10_000  # files; with nested configs the trainer takes half a minute or more

_CHECK = (DLM_GIT, "check")
FULL, CACHED = "dlm-git check --no-cache", "dlm-git check (cached)"
PYTHON = TimedCommand("python -I -c pass", (sys.executable, "-I", "-c", "pass"))
_PEERS = {
    "check-yaml": ("check-yaml", "ci.yaml"),
    "check-jsonschema": ("check-jsonschema", "--schemafile", "ci.schema.json", "ci.yaml"),
    "reuse lint": ("reuse", "lint"),
    "pre-commit": ("pre-commit", "run", "--hook-stage", "pre-commit", "nothing"),
    "prek": ("prek", "run", "nothing"),
}
_READ = "import sys; open(sys.argv[1], encoding='utf-8').read().splitlines()"

Environ = Mapping[str, str]


def files(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare listing the training set with the trainer's own expansion."""
    for count in (300,) if quick else (1_000, 50_000):
        for nested in (0, inputs.NESTED):
            root = folder / f"files-{count}-{nested}"
            inputs.tree(root, environ, count, nested)
            label = f"{count:,} files" + (f", {nested} configs" if nested else "")
            rounds = 1 if nested and count >= _SLOW else None
            commands = [
                TimedCommand("dlm-git files", (DLM_GIT, "files")),
                TimedCommand("dlm-git files --worktree", (DLM_GIT, "files", "--worktree")),
            ]
            if find_spec("dlm"):
                if rounds is None:
                    _check_agreement(root, environ)
                commands.append(
                    TimedCommand(_EXPANSION, _TRAINER, times_itself=True, rounds=rounds)
                )
            yield Comparison(label, root, tuple(commands), _EXPANSION)


def index(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare checking an index with git's listing of it."""
    listing = TimedCommand("git ls-files -s -z", ("git", "ls-files", "-s", "-z"))
    for count in (10_000,) if quick else (10_000, 1_000_000):
        root = folder / f"index-{count}"
        inputs.index(root, environ, count)
        commands = (*_checks(root, environ), listing)
        targets = (Target(FULL, listing.name, 2.5),) if count == 1_000_000 else ()
        yield Comparison(f"{count:,} entries", root, commands, listing.name, targets)


def hook(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare a hook on a small clean repository with other hooks and with hook managers."""
    root = folder / "hook"
    inputs.hook(root, environ)
    commands = (*_checks(root, environ), *_installed(_PEERS, environ), PYTHON)
    targets = (
        Target(FULL, PYTHON.name, 6),
        Target(FULL, "check-jsonschema", 0.3),
        Target(CACHED, "check-yaml", 0.4),
        Target(FULL, PYTHON.name, 8, memory=True),
    )
    yield _with_targets("hook", root, commands, () if quick else targets)


def hyperparameters(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare a hook on a document with hyperparameters with another hook."""
    root = folder / "hyperparameters"
    inputs.hook(root, environ, hyperparameters=True)
    full, _ = _checks(root, environ)
    commands = (full, *_installed(["check-jsonschema"], environ), PYTHON)
    targets = (Target(FULL, "check-jsonschema", 0.4),)
    yield _with_targets("hyperparameters", root, commands, () if quick else targets)


def document(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare checking a corpus document with reading it and splitting it into lines."""
    reading = TimedCommand("read and split", (sys.executable, "-I", "-c", _READ, inputs.CORPUS))
    for count in (1_000,) if quick else (1_000, 100_000):
        root = folder / f"document-{count}"
        inputs.document(root, environ, count)
        commands = (*_checks(root, environ), reading)
        targets = (Target(FULL, reading.name, 5),) if count == 100_000 else ()
        yield Comparison(f"{count:,} sections", root, commands, reading.name, targets)


def history(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare checking repositories with few and with many commits with `git rev-parse HEAD`."""
    for count in (1, 50) if quick else (1, 100_000):
        root = folder / f"history-{count}"
        inputs.history(root, environ, count)
        rev_parse = TimedCommand("git rev-parse HEAD", ("git", "rev-parse", "HEAD"))
        label = f"{count:,} commit{'' if count == 1 else 's'}"
        commands = (*_checks(root, environ), rev_parse)
        yield Comparison(label, root, commands, rev_parse.name)


def diff(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare comparing the index with HEAD with listing one of them."""
    for count in (300,) if quick else (5_000,):
        root = folder / f"diff-{count}"
        inputs.tree(root, environ, count, 0)
        inputs.edit(root, environ, count // 100)
        own, listing = (TimedCommand(f"dlm-git {c}", (DLM_GIT, c)) for c in ("diff", "files"))
        targets = () if quick else (Target(own.name, listing.name, 2),)
        label = f"{count:,} files, {count // 100} edited"
        yield Comparison(label, root, (own, listing), listing.name, targets)


COMPARISONS: dict[str, Callable[..., Iterator[Comparison]]] = {
    "hook": hook,
    "hyperparameters": hyperparameters,
    "index": index,
    "document": document,
    "history": history,
    "files": files,
    "diff": diff,
    "fleet": fleet,
}


def _checks(root: Path, environ: Environ) -> tuple[TimedCommand, ...]:
    """Return an uncached and a cached check, having run the check so that its result is cached."""
    for _ in range(2):
        run(_CHECK, cwd=root, env=environ, capture_output=True, check=True)
    return TimedCommand(FULL, (*_CHECK, "--no-cache")), TimedCommand(CACHED, _CHECK)


def _installed(peers: Iterable[str], environ: Environ) -> Iterator[TimedCommand]:
    for name in peers:
        program, *arguments = _PEERS[name]
        if path := which(program, path=environ["PATH"]):
            yield TimedCommand(name, (path, *arguments))


def _with_targets(
    label: str, root: Path, commands: tuple[TimedCommand, ...], targets: Iterable[Target]
) -> Comparison:
    """Return a comparison with bare Python, without the targets whose peer is not installed."""
    names = {command.name for command in commands}
    own = tuple(target for target in targets if target.peer in names)
    return Comparison(label, root, commands, PYTHON.name, own)


def _check_agreement(root: Path, environ: Environ) -> None:
    """Raise RuntimeError if the commands to compare list different numbers of files."""

    def output(*command: str) -> bytes:
        return run(command, cwd=root, env=environ, capture_output=True, check=True).stdout

    counts = [
        json.loads(output(*_TRAINER))["files"],
        output(DLM_GIT, "files", "-z").count(b"\0"),
        output(DLM_GIT, "files", "--worktree", "-z").count(b"\0"),
    ]
    if len(set(counts)) > 1:
        raise RuntimeError(f"trainer, index and working tree list different files: {counts}")
