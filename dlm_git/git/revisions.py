"""Resolve the revisions that the user names to commits."""

from __future__ import annotations

import os
import re

from dlm_git.errors import DlmGitError
from dlm_git.git import refs
from dlm_git.git.objects import OID_PATTERN
from dlm_git.git.process import Git, error_line
from dlm_git.regex import compile_late

_NOT_FOUND = "Needed a single revision"  # what git says
# a name that git would also guess, with the steps from there: `refs/heads/main~2`
_FULL_NAME = compile_late(
    r"(?P<ref>HEAD|@|refs/(?:(?!@\{)[^\0- ~^:?*\[\\\x7f])+)(?P<steps>[~^].*)?(?P<log>@\{.*)?",
    re.DOTALL,
)


def resolve_commit(git: Git, name: str) -> str:
    """Return the object id of the commit that a revision names, with tags peeled.

    Raises DlmGitError if the name is ambiguous or does not name a commit.
    """
    full = _FULL_NAME.fullmatch(name)
    if not full:
        return _resolve(git, name, name)
    ref = "HEAD" if full["ref"] == "@" else full["ref"]
    oid = refs.look_up(git, ref)
    if not oid:
        raise _not_a_commit(name, _NOT_FOUND)
    if full["log"]:
        return _resolve(git, name, name)
    # HEAD itself names a commit already
    return oid if name in ("HEAD", "@") else _resolve(git, name, f"{oid}{full['steps'] or ''}")


def merge_base(git: Git, one: str, other: str) -> str:
    """Return the object id of the best common ancestor of two commits, given by object id.

    Raises DlmGitError if they have none here: a shallow clone may lack it.
    """
    output = git.answer("merge-base", one, other, ok=(0, 1))
    if output:
        return output.decode().strip()
    is_shallow = git.line("rev-parse", "--is-shallow-repository") == "true"
    raise DlmGitError(
        f"commits {one[:12]} and {other[:12]} have no merge base in this repository",
        "it is a shallow clone: fetch more history with `git fetch --unshallow`; in CI, check out"
        " the full history (fetch-depth: 0)"
        if is_shallow
        else "compare the two commits themselves: `dlm-git diff A B`",
    )


def _resolve(git: Git, name: str, revision: str) -> str:
    """Return the object id of the commit of a revision, which the user wrote as `name`."""
    question = ("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    code, output, errors = git.run(*question, ok=(0, 128))
    if not code and not output:
        raise git.incomplete(question)
    id_ = re.match(rb"(%b)(?:[~^]|$)" % OID_PATTERN, os.fsencode(revision))
    # git prefers a whole object id to a ref of that name, with a warning
    if b"ambiguous" in errors and not (id_ and len(id_[1]) == len(output.strip())):
        raise DlmGitError(
            f"revision '{name}' is ambiguous",
            "use the full name, such as 'refs/heads/main'; `git show-ref` lists all names",
        )
    if code or not re.fullmatch(OID_PATTERN, output.strip()):
        raise _not_a_commit(name, error_line(errors))
    return output.decode().strip()


def _not_a_commit(name: str, error: str) -> DlmGitError:
    if error != _NOT_FOUND:
        return _unreadable(name, f'git says "{error}"', "pass a commit, a branch or a tag")
    if re.search(r"\.\.|:|\^[{!@-]|^\^|^$", name):
        return _unreadable(name, "it does not name a commit", "pass a commit, a branch or a tag")
    if name == "HEAD":
        return _unreadable(name, "nothing is committed yet", "create a commit with `git commit`")
    hint = "fetch it first, or correct the name; in CI, check out the full history (fetch-depth: 0)"
    return _unreadable(name, "this repository does not have such a commit", hint)


def _unreadable(name: str, reason: str, hint: str) -> DlmGitError:
    return DlmGitError(f"cannot read revision '{name}': {reason}", hint)
