"""Read `.pre-commit-config.yaml`: the hooks that run dlm-git, and the version that it pins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dlm_git.about import REPOSITORY
from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.operations.ci.shell import Call, find_calls, runs_check

PATH = ".pre-commit-config.yaml"
HOOK, SYSTEM_HOOK = "dlm-git-check", "dlm-git-check-system"
_ADDRESS = re.compile(r"(?:\w+://)?(?:[^@/]+@)?([^:/]+)[:/](.+?)(?:\.git)?/*")
# options of `pre-commit run` that take a value
_VALUES = set(
    "-c --config --hook-stage --from-ref --to-ref -s -o --source --origin --color"
    " --remote-branch --remote-name --remote-url --local-branch".split()
)


class Config(NamedTuple):
    """What a `.pre-commit-config.yaml` says about dlm-git.

    hooks: the ids of the hooks that run dlm-git.
    revs: the `rev` of each entry of this project, '' if it has none.
    hosted: the hooks that pre-commit.ci runs: those it does not skip, if there is a key `ci`.
    error: why the file cannot be read, '' if it can.
    """

    hooks: tuple[str, ...] = ()
    revs: tuple[str, ...] = ()
    hosted: tuple[str, ...] = ()
    error: str = ""


def parse(text: str) -> Config:
    """Parse a `.pre-commit-config.yaml`."""
    tree = load_yaml(text)
    if not isinstance(tree, YamlTree):
        return Config(error=tree.reason)
    root = _mapping(tree.value)
    entries = [_mapping(entry) for entry in _list(root.get("repos"))]
    hooks = tuple(dict.fromkeys(hook for entry in entries for hook in _hooks(entry)))
    revs = tuple(str(entry.get("rev") or "") for entry in entries if _is_own(entry))
    skipped = _list(_mapping(root.get("ci")).get("skip"))
    # pre-commit.ci has no dlm-git installed
    hosted = [hook for hook in hooks if hook not in (*skipped, SYSTEM_HOOK)]
    return Config(hooks, revs, tuple(hosted) if "ci" in root else ())


def frozen_version(text: str, rev: str) -> str:
    """Return the tag in the comment that `pre-commit autoupdate --freeze` writes, '' if none."""
    match = re.search(rf"\b{re.escape(rev)}['\"]?[ \t]+#[ \t]*frozen:[ \t]*(\S+)", text)
    return match[1] if match else ""


def runs_hook(call: Call, hooks: Sequence[str]) -> bool:
    """Return whether a call is `pre-commit run` or `prek run`, and runs one of the hooks."""
    active = {*hooks} - {*call.skipped.split(",")}
    program, *arguments = call.words
    if program not in ("pre-commit", "prek") or arguments[:1] != ["run"] or not active:
        return False
    hook = next(_positional(arguments[1:]), None)
    return hook is None or hook in active


def _positional(words: Sequence[str]) -> Iterator[str]:
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--files":
            return
        if word in _VALUES:
            del rest[:1]
        elif not word.startswith("-"):
            yield word


def _hooks(entry: Mapping[object, object]) -> Iterator[str]:
    """Yield the ids of the hooks in an entry that run dlm-git."""
    for hook in map(_mapping, _list(entry.get("hooks"))):
        name, command = str(hook.get("id")), str(hook.get("entry") or "")
        if name in (HOOK, SYSTEM_HOOK) or any(map(runs_check, find_calls(command))):
            yield name


def _is_own(entry: Mapping[object, object]) -> bool:
    return _address(str(entry.get("repo"))) == _address(REPOSITORY)


def _address(url: str) -> tuple[str, ...]:
    """Return host and path of a repository's address, in whichever form it is written."""
    match = _ADDRESS.fullmatch(url.strip().lower())
    return match.groups() if match else (url,)


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
