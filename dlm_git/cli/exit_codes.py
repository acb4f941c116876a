"""Exit codes, the same for every command and every format."""

from __future__ import annotations

CLEAN, FINDINGS, ERROR, BUG = 0, 1, 2, 3
