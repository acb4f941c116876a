"""Read an untrusted repository through an isolated Git directory, which hides its config from git.

Git runs programs that the config of a repository names, even to list an index (`core.fsmonitor`).
So git gets an isolated directory: a copy of HEAD, a config written by dlm-git, links to the refs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from dlm_git.errors import DlmGitError
from dlm_git.fs import explain_os_errors, read_file
from dlm_git.git.environment import clean_environment
from dlm_git.git.index_file import SHARED_INDEX
from dlm_git.git.isolated import IsolatedGitDirs
from dlm_git.git.objects import OID_PATTERN
from dlm_git.git.process import Git
from dlm_git.git.program import find_git
from dlm_git.git.repository import Repository
from dlm_git.paths import shell_quote
from dlm_git.values import Value

MAX_FILE = 1 << 20
_HEAD = re.compile(rb"ref:\s*refs/[^\n]+\n*|%b\s*" % OID_PATTERN)
_FORMAT_KEY = re.compile(rb"objectformat|refstorage", re.IGNORECASE)
_FORMATS = {"objectformat": ("sha1", "sha256"), "refstorage": ("files", "reftable")}
_CONFIG = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n"
# what git reads in a Git directory: files, directories, and files of its objects
_FILES = ("HEAD", "config", "index", "packed-refs", "shallow")
_DIRECTORIES = ("objects", "refs", "reftable")
_OBJECT_FILES = ("objects/info/alternates", "objects/info/commit-graph")
_CLONE_AGAIN = "clone the repository again"


class GitDirs(Value):
    """The Git directories of a worktree, or of a bare repository.

    git_dir: its own directory, with HEAD and the index.
    common_dir: the one that all worktrees of the repository share, with objects and refs.
    bare: whether there is no working tree.
    shared_indexes: the names of the files in `git_dir` with the other part of a split index.
    """

    git_dir: str
    common_dir: str
    bare: bool
    shared_indexes: tuple[str, ...] = ()


class UntrustedRepository(Repository):
    """A repository whose working tree is not read, and whose index may be forged."""

    trusted_index = False

    @property
    def temporary_parent(self) -> str:
        """The isolated Git directory, which is removed if a worker is stopped."""
        return self.git_dir

    @property
    def root(self) -> str:
        """Raise DlmGitError."""
        raise DlmGitError("the working tree of an untrusted repository is not read")


def isolated_git(environ: Mapping[str, str]) -> Git:
    """Return git outside of any repository, without the config of the user and the system.

    Raises DlmGitError if git is not on the PATH.
    """
    kept = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    without_config = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return Git(find_git(environ), "/", clean_environment(kept) | without_config)


@contextmanager
def open_untrusted(path: str, git: Git, isolated: IsolatedGitDirs) -> Iterator[Repository]:
    """Yield the repository at a path, for an `isolated_git` to read.

    Its config and its owner do not matter. Git runs no program that the config names, and fetches
    no object. Raises DlmGitError if there is no repository, or if it cannot be read this way.
    """
    with explain_os_errors("read", path):
        dirs = find_git_dirs(path)
        formats = _read_formats(git, dirs)
        head = _read_head(dirs)
    names, use = [*dirs.shared_indexes], isolated.use
    if dirs.git_dir != dirs.common_dir and formats["refstorage"] == "reftable":
        names, use = [*names, "reftable"], isolated.use_worktree
    links = {name: f"{dirs.git_dir}/{name}" for name in names}
    with use(dirs.common_dir, head, _config(formats), links) as git_dir:
        index = f"{dirs.git_dir}/index"
        explicit = {
            **git.environ,
            "GIT_DIR": git_dir,
            "GIT_INDEX_FILE": index,
            "GIT_OBJECT_DIRECTORY": f"{dirs.common_dir}/objects",
        }
        explicit_git = Git(git.path, "/", explicit)
        repository = UntrustedRepository(
            explicit_git, git_dir, index, dirs.bare, formats["objectformat"], "", git
        )
        with repository.objects:
            yield repository


def find_git_dirs(path: str) -> GitDirs:
    """Return the Git directories of a working tree, or of a bare repository.

    Symbolic links are followed in `path` only. A `.git` file is followed only if the repository
    that it names lists the worktree, or has it as a submodule. Raises DlmGitError, or OSError if a
    directory cannot be read.
    """
    if "\0" in path:
        raise DlmGitError(
            "a path contains a NUL byte", "with -z, a NUL byte ends each path of a list"
        )
    if not os.path.lexists(path):
        raise DlmGitError(f"'{path}' does not exist", "check the path of the repository")
    path = os.path.realpath(path)
    if os.path.isdir(path):
        os.scandir(path).close()  # raises if it cannot be read
    dot_git = os.path.join(path, ".git")
    if not os.path.lexists(dot_git):
        return _checked(GitDirs(path, path, bare=True))
    mode = os.lstat(dot_git).st_mode
    if S_ISDIR(mode):
        return _checked(GitDirs(dot_git, dot_git, bare=False))
    if not S_ISREG(mode):
        raise DlmGitError(
            f"'{dot_git}' is neither a directory nor a file",
            "pass the path of the repository that it points to",
        )
    return _checked(_follow_git_file(path))


def project_id(path: str, git: Git) -> str:
    """Return an id of the project in a repository: `host/path` of its origin, or its own path.

    Two repositories with the same id are clones of the same project. Raises as `find_git_dirs`.
    """
    common_dir = find_git_dirs(path).common_dir
    config = read_file(common_dir, "config", MAX_FILE) or b""
    question = ("config", "--file", "-", "--no-includes", "-z", "--get", "remote.origin.url")
    output = git.answer(*question, data=config, ok=(0, 1, 128))
    return _normalize_url(os.fsdecode(output).removesuffix("\0") or common_dir)


def is_repository(names: Mapping[str, bool]) -> bool:
    """Return True if a directory with these entries is a working tree or a bare repository.

    `names` maps each name to whether it is a directory.
    """
    return ".git" in names or ("HEAD" in names and bool(names.get("objects") and names.get("refs")))


def _normalize_url(url: str) -> str:
    """Return `host/path` for every spelling of a URL: https, ssh, scp, with and without `.git`."""
    url = url.removeprefix("file://")
    match = re.fullmatch(r"(?:\w+://)?(?:[^@/:]+@)?([^@/:]+)(?::\d+(?=/))?[:/]+(.*)", url)
    location = f"{match[1].lower()}/{match[2]}" if match else url
    return re.sub(r"/?(?:\.git)?/*\Z", "", location)


def _follow_git_file(path: str) -> GitDirs:
    """Return the Git directories that the `.git` file of a linked worktree or submodule names."""
    data = os.fsdecode(_read(path, ".git"))
    if not data.startswith("gitdir: ") or "\0" in data:
        raise DlmGitError(f"'{path}/.git' is damaged: expected 'gitdir: PATH'", _CLONE_AGAIN)
    git_dir = os.path.realpath(os.path.join(path, data.removeprefix("gitdir: ").rstrip("\n")))
    if os.path.basename(os.path.dirname(git_dir)) == "worktrees" and _lists(git_dir, path):
        return GitDirs(git_dir, os.path.dirname(os.path.dirname(git_dir)), bare=False)
    superprojects = (parent.parent for parent in Path(git_dir).parents if parent.name == ".git")
    if any(Path(path).is_relative_to(superproject) for superproject in superprojects):
        return GitDirs(git_dir, git_dir, bare=False)
    raise DlmGitError(
        f"'{path}/.git' points to '{git_dir}', which does not list this worktree",
        "pass the path of that repository",
    )


def _lists(git_dir: str, path: str) -> bool:
    """Return True if a Git directory names the linked worktree (gitrepository-layout(5))."""
    if not os.path.lexists(f"{git_dir}/gitdir"):
        return False
    dot_git = os.fsdecode(_read(git_dir, "gitdir")).rstrip("\n")
    return os.path.realpath(os.path.join(git_dir, dot_git)) == f"{path}/.git"


def _checked(dirs: GitDirs) -> GitDirs:
    """Return the directories, with the names of the shared indexes.

    Raises DlmGitError if they are not a repository, or contain a pipe where git expects a file.
    """
    names = {directory: _list(directory) for directory in (dirs.git_dir, dirs.common_dir)}
    for name in ("HEAD", "objects", "refs"):
        directory = dirs.git_dir if name == "HEAD" else dirs.common_dir
        if name not in names[directory]:
            raise DlmGitError(
                f"'{directory.removesuffix('/.git')}' is not a repository: '{name}' is missing",
                "pass the root of a working tree, or a bare repository",
            )
    for directory, entries in names.items():
        _check_types(directory, entries)
    shared = (
        name
        for name, entry in names[dirs.git_dir].items()
        if name.startswith(SHARED_INDEX) and entry.is_file(follow_symlinks=False)
    )
    return dirs.replace(shared_indexes=tuple(shared))


def _list(directory: str) -> dict[str, os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        return {entry.name: entry for entry in entries}


def _check_types(directory: str, entries: Mapping[str, os.DirEntry[str]]) -> None:
    """Raise DlmGitError if something in a Git directory has another type than git expects."""
    for name in _FILES:
        if name in entries and not entries[name].is_file(follow_symlinks=False):
            raise _wrong_type(f"{directory}/{name}", "regular file")
    for name in _DIRECTORIES:
        if name in entries and not entries[name].is_dir(follow_symlinks=False):
            raise _wrong_type(f"{directory}/{name}", "directory")
    for name in _OBJECT_FILES:
        file = f"{directory}/{name}"
        with suppress(OSError):  # it does not exist
            if not S_ISREG(os.lstat(file).st_mode):
                raise _wrong_type(file, "regular file")


def _wrong_type(path: str, expected: str) -> DlmGitError:
    hint = f"`ls -ld {shell_quote(path)}` shows its type"
    return DlmGitError(f"'{path}' is not a {expected}", hint)


def _read(directory: str, name: str) -> bytes:
    data = read_file(directory, name, MAX_FILE)
    if data is None:
        raise DlmGitError(f"'{directory}/{name}' does not exist", _CLONE_AGAIN)
    return data


def _read_head(dirs: GitDirs) -> bytes:
    head = _read(dirs.git_dir, "HEAD")
    if not _HEAD.fullmatch(head):
        raise DlmGitError(
            f"'{dirs.git_dir}/HEAD' is damaged: it names neither a branch nor a commit",
            _CLONE_AGAIN,
        )
    return head


def _read_formats(git: Git, dirs: GitDirs) -> dict[str, str]:
    """Return the format of objects and refs, the only keys of the config that git needs."""
    formats = {"objectformat": "sha1", "refstorage": "files"}
    config = read_file(dirs.common_dir, "config", MAX_FILE) or b""
    if not _FORMAT_KEY.search(config):  # a key cannot be spelled in any other way
        return formats
    keys = r"^extensions\.(objectformat|refstorage)$"
    question = ("config", "--file", "-", "--no-includes", "-z", "--get-regexp", keys)
    output = os.fsdecode(git.answer(*question, data=config, ok=(0, 1)))
    for row in filter(None, output.split("\0")):
        key, _, value = row.removeprefix("extensions.").partition("\n")
        if value not in _FORMATS[key]:
            expected = " or ".join(f"'{format_}'" for format_ in _FORMATS[key])
            raise DlmGitError(
                f"unknown {key} '{value}', expected {expected}", "a newer dlm-git may support it"
            )
        formats[key] = value
    return formats


def _config(formats: Mapping[str, str]) -> bytes:
    keys = {k: v for k, v in formats.items() if k == "objectformat" or v != "files"}
    return (_CONFIG + "".join(f"\t{key} = {value}\n" for key, value in keys.items())).encode()
