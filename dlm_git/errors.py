"""The error that dlm-git raises when it cannot do what the user asked for."""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would slow a cached check
if TYPE_CHECKING:
    from collections.abc import Sequence


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


class MissingObjectError(DlmGitError):
    """Files whose content the repository does not have, as in a partial clone.

    paths: the paths of all of them that were asked for.
    """

    def __init__(self, message: str, hint: str, paths: Sequence[str]) -> None:
        super().__init__(message, hint)
        self.paths = frozenset(paths)
