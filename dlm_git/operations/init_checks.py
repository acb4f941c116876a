"""The repository in which `init` creates a document, and the checks before it writes there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from dlm_git.config.load import Config, EffectiveConfig, resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.fs import list_names, read_file
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, attributes, find_ignore_pattern, find_repository
from dlm_git.git.worktree import read_worktree
from dlm_git.operations.check import config_files
from dlm_git.paths import CONFIG_FILES, is_absolute, is_text
from dlm_git.rules.engine import validate_config
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

FOLDER = ".dlm"
# attributes that make Git store another content than the file's (gitattributes(5))
_CONVERTING_ATTRIBUTES = ("filter", "working-tree-encoding")


class InitOptions(Value):
    """The arguments of `init` that describe the document.

    base: base model.
    sources: paths relative to the user's directory.
    recursive: False to train only on the files directly in a source.
    flags: config values that override the file, as `config.load.overrides` returns them.
    """

    base: str | None
    sources: Sequence[str]
    recursive: bool
    flags: Mapping[str, object]

    @property
    def include(self) -> object:
        """The requested include patterns, None if there are none."""
        include = self.flags.get("include")
        return ["*"] if include is None and not self.recursive else include


class InitContext(Value):
    """The repository in which `init` runs, with the options and the config.

    repository: the repository.
    here: the user's directory.
    root: the root of the working tree.
    options: the options of `init`.
    configured: the config of the working tree.
    effective: the config of the working tree, overridden by the options.
    index: the index.
    working_tree: the working tree.
    """

    repository: Repository
    here: Path
    root: Path
    options: InitOptions
    configured: EffectiveConfig
    effective: EffectiveConfig
    index: Snapshot
    working_tree: Snapshot

    @property
    def config(self) -> Config:
        """The config, overridden by the options."""
        return self.effective.config

    @property
    def bases(self) -> tuple[str, ...]:
        """The base models that the config expects of the document, none for every one."""
        return self.configured.config.allowed.get(
            self.config.corpus_path, self.configured.config.bases
        )

    def is_flag(self, key: str) -> bool:
        """Return True if the value of a config key comes from a flag."""
        return self.effective.origins[key].startswith("--")

    @property
    def config_file(self) -> str:
        """The path of the file that configures dlm-git, '' if there is none."""
        origins = self.configured.origins.values()
        return next((path for path in CONFIG_FILES if path in origins), "")

    def documents(self) -> list[str]:
        """Return the paths of the documents in `.dlm`."""
        names = list_names(str(self.root), FOLDER)
        return [f"{FOLDER}/{name}" for name in names if name.endswith(".dlm")]

    def read(self, path: str) -> bytes | None:
        """Return the content of a file in the working tree, None if there is no such file."""
        return read_file(str(self.root), path)


def load_context(directory: str | os.PathLike[str] | None, options: InitOptions) -> InitContext:
    """Read the repository of a directory. Raises DlmGitError if it has no working tree."""
    here = Path(directory or ".").resolve()
    if not here.is_dir():
        message = f"'{directory}' is not a directory"
        raise DlmGitError(message, "pass a directory inside a repository")
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError("a bare repository has no working tree", "run `dlm-git init` in a clone")
    working_tree = read_worktree(repository)
    index = read_index(repository)
    files = config_files(working_tree)
    _check_config_present(index, files)
    configured = resolve_config(files, {})
    validate_config(configured.config)
    return InitContext(
        repository=repository,
        here=here,
        root=Path(repository.root).resolve(),
        options=options,
        configured=configured,
        effective=resolve_config(files, options.flags),
        index=index,
        working_tree=working_tree,
    )


def _check_config_present(index: Snapshot, present: Mapping[str, bytes]) -> None:
    """Raise DlmGitError if a tracked file configures dlm-git, but is not in the working tree."""
    for path, data in config_files(index).items():
        if path not in present and path in resolve_config({path: data}, {}).origins.values():
            raise _missing(index, path)


def _missing(index: Snapshot, path: str) -> DlmGitError:
    hint = f"`git restore {index.shell_path(path)}`"
    if path.startswith(f"{FOLDER}/"):
        hint += ", or in a sparse checkout `git sparse-checkout add .dlm`"
    return DlmGitError(f"'{path}' is tracked, but missing from the working tree", hint)


def check_visible(context: InitContext, path: str) -> None:
    """Raise DlmGitError if the document is unmerged, or tracked but not in the working tree."""
    entries = context.index.entries(path)
    if any(entry.stage for entry in entries):
        add = f"`git add {context.index.shell_path(path)}`"
        raise DlmGitError(f"'{path}' is unmerged", f"resolve the conflict, then {add}")
    if entries and context.read(path) is None:
        raise _missing(context.index, path)


def check_stageable(context: InitContext, path: str) -> None:
    """Raise DlmGitError if `git add` would skip the document or store different content."""
    ignored = find_ignore_pattern(context.repository, path)
    if ignored:
        raise DlmGitError(
            f"'{path}' is ignored by '{ignored.pattern}' at {ignored.source}, so no clone gets it",
            "remove that pattern" + _or_negate(ignored.source),
        )
    check_unconverted(context, path)


def check_unconverted(context: InitContext, path: str) -> None:
    """Raise DlmGitError if Git would store a file with another content."""
    converting = attributes(context.repository, path, _CONVERTING_ATTRIBUTES)
    for attribute, value in converting.items():
        raise DlmGitError(
            f"the attribute '{attribute}={value}' makes Git store '{path}' with different content",
            _unset_attribute(path, attribute),
        )


def _unset_attribute(path: str, attribute: str) -> str:
    if path.startswith(f"{FOLDER}/"):
        return f"add the line '* -{attribute}' to {FOLDER}/.gitattributes"
    return f"add the line '/{path} -{attribute}' to .gitattributes, or pass --no-config"


def _or_negate(source: str) -> str:
    if source.startswith(f"{FOLDER}/"):
        return ""  # the patterns of that file are relative to `.dlm` (gitignore(5))
    return ", or add '!.dlm/' and '!.dlm/**' below it"


def relative_source(context: InitContext, path: str) -> str:
    """Return a source path relative to the root, from one relative to the user's directory.

    Raises DlmGitError for a path that cannot be a source.
    """
    resolved = (context.here / path).resolve()
    if not resolved.is_relative_to(context.root):
        message = f"source '{path}' is outside the repository"
        raise DlmGitError(message, "pass a path inside the repository")
    if not resolved.exists():
        message = f"source '{path}' does not exist"
        raise DlmGitError(message, f"source paths are relative to '{context.here}'")
    relative = resolved.relative_to(context.root).as_posix()
    if relative.split("/")[0] == ".git":
        message = f"source '{path}' is inside the Git directory"
        raise DlmGitError(message, "pass a path of the working tree")
    if not is_text(relative):
        message = f"source '{path}' is not UTF-8, so no document can name it"
        raise DlmGitError(message, "rename it")
    return f"./{relative}" if is_absolute(relative) else relative  # '~x' is a home directory


def unstaged(context: InitContext, sources: Sequence[str]) -> tuple[str, ...]:
    """Return the config file and the sources that the index does not hold as they are on disk."""
    index = context.index
    configs = [path for path in CONFIG_FILES if _is_unstaged_config(context, path)]
    untracked = [
        path
        for path in sources
        if path != "." and not index.entries(path) and not index.holds_directory(path)
    ]
    return (*configs, *untracked)


def _is_unstaged_config(context: InitContext, path: str) -> bool:
    if path not in context.effective.origins.values():
        return False
    staged = [blob.data for blob in context.index.read(context.index.entries(path))]
    return staged != [context.read(path)]
