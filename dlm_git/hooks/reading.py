"""The result of reading a hook or the config of a hook manager."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Reading(NamedTuple):
    """What a hook, or the config of a hook manager, says about its call of dlm-git.

    verdict: 'calls' if it certainly calls dlm-git and fails if the check fails; 'none' if it does
        not call dlm-git; 'uncertain' otherwise.
    reason: the reason for another verdict than 'calls', '' if there is nothing to add.
    """

    verdict: Literal["calls", "uncertain", "none"]
    reason: str = ""


CALLS, NONE = Reading("calls"), Reading("none")


def uncertain(reason: str) -> Reading:
    """Return the reading of a hook that may or may not call dlm-git."""
    return Reading("uncertain", reason)


def strongest(*readings: Reading) -> Reading:
    """Return the reading of a hook that runs all of these: one call is enough."""
    order = ("calls", "uncertain", "none")
    ranked = sorted(
        readings, key=lambda reading: (order.index(reading.verdict), not reading.reason)
    )
    return ranked[0] if ranked else NONE
