"""The file that a config file extends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from posixpath import dirname, normpath

from dlm_git.config.layers import Layer
from dlm_git.errors import DlmGitError
from dlm_git.paths import is_absolute, join, leaves_repository

MAX_FILES = 8


def read_extended(
    layers: Sequence[Layer], read: Callable[[str], bytes] | None
) -> tuple[str, bytes]:
    """Return the path and the content of the file that the first layer extends.

    Raises DlmGitError with the line of `extends` if it is outside of the repository, in a circle,
    or cannot be read.

    layers: the file, and those that extend it.
    read: as in `resolve_config`.
    """
    layer = layers[0]
    where = layer.place("extends")
    if read is None:
        message = f"{where}: 'extends' is read only in a config of the repository"
        raise DlmGitError(message, "omit it, and write the keys of both files into one")
    path = _target(layer, where)
    names = [other.path for other in reversed(layers)]
    if path in names:
        chain = " -> ".join((*names, path))
        raise DlmGitError(f"{where}: 'extends' leads in a circle: {chain}", "remove one of them")
    if len(layers) == MAX_FILES:
        message = f"{where}: more than {MAX_FILES} files extend each other"
        raise DlmGitError(message, "join some of them")
    try:
        return path, read(path)
    except DlmGitError as error:
        raise DlmGitError(f"{where}: 'extends': {error.message}", error.hint) from error


def _target(layer: Layer, where: str) -> str:
    """Return the path of the extended file, relative to the root."""
    path = normpath(join(dirname(layer.path), layer.extends))
    if is_absolute(layer.extends) or leaves_repository(path):
        message = f"{where}: 'extends' must be a path inside the repository"
        hint = "copy the file into the repository, or name it in DLM_GIT_CONFIG for all of them"
        raise DlmGitError(f"{message}, found '{layer.extends}'", hint)
    return path
