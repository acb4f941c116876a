"""Look up refs by their full names.

Git guesses: if `refs/heads/main` does not exist, it looks for `refs/tags/refs/heads/main` and other
names (gitrevisions(7)). Everyone who can push can create such a tag.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from dlm_git.errors import DlmGitError
from dlm_git.git.process import Git, error_line


def look_up(git: Git, name: str) -> str:
    """Return the object id that a full name leads to, through symbolic refs; '' if it is missing.

    name: `HEAD`, or a name that begins with `refs/`.

    Raises DlmGitError if the object is missing.
    """
    code, output, errors = git.run("show-ref", "--verify", "--hash", name, ok=(0, 1, 128))
    if code and b"not a valid ref" not in errors:
        message = f"cannot read revision '{name}': git says \"{error_line(errors)}\""
        raise DlmGitError(message, "run `git fsck`")
    return output.decode().strip()


def symbolic_refs(git: Git, names: Iterable[str]) -> dict[str, str]:
    """Return the targets of all symbolic refs that lead to an object, and of those in `names`.

    names: full names of refs, which may lead to a ref that does not exist.
    """
    rows = git.output("for-each-ref", "--format=%(refname) %(symref)").splitlines()
    pairs = (os.fsdecode(row).split(" ") for row in rows)
    targets = {name: target for name, target in pairs if target}
    for name in _maybe_symbolic(git, names):
        code, output, _ = git.run("symbolic-ref", "--quiet", name, ok=(0, 1, 128))
        if not code:
            targets[name] = os.fsdecode(output).strip()
    return targets


def _maybe_symbolic(git: Git, names: Iterable[str]) -> list[str]:
    """Return the names that can be those of symbolic refs, which git never packs."""
    names = [name for name in names if name == "HEAD" or name.startswith("refs/")]
    path = os.fsdecode(git.output("rev-parse", "--path-format=absolute", "--git-path", "refs"))
    top = os.path.dirname(path.strip())
    if os.path.isdir(os.path.join(top, "reftable")):
        return names
    return [name for name in names if os.path.isfile(os.path.join(top, name))]
