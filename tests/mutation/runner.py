"""Run the tests that execute the mutated line, each mutant in a fork of one pytest process.

The fork gets the changed functions and constants without importing anything again, which makes a
mutant cost milliseconds. The processes that the tests start read the mutant from the file. Changed
classes and decorators are tested by a new pytest instead.
"""

from __future__ import annotations

import ast
import functools
import gc
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage, CoverageData

from tests.mutation.mutants import Mutant
from tests.support import PROJECT

KILLED, SURVIVED, UNCOVERED, TIMEOUT = "killed", "survived", "uncovered", "timeout"
_OPTIONS = ("-x", "-q", "--tb=no", "-p", "no:cacheprovider", "-o", "tmp_path_retention_policy=none")
_FACTOR, _SECONDS = 5, 10.0  # a mutant may take so many times what the tests take, and so long

# Coverage of the processes that tests start; the tests hand no variables down to them.
_CONFIG = """[run]
parallel = true
data_file = {directory}/data
source_pkgs = dlm_git
patch =
    _exit
    fork
context = ${{DLM_GIT_TEST}}
"""
_PTH = (
    "import os; os.environ.update(COVERAGE_PROCESS_START='{directory}/config',"
    " DLM_GIT_TEST=open('{directory}/test').read())"
)

_Function = tuple[str, str, int]  # file, qualified name, line
_Swap = list[tuple[FunctionType, CodeType]]


class Runner:
    """A pytest plugin that runs the tests once, and then some of them for each mutant.

    budget: the seconds of tests that a mutant may cost.
    recording: a file for what each test executes; the next run only adds the tests not in it.
    done: gets each mutant and its outcome.
    """

    def __init__(
        self,
        mutants: Iterable[Mutant],
        budget: float,
        recording: Path,
        done: Callable[[Mutant, str], None],
    ) -> None:
        self._mutants, self._budget, self._recording, self._done = mutants, budget, recording, done
        self._durations: dict[str, float] = {}
        self._lines: dict[str, set[str]] = defaultdict(set)  # the tests that execute a line
        self._items: dict[str, pytest.Item] = {}
        self._functions: dict[_Function, list[FunctionType]] = defaultdict(list)
        self._caches: list[functools._lru_cache_wrapper[object]] = []

    def run(self, tests: list[str]) -> None:
        """Test the mutants with the tests that pytest selects with these arguments."""
        pytest.main([*_OPTIONS, f"--basetemp={self._recording}.tmp", *tests], plugins=[self])

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = {item.nodeid: item for item in session.items}
        self._find_functions()
        if self._recording.exists():
            self._load()
        if unknown := [item for item in session.items if item.nodeid not in self._durations]:
            self._record(unknown)
            self._save()
        self._clear_caches()
        gc.freeze()
        for mutant in self._mutants:
            with changed(mutant):
                self._done(mutant, self._outcome(mutant))
        return True

    def _load(self) -> None:
        self._durations, lines = json.loads(self._recording.read_text())
        tests = list(self._durations)
        for line, numbers in lines.items():
            self._lines[line] = {tests[number] for number in numbers}

    def _save(self) -> None:
        numbers = {test: number for number, test in enumerate(self._durations)}
        lines = {line: [numbers[test] for test in tests] for line, tests in self._lines.items()}
        self._recording.write_text(json.dumps([self._durations, lines]))

    def _record(self, items: list[pytest.Item]) -> None:
        """Run tests, and note which lines each of them executes, and how long it takes."""
        coverage = Coverage(data_file=None, config_file=False, source=[str(PROJECT / "dlm_git")])
        failing = set()
        with _processes_covered(self._recording.with_suffix(".coverage")) as directory:
            coverage.start()
            for item, following in zip(items, [*items[1:], None], strict=True):
                coverage.switch_context(item.nodeid)
                (directory / "test").write_text(item.nodeid)
                self._clear_caches()  # so that each test executes what it needs
                start = time.perf_counter()
                reports = runtestprotocol(item, log=False, nextitem=following)
                self._durations[item.nodeid] = time.perf_counter() - start
                if any(report.failed for report in reports):
                    failing.add(item.nodeid)
                    sys.stderr.write(f"fails without a mutant: {item.nodeid}\n")
                self._add_lines(_data_of_processes(directory))
            coverage.stop()
        self._add_lines([coverage.get_data()])
        for tests in self._lines.values():
            tests -= {"", *failing}

    def _add_lines(self, recorded: Iterable[CoverageData]) -> None:
        for data in recorded:
            for file in data.measured_files():
                for line, tests in data.contexts_by_lineno(file).items():
                    self._lines[f"{file}:{line}"].update(tests)

    def _find_functions(self) -> None:
        gc.unfreeze()  # what an earlier package froze
        for path in sorted((PROJECT / "dlm_git").rglob("*.py")):
            name = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            if not name.endswith("__main__"):
                import_module(name.removesuffix(".__init__"))
        for each in gc.get_objects():
            if isinstance(each, FunctionType):
                code = each.__code__
                key = code.co_filename, code.co_qualname, code.co_firstlineno
                self._functions[key].append(each)
            elif isinstance(each, functools._lru_cache_wrapper):
                self._caches.append(each)

    def _clear_caches(self) -> None:
        for each in self._caches:
            each.cache_clear()

    def _outcome(self, mutant: Mutant) -> str:
        file = str(PROJECT / mutant.path)
        source = Path(file).with_suffix(".original").read_text()
        swap: _Swap = []
        code = compile(mutant.source, file, "exec")
        if self._collect(compile(source, file, "exec"), code, swap):
            lines = [f"{file}:{line}" for line in _statement(source, mutant.line)]
            chosen = self._chosen(mutant.path, lines)
            names: Collection[str] = ()
        else:
            lines = [line for line in self._lines if line.startswith(f"{file}:")]
            chosen = self._chosen(mutant.path, lines)
            names = _bound(source, mutant.line)
        if not chosen:
            return UNCOVERED
        if not (swap or names):
            return self._outcome_of_process(chosen)

        def change() -> None:
            for function, new_code in swap:
                function.__code__ = new_code
            if names:
                _bind(names, _module(file), code)

        return self._outcome_of_fork(chosen, change)

    def _outcome_of_fork(self, chosen: list[pytest.Item], change: Callable[[], None]) -> str:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                os.setsid()
                change()
                status = _run(chosen)
            finally:
                os._exit(status)
        limit = _SECONDS + _FACTOR * sum(self._durations[item.nodeid] for item in chosen)
        return _wait(pid, limit)

    def _chosen(self, path: Path, lines: Iterable[str]) -> list[pytest.Item]:
        """Return tests that execute one of the lines of a module, within the budget.

        Those named like the module or its package come first. Of the others, fast ones come before
        slow ones, and the first of a parametrized test before its thousandth.
        """
        tests = {test for line in lines for test in self._lines.get(line, ())}
        ranks, counts = {}, Counter[str]()
        for test in sorted(tests & self._items.keys(), key=self._durations.__getitem__):
            file, _, function = test.partition("[")[0].partition("::")
            counts[file + function] += 1
            if f"test_{path.stem}.py" in file:
                place = 0
            elif f"/{path.parent.name}/" in file or f"test_{path.parent.name}" in file:
                place = 1
            else:
                place = 2
            ranks[test] = place, self._durations[test] * counts[file + function]
        chosen: list[pytest.Item] = []
        left = self._budget
        for test in sorted(ranks, key=ranks.__getitem__):
            left -= self._durations[test]
            if left < 0 and chosen:
                break
            chosen.append(self._items[test])
        return chosen

    def _collect(self, original: CodeType, mutated: CodeType, swap: _Swap) -> bool:
        """Add the functions whose code differs to `swap`; False if other code differs."""
        if _own(original) != _own(mutated):
            return False
        pairs = zip(_nested(original), _nested(mutated), strict=True)
        for old, new in pairs:
            name = old.co_filename, old.co_qualname, old.co_firstlineno
            if old == new:
                continue
            if not self._functions[name]:
                if not self._collect(old, new, swap):
                    return False
                continue
            if (old.co_freevars, old.co_flags) != (new.co_freevars, new.co_flags):
                return False
            swap += [(function, new) for function in self._functions[name]]
        return True

    def _outcome_of_process(self, chosen: list[pytest.Item]) -> str:
        place = f"--basetemp={self._recording}.tmp-other"
        selected = (item.nodeid for item in chosen)
        command = [sys.executable, "-m", "pytest", *_OPTIONS, place, *selected]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        return _wait(process.pid, _FACTOR * _SECONDS)


@contextmanager
def changed(mutant: Mutant) -> Iterator[None]:
    """Put a mutant into its file, and at the end what was there."""
    file = PROJECT / mutant.path
    kept = file.with_suffix(".original")
    file.replace(kept)
    try:
        file.write_text(mutant.source)
        yield
    finally:
        kept.replace(file)


@contextmanager
def _processes_covered(directory: Path) -> Iterator[Path]:
    """Have each Python process of this environment write its coverage into a new directory."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    (directory / "config").write_text(_CONFIG.format(directory=directory))
    (directory / "test").touch()
    start = Path(sysconfig.get_path("purelib"), "a0_mutation.pth")
    start.write_text(_PTH.format(directory=directory))
    try:
        yield directory
    finally:
        start.unlink()
        shutil.rmtree(directory)


def _data_of_processes(directory: Path) -> Iterator[CoverageData]:
    """Yield the coverage of the processes that have ended, and forget it."""
    for file in directory.glob("data.*"):
        data = CoverageData(str(file))
        data.read()
        yield data
        data.close()
        file.unlink()


def _own(code: CodeType) -> object:
    """Return what a code object does, without the functions in it."""
    values = [each for each in code.co_consts if not isinstance(each, CodeType)]
    return code.co_code, code.co_names, repr(values), len(_nested(code))


def _nested(code: CodeType) -> list[CodeType]:
    return [each for each in code.co_consts if isinstance(each, CodeType)]


def _statement(source: str, line: int) -> range:
    """Return the lines of the statement at a line, without those in its body, `match` aside.

    A test that ends in the middle of an expression may notice a change in another line of it.
    """
    found = range(line, line + 1)
    for node in ast.walk(ast.parse(source)):  # from the outer statements to the inner ones
        if not isinstance(node, ast.stmt | ast.excepthandler):
            continue
        if node.lineno <= line <= (node.end_lineno or 0):
            body: list[ast.stmt] = getattr(node, "body", [])
            end = _first_line(body[0]) if body else (node.end_lineno or 0) + 1
            found = range(node.lineno, max(end, line + 1))
    return found


def _bound(source: str, line: int) -> Collection[str]:
    """Return the names that the statement at a line binds, none for a class or a decorator."""
    statements = ast.parse(source).body
    node = next(each for each in reversed(statements) if _first_line(each) <= line)
    if isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and line < node.lineno):
        return ()
    if isinstance(node, ast.FunctionDef):
        return (node.name,)
    stored = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {each.id for each in stored if isinstance(each.ctx, ast.Store)}


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _bind(names: Collection[str], module: ModuleType, code: CodeType) -> None:
    """Bind names of a module anew wherever they have been imported."""
    anew = {name: vars(module)[name] for name in ("__name__", "__file__", "__package__")}
    exec(code, anew)
    known = [each for name, each in sys.modules.items() if name.startswith(("dlm_git", "tests"))]
    for name in set(names) & vars(module).keys() & anew.keys():
        before = vars(module)[name]
        for each in known:
            if vars(each).get(name) is before:
                setattr(each, name, anew[name])


def _module(file: str) -> ModuleType:
    return next(each for each in sys.modules.values() if getattr(each, "__file__", "") == file)


def _run(items: list[pytest.Item]) -> int:
    """Return 1 if a test fails."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        reports = runtestprotocol(item, log=False, nextitem=following)
        if any(report.failed for report in reports):
            return 1
    return 0


def _wait(pid: int, limit: float) -> str:
    """Return the outcome of a process, which is killed after so many seconds."""
    descriptor = os.pidfd_open(pid)
    try:
        in_time = bool(select.select([descriptor], [], [], limit)[0])
    finally:
        os.close(descriptor)
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)  # and what it has started
    status = os.waitpid(pid, 0)[1]
    if not in_time:
        return TIMEOUT
    return KILLED if status else SURVIVED
