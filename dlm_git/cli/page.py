"""Markdown for a terminal: the paragraphs of a rule's page, with bold, italics and code."""

from __future__ import annotations

import re
from textwrap import fill

_CODE_OR_BOLD = re.compile(r"`([^`]+)`|\*\*([^*`]+)\*\*")
_ITALIC = re.compile(r"\*([^*].*)\*", re.DOTALL)


def render(text: str, columns: int, *, styled: bool) -> str:
    """Return paragraphs wrapped at words; unless they are styled, Markdown stays as it is.

    columns: the width to wrap at.
    """
    paragraphs = (
        fill(part, columns, break_long_words=False, break_on_hyphens=False)
        for part in text.split("\n\n")
    )
    return "\n\n".join(map(_style, paragraphs) if styled else paragraphs) + "\n"


def _style(paragraph: str) -> str:
    """Style a paragraph; each style ends for itself, so that code can be in italics."""
    inner = _CODE_OR_BOLD.sub(
        lambda match: f"\033[36m{match[1]}\033[39m" if match[1] else f"\033[1m{match[2]}\033[22m",
        paragraph,
    )
    italic = _ITALIC.fullmatch(inner)
    return f"\033[3m{italic[1]}\033[23m" if italic else inner
