"""Judging many repositories, compared with the git processes that this needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks import inputs
from benchmarks.alone import QUERIES
from benchmarks.contests import COMMAND, Contest
from benchmarks.measure import Contender

_FILES = 20
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of a ULID


def fleet(folder: Path, environ: Mapping[str, str], *, quick: bool) -> Iterator[Contest]:
    """Judging so many repositories, each with an index of its own."""
    jobs = str(len(os.sched_getaffinity(0)))
    alone = (sys.executable, "-I", str(Path(__file__).with_name("alone.py")), jobs)
    for count in (10,) if quick else (10, 100, 1_000):
        root = folder / f"fleet-{count}"
        for number in range(count):
            _repository(root / f"r{number:04}", environ, number)
        check = (COMMAND, "check", "--discover", ".", "--jobs", jobs)
        contenders = (
            Contender("dlm-git check --discover", check),
            Contender("its git processes alone", alone),
        )
        label = f"{count:,} repositories"
        yield Contest(label, count, root, contenders, "its git processes alone")


def _repository(root: Path, environ: Mapping[str, str], number: int) -> None:
    paths = [f"src/part_{n}.py" for n in range(_FILES)]
    for path in paths:
        inputs.write(root / path, f"print('{path} of {number}')\n".encode() * 20)
    inputs.write(root / inputs.CORPUS, inputs.document_text(_ulid(number)).encode())
    inputs.git(root, environ, "init", "--quiet")
    inputs.git(root, environ, "add", "--all")
    inputs.git(root, environ, "-c", "gc.auto=0", "commit", "--quiet", "--message", "all")
    names = [f":{inputs.CORPUS}", *(f":{path}" for path in paths)]
    corpus, *files = inputs.git(root, environ, "rev-parse", *names).split()
    _ask(root, "documents", [corpus])
    _ask(root, "training", files)
    _ask(root, "before", [f"HEAD:{inputs.CORPUS}"])


def _ask(root: Path, query: str, names: list[str]) -> None:
    lines = "".join(f"{name}\n" for name in names)
    inputs.write(root / ".git" / f"{QUERIES}-{query}", lines.encode())


def _ulid(number: int) -> str:
    digits = ""
    for _ in range(10):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return f"01HRZYQ2X0MB5K4V{digits}"
