"""Translate the tracked `.gitignore` files into the blocks of `.dlm/ignore` files."""

from __future__ import annotations

import os
from collections.abc import Mapping

from dlm_git.config.load import overrides
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.fs import read_file
from dlm_git.git.local_ignores import read_local_ignores
from dlm_git.git.repository import Repository, find_repository
from dlm_git.git.worktree import read_worktree
from dlm_git.operations.configs import CheckOptions, read_config
from dlm_git.operations.corpora import select_corpus
from dlm_git.operations.file_change import FileChange
from dlm_git.paths import IGNORE_FILE, OWN_CONFIG, document_root, join
from dlm_git.patterns.translate import UntranslatedPattern
from dlm_git.snapshots.overlay import OverlaidFiles
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.ignore_block import (
    block_paths,
    commented_lines,
    make_blocks,
    recordable_patterns,
    recorded_patterns,
    tracked_gitignores,
    with_block,
)
from dlm_git.training.training_set import SourceFiles, expand_sources
from dlm_git.values import Value


class IgnoreResult(Value):
    """The result of `ignore`.

    changes: a change for each `.dlm/ignore`, needed or not.
    blocks: the lines of the block in each `.dlm/ignore`, comments included, by its path.
    gitignore_files: paths of the tracked `.gitignore` files.
    local_files: which of `core.excludesFile` and `info/exclude` the blocks contain patterns of.
    untranslated: the patterns that the trainer's grammar cannot express exactly.
    newly_ignored: tracked files that the blocks remove from the training set.
    written: False if the changes were only computed.
    """

    changes: tuple[FileChange, ...]
    blocks: Mapping[str, tuple[str, ...]]
    gitignore_files: tuple[str, ...]
    local_files: tuple[str, ...]
    untranslated: tuple[UntranslatedPattern, ...]
    newly_ignored: tuple[str, ...]
    written: bool

    @property
    def stale(self) -> bool:
        """Return True if a block was out of date with `.gitignore`."""
        return any(change.needed for change in self.changes)


def ignore(
    directory: str | os.PathLike[str] | None = None,
    *,
    write: bool = True,
    all_sources: bool = False,
    name: str | None = None,
    corpus: str | None = None,
) -> IgnoreResult:
    """Bring the blocks of `.dlm/ignore` files up to date with `.gitignore`, and stage nothing.

    directory: a directory of the working tree; None for the current one.
    write: False to return the changes without writing them.
    all_sources: also translate `core.excludesFile` and `info/exclude` of this clone. Without it,
        the blocks keep the patterns of these files that they contain.
    name: name of the corpus document; None for the configured one.
    corpus: root of the corpus, where the config lists several; None for the one around `directory`.

    Raises DlmGitError if there is no working tree, or if a block is damaged.
    """
    repository, snapshot, path = _worktree(directory, name, corpus)
    local = read_local_ignores(repository) if all_sources else None
    return update_ignore_files(snapshot, path, write=write, local=local)


def remove_blocks(
    directory: str | os.PathLike[str] | None = None,
    *,
    name: str | None = None,
    corpus: str | None = None,
) -> list[FileChange]:
    """Take the blocks out of the `.dlm/ignore` files, and stage nothing; return the changes.

    directory: as in `ignore`.
    name, corpus: as in `ignore`.

    Raises DlmGitError as `ignore` does.
    """
    _, snapshot, path = _worktree(directory, name, corpus)
    root = os.path.realpath(snapshot.root())
    configs = {
        config.ignore_path
        for source in document_sources(snapshot, path)
        for config in source.selection.directory_configs.values()
        if config.ignore and not config.ignore_path.startswith("/")
    }
    paths = sorted(configs | {join(document_root(path), IGNORE_FILE)})
    changes = [_plan_change(path, _read_text(root, path), ()) for path in paths]
    needed = [change for change in changes if change.needed]
    for change in needed:
        change.write(root)
    return needed


def _worktree(
    directory: str | os.PathLike[str] | None, name: str | None, corpus: str | None
) -> tuple[Repository, Snapshot, str]:
    """Return the repository, its working tree, and the path of the corpus document."""
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError("a bare repository has no working tree", "run it in a clone")
    snapshot = read_worktree(repository)
    several = read_config(snapshot, CheckOptions(overrides=overrides(name=name))).config
    config = select_corpus(several, snapshot.prefix, corpus)
    if name is not None and not os.path.lexists(f"{repository.root}/{config.corpus_path}"):
        message = f"corpus document '{config.corpus_path}' not found in the working tree"
        raise DlmGitError(message, "`dlm-git init` creates one")
    return repository, snapshot, config.corpus_path


def update_ignore_files(
    snapshot: Snapshot,
    corpus: str,
    *,
    write: bool = True,
    local: Mapping[str, bytes] | None = None,
) -> IgnoreResult:
    """Bring the blocks for one document up to date.

    snapshot: the working tree.
    corpus: path of the document.
    write: as in `ignore`.
    local: contents of `core.excludesFile` and `info/exclude`; None for those that blocks contain.
    """
    root = os.path.realpath(snapshot.root())
    sources, gitignores = document_sources(snapshot, corpus), tracked_gitignores(snapshot)
    top = document_root(corpus)
    before = {path: _read_text(root, path) for path in block_paths(sources, top)}
    fresh, others = recordable_patterns(local or {})
    kept = {path: recorded_patterns(text or "") for path, text in before.items()}
    recorded = kept if local is None else dict.fromkeys(kept, fresh)
    translations = make_blocks(sources, gitignores, recorded, top)
    blocks = {path: tuple(commented_lines(block)) for path, block in translations.items()}
    changes = tuple(_plan_change(path, before[path], lines) for path, lines in blocks.items())
    newly_ignored = _newly_ignored(snapshot, corpus, changes)
    if write:
        for change in changes:
            change.write(root)
    untranslated = others + [
        pattern for translation in translations.values() for pattern in translation.untranslated
    ]
    local_files = {name for files in recorded.values() for name, data in files.items() if data}
    return IgnoreResult(
        changes=changes,
        blocks=blocks,
        gitignore_files=tuple(sorted(gitignores)),
        local_files=tuple(sorted(local_files)),
        untranslated=tuple(dict.fromkeys(untranslated)),
        newly_ignored=newly_ignored,
        written=write,
    )


def document_sources(
    snapshot: Snapshot, corpus: str, contents: Mapping[str, bytes] | None = None
) -> list[SourceFiles]:
    """Return the sources of the document that the trainer accepts, with some contents replaced."""
    files = OverlaidFiles(snapshot.files, contents or {})
    (blob,) = files.contents([corpus])
    document = parse_document(blob.data) if blob and blob.data is not None else Document()
    sources = expand_sources(document, corpus, files)
    return [source for source in sources if isinstance(source, SourceFiles)]


def _read_text(root: str, path: str) -> str | None:
    """Return the content of a `.dlm/ignore`, None if it does not exist."""
    data = read_file(root, path)
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError as error:
        message = f"'{path}' is not UTF-8, so dlm does not read it"
        raise DlmGitError(message, "save it as UTF-8") from error


def _plan_change(path: str, before: str | None, lines: tuple[str, ...]) -> FileChange:
    """Return the change that puts a block of lines into a `.dlm/ignore`."""
    return FileChange(path, before, with_block(before or "", lines))


def _newly_ignored(
    snapshot: Snapshot, corpus: str, changes: tuple[FileChange, ...]
) -> tuple[str, ...]:
    """Return the tracked files that only the blocks exclude, except the config of dlm-git."""
    without_blocks = {c.path: with_block(c.before or "", ()).encode() for c in changes}
    with_blocks = {c.path: c.after.encode() for c in changes}
    before, after = (
        {
            path
            for source in document_sources(snapshot, corpus, texts)
            for path in source.selected_paths()
        }
        for texts in (without_blocks, with_blocks)
    )
    status = snapshot.files.status
    return tuple(
        sorted(path for path in before - after - {OWN_CONFIG} if status(path) == "tracked")
    )
