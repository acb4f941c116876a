"""Merge three versions of a file line by line, as Git does (git-merge-file(1))."""

from __future__ import annotations

from dlm_git.fs import temporary_directory
from dlm_git.git.process import Git
from dlm_git.values import Value

_CODES = range(128)  # the number of conflicts
_USAGE_ERROR, _ERROR = 129, 255
_NAMES = ("ours", "base", "theirs")


class Versions(Value):
    """Three versions of a file; an empty base is that of a file which both sides created."""

    base: bytes
    ours: bytes
    theirs: bytes


class Labels(Value):
    """The texts behind the conflict markers, and the number of characters of a marker."""

    base: str = "base"
    ours: str = "ours"
    theirs: str = "theirs"
    size: int = 7


def merge_lines(git: Git, versions: Versions, labels: Labels) -> tuple[bytes, int]:
    """Return the merged lines, and the number of conflicts.

    Binary files are a conflict, in which ours stays as it is. Raises DlmGitError if git fails.
    """
    contents = {name: getattr(versions, name) for name in _NAMES}
    options = [word for name in _NAMES for word in ("-L", getattr(labels, name))]
    with temporary_directory(contents, {}) as directory:
        files = [f"{directory}/{name}" for name in _NAMES]
        arguments = ("-p", "-q", f"--marker-size={labels.size}", *options, *files)
        # the algorithm of `git merge`; since git 2.44
        modern = ("merge-file", "--diff-algorithm=histogram", *arguments)
        codes = (*_CODES, _USAGE_ERROR, _ERROR)
        code, output, errors = git.run(*modern, ok=codes, in_rows=False)
        if code == _USAGE_ERROR:
            old = ("merge-file", *arguments)
            code, output, errors = git.run(*old, ok=(*_CODES, _ERROR), in_rows=False)
    if code == _ERROR and b"Cannot merge binary files" not in errors:
        raise git.failure(("merge-file",), code, errors)
    return (versions.ours, 1) if code == _ERROR else (output, code)


def conflicts_show_base(git: Git) -> bool:
    """Return whether conflicts contain the lines of the base (`merge.conflictStyle`)."""
    output = git.answer("config", "--get", "merge.conflictStyle", ok=(0, 1))
    return output.strip() in (b"diff3", b"zdiff3")
