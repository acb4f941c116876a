"""The errand of listing: the files that a document trains on, of one state of a repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from posixpath import normpath

from dlm_git.config.load import Config
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.snapshots.files import Refusal, TrackingStatus
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.selection import Decision
from dlm_git.training.training_set import (
    MAX_SOURCES,
    SourceFiles,
    TrainingFile,
    expand_sources,
)


@dataclass(frozen=True)
class TrainingSet:
    """The training set of the document at `path` in a state."""

    snapshot: Snapshot
    path: str
    sources: tuple[SourceFiles, ...]

    def training_files(self, *, with_excluded: bool = False) -> Iterator[TrainingFile]:
        """Yield the files in the trainer's order; with `with_excluded` the excluded ones too."""
        for source in self.sources:
            yield from source.training_files(with_excluded=with_excluded)

    def count(self, *, with_excluded: bool = False) -> int:
        """How many `members` there are at the most, before any is looked into."""
        walks = (
            source.walk.paths if with_excluded else source.selected_paths()
            for source in self.sources
        )
        return sum(1 for paths in walks for _ in paths)

    def source(self, member: TrainingFile) -> Source:
        """The source that a member belongs to."""
        return next(s.selection.source for s in self.sources if s.index == member.source)

    def status(self, path: str) -> TrackingStatus:
        """What Git knows of a path."""
        return self.snapshot.files.status(path)

    def why(self, path: str) -> list[tuple[TrainingFile, Decision]]:
        """What each source makes of the file at a path, or of all files below it.

        Raises CannotCheck if there is none. Where no source holds it the list is empty.
        """
        found = [pair for source in self.sources for pair in source.why(path)]
        if not found and not self._exists(path):
            raise DlmGitError(
                f"there is no '{path}' in {self.snapshot.label}",
                "with --worktree also what Git does not track is looked for",
            )
        return found

    def _exists(self, path: str) -> bool:
        recorded = self.snapshot.entries(path) or self.snapshot.holds_directory(path)
        return bool(recorded) or self.snapshot.files.exists(path)


def list_training_set(snapshot: Snapshot, config: Config) -> TrainingSet:
    """The training set of the configured document. Raises CannotCheck where training is refused."""
    path = config.corpus
    found = _document(snapshot, path)
    if not found.accepted or not found.frontmatter:
        raise DlmGitError(f"dlm refuses '{path}'", "`dlm-git check` says why, and the way out")
    count = len(found.frontmatter.training.sources or ())
    if count > MAX_SOURCES:
        raise DlmGitError(
            f"'{path}' has {count} sources, more than the limit of {MAX_SOURCES}",
            "name a directory around several of them",
        )
    sources = expand_sources(found, path, snapshot.files)
    for source in sources:
        if isinstance(source, Refusal):
            raise DlmGitError(
                f"dlm refuses source path '{source.path}': {source.reason}",
                "`dlm-git check` says more",
            )
    taken = tuple(source for source in sources if isinstance(source, SourceFiles))
    return TrainingSet(snapshot, path, taken)


def _document(snapshot: Snapshot, path: str) -> Document:
    (blob,) = snapshot.files.contents([path])
    if blob is None or blob.data is None:
        raise DlmGitError(
            f"there is no corpus document '{path}' in {snapshot.label}",
            "`dlm-git init` makes one; `dlm-git check` says what became of it",
        )
    return parse_document(blob.data)


def from_root(snapshot: Snapshot, paths: Sequence[str]) -> list[str]:
    """Paths as the user gives them where he stands, as paths from the root."""
    return [_from_root(snapshot, path) for path in paths]


def _from_root(snapshot: Snapshot, path: str) -> str:
    whole = normpath(f"{snapshot.prefix}{path}" if not path.startswith("/") else path)
    if whole.startswith(("/", "../")) or whole == "..":
        raise DlmGitError(f"'{path}' is outside of the repository", "name a path in it")
    return "" if whole == "." else whole
