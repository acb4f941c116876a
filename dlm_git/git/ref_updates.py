"""The lines in which Git tells its hooks what a push changes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dlm_git.errors import DlmGitError

HOOK_INPUT_HINT = "call it from the hook itself, and let it have the hook's standard input"
_OID = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_REF = rb"refs/[^\0-\x20\x7f]+"  # git-check-ref-format(1)
_RECEIVED = re.compile(rb"(?P<old>%b) (?P<new>%b) (?P<ref>%b)" % (_OID, _OID, _REF))
# the local name is what the user wrote: `HEAD~1`, even `HEAD@{1 day ago}`
_PUSHED = re.compile(rb"[^\0]+ (?P<new>%b) (?P<ref>%b) (?P<old>%b)" % (_OID, _REF, _OID))


@dataclass(frozen=True, slots=True)
class Update:
    """A ref of the receiving repository, and the object ids that it holds and is to hold; '' where
    it does not exist yet, or is to be deleted."""

    ref: str
    old: str
    new: str


def parse_pre_push(lines: bytes) -> list[Update]:
    """What `pre-push` is told (githooks(5)). Raises CannotCheck for what is no such line."""
    return [*_parsed(_PUSHED, lines)]


def parse_pre_receive(lines: bytes) -> list[Update]:
    """What `pre-receive` is told (githooks(5)). Raises CannotCheck for what is no such line."""
    return [*_parsed(_RECEIVED, lines)]


def _parsed(form: re.Pattern[bytes], lines: bytes) -> Iterator[Update]:
    for line in lines.split(b"\n")[:-1]:
        found = form.fullmatch(line)
        if not found:
            raise _malformed(line)
        yield Update(os.fsdecode(found["ref"]), _existing(found["old"]), _existing(found["new"]))
    if rest := lines.rpartition(b"\n")[2]:
        raise _malformed(rest)


def _existing(oid: bytes) -> str:
    """An object id, '' for the one of zeros that means none, of 40 or 64 digits."""
    return "" if set(oid) == {ord("0")} else oid.decode()


def _malformed(line: bytes) -> DlmGitError:
    return DlmGitError(
        f"'{os.fsdecode(line[:200])}' on standard input is no line that Git writes to this hook",
        HOOK_INPUT_HINT,
    )
