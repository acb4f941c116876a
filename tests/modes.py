"""The modes of files, for tests that root runs: root ignores them unless it gives that up."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import skip_or_fail

# linux/capability.h
_VERSION = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_DROPPED = 1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH


def bound_command() -> tuple[str, ...]:
    """Return the words before a command that make the modes of files hold for it."""
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        skip_or_fail("needs setpriv to run as root without its capabilities")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")


@contextmanager
def bound_by_modes() -> Iterator[None]:
    """Make the modes of files hold for this process (capabilities(7)), not for its children."""
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    before, bound = (ctypes.c_uint32 * 6)(), (ctypes.c_uint32 * 6)()
    for sets in (before, bound):
        assert libc.capget(header, sets) == 0, os.strerror(ctypes.get_errno())
    bound[0] &= ~_DROPPED
    assert libc.capset(header, bound) == 0, os.strerror(ctypes.get_errno())
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0, os.strerror(ctypes.get_errno())
