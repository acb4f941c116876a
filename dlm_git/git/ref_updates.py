"""Parse the ref updates that Git writes to its `pre-push` and `pre-receive` hooks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from dlm_git.errors import DlmGitError
from dlm_git.git.objects import OID_PATTERN
from dlm_git.values import Value

HOOK_INPUT_HINT = "run it from the hook, and pass it the hook's standard input"
_REF = rb"refs/[^\0-\x20\x7f]+"  # git-check-ref-format(1)
_RECEIVE_LINE = re.compile(
    rb"(?P<old>%b) (?P<new>%b) (?P<ref>%b)" % (OID_PATTERN, OID_PATTERN, _REF)
)
# the local name is what the user wrote: `HEAD~1`, even `HEAD@{1 day ago}`
_PUSH_LINE = re.compile(
    rb"[^\0]+ (?P<new>%b) (?P<ref>%b) (?P<old>%b)" % (OID_PATTERN, _REF, OID_PATTERN)
)


class Update(Value):
    """A change of a ref in the receiving repository.

    ref: its full name.
    old: the object id before the push, '' if the ref is created.
    new: the object id after the push, '' if the ref is deleted.
    """

    ref: str
    old: str
    new: str


def parse_pre_push(lines: bytes) -> list[Update]:
    """Parse the input of `pre-push` (githooks(5)). Raises DlmGitError if a line is malformed."""
    return [*_parse(_PUSH_LINE, lines)]


def parse_pre_receive(lines: bytes) -> list[Update]:
    """Parse the input of `pre-receive` (githooks(5)). Raises DlmGitError if a line is malformed."""
    return [*_parse(_RECEIVE_LINE, lines)]


def _parse(pattern: re.Pattern[bytes], lines: bytes) -> Iterator[Update]:
    *complete, rest = lines.split(b"\n")
    for line in complete:
        match = pattern.fullmatch(line)
        if not match:
            raise _malformed(line)
        yield Update(os.fsdecode(match["ref"]), _oid(match["old"]), _oid(match["new"]))
    if rest:
        raise _malformed(rest)


def _oid(digits: bytes) -> str:
    """Return an object id, '' for the one of 40 or 64 zeros by which Git means none."""
    return "" if set(digits) == {ord("0")} else digits.decode()


def _malformed(line: bytes) -> DlmGitError:
    return DlmGitError(
        f"'{os.fsdecode(line[:200])}' on standard input is not a line that Git writes to this hook",
        HOOK_INPUT_HINT,
    )
