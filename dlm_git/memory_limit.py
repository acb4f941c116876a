"""Limit the memory of this process, but not that of the processes it starts.

A check imports this module, so it imports `resource` only for a limit.
"""

from __future__ import annotations

from _thread import allocate_lock  # `threading` takes milliseconds to import
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_limit: int | None = None  # of this process, in bytes
_lock = allocate_lock()


@contextmanager
def memory_limited(size: int) -> Iterator[None]:
    """Limit this process to some bytes of address space in the body."""
    global _limit
    _limit = size
    _set_limit(size)
    try:
        yield
    finally:
        _limit = None
        _set_limit(None)


@contextmanager
def without_memory_limit() -> Iterator[None]:
    """Start a process in the body that does not inherit the memory limit of this one."""
    if _limit is None:
        yield
        return
    with _lock:
        _set_limit(None)
        try:
            yield
        finally:
            _set_limit(_limit)


def _set_limit(size: int | None) -> None:
    """Set the limit of the address space, as far as the system's own limit allows."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = resource.RLIM_INFINITY if size is None else size
    if hard != resource.RLIM_INFINITY:
        size = hard if size == resource.RLIM_INFINITY else min(size, hard)
    with suppress(OSError, ValueError, OverflowError):  # macOS does not support it
        resource.setrlimit(resource.RLIMIT_AS, (size, hard))
