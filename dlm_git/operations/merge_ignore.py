"""Merge three versions of a `.dlm/ignore`; the block of `dlm-git ignore` is made anew."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from dlm_git.document.text import normalize
from dlm_git.errors import DlmGitError
from dlm_git.git.merge_file import Labels, Versions, merge_lines
from dlm_git.git.read import read_revision
from dlm_git.git.repository import Repository
from dlm_git.operations.configs import CheckOptions, read_config
from dlm_git.operations.ignore import document_sources
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.ignore_block import (
    block_lines,
    block_paths,
    block_text,
    commented_lines,
    make_blocks,
    split_at_block,
    tracked_gitignores,
    with_block,
)
from dlm_git.training.ignore_merge import Blocks, merge_gitignores, merge_groups, merge_recorded
from dlm_git.training.training_set import SourceFiles

# stands for the block while Git merges the lines around it
_PLACEHOLDER = "# dlm-git ignore: the block is made anew\n"


def merge_ignore(
    repository: Repository, path: str, versions: Versions, labels: Labels
) -> tuple[bytes, int]:
    """Return a merged `.dlm/ignore`, and the number of conflicts outside of its block.

    Raises DlmGitError for a broken block, and UnicodeDecodeError.
    """
    texts = [data.decode() for data in (versions.base, versions.ours, versions.theirs)]
    has_base, has_ours, has_theirs = (block_lines(text) is not None for text in texts)
    blocks = Blocks(*(block_lines(normalize(text)) or () for text in texts))
    has_block = has_theirs if has_ours == has_base else has_ours
    lines = _merged_block(repository, path, texts[1], blocks) if has_block else []
    merged, conflicts = merge_lines(repository.git, _without_blocks(texts), labels)
    return _with_block(merged.decode(), lines, labels.size).encode(), conflicts


def _without_blocks(texts: Sequence[str]) -> Versions:
    return Versions(*(_placeholder_in(text).encode() for text in texts))


def _placeholder_in(text: str) -> str:
    around = split_at_block(text)
    return _PLACEHOLDER.join(around) if around else text


def _with_block(text: str, lines: Sequence[str], marker_size: int) -> str:
    """Return a merged text with the block at its place, or at the start if that is not certain."""
    parts = text.split(_PLACEHOLDER)
    before = "".join(parts)
    if len(parts) == 2 and lines and not _ends_in_conflict(parts[0], marker_size):
        return block_text(lines, "\r\n" if "\r\n" in before else "\n").join(parts)
    return with_block(before, lines)


def _ends_in_conflict(text: str, marker_size: int) -> bool:
    """Return whether a text ends between the markers of a conflict."""
    lines = text.splitlines()
    openers, closers = (
        [number for number, line in enumerate(lines) if line.startswith(char * marker_size)]
        for char in "<>"
    )
    return len(openers) > len(closers)


def _merged_block(repository: Repository, path: str, ours: str, blocks: Blocks) -> list[str]:
    """Return the lines of the merged block.

    They are translated from our `.gitignore` files and what the other side changed in them: Git
    has not merged these files yet. Without our files, the lines of both blocks are merged.
    """
    lines = None
    with suppress(DlmGitError):
        lines = _translated(repository, path, ours, blocks)
    return merge_groups(blocks) if lines is None else lines


def _translated(repository: Repository, path: str, ours: str, blocks: Blocks) -> list[str] | None:
    """Return the translated lines, None if our side is not HEAD, as within `git merge-tree`."""
    snapshot = read_revision(repository, "HEAD")
    with repository.objects:
        entries = snapshot.entries(path)
        content = snapshot.read(entries)[0].data if entries else b""
        if normalize((content or b"").decode()) != normalize(ours):
            return None
        root, sources = _corpus_with_block(snapshot, path)
        gitignores = merge_gitignores(tracked_gitignores(snapshot), blocks)
        translations = make_blocks(sources, gitignores, {path: merge_recorded(blocks)}, root)
    return list(commented_lines(translations[path])) if path in translations else None


def _corpus_with_block(snapshot: Snapshot, path: str) -> tuple[str, list[SourceFiles]]:
    """Return root and sources of the innermost corpus that has a block in a `.dlm/ignore`."""
    corpora = read_config(snapshot, CheckOptions()).config.corpora
    for corpus in sorted(corpora, key=lambda corpus: len(corpus.root), reverse=True):
        sources = document_sources(snapshot, corpus.corpus_path)
        if path in block_paths(sources, corpus.root):
            return corpus.root, sources
    return "", []
