"""Diagnose what enforces the check in a repository: hooks, hook managers and CI files."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from dlm_git.about import DOCS_URL, REPOSITORY, __version__
from dlm_git.diagnosis import Line, State, guarded, shortened
from dlm_git.errors import DlmGitError
from dlm_git.fs import read_file
from dlm_git.git.describe import configured_hooks_path
from dlm_git.git.repository import Repository
from dlm_git.hooks import driver_state, managers, pre_commit
from dlm_git.hooks.calls import find_calls
from dlm_git.hooks.ci.files import MAX_FILE, CiFile, find_ci_files
from dlm_git.hooks.driver_state import read_drivers
from dlm_git.hooks.install import read_hooks
from dlm_git.hooks.script import HOOK_COMMANDS
from dlm_git.hooks.state import DESCRIPTIONS, Hook
from dlm_git.paths import shell_quote
from dlm_git.snapshots.snapshot import Snapshot

_MAX_CI_LINES = 6
_INSTALL = "`dlm-git install` installs the hooks, or says what to do"
_INSTALL_MANAGED = "`pre-commit install` installs the hooks in `default_install_hook_types`"
_RUN = "`dlm-git status --run` finds out: it runs the hook in a scratch clone"
_CI_HINT = f"how to run it in CI: {DOCS_URL}/ci.md"
_SERVER_HINT = f"how to check pushes: {DOCS_URL}/server.md"
_SERVER_HOOK = "pre-receive"
_HOOK_NAMES = (*HOOK_COMMANDS, _SERVER_HOOK)
_VERSION_TAG = re.compile(r"v?(\d+(?:\.\d+)+\S*)")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


def enforcement(
    repository: Repository, snapshot: Snapshot | None, environ: Mapping[str, str]
) -> Iterator[Line]:
    """Yield the lines on hooks, hook managers, the pinned version and CI files.

    snapshot: the state whose CI files are read, None if it cannot be read.
    environ: the environment, in which variables such as SKIP turn hooks off.
    """
    text, config = _read_pre_commit_config(snapshot)
    hosted = [CiFile(pre_commit.PATH, "calls", hook) for hook in config.hosted]
    ci_files = [*hosted, *_ci_files(snapshot, config)]
    in_ci = any(file.state == "calls" for file in ci_files)
    bare = repository.bare
    lines = _server_hooks(repository)
    if not bare:
        lines = _hooks(repository, snapshot, environ, config, in_ci=in_ci)
    hooks = [*guarded("hooks", lines)]
    yield from hooks
    yield from _pins(text, config)
    yield from _ci_lines(ci_files, readable=snapshot is not None)
    if not in_ci and not any(map(_settles, hooks)):
        program = "pre-commit" if config.hooks else "dlm-git"
        hint = f"`{program} install` installs the hooks; or run dlm-git in CI"
        hint = _SERVER_HINT if bare else hint
        yield Line("enforcement", "no hook and no CI file runs dlm-git", "problem", hint)


def _settles(line: Line) -> bool:
    """Return True for a hook that runs dlm-git, or may run it: then it is a problem of its own."""
    return line.name in _HOOK_NAMES and (line.state == "ok" or line.hint == _RUN)


def _hooks(
    repository: Repository,
    snapshot: Snapshot | None,
    environ: Mapping[str, str],
    config: pre_commit.Config,
    *,
    in_ci: bool,
) -> Iterator[Line]:
    yield from guarded("hooks path", _hooks_path(repository))
    yield from _switched_off(config, environ)
    hooks = read_hooks(repository, HOOK_COMMANDS)
    running = any(hook.runs for hook in hooks)
    for hook in hooks:
        yield _hook_line(hook, config, enforced=running or in_ci)
    uncertain = any(hook.state == "uncertain" for hook in hooks)
    if in_ci and config.hooks and not running and not uncertain:
        value = f"{pre_commit.PATH} lists {', '.join(config.hooks)}, but no hook runs it"
        hint = "`pre-commit install` installs its hooks in this clone"
        yield Line("hook managers", value, "problem", hint)
    yield from _managers(snapshot, hooks, config)
    yield from guarded("drivers", _drivers(repository))


def _hook_line(hook: Hook, config: pre_commit.Config, *, enforced: bool) -> Line:
    """Return the line on a hook.

    enforced: whether another hook or a CI file certainly runs dlm-git.
    """
    if hook.state == "installed":
        return Line(hook.name, f"{hook.location} runs `dlm-git {HOOK_COMMANDS[hook.name]}`")
    details = ", ".join(filter(None, (hook.manager.name if hook.manager else "", hook.reason)))
    value = f"{hook.location}: {DESCRIPTIONS[hook.state]}" + (f" ({details})" if details else "")
    if hook.runs:
        return Line(hook.name, value)
    if hook.is_own:
        update = f"`dlm-git install{' --configured' if hook.configured else ''}` updates it"
        return Line(hook.name, value, "problem", update)
    if hook.state == "uncertain":
        return Line(hook.name, value, "info" if enforced else "problem", _RUN)
    managed = config.hooks and hook.state == "missing"
    return Line(hook.name, value, "info", _INSTALL_MANAGED if managed else _INSTALL)


def _drivers(repository: Repository) -> Iterator[Line]:
    """Yield the line on the merge and diff drivers."""
    drivers = read_drivers(repository)
    reason = f" ({drivers.reason})" if drivers.reason else ""
    state: State = "problem" if drivers.is_broken else "info"
    value = f"{driver_state.DESCRIPTIONS[drivers.state]}{reason}"
    state = "ok" if drivers.state == "installed" else state
    yield Line("drivers", value, state, driver_state.HINTS[drivers.state])


def _server_hooks(repository: Repository) -> Iterator[Line]:
    """Yield the line on the hook that checks what is pushed to a bare repository."""
    path = configured_hooks_path(repository)
    file = os.path.join(repository.git_dir, path.value if path else "hooks", _SERVER_HOOK)
    if not os.path.lexists(file):
        yield Line(_SERVER_HOOK, f"{file}: not installed", "info", _SERVER_HINT)
        return
    real_path = os.path.realpath(file)
    data = read_file(*os.path.split(real_path), MAX_FILE) or b""
    calls = find_calls(data.decode(errors="replace"))
    if not any(call.words[:2] == ("dlm-git", _SERVER_HOOK) for call in calls):
        value = f"{file} does not run `dlm-git pre-receive`"
        yield Line(_SERVER_HOOK, value, "info", _SERVER_HINT)
    elif not os.access(real_path, os.X_OK):
        value = f"{file} is not executable, so Git does not run it"
        yield Line(_SERVER_HOOK, value, "problem", f"`chmod +x {shell_quote(real_path)}`")
    else:
        yield Line(_SERVER_HOOK, f"{file} runs `dlm-git pre-receive`")


def _hooks_path(repository: Repository) -> Iterator[Line]:
    """Yield a line if `core.hooksPath` is set: with a wrong path, Git runs no hook scripts."""
    path = configured_hooks_path(repository)
    if path is None:
        return
    value = f"core.hooksPath in {path.origin} is '{path.value}'"
    if path.value and os.path.isdir(os.path.join(repository.root, path.value)):
        yield Line("hooks path", value, "info")
    else:
        file = f" --file {shell_quote(path.origin)}" if os.path.isabs(path.origin) else ""
        value += ", not a directory, so Git runs no hook scripts"
        hint = f"correct it, or remove it: `git config{file} --unset core.hooksPath`"
        yield Line("hooks path", value, "problem", hint)


def _switched_off(config: pre_commit.Config, environ: Mapping[str, str]) -> Iterator[Line]:
    """Yield a line for each variable that turns off the hooks of a hook manager."""
    for hook in sorted({*environ.get("SKIP", "").split(",")} & {*config.hooks}):
        value = f"pre-commit skips '{hook}', because the variable SKIP names it"
        yield Line("hook managers", value, "problem", "`unset SKIP`")
    if environ.get("HUSKY") == "0":
        value = "husky skips all hooks, because the variable HUSKY is 0"
        yield Line("hook managers", value, "problem", "`unset HUSKY`")


def _managers(
    snapshot: Snapshot | None, hooks: Sequence[Hook], config: pre_commit.Config
) -> Iterator[Line]:
    active = {hook.manager.name for hook in hooks if hook.manager}
    tracked: dict[str, str] = {}
    for path, name in managers.config_files().items() if snapshot else ():
        if snapshot and (snapshot.entries(path) or snapshot.holds_directory(path.rstrip("/"))):
            tracked.setdefault(name, path)
    if config.error:
        value = f"{pre_commit.PATH} cannot be read: {config.error}"
        hint = "`pre-commit validate-config` shows the error"
        yield Line("hook managers", value, "problem", hint)
    names = [f"{name} ({path})" for name, path in tracked.items()]
    names += sorted(active - tracked.keys())
    yield Line("hook managers", ", ".join(names) or "none", "info")


def _pins(text: str, config: pre_commit.Config) -> Iterator[Line]:
    """Yield a line for each version of dlm-git that `.pre-commit-config.yaml` pins."""
    for rev in config.revs:
        tag = _VERSION_TAG.fullmatch(pre_commit.frozen_version(text, rev) or rev)
        value = f"{rev or 'none'} in {pre_commit.PATH}"
        if tag and tag[1] == __version__:
            yield Line("pinned version", f"{value}, the same as installed")
        elif tag:
            value = f"{tag[1]} in {pre_commit.PATH}, but {__version__} is installed"
            hint = f"`pre-commit autoupdate --repo {REPOSITORY}`, or install {tag[1]}"
            yield Line("pinned version", value, "problem", hint)
        elif not rev:
            yield Line("pinned version", value, "problem", f"write `rev: v{__version__}`")
        elif _COMMIT.fullmatch(rev):
            value += ": a commit, whose version is not known here"
            yield Line("pinned version", value, "info", f"installed is {__version__}")
        else:
            value += ": not a version; pre-commit does not update a branch"
            yield Line("pinned version", value, "info", f"pin a tag: `rev: v{__version__}`")


def _read_pre_commit_config(snapshot: Snapshot | None) -> tuple[str, pre_commit.Config]:
    """Return text and content of the tracked `.pre-commit-config.yaml`."""
    entries = snapshot.entries(pre_commit.PATH) if snapshot else []
    if not snapshot or not entries:
        return "", pre_commit.Config()
    if entries[0].stage or not entries[0].is_file:
        return "", pre_commit.Config(error="it is unmerged, or not a regular file")
    try:
        (blob,) = snapshot.stream(entries, [MAX_FILE])
    except DlmGitError as error:
        return "", pre_commit.Config(error=error.message)
    if blob.data is None:
        return "", pre_commit.Config(error=f"it has {blob.size:,} bytes")
    text = blob.data.decode(errors="replace")
    return text, pre_commit.parse(text)


def _ci_files(snapshot: Snapshot | None, config: pre_commit.Config) -> Sequence[CiFile]:
    if not snapshot:
        return ()
    try:
        return find_ci_files(snapshot, config.at_commit)
    except DlmGitError as error:
        return [CiFile("CI files", "unread", error.message)]


def _ci_lines(files: Collection[CiFile], *, readable: bool) -> Iterator[Line]:
    lines = [_ci_line(file) for file in files]
    if lines:
        yield from shortened(lines, _MAX_CI_LINES)
    else:
        value = "no CI file runs dlm-git" if readable else "CI files cannot be read"
        yield Line("CI", value, "info", _CI_HINT)


def _ci_line(file: CiFile) -> Line:
    match file.state:
        case "calls" if file.path == pre_commit.PATH:
            value = f"pre-commit.ci runs `{file.detail}`, if it is turned on for this repository"
            return Line("CI", value)
        case "calls":
            return Line("CI", f"{file.path} runs `{file.detail}`")
        case "mentions":
            value = f"{file.path} mentions dlm-git, but a failing check may not fail the job"
            return Line("CI", value, "info", _CI_HINT)
    return Line("CI", f"{file.path} was not read: {file.detail}", "info")
