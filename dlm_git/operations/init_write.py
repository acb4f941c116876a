"""Write and stage the files of `init`, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from posixpath import split

from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, list_names, remove_directory, remove_file, replace_file
from dlm_git.git import write
from dlm_git.git.read import read_index
from dlm_git.operations.init_checks import FOLDER, InitContext, is_unstaged
from dlm_git.values import Value


class NewFile(Value):
    """A file that `init` writes.

    path: relative to the root.
    data: its content.
    old: the content that it replaces, None if there is no file yet.
    optional: keep a file that another process has just written.
    """

    path: str
    data: bytes
    old: bytes | None = None
    optional: bool = False


def write_files(
    context: InitContext, files: Sequence[NewFile], others: Sequence[str] = ()
) -> list[str]:
    """Write files, stage them together with other paths, and return the paths of those written.

    Raises DlmGitError, with the files as they were, if one of them cannot be written, or if Git
    does not stage them.
    """
    root, directory = str(context.root), context.config.directory
    had_folder = FOLDER in list_names(root, context.config.root)
    written: list[NewFile] = []
    try:
        for file in files:
            if _write(root, file):
                written.append(file)
        paths = [file.path for file in written]
        if paths or others:
            _stage(context, *others, *paths)
    except BaseException:
        for file in reversed(written):
            _restore(root, file)
        if not had_folder:
            remove_directory(root, directory)
        raise
    return paths


def _stage(context: InitContext, *paths: str) -> None:
    try:
        write.add(context.repository, *paths)
    except DlmGitError as error:
        if _are_staged(context, paths):  # git has failed, or was killed, only after that
            return
        condition = "once `git add` works"
        if "index.lock" in error.message:  # perhaps left by a git that was killed
            condition = "once no git is running and that file is gone"
        hint = f"nothing was changed; run the command again {condition}"
        raise DlmGitError(error.message, hint) from error


def _are_staged(context: InitContext, paths: Sequence[str]) -> bool:
    with suppress(DlmGitError):
        now = context.replace(index=read_index(context.repository))
        return not any(is_unstaged(now, path) for path in paths)
    return False


def _write(root: str, file: NewFile) -> bool:
    """Write a file; return False for an optional one that another process has just written."""
    folder, name = split(file.path)
    if file.old is not None:
        replace_file(root, folder, name, file.data)
        return True
    if create_file(root, folder, name, file.data):
        return True
    if file.optional:
        return False
    message = f"'{file.path}' was written by another process"
    raise DlmGitError(message, "run the command again to reuse it")


def _restore(root: str, file: NewFile) -> None:
    folder, name = split(file.path)
    with suppress(DlmGitError):  # the first error is the one to report
        if file.old is None:
            remove_file(root, folder, name)
        else:
            replace_file(root, folder, name, file.old)
