"""Read the organization's config, which applies to every repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from stat import S_ISFIFO

from dlm_git.errors import DlmGitError
from dlm_git.fs import explain_os_errors, may_exist
from dlm_git.inputs import read_input
from dlm_git.paths import CONFIG_VARIABLE, organization_configs


def read_organization(environ: Mapping[str, str], limit: int) -> dict[str, bytes]:
    """Return the content of the organization's config, by its path; {} if there is none.

    It is the file that DLM_GIT_CONFIG names, or else the first that exists of
    `dlm-git/config.toml` in the directories of XDG_CONFIG_DIRS. Raises DlmGitError if it cannot be
    read, if it has more than `limit` bytes, or if the variable names no file.
    """
    named = environ.get(CONFIG_VARIABLE)
    if named and not named.startswith("/"):
        message = f"{CONFIG_VARIABLE} must be an absolute path, found '{named}'"
        raise DlmGitError(message, f'export {CONFIG_VARIABLE}="$PWD/FILE"')
    hint = f"correct {CONFIG_VARIABLE}, or unset it" if named else ""
    paths = (path for path in organization_configs(environ) if named or may_exist(path))
    return {path: _read(path, limit, hint) for path in islice(paths, 1)}


def _read(path: str, limit: int, hint: str) -> bytes:
    try:
        with explain_os_errors("read", path):
            if S_ISFIFO(os.stat(path).st_mode):
                raise DlmGitError(f"'{path}' is a pipe, expected a file")
        return read_input(path, limit)
    except DlmGitError as error:
        hint = hint or error.hint or f"check its permissions: `ls -ld {path}`"
        raise DlmGitError(f"the organization's config: {error.message}", hint) from error
