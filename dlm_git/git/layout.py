"""Ask git where a repository has its files: one question, whose answer the whole command uses.

The cached path of `dlm-git check` imports this module.
"""

from __future__ import annotations

import os
from time import perf_counter

from dlm_git.git.child import Child
from dlm_git.git.environment import EXPLICIT_BARE, OPTIONS, clean_environment, locate_git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dlm_git.git.index_file import IndexListing

_DLM_TREE = "HEAD:.dlm"
# git stops at the first part that it cannot answer: the last two, in some repositories
QUESTION = (
    *("rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-path", "index"),
    *("--is-bare-repository", "--is-inside-git-dir", "--show-object-format", "--show-prefix"),
    *("--git-common-dir", "--git-path", "objects", "--show-toplevel", _DLM_TREE),
)
_COUNTS = {0: (10,), 128: (8, 9)}  # the numbers of lines of an answer, by git's exit code


class Answer:
    """The answer of git in the current directory.

    code, output, errors: exit code, output and error output of git.
    seconds: how long it took.
    listing: the entries of the index, if git has listed them since.
    """

    def __init__(self, code: int, output: bytes, errors: bytes, seconds: float) -> None:
        self.code, self.output, self.errors = code, output, errors
        self.seconds = seconds
        self.listing: IndexListing | None = None


class Layout:
    """The places of the files of a repository, as absolute paths.

    git_dir, common_dir: its own Git directory, and the one that it shares with linked worktrees.
    index, objects: its index file, and the directory of its objects.
    bare: whether it has no working tree.
    inside: whether the user's directory is in the Git directory.
    hash: the name of its hash function.
    prefix: the user's directory below the root, '' or with a slash at its end.
    root: the top level of the working tree, '' if git does not know one.
    dlm_tree: the object id of `.dlm` in HEAD, '' if there is none.
    """

    def __init__(self, lines: list[str]) -> None:
        self.git_dir, self.index, bare, inside, self.hash, self.prefix = lines[:6]
        self.common_dir, self.objects = lines[6:8]
        self.bare, self.inside = bare == "true", inside == "true"
        self.root, self.dlm_tree, *_ = (*lines[8:], "", "")


def ask(environ: Mapping[str, str]) -> Answer | None:
    """Return the answer of git in the current directory, None if git cannot run."""
    git = locate_git(environ)
    if not git:
        return None
    command = [git, *OPTIONS, *EXPLICIT_BARE, *QUESTION]
    pieces: list[bytes] = []
    child, start = Child(command, clean_environment(environ)), perf_counter()
    try:
        code = child.run(pieces.append)
    except OSError:
        return None
    return Answer(code, b"".join(pieces), child.errors, perf_counter() - start)


def is_failure(code: int, output: bytes) -> bool:
    """Return whether git has not answered what it can answer in every repository."""
    return code not in _COUNTS or (code != 0 and output.count(b"\n") < min(_COUNTS[code]))


def parse(code: int, output: bytes) -> Layout | None:
    """Return the layout, None if a path contains a line break or the answer is incomplete."""
    if not output.endswith(b"\n"):
        return None
    lines = os.fsdecode(output).removesuffix("\n").split("\n")
    if lines[-1] == _DLM_TREE:  # git did not find it, and takes it for a file
        lines[-1:] = [] if code else [""]
    if len(lines) not in _COUNTS.get(code, ()):
        return None
    paths, flags = (*lines[:2], *lines[6:9]), lines[2:4]
    if not all(map(os.path.isabs, paths)) or not {*flags} <= {"true", "false"}:
        return None
    return Layout(lines)
