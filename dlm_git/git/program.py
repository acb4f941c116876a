"""The git executable: where it is, and which version it has."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from dlm_git.errors import DlmGitError
from dlm_git.git.environment import (
    MINIMUM_VERSION,
    clean_environment,
    locate_git,
    without_repository,
)
from dlm_git.git.process import NEEDED, Git
from dlm_git.values import Value

_supported: set[tuple[str, int]] = set()  # the programs that this process has asked


class GitProgram(Value):
    """The git executable.

    path: its absolute path.
    version: its version, such as '2.39.5'; '' if it is unknown.
    """

    path: str
    version: str

    @property
    def is_supported(self) -> bool:
        """Return whether dlm-git supports this version; an unknown one counts as supported."""
        return not self.version or version_numbers(self.version) >= MINIMUM_VERSION


def describe_git(environ: Mapping[str, str]) -> GitProgram:
    """Return path and version of git. Raises DlmGitError if it is not on the PATH or fails."""
    path = locate_git(environ)
    if not path:
        raise DlmGitError("git is not on the PATH", "install git, or add its directory to PATH")
    git = Git(path, os.sep, clean_environment(without_repository(environ)))
    return GitProgram(path, read_version(git))


def find_git(environ: Mapping[str, str]) -> str:
    """Return the absolute path of git.

    Raises DlmGitError if it is not on the PATH, fails, or is too old: before `safe.bareRepository`
    git obeys the config of a repository that is committed inside of another one. A process asks
    for the version once, until the program is replaced.
    """
    path = locate_git(environ)
    if _state_of(path) not in _supported:
        git = describe_git(environ)
        if not git.is_supported:
            raise DlmGitError(f"'{path}' is git {git.version}, which is too old", NEEDED)
        _supported.add(_state_of(path))
    return path


def _state_of(path: str) -> tuple[str, int]:
    """Return what changes when a program is replaced."""
    try:
        return path, os.stat(path).st_mtime_ns
    except OSError:
        return path, 0


def read_version(git: Git) -> str:
    """Return the version of git, such as '2.39.5'; '' if it is unknown."""
    match = re.search(r"\d+(?:\.\d+)+", git.line("version"), re.ASCII)
    return match[0] if match else ""


def version_numbers(version: str) -> tuple[int, ...]:
    """Return the major and minor number of a version, () if it is unknown."""
    return tuple(int(number) for number in version.split(".")[:2] if number)
