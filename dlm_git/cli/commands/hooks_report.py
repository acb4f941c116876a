"""What `dlm-git install`, `uninstall` and `status` tell of the hooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dlm_git.formats.escape import escape_path
from dlm_git.hooks.install import HookChange
from dlm_git.hooks.state import Hook, State

_STATES: dict[State, str] = {
    "missing": "missing",
    "ours": "in place",
    "old": "in place, written by an older dlm-git",
    "inert": "not executable, so Git does not run it",
    "calls": "in place: not dlm-git's own, but it calls dlm-git",
    "foreign": "belongs to something else",
}
_HELP = "  help: `dlm-git install` puts them in place, or says what to add\n"


def installed(outcomes: Iterable[HookChange]) -> str:
    """What was done to each hook, or that nothing had to be."""
    return "".join(_line(each.hook, each.action or _state(each.hook)) for each in outcomes)


def uninstalled(outcomes: Iterable[HookChange]) -> str:
    """What was removed, and what stays."""
    lines = [_line(each.hook, each.action or _staying(each.hook)) for each in outcomes]
    return "".join(lines) or "no hook of dlm-git's is there\n"


def standing(hooks: Sequence[Hook]) -> str:
    """Where each hook is, and how it stands."""
    lines = "".join(_line(hook, _state(hook)) for hook in hooks)
    running = {hook.name for hook in hooks if hook.runs}
    return lines if running.issuperset(hook.name for hook in hooks) else f"{lines}{_HELP}"


def _state(hook: Hook) -> str:
    if hook.configured and hook.state == "inert":
        return "switched off, or this git is older than 2.54, so Git does not run it"
    return _STATES[hook.state]


def _staying(hook: Hook) -> str:
    calls = ", but it calls dlm-git: take that line out" if hook.state == "calls" else ""
    return f"stays, since it is not dlm-git's own{calls}"


def _line(hook: Hook, said: str) -> str:
    return f"{escape_path(hook.location)}: {said}\n"
