"""What `--verbose` tells on standard error: the state, the config, what git was asked, the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from shlex import join
from time import perf_counter

from dlm_git.cli.terminal import complain
from dlm_git.formats.escape import visible
from dlm_git.git.process import CALLS, Call
from dlm_git.snapshots.snapshot import Snapshot


@contextmanager
def verbosely() -> Iterator[None]:
    """Note what git is asked meanwhile, and tell it at the end."""
    began, calls = perf_counter(), list[Call]()
    token = CALLS.set(calls)
    try:
        yield
    finally:
        CALLS.reset(token)
        for call in calls:
            complain(f"git: {1000 * call.seconds:6.1f} ms  git {visible(join(call.args))}")
        total = 1000 * (perf_counter() - began)
        complain(f"total: {total:.1f} ms, {len(calls)} calls of git")


def tell(snapshot: Snapshot, origins: Mapping[str, str]) -> None:
    """The state that is judged, and where the config comes from."""
    complain(f"judged: {visible(snapshot.label)}")
    sources = [origin for origin in dict.fromkeys(origins.values()) if origin != "default"]
    complain(f"config: {', '.join(map(visible, sources)) or 'none, only defaults'}")
