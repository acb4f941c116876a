"""Every rule has documentation and cases; the engine counts, suppresses and limits."""

from __future__ import annotations

import pytest

from dlm_git.about import __version__
from dlm_git.config.load import Config
from dlm_git.rules.engine import run_rules
from dlm_git.rules.registry import RULES, by_family
from tests.support import (
    CORPUS,
    GOOD,
    snapshot,
)
from tests.unit.rules import (
    test_expectation,
    test_filters,
    test_identity,
    test_ignore_block,
    test_ignore_comments,
    test_patterns,
    test_portability,
    test_presence,
    test_syntax,
    test_training_config,
    test_training_files,
)
from tests.unit.rules.support import (
    Reports,
    corpus,
    findings,
    with_keys,
)

MODULES = (
    test_expectation,
    test_filters,
    test_identity,
    test_ignore_comments,
    test_patterns,
    test_portability,
    test_presence,
    test_syntax,
    test_training_config,
    test_ignore_block,
    test_training_files,
)
REPORTED = {rule: cases for module in MODULES for rule, cases in module.REPORTED.items()}
NOT_REPORTED = {rule: cases for module in MODULES for rule, cases in module.NOT_REPORTED.items()}


@pytest.mark.parametrize("rule", RULES)
def test_a_good_document_has_no_findings(rule: str) -> None:
    assert findings(rule, Reports("", corpus(GOOD), "")) == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_documentation_and_cases(rule: str) -> None:
    text = RULES[rule].documentation
    assert all(f"**{part}.**" in text for part in ("Why", "Example", "Fix"))
    assert RULES[rule].summary.endswith(".")
    assert REPORTED[rule]
    assert NOT_REPORTED[rule]


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_is_newer_than_the_next_version(rule: str) -> None:
    since, current = (tuple(map(int, v.split("."))) for v in (RULES[rule].since, __version__))
    major, minor, _ = current
    assert len(since) == len(current)
    assert since <= (major, minor + 1, 0)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_fixable_if_a_case_of_it_has_a_fix(rule: str) -> None:
    fixes = [finding.fix for case in REPORTED[rule] for finding in findings(rule, case)]
    assert any(fixes) == RULES[rule].fixable


def test_rule_names_are_unique() -> None:
    names = [rule.name for _, rules in by_family() for rule in rules]
    assert len(names) == len(set(names))
    assert set(REPORTED) == set(NOT_REPORTED) == set(names)


BROKEN = [
    "---\n*\n---\n::note::\n```\n",
    "",
    "# x\n",
    "---\n",
    "---\n: [\n---\nx\n",
    "---\n- a\n---\nx\n",
    "\udcff",
]


@pytest.mark.parametrize("text", BROKEN)
def test_a_document_that_does_not_parse_is_one_finding(text: str) -> None:
    report = run_rules(snapshot({CORPUS: text}), Config(base="x", include=("a",)))
    assert [finding.rule for finding in report.findings] == ["unparsable-document"]


def test_a_suppressed_rule_is_counted_with_its_reason() -> None:
    state = snapshot(corpus(with_keys("base_model: ours")))
    report = run_rules(state, Config(ignore={"unknown-base": "our registry is private"}))
    assert report.clean
    (ignored,) = report.suppressed
    assert (ignored.rule, ignored.reason, ignored.count) == (
        "unknown-base",
        "our registry is private",
        1,
    )


def test_a_document_over_the_size_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.MAX_BLOB", 10)
    (finding,) = run_rules(snapshot({CORPUS: GOOD}), Config()).findings
    assert (finding.rule, finding.path) == ("irregular-corpus", CORPUS)
    assert f"{len(GOOD)} bytes" in finding.message
