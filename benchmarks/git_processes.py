"""Run only the git processes that a check of many repositories needs.

This runs as a process of its own. The queries are read from files that were written beforehand.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

QUERIES = "queries"
# the commands that `dlm-git check` runs for each repository, after the file that each one reads
COMMANDS = (
    ("", "ls-files", "--stage", "-z"),
    (QUERIES, "cat-file", "--batch-command", "--buffer"),
)


def main(jobs: int) -> None:
    """Run them for all repositories below the current directory, in `jobs` processes."""
    git = which("git") or ""
    repositories = sorted(path for path in Path.cwd().iterdir() if path.is_dir())
    children = []
    for number in range(jobs):
        child = os.fork()
        if not child:
            for path in repositories[number::jobs]:
                _run(git, path)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _run(git: str, path: Path) -> None:
    environ = {**os.environ, "GIT_DIR": f"{path}/.git"}
    for query, *arguments in COMMANDS:
        actions = list(_streams(f"{path}/.git/{query}" if query else os.devnull))
        command = [git, "-c", "core.fsmonitor=false", *arguments]
        child = os.posix_spawn(git, command, environ, file_actions=actions)
        if os.waitpid(child, 0)[1]:
            os._exit(1)


def _streams(query: str) -> Iterator[tuple[int, int, str, int, int]]:
    yield os.POSIX_SPAWN_OPEN, 0, query, os.O_RDONLY, 0
    yield os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0


if __name__ == "__main__":
    main(int(sys.argv[1]))
