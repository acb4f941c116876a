"""The comments `# dlm-git: ignore[RULE] REASON` of one state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dlm_git.document.ignore_comments import IgnoreComment, line_comments, yaml_comments
from dlm_git.document.parser import Document
from dlm_git.document.text import Extent, Text
from dlm_git.training.directory_config import DirectoryConfig
from dlm_git.values import Value

_MARKER = "dlm-git:"  # in each of them


class CommentedFile(Value):
    """A file with comments.

    path: its path.
    text: its text.
    comments: the comments.
    is_valid: whether the trainer accepts it, so that all rules check it.
    """

    path: str
    text: Text
    comments: tuple[IgnoreComment, ...]
    is_valid: bool = True


def read_comments(
    documents: Mapping[str, Document], configs: Iterable[DirectoryConfig]
) -> Iterator[CommentedFile]:
    """Yield the documents and directory configs with comments.

    Those that cannot be loaded are left out.
    """
    for path, document in documents.items():
        if _MARKER in document.frontmatter_text:
            yield from _of_document(path, document)
    for config in configs:
        yield from _of_training_config(config)
        yield from _of_ignore_file(config)


def _of_document(path: str, document: Document) -> Iterator[CommentedFile]:
    text, tree = document.text, document.tree
    if text and tree:
        start = text.normalized.index("\n") + 1
        extent = Extent(start, start + len(document.frontmatter_text))
        if comments := tuple(yaml_comments(text, extent, tree.nodes)):
            yield CommentedFile(path, text, comments, document.frontmatter is not None)


def _of_training_config(config: DirectoryConfig) -> Iterator[CommentedFile]:
    settings = config.settings
    if settings and settings.text and settings.tree and _MARKER in settings.text.raw:
        extent = Extent(0, len(settings.text.normalized))
        if comments := tuple(yaml_comments(settings.text, extent, settings.tree.nodes)):
            is_valid = settings.config is not None
            yield CommentedFile(config.training_path, settings.text, comments, is_valid)


def _of_ignore_file(config: DirectoryConfig) -> Iterator[CommentedFile]:
    text = config.ignore.text if config.ignore and not config.ignore.error else None
    if text and (comments := tuple(line_comments(text))):
        yield CommentedFile(config.ignore_path, text, comments)
