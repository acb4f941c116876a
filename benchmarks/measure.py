"""Run commands in alternation, each in a fresh process, and record the time and memory of each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile
from typing import NamedTuple

DLM_GIT = str(Path(sys.executable).with_name("dlm-git"))
# without `site`, so that the launcher stays small
_LAUNCHER = (sys.executable, "-I", "-S", str(Path(__file__).with_name("launcher.py")))


@dataclass(frozen=True)
class TimedCommand:
    """A command to measure.

    times_itself: it prints `{"seconds": ..., "processor": ...}`, the times of a part of its work.
    rounds: the most rounds that it runs in, for a command that takes minutes.
    """

    name: str
    command: Sequence[str]
    times_itself: bool = False
    rounds: int | None = None


@dataclass(frozen=True)
class Target:
    """The most that a command may use, compared with another command.

    name: the command.
    peer: the other command.
    most: a multiple of the peer's processor time, or how many MB more memory.
    memory: whether memory is compared.
    """

    name: str
    peer: str
    most: float
    memory: bool = False


@dataclass(frozen=True)
class Comparison:
    """Commands that do comparable work on one repository.

    label: the name of the input.
    root: the repository.
    reference: the command that the others are compared with.
    """

    label: str
    root: Path
    commands: tuple[TimedCommand, ...]
    reference: str
    targets: tuple[Target, ...] = ()


class Run(NamedTuple):
    """The measurements of one run, of the process and the processes it started.

    seconds: the time that passed.
    processor: user and system time, in seconds.
    peak: the most memory that one of the processes held at once, in bytes.
    """

    seconds: float
    processor: float
    peak: float


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


def ratios(runs: Sequence[Run], reference: Sequence[Run]) -> Spread:
    """Return the spread of processor times, each divided by the reference in the same round."""
    return spread([a.processor / b.processor for a, b in zip(runs, reference, strict=False)])


def megabytes_above(runs: Sequence[Run], reference: Sequence[Run]) -> Spread:
    """Return the spread of the peaks of memory above the reference in the same round, in MB."""
    return spread([(a.peak - b.peak) / 1e6 for a, b in zip(runs, reference, strict=False)])


def run_rounds(comparison: Comparison, count: int, environ: Mapping[str, str]) -> Runs:
    """Run every command of a comparison once per round, beginning with another one each time."""
    commands, runs = comparison.commands, Runs()
    for number in range(count):
        start = number % len(commands)
        for command in (*commands[start:], *commands[:start]):
            if command.rounds is None or number < command.rounds:
                run = _run(command, comparison.root, environ)
                runs.setdefault(command.name, []).append(run)
    return {command.name: runs[command.name] for command in commands}


def _run(timed: TimedCommand, root: Path, environ: Mapping[str, str]) -> Run:
    with NamedTemporaryFile() as output:
        result = subprocess.run(
            (*_LAUNCHER, output.name if timed.times_itself else "/dev/null", *timed.command),
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=True,
        )
        run = Run(*map(float, result.stdout.split()))
        if not timed.times_itself:
            return run
        part = json.load(output)
        return run._replace(seconds=part["seconds"], processor=part["processor"])
