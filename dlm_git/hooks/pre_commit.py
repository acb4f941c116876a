"""The config of pre-commit and prek (https://pre-commit.com, https://prek.j178.dev)."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dlm_git.hooks.check_call import arguments_of, names_dlm_git, problem_with
from dlm_git.hooks.reading import CALLS, NONE, Reading, strongest, uncertain

# the hooks of `.pre-commit-hooks.yaml`, as far as they decide whether they run
_HOOK = {
    "entry": "dlm-git check",
    "always_run": True,
    "pass_filenames": False,
    "stages": ["pre-commit", "pre-merge-commit", "pre-push", "manual"],
}
MANIFEST: Mapping[str, Mapping[str, object]] = {
    "dlm-git-check": {**_HOOK, "language": "python"},
    "dlm-git-check-system": {**_HOOK, "language": "system"},
}
_FORMER_STAGES = {"commit": "pre-commit", "merge-commit": "pre-merge-commit", "push": "pre-push"}
# the pseudo-repositories, whose hooks have no manifest of this project
_SPECIAL_REPOS = ("local", "meta", "builtin")
_LANGUAGES = ("python", "system", "unsupported")
_KEYS = {
    *("id", "name", "alias", "description", "language", "language_version", "entry", "args"),
    *("files", "exclude", "types", "types_or", "exclude_types", "additional_dependencies"),
    *("always_run", "pass_filenames", "require_serial", "stages", "verbose", "log_file"),
    *("minimum_pre_commit_version", "minimum_prek_version", "fail_fast", "priority"),
}


def read_config(config: Mapping[str, Any], stage: str) -> Reading:
    """Return whether a config runs dlm-git at a stage, the name of a Git hook."""
    defaults = config.get("default_stages") or []
    reading = strongest(*(_read_hook(hook, defaults, stage) for hook in _hooks(config)))
    if reading.verdict == "calls" and stage == "pre-push":
        return reading._replace(reason="only the first pushed branch is checked")
    return reading


def _hooks(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the hooks that name dlm-git, with the defaults that apply to them."""
    for repo in _mappings(config.get("repos")):
        for hook in _mappings(repo.get("hooks")):
            name = hook.get("id")
            if repo.get("repo") not in _SPECIAL_REPOS and name in MANIFEST:
                yield {**MANIFEST[str(name)], **hook}
            elif names_dlm_git(f"{hook.get('entry')} {hook.get('args')} {name}"):
                yield hook


def _read_hook(hook: Mapping[str, Any], default_stages: object, stage: str) -> Reading:
    stages = _strings(hook.get("stages") or default_stages)
    if stages and stage not in [_FORMER_STAGES.get(name, name) for name in stages]:
        reason = f"the hook {hook.get('id')} does not run in the stage {stage}"
        return NONE._replace(reason=reason)
    problem = _problem(hook)
    return uncertain(f"the hook {hook.get('id')} {problem}") if problem else CALLS


def _problem(hook: Mapping[str, Any]) -> str:
    """Return why a hook may not check each commit, '' if it does."""
    unknown = [str(key) for key in hook if key not in _KEYS]
    if unknown:
        return f"has the key `{unknown[0]}`"
    if hook.get("language") not in _LANGUAGES:
        return f"has the language {hook.get('language')}"
    if hook.get("always_run") is not True:
        return "is skipped for commits without matching files: set `always_run: true`"
    if hook.get("pass_filenames") is not False:
        return "passes file names to dlm-git: set `pass_filenames: false`"
    try:
        words = [*shlex.split(str(hook.get("entry"))), *_strings(hook.get("args") or [])]
    except ValueError:
        words = []
    arguments = arguments_of(words)
    if arguments is None:
        return "does not start dlm-git itself"
    # the hook of each stage passes no arguments; `check` finds what is pushed in the environment
    problem = problem_with(arguments, "pre-commit")
    return f"runs another command: {problem}" if problem else ""


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
