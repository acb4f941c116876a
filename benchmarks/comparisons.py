"""The comparisons: inputs of growing size, dlm-git, and the commands it is compared with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
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
_UNCACHED, _CACHED = "dlm-git check --no-cache", "dlm-git check (cached)"
_READ = "import sys; open(sys.argv[1], encoding='utf-8').read().splitlines()"

Environ = Mapping[str, str]


def files(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare listing the training set with the trainer's own expansion."""
    for count in (300,) if quick else (1_000, 10_000, 50_000):
        for nested in (0, inputs.NESTED):
            root = folder / f"files-{count}-{nested}"
            inputs.tree(root, environ, count, nested)
            label = f"{count:,} files" + (f", {nested} configs" if nested else "")
            rounds = 1 if nested and count >= _SLOW else None
            commands = [
                TimedCommand("dlm-git files", (DLM_GIT, "files")),
                TimedCommand("dlm-git files --worktree", (DLM_GIT, "files", "--worktree")),
                TimedCommand("dlm-git files --stat", (DLM_GIT, "files", "--stat")),
            ]
            if find_spec("dlm"):
                if rounds is None:
                    _check_agreement(root, environ)
                commands.append(TimedCommand("trainer", _TRAINER, _EXPANSION, rounds))
            yield Comparison(label, count, root, tuple(commands), _EXPANSION)


def index(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare checking an index with git's listing of it."""
    for count in (1_000,) if quick else (1_000, 10_000, 100_000, 1_000_000):
        root = folder / f"index-{count}"
        inputs.index(root, environ, count)
        commands = (
            *_checks(root, environ),
            TimedCommand("git ls-files -z", ("git", "ls-files", "-z")),
            TimedCommand("git ls-files -s -z", ("git", "ls-files", "-s", "-z")),
        )
        targets = [(_UNCACHED, 5), (_CACHED, 2)] if count == 1_000_000 else []
        yield Comparison(
            label=f"{count:,} entries",
            count=count,
            root=root,
            commands=commands,
            reference="git ls-files -z",
            targets=tuple(Target(name, "git ls-files -z", most) for name, most in targets),
        )


def hook(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare a hook on a small clean repository with other hooks and with hook managers."""
    root = folder / "hook"
    inputs.hook(root, environ)
    arguments = {
        "check-yaml": ("ci.yaml",),
        "check-jsonschema": ("--schemafile", "ci.schema.json", "ci.yaml"),
        "reuse": ("lint",),
        "pre-commit": ("run", "--hook-stage", "pre-commit", "nothing"),
        "prek": ("run", "nothing"),
    }
    peers = [
        TimedCommand("reuse lint" if name == "reuse" else name, (path, *args))
        for name, args in arguments.items()
        if (path := which(name, path=environ["PATH"]))
    ]
    python = TimedCommand("python -I -c pass", (sys.executable, "-I", "-c", "pass"))
    targets = [Target(_CACHED, "check-yaml", 0.8)]
    targets += [Target(_UNCACHED, peer, 0.75) for peer in ("check-jsonschema", "reuse lint")]
    installed = {peer.name for peer in peers}
    yield Comparison(
        label="hook",
        count=1,
        root=root,
        commands=(*_checks(root, environ), *peers, python),
        reference="check-yaml",
        targets=tuple(target for target in targets if target.peer in installed and not quick),
    )


def document(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare checking a corpus document with reading it and splitting it into lines."""
    for count in (100,) if quick else (1_000, 10_000, 100_000):
        root = folder / f"document-{count}"
        inputs.document(root, environ, count)
        reading = TimedCommand("read and split", (sys.executable, "-c", _READ, inputs.CORPUS))
        targets = (Target(_UNCACHED, "read and split", 10),) if count == 100_000 else ()
        label, commands = f"{count:,} sections", (*_checks(root, environ), reading)
        yield Comparison(label, count, root, commands, "read and split", targets)


def history(folder: Path, environ: Environ, *, quick: bool) -> Iterator[Comparison]:
    """Compare checking repositories with few and with many commits with `git rev-parse HEAD`."""
    for count in (1, 50) if quick else (1, 100_000):
        root = folder / f"history-{count}"
        inputs.history(root, environ, count)
        rev_parse = TimedCommand("git rev-parse HEAD", ("git", "rev-parse", "HEAD"))
        label = f"{count:,} commit{'' if count == 1 else 's'}"
        commands = (*_checks(root, environ), rev_parse)
        yield Comparison(label, count, root, commands, "git rev-parse HEAD")


COMPARISONS: dict[str, Callable[..., Iterator[Comparison]]] = {
    "hook": hook,
    "index": index,
    "document": document,
    "history": history,
    "files": files,
    "fleet": fleet,
}


def _checks(root: Path, environ: Environ) -> tuple[TimedCommand, ...]:
    """Return an uncached and a cached check, having run the check so that its result is cached."""
    for _ in range(2):
        run(_CHECK, cwd=root, env=environ, capture_output=True, check=True)
    return TimedCommand(_UNCACHED, (*_CHECK, "--no-cache")), TimedCommand(_CACHED, _CHECK)


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
