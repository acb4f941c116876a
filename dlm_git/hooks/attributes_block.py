"""The block of lines in a file of attributes that assigns the drivers (gitattributes(5))."""

from __future__ import annotations

import re

from dlm_git.errors import DlmGitError
from dlm_git.hooks.driver_commands import DRIVER
from dlm_git.regex import compile_late

LINES = (
    f"**/.dlm/*.dlm merge={DRIVER} diff={DRIVER}",
    f"**/.dlm/ignore merge={DRIVER}",
)
_BEGIN = "# >>> dlm-git drivers: `dlm-git uninstall --drivers` removes this block >>>"
_CREATED = "# dlm-git created this file"
_END = "# <<< dlm-git drivers <<<"
_BOM = b"\xef\xbb\xbf"
_MARKER = compile_late(
    rb"(?:^|(?<=\A\xef\xbb\xbf))# (>>>|<<<) dlm-git drivers\b[^\n]*(?:\n|\Z)", re.MULTILINE
)


def with_block(data: bytes | None) -> bytes:
    """Return a file of attributes with the current block.

    data: the file, None if it does not exist.

    A new block is the first, so that later lines take precedence, and removing it restores the
    file. Raises DlmGitError for a broken block.
    """
    block = _find_block(data or b"")
    created = data is None or (block is not None and _CREATED.encode() in data[slice(*block)])
    lines = [_BEGIN, *([_CREATED] if created else []), *LINES, _END]
    newline = "\r\n" if b"\r\n" in (data or b"") else "\n"
    text = "".join(f"{line}{newline}" for line in lines).encode()
    first = len(_BOM) if (data or b"").startswith(_BOM) else 0
    start, end = block or (first, first)
    return (data or b"")[:start] + text + (data or b"")[end:]


def without_block(data: bytes) -> bytes | None:
    """Return a file of attributes without the block, None if dlm-git created it for the block.

    Raises DlmGitError for a broken block.
    """
    block = _find_block(data)
    if not block:
        return data
    start, end = block
    rest = data[:start] + data[end:]
    created = _CREATED.encode() in data[start:end]
    return None if created and not rest else rest


def has_block(data: bytes) -> bool:
    """Return whether a file of attributes has a block; raises DlmGitError for a broken one."""
    return _find_block(data) is not None


def _find_block(data: bytes) -> tuple[int, int] | None:
    """Return the offsets at which the block begins and ends."""
    markers = list(_MARKER.finditer(data))
    if not markers:
        return None
    if [marker[1] for marker in markers] != [b">>>", b"<<<"]:
        raise DlmGitError(
            "broken block of `dlm-git install --drivers`: expected one '# >>>' line and one"
            " '# <<<' line",
            "remove the block from the file, then run the command again",
        )
    return markers[0].start(), markers[1].end()
