"""The errand of carrying: bring the blocks of `.dlm/ignore` files up to date with `.gitignore`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import split

from dlm_git.config.load import overrides, resolve_config
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, read_file, replace_file
from dlm_git.git.repository import Repository, find_repository
from dlm_git.git.worktree import read_worktree
from dlm_git.operations.check import config_files
from dlm_git.patterns.translate import Translation, UntranslatedPattern
from dlm_git.snapshots.overlay import OverlaidFiles
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.ignore_block import make_blocks, tracked_gitignores, with_block
from dlm_git.training.training_set import SourceFiles, expand_sources


@dataclass(frozen=True, slots=True)
class Change:
    """A `.dlm/ignore` at `path`: its text, None if there is none, and the text that it is to have.

    `lines` are those of its block.
    """

    path: str
    before: str | None
    after: str
    lines: tuple[str, ...]

    @property
    def stale(self) -> bool:
        """Whether it is to be written."""
        return (self.before or "") != self.after


@dataclass(frozen=True, slots=True)
class IgnoreResult:
    """What `dlm-git ignore` found: the ignore files, and the `sources` that they were made from.

    `remarks` are the patterns that dlm cannot say, `lost` the tracked files that the model read
    without the blocks and does not read with them. `written` tells whether the files were.
    """

    changes: tuple[Change, ...]
    sources: tuple[str, ...]
    remarks: tuple[UntranslatedPattern, ...]
    lost: tuple[str, ...]
    written: bool

    @property
    def stale(self) -> bool:
        """Whether a block does not say what `.gitignore` says."""
        return any(change.stale for change in self.changes)


def ignore(
    directory: str | os.PathLike[str] | None = None,
    *,
    write: bool = True,
    name: str | None = None,
) -> IgnoreResult:
    """Make the blocks of the `.dlm/ignore` files say what the tracked `.gitignore` files say.

    Both are taken as they lie in the worktree around `directory`. Nothing is staged; without
    `write` nothing is written. Raises CannotCheck where there is no worktree, or a block has lost
    its marks.
    """
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError("a bare repository has no worktree", "run it in a clone that has one")
    files = config_files(read_worktree(repository))
    expected = resolve_config(files, overrides(name=name)).config
    if name is not None and not os.path.lexists(f"{repository.root}/{expected.corpus}"):
        reason = f"there is no corpus document '{expected.corpus}' in the worktree"
        raise DlmGitError(reason, "`dlm-git init` makes one")
    return update_ignore_files(repository, expected.corpus, write=write)


def update_ignore_files(repository: Repository, corpus: str, *, write: bool = True) -> IgnoreResult:
    """The same for the document at a path."""
    snapshot = read_worktree(repository)
    sources = _sources(snapshot, corpus)
    files = tracked_gitignores(snapshot)
    root = os.path.realpath(repository.root)
    carried = make_blocks(sources, files)
    changes = tuple(_change(root, path, each) for path, each in carried.items())
    lost = _lost(snapshot, corpus, changes)
    if write:
        for change in changes:
            _write(root, change)
    remarks = tuple(
        dict.fromkeys(remark for each in carried.values() for remark in each.untranslated)
    )
    return IgnoreResult(changes, tuple(sorted(files)), remarks, lost, write)


def _sources(
    snapshot: Snapshot, path: str, changed: Mapping[str, bytes] | None = None
) -> list[SourceFiles]:
    """The sources of the document, as far as the trainer could read them."""
    files = OverlaidFiles(snapshot.files, changed or {})
    (blob,) = files.contents([path])
    found = parse_document(blob.data) if blob and blob.data is not None else Document()
    return [each for each in expand_sources(found, path, files) if isinstance(each, SourceFiles)]


def _change(root: str, path: str, carried: Translation) -> Change:
    data = read_file(root, path)
    try:
        before = None if data is None else data.decode()
    except UnicodeDecodeError as error:
        reason = f"'{path}' is not UTF-8, so dlm does not read it"
        raise DlmGitError(reason, "save it as UTF-8") from error
    return Change(path, before, with_block(before or "", carried.lines), carried.lines)


def _lost(snapshot: Snapshot, path: str, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """The tracked files that only the blocks keep out."""
    without = {c.path: with_block(c.before or "", ()).encode() for c in changes}
    within = {c.path: c.after.encode() for c in changes}
    before, after = (
        {name for source in _sources(snapshot, path, changed) for name in source.selected_paths()}
        for changed in (without, within)
    )
    standing = snapshot.files.status
    return tuple(sorted(name for name in before - after if standing(name) == "tracked"))


def _write(root: str, change: Change) -> None:
    folder, name = split(change.path)
    data = change.after.encode()
    if not change.stale:
        return
    if change.before is not None:
        replace_file(root, folder, name, data)
    elif not create_file(root, folder, name, data):
        raise DlmGitError(f"somebody else has just written '{change.path}'", "run it again")
