"""Rules about what the trainer refuses or misreads in a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dlm_git.document.frontmatter import SCHEMA_VERSION
from dlm_git.document.pairs import pair_violations
from dlm_git.document.parser import Document
from dlm_git.document.sections import BodyViolation
from dlm_git.document.text import Text, fix_in_file
from dlm_git.regex import compile_late
from dlm_git.report import Edit, Finding, Fix
from dlm_git.rules.context import RuleContext
from dlm_git.rules.registry import rule
from dlm_git.validation import Violation

_CONFLICT = compile_late(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)
_MAX_SHOWN = 60  # characters of a value


@rule("syntax", fixable=True, since="0.1.0")
def unparsable_document(context: RuleContext) -> Iterator[Finding]:
    """The trainer cannot parse the document.

    **Why.** `dlm train` stops at once: the file is not UTF-8, one of its `---` lines is missing, or
    its frontmatter is not YAML. No other syntax rule checks such a file.

    **Example.** `include: [**/*.py]`: in YAML an unquoted `*` starts an alias.

    **Fix.** Correct the reported line. Quote globs: `include: ["**/*.py"]`.
    """
    for path, document in context.documents.items():
        error = document.parse_error
        if error and not _conflicts(document.text):
            yield context.finding(path, error.reason, error.hint, span=error.span, fix=error.fix)


@rule("syntax", each_corpus=True, since="0.1.0")
def conflict_marker(context: RuleContext) -> Iterator[Finding]:
    """The document or a `.dlm/ignore` contains markers of a merge conflict.

    **Why.** In the body, the trainer trains on both sides and on the markers; in the frontmatter,
    they are not YAML. In a `.dlm/ignore`, the lines of both sides apply.

    **Example.** A line `<<<<<<< HEAD`.

    **Fix.** Keep one side and delete the marker lines.
    """
    texts = {path: document.text for path, document in context.documents.items()}
    for config in context.corpus.lookup.directory_configs if context.corpus else ():
        texts[config.ignore_path] = config.ignore.text if config.ignore else None
    for path, text in texts.items():
        for marker in _conflicts(text):
            yield context.finding(
                path,
                f"conflict marker '{marker[0][:_MAX_SHOWN]}'",
                "keep one side and delete the marker lines",
                span=text.span(*marker.span()) if text else None,
                text=text,
            )


@rule("syntax", fixable=True, since="0.1.0")
def duplicate_key(context: RuleContext) -> Iterator[Finding]:
    """A key occurs twice in the same mapping of the frontmatter.

    **Why.** The trainer silently uses the last value; a reader may notice only the first.

    **Example.** Two lines `base_model:` after a badly resolved merge conflict.

    **Fix.** Delete one of them.
    """
    for path, document in context.documents.items():
        tree = document.tree
        if not (tree and tree.duplicates):
            continue
        from dlm_git.rules.violations import invalid_keys  # late: for findings

        fixer = document.fixer
        invalid = invalid_keys(document.violations, tree)
        for duplicate in tree.duplicates:
            first = document.yaml_span(duplicate.first)
            yield context.finding(
                path,
                f"duplicate key '{_shortened(duplicate.key)}': dlm uses this value, not the one on"
                f" line {first.line}",
                "delete one of them",
                span=document.yaml_span(duplicate.repeated),
                fix=fixer.remove_duplicate(duplicate, invalid),
            )


@rule("syntax", fixable=True, since="0.1.0")
def unknown_key(context: RuleContext) -> Iterator[Finding]:
    """The frontmatter has a key that the trainer does not know.

    **Why.** The trainer refuses the whole document. Keys are case-sensitive.

    **Example.** `lora_rank: 8` instead of `lora_r: 8`.

    **Fix.** Correct the key, or delete it.
    """
    for path, document, violation, fix in _violations(context, "unknown"):
        *parents, key = violation.path
        where = f" in '{_dotted(parents)}'" if parents else ""
        yield context.finding(
            path,
            f"unknown key '{_shortened(str(key))}'{where}",
            violation.hint("delete it: dlm refuses documents with unknown keys"),
            span=document.key_span(violation.path),
            fix=fix,
        )


@rule("syntax", fixable=True, since="0.1.0")
def invalid_value(context: RuleContext) -> Iterator[Finding]:
    """A frontmatter value is missing, has the wrong type, or is out of range.

    **Why.** The trainer refuses the whole document.

    **Example.** `include: "*.py"`, which must be a list; `lora_r: 0`.

    **Fix.** Write a value as the message describes it.
    """
    for path, document, violation, _ in _violations(context, "key"):
        extent = document.tree.nodes.non_string_key(violation.path[:-1]) if document.tree else None
        span = document.yaml_span(extent) if extent else document.key_span(violation.path)
        message = "the key is not a string in YAML"
        yield context.finding(path, message, "quote it, or delete it", span=span)
    for path, document, violation, fix in _violations(context, "missing", "invalid"):
        yield context.finding(
            path,
            _value_message(document, violation),
            violation.hint(f"write {violation.expected}"),
            span=document.value_span(violation.path),
            fix=fix,
        )


@rule("syntax", fixable=True, since="0.1.0")
def unsupported_version(context: RuleContext) -> Iterator[Finding]:
    """The trainer does not support the schema version of the document.

    **Why.** The released trainer refuses the document. `dlm_version` is the version of the format,
    not of the program; a document without it has version 1.

    **Example.** `dlm_version: 16`, written by a newer trainer.

    **Fix.** Write the newest version that your team's trainer supports.
    """
    for path, document, violation, _ in _violations(context, "version"):
        fixer = document.fixer
        version = _shortened(document.source_text(violation.path))
        yield context.finding(
            path,
            f"expected a schema version from {violation.expected}, found {version}",
            f"write `dlm_version: {SCHEMA_VERSION}` if the rest of the document has that version",
            span=document.value_span(violation.path),
            fix=fixer.set_value(violation.path, SCHEMA_VERSION, safe=False),
        )


@rule("syntax", fixable=True, since="0.1.0")
def malformed_section(context: RuleContext) -> Iterator[Finding]:
    """A line of the body is a malformed fence.

    **Why.** The trainer refuses the whole file because of a line such as `::note::` in prose, or an
    odd number of lines of three backticks. A fence with a space before or after it silently becomes
    prose.

    **Example.** `::instruction:: ` with a space at the end.

    **Fix.** Write the fence alone on its line. Indent text that only looks like a fence.
    """
    for path, document in context.documents.items():
        for violation in (*document.body.violations, *document.body.lookalikes):
            yield context.finding(
                path,
                violation.reason,
                violation.hint,
                span=document.span(violation.start, violation.end),
                fix=_fence_fix(violation, document),
            )


@rule("syntax", since="0.1.0")
def malformed_pair(context: RuleContext) -> Iterator[Finding]:
    """An instruction or preference section does not follow its grammar.

    **Why.** The trainer parses these sections late, when training starts, and then stops. In dlm
    0.10.0 a text ends at the first blank line, so an answer of two paragraphs is refused.

    **Example.** `### Q` without `### A`.

    **Fix.** Write the headers in order, each alone on its line, followed by its text without blank
    lines.
    """
    for path, document in context.documents.items():
        text = document.text.normalized if document.text else ""
        for section, violation in pair_violations(text, document.body.sections):
            offset = violation.offset
            span = document.line_span(section.fence if offset is None else section.start + offset)
            yield context.finding(path, violation.reason, violation.hint, span=span)


@rule("syntax", since="0.1.0")
def empty_body(context: RuleContext) -> Iterator[Finding]:
    """The document has no body, so the trainer trains on nothing.

    **Why.** The trainer reads the body before the sources. Without a section it prints "nothing to
    train" and exits with 0, however many files the sources select.

    **Example.** The comment below the frontmatter of a new document was deleted.

    **Fix.** Write a line of prose below the frontmatter.
    """
    for path, document in context.documents.items():
        body = document.body
        if document.text and not (document.parse_error or body.sections or body.violations):
            end = len(document.text.normalized.rstrip("\n"))
            yield context.finding(
                path,
                "the body is empty: dlm trains on nothing, not even on the sources",
                "write at least one line of prose below the frontmatter",
                span=document.span(max(end - 3, 0), end),
            )


@rule("syntax", since="0.1.0")
def undeclared_adapter(context: RuleContext) -> Iterator[Finding]:
    """A fence names an adapter that the frontmatter does not declare.

    **Why.** The trainer does not complain, but the section does not train the adapter it was
    written for.

    **Example.** `::instruction#tone::` in a document without `training.adapters.tone`.

    **Fix.** Declare the adapter, or correct the name after the `#`.
    """
    for path, document in context.documents.items():
        if document.frontmatter is None:
            continue
        declared = list(document.frontmatter.training.adapters or ["default"])
        for section in document.body.sections:
            if section.adapter and section.adapter not in declared:
                names = " or ".join(f"'{name}'" for name in declared)
                yield context.finding(
                    path,
                    f"adapter '{section.adapter}' is not declared",
                    f"declare it under `training.adapters`, or write {names}",
                    span=document.line_span(section.fence),
                )


def _conflicts(text: Text | None) -> list[re.Match[str]]:
    """Return the lines that open a conflict, or, if none does, those that close one."""
    normalized = text.normalized if text else ""
    # faster than the expression; of a text without the character, faster than the marker
    if not any(mark in normalized and mark * 7 in normalized for mark in "<>"):
        return []
    markers = list(_CONFLICT.finditer(normalized))
    opening = [marker for marker in markers if marker[0].startswith("<")]
    return opening or markers


def _violations(
    context: RuleContext, *kinds: str
) -> Iterator[tuple[str, Document, Violation, Fix | None]]:
    """Yield the violations of these kinds in all documents, each with its document and its fix."""
    for path, document in context.documents.items():
        if not document.violations:
            continue
        from dlm_git.rules.violations import with_fixes  # late: for findings

        for violation, fix in with_fixes(document):
            if violation.kind in kinds:
                yield path, document, violation, fix


def _value_message(document: Document, violation: Violation) -> str:
    key = _dotted(violation.path)
    if violation.kind == "missing":
        return f"'{key}' is missing"
    value = _shortened(document.source_text(violation.path))
    quoted = value if value.startswith(("'", '"')) else f"'{value}'"
    return f"'{key}': expected {violation.expected}, found {quoted}"


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(_shortened(str(step)) for step in path)


def _shortened(value: str) -> str:
    return value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 1] + "…"


def _fence_fix(violation: BodyViolation, document: Document) -> Fix | None:
    if not (violation.suggestion and document.text):
        return None
    edit = Edit(violation.start, violation.end, violation.suggestion)
    title = f"write '{violation.suggestion}'"
    return fix_in_file(document.text, title, [edit], safe=False)
