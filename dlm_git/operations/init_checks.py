"""Where a document is to be made: a worktree, its index, its config, and what is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from dlm_git.config.load import Config, EffectiveConfig, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import list_names, read_file
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, attributes, find_ignore_pattern, find_repository
from dlm_git.paths import CONFIG_FILES, PYPROJECT, is_absolute
from dlm_git.rules.engine import validate_config
from dlm_git.snapshots.snapshot import Snapshot

FOLDER = ".dlm"
# attributes that make the index hold something else than the file
_CONVERTING = ("filter", "working-tree-encoding")


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the arguments ask for, and no config."""

    base: str | None
    sources: Sequence[str]
    recursive: bool
    flags: Mapping[str, object]

    @property
    def include(self) -> object:
        given = self.flags.get("include")
        return ["*"] if given is None and not self.recursive else given


@dataclass(frozen=True, slots=True)
class InitContext:
    """A worktree, where in it the user stands, and what is expected there and asked for."""

    repository: Repository
    here: Path
    root: Path
    effective: EffectiveConfig
    asked: InitOptions
    index: Snapshot

    @property
    def config(self) -> Config:
        """What is expected."""
        return self.effective.config

    @property
    def name(self) -> str:
        """The file name that is asked for or expected."""
        return f"{self.config.name}.dlm"

    def is_flag(self, key: str) -> bool:
        """Whether a key of the config comes from a flag."""
        return self.effective.origins[key].startswith("--")

    def documents(self) -> list[str]:
        """The file names of the documents that are there."""
        found = list_names(str(self.root), FOLDER)
        return [name for name in found if name.endswith(".dlm")]

    def read(self, name: str) -> bytes | None:
        """The document of a file name, if it is there."""
        return read_file(str(self.root), f"{FOLDER}/{name}")


def load_context(directory: str | os.PathLike[str] | None, asked: InitOptions) -> InitContext:
    """Look at the worktree around a directory. Raises CannotCheck where there is none."""
    here = Path(directory or ".").resolve()
    if not here.is_dir():
        raise DlmGitError(f"'{directory}' is not a directory", "name one inside the repository")
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError("a bare repository has no worktree", "scaffold in a clone of it")
    root = Path(repository.root).resolve()
    effective = resolve_config(_config_files(root), asked.flags)
    validate_config(effective.config)
    return InitContext(repository, here, root, effective, asked, read_index(repository))


def _config_files(root: Path) -> dict[str, bytes]:
    files = {}
    for path in CONFIG_FILES:
        if path == PYPROJECT and (root / path).is_symlink():
            continue  # of other tools; ours is never read through a link
        data = read_file(str(root), path)
        if data is not None:
            files[path] = data
    return files


def check_visible(ground: InitContext, name: str) -> None:
    """Raises CannotCheck where the index knows the document and the worktree does not show it."""
    path = f"{FOLDER}/{name}"
    entries = ground.index.entries(path)
    if any(entry.stage for entry in entries):
        raise DlmGitError(f"'{path}' is unmerged", f"edit it, then `git add {quote(path)}`")
    if entries and ground.read(name) is None:
        raise DlmGitError(
            f"'{path}' is tracked, but not in the worktree",
            f"`git restore {quote(path)}`, or in a sparse checkout `git sparse-checkout add .dlm`",
        )


def unstaged(ground: InitContext, sources: Sequence[str]) -> tuple[str, ...]:
    """The config file and the sources, as far as a commit would not have them as they are here."""
    index = ground.index
    configs = [path for path in CONFIG_FILES if _differs(ground, path)]
    untracked = [
        path
        for path in sources
        if path != "." and not index.entries(path) and not index.holds_directory(path)
    ]
    return (*configs, *untracked)


def _differs(ground: InitContext, path: str) -> bool:
    if path not in ground.effective.origins.values():
        return False
    entries = ground.index.entries(path)
    contents = [blob.data for blob in ground.index.read(entries)]
    return contents != [read_file(str(ground.root), path)]


def relative_source(ground: InitContext, path: str) -> str:
    """A path given from where the user stands, as one from the root."""
    resolved = (ground.here / path).resolve()
    if not resolved.is_relative_to(ground.root):
        raise DlmGitError(f"source '{path}' lies outside of the repository", "name a path in it")
    if not resolved.exists():
        raise DlmGitError(f"source '{path}' does not exist", f"it is looked for at '{resolved}'")
    relative = resolved.relative_to(ground.root).as_posix()
    if relative.split("/")[0] == ".git":
        raise DlmGitError(f"source '{path}' is Git's own directory", "name files of the worktree")
    if any("\ud800" <= char <= "\udfff" for char in relative):
        raise DlmGitError(f"source '{path}' is not UTF-8, which a document must be", "rename it")
    return f"./{relative}" if is_absolute(relative) else relative  # a directory called '~x'


def check_stageable(ground: InitContext, name: str) -> None:
    """Raises CannotCheck where `git add` would not take the document as it is."""
    path = f"{FOLDER}/{name}"
    where = find_ignore_pattern(ground.repository, path)
    if where:
        raise DlmGitError(
            f"'{path}' is ignored by '{where.pattern}' at {where.source}: no clone would have it",
            "remove that pattern" + _or_negate(where.source),
        )
    for attribute, value in attributes(ground.repository, path, _CONVERTING).items():
        raise DlmGitError(
            f"the attribute '{attribute}={value}' would make Git store '{path}' as something else",
            f"add the line '* -{attribute}' to {FOLDER}/.gitattributes",
        )


def _or_negate(source: str) -> str:
    if source.startswith(f"{FOLDER}/"):
        return ""  # nothing re-includes what lies below an ignored directory
    return ", or add '!.dlm/' and '!.dlm/**' below it"
