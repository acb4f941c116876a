"""Read the organization's config, which applies to every repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from stat import S_ISFIFO

from dlm_git.errors import DlmGitError
from dlm_git.paths import CONFIG_VARIABLE, organization_configs

MAX_CONFIG = 1 << 20  # bytes; a large pyproject.toml has 100 KB


def read_organization(environ: Mapping[str, str]) -> dict[str, bytes]:
    """Return the content of the organization's config, by its path; {} if there is none.

    It is the file that DLM_GIT_CONFIG names, or else the first that exists of
    `dlm-git/config.toml` in the directories of XDG_CONFIG_DIRS. Raises DlmGitError if it cannot be
    read, or if the variable names no file.
    """
    named = environ.get(CONFIG_VARIABLE)
    if named and not named.startswith("/"):
        message = f"{CONFIG_VARIABLE} must be an absolute path, found '{named}'"
        raise DlmGitError(message, f'export {CONFIG_VARIABLE}="$PWD/FILE"')
    for path in organization_configs(environ):
        if named or _exists(path):
            return {path: _read(path, f"correct {CONFIG_VARIABLE}, or unset it" if named else "")}
    return {}


def _exists(path: str) -> bool:
    """Return False if there is no such file, True also if that cannot be found out."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read(path: str, hint: str) -> bytes:
    from dlm_git.fs import explain_os_errors  # late: most systems have no such file
    from dlm_git.inputs import read_input

    try:
        with explain_os_errors("read", path):
            if S_ISFIFO(os.stat(path).st_mode):
                raise DlmGitError(f"'{path}' is a pipe, expected a file")
        return read_input(path, MAX_CONFIG)
    except DlmGitError as error:
        hint = hint or error.hint or f"check its permissions: `ls -ld {path}`"
        raise DlmGitError(f"the organization's config: {error.message}", hint) from error
