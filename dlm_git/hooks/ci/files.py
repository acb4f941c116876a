"""Find the CI files of a snapshot that run dlm-git."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.hooks.calls import find_calls, runs_hook
from dlm_git.hooks.check_call import is_check, names_dlm_git
from dlm_git.hooks.ci.systems import (
    GITLAB,
    SYSTEMS,
    Step,
    System,
    gitlab_steps,
    is_own_action,
    is_own_template,
    jenkins_steps,
    local_includes,
    matches_include,
)
from dlm_git.shell.tokens import without_comments
from dlm_git.snapshots.entry import Entry
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.values import Value

MAX_FILES = 200
MAX_INCLUDES = 50
_MAX_DETAIL = 100  # characters of a command to show
MAX_FILE = 1 << 17  # bytes
MAX_TOTAL = 1 << 18  # bytes of YAML that are parsed; PyYAML takes seconds for this
# how a path of SYSTEMS begins, to find candidates among a million paths
_CANDIDATES = (
    rb"\.(?:github|forgejo|gitea)/workflows/|\.gitlab-ci\.ya?ml\0|\.circleci/config\.ya?ml\0"
    rb"|(?:azure|bitbucket)-pipelines\.ya?ml\0|\.woodpecker[/.]|\.drone\.ya?ml\0|\.travis\.ya?ml\0"
    rb"|\.?buildkite[/.]|Jenkinsfile\0"
)
_RELEVANT = re.compile(rb"dlm[-_ ]git|git[- ]dlm|pre[-_]commit|prek|include")
_DOCUMENT = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_REFERENCE = re.compile(r"!reference(?=\s*\[)")  # a tag of GitLab, which PyYAML does not know


class CiFile(Value):
    """A CI file that has to do with dlm-git, or that could not be read.

    state: 'calls' if a command or an action runs the check, 'mentions' if that is not certain.
    detail: the command or action, or why the file was not read.
    """

    path: str
    state: Literal["calls", "mentions", "unread"]
    detail: str = ""


class _Text(Value):
    path: str
    system: System
    text: str


class _Pipeline(Value):
    path: str
    values: list[object]  # its YAML documents


def find_ci_files(snapshot: Snapshot, hooks: Sequence[str]) -> list[CiFile]:
    """Return the CI files that run or mention dlm-git, and those that could not be read.

    hooks: the ids of the hooks in `.pre-commit-config.yaml` that run dlm-git at a commit.
    """
    texts, results = _read(snapshot, _candidates(snapshot))
    pipelines: list[_Pipeline] = []
    for item in texts:
        if item.system.steps is None:
            steps = [*jenkins_steps(item.text)]
            results += _result(item.path, steps, (step.text for step in steps), hooks)
            continue
        values = _load(item.text)
        if isinstance(values, str):
            results.append(CiFile(item.path, "unread", values))
        elif item.system is GITLAB:
            pipelines.append(_Pipeline(item.path, values))
        else:
            steps = [step for value in values for step in item.system.steps(value)]
            results += _result(item.path, steps, _strings(values), hooks)
    results += _gitlab(snapshot, pipelines, hooks)
    return sorted({*results}, key=lambda file: (file.path, file.state, file.detail))


def _candidates(snapshot: Snapshot) -> Iterator[tuple[Entry, System]]:
    for entry in snapshot.matching_prefix(_CANDIDATES):
        yield from ((entry, system) for system in SYSTEMS if system.paths.fullmatch(entry.path))


def _read(
    snapshot: Snapshot, candidates: Iterable[tuple[Entry, System]]
) -> tuple[list[_Text], list[CiFile]]:
    """Return the texts of the files that may mention dlm-git, and the files that are not read."""
    candidates = iter(candidates)
    systems = dict(islice(candidates, MAX_FILES))
    reasons = {entry: _unreadable(entry) for entry in systems}
    for entry, _ in islice(candidates, 1):
        reasons[entry] = f"there are more than {MAX_FILES} CI files"
    readable = [entry for entry, reason in reasons.items() if not reason]
    texts, total = [], 0
    blobs = snapshot.stream(readable, [MAX_FILE] * len(readable))
    for entry, blob in zip(readable, blobs, strict=True):
        if blob.data is None:
            reasons[entry] = f"it has {blob.size:,} bytes"
        elif _RELEVANT.search(blob.data):
            total += blob.size
            if total > MAX_TOTAL:
                reasons[entry] = f"the CI files have more than {MAX_TOTAL:,} bytes"
            else:
                text = blob.data.decode(errors="replace")
                texts.append(_Text(entry.path, systems[entry], text))
    return texts, [CiFile(e.path, "unread", reason) for e, reason in reasons.items() if reason]


def _unreadable(entry: Entry) -> str:
    if entry.stage:
        return "it is unmerged"
    return "" if entry.is_file else "it is not a regular file"


def _load(text: str) -> list[object] | str:
    """Return the YAML documents of a file, or why it cannot be parsed."""
    values = []
    for document in _DOCUMENT.split(_REFERENCE.sub("", text)):
        tree = load_yaml(document)
        if not isinstance(tree, YamlTree):
            return f"it cannot be parsed: {tree.reason}"
        values.append(tree.value)
    return values


def _gitlab(
    snapshot: Snapshot, pipelines: Sequence[_Pipeline], hooks: Sequence[str]
) -> Iterator[CiFile]:
    """Yield the files of GitLab pipelines, with the local files that these include."""
    texts, unread = _read(snapshot, ((entry, GITLAB) for entry in _included(snapshot, pipelines)))
    yield from unread
    loaded = {item.path: _load(item.text) for item in texts}
    yield from (CiFile(path, "unread", v) for path, v in loaded.items() if isinstance(v, str))
    included = [_Pipeline(path, v) for path, v in loaded.items() if not isinstance(v, str)]
    files = [*included, *pipelines]
    jobs: dict[object, object] = {}
    for value in (value for file in files for value in file.values):
        jobs |= value if isinstance(value, dict) else {}
    results: list[CiFile] = []
    for file in files:
        steps = [step for value in file.values for step in gitlab_steps(value, jobs)]
        results += _result(file.path, steps, _strings(file.values), hooks)
    called = any(result.state == "calls" for result in results)
    # the file of a pipeline mentions dlm-git where it includes a file or extends a job
    yield from (result for result in results if result.state == "calls" or not called)


def _included(snapshot: Snapshot, pipelines: Sequence[_Pipeline]) -> Iterator[Entry]:
    """Yield the entries that pipelines include from the same repository."""
    values = (value for pipeline in pipelines for value in pipeline.values)
    names = (name for value in values for name in local_includes(value))
    for name in islice(dict.fromkeys(names), MAX_INCLUDES):
        if "*" not in name:
            yield from snapshot.entries(name)
            continue
        entries = snapshot.containing(b".y")
        yield from (entry for entry in entries if matches_include(entry.path, name))


def _result(
    path: str, steps: Iterable[Step], texts: Iterable[str], hooks: Sequence[str]
) -> Iterator[CiFile]:
    """Yield what a file does with dlm-git, if anything.

    texts: all its strings, without its comments.
    """
    # an alias can repeat a step a thousand times
    calls = (_call(step, hooks) for step in dict.fromkeys(steps))
    if call := next(filter(None, calls), ""):
        yield CiFile(path, "calls", call)
    elif any(map(_mentions, dict.fromkeys(texts))):
        yield CiFile(path, "mentions")


def _mentions(text: str) -> bool:
    return names_dlm_git(text) and names_dlm_git(without_comments(text))


def _call(step: Step, hooks: Sequence[str]) -> str:
    """Return the command, action or template by which a step runs the check, '' if it does not."""
    match step.kind:
        case "template" if is_own_template(step.text):
            return step.text[:_MAX_DETAIL]
        case "action" if is_own_action(step.text):
            return step.text[:_MAX_DETAIL]
        case "action" if hooks and step.text.startswith("pre-commit/action@"):
            return step.text[:_MAX_DETAIL]
        case "script":
            for call in find_calls(step.text):
                if is_check(call.words) or runs_hook(call, hooks):
                    return " ".join(call.words)[:_MAX_DETAIL]
    return ""


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _strings([*pair])
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
