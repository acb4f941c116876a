"""Hints for a source path that is not tracked: what it probably should be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from posixpath import normpath
from unicodedata import normalize

from dlm_git.document.yaml_text import double_quoted, flow_list
from dlm_git.paths import is_within, relative_to
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.validation import closest_match

_MAX_NAMES = 1000  # paths to compare a misspelled one with


def similar_path_hint(snapshot: Snapshot, root: str, path: str) -> tuple[str, str]:
    """Return a hint for a path that is not tracked, and the tracked path that it resembles or ''.

    Both are relative to the root of a corpus.

    The path differs in its slashes, in upper and lower case, or in its Unicode form: macOS types
    'é' as one character, and some tools write it as two.
    """
    written = normpath(path.strip().replace("\\", "/"))
    names = _names(snapshot, root, written)
    similar = [name for name in names if _folded(name) == _folded(written)]
    if len(similar) != 1:
        return _misspelled_hint(written, [] if similar else sorted(names))
    (name,) = similar
    if name == written:
        return f"did you mean '{name}'? Paths have '/', and no spaces around them", name
    if normalize("NFC", name) == normalize("NFC", written):
        from json import dumps  # late: rare

        escaped = dumps(name)  # the two forms look the same
        return f"the name in Git has another Unicode form: write `path: {escaped}`", name
    return f"did you mean '{name}'? Git distinguishes upper and lower case", name


def _misspelled_hint(path: str, names: Sequence[str]) -> tuple[str, str]:
    """Return a hint, and one of the tracked names or '', for a path with a pattern or a typo."""
    directory = re.split(r"/?[^/]*[*?]", path)[0]
    if directory != path:
        path_key = double_quoted(directory or ".")
        include = flow_list([path[len(directory) :].lstrip("/")])
        return f"a path has no wildcards: write `path: {path_key}` and `include: {include}`", ""
    if len(names) <= _MAX_NAMES and (name := closest_match(path, names, cutoff=0.75)):
        return f"did you mean '{name}'? If not, `git add` the files to train on", name
    return "correct the path, or `git add` the files to train on", ""


def _names(snapshot: Snapshot, root: str, path: str) -> set[str]:
    """Return the tracked files and directories below a root at the depth of a path."""
    depth = path.count("/") + 1
    paths = (entry.path for entry in snapshot if is_within(entry.path, root))
    parts = (relative_to(path, root).split("/") for path in paths)
    return {"/".join(names[:depth]) for names in parts if len(names) >= depth}


def _folded(path: str) -> str:
    return normalize("NFC", normalize("NFC", path).casefold())
