"""Git directories without any config, in which git runs no program and knows no remote."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dlm_git.fs import temporary_directory
from dlm_git.git.environment import OPTIONS, without_repository
from dlm_git.git.process import Git

# the least that git takes for a Git directory
_GIT_DIR = {"git/HEAD": b"ref: refs/heads/main\n", "git/objects/empty": b"", "git/refs/empty": b""}
_NO_CONFIG = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
_NO_USER_FILE = ("-c", f"core.attributesFile={os.devnull}")
_CONFIG = """\
[core]
  repositoryformatversion = 1
  bare = true
[extensions]
  objectformat = {}
"""


@contextmanager
def in_working_tree(
    git: Git, files: Mapping[str, bytes], parent: str | None = None
) -> Iterator[Git]:
    """Yield git in a temporary repository without commits, with these files in its working tree.

    parent: the directory to create it in, None for that of the system.
    """
    tree = {f"tree/{path}": data for path, data in files.items()}
    with temporary_directory({**_GIT_DIR, **tree}, {}, parent) as directory:
        environ = {
            **without_repository(git.environ),
            **_NO_CONFIG,
            "GIT_DIR": f"{directory}/git",
            "GIT_WORK_TREE": f"{directory}/tree",
        }
        options = (*OPTIONS, *_NO_USER_FILE)
        yield git.replace(directory=f"{directory}/tree", environ=environ, options=options)


@contextmanager
def without_remotes(git: Git) -> Iterator[Git]:
    """Yield git with the objects of its repository alone.

    In a partial clone, older versions of git fail for an object that they may not fetch. Without a
    remote they report it as missing.
    """
    question = ("rev-parse", "--path-format=absolute", "--git-path", "objects")
    objects, format_ = os.fsdecode(git.output(*question, "--show-object-format")).splitlines()
    files = {**_GIT_DIR, "git/config": _CONFIG.format(format_).encode()}
    with temporary_directory(files, {}) as directory:
        environ = {**git.environ, **_NO_CONFIG, "GIT_DIR": f"{directory}/git"}
        yield git.replace(environ={"GIT_OBJECT_DIRECTORY": objects, **environ})
