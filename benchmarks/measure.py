"""Run commands in alternation, each in a fresh process, and record the time and memory of each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from time import perf_counter
from typing import NamedTuple

DLM_GIT = str(Path(sys.executable).with_name("dlm-git"))


@dataclass(frozen=True)
class TimedCommand:
    """A command to measure.

    part: the name of a part that the command times itself; it prints `{"seconds": ...}`.
    rounds: the most rounds that it runs in, for a command that takes minutes.
    """

    name: str
    command: Sequence[str]
    part: str = ""
    rounds: int | None = None


@dataclass(frozen=True)
class Target:
    """The longest time that a command may take, as a multiple of the time of another command.

    name: the command.
    peer: the other command.
    most: the multiple.
    """

    name: str
    peer: str
    most: float


@dataclass(frozen=True)
class Comparison:
    """Commands that do comparable work on one repository.

    label: the name of the input.
    count: the number of files, entries, sections, commits or repositories.
    root: the repository.
    reference: the command that the others are compared with.
    """

    label: str
    count: int
    root: Path
    commands: tuple[TimedCommand, ...]
    reference: str
    targets: tuple[Target, ...] = ()


class Run(NamedTuple):
    """The measurements of one run.

    peak: the most memory that the process held at once, in bytes.
    """

    seconds: float
    peak: int


# the runs of each command by its name, in the order of the rounds
Runs = dict[str, list[Run]]


class Spread(NamedTuple):
    """The median, the least and the greatest of some figures."""

    median: float
    low: float
    high: float


def spread(figures: Sequence[float]) -> Spread:
    """Return the median, the least and the greatest of figures."""
    return Spread(median(figures), min(figures), max(figures))


def seconds(runs: Sequence[Run]) -> Spread:
    """Return the spread of the seconds that runs took."""
    return spread([run.seconds for run in runs])


def ratios(runs: Sequence[Run], reference: Sequence[Run]) -> Spread:
    """Return the spread of the times of runs, each divided by the reference in the same round."""
    return spread([a.seconds / b.seconds for a, b in zip(runs, reference, strict=False)])


def run_rounds(comparison: Comparison, count: int, environ: Mapping[str, str]) -> Runs:
    """Run every command of a comparison once per round, beginning with another one each time."""
    commands, runs = comparison.commands, Runs()
    for number in range(count):
        start = number % len(commands)
        for command in (*commands[start:], *commands[:start]):
            if command.rounds is None or number < command.rounds:
                for name, run in _run(command, comparison.root, environ):
                    runs.setdefault(name, []).append(run)
    return runs


def _run(timed: TimedCommand, root: Path, environ: Mapping[str, str]) -> Iterator[tuple[str, Run]]:
    with TemporaryFile() as out:
        start = perf_counter()
        process = subprocess.Popen(
            timed.command,
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out if timed.part else subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, timed.command)
        yield timed.name, Run(elapsed, usage.ru_maxrss << 10)
        if timed.part:
            out.seek(0)
            yield timed.part, Run(json.load(out)["seconds"], usage.ru_maxrss << 10)
