"""Compare the training sets of two states of a repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dlm_git.config.load import Config, overrides
from dlm_git.document.parser import Document
from dlm_git.document.section_changes import SectionComparison, compare_sections
from dlm_git.document.setting_changes import ChangedSetting, compare_settings
from dlm_git.errors import DlmGitError
from dlm_git.git import refs
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.git.revisions import merge_base, resolve_commit
from dlm_git.operations.check import read_state
from dlm_git.operations.configs import CheckOptions, conflict, read_config_file
from dlm_git.operations.corpora import select_corpus
from dlm_git.operations.files import TrainingSet, find_training_set
from dlm_git.report import Note
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.changes import DiffSide, TrainingDiff
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.training.file_changes import FileComparison, FileSide, Reading, compare_files
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


class DiffRequest(Value, kw_only=True):
    """The two states to compare, and where their config comes from.

    old: revision of the old side.
    new: revision of the new side; None for the index.
    worktree: compare with the working tree instead of the index.
    from_merge_base: compare with the merge base of `old` and the new side, instead of `old`.
    corpus: root of the corpus, as in `diff`.
    overrides, config_files, config_rev: see CheckOptions; by default each side has its own config.
    """

    old: str = "HEAD"
    new: str | None = None
    worktree: bool = False
    from_merge_base: bool = False
    corpus: str | None = None
    overrides: Mapping[str, object] = {}
    config_files: Mapping[str, bytes] | None = None
    config_rev: str | None = None


def diff(
    directory: PathLike | None = None,
    *,
    old: str = "HEAD",
    new: str | None = None,
    worktree: bool = False,
    from_merge_base: bool = False,
    name: str | None = None,
    config_file: PathLike | None = None,
    config_rev: str | None = None,
    corpus: str | None = None,
) -> TrainingDiff:
    """Compare the training sets of two states of a repository. Nothing is written.

    directory: any directory of the repository; None as for `check`.
    old: revision of the old side.
    new: revision of the new side; None for the index.
    worktree: compare with the files on disk, instead of the index.
    from_merge_base: compare with the merge base of `old` and the new side, instead of `old`.
    name: name of the corpus document, 'corpus' for `.dlm/corpus.dlm`.
    config_file: file to read the config of both sides from.
    config_rev: revision to read the config of both sides from.
    corpus: root of the corpus, where the config lists several; None for the one around `directory`.

    A side without a document has an empty training set. Raises DlmGitError if the trainer refuses
    the document of a side, or if a side or its config cannot be read.
    """
    request = DiffRequest(
        old=old,
        new=new,
        worktree=worktree,
        from_merge_base=from_merge_base,
        corpus=corpus,
        overrides=overrides(name=name),
        config_files=read_config_file(config_file, config_rev),
        config_rev=config_rev,
    )
    return compare(directory, request)


def compare(directory: PathLike | None, request: DiffRequest) -> TrainingDiff:
    """Compare the training sets of the two states that a request names; see `diff`."""
    if request.worktree and request.new is not None:
        raise conflict("new", "worktree")
    repository = find_repository(directory)
    with repository.objects:
        old, new = _with_training_sets(request.corpus, *_read_sides(repository, request))
        files = compare_files(*_file_sides(old, new))
        sections = compare_sections(old.document, new.document)
        return TrainingDiff(
            old=old.described(files.old),
            new=new.described(files.new),
            files=files.files,
            settings=tuple(_changed_settings(old, new)),
            sections=sections.changes,
            notes=tuple(_notes(old, new, files, sections)),
        )


class _Side(Value):
    """One of the two states.

    label: its name in output.
    snapshot: its files, None for the HEAD of a repository without commits.
    config: the config for it, None as for `snapshot`.
    training_set: its training set, None if it has no document.
    """

    label: str
    snapshot: Snapshot | None = None
    config: Config | None = None
    training_set: TrainingSet | None = None

    @property
    def document(self) -> Document | None:
        """Return its document, None if it has none."""
        return self.training_set.document if self.training_set else None

    def described(self, reading: Reading) -> DiffSide:
        """Return the state as a value of the public API."""
        revision = self.snapshot.revision if self.snapshot else None
        if self.training_set is None:
            return DiffSide(self.label, revision)
        sections = len(self.training_set.document.body.sections)
        path = self.training_set.path
        return DiffSide(self.label, revision, path, reading.count, reading.bytes, sections)

    @property
    def configs(self) -> dict[str, DirectoryConfig]:
        """Return the configs below the sources, by directory."""
        sources = self.training_set.sources if self.training_set else ()
        return {
            config.directory: config
            for source in sources
            for config in source.selection.directory_configs.values()
        }


def _read_sides(repository: Repository, request: DiffRequest) -> tuple[_Side, _Side]:
    git, new_rev, start = repository.git, request.new, ""
    new_oid = resolve_commit(git, new_rev) if new_rev is not None else None
    if request.from_merge_base:
        other = new_oid or resolve_commit(git, "HEAD")
        start = merge_base(git, resolve_commit(git, request.old), other)
        old = _read(repository, request, start, f"merge base {start[:12]}")
    elif request.old in ("HEAD", "@") and not refs.look_up(git, "HEAD"):
        old = _Side("HEAD (no commits yet)")
    else:
        start = resolve_commit(git, request.old)
        old = _read(repository, request, start, _label(request.old, start))
    if new_rev is not None and new_oid:
        return old, _read(repository, request, new_oid, _label(new_rev, new_oid))
    return old, _read(repository, request, None, "")


def _file_sides(old: _Side, new: _Side) -> Iterator[FileSide]:
    """Yield the sides of the comparison of the files.

    An object id stands for a content only if both sides convert it in the same way.
    """
    attributes = [s.snapshot.attributes.files if s.snapshot else {} for s in (old, new)]
    for state in (old, new):
        if state.training_set is None:
            yield FileSide(None, (), lambda _: None)
            continue
        checkout = state.training_set.checkout
        comparable = checkout and attributes[0] == attributes[1]
        blob_id = checkout.blob_id if checkout and comparable else lambda _: None
        yield FileSide(state.training_set.path, state.training_set.sources, blob_id)


def _label(name: str, oid: str) -> str:
    return oid[:12] if oid.startswith(name) else f"{name} {oid[:12]}"


def _read(repository: Repository, request: DiffRequest, oid: str | None, label: str) -> _Side:
    """Read a state: a commit, or without one the index or the working tree."""
    options = CheckOptions(
        overrides=request.overrides,
        rev=oid,
        worktree=request.worktree and oid is None,
        config_files=request.config_files,
        config_rev=request.config_rev,
    )
    with _side_named(label):
        snapshot, effective = read_state(repository, options)
    return _Side(label or snapshot.label, snapshot, effective.config)


def _with_training_sets(corpus: str | None, old: _Side, new: _Side) -> Iterator[_Side]:
    """Yield both states with the training set of one corpus, which only one of them may list."""
    root = _root(corpus, new, old)
    for state in (old, new):
        corpora = state.config.corpora if state.config else ()
        config = next((config for config in corpora if config.root == root), None)
        if config is None or state.snapshot is None:
            yield state
            continue
        with _side_named(state.label):
            yield state.replace(training_set=find_training_set(state.snapshot, config))


def _root(corpus: str | None, *states: _Side) -> str:
    """Return the root of the corpus to compare. Raises DlmGitError if none of the states has it."""
    errors = []
    for state in states:
        if state.config and state.snapshot:
            try:
                return select_corpus(state.config, state.snapshot.prefix, corpus).root
            except DlmGitError as error:
                errors.append(error)
    raise errors[0]


@contextmanager
def _side_named(label: str) -> Iterator[None]:
    """Name the side in the errors that the body raises."""
    try:
        yield
    except DlmGitError as error:
        message = f"{label}: {error.message}" if label else error.message
        raise DlmGitError(message, error.hint) from error


def _changed_settings(old: _Side, new: _Side) -> Iterator[ChangedSetting]:
    """Yield the changed values of the document, and of the configs below its sources."""
    training_set = new.training_set or old.training_set
    if training_set:
        before, after = (_frontmatter(state.document) for state in (old, new))
        yield from compare_settings(training_set.path, before, after)
    old_configs, new_configs = old.configs, new.configs
    for directory in sorted({*old_configs, *new_configs}):
        none = DirectoryConfig(directory)
        one, other = (configs.get(directory, none) for configs in (old_configs, new_configs))
        yield from compare_settings(one.training_path, _values(one), _values(other))
        yield from _changed_lines(one, other)


def _frontmatter(document: Document | None) -> Mapping[str, object]:
    tree = document and document.tree
    return tree.value if tree and isinstance(tree.value, dict) else {}


def _values(config: DirectoryConfig) -> Mapping[str, object]:
    tree = config.settings and config.settings.tree
    return tree.value if tree and isinstance(tree.value, dict) else {}


def _changed_lines(old: DirectoryConfig, new: DirectoryConfig) -> Iterator[ChangedSetting]:
    before, after = ([str(rule) for rule in config.rules.rules] for config in (old, new))
    if before and after and before != after:
        yield ChangedSetting(new.ignore_path, "", "changed", before, after)
    elif before != after:
        kind: Literal["added", "removed"] = "added" if after else "removed"
        yield ChangedSetting(new.ignore_path, "", kind, before or None, after or None)


def _notes(
    old: _Side, new: _Side, files: FileComparison, sections: SectionComparison
) -> Iterator[Note]:
    for state, reading in ((old, files.old), (new, files.new)):
        if reading.fatal:
            message = f"dlm fails on '{reading.fatal}' in {state.label}: its name is not UTF-8"
            yield Note(message, "rename or exclude it", reading.fatal)
    if files.converted:
        message = "files that differ in line ends only, which dlm does not see"
        yield Note(f"{message}: {files.converted}")
    if sections.shifted:
        message = "sections that differ in empty lines only, so that dlm gives them other ids"
        yield Note(f"{message}: {sections.shifted}")
    if sections.reordered:
        yield Note("sections of the document are in another order")
    notes = [s.training_set.notes() if s.training_set else () for s in (new, old)]
    hints = {note.hint for note in notes[0]}
    yield from notes[0]
    yield from (note for note in notes[1] if note.hint not in hints)
