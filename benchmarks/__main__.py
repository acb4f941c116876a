"""Makes the inputs, runs the contests that are named or all, and prints one table."""

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

from benchmarks.contests import CONTESTS
from benchmarks.fleet import fleet
from benchmarks.inputs import environment, git
from benchmarks.measure import rounds
from benchmarks.table import rows, table, told

CONTESTS["fleet"] = fleet


def main(argv: Sequence[str]) -> None:
    """Run a command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(CONTESTS)}; all if none is named")
    parser.add_argument("--rounds", type=int, default=5, help="how often each one runs")
    parser.add_argument("--quick", action="store_true", help="small inputs only")
    arguments = parser.parse_args(argv)
    names = arguments.name or list(CONTESTS)
    if not set(names) <= set(CONTESTS):
        parser.error(f"there are {', '.join(CONTESTS)}")
    if arguments.rounds < 1:
        parser.error("one round is the least")
    with TemporaryDirectory(prefix="dlm-git-benchmarks-") as folder:
        home = Path(folder, "home")
        home.mkdir()
        bars: list[str] = []
        lines = [*_measured(home, names, arguments.rounds, bars, quick=arguments.quick)]
        sys.stdout.write(f"{_machine(home)}\n\n{table(lines)}")
        sys.stdout.write("".join(["\n" * bool(bars), *(f"- {bar}\n" for bar in bars)]))


def _measured(
    home: Path, names: Sequence[str], count: int, bars: list[str], *, quick: bool
) -> Iterator[tuple[str, ...]]:
    environ = environment(home)
    for name in names:
        for contest in CONTESTS[name](home.parent, environ, quick=quick):
            sys.stderr.write(f"{name}: {contest.label}\n")
            runs = rounds(contest.contenders, count, contest.root, environ)
            rmtree(contest.root)
            bars += told(contest, runs)
            yield from rows(contest, runs)


def _machine(home: Path) -> str:
    known = [f"{name} {_version(name)}" for name in ("dlm-git", "document-language-model")]
    said = git(home, environment(home), "version").replace(" version", "")
    load = f"load {os.getloadavg()[0]:.1f}"  # from all that runs here, these contests among it
    words = (f"{os.cpu_count()} cores", load, f"Python {platform.python_version()}", said, *known)
    return ", ".join(words)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    main(sys.argv[1:])
