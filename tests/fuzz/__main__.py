"""Fuzz one kind of input: `python -m tests.fuzz document --minutes 30`.

Mutates seeds and what treats the program to something new, for so many minutes of processor time.
Each broken law is printed once and saved as a small file. The exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType

from tests.fuzz.kinds import KINDS
from tests.fuzz.mutations import mutate
from tests.fuzz.seeds import seeds, tokens
from tests.oracle import Oracle, OracleError, available

_SECONDS, _SECONDS_PER_BYTE = 2.0, 0.002  # of processor time, generous
_MEMORY = 300 << 10  # KiB that one input may add to the highest use
_POOL = 4_000
_OURS = re.compile(r"[/\\](dlm_git|tests)[/\\]")
_REPORT_EVERY = 60.0  # seconds of processor time


class TooSlow(BaseException):
    """An input takes more processor time than its size allows. The program does not catch it."""


def _on_alarm(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow


def failure_of(check: Callable[[bytes], object], data: bytes) -> tuple[str, str, object]:
    """Return a name for the law that an input breaks, its traceback, and what `check` returns.

    The name is that of the error and of the line that raises it, '' if no law is broken.
    """
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.setitimer(signal.ITIMER_PROF, _SECONDS + _SECONDS_PER_BYTE * len(data))
    try:
        shape = check(data)
    except OracleError:  # the trainer has not answered
        return "", "", None
    except (Exception, TooSlow) as error:
        return _name(error), traceback.format_exc(), None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > before + _MEMORY:
        return "memory", f"it took more than {_MEMORY >> 10} MiB", shape
    return "", "", shape


def _name(error: BaseException) -> str:
    """Return the names of an error and of the function of the project that raised it."""
    stack = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in stack if _OURS.search(frame.filename)]
    words = (type(error).__name__, Path(frames[-1].filename).stem, frames[-1].name)
    return re.sub(r"[^\w-]", "", "-".join(words))


def minimized(check: Callable[[bytes], object], data: bytes, name: str) -> bytes:
    """Return a smaller input that breaks the same law."""
    size = len(data) // 2
    tries = 400
    while size and tries:
        at = 0
        while at < len(data) and tries:
            shorter, tries = data[:at] + data[at + size :], tries - 1
            if failure_of(check, shorter)[0] == name:
                data = shorter
            else:
                at += size
        size //= 2
    return data


def run(kind: str, minutes: float, seed: int, directory: Path, oracle: Oracle | None) -> int:
    """Fuzz a kind of input, print progress and findings, and return the number of findings."""
    random, known, findings, inputs = Random(seed), set[object](), set[str](), 0
    pool, words = [*seeds(kind)], tokens(kind)
    queue = [*pool]

    def check(data: bytes) -> object:
        return KINDS[kind](data, oracle)

    signal.signal(signal.SIGPROF, _on_alarm)
    reported = time.process_time()
    while time.process_time() < minutes * 60:
        data = (
            queue.pop()
            if queue
            else mutate(random, random.choice(pool), random.choice(pool), words)
        )
        name, details, shape = failure_of(check, data)
        inputs += 1
        if name and name not in findings:
            findings.add(name)
            small = minimized(check, data, name)
            directory.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(small)
            print(f"FINDING {directory / name}: {small[:300]!r}\n{details}", flush=True)
        if shape not in known and not name:
            known.add(shape)
            pool = [*pool[-_POOL:], data]
        if time.process_time() > reported + _REPORT_EVERY:
            reported = time.process_time()
            print(_summary(kind, inputs, known, findings, seed), flush=True)
    print(f"END {_summary(kind, inputs, known, findings, seed)}", flush=True)
    return len(findings)


def _summary(kind: str, inputs: int, known: set[object], findings: set[str], seed: int) -> str:
    seconds = time.process_time()
    return (
        f"{kind}: {inputs} inputs in {seconds:.0f} seconds of processor time,"
        f" {len(known)} different outcomes, {len(findings)} findings (seed {seed})"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=__doc__.splitlines()[0]
    )
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--minutes", type=float, default=1.0, help="processor time (1)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the random numbers")
    parser.add_argument("--findings", type=Path, default=Path("build/fuzz"), metavar="DIRECTORY")
    arguments = parser.parse_args()
    directory = arguments.findings / arguments.kind
    if (
        os.environ.get("PYTHONHASHSEED") != "0"
    ):  # as for the trainer: the order of a set is the same
        again = [sys.executable, "-m", "tests.fuzz", *sys.argv[1:]]
        os.execve(sys.executable, again, {**os.environ, "PYTHONHASHSEED": "0"})
    if not available():
        return bool(run(arguments.kind, arguments.minutes, arguments.seed, directory, None))
    with Oracle() as oracle:
        return bool(run(arguments.kind, arguments.minutes, arguments.seed, directory, oracle))


sys.exit(main())
