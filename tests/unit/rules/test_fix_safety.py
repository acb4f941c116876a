"""Which fixes are safe: `check --fix` applies them, the others only with `--unsafe`."""

from __future__ import annotations

import pytest

from dlm_git.config.load import Config
from dlm_git.rules.engine import run_rules
from tests.support import CORPUS, GOOD, Files, snapshot
from tests.unit.rules.support import (
    NESTED,
    PACKAGE,
    corpus,
    with_body,
    with_globs,
    with_keys,
    with_source,
)

RENAMED = "rename 'includes' to 'include'"
BASE = Config(base="qwen2.5-coder-1.5b")
SAFE: list[tuple[str, Files, Config]] = [
    # only one correction is likely
    ("dead-pattern", corpus(with_globs(["./src/*"])), Config()),
    ("dead-pattern", {**NESTED, PACKAGE: "include: ['pkg/*.py', '*.py']\n"}, Config()),
    ("wrong-base", corpus(with_keys("base_model: Qwen2.5_Coder_1.5B")), BASE),
    ("unknown-base", corpus(with_keys("base_model: Qwen2.5_Coder_1.5B")), Config()),
    ("invalid-value", corpus(with_source(".", "      include: src/*")), Config()),
    ("unparsable-document", corpus(f"\n{GOOD}"), Config()),
    ("unparsable-document", corpus(f" {GOOD}"), Config()),
    ("unparsable-document", corpus(with_source(".", "      include: [*.md]")), Config()),
]
UNSAFE: list[tuple[str, Files, Config]] = [
    # another correction may be meant
    ("dead-pattern", corpus(with_globs([" src/*"])), Config()),
    ("dead-pattern", corpus(with_globs(["**/*"], ["./build/**"])), Config()),  # nothing matches
    (
        "dead-ignore-line",
        corpus(GOOD, **{".dlm/ignore": "node_modules\n", "node_modules/a": "x"}),
        Config(),
    ),
    ("missing-source-path", {CORPUS: with_source("dosc"), "docs/a.md": "x"}, Config()),
    ("escaping-source-path", corpus(with_source("../src")), Config()),
    ("absolute-source-path", corpus(with_source("/home/ann/src")), Config()),
    ("unknown-base", corpus(with_keys("base_model: qwen2.5-coder-1.4b")), Config()),
    ("unparsable-document", corpus(f"--{GOOD}"), Config()),
    ("unsupported-version", corpus(with_keys("dlm_version: 16")), Config()),
    ("malformed-section", corpus(with_body(":: prose ::", "x")), Config()),
    ("invalid-value", corpus(with_source(".", "      include: 'a, b'")), Config()),
]


@pytest.mark.parametrize(
    ("rule", "files", "config", "safe"),
    [*((*case, True) for case in SAFE), *((*case, False) for case in UNSAFE)],
)
def test_a_fix_is_safe_if_no_other_is_likely(
    rule: str, files: Files, config: Config, safe: bool
) -> None:
    findings = run_rules(snapshot(files), config).findings
    assert [(f.rule, f.fix and f.fix.safe) for f in findings if f.rule == rule] == [(rule, safe)]


@pytest.mark.parametrize(
    ("lines", "titles"),
    [
        (["- path: .", "  includes: [a]"], [RENAMED]),
        (["- path: .", "  includes: [a]", "  includ: [b]"], [None, None]),  # which of them?
        (["- path: .", "  includes: [a]", "- path: b", "  includes: [c]"], [RENAMED] * 2),
    ],
)
def test_one_of_two_keys_that_resemble_another_is_not_renamed(
    lines: list[str], titles: list[str | None]
) -> None:
    document = with_keys("training:", "  sources:", *(f"    {line}" for line in lines))
    findings = run_rules(snapshot(corpus(document)), Config()).findings
    unknown = [finding for finding in findings if finding.rule == "unknown-key"]
    assert [finding.fix and finding.fix.title for finding in unknown] == titles
