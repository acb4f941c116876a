"""Translations, reports and merges are as they are recorded."""

from __future__ import annotations

import pytest

from tests.recorded import KINDS, Case, recorded

CASES = [
    pytest.param(kind, case, id=f"{kind} {number}")
    for kind in KINDS
    for number, case in enumerate(recorded(kind))
]


@pytest.mark.parametrize(("kind", "case"), CASES)
def test_a_result_is_as_recorded(kind: str, case: Case) -> None:
    made = KINDS[kind](case)
    assert made == {key: case[key] for key in made}
