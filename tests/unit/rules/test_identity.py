"""The identity rules: ids and leftovers of dlm."""

from __future__ import annotations

from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
)
from tests.unit.rules.support import (
    OTHER,
    Reports,
    corpus,
    rule_tests,
)

REPORTED: dict[str, list[Reports]] = {
    "duplicate-id": [
        Reports(
            "a copy",
            {CORPUS: GOOD, "a/copy.dlm": GOOD},
            f"a/copy.dlm:2:9: id '{ID}' is also the id of '{CORPUS}': both share one training"
            " store",
        ),
    ],
    "shared-id": [
        Reports(
            "of a template",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is also used in '../a': these repositories share one"
            " training store",
            ids_in_other_repos={ID: ["../a"]},
        ),
        Reports(
            "of many",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is also used in '../a' and 2 more: these repositories"
            " share one training store",
            ids_in_other_repos={ID: ["../a", "../b", "../c"]},
        ),
    ],
    "changed-id": [
        Reports(
            "replaced",
            corpus(GOOD),
            f"{CORPUS}:2:9: id changed from '{OTHER_ID}' to '{ID}': dlm no longer finds"
            " the training store",
            before={CORPUS: OTHER},
        ),
    ],
    "stray-backup": [
        Reports(
            "of migrate",
            corpus(GOOD, **{".dlm/corpus.dlm.bak": "x"}),
            ".dlm/corpus.dlm.bak: a backup or temporary file of dlm is tracked",
        ),
        Reports(
            "of a broken-off write",
            corpus(GOOD, **{".dlm/corpus.dlm.tmp.71.00c0ffee": "x"}),
            ".dlm/corpus.dlm.tmp.71.00c0ffee: a backup or temporary file of dlm is tracked",
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "duplicate-id": [Reports("two ids", {CORPUS: GOOD, "a/b.dlm": OTHER}, "")],
    "shared-id": [Reports("another id", corpus(GOOD), "", ids_in_other_repos={OTHER_ID: ["../a"]})],
    "changed-id": [
        Reports("kept", corpus(GOOD), "", before={CORPUS: GOOD + "more\n"}),
        Reports("unreadable before", corpus(GOOD), "", before={CORPUS: "x"}),
    ],
    "stray-backup": [Reports("another backup", corpus(GOOD, **{"a.bak": "x"}), "")],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)
