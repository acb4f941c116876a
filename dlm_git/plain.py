"""Values that plainly are in order, and so need no pydantic, whose import costs half a check."""

from __future__ import annotations


def is_text(value: object) -> bool:
    """Whether it is a string of visible characters: pydantic takes no lone surrogates, which are
    not printable."""
    return isinstance(value, str) and value.isprintable() and bool(value)


def texts(value: object) -> tuple[str, ...] | None:
    """A list of such strings, None if it is anything else."""
    if isinstance(value, list | tuple) and all(map(is_text, value)):
        return tuple(value)
    return None
