"""Rules about what the trainer refuses or misreads in a document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dlm_git.document.frontmatter import SCHEMA_VERSION
from dlm_git.document.pairs import check_pairs
from dlm_git.document.parser import Document
from dlm_git.document.sections import BodyViolation
from dlm_git.document.yaml_fixes import fix_in_file
from dlm_git.report import Edit, Finding, Fix
from dlm_git.rules.context import RuleContext, finding
from dlm_git.rules.registry import rule
from dlm_git.validation import Violation

_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)


@rule("syntax")
def unparsable_document(case: RuleContext) -> Iterator[Finding]:
    """A document that the trainer cannot read at all.

    **Why.** `dlm train` stops at once: the file is not UTF-8, lacks one of its `---` lines, or its
    frontmatter is no YAML. Other rules are silent about such a file.

    **Example.** `include: [**/*.py]`: an unquoted `*` is an alias in YAML.

    **Fix.** Mend the place that is named; globs want quotes: `include: ["**/*.py"]`.
    """
    for path, document in case.documents.items():
        if document.parse_error and not _conflicts(document):
            broken = document.parse_error
            yield finding(path, broken.reason, broken.hint, document, broken.span, fix=broken.fix)


@rule("syntax")
def conflict_marker(case: RuleContext) -> Iterator[Finding]:
    """Markers of a merge conflict were left in a document.

    **Why.** In the body the trainer takes them for text and trains on both sides and the markers;
    in the frontmatter they are no YAML.

    **Example.** A line `<<<<<<< HEAD`.

    **Fix.** Keep the side that is right and delete the marker lines.
    """
    for path, document in case.documents.items():
        for marker in _conflicts(document):
            yield finding(
                path,
                f"conflict marker '{marker[0][:60]}'",
                "keep the side that is right and delete the marker lines",
                document,
                document.span(*marker.span()),
            )


@rule("syntax")
def duplicate_key(case: RuleContext) -> Iterator[Finding]:
    """A mapping of the frontmatter gives a key twice.

    **Why.** The trainer takes the last one and says nothing; a reader takes the first.

    **Example.** Two lines `base_model:` after a badly resolved conflict.

    **Fix.** Delete the one that is not meant.
    """
    for path, document in case.documents.items():
        for duplicate in document.tree.duplicates if document.tree else ():
            before = document.yaml_span(duplicate.first)
            yield finding(
                path,
                f"key '{duplicate.key}' is given again: this one wins over that of line"
                f" {before.line}",
                "delete the one that is not meant",
                document,
                document.yaml_span(duplicate.repeated),
                fix=document.fixer.remove_duplicate(duplicate) if document.fixer else None,
            )


@rule("syntax")
def unknown_key(case: RuleContext) -> Iterator[Finding]:
    """The frontmatter has a key that the trainer does not know.

    **Why.** The trainer refuses the whole document, at every depth, upper and lower case told
    apart.

    **Example.** `lora_rank: 8` for `lora_r: 8`.

    **Fix.** Write the key that is meant, or delete it.
    """
    for path, document, fault in _faults(case, "unknown"):
        *outer, key = fault.path
        where = f" in '{'.'.join(map(str, outer))}'" if outer else ""
        help_ = (
            f"did you mean '{fault.suggestion}'?"
            if fault.suggestion
            else "delete it: dlm refuses the file"
        )
        span = document.key_span(fault.path)
        fix = (
            document.fixer.rename_key(fault.path, fault.suggestion)
            if fault.suggestion and document.fixer
            else None
        )
        yield finding(path, f"unknown key '{key}'{where}", help_, document, span, fix=fix)


@rule("syntax")
def invalid_value(case: RuleContext) -> Iterator[Finding]:
    """A value of the frontmatter is missing, of the wrong type, or out of its range.

    **Why.** The trainer refuses the whole document.

    **Example.** `include: "*.py"` where a list is wanted; `lora_r: 0`.

    **Fix.** Write a value of the kind that the message names.
    """
    for path, document, fault in _faults(case, "key"):
        extent = document.tree.non_string_key(fault.path[:-1]) if document.tree else None
        span = document.yaml_span(extent) if extent else document.key_span(fault.path)
        message = "a key that YAML does not take for a string, which all keys are"
        yield finding(path, message, "quote it if it is meant, or delete it", document, span)
    for path, document, fault in _faults(case, "missing", "invalid"):
        key = ".".join(map(str, fault.path))
        help_ = (
            f"did you mean '{fault.suggestion}'?" if fault.suggestion else f"give {fault.expected}"
        )
        span = document.value_span(fault.path)
        if fault.kind == "missing":
            message = f"'{key}' is missing"
        else:
            written = document.source_text(fault.path)
            message = f"'{key}' is {_quoted(_short(written))}, not {fault.expected}"
        fix = (
            document.fixer.set_value(fault.path, fault.suggestion)
            if fault.suggestion and document.fixer
            else None
        )
        yield finding(path, message, help_, document, span, fix=fix)


@rule("syntax")
def unsupported_version(case: RuleContext) -> Iterator[Finding]:
    """The document is of a schema version that the trainer does not have.

    **Why.** Everybody with the released trainer is refused. `dlm_version` is that of the format,
    not of the program; a document without one is of version 1.

    **Example.** `dlm_version: 16`, written by a newer trainer.

    **Fix.** Write the newest version that the team's trainer reads.
    """
    for path, document, fault in _faults(case, "version"):
        yield finding(
            path,
            f"schema version {_short(document.source_text(fault.path))}"
            f" is not one of {fault.expected}",
            f"write 'dlm_version: {SCHEMA_VERSION}' if the rest of the document is of that version",
            document,
            document.value_span(fault.path),
            fix=document.fixer.set_value(fault.path, SCHEMA_VERSION, safe=False)
            if document.fixer
            else None,
        )


@rule("syntax")
def malformed_section(case: RuleContext) -> Iterator[Finding]:
    """A line of the body is a fence that the trainer refuses, or one that it overlooks.

    **Why.** A line such as `::note::` in prose, or an odd number of lines of three backticks, makes
    the trainer refuse the whole file. A fence with a space before or behind it is silently prose.

    **Example.** `::instruction:: ` with a space at the end.

    **Fix.** Write the fence alone on its line, or indent text that only looks like one.
    """
    for path, document in case.documents.items():
        for fault in (*document.body.violations, *document.body.lookalikes):
            span = document.span(fault.start, fault.end)
            yield finding(
                path, fault.reason, fault.hint, document, span, fix=_meant(fault, document)
            )


@rule("syntax")
def malformed_pair(case: RuleContext) -> Iterator[Finding]:
    """An instruction or preference section does not follow its grammar.

    **Why.** The trainer parses these sections only when it trains, and then stops. In dlm 0.10.0 a
    text ends at the first blank line, so an answer of two paragraphs is refused.

    **Example.** `### Q` without `### A`.

    **Fix.** Headers alone on their lines, in order, each followed by its text without blank lines.
    """
    for path, document in case.documents.items():
        for section in document.body.sections:
            fault = check_pairs(section.type, section.content)
            if fault:
                at = section.fence if fault.offset is None else section.start + fault.offset
                span = document.line_span(at)
                yield finding(path, fault.reason, fault.hint, document, span)


@rule("syntax")
def empty_body(case: RuleContext) -> Iterator[Finding]:
    """The document has no body, so nothing is trained.

    **Why.** The trainer looks at the body before it looks at the sources: without a section it says
    "nothing to train", exit code 0, however many files the sources name.

    **Example.** The scaffold's comment line was deleted.

    **Fix.** Write a line of prose below the frontmatter.
    """
    for path, document in case.documents.items():
        if (
            document.parse_error
            or document.body.sections
            or document.body.violations
            or not document.text
        ):
            continue
        end = len(document.text.normalized.rstrip("\n"))
        yield finding(
            path,
            "the body is empty, so dlm trains on nothing, not even on the sources",
            "write at least a line of prose below the frontmatter",
            document,
            document.span(max(end - 3, 0), end),
        )


@rule("syntax")
def undeclared_adapter(case: RuleContext) -> Iterator[Finding]:
    """A fence names an adapter that the frontmatter does not declare.

    **Why.** The section is meant for an adapter that does not exist; the trainer says nothing.

    **Example.** `::instruction#tone::` in a document without `training.adapters.tone`.

    **Fix.** Declare the adapter, or correct the name behind the `#`.
    """
    for path, document in case.documents.items():
        if document.frontmatter is None:
            continue
        declared = list(document.frontmatter.training.adapters or ["default"])
        for section in document.body.sections:
            if section.adapter and section.adapter not in declared:
                names = ", ".join(f"'{name}'" for name in declared)
                yield finding(
                    path,
                    f"adapter '{section.adapter}' is not declared",
                    f"declared: {names}; add it to 'training.adapters', or correct the name",
                    document,
                    document.line_span(section.fence),
                )


def _meant(fault: BodyViolation, document: Document) -> Fix | None:
    if not (fault.suggestion and document.text):
        return None
    edit = Edit(fault.start, fault.end, fault.suggestion)
    return fix_in_file(document.text, f"write '{fault.suggestion}'", [edit], safe=False)


def _conflicts(document: Document) -> list[re.Match[str]]:
    """The lines that open a conflict, and those that close one that was not opened."""
    text = document.text.normalized if document.text else ""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:  # at the speed of memory
        return []
    found = list(_CONFLICT.finditer(text))
    opened = any(marker[0].startswith("<") for marker in found)
    return [marker for marker in found if marker[0].startswith("<" if opened else ">")]


def _faults(case: RuleContext, *kinds: str) -> Iterator[tuple[str, Document, Violation]]:
    for path, document in case.documents.items():
        for fault in document.violations:
            if fault.kind in kinds:
                yield path, document, fault


def _quoted(written: str) -> str:
    return written if written[:1] in ("'", '"') and written else f"'{written}'"


def _short(value: str) -> str:
    return value if len(value) <= 60 else value[:59] + "…"
