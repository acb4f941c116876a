"""Look up refs by their full names.

Git guesses: if `refs/heads/main` does not exist, it looks for `refs/tags/refs/heads/main` and other
names (gitrevisions(7)). Everyone who can push can create such a tag.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from dlm_git.errors import DlmGitError
from dlm_git.git.objects import OID_PATTERN
from dlm_git.git.process import Git, error_line


def look_up(git: Git, name: str) -> str:
    """Return the object id that a full name leads to, through symbolic refs; '' if it is missing.

    name: `HEAD`, or a name that begins with `refs/`.

    Raises DlmGitError if the object is missing.
    """
    question = ("show-ref", "--verify", "--hash", name)
    code, output, errors = git.run(*question, ok=(0, 1, 128))
    if code and b"not a valid ref" not in errors:
        message = f"cannot read revision '{name}': git says \"{error_line(errors)}\""
        raise DlmGitError(message, "run `git fsck`")
    if not code and not re.fullmatch(OID_PATTERN, output.strip()):
        raise git.incomplete(question)
    return output.decode().strip()


def symbolic_refs(git: Git, names: Iterable[str]) -> dict[str, str]:
    """Return the targets of all symbolic refs that lead to an object, and of those in `names`.

    names: full names of refs, which may lead to a ref that does not exist.
    """
    rows = os.fsdecode(_list_refs(git, "--format=%(refname) %(symref)")).split("\n")
    pairs = (row.partition(" ") for row in rows)
    targets = {name: target for name, _, target in pairs if target}
    for name in _maybe_symbolic(git, names):
        output = git.answer("symbolic-ref", "--quiet", name, ok=(0, 1, 128))
        if output:
            targets[name] = os.fsdecode(output).strip()
    return targets


def has_refs(git: Git) -> bool:
    """Return whether a repository has refs."""
    return bool(_list_refs(git, "--count=1"))


def _list_refs(git: Git, option: str) -> bytes:
    """Return the lines of `git for-each-ref`; that there are none, git has to confirm."""
    question = ("for-each-ref", option)
    rows = git.output(*question)
    if not rows and git.output(*question):
        raise git.incomplete(question)
    return rows


def _maybe_symbolic(git: Git, names: Iterable[str]) -> list[str]:
    """Return the names that can be those of symbolic refs, which git never packs."""
    names = [name for name in names if name == "HEAD" or name.startswith("refs/")]
    top = os.path.dirname(git.git_path("refs"))
    if os.path.isdir(os.path.join(top, "reftable")):
        return names
    return [name for name in names if os.path.isfile(os.path.join(top, name))]
