"""The config of overcommit (https://github.com/sds/overcommit)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlm_git.hooks.check_call import arguments_of, names_dlm_git, problem_with, split_words
from dlm_git.hooks.reading import CALLS, NONE, Reading, strongest, uncertain

CONFIG = ".overcommit.yml"
OVERRIDES = (".local-overcommit.yml",)
_SECTIONS = {"pre-commit": "PreCommit", "pre-push": "PrePush"}
_KEYS = {
    *("enabled", "command", "required_executable", "flags", "description", "requires_files"),
    *("required", "quiet", "parallelize"),
}


def section(hook: str) -> str:
    """Return the section of a Git hook."""
    return _SECTIONS.get(hook, "PreCommit")


def addition(hook: str) -> str:
    """Return the hook that runs dlm-git in the section of a Git hook."""
    if hook == "pre-push":
        return "DlmGit: {enabled: true, command: [dlm-git, pre-push]}"
    return "DlmGit: {enabled: true, requires_files: false, command: [dlm-git, check]}"


def read_config(config: Mapping[str, Any], hook: str) -> Reading:
    """Return whether a config runs dlm-git at a Git hook."""
    hooks = config.get(_SECTIONS.get(hook, ""))
    if not isinstance(hooks, dict) or not names_dlm_git(str(hooks)):
        return NONE
    if "ALL" in hooks:
        return uncertain(f"`ALL` of `{section(hook)}:` may change whether it runs")
    settings = {str(name): value for name, value in hooks.items() if names_dlm_git(str(value))}
    return strongest(*(_read_hook(name, value, hook) for name, value in settings.items()))


def _read_hook(name: str, settings: object, hook: str) -> Reading:
    if not isinstance(settings, dict):
        return uncertain(f"the hook {name} has no settings")
    extra = sorted(str(key) for key in settings if key not in _KEYS)
    if extra:
        return uncertain(f"the hook {name} has the key `{extra[0]}`")
    if settings.get("enabled") is not True:
        return NONE.replace(reason=f"the hook {name} is not enabled")
    if hook == "pre-commit" and settings.get("requires_files") is not False:
        return uncertain(f"the hook {name} is skipped without files: set `requires_files: false`")
    # overcommit adds the arguments of the hook
    added = ["$@"] if hook == "pre-push" else []
    command = settings.get("command") or settings.get("required_executable")
    arguments = arguments_of([*split_words(command), *split_words(settings.get("flags")), *added])
    if arguments is None:
        return uncertain(f"the hook {name} does not start dlm-git itself")
    problem = problem_with(arguments, hook)
    return uncertain(f"the hook {name}: {problem}") if problem else CALLS
