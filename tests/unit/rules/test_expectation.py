"""The expectation rules: the document against the config."""

from __future__ import annotations

import pytest

from tests.support import (
    CORPUS,
    GOOD,
)
from tests.unit.rules.support import (
    Reports,
    assert_reports,
    corpus,
    findings,
    table,
    with_keys,
    with_source,
)

REPORTED: dict[str, list[Reports]] = {
    "wrong-base": [
        Reports(
            "drift",
            corpus(with_keys()),
            f"{CORPUS}:4:13: base model is 'smollm2-135m', expected 'qwen2.5-coder-1.5b'",
            {"base": "qwen2.5-coder-1.5b"},
        ),
        Reports(
            "none of the allowed",
            corpus(with_keys()),
            f"{CORPUS}:4:13: base model is 'smollm2-135m', expected one of 'qwen3-4b', 'qwen3-8b'",
            {"base": ["qwen3-4b", "qwen3-8b"]},
        ),
    ],
    "wrong-globs": [
        Reports(
            "an include too many, one too few",
            corpus(with_source(".", "      include: ['*.py', '*.md']")),
            f"{CORPUS}:9:16: expected include ['*.py', 'src/**'], found ['*.py', '*.md']",
            {"include": ["*.py", "src/**"]},
        ),
        Reports(
            "exclude not written",
            corpus(with_source(".")),
            f"{CORPUS}:8:7: expected exclude ['tests/**'], found []",
            {"exclude": ["tests/**"]},
        ),
        Reports(
            "no sources",
            corpus(with_keys()),
            f"{CORPUS}:1:1: source '.' is missing",
            {"include": ["**/*"]},
        ),
        Reports(
            "another path",
            corpus(with_source("src")),
            f"{CORPUS}:8:13: expected source path '.', found 'src'",
            {"include": ["**/*"]},
        ),
        Reports(
            "a source too many",
            corpus(with_source(".", "    - path: src")),
            f"{CORPUS}:9:13: unexpected source 'src'",
            {"include": ["**/*"]},
        ),
        Reports(
            "the same source twice",
            corpus(with_source(".", "      include: ['*.py']", "    - path: ./")),
            f"{CORPUS}:10:13: unexpected source './'",
            {"include": ["*.py"]},
        ),
        Reports(
            "a pattern with a backslash",
            corpus(with_source(".")),
            f"{CORPUS}:8:7: expected include ['a\\b'], found ['**/*']",
            {"include": ["a\\b"]},
            hint="write `include: [\"a\\\\b\"]`, or change 'include' in .dlm-git.toml",
        ),
        Reports(
            "of several configured sources",
            corpus(
                with_source("src", "    - path: ./docs", "      include: ['*']"), **{"docs/a": ""}
            ),
            f"{CORPUS}:10:16: source 'docs': expected include ['**/*.md'], found ['*']",
            {"sources": [{"path": "docs", "include": ["**/*.md"]}, {"path": "src/"}]},
        ),
    ],
    "wrong-sources-policy": [
        Reports(
            "not written",
            corpus(with_keys("training:", "  sources: [{path: .}]")),
            f"{CORPUS}:5:1: sources policy is 'permissive' (dlm's default), expected 'strict'",
        ),
        Reports(
            "written",
            corpus(with_source(".").replace("strict", "permissive")),
            f"{CORPUS}:6:19: sources policy is 'permissive', expected 'strict'",
        ),
    ],
    "unknown-base": [
        Reports(
            "near miss",
            corpus(with_keys("base_model: qwen2.5-codr-1.5b")),
            f"{CORPUS}:4:13: unknown base model 'qwen2.5-codr-1.5b'",
            hint="did you mean 'qwen2.5-coder-1.5b'? `dlm-git bases` lists the base models",
        ),
        Reports(
            "upper case",
            corpus(with_keys("base_model: SmolLM2-135M")),
            f"{CORPUS}:4:13: unknown base model 'SmolLM2-135M'",
            hint="did you mean 'smollm2-135m'? `dlm-git bases` lists the base models",
        ),
        Reports(
            "a known hub id",
            corpus(with_keys("base_model: Qwen/Qwen3-4B")),
            f"{CORPUS}:4:13: unknown base model 'Qwen/Qwen3-4B'",
            hint="did you mean 'qwen3-4b'? `dlm-git bases` lists the base models",
        ),
        Reports(
            "a hub id",
            corpus(with_keys("base_model: ann/tiny")),
            f"{CORPUS}:4:13: unknown base model 'ann/tiny'",
            hint="did you mean 'hf:ann/tiny'? `dlm-git bases` lists the base models",
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "wrong-base": [
        Reports("configured", corpus(GOOD), "", {"base": ["qwen2.5-coder-1.5b", "phi-3.5-mini"]})
    ],
    "wrong-globs": [
        Reports(
            "another order",
            corpus(with_source(".", "      include: [b, a]")),
            "",
            {"include": ["a", "b"]},
        ),
        Reports("dlm's default", corpus(with_source("./")), "", {"include": ["**/*"]}),
        Reports(
            "an absolute path, which another rule reports",
            corpus(with_source("/srv/shop")),
            "",
            {"include": ["**/*"]},
        ),
    ],
    "wrong-sources-policy": [
        Reports("no sources", corpus(with_keys()), ""),
        Reports(
            "configured",
            corpus(with_source(".").replace("strict", "permissive")),
            "",
            {"sources-policy": "permissive"},
        ),
    ],
    "unknown-base": [Reports("of the hub", corpus(with_keys("base_model: hf:ann/tiny")), "")],
}


@pytest.mark.parametrize(("rule", "case"), table(NOT_REPORTED))
def test_a_rule_reports_nothing(rule: str, case: Reports) -> None:
    assert findings(rule, case) == []


@pytest.mark.parametrize(("rule", "case"), table(REPORTED))
def test_a_rule_reports(rule: str, case: Reports) -> None:
    assert_reports(rule, case)
