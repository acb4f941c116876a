"""Inputs that broke a law once, and others worth keeping, still obey the laws of the fuzzer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS
from tests.fuzz.seeds import regressions
from tests.oracle import Oracle

FILES = [(kind, file) for kind in KINDS for file in regressions(kind)]


@pytest.mark.parametrize(("kind", "file"), FILES, ids=[f"{k}-{f.name}" for k, f in FILES])
def test_no_law_is_broken(oracle: Oracle, kind: str, file: Path) -> None:
    KINDS[kind](file.read_bytes(), oracle)


def test_every_kind_has_a_corpus() -> None:
    assert {kind for kind, _ in FILES} == set(KINDS)
