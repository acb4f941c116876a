"""The error that dlm-git raises when it cannot do what the user asked for."""

from __future__ import annotations


class DlmGitError(Exception):
    """A problem that keeps dlm-git from checking: not a repository, a bad revision, a bad config.

    Commands print both attributes and exit with code 2.

    message: the problem.
    hint: how to solve it, or ''.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
