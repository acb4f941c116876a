"""Find the hooks of a repository: where Git looks for them, and who wrote them."""

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

# `git.environment.OPTIONS` without core.hooksPath, which the user's config sets
_OPTIONS = ("--no-pager", "-c", "core.fsmonitor=false")
CONFIG_HOOKS_SINCE = (2, 54)

State = Literal[
    "missing",
    "installed",  # dlm-git wrote it, and Git runs it
    "outdated",  # another version of dlm-git wrote it
    "not_executable",  # dlm-git wrote it, and Git skips it
    "disabled",  # in the config: switched off, or git is too old for it
    "chained",  # a third-party hook that calls dlm-git
    "third_party",
]


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook, or the place for one.

    name: the name by which Git runs it.
    location: the path of its file as shown to the user, or its section in Git's config.
    state: who wrote it, and whether Git runs it.
    data: the content of the file, or the command in the config; None if it is missing.
    manager: the hook manager that wrote it, if any.
    configured: whether it is in the config.
    """

    name: str
    location: str
    state: State
    data: bytes | None = None
    manager: script.Manager | None = None
    configured: bool = False

    @property
    def runs(self) -> bool:
        """Return True if Git runs dlm-git through this hook."""
        return self.state in ("installed", "chained")

    @property
    def is_own(self) -> bool:
        """Return True if dlm-git wrote the hook."""
        return self.state in ("installed", "outdated", "not_executable", "disabled")


@dataclass(frozen=True, slots=True)
class HooksDirectory:
    """A directory of hooks.

    path: its path as shown to the user.
    root: a directory above it, without symbolic links.
    relative_path: its path below `root`, without symbolic links.
    shared_reason: why its hooks also run for other repositories or clones, '' if they do not.
    portable: whether it is in the working tree, so that its hooks can be committed.
    """

    path: str
    root: str
    relative_path: str
    shared_reason: str = ""
    portable: bool = False

    @property
    def real_path(self) -> str:
        """Return its absolute path, without symbolic links."""
        return os.path.join(self.root, self.relative_path)


def find_hooks_directory(repository: Repository) -> HooksDirectory:
    """Return the directory in which Git looks for hooks; it may not exist (githooks(5)).

    `core.hooksPath` is relative to the root of the working tree.
    """
    git = replace(worktree_git(repository), options=_OPTIONS)
    # not with --path-format, which resolves symbolic links
    hooks_path = os.fsdecode(git.output("rev-parse", "--git-path", "hooks")).removesuffix("\n")
    path = os.path.normpath(os.path.join(repository.root, hooks_path))
    shown, real_path = _shown(repository, path), os.path.realpath(path)
    common_dir = os.path.realpath(_common_dir(repository))
    portable = _is_below(real_path, repository.root) and not _is_below(real_path, common_dir)
    shared_reason = _shared_reason(git, shown, real_path, common_dir)
    if portable and not shared_reason and _is_tracked(git, relpath(real_path, repository.root)):
        shared_reason = f"'{shown}' is tracked, so every clone shares its hooks"
    return HooksDirectory(shown, *_split(repository, real_path), shared_reason, portable)


def default_directory(repository: Repository) -> HooksDirectory:
    """Return the directory in which Git looks for hooks without `core.hooksPath`."""
    path = os.path.join(_common_dir(repository), "hooks")
    return HooksDirectory(_shown(repository, path), *_split(repository, os.path.realpath(path)))


def script_hooks(
    repository: Repository, directory: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    """Return the hooks of these names in a directory."""
    return [_read_script(repository, directory, name) for name in names]


def legacy_hooks(
    repository: Repository, directory: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    """Return the hooks of dlm-git that a hook manager has renamed, and still runs."""
    hooks = script_hooks(repository, directory, [f"{name}{script.LEGACY}" for name in names])
    return [hook for hook in hooks if hook.is_own]


def config_hooks(repository: Repository, names: Collection[str]) -> list[Hook]:
    """Return the hooks that dlm-git has set in the repository's config (git-hook(1))."""
    question = ("config", "--local", "-z", "--get-regexp", r"^hook\.dlm-git-")
    rows = os.fsdecode(repository.git.run(*question, ok=(0, 1))[1]).split("\0")[:-1]
    values: dict[str, list[str]] = {}
    for key, _, value in (row.partition("\n") for row in rows):
        values.setdefault(key, []).append(value)
    sections = {key.rpartition(".")[0] for key in values}
    return [
        _read_section(repository, name, values)
        for name in names
        if script.config_section(name) in sections
    ]


def supports_config_hooks(repository: Repository) -> bool:
    """Return True if this version of git runs hooks in its config."""
    return git_version(repository) >= CONFIG_HOOKS_SINCE


def git_version(repository: Repository) -> tuple[int, ...]:
    """Return the major and minor version of git, () if it is unknown."""
    output = repository.git.output("version").decode(errors="replace")
    match = re.search(r"(\d+)\.(\d+)", output)
    return tuple(map(int, match.groups())) if match else ()


def _read_script(repository: Repository, directory: HooksDirectory, name: str) -> Hook:
    path = os.path.join(directory.real_path, name)
    location = os.path.join(directory.path, name)
    if not os.path.lexists(path):
        return Hook(name, location, "missing")
    data = _read_regular_file(path)
    if data is None:
        return Hook(name, location, "third_party", b"")
    executable = os.access(path, os.X_OK)
    own = None if os.path.islink(path) else script.parse_script(data)
    if own:
        state: State = "outdated" if own.version < script.VERSION else "installed"
        return Hook(name, location, state if executable else "not_executable", data)
    manager = script.find_manager(data)
    texts = [data]
    if manager:
        config = os.path.join(repository.root, manager.file.format(hook=name))
        texts = [_read_regular_file(file) or b"" for file in (config, f"{path}{script.LEGACY}")]
    chained = executable and any(map(script.calls_dlm_git, texts))
    return Hook(name, location, "chained" if chained else "third_party", data, manager)


def _read_regular_file(path: str) -> bytes | None:
    """Return the content of a regular file, also through a symbolic link."""
    real_path = os.path.realpath(path)
    if not os.path.isfile(real_path):
        return None
    return read_file(os.path.dirname(real_path), os.path.basename(real_path))


def _read_section(repository: Repository, name: str, values: Mapping[str, list[str]]) -> Hook:
    section = script.config_section(name)
    command, event, enabled = (
        values.get(f"{section}.{key}", [""]) for key in ("command", "event", "enabled")
    )
    switched_off = enabled[-1].lower() in ("false", "no", "off", "0")
    state: State = "installed"
    if not script.is_config_command(name, command[-1]) or event != [name]:
        state = "outdated"
    elif switched_off or not supports_config_hooks(repository):
        state = "disabled"
    return Hook(name, section, state, os.fsencode(command[-1]), configured=True)


def _common_dir(repository: Repository) -> str:
    output = repository.git.output("rev-parse", "--path-format=absolute", "--git-common-dir")
    return os.fsdecode(output).removesuffix("\n")


def _shared_reason(git: Git, shown: str, real_path: str, common_dir: str) -> str:
    question = ("config", "--show-scope", "-z", "--get", "core.hooksPath")
    scope = git.run(*question, ok=(0, 1))[1].decode(errors="replace").partition("\0")[0]
    if scope in ("local", "worktree"):
        return ""
    if scope == "command":
        return f"'{shown}' is the hooks path for this command only"
    if scope:
        return (
            f"'{shown}' is the hooks path of the {scope} config, which applies to all repositories"
        )
    return "" if _is_below(real_path, common_dir) else f"'{shown}' is a link to '{real_path}'"


def _is_tracked(git: Git, path: str) -> bool:
    return bool(git.output("--literal-pathspecs", "ls-files", "-z", "--", path))


def _shown(repository: Repository, path: str) -> str:
    return relpath(path, repository.root) if _is_below(path, repository.root) else path


def _split(repository: Repository, path: str) -> tuple[str, str]:
    """Return the root below which to open a path without following links, and the rest of it."""
    if _is_below(path, repository.root):
        return repository.root, relpath(path, repository.root)
    return os.path.split(path)


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}/")
