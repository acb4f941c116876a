"""Git directories without any config, in which git runs no program and knows no remote."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from dlm_git.fs import explain_os_errors, replace_link, rewrite_file, temporary_directory
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
# what git reads in a Git directory that worktrees share, other than objects and config
_SHARED = ("refs", "packed-refs", "shallow", "reftable")
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
    objects, format_ = git.git_path("objects"), git.line("rev-parse", "--show-object-format")
    files = {**_GIT_DIR, "git/config": _CONFIG.format(format_).encode()}
    with temporary_directory(files, {}) as directory:
        environ = {**git.environ, **_NO_CONFIG, "GIT_DIR": f"{directory}/git"}
        yield git.replace(environ={"GIT_OBJECT_DIRECTORY": objects, **environ})


class IsolatedGitDirs:
    """Git directories with refs of a repository and a config of dlm-git, each used many times.

    To create and remove a directory takes as long as all rules. So one that is not in use any more
    gets another HEAD, and another target of the only link that leads to a repository. Then nothing
    in it depends on the repositories before.

    parent: the directory to create them in, and which removes them.
    """

    def __init__(self, parent: str) -> None:
        self._parent = parent
        self._free: dict[bytes, _IsolatedGitDir] = {}  # by their config

    @contextmanager
    def use(
        self, common_dir: str, head: bytes, config: bytes, links: Mapping[str, str]
    ) -> Iterator[str]:
        """Yield the path of a Git directory, which has no other user up to the end of the context.

        common_dir: the Git directory with the refs.
        head, config: the contents of HEAD and config.
        links: further links in it, by name.
        """
        directory = self._free.pop(config, None) or _IsolatedGitDir(config, self._parent)
        try:
            directory.prepare(common_dir, head, links)
            yield directory.path
        except BaseException:  # its content is not certain
            directory.remove()
            raise
        if links:
            directory.remove()
        else:
            self._free[config] = directory

    @contextmanager
    def use_worktree(
        self, common_dir: str, head: bytes, config: bytes, links: Mapping[str, str]
    ) -> Iterator[str]:
        """Yield the path of a Git directory like that of a linked worktree, with links of its own.

        Git looks there for a HEAD in the reftable format, and in `common_dir` for other refs.
        """
        with self.use(common_dir, head, config, {}) as shared:
            files = {"git/HEAD": head, "git/commondir": os.fsencode(shared)}
            own = {f"git/{name}": target for name, target in links.items()}
            with temporary_directory(files, own, self._parent) as directory:
                yield f"{directory}/git"


class _IsolatedGitDir:
    """A Git directory whose links lead through one other link, beside it, to a repository."""

    def __init__(self, config: bytes, parent: str) -> None:
        self._context = ExitStack()
        links = {f"git/{name}": f"../common/{name}" for name in _SHARED}
        directory = temporary_directory({"git/config": config}, links, parent)
        self._root = self._context.enter_context(directory)
        self.path = f"{self._root}/git"
        self._head = b""

    def prepare(self, common_dir: str, head: bytes, links: Mapping[str, str]) -> None:
        """Let it have the refs of a Git directory, and a HEAD."""
        with explain_os_errors("write", self.path):
            replace_link(f"{self._root}/common", common_dir)
            for name, target in links.items():
                replace_link(f"{self.path}/{name}", target)
            if head != self._head:
                rewrite_file(f"{self.path}/HEAD", head)
                self._head = head

    def remove(self) -> None:
        """Remove it."""
        self._context.close()
