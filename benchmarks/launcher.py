"""Run a command, and print its seconds, its seconds of processor time, and its peak of memory.

This runs as a process of its own. On Linux the peak of a process is never below the memory of the
process that starts it, so this one imports little: it needs less than an empty Python program.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter

_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes


def main(output: str, command: list[str]) -> int:
    """Run a command that writes its output to a file, and return its exit code."""
    actions = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY, 0)]
    start = perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    seconds = perf_counter() - start
    print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _PEAK_UNIT)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
