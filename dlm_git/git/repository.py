"""Find a repository and its working tree, and query ignore patterns and attributes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property

from dlm_git.errors import DlmGitError
from dlm_git.git import layout
from dlm_git.git.environment import (
    ALL_BARE,
    EXPLICIT_BARE,
    OPTIONS,
    clean_environment,
    without_repository,
)
from dlm_git.git.objects import Objects
from dlm_git.git.process import NEEDED, Git, trace
from dlm_git.git.program import find_git
from dlm_git.paths import shell_quote
from dlm_git.snapshots.snapshot import MissingPathStatus
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

PathLike = str | os.PathLike[str]


class Repository(Value):
    """A repository that git has discovered.

    git: git with the directories of this repository in its environment, for all later commands.
    git_dir: its Git directory.
    index: its index file.
    bare: whether it has no working tree.
    hash: the name of its hash function.
    prefix: the user's directory below the root, '' or with a slash at its end.
    user_git: git in the user's directory and environment.
    dlm_tree: the object id of `.dlm` in HEAD when git discovered it, '' if there is none.
    top_level: the top level of its working tree, '' if git has to be asked for it.
    trusted_index: whether only Git has written its index.
    """

    git: Git
    git_dir: str
    index: str
    bare: bool
    hash: str
    prefix: str
    user_git: Git
    dlm_tree: str = ""
    top_level: str = ""
    trusted_index: ClassVar[bool] = True

    @property
    def temporary_parent(self) -> str | None:
        """The directory for temporary directories, None for that of the system."""
        return None

    @cached_property
    def objects(self) -> Objects:
        """Its objects."""
        return Objects(self.git)

    @cached_property
    def root(self) -> str:
        """The top level of the working tree.

        Raises DlmGitError if the user's directory is not inside of it.
        """
        root = self.top_level or self._ask_for_root()
        directory = self.user_git.directory
        if not f"{os.path.realpath(directory)}/".startswith(f"{root.rstrip('/')}/"):
            raise DlmGitError(
                f"'{directory}' is not in the working tree, which core.worktree or"
                f" GIT_WORK_TREE sets to '{root}'",
                f"run it there: `cd {shell_quote(root)}`",
            )
        return root

    def _ask_for_root(self) -> str:
        environ = self.user_git.environ
        if not _names_both(environ):
            environ = without_repository(environ)
        git = self.user_git.replace(environ=environ, options=(*OPTIONS, *EXPLICIT_BARE))
        return git.line("rev-parse", "--show-toplevel")


def find_repository(
    directory: PathLike | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    allow_git_dir: bool = False,
    answer: layout.Answer | None = None,
) -> Repository:
    """Find the repository of a directory, as git does.

    Without a directory, that is the current one, and Git's variables such as GIT_DIR count. With
    `allow_git_dir` the directory may be inside the Git directory, where some hooks run. `answer` is
    that of git in the current directory, if it has been asked already.

    Git discovers the repository in this call only, so that it checks the ownership
    (`safe.directory`). Raises DlmGitError if there is no repository, or not a trusted one.
    """
    if directory is None:
        path = current_directory()
    else:
        path, environ = os.path.join(current_directory(), directory), without_repository(environ)
    user_git = Git(find_git(environ), path, clean_environment(environ))
    found = _query_layout(user_git, None if directory else answer)
    if found.inside and not found.bare and not allow_git_dir:
        raise DlmGitError(
            f"'{path}' is inside the Git directory '{found.git_dir}'", "run it in the working tree"
        )
    explicit = {
        **user_git.environ,
        **_object_directories(user_git),
        "GIT_DIR": found.git_dir,
        "GIT_INDEX_FILE": found.index,
    }
    explicit.pop("GIT_WORK_TREE", None)
    return Repository(
        git=Git(user_git.path, found.git_dir, explicit),
        git_dir=found.git_dir,
        index=found.index,
        bare=found.bare,
        hash=found.hash,
        prefix=found.prefix or environ.get("GIT_PREFIX", ""),  # a hook itself runs at the root
        user_git=user_git,
        dlm_tree=found.dlm_tree,
        top_level=found.root if _names_both(environ) or not _names_any(environ) else "",
    )


def _names_both(environ: Mapping[str, str]) -> bool:
    """Return whether the environment names a Git directory and a working tree.

    In the hooks of linked worktrees and submodules GIT_DIR comes without GIT_WORK_TREE, and git
    then takes the current directory for the top level.
    """
    return bool(environ.get("GIT_DIR") and environ.get("GIT_WORK_TREE"))


def _names_any(environ: Mapping[str, str]) -> bool:
    return not {"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"}.isdisjoint(environ)


def current_directory() -> str:
    """Return the path of the current directory. Raises DlmGitError if it does not exist."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise DlmGitError(
            "the current directory does not exist any more", "change to another directory"
        ) from None


def _object_directories(git: Git) -> dict[str, str]:
    """Return the object directories that the environment names, as absolute paths.

    One of them is the quarantine of a push (git-receive-pack(1)).
    """
    variables = {}
    for key in ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"):
        value = git.environ.get(key, "")
        if value and '"' not in value:  # git quotes absolute paths only
            paths = value.split(os.pathsep)
            variables[key] = os.pathsep.join(
                path and os.path.join(git.directory, path) for path in paths
            )
    return variables


def _query_layout(git: Git, answer: layout.Answer | None) -> layout.Layout:
    """Return the layout of a repository, from the answer if git has been asked already."""
    if answer:
        code, output, errors = answer.code, answer.output, answer.errors
        trace(layout.QUESTION, answer.seconds)
    else:
        explicit = git.replace(options=(*OPTIONS, *EXPLICIT_BARE))
        code, output, errors = explicit.run(*layout.QUESTION, ok=(0, 128))
    refused = layout.is_failure(code, output) and b"safe.bareRepository" in errors
    if refused and not _requires_explicit(git):
        allowed = git.replace(options=(*OPTIONS, *ALL_BARE))  # not the default of git 3.0
        code, output, errors = allowed.run(*layout.QUESTION, ok=(0, 128))
        _refuse_embedded_bare(git, os.fsdecode(output.partition(b"\n")[0]))
    if layout.is_failure(code, output):
        raise git.failure(layout.QUESTION, code, errors)
    if not output.endswith(b"\n"):
        raise git.incomplete(layout.QUESTION)
    found = layout.parse(code, output)
    if found is None:
        raise DlmGitError(
            "git does not report the path of its index",
            f"{NEEDED}, and a path without line breaks",
        )
    return found


def _requires_explicit(git: Git) -> bool:
    """Return whether a config outside of repositories demands that bare ones are named."""
    elsewhere = git.replace(directory=os.sep, environ=without_repository(git.environ))
    question = ("config", "--get", "safe.bareRepository")
    return elsewhere.answer(*question, ok=(0, 1)).strip() == b"explicit"


def _refuse_embedded_bare(git: Git, git_dir: str) -> None:
    """Raise DlmGitError for a bare repository inside another one: it may be committed content."""
    parent_git = git.replace(directory=os.path.dirname(git_dir), options=(*OPTIONS, *EXPLICIT_BARE))
    output = parent_git.answer("rev-parse", "--absolute-git-dir", ok=(0, 128))
    outer = os.fsdecode(output).removesuffix("\n")
    if outer not in ("", git_dir):  # they are equal inside of `.git`
        raise DlmGitError(
            f"'{git_dir}' is inside the repository '{outer}', so its config is not trusted",
            "change to another directory, or name the repository with GIT_DIR",
        )


def worktree_git(repository: Repository) -> Git:
    """Return git in the working tree, for commands that depend on its files."""
    environ = {**repository.git.environ, "GIT_WORK_TREE": repository.root}
    return repository.git.replace(directory=repository.root, environ=environ)


def find_ignore_pattern(repository: Repository, path: str) -> MissingPathStatus | None:
    """Return the pattern by which Git ignores a path, None if it does not (gitignore(5)).

    Git does not look up a path beyond a symbolic link.
    """
    git = worktree_git(repository)
    code, _, errors = git.run("check-ignore", "-q", "--", path, ok=(0, 1, 128))
    if code == 1 or b"beyond a symbolic link" in errors:
        return None
    if code:
        raise git.failure(("check-ignore",), code, errors)
    # two calls, because with `-v` the exit code is 0 for a negated pattern, too
    names = os.fsencode(path) + b"\0"
    question = ("check-ignore", "-v", "-z", "--stdin")
    words = os.fsdecode(git.output(*question, data=names)).split("\0")
    if words[3:] != [path, ""]:
        raise git.incomplete(question)
    source, line, pattern = words[:3]
    return MissingPathStatus("ignored", pattern, f"{source}:{line}")


def is_tracked(git: Git, path: str) -> bool:
    """Return whether the index contains a path."""
    question = ("--literal-pathspecs", "ls-files", "--error-unmatch", "-z", "--", path)
    return bool(git.answer(*question, ok=(0, 1)))


def hiding_flags(repository: Repository, path: str) -> list[str]:
    """Return the flags of an index entry that hide changes from `git add` (git-update-index(1))."""
    tags = worktree_git(repository).list_few("ls-files", "-v", "-z", "--", path)[1:2]
    flags = {"assume-unchanged": b"hs", "skip-worktree": b"Ss"}
    return [flag for flag, letters in flags.items() if tags and tags in letters]


def attributes(repository: Repository, path: str, names: Sequence[str]) -> dict[str, str]:
    """Return those of the named attributes that are set for a path (gitattributes(5))."""
    from dlm_git.git.attributes import list_attributes  # late: few commands need it

    rows = list_attributes(worktree_git(repository), names, [path])
    return {name: value for _, name, value in rows if value not in ("unspecified", "unset")}
