"""A `.dlm` document as the trainer parses it, with the position of everything in the file."""

from __future__ import annotations

import re
from functools import cached_property

from dlm_git.document.frontmatter import Frontmatter, validate_frontmatter
from dlm_git.document.names import ULID
from dlm_git.document.sections import Body, parse_body
from dlm_git.document.text import DecodeError, Extent, Text, decode, fix_in_file
from dlm_git.document.yaml_tree import YamlTree, load_yaml
from dlm_git.regex import compile_late
from dlm_git.report import Edit, Fix, Span
from dlm_git.validation import KeyPath, Violation
from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dlm_git.document.yaml_fixes import YamlFixer

_OPENER = "---\n"
_CLOSER = compile_late(r"^---$", re.MULTILINE)
# lines meant as a closer; YAML takes the first two kinds as the end of its text
_YAML_CLOSER = compile_late(r"^(?:---[^\S\n]+|\.\.\.[^\S\n]*)$", re.MULTILINE)
# `--- # end` and other numbers of dashes, some of which an editor has replaced by a long one
_DASHES = r"[ \t\ufeff]*(?:[-\u2013\u2014]{2,}|[\u2013\u2014])[ \t]*(?:#.*)?"
_NEAR_CLOSER = compile_late(rf"{_YAML_CLOSER.pattern}|^{_DASHES}$", re.MULTILINE)
_NEAR_OPENER = compile_late(rf"{_DASHES}(?=\n|\Z)")
_BLANK_LINES = compile_late(r"\s*\n(?=---\n)")
_ID_LINE = compile_late(rb"^dlm_id:[ \t]*[\"']?(%b)\b" % ULID.pattern.encode(), re.MULTILINE)
_BARE_GLOB = compile_late(r"[*!{@%`&|>][^'\"]{0,60}")
_ALIAS_ANCHOR_OR_TAG = compile_late(r"[*!&][\w-]+")
# the value in a line of a block collection, and one inside brackets or braces
_BLOCK_VALUE = compile_late(
    r"\s*(?:- +)*(?:[\w-]+: +)?((?!\{.*:\s|[\[{]\s*$)[^\s\[#].*?(?<!,))\s*(?: #.*)?$"
)
_FLOW_VALUE = compile_late(r"((?:[^\s,\[\]{}]|\{[^\s{}]*\}|(?<=[^\s,\[{:])\[[^\s,\[\]]*\])+)")
_MAX_LINE = 2000  # characters of a line in which to look for a glob
_GENERAL_HINT = "check the indentation, and quote values with special characters"
_NO_BODY = Body()


class ParseError(Value):
    """The reason why the trainer stops before it validates any key.

    reason: the problem.
    span: where it is.
    hint: how to solve it.
    fix: a change that solves it.
    stage: how far the trainer gets: 0 to the first line, 1 to the end of the frontmatter, 2 to its
        YAML, 3 to the value of the YAML.
    """

    reason: str
    span: Span
    hint: str
    fix: Fix | None = None
    stage: int = 2


class Document(Value):
    """A parsed document.

    text: None if the bytes are not UTF-8.
    parse_error: the reason why there is no frontmatter to validate.
    tree: the loaded frontmatter, None if there is a `parse_error`.
    frontmatter: the validated frontmatter, None if there are `violations`.
    violations: why the schema refuses the frontmatter.
    body: the sections.
    closer: the extent of the '---' that closes the frontmatter.
    """

    text: Text | None = None
    parse_error: ParseError | None = None
    tree: YamlTree | None = None
    frontmatter: Frontmatter | None = None
    violations: tuple[Violation, ...] = ()
    body: Body = _NO_BODY
    closer: Extent | None = None

    @property
    def frontmatter_text(self) -> str:
        """Return the lines between the two '---', '' if there are not two."""
        text, closer = self.text, self.closer
        return text.normalized[len(_OPENER) : closer.start] if text and closer else ""

    @property
    def body_text(self) -> str:
        """Return the lines after the frontmatter."""
        text, closer = self.text, self.closer
        return text.normalized[closer.end + 1 :] if text and closer else ""

    @property
    def accepted(self) -> bool:
        """Return whether the trainer can parse the document."""
        return not (self.parse_error or self.violations or self.body.violations)

    @cached_property
    def fixer(self) -> YamlFixer:
        """The source of fixes for a frontmatter that can be loaded."""
        from dlm_git.document.yaml_fixes import YamlFixer  # late: it imports PyYAML

        text, tree = self._loaded()
        return YamlFixer(text, self._yaml, tree.nodes, len(_OPENER))

    def value_span(self, path: KeyPath) -> Span:
        """Return the Span of the value at a path.

        For a value of several lines it is the Span of its key, for a missing one of its parent's.
        """
        _, tree = self._loaded()
        key, value = tree.find(_source_path(path, tree))
        if value is None or not path or (key and "\n" in self._yaml[key.start : value.end]):
            return self.key_span(path)
        return self.yaml_span(value)

    def key_span(self, path: KeyPath) -> Span:
        """Return the Span of the last key of a path, or of the nearest key around it."""
        text, tree = self._loaded()
        if not path:
            return text.span(0, len(_OPENER) - 1)
        key, value = tree.find(_source_path(path, tree))
        extent = key or value
        return self.yaml_span(extent) if extent else self.key_span(path[:-1])

    def _loaded(self) -> tuple[Text, YamlTree]:
        """Return the text and the tree of a frontmatter that can be loaded."""
        assert self.text  # noqa: S101
        assert self.tree  # noqa: S101
        return self.text, self.tree

    def yaml_span(self, extent: Extent) -> Span:
        """Return the Span of an extent of the frontmatter."""
        return self.span(extent.start + len(_OPENER), extent.end + len(_OPENER))

    def span(self, start: int, end: int) -> Span:
        """Return the Span of a range of the normalized text."""
        assert self.text is not None  # noqa: S101  (without a text there are no offsets)
        return self.text.span(start, end)

    def line_span(self, offset: int) -> Span:
        """Return the Span from an offset to the end of its line."""
        assert self.text is not None  # noqa: S101  (without a text there are no offsets)
        end = self.text.normalized.find("\n", offset)
        return self.text.span(offset, len(self.text.normalized) if end < 0 else end)

    def source_text(self, path: KeyPath) -> str:
        """Return the YAML source of the value at a path, joined into one line."""
        extent = self.tree.find(_source_path(path, self.tree))[1] if self.tree else None
        return " ".join(self._yaml[extent.start : extent.end].split()) if extent else ""

    @cached_property
    def _yaml(self) -> str:
        return self.text.normalized[len(_OPENER) :] if self.text else ""


def parse_document(data: bytes) -> Document:
    """Parse a document as the trainer does (dlm format, 1 and 2). Every problem is a value."""
    text = decode(data)
    if isinstance(text, DecodeError):
        return Document(parse_error=ParseError(text.reason, text.span, "save the file as UTF-8"))
    closer = _find_closer(text)
    if isinstance(closer, ParseError):
        return Document(text, closer)
    tree = _load_frontmatter(text, max(closer.start - 1, len(_OPENER)))
    if isinstance(tree, ParseError):
        return Document(text, tree, closer=closer)
    if not isinstance(tree.value, dict):
        return Document(text, _not_a_mapping(text, tree.value), closer=closer)
    body = parse_body(text.normalized, min(closer.end + 1, len(text.normalized)))
    result = validate_frontmatter(tree.value)
    if isinstance(result, Frontmatter):
        return Document(text, tree=tree, frontmatter=result, body=body, closer=closer)
    return Document(text, tree=tree, violations=result, body=body, closer=closer)


def find_id(data: bytes) -> str:
    """Return the `dlm_id` of a document, even of one that does not parse; '' if it has none."""
    frontmatter = parse_document(data).frontmatter
    if frontmatter:
        return frontmatter.dlm_id
    match = _ID_LINE.search(data)
    return match[1].decode() if match else ""


def yaml_hint(text: Text, yaml: Extent, offset: int, *, flow: bool) -> tuple[str, Fix | None]:
    """Return a hint, and perhaps a fix, for a YAML error at an offset of a text.

    `yaml` is the extent of the YAML in the text. `flow` tells whether the offset is inside brackets
    or braces. The most common YAML error in documents is a glob without quotes: `*`, `!`, `{`, `@`
    and `%` have a meaning in YAML.
    """
    from dlm_git.document.yaml_text import double_quoted  # late: for errors

    if text.normalized[offset : offset + 1] == "\t":
        return "replace the tab: YAML is indented with spaces", None
    position = text.span(offset, offset)
    line = text.line(position.line)
    if len(line) > _MAX_LINE:
        return _GENERAL_HINT, None
    start = offset - position.column + 1
    for value in (not flow and _BLOCK_VALUE.match(line), *_FLOW_VALUE.finditer(line)):
        if (
            value
            and value.start(1) < position.column <= value.end(1) + 1
            and _BARE_GLOB.fullmatch(value[1])
        ):
            edit = Edit(start + value.start(1), start + value.end(1), double_quoted(value[1]))
            certain = "*" in value[1] and not _ALIAS_ANCHOR_OR_TAG.fullmatch(value[1])
            edits = [edit] if _gets_further(text.normalized, yaml, offset, edit) else []
            fix = fix_in_file(text, f"quote '{value[1]}'", edits, safe=certain)
            return f"quote the value: '{value[1]}'", fix
    return _GENERAL_HINT, None


def _gets_further(text: str, yaml: Extent, offset: int, edit: Edit) -> bool:
    """Return whether the YAML loads beyond an offset if it is edited."""
    tree = load_yaml(text[yaml.start : edit.start] + edit.text + text[edit.end : yaml.end])
    return isinstance(tree, YamlTree) or yaml.start + tree.offset > offset


def _find_closer(text: Text) -> Extent | ParseError:
    """Return the extent of the line that ends the frontmatter (dlm format, 1.2)."""
    end = text.normalized.find("\n")
    opener = text.normalized if end < 0 else text.normalized[:end]
    if opener != "---":
        reason = f"expected '---' to open the frontmatter, found '{opener[:60]}'"
        span = text.span(0, len(opener))
        if _NEAR_OPENER.match(text.normalized):
            return ParseError(reason, span, *_write_dashes(text, Extent(0, len(opener))), stage=0)
        if blank := _BLANK_LINES.match(text.normalized):
            title = "delete the empty lines above '---'"
            fix = fix_in_file(text, title, [Edit(0, blank.end(), "")], safe=True)
            return ParseError(reason, span, title, fix, stage=0)
        hint = "begin the file with '---', the YAML keys, and another '---'"
        return ParseError(reason, span, hint, stage=0)
    closer = _CLOSER.search(text.normalized, len(_OPENER))
    if not closer:
        if near := _NEAR_CLOSER.search(text.normalized, len(_OPENER)):
            return _wrong_closer(text, Extent(*near.span()))
        reason = "the frontmatter that opens here is not closed"
        return ParseError(reason, text.span(0, 3), "close it with a line '---'", stage=1)
    return Extent(*closer.span())


def _wrong_closer(text: Text, line: Extent) -> ParseError:
    source = text.normalized[line.start : line.end]
    reason = f"expected '---' to close the frontmatter, found '{source[:60]}'"
    return ParseError(reason, text.span(line.start, line.end), *_write_dashes(text, line), stage=1)


def _write_dashes(text: Text, line: Extent) -> tuple[str, Fix | None]:
    """Return the hint and the fix that make '---' of a line."""
    certain = text.normalized[line.start : line.end].strip() == "---"
    edit = Edit(line.start, line.end, "---")
    return "write '---', with nothing else on the line", fix_in_file(
        text, "write '---'", [edit], safe=certain
    )


def _load_frontmatter(text: Text, end: int) -> YamlTree | ParseError:
    """Load the YAML up to an offset (dlm format, 1.3)."""
    start = len(_OPENER)
    yaml = text.normalized[start:end]
    tree = load_yaml(yaml) if yaml.strip() else YamlTree("", {})
    if isinstance(tree, YamlTree):
        return tree
    offset = start + min(tree.offset, len(yaml))
    near = _YAML_CLOSER.search(text.normalized, start, end)
    if near and near.start() <= offset:  # YAML ends there, and a later '---' closes
        return _wrong_closer(text, Extent(*near.span()))
    reason = f"cannot load the frontmatter as YAML: {tree.reason}"
    hint, fix = yaml_hint(text, Extent(start, end), offset, flow=tree.flow)
    return ParseError(reason, text.span(offset, offset + 1), hint, fix)


def _not_a_mapping(text: Text, value: object) -> ParseError:
    kind = "nothing" if value is None else "a list" if isinstance(value, list) else "a single value"
    span = text.span(len(_OPENER), len(_OPENER))
    reason = f"expected a mapping in the frontmatter, found {kind}"
    return ParseError(reason, span, "write it as 'key: value' lines", stage=3)


def _source_path(path: KeyPath, tree: YamlTree) -> KeyPath:
    """Return the path that a document of version 1 has for one of the current schema (1.4)."""
    if path[:2] == ("training", "preference") and tree.find(path[:2])[1] is None:
        return ("training", "dpo", *(key for key in path[2:] if key != "hyperparams"))
    return path
