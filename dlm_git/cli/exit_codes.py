"""What each command does: a function that takes the parsed arguments and gives an exit code."""

from __future__ import annotations

from dlm_git.about import REPOSITORY

__all__ = ["BUG", "CLEAN", "ERROR", "FINDINGS", "REPOSITORY"]

CLEAN, FINDINGS, ERROR, BUG = 0, 1, 2, 3
