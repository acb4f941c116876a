"""The identity rules: ids and leftovers of dlm."""

from __future__ import annotations

from typing import Any

import pytest

from dlm_git.config.load import Config
from dlm_git.rules.engine import run_rules
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    snapshot,
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
        Reports(
            "a copy that sorts before the corpus document",
            {CORPUS: GOOD, "+copy.dlm": GOOD, "a": "x"},
            f"+copy.dlm:2:9: id '{ID}' is also the id of '{CORPUS}': both share one training store",
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
            "of two",
            corpus(GOOD),
            f"{CORPUS}:2:9: id '{ID}' is also used in '../a' and 1 more: these repositories"
            " share one training store",
            ids_in_other_repos={ID: ["../a", "../b"]},
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


@pytest.mark.parametrize(
    ("state", "way"),
    [
        ({}, "commit with `git commit --no-verify`, which runs no hooks"),
        ({"managed": True}, "commit with `SKIP=dlm-git-check,dlm-git-check-system git commit`"),
        (
            {"revision": "1" * 40},
            "if you want a new store, add the rule to 'ignore' in .dlm-git.toml",
        ),
        (
            {"revision": "1" * 40, "root": lambda: "/srv/shop"},
            "add the rule to 'ignore' in .dlm-git.toml, or push with `git push --no-verify`",
        ),
    ],
    ids=["a hook of Git", "a hook manager", "a server", "a revision in a clone"],
)
def test_the_way_to_a_new_id_depends_on_who_checks(state: dict[str, Any], way: str) -> None:
    changed = snapshot({CORPUS: GOOD, "a.py": "x"}, before={CORPUS: OTHER}).replace(**state)
    (finding,) = run_rules(changed, Config()).findings
    assert way in finding.hint
