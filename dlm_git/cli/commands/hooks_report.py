"""The text that `dlm-git install`, `uninstall` and `status` print about hooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlm_git.formats.escape import escape_path
from dlm_git.hooks.install import HookChange
from dlm_git.hooks.state import Hook, State

_STATES: dict[State, str] = {
    "missing": "missing",
    "installed": "in place",
    "outdated": "outdated: `dlm-git install` updates it",
    "not_executable": "not executable, so Git does not run it",
    "disabled": "disabled in the config, or git is older than 2.54, so Git does not run it",
    "chained": "in place: a third-party hook that calls dlm-git",
    "third_party": "a third-party hook that does not call dlm-git",
}
_HELP = "  help: `dlm-git install` installs them, or prints the line to add\n"


def installed(changes: Iterable[HookChange]) -> str:
    """Return a line for each hook: the change, or the state that needed none."""
    return "".join(
        _line(change.hook, change.action or _STATES[change.hook.state]) for change in changes
    )


def uninstalled(changes: Iterable[HookChange]) -> str:
    """Return a line for each hook: removed, or why it is kept."""
    lines = [_line(change.hook, change.action or _kept(change.hook)) for change in changes]
    return "".join(lines) or "no hooks of dlm-git are installed\n"


def standing(hooks: Sequence[Hook]) -> str:
    """Return a line for each hook with its state, and a hint if dlm-git does not run for all."""
    lines = "".join(_line(hook, _STATES[hook.state]) for hook in hooks)
    running = {hook.name for hook in hooks if hook.runs}
    return lines if running.issuperset(hook.name for hook in hooks) else f"{lines}{_HELP}"


def _kept(hook: Hook) -> str:
    call = ": remove the line that calls dlm-git" if hook.state == "chained" else ""
    return f"kept, because it is a third-party hook{call}"


def _line(hook: Hook, text: str) -> str:
    return f"{escape_path(hook.location)}: {text}\n"
