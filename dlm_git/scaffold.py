"""The text of a new corpus document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dlm_git import schema, yamltree

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}

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
        lines += [f"    - path: {_double(source.path)}", *_globs("include", source.include)]
        lines += _globs("exclude", source.exclude) if source.exclude else []
    return "\n".join([*lines, "---", _BODY])


def quoted(value: str) -> str:
    """A string as YAML 1.1 reads it back: bare where that is safe, else in double quotes."""
    plain = yamltree.load(value) if _PLAIN.fullmatch(value) else None
    return value if isinstance(plain, yamltree.Tree) and plain.value == value else _double(value)


def _globs(key: str, globs: Sequence[str]) -> list[str]:
    return [f"      {key}:", *(f"        - {_double(glob)}" for glob in globs)]


def _double(value: str) -> str:
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char != "\ufeff":
        return char
    code = ord(char)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
