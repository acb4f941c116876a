"""The status of a path in Git."""

from __future__ import annotations

from typing import Literal

TrackingStatus = Literal["tracked", "untracked", "ignored"]
