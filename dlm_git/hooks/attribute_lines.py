"""Find the line of a file of attributes that names another driver (gitattributes(5))."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

from dlm_git.fs import read_file
from dlm_git.git.attributes import list_attributes
from dlm_git.git.isolated import in_working_tree
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.hooks.driver_state import ForeignAttribute, attributes_file
from dlm_git.paths import ATTRIBUTES_FILE, join, parents
from dlm_git.values import Value

_MAX_FILE = 1 << 20  # bytes
_MAX_LINES = 50  # that git is asked about


class _Line(Value):
    """A line of a file of attributes, and the directory that its pattern is relative to."""

    place: str
    directory: str
    data: bytes


def find_line(repository: Repository, attribute: ForeignAttribute) -> str:
    """Return the line that sets an attribute, as 'FILE:LINE: TEXT'; '' if it is not found."""
    words = (attribute.name.encode(), b"binary")
    lines = _lines(repository, attribute.path)
    candidates = (line for line in lines if any(word in line.data for word in words))
    for line in islice(candidates, _MAX_LINES):
        if _value(repository, attribute, line) == attribute.value:
            return f"{line.place}: {line.data.decode(errors='replace').strip()}"
    return ""


def _lines(repository: Repository, path: str) -> Iterator[_Line]:
    """Yield the lines that may apply to a path, those that take precedence first."""
    for shown, directory, data in _files(repository, path):
        lines = list(enumerate((data or b"").splitlines(), 1))
        yield from (_Line(f"{shown}:{number}", directory, line) for number, line in reversed(lines))


def _files(repository: Repository, path: str) -> Iterator[tuple[str, str, bytes | None]]:
    local = attributes_file(repository, shared=False)
    yield local.shown, "", local.data
    for directory in (*parents(path), ""):
        file = join(directory, ATTRIBUTES_FILE)
        yield file, directory, read_file(repository.root, file, _MAX_FILE)
    question = ("config", "--path", "-z", "--get", "core.attributesFile")
    output = worktree_git(repository).answer(*question, ok=(0, 1))
    user_file = os.path.join(repository.root, os.fsdecode(output).removesuffix("\0"))
    if output:
        yield user_file, "", read_file(*os.path.split(os.path.realpath(user_file)), _MAX_FILE)


def _value(repository: Repository, attribute: ForeignAttribute, line: _Line) -> str:
    """Return the value that a line alone gives an attribute."""
    files = {join(line.directory, ATTRIBUTES_FILE): line.data + b"\n"}
    with in_working_tree(repository.git, files) as git:
        ((_, _, value),) = list_attributes(git, [attribute.name], [attribute.path])
    return value
