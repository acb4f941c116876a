"""The result of reading a hook or the config of a hook manager."""

from __future__ import annotations

from typing import Literal

from dlm_git.values import Value


class Reading(Value):
    """What a hook, or the config of a hook manager, says about its call of dlm-git.

    verdict: 'calls' if it certainly calls dlm-git and fails if the check fails; 'none' if it does
        not call dlm-git; 'uncertain' otherwise.
    reason: the reason for the verdict, or what it leaves out, '' if there is nothing to add.
    """

    verdict: Literal["calls", "uncertain", "none"]
    reason: str = ""


CALLS, NONE = Reading("calls"), Reading("none")


def uncertain(reason: str) -> Reading:
    """Return the reading of a hook that may or may not call dlm-git."""
    return Reading("uncertain", reason)


def strongest(*readings: Reading) -> Reading:
    """Return the reading of a hook that runs all of these: one call is enough."""
    return min(readings, key=_rank, default=NONE)


def _rank(reading: Reading) -> tuple[int, bool]:
    """Rank a call by what it leaves out, and other readings by having a reason."""
    calls = reading.verdict == "calls"
    return ("calls", "uncertain", "none").index(reading.verdict), calls == bool(reading.reason)
