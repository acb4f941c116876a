"""Three-way merge of documents."""

from __future__ import annotations

from collections.abc import Sequence

from dlm_git.document.body_merge import merge_bodies, pick
from dlm_git.document.line_merge import Markers, Merged, conflict, joined, merge_lines
from dlm_git.document.parser import Document, parse_document
from dlm_git.document.text import Text, normalize
from dlm_git.document.yaml_merge import merge_frontmatter
from dlm_git.values import Value

_BOM = "\ufeff"
_DASHES = "---\n"
_REFUSED = "dlm refuses the merged document; `dlm-git check --worktree` prints the reason"


class Merge(Value):
    """A merged document.

    text: the document, with markers around conflicts.
    conflicts: the number of conflicts, 0 for a clean merge.
    notes: what the user should know about the merge.
    """

    text: str
    conflicts: int = 0
    notes: tuple[str, ...] = ()


def merge_documents(base: str | None, ours: str, theirs: str, markers: Markers) -> Merge:
    """Merge the changes of two sides to a document.

    The frontmatter is merged key by key, the body section by section. If only one side has changed
    the document, the result is that side. Another clean result is a document that the trainer
    accepts. Documents that it refuses are merged line by line.

    base: the document that both sides changed, None if both created one.
    """
    if theirs in (base, ours):
        return Merge(ours)
    if ours == base:
        return Merge(theirs)
    texts = [base or "", ours, theirs]
    documents = [parse_document(text.encode()) for text in texts]
    if all(document.accepted for document in documents[base is None :]):
        merge = _checked(_merge_accepted(documents, markers))
    else:
        before, our, their = map(normalize, texts)
        merge = _checked(merge_lines(before, our, their, markers))
    notes = _id_notes(documents) if base is None else ()
    return Merge(_as_stored(merge.text, texts), merge.conflicts, (*notes, *merge.notes))


def _merge_accepted(documents: Sequence[Document], markers: Markers) -> Merged:
    """Merge documents that the trainer accepts; the first may be empty."""
    base, ours, theirs = (document.body_text for document in documents)
    body = merge_bodies(base, ours, theirs, markers)
    return joined([Merged(_DASHES), _merge_yaml(documents, markers), Merged(_DASHES), body])


def _merge_yaml(documents: Sequence[Document], markers: Markers) -> Merged:
    """Merge frontmatters; keys whose merged values contradict each other are in conflict."""
    base, ours, theirs = (document.frontmatter_text for document in documents)
    merged = merge_frontmatter(base, ours, theirs, markers)
    if merged.conflicts:
        return merged
    document = parse_document(f"{_DASHES}{merged.text}{_DASHES}".encode())
    if _is_clean(document):
        return merged
    contradicting = {str(violation.path[0]) for violation in document.violations if violation.path}
    merged = merge_frontmatter(base, ours, theirs, markers, contradicting)
    return merged if merged.conflicts else conflict(base, ours, theirs, markers)


def _is_clean(document: Document) -> bool:
    """Return whether the trainer accepts a document, and no key in it is repeated."""
    return document.accepted and not (document.tree and document.tree.duplicates)


def _checked(merged: Merged) -> Merge:
    """Return a merge, which is not clean if the trainer refuses the result."""
    if merged.conflicts or _is_clean(parse_document(merged.text.encode())):
        return Merge(merged.text, merged.conflicts)
    return Merge(merged.text, 1, (_REFUSED,))


def _id_notes(documents: Sequence[Document]) -> tuple[str, ...]:
    """Return a note on the ids of two documents that were created on their own."""
    ids = sorted({d.frontmatter.dlm_id for d in documents if d.frontmatter})
    if len(ids) < 2:
        return ()
    kept, dropped = ids
    return (f"both sides created the document; kept dlm_id {kept}, the older, not {dropped}",)


def _as_stored(text: str, versions: Sequence[str]) -> str:
    """Return a text with the line endings and the byte order mark that a side changed."""
    newlines = [Text(version).newline for version in versions]
    marks = [_BOM if version.startswith(_BOM) else "" for version in versions]
    return pick(*marks) + text.replace("\n", pick(*newlines))
