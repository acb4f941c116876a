"""Hooks that Git's config names (git-hook(1)), since git 2.54."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from dlm_git.git.process import Git
from dlm_git.git.repository import Repository, worktree_git
from dlm_git.values import Value

_NUMBER = re.compile(r"\s*[+-]?(0x[0-9a-f]+|[0-9]+)[kmg]?", re.IGNORECASE)
# Git's scopes in which dlm-git writes its own sections
_OWN_SCOPES = ("local", "worktree")


class ConfigHook(Value):
    """A section `hook.<name>` of Git's config, from all scopes.

    name: the name of the hook; it may also be the name of an event.
    command: the command that Git runs, None if there is none.
    events: the Git hooks at which it runs.
    enabled: whether it is enabled.
    local: whether the repository's own config has the section.
    inherited: whether its command comes from the user's or the system's config.
    """

    name: str
    command: str | None = None
    events: tuple[str, ...] = ()
    enabled: bool = True
    local: bool = False
    inherited: bool = False

    @property
    def section(self) -> str:
        """Return the name of its section."""
        return f"hook.{self.name}"


def read_config_hooks(repository: Repository) -> dict[str, ConfigHook]:
    """Return the hooks in Git's config, by name."""
    return parse_config_hooks(list_sections(worktree_git(repository)))


def list_sections(git: Git) -> Iterable[tuple[str, str]]:
    """Return the rows of `git config -z` about hooks, each with its scope."""
    question = ("config", "--show-scope", "-z", "--get-regexp", r"^hook\..*\.")
    words = os.fsdecode(git.answer(*question, ok=(0, 1))).split("\0")
    if len(words) % 2 == 0:
        raise git.incomplete(question)
    return zip(words[0:-1:2], words[1::2], strict=True)


def parse_config_hooks(rows: Iterable[tuple[str, str]]) -> dict[str, ConfigHook]:
    """Return the hooks of rows of `git config -z`, each with its scope, by name."""
    hooks: dict[str, ConfigHook] = {}
    for scope, row in rows:
        key, separator, text = row.partition("\n")
        name, _, variable = key.removeprefix("hook.").rpartition(".")
        hook = hooks.get(name, ConfigHook(name))
        hook = hook.replace(local=hook.local or scope in _OWN_SCOPES)
        if variable == "command":
            hook = hook.replace(inherited=scope not in _OWN_SCOPES)
        hooks[name] = _with_value(hook, variable, text if separator else None)
    return hooks


def is_enabled(hooks: Mapping[str, ConfigHook], event: str) -> bool:
    """Return False if the config turns off all hooks of an event.

    `hook.<event>.enabled` does so since git 2.55; git 2.54 takes it for a hook of that name.
    """
    return event not in hooks or hooks[event].enabled


def _with_value(hook: ConfigHook, variable: str, value: str | None) -> ConfigHook:
    match variable:
        case "command":
            return hook.replace(command=value)
        case "event" if value == "":  # resets the earlier ones
            return hook.replace(events=())
        case "event" if value is not None:
            others = [event for event in hook.events if event != value]
            return hook.replace(events=(*others, value))  # git runs it once for each event
        case "enabled":
            enabled = parse_bool(value)
            return hook if enabled is None else hook.replace(enabled=enabled)
    return hook


def parse_bool(value: str | None) -> bool | None:
    """Return a boolean as Git reads it, None if it is not one (git-config(1), Values).

    value: None for a key without a value.
    """
    if value is None:
        return True
    if value.lower() in ("true", "yes", "on"):
        return True
    if value.lower() in ("", "false", "no", "off"):
        return False
    match = _NUMBER.fullmatch(value)
    if not match:
        return None
    digits = match[1].lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    try:
        return int(digits, base) != 0
    except ValueError:  # 08
        return None
