"""A fast reader for TOML as plain as `dlm-git init` and most authors write it.

It reads strings without escapes, arrays of such strings, and tables and arrays of tables with bare
names, without importing tomllib. For any other file, valid or not, it returns None. What it reads
is what tomllib reads: a test compares both.
"""

from __future__ import annotations

from dlm_git.regex import compile_late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# possessive, so that a line takes time in the order of its length
_SPACE = r"[ \t]*+"
_NAME = "[A-Za-z0-9_-]++"
_STRING = r"""(?:"[^"\\\n]*"|'[^'\n]*')"""
_COMMENT = r"#[^\n]*"
_GAP = rf"(?:[ \t\n]|{_COMMENT}\n)*+"  # in an array
_ARRAY = rf"\[{_GAP}(?:{_STRING}{_GAP},{_GAP})*+(?:{_STRING}{_GAP})?\]"
_LINE = compile_late(
    rf"{_SPACE}(?:({_NAME}){_SPACE}={_SPACE}({_STRING}|{_ARRAY})|\[(\[)?({_NAME})\](?(3)\]))?"
    rf"{_SPACE}(?:{_COMMENT})?(?:\n|\Z)"
)
_ITEM = compile_late(rf"{_STRING}|{_COMMENT}")
_MAX_BYTES = 64 * 1024


def load_plain(data: bytes) -> dict[str, Any] | None:
    """Return the table that tomllib reads from a plain file, None if the file is not plain."""
    if len(data) > _MAX_BYTES:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    # without controls such as CR; TOML allows every printable character
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        return None
    return _load(text)


def _load(text: str) -> dict[str, Any] | None:
    root: dict[str, Any] = {}
    table, arrays, at = root, set(), 0
    while at < len(text):
        line = _LINE.match(text, at)
        if not line:
            return None
        key, value, array, name = line.groups()
        if (key and key in table) or (name in root and not (array and name in arrays)):
            return None
        if key:
            table[key] = _value(value)
        elif array:
            arrays.add(name)
            root.setdefault(name, []).append(table := {})
        elif name:
            root[name] = table = {}
        at = line.end()
    return root


def _value(text: str) -> str | list[str]:
    if text[0] != "[":
        return text[1:-1]
    return [item[1:-1] for item in _ITEM.findall(text) if item[0] != "#"]
