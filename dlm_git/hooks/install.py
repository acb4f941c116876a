"""The errand of installing: put dlm-git's hooks where Git looks for them, and take them away."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from shlex import quote
from typing import Literal

from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, read_file, remove_directory, remove_file, replace_file
from dlm_git.git import write
from dlm_git.git.repository import Repository, find_repository
from dlm_git.hooks import script as hookscript
from dlm_git.hooks import state
from dlm_git.hooks.state import Hook, HooksDirectory

Action = Literal["installed", "brought up to date", "removed", ""]


@dataclass(frozen=True, slots=True)
class HookChange:
    """A hook as it stood, and what was done to it, '' if nothing."""

    hook: Hook
    action: Action = ""


def install(
    directory: str | os.PathLike[str] | None,
    names: Collection[str],
    program: str,
    *,
    configured: bool = False,
    force: bool = False,
) -> list[HookChange]:
    """Put hooks of these names into the repository around `directory`; they run `program`.

    They are scripts in the directory where Git looks for hooks, or with `configured` sections of
    the repository's config. What is there already and calls dlm-git stays as it is. All is looked
    at first: raises CannotCheck, with nothing written, where a hook belongs to somebody else, and,
    unless `force`, where hooks are not this repository's alone.
    """
    repository = _found(directory)
    if configured:
        return _install_configured(repository, names, program)
    _refuse_twice(state.config_hooks(repository, names))
    where = state.find_hooks_directory(repository)
    _refuse_elsewhere(where)
    standing = state.script_hooks(repository, where, names)
    _refuse_foreign(repository, standing)
    texts = _texts(
        where, standing, state.script_hooks(repository, where, hookscript.HOOK_COMMANDS), program
    )
    stale = [hook for hook in standing if _stale(hook, texts[hook.name])]
    if stale and where.shared_reason and not force:
        raise DlmGitError(
            f"cannot install: {where.shared_reason}", "--force installs there all the same"
        )
    _write(where, stale, texts)
    return [HookChange(hook, _done(hook) if hook in stale else "") for hook in standing]


def uninstall(
    directory: str | os.PathLike[str] | None, names: Collection[str], *, force: bool = False
) -> list[HookChange]:
    """Take the hooks of these names away, and a directory that was made for them.

    Other people's hooks stay, and those of dlm-git that somebody has changed. Raises CannotCheck,
    unless `force`, where hooks are not this repository's alone.
    """
    repository = _found(directory)
    where = state.find_hooks_directory(repository)
    unused = state.default_directory(repository)
    places = [where] if unused.real_path == where.real_path else [where, unused]
    standing = [(place, _all_of(repository, place, names)) for place in places]
    if where.shared_reason and not force and any(hook.is_own for hook in standing[0][1]):
        raise DlmGitError(
            f"cannot uninstall: {where.shared_reason}", "--force removes them all the same"
        )
    sections = state.config_hooks(repository, names)
    write.unconfigure(repository, [hook.location for hook in sections])
    for place, found in standing:
        _remove(place, [hook for hook in found if hook.is_own])
    everything = [*sections, *(hook for _, found in standing for hook in found)]
    return [HookChange(hook, "removed" if hook.is_own else "") for hook in everything]


def status(directory: str | os.PathLike[str] | None, names: Collection[str]) -> list[Hook]:
    """The hooks of these names as they stand, in the config or in the hooks directory."""
    repository = _found(directory)
    sections = {hook.name: hook for hook in state.config_hooks(repository, names)}
    found = state.script_hooks(repository, state.find_hooks_directory(repository), names)
    return [
        hook
        for script in found
        for hook in (sections.get(script.name), script)
        if hook and (hook.configured or hook.state != "missing" or script.name not in sections)
    ]


def find_program(argument: str, environ: Mapping[str, str]) -> str:
    """The absolute path of the command `dlm-git`, as this process was started or as PATH has it.

    Raises CannotCheck if there is none.
    """
    beside = [os.path.dirname(os.path.abspath(argument)), os.path.dirname(sys.executable)]
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join([*beside, *filter(os.path.isabs, entries)])
    found = shutil.which("dlm-git", path=path)
    if not found:
        reason = "there is no command 'dlm-git' for the hooks to run"
        raise DlmGitError(f"cannot install: {reason}", "add its directory to PATH")
    return found


def _found(directory: str | os.PathLike[str] | None) -> Repository:
    repository = find_repository(directory)
    if repository.bare:
        raise DlmGitError(
            "nothing is committed in a bare repository, so it needs no such hook",
            "`dlm-git pre-receive` is the one that judges what is pushed into it",
        )
    return repository


def _refuse_elsewhere(where: HooksDirectory) -> None:
    """A hooks path that is no directory, and that no directory can be made of."""
    if os.path.isdir(where.real_path):
        return
    if os.path.lexists(where.real_path):
        raise DlmGitError(
            f"cannot install: the hooks path '{where.path}' is not a directory",
            "`git config --show-origin core.hooksPath` tells who says so",
        )
    if not os.path.isdir(os.path.dirname(where.real_path)):
        raise DlmGitError(
            f"cannot install: the hooks path '{where.path}' is in no directory",
            f"`mkdir -p {quote(where.real_path)}`",
        )


def _refuse_foreign(repository: Repository, standing: Sequence[Hook]) -> None:
    foreign = [hook for hook in standing if hook.state == "foreign"]
    if not foreign:
        return
    places = ", ".join(f"'{hook.location}'" for hook in foreign)
    belong = "belongs" if len(foreign) == 1 else "belong"
    help_ = "add " + " and ".join(dict.fromkeys(map(_missing_line, foreign)))
    if state.runs_configured(repository):
        help_ += ", or let it stand and use --configured"
    raise DlmGitError(f"cannot install: {places} {belong} to something else", help_)


def _missing_line(hook: Hook) -> str:
    line = f"the line `{hookscript.call_line(hook.name)}`"
    if hook.manager is None:
        return f"{line} to '{hook.location}'"
    file = hook.manager.file.format(hook=hook.name)
    what = line if file != hook.manager.file else "the hook `dlm-git-check`"
    return f"{what} to '{file}', which {hook.manager.name} runs"


def _refuse_twice(there: Sequence[Hook]) -> None:
    """Git runs both, the hooks of the config and those of the hooks directory."""
    if there:
        places = ", ".join(f"'{hook.location}'" for hook in there)
        reason = f"cannot install: {places} would run twice"
        raise DlmGitError(reason, "`dlm-git uninstall` takes them away")


def _all_of(repository: Repository, where: HooksDirectory, names: Collection[str]) -> list[Hook]:
    scripts = state.script_hooks(repository, where, names)
    aside = state.legacy_hooks(repository, where, names)
    return [*(hook for hook in scripts if hook.state != "missing"), *aside]


def _made(standing: Sequence[Hook]) -> bool:
    owns = [hookscript.parse_script(hook.data or b"") for hook in standing]
    return any(own and own.created_directory for own in owns)


def _texts(
    where: HooksDirectory, standing: Sequence[Hook], everything: Sequence[Hook], program: str
) -> dict[str, bytes]:
    """What each hook is to hold."""
    made = not os.path.isdir(where.real_path) or _made(everything)
    # a path of this machine says nothing in another clone
    program = "" if where.portable else program
    return {
        hook.name: _newer(hook) or hookscript.script(hook.name, program, created_directory=made)
        for hook in standing
    }


def _newer(hook: Hook) -> bytes | None:
    own = hookscript.parse_script(hook.data or b"")
    return hook.data if own and own.version > hookscript.VERSION else None


def _stale(hook: Hook, text: bytes) -> bool:
    return hook.state in ("missing", "inert") or (hook.is_own and hook.data != text)


def _done(hook: Hook) -> Action:
    return "installed" if hook.state == "missing" else "brought up to date"


def _write(where: HooksDirectory, stale: Sequence[Hook], texts: Mapping[str, bytes]) -> None:
    """Write the hooks, or none of them."""
    written: list[Hook] = []
    try:
        for hook in stale:
            if _put(where, hook.name, hook.data, texts[hook.name]):
                written.append(hook)
    except BaseException:
        for hook in written:
            if hook.data is not None:
                _put(where, hook.name, texts[hook.name], hook.data)
        _remove(where, [replace(h, data=texts[h.name]) for h in written if h.data is None])
        raise


def _put(where: HooksDirectory, name: str, before: bytes | None, after: bytes) -> bool:
    """Write a hook; False if somebody else has just written the same."""
    if before is not None:
        replace_file(where.root, where.folder, name, after, executable=True)
        return True
    if create_file(where.root, where.folder, name, after, executable=True):
        return True
    if read_file(where.real_path, name) == after:
        return False
    place = os.path.join(where.path, name)
    raise DlmGitError(f"somebody else has just written '{place}'", "run it again")


def _remove(where: HooksDirectory, own: Sequence[Hook]) -> None:
    """Remove hooks, and their directory if it was made for them and nothing else is in it."""
    for hook in own:
        remove_file(where.root, where.folder, hook.name)
    if _made(own):
        remove_directory(where.root, where.folder)


def _install_configured(
    repository: Repository, names: Collection[str], program: str
) -> list[HookChange]:
    if not state.runs_configured(repository):
        has = ".".join(map(str, state.git_version(repository)))
        raise DlmGitError(
            f"cannot install: this is git {has}, and hooks in the config need git 2.54",
            "without --configured they are written as scripts",
        )
    scripts = state.script_hooks(repository, state.find_hooks_directory(repository), names)
    _refuse_twice([hook for hook in scripts if hook.is_own])
    calling = {hook.name: hook for hook in scripts if hook.state == "calls"}
    there = {hook.name: hook for hook in state.config_hooks(repository, names)} | calling
    standing = [there.get(name) or _unset(name) for name in names]
    commands = {name: hookscript.config_command(name, program) for name in names}
    stale = [hook for hook in standing if _differs(hook, commands[hook.name])]
    _configure(repository, stale, commands)
    return [HookChange(hook, _done(hook) if hook in stale else "") for hook in standing]


def _unset(name: str) -> Hook:
    return Hook(name, hookscript.config_section(name), "missing", configured=True)


def _differs(hook: Hook, command: str) -> bool:
    return hook.state != "calls" and (hook.state != "ours" or hook.data != os.fsencode(command))


def _configure(repository: Repository, stale: Sequence[Hook], commands: Mapping[str, str]) -> None:
    """Set the sections of the config, or add none of them."""
    old = [hook.location for hook in stale if hook.data is not None]
    write.unconfigure(repository, old)
    try:
        for hook in stale:
            values = {"command": commands[hook.name], "event": hook.name}
            write.configure(repository, hook.location, values)
    except BaseException:
        names = [hook.name for hook in stale]
        write.unconfigure(repository, [h.location for h in state.config_hooks(repository, names)])
        raise
