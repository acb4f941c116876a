"""Compare the processor time of small inputs with that of earlier, from `baseline.json`.

A figure is the median of the ratios to a reference that runs next to the command in each round:
empty Python, or for many repositories their git processes alone. That was chosen by measurement,
on two cores: 10 series of 15 rounds without added load, and 10 while both cores were busy. An
uncached check took 12.1 times the reference in the first ones. The 20 results differed by

- 14%, as medians of the ratios of a round, and 6%, if each has 45 rounds;
- 15%, as ratios of medians;
- 29%, as ratios of the least times, because only short commands find quiet moments.

So a figure that seems to have grown is measured in more rounds before it fails. Ten runs of one
series each, at a load of 5 to 8, gave figures up to 18% above their median, most of them 5%.
Instructions would vary less, but Python cannot count them, and virtual machines often have no
counter. Bytecodes can be counted, but imports, regular expressions and git take most of the time.
"""

from __future__ import annotations

import json
import platform
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.comparisons import CACHED, COMPARISONS, FULL, PYTHON
from benchmarks.fleet import CHECK
from benchmarks.measure import Comparison, Runs, ratios, run_rounds

FILE = Path(__file__).with_name("baseline.json")
MEASURED = {
    "hook": (FULL, CACHED),
    "hyperparameters": (FULL,),
    "index": (FULL,),
    "document": (FULL,),
    "fleet": (CHECK,),
}
_ROUNDS = 9
_SERIES = 3  # how often the rounds of a figure are repeated, if it seems to have grown
_LIMIT = 0.25  # the growth that fails
_WRITE = "run `python -m benchmarks --write-baseline`"

Environ = Mapping[str, str]
Ratios = Mapping[str, float]


class Baseline(NamedTuple):
    """Ratios by their names, and the minor version of Python that they were measured with."""

    python: str
    ratios: Ratios


def load(file: Path) -> Baseline:
    """Read a baseline."""
    return Baseline(**json.loads(file.read_text()))


def save(file: Path, ratios: Ratios) -> None:
    """Write a baseline of this version of Python."""
    rounded = {name: round(ratio, 2) for name, ratio in ratios.items()}
    file.write_text(json.dumps(Baseline(this_python(), rounded)._asdict(), indent=2) + "\n")


def this_python() -> str:
    """Return the version of Python, without the patch level, which does not change times much."""
    return ".".join(platform.python_version_tuple()[:2])


def failures(baseline: Ratios, measured: Ratios) -> Iterator[str]:
    """Yield a line for each ratio that has grown by a quarter, or that only one side has."""
    for name, before in baseline.items():
        if name not in measured:
            yield f"{name}: in the baseline, but not measured; {_WRITE}"
        elif has_grown(before, measured[name]):
            yield f"{name}: grew from {_change(before, measured[name])}"
    for name in measured:
        if name not in baseline:
            yield f"{name}: measured, but not in the baseline; {_WRITE}"


def improvements(baseline: Ratios, measured: Ratios) -> Iterator[str]:
    """Yield a line for each ratio that has fallen by a quarter."""
    for name, before in baseline.items():
        if name in measured and measured[name] <= before * (1 - _LIMIT):
            yield f"{name}: fell from {_change(before, measured[name])}; {_WRITE}"


def has_grown(before: float, ratio: float) -> bool:
    """Return whether a ratio has grown by a quarter or more."""
    return ratio >= before * (1 + _LIMIT)


def _change(before: float, ratio: float) -> str:
    return f"{before:.2f} to {ratio:.2f} ({ratio / before - 1:+.0%})"


def compare(folder: Path, environ: Environ, arguments: Namespace) -> int:
    """Measure the named benchmarks, and return 1 if one has grown since the baseline."""
    names = arguments.name or MEASURED
    python, every = load(arguments.baseline)
    if python != this_python():
        print(f"not compared: the baseline is of Python {python}, this is Python {this_python()}")
        return 0
    before = {key: ratio for key, ratio in every.items() if key.partition(":")[0] in names}
    measured = _measure(folder, environ, arguments, settled=before)
    failed = [*failures(before, measured)]
    for line in (*failed, *improvements(before, measured)):
        print(line)
    print(f"{len(measured)} ratios compared, {len(failed) or 'none'} failed")
    return 1 if failed else 0


def write(folder: Path, environ: Environ, arguments: Namespace) -> int:
    """Measure all benchmarks that have a baseline, and write it."""
    save(arguments.baseline, _measure(folder, environ, arguments, settled={}))
    return 0


def _measure(
    folder: Path, environ: Environ, arguments: Namespace, *, settled: Ratios
) -> dict[str, float]:
    """Return the ratios of the named benchmarks.

    settled: the ratios of the baseline; one that has not grown needs no more rounds.
    """
    pairs = dict(_pairs(folder, environ, arguments.name or MEASURED))
    runs: dict[str, Runs] = {name: {} for name in pairs}
    measured: dict[str, float] = {}
    for _ in range(_SERIES):
        for name, pair in pairs.items():
            if name not in measured or has_grown(settled.get(name, 0), measured[name]):
                more = run_rounds(pair, arguments.rounds or _ROUNDS, environ)
                for command, series in more.items():
                    runs[name].setdefault(command, []).extend(series)
                measured[name] = ratios(*runs[name].values()).median
    return measured


def _pairs(
    folder: Path, environ: Environ, names: Iterable[str]
) -> Iterator[tuple[str, Comparison]]:
    """Yield each command of dlm-git with its reference, as a comparison by its name."""
    for name in names:
        for comparison in COMPARISONS[name](folder, environ, quick=True):
            by_name = {command.name: command for command in comparison.commands}
            reference = by_name[comparison.reference] if name == "fleet" else PYTHON
            for command in MEASURED[name]:
                pair = replace(comparison, commands=(by_name[command], reference))
                yield f"{name}: {command}", pair
