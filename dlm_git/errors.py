"""The one error that users are meant to see."""

from __future__ import annotations


class DlmGitError(Exception):
    """What keeps the judge from judging: not a repository, a bad revision, a broken config.

    `message` says what, `help` the way out. Commands end with exit code 2.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
