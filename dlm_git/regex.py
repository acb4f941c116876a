"""Regular expressions that are compiled when they are first used.

A check of a clean repository needs few of them, and to compile all would take almost as long as to
start Python (docs/performance.md).
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    compile_late = re.compile
else:

    def compile_late(pattern, flags=0):
        """Return what `re.compile` returns; it is compiled when a method is called."""
        return _LatePattern(pattern, flags)


class _LatePattern:
    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):  # asked by `copy` and `pickle`
            raise AttributeError(name)
        value = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, value)  # so that the next use finds it
        return value
