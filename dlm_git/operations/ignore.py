"""The errand of carrying: bring the blocks of `.dlm/ignore` files up to date with `.gitignore`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import split

from dlm_git import fs
from dlm_git.config import load
from dlm_git.document import parser
from dlm_git.errors import CannotCheck
from dlm_git.fs import read
from dlm_git.git import worktree
from dlm_git.git.repository import Repository, find
from dlm_git.operations import check
from dlm_git.patterns.translate import Carried, Remark
from dlm_git.snapshots.overlay import Overlaid
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training import ignore_block
from dlm_git.training.training_set import Expansion, expansions


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
class CarryResult:
    """What `dlm-git ignore` found: the ignore files, and the `sources` that they were made from.

    `remarks` are the patterns that dlm cannot say, `lost` the tracked files that the model read
    without the blocks and does not read with them. `written` tells whether the files were.
    """

    changes: tuple[Change, ...]
    sources: tuple[str, ...]
    remarks: tuple[Remark, ...]
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
) -> CarryResult:
    """Make the blocks of the `.dlm/ignore` files say what the tracked `.gitignore` files say.

    Both are taken as they lie in the worktree around `directory`. Nothing is staged; without
    `write` nothing is written. Raises CannotCheck where there is no worktree, or a block has lost
    its marks.
    """
    repository = find(directory)
    if repository.bare:
        raise CannotCheck("a bare repository has no worktree", "run it in a clone that has one")
    files = check.config_files(worktree.worktree(repository))
    expected = load.effective(files, load.given(name=name)).config
    if name is not None and not os.path.lexists(f"{repository.root}/{expected.corpus}"):
        reason = f"there is no corpus document '{expected.corpus}' in the worktree"
        raise CannotCheck(reason, "`dlm-git init` makes one")
    return carry(repository, expected.corpus, write=write)


def carry(repository: Repository, corpus: str, *, write: bool = True) -> CarryResult:
    """The same for the document at a path."""
    snapshot = worktree.worktree(repository)
    sources = _sources(snapshot, corpus)
    files = ignore_block.gitignores(snapshot)
    root = os.path.realpath(repository.root)
    carried = ignore_block.blocks(sources, files)
    changes = tuple(_change(root, path, each) for path, each in carried.items())
    lost = _lost(snapshot, corpus, changes)
    if write:
        for change in changes:
            _write(root, change)
    remarks = tuple(dict.fromkeys(remark for each in carried.values() for remark in each.remarks))
    return CarryResult(changes, tuple(sorted(files)), remarks, lost, write)


def _sources(
    snapshot: Snapshot, path: str, changed: Mapping[str, bytes] | None = None
) -> list[Expansion]:
    """The sources of the document, as far as the trainer could read them."""
    assert snapshot.checkout  # noqa: S101  (it is a worktree)
    files = Overlaid(snapshot.checkout.files, changed or {})
    (blob,) = files.contents([path])
    found = parser.parse(blob.data) if blob and blob.data is not None else parser.Document()
    return [each for each in expansions(found, path, files) if isinstance(each, Expansion)]


def _change(root: str, path: str, carried: Carried) -> Change:
    data = read(root, path)
    try:
        before = None if data is None else data.decode()
    except UnicodeDecodeError as error:
        reason = f"'{path}' is not UTF-8, so dlm does not read it"
        raise CannotCheck(reason, "save it as UTF-8") from error
    return Change(path, before, ignore_block.with_block(before or "", carried.lines), carried.lines)


def _lost(snapshot: Snapshot, path: str, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """The tracked files that only the blocks keep out."""
    without = {c.path: ignore_block.with_block(c.before or "", ()).encode() for c in changes}
    within = {c.path: c.after.encode() for c in changes}
    before, after = (
        {name for source in _sources(snapshot, path, changed) for name in source.named()}
        for changed in (without, within)
    )
    assert snapshot.checkout  # noqa: S101  (it is a worktree)
    standing = snapshot.checkout.standing
    return tuple(sorted(name for name in before - after if standing(name) == "tracked"))


def _write(root: str, change: Change) -> None:
    folder, name = split(change.path)
    data = change.after.encode()
    if not change.stale:
        return
    if change.before is not None:
        fs.replace(root, folder, name, data)
    elif not fs.create(root, folder, name, data):
        raise CannotCheck(f"somebody else has just written '{change.path}'", "run it again")
