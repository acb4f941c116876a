"""The lines of a text."""

from __future__ import annotations

from dlm_git.document.text import Text


def test_lines_of_an_ignore_file_end_at_more_characters() -> None:
    text = Text("ab\r\nc\x0cdef\n\nghij")
    spans = [text.line_span(number) for number in range(1, 6)]
    assert [text.raw[span.start : span.end] for span in spans] == ["ab", "c", "def", "", "ghij"]
