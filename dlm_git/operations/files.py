"""List the files that a document trains on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import normpath

from dlm_git.config.load import Config, overrides
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.git.repository import PathLike
from dlm_git.operations.check import prepare
from dlm_git.operations.configs import CheckOptions, read_config_file, require_merged
from dlm_git.operations.corpora import select_corpus
from dlm_git.operations.notes import missing_notes
from dlm_git.paths import document_root
from dlm_git.report import Note
from dlm_git.snapshots.checkout import CheckedOutFiles
from dlm_git.snapshots.files import Files, Refusal
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.snapshots.statuses import TrackingStatus
from dlm_git.training.reasons import Reason
from dlm_git.training.selection import Decision
from dlm_git.training.training_set import MAX_SOURCES, SourceFiles, TrainingFile, expand_sources
from dlm_git.values import Value


class ListedFile(Value):
    """A file that the training set of a document includes or excludes.

    path: relative to the root of the repository; surrogate escapes stand for bytes that are not
        UTF-8.
    source: path of the source, as the document writes it.
    reason: 'included', or the reason for which the file is excluded.
    status: status in Git: 'tracked', 'untracked' or 'ignored'.
    size: in bytes; 0 if the file is excluded by its name and was not read.
    tags: the tags that the trainer gives to the section that it makes of the file.
    section_id: id of that section; '' for an excluded file, or if the path is not UTF-8.
    lfs_pointer: True if the file is included, but only as a Git LFS pointer.
    not_applied: attribute that converts the file at a checkout and was not applied, such as
        'filter=git-crypt': size and section are those of the content that Git stores; or ''.
    """

    path: str
    source: str
    reason: Reason
    status: TrackingStatus
    size: int
    tags: Mapping[str, str]
    section_id: str
    lfs_pointer: bool
    not_applied: str = ""

    @property
    def included(self) -> bool:
        """Return True if the model is trained on the file."""
        return self.reason == "included"


class FilesResult(Value):
    """The training set of a document.

    label: the state that was listed, such as 'the index' or 'revision 1a2b3c4'.
    revision: object id of the listed commit, None for the index and the working tree.
    document: path of the document.
    files: in the trainer's order; a file of two sources is listed twice.
    """

    label: str
    revision: str | None
    document: str
    files: tuple[ListedFile, ...]


def files(
    directory: PathLike | None = None,
    *,
    rev: str | None = None,
    worktree: bool = False,
    excluded: bool = False,
    name: str | None = None,
    config_file: PathLike | None = None,
    config_rev: str | None = None,
    corpus: str | None = None,
) -> FilesResult:
    """List the files that the corpus document of a repository trains on. Nothing is written.

    directory: any directory of the repository; None as for `check`.
    rev: revision to list, instead of the index.
    worktree: list the files on disk, whether Git tracks them or not.
    excluded: list the excluded files as well, each with the reason.
    name: name of the corpus document, 'corpus' for `.dlm/corpus.dlm`.
    config_file: file to read the config from.
    config_rev: revision to read the config from.
    corpus: root of the corpus, where the config lists several; None for the one around `directory`.

    Raises DlmGitError if there is no document, if the trainer refuses it, or if the state or the
    config cannot be read.
    """
    options = CheckOptions(
        overrides=overrides(name=name),
        rev=rev,
        worktree=worktree,
        config_files=read_config_file(config_file, config_rev),
        config_rev=config_rev,
    )
    with prepare(directory, options) as (snapshot, effective):
        config = select_corpus(effective.config, snapshot.prefix, corpus)
        training_set = list_training_set(snapshot, config)
        listed = map(training_set.describe, training_set.training_files(with_excluded=excluded))
        return FilesResult(snapshot.label, snapshot.revision, training_set.path, tuple(listed))


class TrainingSet(Value):
    """The training set of a document, which is read as it is listed.

    snapshot: the state.
    path: path of the document.
    document: the document.
    sources: its sources.
    checkout: its files as a checkout writes them, None for the working tree.
    """

    snapshot: Snapshot
    path: str
    document: Document
    sources: tuple[SourceFiles, ...]
    checkout: CheckedOutFiles | None

    def training_files(self, *, with_excluded: bool = False) -> Iterator[TrainingFile]:
        """Yield the files in the trainer's order: the included ones, or all of them."""
        for source in self.sources:
            yield from source.training_files(with_excluded=with_excluded)

    def count(self, *, with_excluded: bool = False) -> int:
        """Return an upper bound of the number of `training_files`, without reading any."""
        walks = (
            source.walk.paths if with_excluded else source.selected_paths()
            for source in self.sources
        )
        return sum(1 for paths in walks for _ in paths)

    def source(self, file: TrainingFile) -> Source:
        """Return the source that a file belongs to."""
        return next(s.selection.source for s in self.sources if s.index == file.source)

    def status(self, path: str) -> TrackingStatus:
        """Return the status of a path in Git."""
        return self.snapshot.files.status(path)

    def describe(self, file: TrainingFile) -> ListedFile:
        """Return a file as a value of the public API."""
        return ListedFile(
            path=file.path,
            source=self.source(file).path,
            reason=file.reason,
            status=self.status(file.path),
            size=file.size,
            tags=file.tags,
            section_id=file.section_id if file.is_included else "",
            lfs_pointer=file.is_pointer,
            not_applied=self.not_applied(file),
        )

    def not_applied(self, file: TrainingFile) -> str:
        """Return the attribute that converts a file at a checkout and was not applied, or ''."""
        return self.checkout.unapplied(file.path) if self.checkout else ""

    def notes(self) -> list[Note]:
        """Return notes on files that are not read, or not as a checkout writes them."""
        counts = self.checkout.count_unapplied() if self.checkout else {}
        missing = list(missing_notes(self.snapshot))
        if not counts:
            return missing
        names = ", ".join(
            f"{name} ({count} file{'' if count == 1 else 's'})"
            for name, count in sorted(counts.items())
        )
        message = f"not applied: {names}; dlm-git reads these files as Git stores them"
        return [*missing, Note(message, "--worktree reads them as this checkout contains them")]

    def why(self, path: str) -> list[tuple[TrainingFile, Decision]]:
        """Return the decision of each source on the file at a path, or on all files below it.

        Raises DlmGitError if the file does not exist, or if no source contains it.
        """
        decisions = [decision for source in self.sources for decision in source.why(path)]
        if not decisions and not self._exists(path):
            message = f"'{path}' does not exist in {self.snapshot.label}"
            raise DlmGitError(message, _other_states(self.snapshot))
        if not decisions:
            message = f"not in a source of '{self.path}': '{path}'"
            raise DlmGitError(message, "add a source to 'training.sources'")
        return decisions

    def _exists(self, path: str) -> bool:
        tracked = self.snapshot.entries(path) or self.snapshot.holds_directory(path)
        return bool(tracked) or self.snapshot.files.exists(path)


def list_training_set(snapshot: Snapshot, config: Config) -> TrainingSet:
    """Return the training set of the configured document.

    Raises DlmGitError if there is no document, or as `find_training_set` does.
    """
    training_set = find_training_set(snapshot, config)
    if training_set is None:
        raise _not_found(snapshot, config.corpus_path)
    return training_set


def find_training_set(snapshot: Snapshot, config: Config) -> TrainingSet | None:
    """Return the training set of the configured document, None if there is no such file.

    Raises DlmGitError if the trainer refuses the document or one of its sources, or if it or a
    config below a source is unmerged.
    """
    path = config.corpus_path
    require_merged(snapshot, path)
    on_disk = snapshot.files.on_disk
    checkout = None if on_disk else CheckedOutFiles(snapshot, snapshot.attributes)
    files = checkout or snapshot.files
    document = _read_document(files, path, snapshot)
    if document is None:
        return None
    if not document.accepted or not document.frontmatter:
        hint = f"`dlm-git check{snapshot.option}` prints the reason"
        raise DlmGitError(f"dlm refuses '{path}'", hint)
    sources = tuple(_accepted_sources(snapshot, path, document, files))
    return TrainingSet(snapshot, path, document, sources, checkout)


def _accepted_sources(
    snapshot: Snapshot, path: str, document: Document, files: Files
) -> Iterator[SourceFiles]:
    """Yield the sources of a document; DlmGitError if the trainer would refuse one."""
    assert document.frontmatter  # noqa: S101  (the trainer accepts the document)
    count = len(document.frontmatter.training.sources or ())
    if count > MAX_SOURCES:
        raise DlmGitError(
            f"'{path}' has {count} sources, more than the limit of {MAX_SOURCES}",
            "name a directory around several of them",
        )
    for source in expand_sources(document, path, files):
        if isinstance(source, Refusal):
            message = f"dlm refuses source path '{source.path}': {source.reason}"
            hint = f"`dlm-git check{snapshot.option}` prints how to fix it"
            raise DlmGitError(message, hint)
        _require_configs(snapshot, source)
        yield source


def _other_states(snapshot: Snapshot) -> str:
    """Return a hint about a path that does not exist in a state."""
    if snapshot.revision:
        return "check the path, or omit --rev to list the index"
    on_disk = snapshot.files.on_disk
    return "check the path" if on_disk else "--worktree includes untracked files"


def _require_configs(snapshot: Snapshot, source: SourceFiles) -> None:
    """Raise DlmGitError if a config below a source leaves open what is trained on."""
    for config in source.selection.directory_configs.values():
        pairs = (config.training_path, config.settings), (config.ignore_path, config.ignore)
        for path, file in pairs:
            require_merged(snapshot, path)
            if file and file.kind != "yaml":
                message = f"'{path}': {file.effect}: {file.error}"
                hint = f"correct this file; `dlm-git check{snapshot.option}` prints the line"
                raise DlmGitError(message, hint)


def _read_document(files: Files, path: str, snapshot: Snapshot) -> Document | None:
    """Return the document at a path, None if the path does not exist."""
    (blob,) = files.contents([path])
    if blob is None and not files.exists(path):
        return None
    if blob is None or blob.data is None:
        raise _not_found(snapshot, path)
    return parse_document(blob.data)


def _not_found(snapshot: Snapshot, path: str) -> DlmGitError:
    message = f"corpus document '{path}' not found in {snapshot.label}"
    root = document_root(path)
    directory = f" {snapshot.shell_path(root)}" if root else ""
    create = "" if snapshot.revision else f"`dlm-git init{directory}` creates one; "
    return DlmGitError(message, f"{create}`dlm-git check{snapshot.option}` explains")


def path_from_root(snapshot: Snapshot, path: str) -> str:
    """Return a path that is relative to the user's directory as one relative to the root.

    Raises DlmGitError for a path outside the repository.
    """
    from_root = normpath(path if path.startswith("/") else f"{snapshot.prefix}{path}")
    if from_root.startswith(("/", "../")) or from_root == "..":
        message = f"'{path}' is outside the repository"
        raise DlmGitError(message, "pass a path inside the repository")
    return "" if from_root == "." else from_root
