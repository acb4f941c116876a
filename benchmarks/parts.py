"""Check the current directory, and print the processor time of each part of the check.

This runs as a process of its own, and imports little, since dlm-git imports the rest. The time of
an import excludes the imports that it makes itself.
"""

from __future__ import annotations

import os
import resource
import sys
from time import process_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LIBRARIES = {"dlm_git": "import dlm-git", "yaml": "import PyYAML"} | dict.fromkeys(
    ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions"),
    "import pydantic",
)


class Stopwatch:
    """The processor time of each part, in seconds."""

    def __init__(self) -> None:
        self._since = process_time()
        self.parts = {"start Python": self._since}
        self._running = ["read and print"]

    def timed(self, function: Callable[..., Any], part: Callable[..., str]) -> Callable[..., Any]:
        """Return a function whose time counts for a part, named by `part` from its arguments."""

        def run(*args: object, **options: object) -> object:
            self.switch()
            self._running.append(part(*args))
            try:
                return function(*args, **options)
            finally:
                self.switch()
                self._running.pop()

        return run

    def switch(self) -> None:
        """Add the time since the last switch to the part that runs."""
        now, part = process_time(), self._running[-1]
        self.parts[part] = self.parts.get(part, 0) + now - self._since
        self._since = now


def _import_part(name: str, *_: object) -> str:
    return _LIBRARIES.get(name.partition(".")[0], "import the standard library")


def main() -> int:
    """Run a check with timed imports and rules; print a line for each part, and return its code."""
    watch = Stopwatch()
    importer: Any = sys.modules["_frozen_importlib"]
    importer._find_and_load = watch.timed(importer._find_and_load, _import_part)
    from dlm_git.cli.main import main as run
    from dlm_git.rules import engine

    engine.run_rules = watch.timed(engine.run_rules, lambda *_: "run the rules")
    output = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    code = run(["check", "--no-cache"])
    watch.switch()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    watch.parts["run git"] = children.ru_utime + children.ru_stime
    os.write(output, "".join(f"{name}\t{t}\n" for name, t in watch.parts.items()).encode())
    return code


if __name__ == "__main__":
    sys.exit(main())
