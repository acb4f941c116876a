"""List the files that a document trains on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath
from typing import NamedTuple

from dlm_git.config.load import Config, overrides
from dlm_git.document.frontmatter import Source
from dlm_git.document.parser import Document, parse_document
from dlm_git.errors import DlmGitError
from dlm_git.git.repository import PathLike
from dlm_git.operations.check import CheckOptions, prepare
from dlm_git.snapshots.files import Refusal, TrackingStatus
from dlm_git.snapshots.snapshot import Snapshot
        raise DlmGitError(f"dlm refuses '{path}'", "`dlm-git check` prints the reason")
    count = len(document.frontmatter.training.sources or ())
    if count > MAX_SOURCES:
        raise DlmGitError(
            f"'{path}' has {count} sources, more than the limit of {MAX_SOURCES}",
            "name a directory around several of them",
        )
    sources = []
    for source in expand_sources(document, path, snapshot.files):
        if isinstance(source, Refusal):
            message = f"dlm refuses source path '{source.path}': {source.reason}"
            raise DlmGitError(message, "`dlm-git check` prints how to fix it")
        sources.append(source)
    return TrainingSet(snapshot, path, tuple(sources))


def _read_document(snapshot: Snapshot, path: str) -> Document:
    (blob,) = snapshot.files.contents([path])
    if blob is None or blob.data is None:
        message = f"corpus document '{path}' not found in {snapshot.label}"
        raise DlmGitError(message, "`dlm-git init` creates one; `dlm-git check` prints more")
    return parse_document(blob.data)


def paths_from_root(snapshot: Snapshot, paths: Sequence[str]) -> list[str]:
    """Return paths that are relative to the user's directory as paths relative to the root.

    Raises DlmGitError for a path outside the repository.
    """
    return [_path_from_root(snapshot, path) for path in paths]


def _path_from_root(snapshot: Snapshot, path: str) -> str:
    from_root = normpath(path if path.startswith("/") else f"{snapshot.prefix}{path}")
    if from_root.startswith(("/", "../")) or from_root == "..":
        message = f"'{path}' is outside the repository"
        raise DlmGitError(message, "pass a path inside the repository")
    return "" if from_root == "." else from_root
