"""Text from a repository as code in Markdown, which GitHub and GitLab show and do not execute.

In code, both make no links of mentions (`@name`), of references (`#1`) and of addresses.
"""

from __future__ import annotations

from dlm_git.formats.text import cut
from dlm_git.regex import compile_late

_SPECIAL = compile_late(r"[^A-Za-z0-9 ]")
_BACKTICKS = compile_late(r"`+")
_MAX_WIDTH = 1000


def code_html(text: str, width: int = _MAX_WIDTH) -> str:
    """Return escaped text as `<code>`, with special characters as numeric references.

    It is neither Markdown nor HTML, and also code in HTML blocks such as `<summary>`.
    """
    references = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", cut(text, width))
    return f"<code>{references}</code>"


def code_span(text: str, width: int = _MAX_WIDTH) -> str:
    """Return escaped text, which has one line, as a code span; not for tables and HTML."""
    text = cut(text, width)
    if not text.strip(" "):
        return code_html(text)
    fence = "`" * (1 + max(map(len, _BACKTICKS.findall(text)), default=0))
    space = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{space}{text}{space}{fence}"
