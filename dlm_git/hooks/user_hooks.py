"""Hooks in the user's Git config, which git runs in all repositories since version 2.54."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence

from dlm_git.about import DOCS_URL
from dlm_git.git import write
from dlm_git.git.environment import clean_environment, without_repository
from dlm_git.git.process import Git
from dlm_git.git.program import find_git
from dlm_git.hooks import script
from dlm_git.hooks.git_config import is_enabled, list_sections, parse_config_hooks
from dlm_git.hooks.install import (
    HookChange,
    action,
    missing_section,
    needs_configuration,
    require_config_hooks,
)
from dlm_git.hooks.state import CONFIG_HOOKS_SINCE, Hook, git_version, own_section

_HINT = f"for new clones, use `init.templateDir`: see {DOCS_URL}/hooks.md#hooks-in-new-clones"


def install_for_user(
    names: Collection[str], program: str, environ: Mapping[str, str]
) -> list[HookChange]:
    """Set hooks in the user's config that run `program` where a repository has a `.dlm`.

    Raises DlmGitError if this git does not run them, or if the config cannot be written.
    """
    git = _git(environ)
    require_config_hooks(git, _HINT)
    commands = {name: script.config_command(name, program, only_used=True) for name in names}
    hooks = _with_missing(_read(git, names), names)
    changed = [hook for hook in hooks if needs_configuration(hook, commands[hook.name])]
    write.unconfigure(git, [hook.location for hook in changed if hook.data is not None])
    for hook in changed:
        values = {"command": commands[hook.name], "event": hook.name}
        write.configure(git, hook.location, values)
    return [HookChange(hook, action(hook) if hook in changed else "") for hook in hooks]


def uninstall_for_user(names: Collection[str], environ: Mapping[str, str]) -> list[HookChange]:
    """Remove the hooks from the user's config. Raises DlmGitError if it cannot be written."""
    git = _git(environ)
    hooks = _read(git, names)
    write.unconfigure(git, [hook.location for hook in hooks])
    return [HookChange(hook, "removed") for hook in hooks]


def user_status(names: Collection[str], environ: Mapping[str, str]) -> list[Hook]:
    """Return the hooks of these names in the user's config, also those that are missing."""
    return _with_missing(_read(_git(environ), names), names)


def _with_missing(hooks: Sequence[Hook], names: Collection[str]) -> list[Hook]:
    found = {hook.name: hook for hook in hooks}
    return [found.get(name) or missing_section(name) for name in names]


def _git(environ: Mapping[str, str]) -> Git:
    return Git(find_git(environ), os.getcwd(), clean_environment(without_repository(environ)))


def _read(git: Git, names: Collection[str]) -> list[Hook]:
    """Return the hooks with dlm-git's names in the user's config; not those of a repository."""
    rows = [(scope, row) for scope, row in list_sections(git) if scope == "global"]
    sections = parse_config_hooks(rows)
    supported = git_version(git) >= CONFIG_HOOKS_SINCE
    return [
        own_section(name, section, git.environ, enabled=is_enabled(sections, name) and supported)
        for name in names
        if (section := sections.get(script.config_name(name)))
    ]
