"""What `--verbose` tells on standard error: the state, the config, what git was asked, the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from shlex import join
from time import perf_counter

from dlm_git.cli.terminal import print_err
from dlm_git.formats.escape import escape
from dlm_git.git.process import TRACE, TracedCall
from dlm_git.snapshots.snapshot import Snapshot


@contextmanager
def verbosely() -> Iterator[None]:
    """Note what git is asked meanwhile, and tell it at the end."""
    began, calls = perf_counter(), list[TracedCall]()
    token = TRACE.set(calls)
    try:
        yield
    finally:
        TRACE.reset(token)
        for call in calls:
            print_err(f"git: {1000 * call.seconds:6.1f} ms  git {escape(join(call.args))}")
        total = 1000 * (perf_counter() - began)
        print_err(f"total: {total:.1f} ms, {len(calls)} calls of git")


def tell(snapshot: Snapshot, origins: Mapping[str, str]) -> None:
    """The state that is judged, and where the config comes from."""
    print_err(f"judged: {escape(snapshot.label)}")
    sources = [origin for origin in dict.fromkeys(origins.values()) if origin != "default"]
    print_err(f"config: {', '.join(map(escape, sources)) or 'none, only defaults'}")
