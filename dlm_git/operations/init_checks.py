"""The repository in which `init` creates a document, and the checks before it writes there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from posixpath import basename, dirname

from dlm_git.config.corpus_tables import CorpusTable
from dlm_git.config.layers import find_table
from dlm_git.config.load import Config, EffectiveConfig
from dlm_git.errors import DlmGitError
from dlm_git.fs import read_file
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, attributes, find_ignore_pattern, find_repository
from dlm_git.git.worktree import read_worktree
from dlm_git.operations.configs import CheckOptions, config_files, read_config, snapshot_config
from dlm_git.operations.init_corpus import choose_root, documents_in, missing_tables, of_corpus
from dlm_git.paths import OWN_CONFIG, is_absolute, is_text, join, shell_quote
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
    configured: the config of the corpus, in the working tree.
    effective: the config of the corpus, overridden by the options.
    whole: the config of the working tree, with all of its corpora.
    added: the `[[corpus]]` tables that the config lacks so far.
    index: the index.
    working_tree: the working tree.
    """

    repository: Repository
    here: Path
    root: Path
    options: InitOptions
    configured: EffectiveConfig
    effective: EffectiveConfig
    whole: EffectiveConfig
    added: tuple[CorpusTable, ...]
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

    def is_enforced(self, key: str) -> bool:
        """Return True if the config sets a key, and a config file that `init` writes cannot."""
        configured, origin = self.configured, self.configured.origins[key]
        if self.added:  # a corpus that the config does not list yet
            return key in configured.locked
        if origin == configured.organization and key not in configured.locked:
            return bool(self.config_file)  # `init` writes no other one
        return origin != "default"

    @property
    def config_file(self) -> str:
        """The path of the file that configures dlm-git, '' if there is none."""
        return next(reversed(self.configured.own_files), "")

    @property
    def editable_config(self) -> str:
        """The path of the config file that gets `[[corpus]]` tables, which may not exist."""
        return self.config_file or OWN_CONFIG

    def documents(self) -> list[str]:
        """Return the paths of the documents in the `.dlm` of the corpus."""
        return documents_in(self.root, self.config.directory)

    def read(self, path: str) -> bytes | None:
        """Return the content of a file in the working tree, None if there is no such file."""
        return read_file(str(self.root), path)


def load_context(directory: str | os.PathLike[str] | None, options: InitOptions) -> InitContext:
    """Read the repository of a directory. Raises DlmGitError if it has no working tree."""
    here = Path(os.path.realpath(directory or "."))  # unlike `resolve`, never an error
    if not os.path.isdir(here):
        message = f"'{directory}' is not a directory"
        raise DlmGitError(message, "pass a directory inside a repository")
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError("a bare repository has no working tree", "run `dlm-git init` in a clone")
    root = Path(repository.root).resolve()
    repository = repository.replace(prefix=_prefix(root, repository.prefix))
    working_tree = read_worktree(repository)
    index = read_index(repository)
    _check_config_present(index, config_files(working_tree))
    whole = snapshot_config(working_tree, CheckOptions())
    effective = read_config(working_tree, CheckOptions(overrides=options.flags))
    below = here.relative_to(root).as_posix()
    corpus = choose_root(whole.config, below, is_given=directory is not None)
    added = missing_tables(whole, root, corpus)
    return InitContext(
        repository=repository,
        here=here,
        root=root,
        options=options,
        configured=of_corpus(whole, added, corpus),
        effective=of_corpus(effective, added, corpus, options.flags),
        whole=whole,
        added=added,
        index=index,
        working_tree=working_tree,
    )


def _prefix(root: Path, otherwise: str) -> str:
    """Return the prefix of the current directory, for hints, also if the user names another one."""
    current = Path.cwd()
    if not current.is_relative_to(root):
        return otherwise
    below = current.relative_to(root).as_posix()
    return "" if below == "." else f"{below}/"


def _check_config_present(index: Snapshot, present: Mapping[str, bytes]) -> None:
    """Raise DlmGitError if a tracked file configures dlm-git, but is not in the working tree."""
    for path, data in config_files(index).items():
        if path not in present and find_table({path: data})[0]:
            raise _missing(index, path)


def _missing(index: Snapshot, path: str) -> DlmGitError:
    hint = f"`git restore {index.shell_path(path)}`"
    directory = dirname(path)
    if basename(directory) == FOLDER:
        hint += f", or in a sparse checkout `git sparse-checkout add {shell_quote(directory)}`"
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
            "remove that pattern" + _or_negate(ignored.source, nested=bool(context.config.root)),
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


def check_staged(context: InitContext, path: str) -> None:
    """Raise DlmGitError if the index holds another content of a file than the working tree.

    `init` would stage the user's own changes together with its own.
    """
    if _staged(context, path) != [context.read(path)]:
        add = f"`git add {context.index.shell_path(path)}`"
        raise DlmGitError(f"'{path}' has changes that are not staged", f"{add}, then try again")


def _unset_attribute(path: str, attribute: str) -> str:
    directory = dirname(path)
    if basename(directory) == FOLDER:
        return f"add the line '* -{attribute}' to {directory}/.gitattributes"
    return f"add the line '/{path} -{attribute}' to .gitattributes, or pass --no-config"


def _or_negate(source: str, *, nested: bool) -> str:
    if f"/{source}".rpartition("/")[0].endswith(f"/{FOLDER}"):
        return ""  # the patterns of that file are relative to `.dlm` (gitignore(5))
    directory = f"**/{FOLDER}" if nested else FOLDER
    return f", or add '!{directory}/' and '!{directory}/**' below it"


def relative_source(context: InitContext, path: str) -> str:
    """Return a source path relative to the corpus, from one relative to the user's directory.

    Raises DlmGitError for a path that cannot be a source.
    """
    resolved = Path(os.path.realpath(context.here / path))
    root = context.root / context.config.root
    if not resolved.is_relative_to(root):
        place = f"'{context.config.root}'" if context.config.root else "the repository"
        message = f"source '{path}' is outside {place}"
        raise DlmGitError(message, f"pass a path inside {place}")
    if not os.path.exists(resolved):
        message = f"source '{path}' does not exist"
        raise DlmGitError(message, f"source paths are relative to '{context.here}'")
    relative = resolved.relative_to(root).as_posix()
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
    configs = [path for path in context.configured.own_files if is_unstaged(context, path)]
    paths = [join(context.config.root, path) for path in sources if path != "."]
    untracked = [p for p in paths if not index.entries(p) and not index.holds_directory(p)]
    return (*configs, *untracked)


def is_unstaged(context: InitContext, path: str) -> bool:
    """Return whether the index does not hold a file as it is on disk."""
    return _staged(context, path) != [context.read(path)]


def _staged(context: InitContext, path: str) -> list[bytes | None]:
    return [blob.data for blob in context.index.read(context.index.entries(path))]
