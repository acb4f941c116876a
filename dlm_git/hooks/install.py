"""Install dlm-git's hooks where Git looks for hooks, and remove them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, read_file, remove_directory, remove_file, replace_file
from dlm_git.git import write
from dlm_git.git.process import Git
from dlm_git.git.repository import PathLike, Repository, find_repository
from dlm_git.hooks import script as hook_script
from dlm_git.hooks import state
from dlm_git.hooks.directory import HooksDirectory, default_directory, find_hooks_directory
from dlm_git.hooks.state import Hook
from dlm_git.hooks.trial import run_hooks
from dlm_git.paths import shell_quote
from dlm_git.values import Value

Action = Literal["installed", "updated", "removed", ""]


class HookChange(Value):
    """A hook, and the change that was made to it.

    hook: the hook before the change.
    action: the change, '' if there was none.
    """

    hook: Hook
    action: Action = ""


def install(
    directory: PathLike | None,
    names: Collection[str],
    program: str,
    *,
    configured: bool = False,
    force: bool = False,
) -> list[HookChange]:
    """Install hooks that run `program` into the repository of `directory`.

    By default they are scripts in the directory where Git looks for hooks; with `configured`, they
    are sections of the repository's config. A third-party hook that calls dlm-git stays as it is.

    Raises DlmGitError, before it writes anything, for other third-party hooks, and without `force`
    for hooks that other repositories or clones share.
    """
    repository = _find_repository(directory)
    if configured:
        return _install_configured(repository, names, program)
    _refuse_second(state.config_hooks(repository, names))
    hooks_directory = find_hooks_directory(repository)
    _require_directory(hooks_directory)
    hooks = state.script_hooks(repository, hooks_directory, names)
    _refuse_third_party(repository, hooks)
    texts = _texts(repository, hooks_directory, hooks, program)
    changed = [hook for hook in hooks if _needs_update(hook, texts[hook.name])]
    if changed and hooks_directory.shared_reason and not force:
        reason = f"cannot install: {hooks_directory.shared_reason}"
        raise DlmGitError(reason, "use --force to install there anyway")
    _write(hooks_directory, changed, texts)
    return [HookChange(hook, action(hook) if hook in changed else "") for hook in hooks]


def uninstall(
    directory: PathLike | None, names: Collection[str], *, force: bool = False
) -> list[HookChange]:
    """Remove hooks, and their directory if dlm-git created it.

    Third-party hooks stay, as do scripts of dlm-git that were modified. Raises DlmGitError without
    `force` for hooks that other repositories or clones share.
    """
    repository = _find_repository(directory)
    active = find_hooks_directory(repository)
    default = default_directory(repository)
    directories = [active] if default.real_path == active.real_path else [active, default]
    hooks = [(place, _existing_hooks(repository, place, names)) for place in directories]
    if active.shared_reason and not force and any(hook.is_own for hook in hooks[0][1]):
        reason = f"cannot uninstall: {active.shared_reason}"
        raise DlmGitError(reason, "use --force to remove them anyway")
    sections = state.config_hooks(repository, names)
    write.unconfigure(repository, [hook.location for hook in sections])
    for place, scripts in hooks:
        _remove(place, [hook for hook in scripts if hook.is_own])
    everything = [*sections, *(hook for _, scripts in hooks for hook in scripts)]
    return [HookChange(hook, "removed" if hook.is_own else "") for hook in everything]


def status(directory: PathLike | None, names: Collection[str], *, run: bool = False) -> list[Hook]:
    """Return the hooks of these names, in Git's config and in the hooks directory.

    With `run`, third-party scripts run in a scratch clone. Raises DlmGitError if they cannot.
    """
    return read_hooks(_find_repository(directory), names, run=run)


def read_hooks(repository: Repository, names: Collection[str], *, run: bool = False) -> list[Hook]:
    """Return the same as `status`, for a repository that is not bare."""
    hooks_directory = find_hooks_directory(repository)
    scripts = state.script_hooks(repository, hooks_directory, names)
    if run:
        scripts = run_hooks(repository, hooks_directory, scripts)
    third_party = state.third_party_config_hooks(repository, names)
    own = [*state.config_hooks(repository, names), *state.inherited_hooks(repository, names)]
    configured = [*own, *third_party]
    configured_names = {hook.name for hook in configured}
    return [
        hook
        for name in names
        for hook in (*configured, *scripts)
        if hook.name == name and (hook.state != "missing" or name not in configured_names)
    ]


def find_program(argument: str, environ: Mapping[str, str]) -> str:
    """Return the absolute path of the command `dlm-git`: of this process, or on the PATH.

    `argument` is `sys.argv[0]`. Raises DlmGitError if there is no such command.
    """
    own = [os.path.dirname(os.path.abspath(argument)), os.path.dirname(sys.executable)]
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    program = shutil.which("dlm-git", path=os.pathsep.join([*own, *filter(os.path.isabs, entries)]))
    if not program:
        reason = "the hooks need the command 'dlm-git', which is not on the PATH"
        raise DlmGitError(f"cannot install: {reason}", "add its directory to PATH")
    return program


def _find_repository(directory: PathLike | None) -> Repository:
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError(
            "Git does not run these hooks in a bare repository",
            "`dlm-git pre-receive` checks what is pushed to it",
        )
    return repository


def _require_directory(directory: HooksDirectory) -> None:
    """Raise DlmGitError if the hooks directory neither exists nor can be created."""
    if os.path.isdir(directory.real_path):
        return
    if os.path.lexists(directory.real_path):
        raise DlmGitError(
            f"cannot install: the hooks path '{directory.path}' is not a directory",
            "`git config --show-origin core.hooksPath` shows where it is set",
        )
    if not os.path.isdir(os.path.dirname(directory.real_path)):
        raise DlmGitError(
            f"cannot install: the parent directory of the hooks path '{directory.path}'"
            " does not exist",
            f"`mkdir -p {shell_quote(directory.real_path)}`",
        )


def _refuse_third_party(repository: Repository, hooks: Sequence[Hook]) -> None:
    """Raise DlmGitError for third-party hooks, unless they certainly call dlm-git."""
    third_party = [hook for hook in hooks if hook.state in ("third_party", "uncertain")]
    if not third_party:
        return
    verb = "is a third-party hook" if len(third_party) == 1 else "are third-party hooks"
    reasons = [hook.reason for hook in third_party if hook.reason]
    message = f"{_locations(third_party)} {verb}" + (f" ({reasons[0]})" if reasons else "")
    edited = [hook for hook in third_party if hook.edited]
    if edited:
        hint = f"move the changes to another hook and remove {_locations(edited)}, then try again"
        raise DlmGitError(f"cannot install: {message}", hint)
    hint = "add " + " and ".join(dict.fromkeys(hook.addition for hook in third_party))
    if state.supports_config_hooks(repository):
        hint += ", or keep it as it is and use --configured"
    if any(hook.state == "uncertain" for hook in third_party):
        hint += "; `dlm-git status --run` tests what it does now"
    raise DlmGitError(f"cannot install: {message}", hint)


def _refuse_second(hooks: Sequence[Hook]) -> None:
    """Raise DlmGitError for existing hooks: Git runs those of the config and the directory."""
    if hooks:
        verb = "runs" if len(hooks) == 1 else "run"
        raise DlmGitError(
            f"cannot install: {_locations(hooks)} already {verb} dlm-git",
            "remove them with `dlm-git uninstall`",
        )


def _locations(hooks: Sequence[Hook]) -> str:
    return ", ".join(f"'{hook.location}'" for hook in hooks)


def _existing_hooks(
    repository: Repository, directory: HooksDirectory, names: Collection[str]
) -> list[Hook]:
    scripts = state.script_hooks(repository, directory, names)
    renamed = state.legacy_hooks(repository, directory, names)
    return [*(hook for hook in scripts if hook.state != "missing"), *renamed]


def _created_directory(hooks: Sequence[Hook]) -> bool:
    """Return True if one of the hooks records that dlm-git created their directory."""
    scripts = [hook_script.parse_script(hook.data or b"") for hook in hooks]
    return any(script and script.created_directory for script in scripts)


def _texts(
    repository: Repository, directory: HooksDirectory, hooks: Sequence[Hook], program: str
) -> dict[str, bytes]:
    """Return the new content of each hook."""
    all_hooks = state.script_hooks(repository, directory, hook_script.HOOK_COMMANDS)
    created = not os.path.isdir(directory.real_path) or _created_directory(all_hooks)
    # another clone gets the script, but has dlm-git elsewhere
    program = "" if directory.portable else program
    return {
        hook.name: _newer(hook) or hook_script.script(hook.name, program, created_directory=created)
        for hook in hooks
    }


def _newer(hook: Hook) -> bytes | None:
    """Return the content of a hook that a later version of dlm-git wrote."""
    script = hook_script.parse_script(hook.data or b"")
    return hook.data if script and script.version > hook_script.VERSION else None


def _needs_update(hook: Hook, text: bytes) -> bool:
    return hook.state in ("missing", "not_executable") or (hook.is_own and hook.data != text)


def action(hook: Hook) -> Action:
    """Return what writing a hook does."""
    return "installed" if hook.state == "missing" else "updated"


def _write(directory: HooksDirectory, hooks: Sequence[Hook], texts: Mapping[str, bytes]) -> None:
    """Write all hooks; if one fails, restore the others."""
    written: list[Hook] = []
    try:
        for hook in hooks:
            if _write_hook(directory, hook.name, hook.data, texts[hook.name]):
                written.append(hook)
    except BaseException:
        for hook in written:
            with suppress(DlmGitError):  # the first error is the one to report
                _undo(directory, hook, texts[hook.name])
        raise


def _undo(directory: HooksDirectory, hook: Hook, text: bytes) -> None:
    """Bring a hook back that was written with a text."""
    if hook.data is None:
        _remove(directory, [hook.replace(data=text)])
    else:
        _write_hook(directory, hook.name, text, hook.data)


def _write_hook(directory: HooksDirectory, name: str, old: bytes | None, new: bytes) -> bool:
    """Write a hook; return False if another process has just written the same."""
    if old is not None:
        replace_file(directory.root, directory.relative_path, name, new, executable=True)
        return True
    if create_file(directory.root, directory.relative_path, name, new, executable=True):
        return True
    if read_file(directory.real_path, name) == new:
        return False
    location = os.path.join(directory.path, name)
    raise DlmGitError(f"another process has just written '{location}'", "run the command again")


def _remove(directory: HooksDirectory, hooks: Sequence[Hook]) -> None:
    """Remove hooks, and their directory if dlm-git created it and it is empty."""
    for hook in hooks:
        remove_file(directory.root, directory.relative_path, hook.name)
    if _created_directory(hooks):
        remove_directory(directory.root, directory.relative_path)


def _install_configured(
    repository: Repository, names: Collection[str], program: str
) -> list[HookChange]:
    require_config_hooks(repository.git, "install them as scripts, without --configured")
    scripts = state.script_hooks(repository, find_hooks_directory(repository), names)
    _refuse_second([hook for hook in scripts if hook.is_own])
    chained = {hook.name: hook for hook in scripts if hook.state == "chained"}
    existing = {hook.name: hook for hook in state.config_hooks(repository, names)} | chained
    hooks = [existing.get(name) or missing_section(name) for name in names]
    commands = {name: hook_script.config_command(name, program) for name in names}
    changed = [hook for hook in hooks if needs_configuration(hook, commands[hook.name])]
    _configure(repository, changed, commands)
    return [HookChange(hook, action(hook) if hook in changed else "") for hook in hooks]


def require_config_hooks(git: Git, hint: str) -> None:
    """Raise DlmGitError if this git does not run hooks in its config."""
    version = state.git_version(git)
    if version < state.CONFIG_HOOKS_SINCE:
        found = ".".join(map(str, version))
        needed = f"hooks in the config need git 2.54 or later, found git {found}"
        raise DlmGitError(f"cannot install: {needed}", hint)


def missing_section(name: str) -> Hook:
    """Return the place of a hook in Git's config."""
    return Hook(name, hook_script.config_section(name), "missing", configured=True)


def needs_configuration(hook: Hook, command: str) -> bool:
    """Return True unless a hook in Git's config runs a command already."""
    if hook.state == "chained":
        return False
    return hook.state != "installed" or hook.data != os.fsencode(command)


def _configure(repository: Repository, hooks: Sequence[Hook], commands: Mapping[str, str]) -> None:
    """Set the sections of all hooks; if one fails, remove the others."""
    write.unconfigure(repository, [hook.location for hook in hooks if hook.data is not None])
    try:
        for hook in hooks:
            values = {"command": commands[hook.name], "event": hook.name}
            write.configure(repository, hook.location, values)
    except BaseException:
        names = [hook.name for hook in hooks]
        with suppress(DlmGitError):  # the first error is the one to report
            present = state.config_hooks(repository, names)
            write.unconfigure(repository, [hook.location for hook in present])
        raise
