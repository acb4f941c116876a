"""The hooks of a repository as they stand: where Git looks for them, and whose they are."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from posixpath import relpath
from typing import Literal

from dlm_git.fs import read_file
from dlm_git.git.process import Git
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.hooks import script

# as `runner.OPTIONS`, but with the hooks path that the user has
_OPTIONS = ("--no-pager", "-c", "core.fsmonitor=false")
CONFIGURED_SINCE = (2, 54)
# dlm-git's own are `ours`, `old`, or `inert` if Git does not run them; `calls` is somebody else's
# that calls dlm-git
State = Literal["missing", "ours", "old", "inert", "calls", "foreign"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook by its name, and its `place`: a file, as it is shown, or a section of Git's config.

    `data` is what the file holds, or the command in the config; `manager` is the hook manager that
    has written it, if any.
    """

    name: str
    location: str
    state: State
    data: bytes | None = None
    manager: script.Manager | None = None
    configured: bool = False

    @property
    def runs(self) -> bool:
        """Whether Git runs dlm-git by it."""
        return self.state in ("ours", "calls")

    @property
    def is_own(self) -> bool:
        """Whether dlm-git has written it, and nobody has changed it since."""
        return self.state in ("ours", "old", "inert")


@dataclass(frozen=True, slots=True)
class HooksDirectory:
    """Where hooks are: `path` as it is shown, `folder` below `root` where that leads.

    `shared` says why hooks in it are not this repository's alone, '' if they are; `portable`
    whether it lies among the files of the worktree, and may be committed.
    """

    path: str
    root: str
    folder: str
    shared_reason: str = ""
    portable: bool = False

    @property
    def real_path(self) -> str:
        """Its absolute path, without links."""
        return os.path.join(self.root, self.folder)


def find_hooks_directory(repository: Repository) -> HooksDirectory:
    """Where Git looks for hooks (githooks(5)), which may be no directory.

    `core.hooksPath` counts, relative to the root of the worktree.
    """
    git = replace(worktree_git(repository), options=_OPTIONS)
    # without --path-format, which resolves links
    found = os.fsdecode(git.output("rev-parse", "--git-path", "hooks")).removesuffix("\n")
    path = os.path.normpath(os.path.join(repository.root, found))
    shown, real = _shown(repository, path), os.path.realpath(path)
    common = os.path.realpath(_common(repository))
    portable = _within(real, repository.root) and not _within(real, common)
    shared = _shared(git, shown, real, common)
    if portable and not shared and _tracked(git, relpath(real, repository.root)):
        shared = f"'{shown}' is tracked, so its hooks are everybody's"
    return HooksDirectory(shown, *_split(repository, real), shared, portable)


def default_directory(repository: Repository) -> HooksDirectory:
    """Where Git looks for hooks as long as nobody says otherwise."""
    path = os.path.join(_common(repository), "hooks")
    return HooksDirectory(_shown(repository, path), *_split(repository, os.path.realpath(path)))


def script_hooks(
    repository: Repository, where: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    """The hooks of these names in a directory."""
    return [_script(repository, where, name) for name in names]


def legacy_hooks(
    repository: Repository, where: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    """Those of dlm-git's own that a hook manager has put aside, to run them still."""
    found = script_hooks(repository, where, [f"{name}{script.LEGACY}" for name in names])
    return [hook for hook in found if hook.is_own]


def config_hooks(repository: Repository, names: Collection[str]) -> list[Hook]:
    """The hooks of these names that dlm-git has set in the repository's config (git-hook(1))."""
    question = ("config", "--local", "-z", "--get-regexp", r"^hook\.dlm-git-")
    rows = os.fsdecode(repository.git.run(*question, ok=(0, 1))[1]).split("\0")[:-1]
    values: dict[str, list[str]] = {}
    for key, _, value in (row.partition("\n") for row in rows):
        values.setdefault(key, []).append(value)
    sections = {key.rpartition(".")[0] for key in values}
    return [
        _section(repository, name, values)
        for name in names
        if script.config_section(name) in sections
    ]


def runs_configured(repository: Repository) -> bool:
    """Whether this git runs the hooks of its config."""
    return git_version(repository) >= CONFIGURED_SINCE


def git_version(repository: Repository) -> tuple[int, ...]:
    """Major and minor version of git."""
    said = repository.git.output("version").decode(errors="replace")
    found = re.search(r"(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


def _script(repository: Repository, where: HooksDirectory, name: str) -> Hook:
    path = os.path.join(where.real_path, name)
    place = os.path.join(where.path, name)
    if not os.path.lexists(path):
        return Hook(name, place, "missing")
    data = _content(path)
    if data is None:
        return Hook(name, place, "foreign", b"")
    runs = os.access(path, os.X_OK)
    own = None if os.path.islink(path) else script.parse_script(data)
    if own:
        current: State = "old" if own.version < script.VERSION else "ours"
        return Hook(name, place, current if runs else "inert", data)
    manager = script.find_manager(data)
    said = [data]
    if manager:
        file = os.path.join(repository.root, manager.file.format(hook=name))
        said = [_content(each) or b"" for each in (file, f"{path}{script.LEGACY}")]
    state: State = "calls" if runs and any(map(script.calls_dlm_git, said)) else "foreign"
    return Hook(name, place, state, data, manager)


def _content(path: str) -> bytes | None:
    """What a plain file holds, or the one that a link leads to."""
    real = os.path.realpath(path)
    if not os.path.isfile(real):
        return None
    return read_file(os.path.dirname(real), os.path.basename(real))


def _section(repository: Repository, name: str, values: Mapping[str, list[str]]) -> Hook:
    place = script.config_section(name)
    command, event, enabled = (
        values.get(f"{place}.{key}", [""]) for key in ("command", "event", "enabled")
    )
    off = enabled[-1].lower() in ("false", "no", "off", "0")
    state: State = "ours"
    if not script.is_config_command(name, command[-1]) or event != [name]:
        state = "old"
    elif off or not runs_configured(repository):
        state = "inert"
    return Hook(name, place, state, os.fsencode(command[-1]), configured=True)


def _common(repository: Repository) -> str:
    out = repository.git.output("rev-parse", "--path-format=absolute", "--git-common-dir")
    return os.fsdecode(out).removesuffix("\n")


def _shared(git: Git, shown: str, real: str, common: str) -> str:
    question = ("config", "--show-scope", "-z", "--get", "core.hooksPath")
    scope = git.run(*question, ok=(0, 1))[1].decode(errors="replace").partition("\0")[0]
    if scope in ("local", "worktree"):
        return ""
    if scope == "command":
        return f"'{shown}' is the hooks path of this one command"
    if scope:
        return f"'{shown}' is the hooks path of the {scope} config, for every repository"
    return "" if _within(real, common) else f"'{shown}' is a link that leads to '{real}'"


def _tracked(git: Git, path: str) -> bool:
    return bool(git.output("--literal-pathspecs", "ls-files", "-z", "--", path))


def _shown(repository: Repository, path: str) -> str:
    return relpath(path, repository.root) if _within(path, repository.root) else path


def _split(repository: Repository, path: str) -> tuple[str, str]:
    if _within(path, repository.root):
        return repository.root, relpath(path, repository.root)
    return os.path.split(path)


def _within(path: str, outer: str) -> bool:
    return path.startswith(f"{outer}/")
