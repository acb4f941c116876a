"""Look up the attributes of paths, by the contents of `.gitattributes` files alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from dlm_git.git.isolated import in_working_tree
from dlm_git.git.process import Git
from dlm_git.snapshots.conversion import ATTRIBUTES, Conversion


def query_attributes(
    git: Git, parent: str | None, files: Mapping[str, bytes], paths: Sequence[str]
) -> list[Conversion]:
    """Return the conversions of each path.

    parent: the directory to create a temporary directory in, None for that of the system.
    files: the contents of the `.gitattributes` files, by path. They are written to the temporary
        directory, which is all that git reads: no attributes of the user, the system or the clone.

    Raises DlmGitError if git fails, or if the files cannot be written.
    """
    with in_working_tree(git, files, parent) as isolated:
        values = [value for _, _, value in list_attributes(isolated, ATTRIBUTES, paths)]
    rows = zip(*[iter(values)] * len(ATTRIBUTES), strict=True)
    return [Conversion.from_attributes(dict(zip(ATTRIBUTES, row, strict=True))) for row in rows]


def list_attributes(
    git: Git, names: Sequence[str], paths: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Return path, name and value of each attribute of each path, in their order.

    Raises DlmGitError if git fails, or does not report all of them.
    """
    question = ("check-attr", "--stdin", "-z", *names)
    data = b"".join(os.fsencode(path) + b"\0" for path in paths)
    words = os.fsdecode(git.output(*question, data=data)).split("\0")
    rows = list(zip(words[0::3], words[1::3], words[2::3], strict=False))
    if [row[:2] for row in rows] != [(path, name) for path in paths for name in names]:
        raise git.incomplete(question)
    return rows
