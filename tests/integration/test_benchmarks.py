"""The benchmarks run and print tables; the times are not tested."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import inputs, profile
from benchmarks.baseline import load, this_python
from benchmarks.comparisons import PYTHON
from benchmarks.fleet import fleet
from benchmarks.git_processes import COMMANDS
from benchmarks.measure import Comparison, TimedCommand, run_rounds
from benchmarks.table import HEAD
from tests.support import CORPUS, PROJECT, Repo, Result, environment

_SPREAD = r"\d+\.\d{%d}( \(\d+\.\d{%d} to \d+\.\d{%d}\))?"
_SECONDS, _RATIO = (re.compile(_SPREAD % (n, n, n)) for n in (3, 2))
_OF_FILES = ["dlm-git files", "dlm-git files --worktree"]
_OF_TRAINER = ["trainer, expansion only"] if find_spec("dlm") else []
_FULL, _CACHED = "dlm-git check --no-cache", "dlm-git check (cached)"
_COMMANDS = {
    "hook": [_FULL, _CACHED, "python -I -c pass"],
    "hyperparameters": [_FULL, "python -I -c pass"],
    "index": [_FULL, _CACHED, "git ls-files -s -z"],
    "document": [_FULL, _CACHED, "read and split"],
    "history": 2 * [_FULL, _CACHED, "git rev-parse HEAD"],
    "files": 2 * (_OF_FILES + _OF_TRAINER),
    "diff": ["dlm-git diff", "dlm-git files"],
    "fleet": ["dlm-git check --discover", "git processes only"],
}
_PEERS = {"check-yaml", "check-jsonschema", "reuse lint", "pre-commit", "prek"}
_MEMORY = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def benchmarks(home: Path, *args: str) -> Result:
    project = Repo(PROJECT, environment(home))
    return project.run(sys.executable, "-m", "benchmarks", *args, timeout=600)


@pytest.mark.slow
def test_quick_run_prints_a_table_of_each_benchmark(tmp_path: Path) -> None:
    result = benchmarks(tmp_path, "--quick", "--rounds", "2")
    assert result.code == 0, result
    machine, *tables = re.split(r"^(\w+):\n\n", result.out, flags=re.MULTILINE)
    assert re.match(r"\d+ cores, load [\d.]+, Python \S+, git .*, dlm-git .*;\n.*reuse", machine)
    assert tables[::2] == [*_COMMANDS]
    for name, text in zip(tables[::2], tables[1::2], strict=True):
        lines = text.strip().splitlines()
        assert len({tuple(at for at, c in enumerate(line) if c == "|") for line in lines}) == 1
        head, rule, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        assert tuple(head) == HEAD
        assert all(re.fullmatch("-+:?", cell) for cell in rule)
        assert [row[1] for row in rows if row[1] not in _PEERS] == _COMMANDS[name]
        assert all(_SECONDS.fullmatch(row[2]) for row in rows)
        assert all(
            row[3] in ("reference", "reference missing") or _RATIO.fullmatch(row[3]) for row in rows
        )


def test_a_named_benchmark_runs_alone(tmp_path: Path) -> None:
    result = benchmarks(tmp_path, "index", "--quick", "--rounds", "1")
    assert result.code == 0, result
    assert "300 files" not in result.out
    assert "10,000 entries" in result.out


@pytest.mark.parametrize(
    "args",
    [["nothing"], ["--rounds", "0"], ["files", "--compare"], ["hook", "--write-baseline"]],
    ids=" ".join,
)
def test_invalid_arguments_are_an_error(tmp_path: Path, args: list[str]) -> None:
    assert benchmarks(tmp_path, *args).code == 2


# the baseline


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    """Return a baseline in which a ratio is much too low, and one much too high."""
    ratios = {f"hook: {_FULL}": 0.01, f"hook: {_CACHED}": 1e6, f"index: {_FULL}": 0.01}
    file = tmp_path / "baseline.json"
    file.write_text(json.dumps({"python": this_python(), "ratios": ratios}))
    return file


@pytest.mark.slow
def test_a_ratio_that_grew_fails_the_comparison(tmp_path: Path, baseline: Path) -> None:
    args = ("hook", "--compare", "--rounds", "1", "--baseline", str(baseline))
    result = benchmarks(tmp_path, *args)
    assert result.code == 1, result
    grew, fell, summary = result.out.splitlines()
    assert re.fullmatch(rf"hook: {_FULL}: grew from 0.01 to \d+\.\d\d \(\+\d+%\)", grew)
    assert fell.startswith(f"hook: {_CACHED}: fell from 1000000.00 to ")
    assert summary == "2 ratios compared, 1 failed"


@pytest.mark.slow
def test_a_ratio_that_fell_does_not_fail_the_comparison(tmp_path: Path, baseline: Path) -> None:
    baseline.write_text(baseline.read_text().replace("0.01", "1000"))
    result = benchmarks(tmp_path, "hook", "--compare", "--rounds", "1", "--baseline", str(baseline))
    assert result.code == 0, result
    assert "2 ratios compared, none failed" in result.out


def test_another_version_of_python_is_not_compared(tmp_path: Path, baseline: Path) -> None:
    baseline.write_text(baseline.read_text().replace(f'"{this_python()}"', '"3.0"'))
    result = benchmarks(tmp_path, "--compare", "--baseline", str(baseline))
    assert result.code == 0
    assert result.out.startswith("not compared: the baseline is of Python 3.0, this is Python 3.")


def test_the_baseline_has_every_small_input() -> None:
    names = {name.partition(":")[0] for name in load(PROJECT / "benchmarks/baseline.json").ratios}
    assert names == {"hook", "hyperparameters", "index", "document", "fleet"}


# what is measured


def test_times_include_child_processes(tmp_path: Path) -> None:
    loop = f"{sys.executable} -c 'for _ in range(3_000_000): pass'"
    command = TimedCommand("x", ("sh", "-c", f"{loop}; {loop}"))
    runs = run_rounds(Comparison("", tmp_path, (command,), "x"), 1, inputs.environment(tmp_path))
    ((run,),) = runs.values()
    assert 0.05 < run.processor <= run.seconds * 1.1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_that_of_the_command_and_not_of_these_tests(tmp_path: Path) -> None:
    environ = inputs.environment(tmp_path)
    comparison = Comparison("", tmp_path, (PYTHON,), PYTHON.name)
    ((run,),) = run_rounds(comparison, 1, environ).values()
    status = Repo(tmp_path, environ).run("sh", "-c", f'{sys.executable} -I -c "{_MEMORY}"; true')
    expected = int(status.out.split()[1]) << 10
    assert abs(run.peak - expected) < 0.5e6


@pytest.mark.slow
def test_the_hook_repository_is_configured_and_checks_cleanly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for hyperparameters in (False, True):
        root = tmp_path / f"{hyperparameters}"
        inputs.hook(root, inputs.environment(home), hyperparameters=hyperparameters)
        config = (root / ".dlm-git.toml").read_text()
        assert re.findall("^(base|include|exclude) =", config, re.MULTILINE) == [
            *("base", "include", "exclude")
        ]
        assert ("lora_r: 16" in (root / CORPUS).read_text()) == hyperparameters
        result = Repo(root, inputs.environment(home)).run("dlm-git", "check", "--no-cache")
        assert result.code == 0, result
        assert "note" not in result.out + result.err


@pytest.mark.slow
def test_the_git_processes_are_those_of_the_check(tmp_path: Path) -> None:
    home, programs, log = tmp_path / "home", tmp_path / "bin", tmp_path / "git.log"
    home.mkdir()
    environ = inputs.environment(home)
    comparison = next(fleet(tmp_path, environ, quick=True))
    real = Repo(tmp_path, environ).run("sh", "-c", "command -v git").out.strip()
    inputs.write(programs / "git", f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n'.encode())
    (programs / "git").chmod(0o755)
    check = comparison.commands[0].command
    environ["PATH"] = f"{programs}:{environ['PATH']}"
    assert Repo(comparison.root, environ).run(*check).code == 0
    found = re.findall(r" ((?:ls-files|cat-file|rev-parse)\b.*)", log.read_text())
    expected = [" ".join(arguments) for _, *arguments in COMMANDS]
    assert sorted(found) == sorted(expected * 20)


@pytest.mark.slow
def test_the_parts_of_a_check_are_measured() -> None:
    parts = profile.measure(1)
    names = {"start Python", "run git", "run the rules", "read and print"}
    assert names <= parts.keys()
    assert all(milliseconds > 0 for milliseconds in parts.values())
