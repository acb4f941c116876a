"""Parsing a document: where errors are, and how far the trainer gets."""

from __future__ import annotations

import pytest

from dlm_git.config.load import Config
from dlm_git.document.parser import find_id, parse_document
from dlm_git.rules.engine import run_rules
from tests.fixes import fixed, sourced, state
from tests.support import GOOD, ID


@pytest.mark.parametrize(
    ("text", "stage", "extent"),
    [
        ("x\ny\n", 0, (1, 1, 1, 2)),
        ("----\ny\n", 0, (1, 1, 1, 5)),
        ("\n---\ny\n", 0, (1, 1, 1, 1)),
        ("---\na: b\n", 1, (1, 1, 1, 4)),
        ("---\na: b\n---  \n", 1, (3, 1, 3, 6)),
        ("---\na: ]\n---\n", 2, (2, 4, 2, 5)),
        ("---\n- a\n---\n", 3, (2, 1, 2, 1)),
    ],
)
def test_how_far_the_trainer_gets(text: str, stage: int, extent: tuple[int, ...]) -> None:
    error = parse_document(text.encode()).parse_error
    assert error
    assert error.stage == stage
    span = error.span
    assert (span.line, span.column, span.end_line, span.end_column) == extent


@pytest.mark.parametrize("text", ["-" * 99, f"---\na: b\n{'-' * 99}\n"])
def test_a_message_quotes_the_start_of_a_line(text: str) -> None:
    error = parse_document(text.encode()).parse_error
    assert error
    assert error.reason.endswith(f"found '{'-' * 60}'")


@pytest.mark.parametrize(
    ("text", "dlm_id"),
    [
        (GOOD, ID),
        (f"dlm_id: {ID}\n", ID),
        (f"---\ndlm_id:   '{ID}'\n<<<<<<<\n", ID),
        (f"---\n  dlm_id: {ID}\n[\n", ""),
        ("", ""),
    ],
)
def test_the_id_of_a_broken_document_is_found(text: str, dlm_id: str) -> None:
    assert find_id(text.encode()) == dlm_id


@pytest.mark.parametrize(
    ("before", "glob", "after"),
    [
        ("    - path: ", "*.d", "\n"),
        ("    - path: src\n      exclude:\n        - ", "*.log", "  # logs\n"),
        ("    - path: src\n      exclude:\n        - ", "*.md copy", "  # logs\n"),
        ("    - path: src\n      include: [a, ", "**/*.py", ", b]\n"),
        ("    - path: src\n      include: [&x,", "*.md", "]\n"),
        ("    - path: src\n      include: [", "*.md", ",**]\n"),
    ],
)
def test_the_glob_at_the_error_is_quoted(before: str, glob: str, after: str) -> None:
    text = sourced(*f"{before}{glob}{after}".splitlines())
    rest = after.replace("**", '"**"')  # which is fixed next
    quoted = sourced(*f'{before}"{glob}"{rest}'.splitlines())
    (finding, *_) = run_rules(state(text), Config()).findings
    assert finding.hint == f"quote the value: '{glob}'"
    assert finding.fix
    assert (finding.fix.title, finding.fix.safe) == (f"quote '{glob}'", True)
    assert fixed(text, Config()) == quoted


@pytest.mark.parametrize(
    ("dpo", "column"),
    [("{enabled: 7}", 18), ("{reference: x}", 20), ("{beta: 7}", 15), ("{loss_type: x}", 20)],
)
def test_the_place_of_a_value_in_version_1(dpo: str, column: int) -> None:
    text = GOOD.replace("dlm_version: 15", "dlm_version: 1")
    document = parse_document(text.replace("training:\n", f"training:\n  dpo: {dpo}\n").encode())
    (violation,) = document.violations
    assert violation.path[:2] == ("training", "preference")
    assert document.value_span(violation.path).column == column


def test_the_default_reference_of_version_1_has_another_name_now() -> None:
    text = GOOD.replace("dlm_version: 15", "dlm_version: 1")
    for reference in ("pre_dpo_adapter", "base"):
        dpo = f"training:\n  dpo: {{reference: {reference}}}\n"
        assert parse_document(text.replace("training:\n", dpo).encode()).accepted


def test_the_span_of_the_last_line_ends_with_the_text() -> None:
    document = parse_document(f"{GOOD}\n::nope::".encode())
    (violation,) = document.body.violations
    span = document.line_span(violation.start)
    assert (span.column, span.end_column) == (1, 9)
