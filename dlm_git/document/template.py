"""The text of a new corpus document."""

from __future__ import annotations

from collections.abc import Sequence

from dlm_git.document.frontmatter import SCHEMA_VERSION, Source
from dlm_git.document.yaml_text import double_quoted, quoted
from dlm_git.errors import DlmGitError
from dlm_git.values import Value

_BODY = """
# About this corpus

The frontmatter above selects the files of this repository that the model trains on.
It also trains on the text that you write here.
"""


class Plan(Value):
    """The contents of a new document; the paths of its sources are relative to the root."""

    base: str
    sources: Sequence[Source]
    policy: str


def new_id() -> str:
    """Return a new ULID. Raises DlmGitError if the clock has a time that no ULID can have."""
    from ulid import ULID  # late: only `init` needs it

    try:
        return str(ULID())
    except (ValueError, OverflowError):
        message = "the clock is before the year 1970 or after 10889, and an id contains the time"
        raise DlmGitError(message, "set the clock of this system") from None


def render_document(plan: Plan, dlm_id: str) -> str:
    """Return a portable document in the form of the trainer's own scaffold (dlm format, 4.3)."""
    lines = [
        "---",
        f"dlm_id: {quoted(dlm_id)}",
        f"dlm_version: {SCHEMA_VERSION}",
        f"base_model: {quoted(plan.base)}",
        "training:",
        f"  sources_policy: {plan.policy}",
        "  sources:",
    ]
    for source in plan.sources:
        lines += [f"    - path: {double_quoted(source.path)}", *_list("include", source.include)]
        lines += _list("exclude", source.exclude) if source.exclude else []
    return "\n".join([*lines, "---", _BODY])


def _list(key: str, values: Sequence[str]) -> list[str]:
    return [f"      {key}:", *(f"        - {double_quoted(value)}" for value in values)]
