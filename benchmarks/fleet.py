"""Check many repositories, compared with the git processes that this needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import inputs
from benchmarks.git_processes import QUERIES
from benchmarks.measure import DLM_GIT, Comparison, Target, TimedCommand

_FILES = 20
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of a ULID
CHECK = "dlm-git check --discover"
_REFERENCE = "git processes only"


def fleet(folder: Path, environ: Mapping[str, str], *, quick: bool) -> Iterator[Comparison]:
    """Yield a comparison for each number of repositories."""
    jobs = str(len(os.sched_getaffinity(0)))
    check = (DLM_GIT, "check", "--discover", ".", "--jobs", jobs)
    git = (sys.executable, "-I", str(Path(__file__).with_name("git_processes.py")), jobs)
    commands = (TimedCommand(CHECK, check), TimedCommand(_REFERENCE, git))
    for count in (20,) if quick else (20, 1_000):
        root = folder / f"fleet-{count}"
        for number in range(count):
            _repository(root / f"r{number:04}", environ, number)
        targets = (Target(CHECK, _REFERENCE, 1.3),) if count == 1_000 else ()
        yield Comparison(f"{count:,} repositories", root, commands, _REFERENCE, targets)


def _repository(root: Path, environ: Mapping[str, str], number: int) -> None:
    paths = [f"src/part_{n}.py" for n in range(_FILES)]
    for path in paths:
        inputs.write(root / path, f"print('{path} of {number}')\n".encode() * 20)
    inputs.write(root / inputs.CORPUS, inputs.document_text(_ulid(number)).encode())
    inputs.git(root, environ, "init", "--quiet")
    inputs.git(root, environ, "add", "--all")
    inputs.git(root, environ, "-c", "gc.auto=0", "commit", "--quiet", "--message", "all")
    corpus, file = inputs.git(
        root, environ, "rev-parse", f":{inputs.CORPUS}", f":{paths[0]}"
    ).split()
    queries = (("contents", corpus), ("contents", file), ("info", f"HEAD:{inputs.CORPUS}"))
    lines = "".join(f"{verb} {name}\n" for verb, name in queries)
    inputs.write(root / ".git" / QUERIES, lines.encode())


def _ulid(number: int) -> str:
    digits = ""
    for _ in range(10):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return f"01HRZYQ2X0MB5K4V{digits}"
