"""The config of pre-commit and prek (https://pre-commit.com, https://prek.j178.dev)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dlm_git.about import REPOSITORY
from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.hooks.calls import find_calls
from dlm_git.hooks.check_call import (
    arguments_of,
    is_check,
    names_dlm_git,
    problem_with,
    split_words,
)
from dlm_git.hooks.reading import CALLS, NONE, Reading, strongest, uncertain
from dlm_git.values import Value

PATH = ".pre-commit-config.yaml"
PREK_PATH = "prek.toml"
# the first of these that exists is the one that prek reads
PREK_PATHS = (PREK_PATH, PATH, ".pre-commit-config.yml")
_COMMIT = "pre-commit"  # the stage, and the name of the hook
_SYSTEM_HOOK = "dlm-git-check-system"
_ADDRESS = re.compile(r"(?:\w+://)?(?:[^@/]+@)?([^:/]+)[:/](.+?)(?:\.git)?/*")
# the hooks of `.pre-commit-hooks.yaml`, as far as they decide whether they run
_HOOK = {
    "entry": "dlm-git check",
    "always_run": True,
    "pass_filenames": False,
    "stages": ["pre-commit", "pre-merge-commit", "pre-push", "manual"],
}
MANIFEST: Mapping[str, Mapping[str, object]] = {
    "dlm-git-check": {**_HOOK, "language": "python"},
    _SYSTEM_HOOK: {**_HOOK, "language": "system"},
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


class Config(Value):
    """What a `.pre-commit-config.yaml` says about dlm-git.

    hooks: the ids of the hooks that run dlm-git.
    at_commit: those of them that `pre-commit run` runs, which is the stage pre-commit.
    revs: the `rev` of each entry of this project, '' if it has none.
    hosted: the hooks that pre-commit.ci runs: those it does not skip, if there is a key `ci`.
    error: why the file cannot be read, '' if it can.
    """

    hooks: tuple[str, ...] = ()
    at_commit: tuple[str, ...] = ()
    revs: tuple[str, ...] = ()
    hosted: tuple[str, ...] = ()
    error: str = ""


def parse(text: str) -> Config:
    """Parse a `.pre-commit-config.yaml`."""
    tree = load_yaml(text)
    if not isinstance(tree, YamlTree):
        return Config(error=tree.reason)
    config = tree.value if isinstance(tree.value, dict) else {}
    hooks = {str(hook.get("id")): hook for hook in _hooks(config) if _checks(hook)}
    default_stages = config.get("default_stages")
    at_commit = [name for name, hook in hooks.items() if _runs_at(hook, default_stages, _COMMIT)]
    own = (repo for repo in _mappings(config.get("repos")) if _is_own(repo))
    revs = tuple(str(repo.get("rev") or "") for repo in own)
    ci = config.get("ci")
    # pre-commit.ci has no dlm-git installed
    skipped = (_SYSTEM_HOOK, *_strings(ci.get("skip") if isinstance(ci, dict) else ()))
    hosted = [name for name in at_commit if "ci" in config and name not in skipped]
    return Config(tuple(hooks), tuple(at_commit), revs, tuple(hosted))


def frozen_version(text: str, rev: str) -> str:
    """Return the tag in the comment that `pre-commit autoupdate --freeze` writes, '' if none."""
    match = re.search(rf"\b{re.escape(rev)}['\"]?[ \t]+#[ \t]*frozen:[ \t]*(\S+)", text)
    return match[1] if match else ""


def read_config(config: Mapping[str, Any], stage: str) -> Reading:
    """Return whether a config runs dlm-git at a stage, the name of a Git hook."""
    defaults = config.get("default_stages")
    reading = strongest(*(_read_hook(hook, defaults, stage) for hook in _hooks(config)))
    if reading.verdict == "calls" and stage == "pre-push":
        return reading.replace(reason="only the first pushed branch is checked")
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


def _checks(hook: Mapping[str, Any]) -> bool:
    return any(is_check(call.words) for call in find_calls(shlex.join(_command(hook))))


def _command(hook: Mapping[str, Any]) -> list[str]:
    return [*split_words(hook.get("entry")), *_strings(hook.get("args"))]


def _runs_at(hook: Mapping[str, Any], default_stages: object, stage: str) -> bool:
    stages = _strings(hook.get("stages") or default_stages)
    return not stages or stage in [_FORMER_STAGES.get(name, name) for name in stages]


def _read_hook(hook: Mapping[str, Any], default_stages: object, stage: str) -> Reading:
    if not _runs_at(hook, default_stages, stage):
        reason = f"the hook {hook.get('id')} does not run in the stage {stage}"
        return NONE.replace(reason=reason)
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
    arguments = arguments_of(_command(hook))
    if arguments is None:
        return "does not start dlm-git itself"
    # the hook of each stage passes no arguments; `check` finds what is pushed in the environment
    problem = problem_with(arguments, _COMMIT)
    return f"runs another command: {problem}" if problem else ""


def _is_own(repo: Mapping[str, Any]) -> bool:
    return _address(str(repo.get("repo"))) == _address(REPOSITORY)


def _address(url: str) -> tuple[str, ...]:
    """Return host and path of a repository's address, in whichever form it is written."""
    match = _ADDRESS.fullmatch(url.strip().lower())
    return match.groups() if match else (url,)


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
