"""Find the hooks of a repository: who wrote them, and whether they run dlm-git."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Literal, get_args

from dlm_git.fs import read_file
from dlm_git.git.process import Git
from dlm_git.git.program import read_version, version_numbers
from dlm_git.git.repository import Repository
from dlm_git.hooks import managers, script
from dlm_git.hooks.check_call import names_dlm_git
from dlm_git.hooks.directory import HooksDirectory
from dlm_git.hooks.git_config import ConfigHook, is_enabled, read_config_hooks
from dlm_git.hooks.managers import Manager, read_managed_hook
from dlm_git.hooks.reading import CALLS, NONE, Reading, strongest
from dlm_git.hooks.shell import is_shell_script, read_script
from dlm_git.paths import shell_quote
from dlm_git.values import Value

CONFIG_HOOKS_SINCE = (2, 54)

# dlm-git wrote the hooks of these states
_OwnState = Literal["installed", "outdated", "not_executable", "not_found", "disabled"]
State = Literal["missing", _OwnState, "chained", "uncertain", "third_party"]
DESCRIPTIONS: Mapping[State, str] = {
    "missing": "not installed",
    "installed": "installed",
    "outdated": "outdated",
    "not_executable": "not executable, so Git does not run it",
    "not_found": "finds no dlm-git, so nothing is checked",
    "disabled": "disabled in the config, or git is older than 2.54, so Git does not run it",
    "chained": "installed: a third-party hook that calls dlm-git",
    "uncertain": "uncertain: a third-party hook that may call dlm-git",
    "third_party": "a third-party hook that does not call dlm-git",
}


class Hook(Value):
    """A hook, or the place for one.

    name: the name by which Git runs it.
    location: the path of its file as shown to the user, or its section in Git's config.
    state: who wrote it, and whether Git runs it.
    data: the content of the file, or the command in the config; None if it is missing.
    manager: the hook manager that wrote it, if any.
    configured: whether it is in Git's config.
    for_user: whether that is the user's config, which applies to all repositories.
    reason: why a third-party hook is in its state, '' if there is nothing to add.
    addition: what to add to which file so that a third-party hook calls dlm-git.
    config: the file below the root that lists what a hook manager runs, '' for other hooks.
    edited: whether dlm-git wrote it, and someone else changed it.
    """

    name: str
    location: str
    state: State
    data: bytes | None = None
    manager: Manager | None = None
    configured: bool = False
    for_user: bool = False
    reason: str = ""
    addition: str = ""
    config: str = ""
    edited: bool = False

    @property
    def runs(self) -> bool:
        """Return True if Git runs dlm-git through this hook."""
        return self.state in ("installed", "chained")

    @property
    def is_own(self) -> bool:
        """Return True if dlm-git wrote the hook."""
        return self.state in get_args(_OwnState)


def script_hooks(
    repository: Repository, directory: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    """Return the hooks of these names in a directory."""
    return [_read_script(repository, directory, name) for name in names]


def legacy_hooks(
    repository: Repository, directory: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    """Return the hooks of dlm-git that a hook manager has renamed, and still runs."""
    files = [f"{name}{script.LEGACY}" for name in names]
    hooks = (_own_script(repository, directory, file) for file in files)
    return [hook for hook in hooks if hook]


def config_hooks(repository: Repository, names: Collection[str]) -> list[Hook]:
    """Return the hooks that dlm-git has set in the repository's config (git-hook(1))."""
    sections, supported = read_config_hooks(repository), supports_config_hooks(repository)
    own = ((name, sections.get(script.config_name(name))) for name in names)
    environ = repository.user_git.environ
    return [
        own_section(name, section, environ, enabled=is_enabled(sections, name) and supported)
        for name, section in own
        if section and section.local and not section.inherited
    ]


def inherited_hooks(repository: Repository, names: Collection[str]) -> list[Hook]:
    """Return the hooks that dlm-git has set in the user's config, for all repositories."""
    if not supports_config_hooks(repository):
        return []
    sections, environ = read_config_hooks(repository), repository.user_git.environ
    return [
        own_section(name, section, environ, enabled=is_enabled(sections, name))
        for name in names
        if (section := sections.get(script.config_name(name))) and is_for_user(name, section)
    ]


def is_for_user(name: str, section: ConfigHook) -> bool:
    """Return True if `dlm-git install --global` has set the command of a section."""
    command = section.command or ""
    return section.inherited and script.is_config_command(name, command, only_used=True)


def third_party_config_hooks(repository: Repository, names: Collection[str]) -> list[Hook]:
    """Return the other hooks of Git's config that name dlm-git, of all scopes."""
    if not supports_config_hooks(repository):
        return []
    sections = read_config_hooks(repository)
    return [
        _third_party_section(name, section, is_enabled(sections, name))
        for name in names
        for section in sections.values()
        if name in section.events
        and not (section.name == script.config_name(name) and _is_own(name, section))
        and names_dlm_git(section.command or "")
    ]


def _is_own(name: str, section: ConfigHook) -> bool:
    return (section.local and not section.inherited) or is_for_user(name, section)


def supports_config_hooks(repository: Repository) -> bool:
    """Return True if this version of git runs hooks in its config."""
    return git_version(repository.git) >= CONFIG_HOOKS_SINCE


def git_version(git: Git) -> tuple[int, ...]:
    """Return the major and minor version of git, () if it is unknown."""
    return version_numbers(read_version(git))


def _read_script(repository: Repository, directory: HooksDirectory, name: str) -> Hook:
    path = os.path.join(directory.real_path, name)
    location = os.path.join(directory.path, name)
    if not os.path.lexists(path):
        return Hook(name, location, "missing")
    own = _own_script(repository, directory, name)
    if own:
        return own
    hook = _third_party(repository, Hook(name, location, "third_party"), path)
    if not os.access(path, os.X_OK):
        reason, step = (
            "it is not executable, so Git skips it",
            f"`chmod +x {shell_quote(location)}`",
        )
        addition = f"{hook.addition}, and run {step}"
        return hook.replace(state="third_party", reason=reason, addition=addition)
    if hook.runs and _is_switched_off(repository, name):
        return hook.replace(state="uncertain", reason=f"`hook.{name}.enabled` is false")
    return hook


def _own_script(repository: Repository, directory: HooksDirectory, file: str) -> Hook | None:
    """Return the hook of a file that dlm-git wrote, None for other files."""
    path = os.path.join(directory.real_path, file)
    data = None if os.path.islink(path) else read_regular_file(path)
    own = script.parse_script(data or b"")
    if not own:
        return None
    state = _own_state(repository, file, own, os.access(path, os.X_OK))
    return Hook(file, os.path.join(directory.path, file), state, data)


def _own_state(
    repository: Repository, name: str, own: script.ScriptInfo, executable: bool
) -> State:
    if not executable:
        return "not_executable"
    if own.version < script.VERSION:
        return "outdated"
    if _is_switched_off(repository, name):
        return "disabled"
    environ = repository.user_git.environ
    return "installed" if script.finds_program(own.program, environ) else "not_found"


def _is_switched_off(repository: Repository, name: str) -> bool:
    """Return True if the config turns off all hooks of an event, since git 2.55."""
    supported = supports_config_hooks(repository)
    return supported and not is_enabled(read_config_hooks(repository), name)


def _third_party(repository: Repository, hook: Hook, path: str) -> Hook:
    """Return a hook with what its script, or the config of its manager, says."""

    def read(file: str) -> bytes | None:
        return read_regular_file(os.path.join(repository.root, file))

    data = read_regular_file(path)
    hook = hook.replace(data=data or b"", edited=script.is_edited(data or b""))
    line = f"the line `{script.call_line(hook.name)}`"
    if data is None:
        reading = NONE.replace(reason="it is not a regular file")
        return _with_reading(hook.replace(addition=f"{line} to a script in its place"), reading)
    managed = read_managed_hook(data, hook.name, read)
    if managed is None:
        addition = f"{line} as the first command of '{hook.location}'"
        if not is_shell_script(data):
            addition = f"a call of dlm-git to '{hook.location}', which is not a shell script"
        return _with_reading(hook.replace(addition=addition), read_script(data, hook.name))
    readings = [managed.reading]
    if managed.manager.runs_legacy:
        readings.append(_read_legacy(f"{path}{script.LEGACY}", hook.name))
    addition = managers.addition(managed, hook.name)
    hook = hook.replace(manager=managed.manager, config=managed.file, addition=addition)
    return _with_reading(hook, strongest(*readings))


def _read_legacy(path: str, name: str) -> Reading:
    """Return what a hook says that a hook manager has renamed, and still runs."""
    data = read_regular_file(path)
    if data is None or not os.access(path, os.X_OK):
        return NONE
    return CALLS if script.parse_script(data) else read_script(data, name)


def _with_reading(hook: Hook, reading: Reading) -> Hook:
    states: Mapping[str, State] = {
        "calls": "chained",
        "uncertain": "uncertain",
        "none": "third_party",
    }
    reason = "dlm-git wrote it, and someone edited it" if hook.edited else reading.reason
    return hook.replace(state=states[reading.verdict], reason=reason)


def read_regular_file(path: str) -> bytes | None:
    """Return the content of a regular file, also through a symbolic link."""
    real_path = os.path.realpath(path)
    if not os.path.isfile(real_path):
        return None
    return read_file(os.path.dirname(real_path), os.path.basename(real_path))


def own_section(
    name: str, section: ConfigHook, environ: Mapping[str, str], *, enabled: bool
) -> Hook:
    """Return the hook of a section with the name that dlm-git gives it."""
    state: State = "installed"
    command, only_used = section.command or "", section.inherited
    current = script.is_config_command(name, command, only_used=only_used)
    if not current or section.events != (name,):
        state = "outdated"
    elif not (enabled and section.enabled):
        state = "disabled"
    elif not script.finds_program(script.config_program(command), environ):
        state = "not_found"
    data = os.fsencode(command)
    location = section.section
    return Hook(name, location, state, data, configured=True, for_user=section.inherited)


def _third_party_section(name: str, section: ConfigHook, enabled: bool) -> Hook:
    command = section.command or ""
    hook = Hook(name, section.section, "third_party", os.fsencode(command), configured=True)
    if not (enabled and section.enabled):
        return hook.replace(reason="it is disabled in the config")
    # Git appends the arguments of the hook
    arguments = b' "$@"' if name == "pre-push" else b""
    return _with_reading(hook, read_script(os.fsencode(command) + arguments, name))
