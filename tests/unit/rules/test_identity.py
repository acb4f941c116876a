"""The identity rules: ids and leftovers of dlm."""

from __future__ import annotations

import pytest

from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
)
from tests.unit.rules.support import (
    OTHER,
    Speaks,
    corpus,
    findings,
    shown,
    table,
)

SPEAKS: dict[str, list[Speaks]] = {
    "duplicate-id": [
        Speaks(
            "a copy",
            {CORPUS: GOOD, "a/copy.dlm": GOOD},
            f"a/copy.dlm:2:9: id '{ID}' is that of '{CORPUS}' too, so both share one training"
            " store",
        ),
    ],
    "shared-id": [
        Speaks(
            "of a template",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is that of '../a' too, so these projects share one training"
            " store",
            elsewhere={ID: ["../a"]},
        ),
        Speaks(
            "of many",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is that of '../a' and 2 more too, so these projects share one"
            " training store",
            elsewhere={ID: ["../a", "../b", "../c"]},
        ),
    ],
    "changed-id": [
        Speaks(
            "made anew",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' was '{OTHER_ID}', so the training store is lost",
            before={CORPUS: OTHER},
        ),
    ],
    "stray-backup": [
        Speaks(
            "of migrate",
            corpus(GOOD, **{".dlm/corpus.dlm.bak": "x"}),
            ".dlm/corpus.dlm.bak: a leftover of dlm's own rewriting is tracked",
        ),
        Speaks(
            "of a broken-off write",
            corpus(GOOD, **{".dlm/corpus.dlm.tmp.71.00c0ffee": "x"}),
            ".dlm/corpus.dlm.tmp.71.00c0ffee: a leftover of dlm's own rewriting is tracked",
        ),
    ],
}
SILENT: dict[str, list[Speaks]] = {
    "duplicate-id": [Speaks("two ids", {CORPUS: GOOD, "a/b.dlm": OTHER}, "")],
    "shared-id": [Speaks("another id", corpus(GOOD), "", elsewhere={OTHER_ID: ["../a"]})],
    "changed-id": [
        Speaks("kept", corpus(GOOD), "", before={CORPUS: GOOD + "more\n"}),
        Speaks("unreadable before", corpus(GOOD), "", before={CORPUS: "x"}),
    ],
    "stray-backup": [Speaks("another backup", corpus(GOOD, **{"a.bak": "x"}), "")],
}


@pytest.mark.parametrize(("rule", "given"), table(SILENT))
def test_silent(rule: str, given: Speaks) -> None:
    assert findings(rule, given) == []


@pytest.mark.parametrize(("rule", "given"), table(SPEAKS))
def test_speaks(rule: str, given: Speaks) -> None:
    found = findings(rule, given)
    assert given.says == (shown(found[0]) if found else "")
    if given.help:
        assert found[0].hint == given.help
    assert found[0].hint
