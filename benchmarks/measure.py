"""Runs contenders in alternation, each in a fresh process, and keeps what each run took."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from time import perf_counter
from typing import NamedTuple


@dataclass(frozen=True)
class Contender:
    """A command to be timed.

    `inner` is the name of a part of it that the command times itself, and tells as JSON. It takes
    part in no more than `rounds`, where one takes minutes.
    """

    name: str
    command: Sequence[str]
    inner: str = ""
    rounds: int | None = None


class Run(NamedTuple):
    """Seconds of one run, and the most memory that its process held at once, in bytes."""

    seconds: float
    peak: int


# the runs of each contender, by its name, round by round
Runs = dict[str, list[Run]]


class Spread(NamedTuple):
    """The median of some figures, the least and the greatest."""

    median: float
    low: float
    high: float


def spread(figures: Sequence[float]) -> Spread:
    """The median of figures, the least and the greatest."""
    return Spread(median(figures), min(figures), max(figures))


def seconds(runs: Sequence[Run]) -> Spread:
    """What the runs took."""
    return spread([run.seconds for run in runs])


def ratios(runs: Sequence[Run], reference: Sequence[Run]) -> Spread:
    """What the runs took, as multiples of what the reference took in the same round."""
    return spread([a.seconds / b.seconds for a, b in zip(runs, reference, strict=False)])


def rounds(
    contenders: Sequence[Contender], count: int, root: Path, environ: Mapping[str, str]
) -> Runs:
    """Run every contender once a round; another one goes first each time."""
    runs: Runs = {}
    for number in range(count):
        for contender in (*contenders[number % len(contenders) :], *contenders)[: len(contenders)]:
            if contender.rounds is None or number < contender.rounds:
                for name, run in _run(contender, root, environ):
                    runs.setdefault(name, []).append(run)
    return runs


def _run(contender: Contender, root: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, Run]]:
    with TemporaryFile() as out:
        began = perf_counter()
        process = subprocess.Popen(
            contender.command,
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out if contender.inner else subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        took = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, contender.command)
        yield contender.name, Run(took, usage.ru_maxrss << 10)
        if contender.inner:
            out.seek(0)
            yield contender.inner, Run(json.load(out)["seconds"], usage.ru_maxrss << 10)
