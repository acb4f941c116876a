"""Run the named benchmarks, or all, and print tables of their figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import baseline, report
from benchmarks.comparisons import COMPARISONS
from benchmarks.inputs import environment


def main(argv: Sequence[str]) -> int:
    """Run a command line, and return 1 if a ratio has grown, otherwise 0."""
    arguments = _parse(argv)
    with TemporaryDirectory(prefix="dlm-git-benchmarks-") as folder:
        home = Path(folder, "home")
        home.mkdir()
        return int(arguments.run(Path(folder), environment(home), arguments))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    names = ", ".join(COMPARISONS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"one of {names} (repeatable; default: all)")
    parser.add_argument("--rounds", type=int, help="how often each command runs")
    parser.add_argument("--quick", action="store_true", help="use small inputs only")
    parser.add_argument("--baseline", type=Path, default=baseline.FILE, help="the baseline's file")
    actions = parser.add_mutually_exclusive_group()
    for option, run, summary in (
        ("--write-docs", report.write, "also write the tables into docs/performance.md"),
        ("--compare", baseline.compare, "fail if small inputs take longer than in the baseline"),
        ("--write-baseline", baseline.write, "write the baseline"),
    ):
        actions.add_argument(option, dest="run", action="store_const", const=run, help=summary)
    parser.set_defaults(run=report.show)
    arguments = parser.parse_args(argv)
    known = baseline.MEASURED if arguments.run == baseline.compare else COMPARISONS
    for name in arguments.name:
        if name not in known:
            parser.error(f"unknown benchmark '{name}': expected one of {', '.join(known)}")
    if arguments.name and arguments.run == baseline.write:
        parser.error("--write-baseline measures all benchmarks of the baseline: give no name")
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds must be a positive integer")
    return arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
