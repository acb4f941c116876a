"""Look up the attributes of paths, by the contents of `.gitattributes` files alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from dlm_git.errors import DlmGitError
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
    data = b"".join(os.fsencode(path) + b"\0" for path in paths)
    with in_working_tree(git, files, parent) as isolated:
        words = os.fsdecode(isolated.output("check-attr", "--stdin", "-z", *ATTRIBUTES, data=data))
    values = words.split("\0")[2::3]
    if len(values) != len(paths) * len(ATTRIBUTES):
        message = f"git reported {len(values)} attributes of {len(paths)} paths"
        raise DlmGitError(message, "check that `git check-attr` works here")
    rows = zip(*[iter(values)] * len(ATTRIBUTES), strict=True)
    return [Conversion.from_attributes(dict(zip(ATTRIBUTES, row, strict=True))) for row in rows]
