"""Run the named benchmarks, or all, and print one table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from benchmarks.comparisons import COMPARISONS
from benchmarks.inputs import environment, git
from benchmarks.measure import Comparison, Runs, run_rounds
from benchmarks.table import rows, table, target_lines


def main(argv: Sequence[str]) -> None:
    """Run a command line."""
    arguments = _parse(argv)
    with TemporaryDirectory(prefix="dlm-git-benchmarks-") as folder:
        home = Path(folder, "home")
        home.mkdir()
        measured = [*_measure(home, arguments)]
        lines = [row for comparison, runs in measured for row in rows(comparison, runs)]
        targets = [f"- {line}\n" for pair in measured for line in target_lines(*pair)]
        sys.stdout.write(f"{_machine(home)}\n\n{table(lines)}")
        sys.stdout.write("".join(["\n" * bool(targets), *targets]))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    names = ", ".join(COMPARISONS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"one of {names} (repeatable; default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each command runs")
    parser.add_argument("--quick", action="store_true", help="use small inputs only")
    arguments = parser.parse_args(argv)
    for name in arguments.name:
        if name not in COMPARISONS:
            parser.error(f"unknown benchmark '{name}': expected one of {names}")
    if arguments.rounds < 1:
        parser.error("--rounds must be a positive integer")
    return arguments


def _measure(home: Path, arguments: argparse.Namespace) -> Iterator[tuple[Comparison, Runs]]:
    environ = environment(home)
    for name in arguments.name or COMPARISONS:
        for comparison in COMPARISONS[name](home.parent, environ, quick=arguments.quick):
            sys.stderr.write(f"{name}: {comparison.label}\n")
            yield comparison, run_rounds(comparison, arguments.rounds, environ)
            rmtree(comparison.root)


def _machine(home: Path) -> str:
    load = f"load {os.getloadavg()[0]:.1f}"  # of the whole machine, these benchmarks included
    python = f"Python {platform.python_version()}"
    git_version = git(home, environment(home), "version").replace(" version", "")
    packages = [f"{name} {_version(name)}" for name in ("dlm-git", "document-language-model")]
    return ", ".join((f"{os.cpu_count()} cores", load, python, git_version, *packages))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    main(sys.argv[1:])
