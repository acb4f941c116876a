"""Merge three versions of a file as Git's merge driver (gitattributes(5))."""

from __future__ import annotations

import re
from posixpath import basename, dirname

from dlm_git.document.line_merge import Markers
from dlm_git.document.merge import merge_documents
from dlm_git.errors import DlmGitError
from dlm_git.git.merge_file import Labels, Versions, conflicts_show_base, merge_lines
from dlm_git.git.repository import find_repository
from dlm_git.operations.merge_ignore import merge_ignore
from dlm_git.paths import IGNORE_FILE
from dlm_git.regex import compile_late
from dlm_git.values import Value

_SUFFIX = _DIRECTORY = ".dlm"
# no text has so long a line of the same character
_ANCESTOR_MARKERS = 77
_CONFLICT = compile_late(
    rb"^<{77} [^\n]*\n(?s:.*?)^\|{77} [^\n]*\n((?s:.*?))^={77}\r?\n(?s:.*?)^>{77} [^\n]*(?:\n|\Z)",
    re.MULTILINE,
)


class MergeResult(Value):
    """A merged file.

    data: its content, with markers around conflicts.
    conflicts: the number of conflicts.
    notes: what the merge decided, for the user.
    """

    data: bytes
    conflicts: int
    notes: tuple[str, ...] = ()


def merge_versions(
    path: str, versions: Versions, labels: Labels, *, with_base: bool = False
) -> MergeResult:
    """Merge three versions of the file at a path: a document, a `.dlm/ignore`, or any other.

    with_base: whether conflicts contain the lines of the base, whatever Git's config says.

    What is not UTF-8, or not a file of dlm, is merged line by line, as Git does. Raises DlmGitError
    if git cannot do that either.
    """
    repository = find_repository()
    note = "not a document, so its lines were merged"
    try:
        if b"\0" in versions.base + versions.ours + versions.theirs:
            note = "it contains NUL characters, so Git merged it"
        elif basename(path) == basename(IGNORE_FILE) and _is_of_dlm(path):
            return MergeResult(*merge_ignore(repository, path, versions, labels))
        elif path.endswith(_SUFFIX) and _is_of_dlm(path):
            with_base = with_base or conflicts_show_base(repository.git)
            return _merge_documents(versions, labels, with_base=with_base)
    except UnicodeDecodeError:
        note = "not UTF-8, so its lines were merged"
    except DlmGitError as error:
        note = f"its lines were merged: {error.message}"
    return MergeResult(*merge_lines(repository.git, versions, labels), (note,))


def merge_ancestors(path: str, versions: Versions, labels: Labels) -> MergeResult:
    """Merge two common ancestors of branches, without conflicts: there the base stays as it is.

    Git compares both branches with the result, in which markers would be text.
    """
    result = merge_versions(path, versions, labels.replace(size=_ANCESTOR_MARKERS), with_base=True)
    data, replaced = _CONFLICT.subn(rb"\1", result.data)
    return MergeResult(data if replaced == result.conflicts else versions.base, 0)


def _is_of_dlm(path: str) -> bool:
    return basename(dirname(path)) == _DIRECTORY


def _merge_documents(versions: Versions, labels: Labels, *, with_base: bool) -> MergeResult:
    base, ours, theirs = (data.decode() for data in (versions.base, versions.ours, versions.theirs))
    markers = Markers(
        ours=labels.ours,
        base=labels.base,
        theirs=labels.theirs,
        size=labels.size,
        with_base=with_base,
    )
    merge = merge_documents(base or None, ours, theirs, markers)
    return MergeResult(merge.text.encode(), merge.conflicts, merge.notes)
