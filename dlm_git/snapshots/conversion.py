"""How a checkout converts the content that Git stores (gitattributes(5))."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from dlm_git.regex import compile_late
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

# `text` alone leaves the line ends to the config of each clone
ATTRIBUTES = ("filter", "ident", "working-tree-encoding", "eol", "text")
_WITHOUT_VALUE = ("unspecified", "unset", "set")
_UTF_8 = ("", "utf-8", "utf8")
# Git converts these in two ways, which differ only for a `$` right before or in an expansion
_IDENT = compile_late(rb"\$Id(?::[^\n$]?[^\n$ ]*+ ?)?\$")
_BARE_LF = compile_late(rb"(?<!\r)\n")
# Git converts no line ends in a content with more than one of these among 128 other bytes
_CONTROL = bytes({*range(32), 127} - {*b"\b\t\n\f\r\x1b"})
# encodings that Python converts to as iconv does; one with `-BOM` is Git's own
_KNOWN_ENCODING = compile_late(
    r"utf-?(16|32)([bl]e)?|(utf-?(?:16|32)[bl]e)-bom|iso-?8859-?\d+|latin-?\d|cp\d+|windows-?\d+"
    r"|shift[-_]?jis|sjis|euc-?(jp|kr)|gb2312|gbk|gb18030|big5|koi8-?[ru]|us-ascii",
    re.IGNORECASE,
)


class Conversion(Value):
    """The conversions of a file, as its attributes name them.

    filter: the name of a filter driver, a program that each clone configures, or ''.
    ident: whether `$Id$` becomes the object id.
    encoding: the encoding in the working tree, '' for UTF-8.
    crlf: whether line ends become CRLF: 'always', 'auto' for text only, or ''.
    """

    filter: str = ""
    ident: bool = False
    encoding: str = ""
    crlf: Literal["", "auto", "always"] = ""

    @classmethod
    def from_attributes(cls, values: Mapping[str, str]) -> Conversion:
        """Return the conversions that the values of ATTRIBUTES name, as Git prints the values."""
        filter_, ident, encoding, eol, text = (values.get(name, "unset") for name in ATTRIBUTES)
        crlf: Literal["", "auto", "always"] = "auto" if text == "auto" else "always"
        return cls(
            filter="" if filter_ in _WITHOUT_VALUE else filter_,
            ident=ident == "set",
            encoding="" if encoding.lower() in (*_WITHOUT_VALUE, *_UTF_8) else encoding,
            crlf=crlf if eol == "crlf" and text != "unset" else "",
        )

    @property
    def unapplied(self) -> str:
        """Return the attribute that `apply` does not follow, such as 'filter=git-crypt', or ''."""
        if self.filter:
            return f"filter={self.filter}"
        is_known = not self.encoding or _codec(self.encoding)
        return "" if is_known else f"working-tree-encoding={self.encoding}"

    def apply(self, data: bytes, oid: str) -> bytes:
        """Return the content that a checkout writes for the blob with an object id.

        No filter runs, and a content that cannot be converted stays the same.
        """
        if self.unapplied:
            return data
        if self.ident:
            data = _IDENT.sub(f"$Id: {oid} $".encode(), data)
        if self.crlf == "always" or (self.crlf and _is_text(data)):
            data = _BARE_LF.sub(b"\r\n", data)
        return _encode(data, self.encoding) if self.encoding and data else data


def expands_ident(data: bytes) -> bool:
    """Return whether the attribute `ident` changes a content."""
    return _IDENT.search(data) is not None


def _is_text(data: bytes) -> bool:
    """Return whether Git takes a content for text whose line ends are all LF."""
    if b"\r" in data or b"\0" in data:
        return False
    others = len(data.translate(None, _CONTROL))
    controls = len(data) - others - data.endswith(b"\x1a")
    return (others - data.count(b"\n")) >> 7 >= controls


def _codec(encoding: str) -> str:
    """Return Python's name of an encoding, '' if it has none."""
    match = _KNOWN_ENCODING.fullmatch(encoding)
    if not match:
        return ""
    try:
        return codecs.lookup(match[3] or encoding).name
    except LookupError:
        return ""


def _encode(data: bytes, encoding: str) -> bytes:
    bom = "\ufeff" if encoding.lower().endswith("-bom") else ""
    try:
        return (bom + data.decode()).encode(_codec(encoding))
    except UnicodeError:
        return data
