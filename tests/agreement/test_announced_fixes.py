"""What is announced as fixable is fixed."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.config.load import Config, resolve_config
from dlm_git.operations.fix import apply_fixes
from dlm_git.report import Finding
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import Snapshot
from tests.fixes import EXPECTED, corpus, sourced
from tests.oracle import Oracle
from tests.strategies import documents, mutated, single_field_documents, training_yamls
from tests.support import CORPUS, GOOD, ID, OTHER_ID, VECTORS, Files, link, snapshot

PACKAGE = "src/.dlm/training.yaml"
FILES = {CORPUS: GOOD, "src/a.py": "x\n", "docs/a.md": "x\n"}
CONFIG = resolve_config({}, EXPECTED).config


def state(path: str, text: str) -> Snapshot:
    return snapshot({**FILES, path: text}).replace(root=lambda: "/srv/shop")


def fixable(path: str, text: str, config: Config, *, unsafe: bool) -> list[Finding]:
    findings = run_rules(state(path, text), config).findings
    return [f for f in findings if f.path == path and f.fix and (f.fix.safe or unsafe)]


def count(findings: list[Finding]) -> Counter[tuple[str, str, int]]:
    """Count findings by rule, message and line: of several YAML errors, only the first is one."""
    lines = (finding.span.line if finding.span else 0 for finding in findings)
    return Counter((f.rule, f.message, line) for f, line in zip(findings, lines, strict=True))


def fixed(path: str, text: str, config: Config, *, unsafe: bool = False) -> str:
    """Return the text after all rounds, in which each fix that was announced was applied."""
    for _ in range(100):
        announced = fixable(path, text, config, unsafe=unsafe)
        if not announced:
            return text
        before = text
        text, applied = apply_fixes(before, announced)
        assert applied, (text, announced)
        left = count(fixable(path, text, config, unsafe=unsafe))
        assert not left & count(applied) - (count(announced) - count(applied)), (before, announced)
    raise AssertionError("there is no end to it")


DLM_ID = f"dlm_id: {ID}  # never touched\n"
CASES = {
    "a misspelt id": (corpus("base_model: smollm2-135m").replace("dlm_id", "dlmid"), False),
    "an upper-case id": (corpus("base_model: smollm2-135m").replace("dlm_id", "DLM_ID"), False),
    "a misspelt base": (corpus("base-model: smollm2-135m"), False),
    "a bare glob": (sourced('    - path: "."', "      include: **/*.py"), False),
    "a bare glob in a list": (sourced('    - path: "."', "      include: [**/*.py, *.md]"), False),
    "a string for a list": (sourced('    - path: "."', '      include: "src/**"'), False),
    "a plain string for a list": (sourced('    - path: "."', "      exclude: docs"), False),
    "a line that nearly closes": (
        corpus("base_model: smollm2-135m").replace("\n---\n", "\n--- \n"),
        False,
    ),
    "two strings for a list": (sourced('    - path: "."', "      include: src/**, docs/**"), True),
    "an invalid repeated id": (corpus("base_model: smollm2-135m", "dlm_id: x"), True),
    "an invalid id before": (
        corpus("base_model: smollm2-135m").replace(DLM_ID, f"dlm_id: x\n{DLM_ID}"),
        True,
    ),
    "three ids, the last invalid": (
        corpus("base_model: smollm2-135m", "dlm_id: x", "dlm_id: y"),
        True,
    ),
    "two valid ids": (corpus("base_model: smollm2-135m", f"dlm_id: {OTHER_ID}"), True),
    "the same id again": (corpus("base_model: smollm2-135m", f"dlm_id: {ID}"), False),
    "an invalid repeated value": (corpus("base_model: x", "base_model: 1"), True),
}


@pytest.mark.parametrize(("text", "unsafe"), CASES.values(), ids=CASES.keys())
def test_a_fixable_document_is_accepted_after_the_fix(
    oracle: Oracle, text: str, unsafe: bool
) -> None:
    assert fixable(CORPUS, text, Config(), unsafe=unsafe)
    after = fixed(CORPUS, text, Config(), unsafe=unsafe)
    answer = oracle.parse(after.encode())
    assert answer["ok"], after
    assert answer["frontmatter"]["dlm_id"] == (OTHER_ID if OTHER_ID in text else ID)


def test_two_keys_that_resemble_the_same_are_not_fixed() -> None:
    text = corpus("base_model: smollm2-135m", "dlmid: a", "dlm_idd: b").replace(DLM_ID, "")
    assert not fixable(CORPUS, text, Config(), unsafe=True)


def test_a_valid_id_is_never_replaced() -> None:
    text = corpus("base_model: smollm2-135m", "dlm_id: x")
    after = fixed(CORPUS, text, Config(), unsafe=True)
    assert DLM_ID in after
    assert "dlm_id: x" not in after


def test_a_string_in_the_place_of_a_mapping_is_progress() -> None:
    for path, text in ((PACKAGE, "{\0}\n"), (CORPUS, "---\n{\0}\n---\n\nbody\n")):
        assert fixable(path, text, Config(), unsafe=True)
        fixed(path, text, Config(), unsafe=True)


@pytest.mark.parametrize("yaml", ["include: **/*.py\n", 'excludes: ["a"]\n', "exclude: a\n"])
def test_a_training_yaml_is_accepted_after_the_fix(oracle: Oracle, yaml: str) -> None:
    assert oracle.training_yaml(fixed(PACKAGE, yaml, Config()).encode())["ok"]


def test_a_link_is_not_announced_as_fixable() -> None:
    files: Files = {**FILES, PACKAGE: link("../../docs/x.yaml"), "docs/x.yaml": "exclude: a\n"}
    findings = run_rules(snapshot(files), Config()).findings
    (finding,) = [f for f in findings if f.rule == "broken-training-config"]
    assert finding.fix is None


@pytest.mark.slow
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_recorded_documents_are_fixed_as_announced(unsafe: bool) -> None:
    for vector in json.loads((VECTORS / "documents.json").read_text())["parse_text"]:
        fixed(CORPUS, vector["text"], CONFIG, unsafe=unsafe)


@given(data=documents() | mutated(documents()) | single_field_documents(), unsafe=st.booleans())
def test_documents_are_fixed_as_announced(data: bytes, unsafe: bool) -> None:
    fixed(CORPUS, data.decode(errors="replace"), CONFIG, unsafe=unsafe)


_MISTAKES = [
    "excludes: [a]",
    "include: **/*.py",
    "exclude: a, b",
    "Include: ['*.md']",
    "include: [a]",
]
_MISTAKES += [
    "exclude_default: false",
    "exclude: [a]",
    "exclude: [b]",
    "weight: {a: {b: 2}}",
    "# x",
]
_mistaken = st.lists(st.sampled_from(_MISTAKES), min_size=1, max_size=4).map("\n".join)


@given(data=training_yamls() | _mistaken.map(str.encode), unsafe=st.booleans())
@example(data=b"dlm_training_version: *a\nexclude: *a\n", unsafe=True)
def test_training_configs_are_fixed_as_announced(data: bytes, unsafe: bool) -> None:
    fixed(PACKAGE, data.decode(errors="replace"), CONFIG, unsafe=unsafe)
