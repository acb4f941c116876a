"""Run benchmarks, and print their figures as tables or write them into the documentation."""

from __future__ import annotations

import os
import platform
import sys
from argparse import Namespace
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from benchmarks import page
from benchmarks.comparisons import COMPARISONS
from benchmarks.inputs import git
from benchmarks.measure import run_rounds
from benchmarks.table import HEAD, TARGET_HEAD, rows, table, target_rows

_ROUNDS = 5
# pip wrote the `dlm-git` command; an old one makes it import `re`
_OWN = ("dlm-git", "pip", "PyYAML", "pydantic")
_PEERS = (
    *("check-jsonschema", "pre-commit-hooks", "reuse", "pre-commit", "prek"),
    "document-language-model",
)

Environ = Mapping[str, str]
Rows = list[tuple[str, ...]]


class Figures(NamedTuple):
    """The rows of the targets, and those of each benchmark by its name."""

    targets: Rows
    tables: dict[str, Rows]


def show(folder: Path, environ: Environ, arguments: Namespace) -> int:
    """Print the tables of the named benchmarks."""
    _print(_machine(folder, environ), _measure(folder, environ, arguments))
    return 0


def write(folder: Path, environ: Environ, arguments: Namespace) -> int:
    """Print the tables, and write them into the documentation."""
    machine, figures = _machine(folder, environ), _measure(folder, environ, arguments)
    _print(machine, figures)
    text = page.replace_block(page.FILE.read_text(), "machine", machine)
    text = page.replace_targets(text, figures.targets)
    for name, lines in figures.tables.items():
        text = page.replace_block(text, name, table(HEAD, lines))
    page.FILE.write_text(text)
    return 0


def _measure(folder: Path, environ: Environ, arguments: Namespace) -> Figures:
    figures = Figures([], {})
    for name in arguments.name or COMPARISONS:
        lines = figures.tables.setdefault(name, [])
        for comparison in COMPARISONS[name](folder, environ, quick=arguments.quick):
            sys.stderr.write(f"{name}: {comparison.label}\n")
            runs = run_rounds(comparison, arguments.rounds or _ROUNDS, environ)
            lines += rows(comparison, runs)
            figures.targets.extend(target_rows(comparison, runs))
            rmtree(comparison.root)
    return figures


def _print(machine: str, figures: Figures) -> None:
    targets = [table(TARGET_HEAD, figures.targets)] if figures.targets else []
    tables = (f"{name}:\n\n{table(HEAD, lines)}" for name, lines in figures.tables.items())
    sys.stdout.write("\n".join([machine, *targets, *tables]))


def _machine(folder: Path, environ: Environ) -> str:
    """Return two lines: this machine and dlm-git with what it needs, then the peers."""
    load = f"load {os.getloadavg()[0]:.1f}"  # of the whole machine, these benchmarks included
    python = f"Python {platform.python_version()}"
    git_version = git(folder, environ, "version").replace(" version", "")
    own = (f"{os.cpu_count()} cores", load, python, git_version, *map(_package, _OWN))
    return f"{', '.join(own)};\n{', '.join(map(_package, _PEERS))}\n"


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} (not installed)"
