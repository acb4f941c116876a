"""A fix changes only the lines of the finding, and the trainer reads the result."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given

from dlm_git.config.load import resolve_config
from tests.fixes import EXPECTED, changed, corpus, fixed, rules, sourced
from tests.oracle import Oracle
from tests.strategies import documents
from tests.support import VECTORS


@dataclass(frozen=True)
class Case:
    """A document, and the lines that a fix takes away and puts in."""

    id: str
    rule: str
    text: str
    minus: list[str]
    plus: list[str]
    config: dict[str, Any] = field(default_factory=dict)
    unsafe: bool = False
    left: list[str] = field(default_factory=list)


INCLUDE = ('    - path: "."', "      include:", '        - "src/**"  # code')
PROSE = ('        - "docs/**"  # prose', "      exclude: ['*.rst', \"a/**\"]  # x")
MANY = ("        - docs/*", "        - docs/b.rst", "      exclude:", "        - c")
CASES = [
    Case(
        "a bare base",
        "wrong-base",
        sourced(*INCLUDE),
        ["base_model: smollm2-135m  # small"],
        ["base_model: qwen2.5-coder-1.5b  # small"],
        {"base": "qwen2.5-coder-1.5b"},
    ),
    Case(
        "a base in single quotes",
        "wrong-base",
        sourced(*INCLUDE, base="'smollm2-135m'"),
        ["base_model: 'smollm2-135m'  # small"],
        ["base_model: 'qwen2.5-coder-1.5b'  # small"],
        {"base": "qwen2.5-coder-1.5b"},
    ),
    Case(
        "one of several bases is a guess",
        "wrong-base",
        sourced(*INCLUDE),
        ["base_model: smollm2-135m  # small"],
        ["base_model: qwen2.5-coder-1.5b  # small"],
        {"base": ("qwen2.5-coder-1.5b", "smollm2-360m")},
        unsafe=True,
    ),
    Case(
        "a base in another case",
        "unknown-base",
        sourced(*INCLUDE, base="SmolLM2_135M"),
        ["base_model: SmolLM2_135M  # small"],
        ["base_model: smollm2-135m  # small"],
    ),
    Case(
        "a base that is near is a guess",
        "unknown-base",
        sourced(*INCLUDE, base="smollm2-135x"),
        ["base_model: smollm2-135x  # small"],
        ["base_model: smollm2-135m  # small"],
        unsafe=True,
    ),
    Case(
        "globs in a block",
        "wrong-globs",
        sourced(*INCLUDE, *PROSE),
        [*PROSE],
        ['        - "doc/*.md"  # prose', "      exclude: ['*.rst']  # x"],
        {"include": ("src/**", "doc/*.md"), "exclude": ("*.rst",), "ignore": {"dead-pattern": "x"}},
    ),
    Case(
        "globs that are lacking",
        "wrong-globs",
        sourced(*INCLUDE),
        [],
        [
            '        - "docs/*.md"',
            '        - "docs/*.rst"',
            '      exclude: ["a/**"]',
        ],
        {"include": ("src/**", "docs/*.md", "docs/*.rst"), "exclude": ("a/**",)},
    ),
    Case(
        "globs that are too many",
        "wrong-globs",
        sourced(*INCLUDE, *MANY),
        [*MANY],
        ["      exclude: []"],
        {"include": ("src/**",), "exclude": ()},
    ),
    Case(
        "a source that is lacking",
        "wrong-globs",
        sourced(*INCLUDE),
        [],
        ['    - path: "docs"', '      include: ["*.md"]'],
        {"sources": ({"path": "."}, {"path": "docs", "include": ("*.md",)})},
    ),
    Case(
        "a source that is too much is removed by a guess",
        "wrong-globs",
        sourced(*INCLUDE, '    - path: "docs"  # prose', "      include: ['*']"),
        ['    - path: "docs"  # prose', "      include: ['*']"],
        [],
        {"sources": ({"path": "."},)},
        unsafe=True,
    ),
    Case(
        "a policy",
        "wrong-sources-policy",
        sourced(*INCLUDE).replace(": strict", ": permissive  # why"),
        ["  sources_policy: permissive  # why"],
        ["  sources_policy: strict  # why"],
    ),
    Case(
        "no policy",
        "wrong-sources-policy",
        sourced(*INCLUDE).replace("  sources_policy: strict\n", ""),
        [],
        ["  sources_policy: strict"],
    ),
    Case(
        "no policy, all on one line",
        "wrong-sources-policy",
        corpus("base_model: smollm2-135m", 'training: {sources: [{path: "."}]}  # all'),
        ['training: {sources: [{path: "."}]}  # all'],
        ['training: {sources: [{path: "."}], sources_policy: strict}  # all'],
    ),
    Case(
        "the root",
        "absolute-source-path",
        sourced('    - path: "/srv/shop"  # here', *INCLUDE[1:]),
        ['    - path: "/srv/shop"  # here'],
        ['    - path: "."  # here'],
    ),
    Case(
        "below the root",
        "absolute-source-path",
        sourced("    - path: /srv/shop/src/  # here"),
        ["    - path: /srv/shop/src/  # here"],
        ["    - path: src  # here"],
    ),
    Case(
        "elsewhere, by what is tracked",
        "absolute-source-path",
        sourced("    - path: ~/code/shop/src"),
        ["    - path: ~/code/shop/src"],
        ["    - path: src"],
        unsafe=True,
    ),
    Case(
        "a path that leaves the repository, by what is tracked",
        "escaping-source-path",
        sourced("    - path: ../src"),
        ["    - path: ../src"],
        ["    - path: src"],
        unsafe=True,
    ),
    Case(
        "the same key with the same value",
        "duplicate-key",
        sourced(*INCLUDE, "  seed: 1  # one", "  lora_r: 8", "  seed: 1  # two"),
        ["  seed: 1  # two"],
        [],
    ),
    Case(
        "the same list twice",
        "duplicate-key",
        sourced(*INCLUDE, *INCLUDE[1:]),
        [*INCLUDE[1:]],
        [],
    ),
    Case(
        "of two values the trainer takes the last",
        "duplicate-key",
        sourced(*INCLUDE, "  seed: 1  # one", "  seed: 2  # two"),
        ["  seed: 1  # one"],
        [],
        unsafe=True,
    ),
    Case(
        "the same value with another between: the last one counts",
        "duplicate-key",
        sourced(*INCLUDE, "  seed: 1  # one", "  seed: 2  # two", "  seed: 1  # three"),
        ["  seed: 1  # one", "  seed: 2  # two"],
        [],
        unsafe=True,
    ),
    Case(
        "keys behind question marks",
        "wrong-globs",
        sourced('    - ? path', '      : "."', "      ? include", "      : [docs/*]"),
        ["      : [docs/*]"],
        ['      : ["src/**"]', '      exclude: ["c"]'],
        {"include": ("src/**",), "exclude": ("c",), "ignore": {"dead-pattern": "x"}},
    ),
    Case(
        "the name of an alias that is not there is a guess",
        "unparsable-document",
        sourced(*INCLUDE, "      exclude:", "        - *gone  # what"),
        ["        - *gone  # what"],
        ['        - "*gone"  # what'],
        unsafe=True,
    ),
    Case(
        "a key that is nearly right",
        "unknown-key",
        sourced(*INCLUDE, "  lora_rank: 16  # twice"),
        ["  lora_rank: 16  # twice"],
        ["  lora_r: 16  # twice"],
    ),
    Case(
        "a value that is nearly right",
        "invalid-value",
        sourced(*INCLUDE, "  lr_scheduler: 'Cosine'  # slow"),
        ["  lr_scheduler: 'Cosine'  # slow"],
        ["  lr_scheduler: 'cosine'  # slow"],
    ),
    Case(
        "braces",
        "dead-pattern",
        sourced(*INCLUDE, "        - 'docs/*.{md,rst}'  # prose"),
        ["        - 'docs/*.{md,rst}'  # prose"],
        ["        - 'docs/*.md'  # prose", "        - 'docs/*.rst'"],
    ),
    Case(
        "braces of which one has come to nothing are a guess",
        "dead-pattern",
        sourced(*INCLUDE, "        - 'docs/*.{md,txt}'  # prose"),
        ["        - 'docs/*.{md,txt}'  # prose"],
        ["        - 'docs/*.md'  # prose"],
        unsafe=True,
    ),
    Case(
        "a leading slash, on one line",
        "dead-pattern",
        sourced('    - {path: ".", include: ["/src/*.py", docs/*]}'),
        ['    - {path: ".", include: ["/src/*.py", docs/*]}'],
        ['    - {path: ".", include: ["src/*.py", docs/*]}'],
    ),
    Case(
        "a bare glob in a block",
        "unparsable-document",
        sourced('    - path: "."', "      include:", "        - **/*.{md,rst}  # prose"),
        ["        - **/*.{md,rst}  # prose"],
        ['        - "**/*.md"  # prose', '        - "**/*.rst"'],
    ),
    Case(
        "bare globs on one line",
        "unparsable-document",
        sourced('    - path: "."', "      include: [*.py, **/*.md]  # all"),
        ["      include: [*.py, **/*.md]  # all"],
        ['      include: ["*.py", "**/*.md"]  # all'],
        {"ignore": {"dead-pattern": "later"}},
    ),
    Case(
        "a bare glob within braces on one line",
        "unparsable-document",
        sourced("    - {path: ., include: [src/**, **/*.{md,rst}], max_files: 9}"),
        ["    - {path: ., include: [src/**, **/*.{md,rst}], max_files: 9}"],
        ["    - {path: ., include: [src/**, \"**/*.md\", \"**/*.rst\"], max_files: 9}"],
    ),
    Case(
        "bare globs between brackets, a line each",
        "unparsable-document",
        sourced('    - path: "."', "      include: [", "        *,  # all", "      ]"),
        ["        *,  # all"],
        ['        "*",  # all'],
        {"ignore": {"dead-pattern": "x", "empty-training-set": "x"}},
    ),
    Case(
        "a bare glob with brackets, between brackets",
        "unparsable-document",
        sourced('    - path: "."', "      include: [src/**, *.py[co], *.md]"),
        ["      include: [src/**, *.py[co], *.md]"],
        ['      include: [src/**, "*.py[co]", "*.md"]'],
        {"ignore": {"dead-pattern": "x"}},
    ),
    Case(
        "of two keys with one suggestion neither is renamed",
        "unknown-key",
        sourced('    - path: "."', '      Include: ["src/*"]', "  seeds: 1", "  Seed: 2"),
        ['      Include: ["src/*"]'],
        ['      include: ["src/*"]'],
        left=["unknown-key", "unknown-key"],
    ),
    Case(
        "a newer version is a guess",
        "unsupported-version",
        sourced(*INCLUDE).replace("dlm_version: 15", "dlm_version: 16  # new"),
        ["dlm_version: 16  # new"],
        ["dlm_version: 15  # new"],
        unsafe=True,
    ),
    Case(
        "a fence with a space behind it is a guess",
        "malformed-section",
        sourced(*INCLUDE).replace("What this is.", "::instruction:: \n### Q\nx\n### A\ny"),
        ["::instruction:: "],
        ["::instruction::"],
        unsafe=True,
    ),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("bom", ["", "\ufeff"], ids=["", "BOM"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_fix_changes_only_the_lines_of_the_finding(
    case: Case, bom: str, newline: str, oracle: Oracle
) -> None:
    config = resolve_config({}, case.config).config
    text = bom + case.text.replace("\n", newline)
    assert case.rule in rules(text, config)
    assert (fixed(text, config) == text) == case.unsafe
    after = fixed(text, config, unsafe=case.unsafe)
    minus, plus = changed(text, after)
    ends = "\r" if newline == "\r\n" else ""
    if newline == "\r":
        minus, plus = changed(case.text, after.removeprefix(bom).replace("\r", "\n"))
    assert minus == [f"{line}{ends}" for line in case.minus]
    assert plus == [f"{line}{ends}" for line in case.plus]
    assert rules(after, config) == case.left
    assert oracle.parse(after.encode())["ok"] == (not case.left)


RECORDED = json.loads((VECTORS / "documents.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixed_documents_stay_valid_for_the_trainer(unsafe: bool, oracle: Oracle) -> None:
    """The trainer accepts a fixed document if it accepted the original, and fixing ends."""
    config = resolve_config({}, EXPECTED).config
    changed_ones = 0
    for vector in RECORDED["parse_text"]:
        text = vector["text"]
        after = fixed(text, config, unsafe=unsafe)
        changed_ones += after != text
        if vector["ok"] and after != text:
            answer = oracle.parse(after.encode())
            assert answer["ok"], (text, after, answer)
    assert changed_ones > 100


@given(documents())
def test_a_fix_changes_only_what_the_config_expects(oracle: Oracle, data: bytes) -> None:
    """To the trainer a fixed document is the same, except for what the config sets."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    config = resolve_config({}, {**EXPECTED, "ignore": {"dead-pattern": "x"}}).config
    before, after = oracle.parse(data), oracle.parse(fixed(text, config).encode())
    if before["ok"]:
        assert after["ok"], after
        assert unexpected(after) == unexpected(before)
        assert oracle.parse(fixed(text, config, unsafe=True).encode())["ok"]


def unexpected(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a parsed document that no fix may change: all but the configured keys.

    Of the sources it is the settings that are not expectations, of those that have any.
    """
    training = dict(answer["frontmatter"]["training"])
    sources = training.pop("sources") or ()
    settings = [{key: value for key, value in s.items() if key not in SPOKEN_OF} for s in sources]
    training["settings"] = [each for each in settings if any(each.values())]
    training["sources_policy"] = ""
    front = {**answer["frontmatter"], "base_model": "", "training": training}
    sections = [{**section, "start_line": 0} for section in answer["sections"]]
    return {"frontmatter": front, "sections": sections}


SPOKEN_OF = ("path", "include", "exclude")
