"""The expectation rules: the document against the config."""

from __future__ import annotations

from dataclasses import replace

from tests.support import CORPUS, GOOD, ID, OTHER_ID
from tests.unit.rules.support import (
    ADDS_NOTHING,
    Reports,
    corpus,
    findings,
    rule_tests,
    with_globs,
    with_keys,
    with_source,
)

DOCS = ".dlm/docs.dlm"
SMALL = with_keys().replace(ID, OTHER_ID)
MANY = [f"{number:02}" for number in range(19)]
NINE = ", ".join(f"'{pattern}'" for pattern in MANY[:9])

REPORTED: dict[str, list[Reports]] = {
    "wrong-base": [
        Reports(
            "drift",
            corpus(with_keys()),
            f"{CORPUS}:4:13: expected base model 'qwen2.5-coder-1.5b', found 'smollm2-135m'",
            {"base": "qwen2.5-coder-1.5b"},
        ),
        Reports(
            "none of the allowed",
            corpus(with_keys()),
            f"{CORPUS}:4:13: expected base model 'qwen3-4b' or 'qwen3-8b', found 'smollm2-135m'",
            {"base": ["qwen3-4b", "qwen3-8b"]},
        ),
        Reports(
            "a misspelled one of the allowed",
            corpus(with_keys("base_model: qwen3-8bb")),
            f"{CORPUS}:4:13: expected base model 'qwen3-4b' or 'qwen3-8b', found 'qwen3-8bb',"
            " which dlm does not know",
            {"base": ["qwen3-4b", "qwen3-8b"]},
            hint="write `base_model: qwen3-8b`, or change 'base' in .dlm-git.toml",
        ),
        Reports(
            "an allowed document",
            corpus(GOOD, **{DOCS: SMALL}),
            f"{DOCS}:4:13: expected base model 'qwen2.5-coder-1.5b', found 'smollm2-135m'",
            {"base": "qwen2.5-coder-1.5b", "allow": [DOCS]},
            hint="write `base_model: qwen2.5-coder-1.5b`, or list it as"
            f' `{{path = "{DOCS}", base = "smollm2-135m"}}` under \'allow\' in .dlm-git.toml',
        ),
        Reports(
            "an allowed document with a base model of its own",
            corpus(GOOD, **{DOCS: GOOD.replace(ID, OTHER_ID)}),
            f"{DOCS}:4:13: expected base model 'smollm2-135m', found 'qwen2.5-coder-1.5b'",
            {"base": "qwen2.5-coder-1.5b", "allow": [{"path": DOCS, "base": "smollm2-135m"}]},
        ),
        Reports(
            "an allowed document with an unknown base model, which no config may expect",
            corpus(GOOD, **{DOCS: with_keys("base_model: ours").replace(ID, OTHER_ID)}),
            f"{DOCS}:4:13: expected base model 'qwen2.5-coder-1.5b', found 'ours',"
            " which dlm does not know",
            {"base": "qwen2.5-coder-1.5b", "allow": [DOCS]},
            hint="write `base_model: qwen2.5-coder-1.5b`",
        ),
    ],
    "wrong-globs": [
        Reports(
            "an include too many, one too few",
            corpus(with_source(".", "      include: ['*.py', '*.md']")),
            f"{CORPUS}:9:16: expected include ['*.py', 'src/**'], found ['*.py', '*.md']",
            {"include": ["*.py", "src/**"]},
            also=(
                *ADDS_NOTHING,
                f"dead-pattern: {CORPUS}:9:17: include pattern '*.py' matches no tracked file:"
                " '*' does not match '/'",
                f"dead-pattern: {CORPUS}:9:25: include pattern '*.md' matches no tracked file",
            ),
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
            f"{CORPUS}:1:1: source '.' is missing: expected sources ['.'], found []",
            {"include": ["**/*"]},
        ),
        Reports(
            "another path",
            corpus(with_source("src")),
            f"{CORPUS}:8:13: expected source path '.', found 'src'",
            {"include": ["**/*"]},
            hint='write `path: "."`, or write `sources = [{path = "..."}]` instead of'
            " 'include' in .dlm-git.toml",
        ),
        Reports(
            "another path, beside one that is right",
            corpus(with_source("src", "    - path: dcos"), **{"docs/a": ""}),
            f"{CORPUS}:9:13: expected source path 'docs', found 'dcos'",
            {"sources": [{"path": "src"}, {"path": "docs"}]},
            hint="write `path: \"docs\"`, or change 'sources' in .dlm-git.toml",
        ),
        Reports(
            "many patterns: the differences come first",
            corpus(with_globs([*MANY, "b"])),
            f"{CORPUS}:9:16: expected include ['a', {NINE}, and 10 more],"
            f" found ['b', {NINE}, and 10 more]",
            {"include": [*MANY, "a"]},
            also=(
                *ADDS_NOTHING,
                *(
                    f"dead-pattern: {CORPUS}:9:{17 + 6 * at}: include pattern '{pattern}' matches"
                    " no tracked file"
                    for at, pattern in enumerate([*MANY, "b"])
                ),
            ),
        ),
        Reports(
            "a source too many",
            corpus(with_source(".", "    - path: src")),
            f"{CORPUS}:9:13: unexpected source 'src': expected sources ['.'], found ['.', 'src']",
            {"include": ["**/*"]},
        ),
        Reports(
            "the same source twice",
            corpus(with_source(".", "      include: ['*.py']", "    - path: ./")),
            f"{CORPUS}:10:13: unexpected source './': expected sources ['.'], found ['.', './']",
            {"include": ["*.py"]},
            also=(
                *ADDS_NOTHING,
                f"dead-pattern: {CORPUS}:9:17: include pattern '*.py' matches no tracked file:"
                " '*' does not match '/'",
            ),
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
            f"{CORPUS}:5:1: expected sources policy 'strict', found none, which means 'permissive'",
        ),
        Reports(
            "written",
            corpus(with_source(".").replace("strict", "permissive")),
            f"{CORPUS}:6:19: expected sources policy 'strict', found 'permissive'",
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
        Reports(
            "of an allowed document",
            corpus(GOOD, **{DOCS: with_keys("base_model: ann/tiny").replace(ID, OTHER_ID)}),
            f"{DOCS}:4:13: unknown base model 'ann/tiny'",
            {"allow": [DOCS]},
        ),
        Reports(
            "another one than the configured, where that is suppressed",
            corpus(with_keys("base_model: ann/tiny")),
            f"{CORPUS}:4:13: unknown base model 'ann/tiny'",
            {"base": "qwen3-4b", "ignore": {"wrong-base": "why"}},
        ),
    ],
}
NOT_REPORTED: dict[str, list[Reports]] = {
    "wrong-base": [
        Reports("configured", corpus(GOOD), "", {"base": ["qwen2.5-coder-1.5b", "phi-3.5-mini"]}),
        Reports(
            "an allowed document with the base model that its entry names",
            corpus(GOOD, **{DOCS: SMALL}),
            "",
            {"base": "qwen2.5-coder-1.5b", "allow": [{"path": DOCS, "base": "smollm2-135m"}]},
        ),
        Reports(
            "a document that is not allowed",
            corpus(GOOD, **{DOCS: SMALL}),
            "",
            {"base": "qwen2.5-coder-1.5b"},
            also=(f"ambiguous-corpus: .dlm/docs.dlm: a second document beside '{CORPUS}'",),
        ),
    ],
    "wrong-globs": [
        Reports(
            "another order",
            corpus(with_source(".", "      include: [b, a]")),
            "",
            {"include": ["a", "b"]},
            also=(
                *ADDS_NOTHING,
                f"dead-pattern: {CORPUS}:9:17: include pattern 'b' matches no tracked file",
                f"dead-pattern: {CORPUS}:9:20: include pattern 'a' matches no tracked file",
            ),
        ),
        Reports("dlm's default", corpus(with_source("./")), "", {"include": ["**/*"]}),
        Reports(
            "one more, with an absolute path, which another rule reports",
            corpus(with_source(".", "    - path: /srv/shop")),
            "",
            {"include": ["**/*"]},
            also=(
                f"absolute-source-path: {CORPUS}:9:13: source path '/srv/shop' is absolute: it"
                " exists on one machine only",
            ),
        ),
        Reports(
            "an absolute path, which another rule reports",
            corpus(with_source("/srv/shop")),
            "",
            {"include": ["**/*"]},
            also=(
                f"absolute-source-path: {CORPUS}:8:13: source path '/srv/shop' is absolute: it"
                " exists on one machine only",
            ),
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
    "unknown-base": [
        Reports("of the hub", corpus(with_keys("base_model: hf:ann/tiny")), ""),
        Reports(
            "which wrong-base reports",
            corpus(with_keys("base_model: ann/tiny")),
            "",
            {"base": "qwen3-4b"},
            also=(
                f"wrong-base: {CORPUS}:4:13: expected base model 'qwen3-4b', found 'ann/tiny',"
                " which dlm does not know",
            ),
        ),
    ],
}


test_a_rule_reports, test_a_rule_reports_nothing = rule_tests(REPORTED, NOT_REPORTED)


def test_one_wrong_source_path_is_one_finding() -> None:
    case = Reports(
        "",
        corpus(with_source("src", "    - path: dcos"), **{"docs/a": ""}),
        "",
        {"sources": [{"path": "src"}, {"path": "docs"}]},
    )
    assert findings("missing-source-path", case) == []
    assert len(findings("wrong-globs", case)) == 1
    suppressed = replace(case, config={**case.config, "ignore": {"wrong-globs": "why"}})
    assert len(findings("missing-source-path", suppressed)) == 1


def test_the_fix_of_an_allowed_document_is_not_safe() -> None:
    files = corpus(GOOD, **{DOCS: SMALL})
    config = {"base": "qwen2.5-coder-1.5b", "allow": [DOCS]}
    (finding,) = findings("wrong-base", Reports("", files, "", config))
    assert finding.fix is not None
    assert not finding.fix.safe
