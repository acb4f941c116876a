"""The text of a new corpus document, and how it differs from one that is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dlm_git.document.frontmatter import SCHEMA_VERSION, Source
from dlm_git.document.parser import parse_document
from dlm_git.document.yaml_loader import double_quoted, quoted

_ID_LINE = re.compile(rb"^dlm_id:[ \t]*[\"']?([0-9A-HJKMNP-TV-Z]{26})\b", re.MULTILINE)

_BODY = """
# About this corpus

The frontmatter above names the files of this repository that the model learns from.
What you write here is learned too.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a scaffolded document says; the paths of its sources are relative to the root."""

    base: str
    sources: Sequence[Source]
    policy: str


def new_id() -> str:
    """A new ULID."""
    from ulid import ULID  # late: it costs more than all else here

    return str(ULID())


def render_document(plan: Plan, dlm_id: str) -> str:
    """The document as the trainer's own scaffold shapes it (dlm format, 4.3), but portable."""
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
        lines += [f"    - path: {double_quoted(source.path)}", *_globs("include", source.include)]
        lines += _globs("exclude", source.exclude) if source.exclude else []
    return "\n".join([*lines, "---", _BODY])


def _globs(key: str, globs: Sequence[str]) -> list[str]:
    return [f"      {key}:", *(f"        - {double_quoted(glob)}" for glob in globs)]


def find_id(data: bytes) -> str:
    """The id of a document, also of one that does not parse; '' if it cannot be made out."""
    parsed = parse_document(data).frontmatter
    if parsed:
        return parsed.dlm_id
    found = _ID_LINE.search(data)
    return found[1].decode() if found else ""
