"""Install the merge and diff drivers of a repository, and remove them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from posixpath import split
from typing import Literal

from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, read_file, remove_file, replace_file
from dlm_git.git import write
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.hooks.attribute_lines import find_line
from dlm_git.hooks.attributes_block import with_block, without_block
from dlm_git.hooks.driver_commands import driver_settings
from dlm_git.hooks.driver_state import (
    AttributesFile,
    Drivers,
    attributes_file,
    foreign_attributes,
    read_config,
    read_drivers,
)
from dlm_git.paths import ATTRIBUTES_FILE
from dlm_git.values import Value

Action = Literal["installed", "updated", "removed", ""]


class DriverChange(Value):
    """The drivers after a change, and the change that was made.

    drivers: their state.
    action: the change, '' if there was none.
    to_stage: the file of the working tree that was changed, '' if none was.
    """

    drivers: Drivers
    action: Action = ""
    to_stage: str = ""


def install_drivers(
    directory: PathLike | None, program: str, *, shared: bool = False
) -> DriverChange:
    """Install drivers that run `program` into the repository of a directory: all, or nothing.

    shared: whether `.gitattributes` names them, for other clones, rather than `info/attributes`.

    Raises DlmGitError, before it writes anything, if other attributes apply to the same files.
    """
    repository = _find_repository(directory)
    _refuse_foreign(repository)
    file = attributes_file(repository, shared=shared)
    other_has_block = attributes_file(repository, shared=not shared).has_block
    # a clone of a repository whose `.gitattributes` names the drivers needs no lines of its own
    needs_block = shared or file.has_block or not other_has_block
    block = with_block(file.data) if needs_block else file.data
    old = read_config(repository).local
    settings = {k: v for k, v in driver_settings(program).items() if old.get(k) != v}
    try:
        _set(repository, settings)
        _write(file, block)
    except BaseException:
        with suppress(DlmGitError):  # the first error is the one to report
            _restore(repository, old)
        raise
    changed = settings or block != file.data
    action: Action = "" if not changed else "updated" if old else "installed"
    to_stage = file.path if shared and block != file.data else ""
    return DriverChange(read_drivers(repository), action, to_stage)


def uninstall_drivers(directory: PathLike | None, *, shared: bool = False) -> DriverChange:
    """Remove the drivers from the config, and their block from `info/attributes`.

    shared: whether to remove the block from `.gitattributes`, too. Without the drivers it does
        nothing, and other clones may need it.
    """
    repository = _find_repository(directory)
    files = [attributes_file(repository, shared=False)]
    files += [attributes_file(repository, shared=True)] if shared else []
    blocks = [file for file in files if file.has_block]
    old = read_config(repository).local
    for file in blocks:
        _write(file, without_block(file.data or b""))
    write.unconfigure(repository, _sections(old))
    to_stage = next((file.path for file in blocks if file.path == ATTRIBUTES_FILE), "")
    return DriverChange(read_drivers(repository), "removed" if old or blocks else "", to_stage)


def driver_status(directory: PathLike | None) -> Drivers:
    """Return the state of the drivers in the repository of a directory."""
    return read_drivers(_find_repository(directory))


def _find_repository(directory: PathLike | None) -> Repository:
    repository = find_repository(directory)
    if repository.bare:
        message = "a bare repository has no working tree for drivers to merge in"
        raise DlmGitError(message, "install them in a clone")
    return repository


def _refuse_foreign(repository: Repository) -> None:
    """Raise DlmGitError if documents have other drivers already."""
    foreign = foreign_attributes(repository)
    if not foreign:
        return
    first = foreign[0]
    line = find_line(repository, first)
    found = f"'{line}'" if line else f"the attribute '{first.name}' is '{first.value}'"
    raise DlmGitError(
        f"cannot install: '{first.path}' has other attributes: {found}",
        "remove that line, or exclude documents from it",
    )


def _restore(repository: Repository, settings: Mapping[str, str]) -> None:
    """Bring the settings of the drivers back to what they were."""
    write.unconfigure(repository, _sections(read_config(repository).local))
    _set(repository, settings)


def _sections(settings: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(key.rpartition(".")[0] for key in settings))


def _set(repository: Repository, settings: Mapping[str, str]) -> None:
    for key, value in settings.items():
        section, _, name = key.rpartition(".")
        write.configure(repository, section, {name: value})


def _write(file: AttributesFile, data: bytes | None) -> None:
    """Replace a file of attributes; None removes it.

    Raises DlmGitError if another process has changed it in another way.
    """
    if data == file.data:
        return
    directory, name = split(file.path)
    if file.data is None:
        written = create_file(file.root, directory, name, data or b"")
    else:
        written = read_file(file.root, file.path) == file.data
        if written and data is None:
            remove_file(file.root, directory, name)
        elif written:
            replace_file(file.root, directory, name, data or b"")
    if not written and read_file(file.root, file.path) != data:
        message = f"'{file.shown}' was changed by another process"
        raise DlmGitError(message, "run the command again")
