"""The CI systems: the names of their files, and the scripts that these contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Literal

from dlm_git.about import REPOSITORY
from dlm_git.hooks.check_call import is_check
from dlm_git.values import Value

Node = object  # of a YAML file
_ACTION = REPOSITORY.removeprefix("https://github.com/") + "@"
_TEMPLATE = re.compile(r"(?:.*[:/])?templates/dlm-git\.yml")
_GITLAB_SCRIPTS = ("before_script", "script")
# keys with which the failure of a job or step does not count
_IGNORING = ("continue-on-error", "allow_failure", "continueOnError", "soft_fail")
_MAX_NAME = 1000  # characters of the name of a template
_JENKINS = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<shell>\bsh\b[\s(]*(?:script\s*:\s*)?)?
    (?: \"\"\"(?P<a>(?:[^\\]|\\.)*?)\"\"\" | '''(?P<b>(?:[^\\]|\\.)*?)'''
      | "(?P<c>(?:[^"\\\n]|\\.)*+)" | '(?P<d>(?:[^'\\\n]|\\.)*+)' )
    """,
    re.VERBOSE | re.DOTALL,
)


class Step(Value):
    """A step of a pipeline.

    kind: 'script' for a shell script, 'action' for a GitHub action, 'template' for an included
        GitLab template, 'text' for another string.
    text: the script, the string, or the name of the action or template.
    """

    kind: Literal["script", "action", "template", "text"]
    text: str


class System(Value):
    """A CI system.

    paths: the names of its files.
    steps: returns the steps in a loaded YAML file; None for files that are not YAML.
    """

    paths: re.Pattern[str]
    steps: Callable[[Node], Iterator[Step]] | None


def github_steps(value: Node) -> Iterator[Step]:
    """Yield the steps of a workflow of GitHub, Forgejo or Gitea."""
    for job in _mapping(_mapping(value).get("jobs")).values():
        steps = _mapping(job).get("steps") if _is_enforced(job) else None
        for step in filter(_is_enforced, steps if isinstance(steps, list) else ()):
            yield from (Step("script", text) for text in _texts(_mapping(step).get("run")))
            arguments = "\n".join(_texts(_mapping(_mapping(step).get("with")).get("args")))
            if is_check(["dlm-git", "check", *arguments.split()]):
                yield from (Step("action", text) for text in _texts(_mapping(step).get("uses")))


def gitlab_steps(value: Node, others: Mapping[object, Node] | None = None) -> Iterator[Step]:
    """Yield the steps of a GitLab pipeline.

    others: the jobs of the other files of the pipeline, which `extends` can name.
    """
    jobs = {**(others or {}), **_mapping(value)}
    for include in _included(value):
        kinds = ("remote", "file", "template", "component")
        names = [name for kind in kinds for name in _texts(_mapping(include).get(kind))]
        names += [include] if isinstance(include, str) and "://" in include else []
        yield from (Step("template", name) for name in names)
    for name, job in {"default": value, **_mapping(value)}.items():
        if isinstance(job, dict) and not str(name).startswith(".") and _is_enforced(job):
            chain = list(_extended(jobs, job, set()))
            for key in _GITLAB_SCRIPTS:
                script = next((each[key] for each in chain if key in each), None)
                yield from (Step("script", text) for text in _texts(script))


def local_includes(value: Node) -> Iterator[str]:
    """Yield the patterns of the files in the same repository that a GitLab pipeline includes."""
    for include in _included(value):
        name = include if isinstance(include, str) else _mapping(include).get("local")
        if isinstance(name, str) and "://" not in name:
            yield name.lstrip("/")


def matches_include(path: str, pattern: str) -> bool:
    """Return whether a path matches an `include:local` of GitLab, which may have wildcards."""
    return fnmatchcase(path, pattern.replace("**", "*"))


def steps_below(keys: Collection[str], value: Node) -> Iterator[Step]:
    """Yield the scripts that are values of certain keys, wherever they are."""
    if isinstance(value, list):
        for item in value:
            yield from steps_below(keys, item)
    elif isinstance(value, dict) and _is_enforced(value):
        for key, item in value.items():
            if key in keys:
                yield from (Step("script", text) for text in _texts(item))
            yield from steps_below(keys, item)


def jenkins_steps(text: str) -> Iterator[Step]:
    """Yield the literal strings of a Jenkinsfile: those after `sh` are scripts."""
    for match in _JENKINS.finditer(text):
        if match["comment"] is None:
            string = next(part for part in match.group("a", "b", "c", "d") if part is not None)
            yield Step("text" if match["shell"] is None else "script", string)


def is_own_action(name: str) -> bool:
    """Return whether the name of a GitHub action is that of this project's."""
    return name.lower().startswith(_ACTION)


def is_own_template(name: str) -> bool:
    """Return whether the name of a GitLab template is that of this project's."""
    return _TEMPLATE.fullmatch(name[:_MAX_NAME]) is not None


def _included(value: Node) -> list[Node]:
    include = _mapping(value).get("include")
    return include if isinstance(include, list) else [include]


def _extended(
    jobs: Mapping[object, Node], job: Mapping[object, Node], seen: set[str]
) -> Iterator[Mapping[object, Node]]:
    """Yield a job and those that it extends, nearest first."""
    yield job
    for name in [*_texts(job.get("extends"))][::-1]:
        if name not in seen and len(seen) < 100:
            seen.add(name)
            yield from _extended(jobs, _mapping(jobs.get(name)), seen)


def _is_enforced(step: Node) -> bool:
    """Return whether a job or a step runs, and its failure counts."""
    settings = _mapping(step)
    never = settings.get("when") == "never" or settings.get("if") in (False, "${{ false }}")
    return not never and not any(settings.get(key) is True for key in _IGNORING)


def _texts(value: Node) -> Iterator[str]:
    """Yield the strings of a script: a string, lists of strings, or a mapping with `command`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts(value.get("command"))


def _mapping(value: Node) -> Mapping[object, Node]:
    return value if isinstance(value, dict) else {}


def _system(pattern: str, *keys: str) -> System:
    return System(re.compile(pattern), partial(steps_below, keys))


GITLAB = System(re.compile(r"\.gitlab-ci\.ya?ml"), gitlab_steps)
SYSTEMS = (
    System(re.compile(r"\.(?:github|forgejo|gitea)/workflows/[^/]+\.ya?ml"), github_steps),
    GITLAB,
    _system(r"\.circleci/config\.ya?ml", "run", "command"),
    _system(r"azure-pipelines\.ya?ml", "script", "bash", "pwsh", "powershell"),
    _system(r"bitbucket-pipelines\.ya?ml", "script"),
    _system(r"\.woodpecker\.ya?ml|\.woodpecker/[^/]+\.ya?ml|\.drone\.ya?ml", "commands"),
    _system(r"\.travis\.ya?ml", "before_install", "install", "before_script", "script"),
    _system(r"\.?buildkite(?:/[^/]+)?\.ya?ml", "command", "commands"),
    System(re.compile(r"Jenkinsfile"), None),
)
