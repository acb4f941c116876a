"""The benchmarks run and print a table; the times are not tested."""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import PROJECT, Repo, Result, environment

_COLUMNS = 7
_SECONDS = re.compile(r"\d+\.\d{3} \(\d+\.\d{3} to \d+\.\d{3}\)")
_TIMES = r"\d+\.\d \((?:\d+\.\d to \d+\.\d|one round)\) (?:slower|faster)"
_AGAINST = re.compile(rf"reference|reference missing|{_TIMES}")
_OF_FILES = ["dlm-git files", "dlm-git files --worktree", "dlm-git files --stat"]
_OF_TRAINER = ["trainer", "trainer, expansion only"] if find_spec("dlm") else []
_CHECKS = ["dlm-git check --no-cache", "dlm-git check (cached)"]
_OF_INDEX = [*_CHECKS, "git ls-files -z", "git ls-files -s -z"]
_OF_OTHERS = [
    *_CHECKS,
    "read and split",
    *2 * [*_CHECKS, "git rev-parse HEAD"],
    "python -I -c pass",
]
_PEERS = {"check-yaml", "check-jsonschema", "reuse lint", "pre-commit", "prek"}
_OF_FLEET = ["dlm-git check --discover", "git processes only"]


def benchmarks(home: Path, *args: str) -> Result:
    project = Repo(PROJECT, environment(home))
    return project.run(sys.executable, "-m", "benchmarks", *args, timeout=600)


@pytest.mark.slow
def test_quick_run_prints_a_table_of_all_commands(tmp_path: Path) -> None:
    result = benchmarks(tmp_path, "--quick", "--rounds", "2")
    assert result.code == 0, result
    machine, empty, *lines = result.out.splitlines()
    assert re.fullmatch(r"\d+ cores, load [\d.]+, Python \S+, git .*, dlm-git .*", machine)
    assert empty == ""
    assert len({len(line) for line in lines}) == 1
    assert len({tuple(at for at, c in enumerate(line) if c == "|") for line in lines}) == 1
    head, rule, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert head[:3] == ["input", "command", "seconds (spread)"]
    assert all(re.fullmatch("-+:?", cell) for cell in rule)
    assert all(len(row) == _COLUMNS for row in rows)
    own = [row[1] for row in rows if row[1] not in _PEERS]
    expected = [*2 * (_OF_FILES + _OF_TRAINER), *_OF_INDEX, *_OF_OTHERS, *_CHECKS, *_OF_FLEET]
    assert sorted(own) == sorted(expected)
    assert all(_SECONDS.fullmatch(row[2]) and _AGAINST.fullmatch(row[3]) for row in rows)
    assert [row[6] for row in rows] == ["2"] * len(rows)


def test_a_named_benchmark_runs_alone(tmp_path: Path) -> None:
    result = benchmarks(tmp_path, "index", "--quick", "--rounds", "1")
    assert result.code == 0, result
    assert "300 files" not in result.out
    assert "1,000 entries" in result.out


@pytest.mark.parametrize("args", [["nothing"], ["--rounds", "0"]], ids=["name", "rounds"])
def test_invalid_arguments_are_an_error(tmp_path: Path, args: list[str]) -> None:
    assert benchmarks(tmp_path, *args).code == 2
