"""Whatever value YAML can hold, a check ends with findings, and no format fails to print them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config.load import Config
from dlm_git.formats import FORMATS
from dlm_git.report import CheckResult
from dlm_git.rules.engine import run_rules
from tests.strategies import ODD_SCALARS
from tests.support import CORPUS, GOOD, ID, snapshot

SURROGATES = ("\ud800", "a\udcffb", "\udfff\ud800")
DOCUMENT = {
    "dlm_id": ID,
    "dlm_version": 15,
    "base_model": "smollm2-135m",
    "training": {
        "adapter": "lora",
        "lora_r": 8,
        "target_modules": ["q"],
        "precision": "bf16",
        "preference": {"enabled": True, "method": "dpo", "hyperparams": {"beta": 0.1}},
        "adapters": {"a": {"lora_r": 8, "target_modules": ["x"]}},
        "sources": [{"path": ".", "include": ["*"], "exclude": ["x"], "max_files": 1}],
        "sources_policy": "strict",
    },
    "export": {"default_quant": "Q8_0"},
    "system_prompt": "x",
}
DOCUMENT_OF_VERSION_1 = {
    "dlm_id": ID,
    "base_model": "x",
    "training": {"dpo": {"enabled": True, "beta": 0.1, "reference": "x"}},
}
CONFIG = {
    "dlm_training_version": 1,
    "include": ["*"],
    "exclude": ["x"],
    "exclude_defaults": True,
    "metadata": {"a": "b"},
    "weights": {"a": {"b": 1.0}},
}


def check_document(frontmatter: str) -> CheckResult:
    """Check a corpus document with a frontmatter, and print the result in every format."""
    return _check({CORPUS: f"---\n{frontmatter}\n---\n\nbody\n"})


def check_config(yaml: str) -> CheckResult:
    """Check a good document beside a `training.yaml`, and print the result in every format."""
    return _check({CORPUS: GOOD, ".dlm/training.yaml": yaml})


def _check(files: dict[str, str]) -> CheckResult:
    result = run_rules(snapshot({**files, "a.py": "x\n"}), Config())
    for render in FORMATS.values():
        render([result], "").encode()
    return result


def variants(value: object, text: str) -> Iterator[object]:
    """Yield a value with the text in each of its places, as a key and as a value."""
    yield from (text, [text], {text: text}, {text: {}})
    if isinstance(value, dict):
        yield {**value, text: {text: [text]}}
        for key, item in value.items():
            yield {text if other == key else other: value[other] for other in value}
            yield from ({**value, key: variant} for variant in variants(item, text))
    if isinstance(value, list):
        yield from ([variant] for item in value for variant in variants(item, text))


@pytest.mark.parametrize("text", SURROGATES, ids=ascii)
@pytest.mark.parametrize("document", [DOCUMENT, DOCUMENT_OF_VERSION_1], ids=["15", "1"])
def test_lone_surrogates_in_a_document(document: object, text: str) -> None:
    for variant in variants(document, text):
        assert check_document(json.dumps(variant)).documents


@pytest.mark.parametrize("text", SURROGATES, ids=ascii)
def test_lone_surrogates_in_a_directory_config(text: str) -> None:
    for variant in variants(CONFIG, text):
        assert check_config(json.dumps(variant)).documents


def test_an_adapter_named_by_a_lone_surrogate_is_a_finding() -> None:
    text = json.dumps({**DOCUMENT_OF_VERSION_1, "training": {"adapters": {"\ud800": {}}}})
    messages = [finding.message for finding in check_document(text).findings]
    assert any("adapter names that match" in message for message in messages), messages


@pytest.mark.parametrize("pattern", ["\ud800", "*\ud800", "a\0b", "\udcc3\udca9.py"], ids=ascii)
def test_a_pattern_that_no_path_can_match_is_dead(pattern: str) -> None:
    include = json.dumps(["*.md", pattern])
    document = GOOD.replace('["**/*"]', include)
    result = _check({CORPUS: document, "é.py": "x\n", "a": "x\n", "b.md": "x\n"})
    dead = [finding for finding in result.findings if finding.rule == "dead-pattern"]
    assert len(dead) == 1, result


_PLACES = (
    "{v}",
    "- {v}",
    "? {v}\n: 1",
    "{k}: {v}",
    "{k}:\n  - {v}",
    "{k}:\n  ? {v}\n  : b",
    "{k}:\n  a: {{b: {v}}}",
    "training:\n  {t}: {v}",
    "training:\n  {t}:\n    - {v}",
    "training:\n  {t}:\n    ? {v}\n    : {{}}",
    "training:\n  {t}:\n    a: {{lora_r: {v}, beta: {v}}}",
    "training:\n  sources:\n    - path: {v}",
    "training:\n  sources:\n    - path: .\n      {s}: {v}",
    "training:\n  sources:\n    - path: .\n      {s}:\n        - {v}",
)
_TOP_LEVEL = ["dlm_id", "dlm_version", "base_model", "system_prompt", "export", "include", "x"]
_TOP_LEVEL += ["exclude", "exclude_defaults", "metadata", "weights", "dlm_training_version"]


@st.composite
def _yaml(draw: st.DrawFn) -> str:
    """YAML with any value in some place of a frontmatter or directory config."""
    return draw(st.sampled_from(_PLACES)).format(
        v=draw(st.sampled_from(ODD_SCALARS)),
        k=draw(st.sampled_from(_TOP_LEVEL)),
        t=draw(st.sampled_from([*DOCUMENT["training"], "dpo", "gate", "cache"])),  # type: ignore[misc]
        s=draw(st.sampled_from(("include", "exclude", "max_files", "max_bytes_per_file"))),
    )


@given(yaml=_yaml(), version=st.sampled_from(["", "dlm_version: 15\n"]))
def test_any_value_in_any_place(yaml: str, version: str) -> None:
    head = f"dlm_id: {ID}\nbase_model: x\n{version}"
    assert check_document(f"{head}{yaml}").documents
    assert check_config(yaml).documents
