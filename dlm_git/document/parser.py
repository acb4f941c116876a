"""A `.dlm` document: bytes to what the trainer makes of them, each with its place in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from dlm_git.document.frontmatter import Frontmatter, validate_frontmatter
from dlm_git.document.sections import Body, parse_body
from dlm_git.document.text import DecodeError, Text, decode
from dlm_git.document.yaml_fixes import YamlFixer, fix_in_file
from dlm_git.document.yaml_loader import Extent, YamlError, YamlTree, double_quoted, load_yaml
from dlm_git.report import Edit, Fix, Span
from dlm_git.validation import KeyPath, Violation

_NAME = re.compile(r"[*!&][\w-]+")  # that of an alias that is not there, perhaps
_BARE_GLOB = re.compile(r"[*!{@%`&|>][^'\"]{0,60}")
# a value that has the rest of its line for itself, and one between brackets
_BLOCK_VALUE = re.compile(
    r"\s*(?:- +)*(?:[\w-]+: +)?((?!\{.*:\s|[\[{]\s*$)[^\s\[#].*?(?<!,))\s*(?: #.*)?$"
)
_FLOW_VALUE = re.compile(r"((?:[^\s,\[\]{}]|\{[^\s{}]*\}|(?<=[^\s,\[{:])\[[^\s,\[\]]*\])+)")
_CLOSER = re.compile(r"^---$", re.MULTILINE)
_OPENER = "---\n"
_NO_BODY = Body()


@dataclass(frozen=True, slots=True)
class ParseError:
    """Why a document does not parse: the trainer gives up before it has looked at any key."""

    reason: str
    span: Span
    hint: str
    fix: Fix | None = None


@dataclass(frozen=True)
class Document:
    """What was read of a document. The trainer takes it if `accepted`.

    `text` is None where the bytes are not UTF-8; `tree` where the frontmatter is not to be had, and
    then `broken` says why; `frontmatter` where the schema refuses it, and then `faults` say why.
    """

    text: Text | None = None
    parse_error: ParseError | None = None
    tree: YamlTree | None = None
    frontmatter: Frontmatter | None = None
    violations: tuple[Violation, ...] = ()
    body: Body = _NO_BODY

    @property
    def accepted(self) -> bool:
        """Whether the trainer parses it."""
        return not (self.parse_error or self.violations or self.body.violations)

    @property
    def fixer(self) -> YamlFixer | None:
        """The frontmatter, as far as a program may change it."""
        if self.text is None or self.tree is None:
            return None
        return YamlFixer(self.text, self.tree, len(_OPENER))

    def value_span(self, path: KeyPath) -> Span | None:
        """Where the value at a path of keys stands: of a block its key, the parent's if missing."""
        if self.text is None or self.tree is None:
            return None
        key, value = self.tree.find(_as_written(path, self.tree))
        if value is None or not path or (key and "\n" in self._yaml[key.start : value.end]):
            return self.key_span(path)
        return self.yaml_span(value)

    def key_span(self, path: KeyPath) -> Span | None:
        """Where the key at the end of the path stands, or the nearest one around it."""
        if self.text is None or self.tree is None:
            return None
        if not path:
            return self.text.span(0, len(_OPENER) - 1)
        key, value = self.tree.find(_as_written(path, self.tree))
        extent = key or value
        return self.yaml_span(extent) if extent else self.key_span(path[:-1])

    def yaml_span(self, extent: Extent) -> Span:
        """The Span of an extent of the frontmatter."""
        return self.span(extent.start + len(_OPENER), extent.end + len(_OPENER))

    def span(self, start: int, end: int) -> Span:
        """The Span of a stretch of the text as the trainer sees it."""
        assert self.text is not None  # noqa: S101  (offsets come from nowhere else)
        return self.text.span(start, end)

    def line_span(self, offset: int) -> Span:
        """The Span from an offset to the end of its line."""
        assert self.text is not None  # noqa: S101  (offsets come from nowhere else)
        end = self.text.normalized.find("\n", offset)
        return self.text.span(offset, len(self.text.normalized) if end < 0 else end)

    def source_text(self, path: KeyPath) -> str:
        """The value at a path as it is written, on one line."""
        extent = self.tree.find(_as_written(path, self.tree))[1] if self.tree else None
        return " ".join(self._yaml[extent.start : extent.end].split()) if extent else ""

    @cached_property
    def _yaml(self) -> str:
        return self.text.normalized[len(_OPENER) :] if self.text else ""


def parse_document(data: bytes) -> Document:
    """Read a document as the trainer does (dlm format, 1 and 2). No input makes it raise."""
    text = decode(data)
    if isinstance(text, DecodeError):
        return Document(parse_error=ParseError(text.reason, text.span, "save the file as UTF-8"))
    opener, _, _ = text.normalized.partition("\n")
    if opener != "---":
        reason = f"expected '---' to open the frontmatter, found '{opener[:60]}'"
        hint = "begin the file with '---', the YAML keys, and another '---'"
        return Document(text, ParseError(reason, text.span(0, len(opener)), hint))
    closer = _CLOSER.search(text.normalized, len(_OPENER))
    if not closer:
        reason = "the frontmatter is opened here and never closed"
        return Document(text, ParseError(reason, text.span(0, 3), "end it with a line '---'"))
    yaml = text.normalized[len(_OPENER) : max(closer.start() - 1, len(_OPENER))]
    tree = load_yaml(yaml) if yaml.strip() else YamlTree({})
    if isinstance(tree, YamlError):
        at = len(_OPENER) + min(tree.offset, len(yaml))
        reason = f"the frontmatter is not YAML that dlm can load: {tree.reason}"
        return Document(
            text, ParseError(reason, text.span(at, at + 1), *yaml_hint(text, at, flow=tree.flow))
        )
    if not isinstance(tree.value, dict):
        reason = f"the frontmatter is not a mapping of keys but {_kind(tree.value)}"
        at = len(_OPENER)
        return Document(
            text, ParseError(reason, text.span(at, at), "write it as 'key: value' lines")
        )
    body = parse_body(text.normalized, min(closer.end() + 1, len(text.normalized)))
    result = validate_frontmatter(tree.value)
    if isinstance(result, Frontmatter):
        return Document(text, tree=tree, frontmatter=result, body=body)
    return Document(text, tree=tree, violations=result, body=body)


def _kind(value: object) -> str:
    return "empty" if value is None else "a list" if isinstance(value, list) else "a single value"


def yaml_hint(text: Text, offset: int, *, flow: bool) -> tuple[str, Fix | None]:
    """What helps against the YAML error at an offset of a text, and the fix, if there is one.
    `flow` tells whether that is between brackets.

    Most YAML errors of people are bare globs: `*`, `!`, `{`, `@`, `%` mean something there.
    """
    if text.normalized[offset : offset + 1] == "\t":
        return "YAML is indented with spaces: replace the tab", None
    place = text.span(offset, offset)
    line = text.line(place.line)
    start = offset - place.column + 1
    for word in (not flow and _BLOCK_VALUE.match(line), *_FLOW_VALUE.finditer(line)):
        if (
            word
            and word.start(1) < place.column <= word.end(1) + 1
            and _BARE_GLOB.fullmatch(word[1])
        ):
            edit = Edit(start + word.start(1), start + word.end(1), double_quoted(word[1]))
            title = f"quote '{word[1]}'"
            certain = "*" in word[1] and not _NAME.fullmatch(word[1])
            return f"quote the value: '{word[1]}'", fix_in_file(text, title, [edit], safe=certain)
    return "look at the YAML at that place; a value with special characters wants quotes", None


def _as_written(path: KeyPath, tree: YamlTree) -> KeyPath:
    """A path of the current schema, as a document of version 1 writes it (dlm format, 1.4)."""
    if path[:2] == ("training", "preference") and tree.find(path[:2])[1] is None:
        return ("training", "dpo", *(key for key in path[2:] if key != "hyperparams"))
    return path
