"""Reads a repository of others through a Git directory of our own: its config is never obeyed.

Git runs what the config of a repository names, even to list an index (`core.fsmonitor`). So git is
given a directory that holds a copy of HEAD, a config of ours, and links to the refs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from dlm_git.errors import DlmGitError
from dlm_git.fs import explain_os_errors, read_file, temporary_directory
from dlm_git.git.process import Git, clean_environment, find_git
from dlm_git.git.repository import Repository

MAX_FILE = 1 << 20
_HEAD = re.compile(rb"ref:\s*refs/[^\n]+\n*|[0-9a-f]{40}(?:[0-9a-f]{24})?\s*")
_FORMAT = re.compile(rb"objectformat|refstorage", re.IGNORECASE)
_FORMATS = {"objectformat": ("sha1", "sha256"), "refstorage": ("files", "reftable")}
_CONFIG = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n"
# what git reads in a Git directory through our links, and what each has to be
_KINDS = {
    **dict.fromkeys(("HEAD", "config", "index", "packed-refs", "shallow"), S_ISREG),
    **dict.fromkeys(("objects", "refs", "reftable"), S_ISDIR),
    **dict.fromkeys(("objects/info/alternates", "objects/info/commit-graph"), S_ISREG),
}
_SHARED_INDEX = "sharedindex."


@dataclass(frozen=True)
class GitDirs:
    """Where a repository is: its own Git directory, and the one that it shares with the other
    worktrees of its repository. It is `bare` where it has no worktree."""

    git_dir: str
    common_dir: str
    bare: bool


class UntrustedRepository(Repository):
    """A repository of others: its worktree is not looked into, and its index may be made up."""

    own = False

    @property
    def root(self) -> str:
        """Raises CannotCheck."""
        raise DlmGitError("the worktree of a repository of others is not looked into")


def isolated_git(environ: Mapping[str, str]) -> Git:
    """Git in no repository, with nothing of the caller's own, and nobody's config. Raises
    CannotCheck if there is none."""
    kept = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    nobody = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return Git(find_git(environ), "/", clean_environment(kept) | nobody)


@contextmanager
def open_untrusted(path: str, git: Git, folder: str) -> Iterator[Repository]:
    """The repository at a path, to be read by a `stranger` while the context lasts; what that needs
    is written below a folder of ours.

    Nothing of its config is obeyed, no program that it names is run, no object is fetched, and
    `safe.directory` is not asked. Raises CannotCheck where there is none that can be read so.
    """
    with explain_os_errors("read", path):
        place = find_git_dirs(path)
        formats = _formats(git, place)
        files = {"HEAD": _head(place), "config": _config(formats)}
        links = dict(_links(place))
    with temporary_directory(files, links, folder) as git_dir:
        index = f"{place.git_dir}/index"
        explicit = {
            **git.environ,
            "GIT_DIR": git_dir,
            "GIT_INDEX_FILE": index,
            "GIT_OBJECT_DIRECTORY": f"{place.common_dir}/objects",
        }
        there = Git(git.path, "/", explicit)
        yield UntrustedRepository(
            there, git_dir, index, place.bare, formats["objectformat"], "", git
        )


def find_git_dirs(path: str) -> GitDirs:
    """The Git directories of a worktree, or of a bare repository. Raises CannotCheck, and what the
    system refuses.

    A link is followed only in the path itself, and a `.git` file only where the repository that it
    names agrees: it lists that worktree, or has it as a submodule.
    """
    if "\0" in path:
        raise DlmGitError("no path holds a NUL", "-z reads a list with a NUL behind each path")
    path = os.path.realpath(path)
    if os.path.isdir(path):
        os.scandir(path).close()  # raises where one may not look into it
    inner = os.path.join(path, ".git")
    if not os.path.lexists(inner):
        return _checked(GitDirs(path, path, bare=True))
    mode = os.lstat(inner).st_mode
    if S_ISDIR(mode):
        return _checked(GitDirs(inner, inner, bare=False))
    if not S_ISREG(mode):
        raise DlmGitError(
            f"'{inner}' is neither a directory nor a file", "name the repository that it leads to"
        )
    return _checked(_linked(path))


def project_id(path: str, git: Git) -> str:
    """Which project a repository holds: the URL that it was cloned from, as `host/path`, or its
    own place. Of two repositories with the same one, one is a clone of the other, or both are of
    a third. Raises what `locate` does."""
    common = find_git_dirs(path).common_dir
    config = read_file(common, "config", MAX_FILE) or b""
    question = ("config", "--file", "-", "--no-includes", "-z", "--get", "remote.origin.url")
    _, out, _ = git.run(*question, data=config, ok=(0, 1, 128))
    url = os.fsdecode(out).removesuffix("\0") or common
    return _same_spelling(url)


def is_repository(names: Mapping[str, bool]) -> bool:
    """Whether a directory is that of a repository: the names in it, and which are directories."""
    return ".git" in names or ("HEAD" in names and bool(names.get("objects") and names.get("refs")))


def _same_spelling(url: str) -> str:
    """A URL however it is written: by https, by ssh, in scp's way, with `.git` at its end."""
    url = url.removeprefix("file://")
    found = re.fullmatch(r"(?:\w+://)?(?:[^@/:]+@)?([^@/:]+)(?::\d+(?=/))?[:/]+(.*)", url)
    place = f"{found[1].lower()}/{found[2]}" if found else url
    return re.sub(r"/?(?:\.git)?/*\Z", "", place)


def _linked(path: str) -> GitDirs:
    data = os.fsdecode(_read(path, ".git"))
    if not data.startswith("gitdir: ") or "\0" in data:
        raise DlmGitError(f"'{path}/.git' is damaged: it names no Git directory", "clone it anew")
    own = os.path.realpath(os.path.join(path, data.removeprefix("gitdir: ").rstrip("\n")))
    if os.path.basename(os.path.dirname(own)) == "worktrees" and _lists(own, path):
        common = os.path.dirname(os.path.dirname(own))
        if os.path.lexists(f"{common}/reftable"):
            raise DlmGitError("a linked worktree with reftable is not read", f"judge '{common}'")
        return GitDirs(own, common, bare=False)
    above = (each.parent for each in Path(own).parents if each.name == ".git")
    if any(Path(path).is_relative_to(each) for each in above):
        return GitDirs(own, own, bare=False)
    raise DlmGitError(
        f"'{path}/.git' leads to '{own}', which does not know this worktree",
        "name that repository itself",
    )


def _lists(own: str, path: str) -> bool:
    """Whether the repository of a linked worktree names it back (gitrepository-layout(5))."""
    if not os.path.lexists(f"{own}/gitdir"):
        return False
    back = os.fsdecode(_read(own, "gitdir")).rstrip("\n")
    return os.path.realpath(os.path.join(own, back)) == f"{path}/.git"


def _checked(place: GitDirs) -> GitDirs:
    """Raises CannotCheck for what is no repository, and where git would wait for a pipe."""
    for name in ("HEAD", "objects", "refs"):
        folder = place.git_dir if name == "HEAD" else place.common_dir
        if not os.path.lexists(f"{folder}/{name}"):
            raise DlmGitError(
                f"there is no repository at '{folder.removesuffix('/.git')}': no '{name}'",
                "name the root of a worktree, or a bare repository",
            )
    for name, is_right in _KINDS.items():
        for folder in {place.git_dir, place.common_dir}:
            file = f"{folder}/{name}"
            if os.path.lexists(file) and not is_right(os.lstat(file).st_mode):
                what = "directory" if is_right is S_ISDIR else "plain file"
                raise DlmGitError(f"'{file}' is not a {what}", "it may be a trap: look at it")
    return place


def _read(folder: str, name: str) -> bytes:
    data = read_file(folder, name, MAX_FILE)
    if data is None:
        raise DlmGitError(f"there is no '{folder}/{name}'", "clone it anew")
    return data


def _head(place: GitDirs) -> bytes:
    head = _read(place.git_dir, "HEAD")
    if not _HEAD.fullmatch(head):
        raise DlmGitError(f"'{place.git_dir}/HEAD' is damaged: it names no branch", "clone it anew")
    return head


def _formats(git: Git, place: GitDirs) -> dict[str, str]:
    """The two things that git has to know of a foreign config."""
    found = {"objectformat": "sha1", "refstorage": "files"}
    config = read_file(place.common_dir, "config", MAX_FILE) or b""
    if not _FORMAT.search(config):  # saves a process: a key cannot be written in another way
        return found
    keys = r"^extensions\.(objectformat|refstorage)$"
    question = ("config", "--file", "-", "--no-includes", "-z", "--get-regexp", keys)
    out = os.fsdecode(git.run(*question, data=config, ok=(0, 1))[1])
    for row in filter(None, out.split("\0")):
        name, _, value = row.removeprefix("extensions.").partition("\n")
        if value not in _FORMATS[name]:
            raise DlmGitError(f"unknown {name} '{value}'", "a newer dlm-git may know it")
        found[name] = value
    return found


def _config(formats: Mapping[str, str]) -> bytes:
    wanted = {k: v for k, v in formats.items() if k == "objectformat" or v != "files"}
    return (_CONFIG + "".join(f"\t{key} = {value}\n" for key, value in wanted.items())).encode()


def _links(place: GitDirs) -> Iterator[tuple[str, str]]:
    for name in ("refs", "packed-refs", "shallow", "reftable"):
        if os.path.lexists(f"{place.common_dir}/{name}"):
            yield name, f"{place.common_dir}/{name}"
    for name in os.listdir(place.git_dir):
        if name.startswith(_SHARED_INDEX) and S_ISREG(os.lstat(f"{place.git_dir}/{name}").st_mode):
            yield name, f"{place.git_dir}/{name}"
