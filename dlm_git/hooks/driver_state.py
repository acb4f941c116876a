"""Find the merge and diff drivers of a repository: in its config and in its attributes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from posixpath import split
from typing import Literal

from dlm_git.fs import read_file
from dlm_git.git.attributes import list_attributes
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.hooks.attributes_block import has_block
from dlm_git.hooks.directory import shown_path
from dlm_git.hooks.driver_commands import DRIVER, MERGE, SETTINGS, driver_program, driver_settings
from dlm_git.hooks.script import finds_program
from dlm_git.paths import ATTRIBUTES_FILE, IGNORE_FILE
from dlm_git.values import Value

_MAX_ATTRIBUTES = 100 << 20  # bytes; Git ignores larger files
_UNSPECIFIED = "unspecified"

State = Literal[
    "missing", "shared", "installed", "outdated", "not_found", "no_attributes", "overridden"
]
DESCRIPTIONS: Mapping[State, str] = {
    "missing": "not installed",
    "shared": "not installed in this clone, so Git merges lines",
    "installed": "installed",
    "outdated": "outdated",
    "not_found": "find no dlm-git, so Git merges lines",
    "no_attributes": "not used, because no attribute names them",
    "overridden": "not used for all files",
}
_UPDATE = "`dlm-git install --drivers` updates them"
HINTS: Mapping[State, str] = {
    "missing": "`dlm-git install --drivers` installs them",
    "shared": "`dlm-git install --drivers` installs them in this clone",
    "installed": "",
    "outdated": _UPDATE,
    "not_found": _UPDATE,
    "no_attributes": "`dlm-git install --drivers` adds the attributes",
    "overridden": "remove the line of a .gitattributes, or of info/attributes, that sets it",
}


class Drivers(Value):
    """The drivers of a repository.

    state: whether Git uses them.
    attributes: the files of attributes with a block of dlm-git, as shown to the user.
    reason: why they are in their state, '' if there is nothing to add.
    """

    state: State
    attributes: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_broken(self) -> bool:
        """Return whether they are installed, and Git does not use them as it should."""
        return self.state not in ("missing", "shared", "installed")


class DriverConfig(Value):
    """The settings of the drivers in Git's config.

    effective: those of all scopes, of which the last one wins.
    local: those of the repository.
    """

    effective: Mapping[str, str]
    local: Mapping[str, str]


class AttributesFile(Value):
    """A file of attributes that can have the block.

    shown: its path as shown to the user.
    root: a directory above it.
    path: its path below `root`.
    """

    shown: str
    root: str
    path: str

    @cached_property
    def data(self) -> bytes | None:
        """Its content, None if it does not exist. Raises DlmGitError for a symbolic link."""
        return read_file(self.root, self.path, _MAX_ATTRIBUTES)

    @property
    def has_block(self) -> bool:
        """Return whether it has the block; raises DlmGitError for a broken one.

        A symbolic link has none: dlm-git does not write through it.
        """
        is_link = os.path.islink(os.path.join(self.root, self.path))
        return not is_link and has_block(self.data or b"")


class ForeignAttribute(Value):
    """An attribute of a path that names another driver, or none."""

    path: str
    name: str
    value: str


def read_drivers(repository: Repository) -> Drivers:
    """Return the state of the drivers of a repository that is not bare."""
    settings = read_config(repository).effective
    files = [attributes_file(repository, shared=shared) for shared in (False, True)]
    blocks = tuple(file.shown for file in files if file.has_block)
    if f"{MERGE}.driver" not in settings:
        return Drivers("shared" if blocks else "missing", blocks)
    program = driver_program(settings)
    if any(settings.get(key) != value for key, value in driver_settings(program).items()):
        return Drivers("outdated", blocks)
    if not finds_program(program, repository.user_git.environ):
        return Drivers("not_found", blocks)
    values = list(_attributes(repository))
    foreign = [attribute for attribute in values if attribute.value != DRIVER]
    if not foreign:
        return Drivers("installed", blocks)
    if all(attribute.value == _UNSPECIFIED for attribute in values):
        return Drivers("no_attributes", blocks)
    first = foreign[0]
    reason = f"the attribute '{first.name}' of '{first.path}' is '{first.value}'"
    return Drivers("overridden", blocks, reason)


def read_config(repository: Repository) -> DriverConfig:
    """Return the settings of the drivers in Git's config."""
    question = ("config", "--show-scope", "-z", "--get-regexp", SETTINGS)
    git = worktree_git(repository)
    words = os.fsdecode(git.answer(*question, ok=(0, 1))).split("\0")
    if len(words) % 2 == 0:
        raise git.incomplete(question)
    rows = [
        (scope, *row.partition("\n")[::2])
        for scope, row in zip(words[0:-1:2], words[1::2], strict=True)
    ]
    return DriverConfig(
        effective={key: value for _, key, value in rows},
        local={key: value for scope, key, value in rows if scope == "local"},
    )


def attributes_file(repository: Repository, *, shared: bool) -> AttributesFile:
    """Return `.gitattributes` for shared attributes, else `info/attributes` of all worktrees."""
    if shared:
        return AttributesFile(ATTRIBUTES_FILE, repository.root, ATTRIBUTES_FILE)
    # not with --path-format, which resolves symbolic links
    output = repository.git.line("rev-parse", "--git-path", "info/attributes")
    found = os.path.normpath(os.path.join(repository.git_dir, output))
    directory, name = split(found)
    path = f"{os.path.basename(directory)}/{name}"
    return AttributesFile(shown_path(repository, found), os.path.dirname(directory), path)


def foreign_attributes(repository: Repository) -> list[ForeignAttribute]:
    """Return the attributes of documents and `.dlm/ignore` files that name another driver."""
    allowed = (DRIVER, _UNSPECIFIED)
    return [found for found in _attributes(repository) if found.value not in allowed]


def _attributes(repository: Repository) -> Iterator[ForeignAttribute]:
    """Yield the attributes `merge` and `diff` of the tracked files, and of the usual paths."""
    git = worktree_git(repository)
    patterns = (":(glob)**/.dlm/*.dlm", f":(glob)**/{IGNORE_FILE}")
    listed = git.list_few("ls-files", "-z", "--", *patterns)
    found = filter(None, os.fsdecode(listed).split("\0"))
    paths = [*dict.fromkeys([".dlm/corpus.dlm", ".dlm/ignore", *found])]
    for path, name, value in list_attributes(git, ("merge", "diff"), paths):
        if name == "merge" or not path.endswith(IGNORE_FILE):
            yield ForeignAttribute(path, name, value)
