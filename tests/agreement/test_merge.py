"""The trainer reads what a clean merge gives."""

from __future__ import annotations

from collections import Counter

from hypothesis import assume, given

from dlm_git.document.line_merge import Markers
from dlm_git.document.merge import merge_documents
from dlm_git.document.parser import parse_document
from tests.merges import versions
from tests.oracle import Oracle


@given(texts=versions())
def test_the_trainer_accepts_a_clean_merge(oracle: Oracle, texts: tuple[str, str, str]) -> None:
    assume(all(parse_document(text.encode()).accepted for text in texts))
    merged = merge_documents(*texts, Markers())
    assume(not merged.conflicts)
    answer = oracle.parse(merged.text.encode())
    assert answer["ok"], answer
    ours = parse_document(merged.text.encode()).body.sections
    found = Counter(section["section_id"] for section in answer["sections"])
    assert found == Counter(section.id for section in ours)
