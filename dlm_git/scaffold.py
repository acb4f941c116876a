"""The text of a new corpus document, and how it differs from one that is there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import normpath

from dlm_git import document, schema
from dlm_git.yamltree import double_quoted, quoted

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
    sources: Sequence[schema.Source]
    policy: str


def new_id() -> str:
    """A new ULID."""
    from ulid import ULID  # late: it costs more than all else here

    return str(ULID())


def text(plan: Plan, dlm_id: str) -> str:
    """The document as the trainer's own scaffold shapes it (dlm format, 4.3), but portable."""
    lines = [
        "---",
        f"dlm_id: {quoted(dlm_id)}",
        f"dlm_version: {schema.VERSION}",
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


def id_of(data: bytes) -> str:
    """The id of a document, also of one that does not parse; '' if it cannot be made out."""
    parsed = document.parse(data).frontmatter
    if parsed:
        return parsed.dlm_id
    found = _ID_LINE.search(data)
    return found[1].decode() if found else ""


def difference(frontmatter: schema.Frontmatter, wanted: Mapping[str, object]) -> list[str]:
    """In what a document is not what is wanted: any of base, policy, sources, include, exclude."""
    declared = frontmatter.training.sources or ()
    have: dict[str, object] = {
        "base": frontmatter.base_model,
        "policy": frontmatter.training.sources_policy,
        "sources": sorted({normpath(source.path) for source in declared}),
        "include": sorted({glob for source in declared for glob in source.include}),
        "exclude": sorted({glob for source in declared for glob in source.exclude}),
    }
    want = {k: sorted(set(v)) if isinstance(v, list | tuple) else v for k, v in wanted.items()}
    return [f"{key} is {have[key]!r}, not {want[key]!r}" for key in want if want[key] != have[key]]


def dropped(old: bytes, new: str) -> tuple[str, ...]:
    """What an old document says and the one in its place does not."""
    before, after = document.parse(old), document.parse(new.encode())
    told = [] if id_of(old) else ["its id, which cannot be read"]
    if before.broken:
        return (*told, "all it said: it did not parse")
    told += [f"'{key}'" for key in sorted(_keys(before) - _keys(after))]
    count = len(before.body.sections)
    if count and _contents(before) != _contents(after):
        told.append(f"the body of {count} section{'s' if count > 1 else ''}")
    return tuple(told)


def _contents(parsed: document.Document) -> list[str]:
    return [section.content for section in parsed.body.sections]


def _keys(parsed: document.Document) -> set[str]:
    value = parsed.tree.value if parsed.tree else None
    if not isinstance(value, dict):
        return set()
    training = value.get("training")
    inner = {f"training.{key}" for key in training} if isinstance(training, dict) else set()
    return {str(key) for key in value} | inner
