"""Documents, patterns and base models agree with the trainer, recorded and live."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given

from dlm_git.document.base_models import BASE_MODELS, is_known_base
from dlm_git.document.frontmatter import (
    SCHEMA_VERSION,
    plain_frontmatter,
)
from dlm_git.document.pairs import check_pairs
from dlm_git.document.parser import parse_document
from dlm_git.document.plain_forms import FRONTMATTER
from dlm_git.document.yaml_plain import load_plain
from dlm_git.patterns.glob import glob, parse_ignore_lines
from dlm_git.training.directory_config import parse_training_yaml
from tests import forms, strategies
from tests.agreement.agreement import (
    CLASSES,
    assert_agree,
    assert_ignore_files_agree,
    assert_training_configs_agree,
    refusal,
)
from tests.oracle import Oracle
from tests.support import ID, VECTORS

DOCUMENTS = json.loads((VECTORS / "documents.json").read_text())

RECORDED = [case for case in DOCUMENTS["parse_text"] if not {"\r", "\ufeff"} & set(case["text"])]


@pytest.mark.parametrize("case", RECORDED, ids=range(len(RECORDED)))
def test_recorded_document(case: dict[str, Any]) -> None:
    parsed = parse_document(case["text"].encode())
    if "refers to a value that contains it" in getattr(parsed.parse_error, "reason", ""):
        assert not case["ok"]
        return
    assert parsed.accepted == case["ok"]
    if case["ok"]:
        ids = [section.id for section in parsed.body.sections]
        assert ids == [section["section_id"] for section in case["sections"]]
    elif case["typed"]:
        assert refusal(parsed) == CLASSES[case["error"]]


@pytest.mark.parametrize("case", DOCUMENTS["glob"], ids=lambda c: f"{c['pattern']!r} {c['path']!r}")
def test_recorded_glob(case: dict[str, Any]) -> None:
    assert glob(case["pattern"]).match(case["path"]) == case["match"]


@pytest.mark.parametrize("case", DOCUMENTS["ignore_file_line"], ids=lambda c: f"{c['line']!r}")
def test_recorded_ignore_line(case: dict[str, Any]) -> None:
    assert (
        any(rule.match(case["path"]) for rule in parse_ignore_lines(case["line"])) == case["match"]
    )


@given(data=strategies.documents())
def test_documents_agree(oracle: Oracle, data: bytes) -> None:
    assert_agree(parse_document(data), oracle.parse(data))


@given(data=strategies.single_field_documents())
def test_single_fields_agree(oracle: Oracle, data: bytes) -> None:
    assert_agree(parse_document(data), oracle.parse(data))


@given(value=forms.values(FRONTMATTER, odds=90))
def test_ordinary_values_agree(oracle: Oracle, value: dict[str, Any]) -> None:
    required = {"dlm_id": ID, "dlm_version": SCHEMA_VERSION, "base_model": "x"}
    text = yaml.safe_dump({**value, **required} if isinstance(value, dict) else value)
    data = f"---\n{text}---\n".encode()
    assert_agree(parse_document(data), oracle.parse(data))


def test_the_templates_of_the_trainer_are_plain() -> None:
    package = find_spec("dlm")
    assert package
    assert package.origin
    templates = sorted(Path(package.origin).parent.glob("templates/gallery/*.dlm"))
    assert len(templates) == 8
    for template in templates:
        value = load_plain(template.read_text(encoding="utf-8").split("---\n")[1])
        assert value
        assert plain_frontmatter(value)


@given(data=strategies.mutated(strategies.documents()))
def test_mutated_documents_agree(oracle: Oracle, data: bytes) -> None:
    assert_agree(parse_document(data), oracle.parse(data))


@given(data=strategies.training_yamls())
def test_training_configs_agree(oracle: Oracle, data: bytes) -> None:
    assert_training_configs_agree(data, oracle.training_yaml(data))


@given(case=strategies.glob_cases())
def test_globs_agree(oracle: Oracle, case: tuple[str, str]) -> None:
    assert [glob(case[0]).match(case[1])] == oracle.glob([case])


@given(case=strategies.ignore_cases())
def test_ignore_files_agree(oracle: Oracle, case: tuple[str, str]) -> None:
    assert_ignore_files_agree(oracle, [case])


@given(case=strategies.pair_bodies())
def test_pairs_agree(
    oracle: Oracle, case: tuple[Literal["instruction", "preference"], str]
) -> None:
    assert (check_pairs(*case) is None) == oracle.pairs(*case)["ok"]


def test_base_models_are_those_of_the_registry(oracle: Oracle) -> None:
    registry = {base["key"]: base for base in oracle.bases()}
    assert list(registry) == list(BASE_MODELS)
    for key, base in BASE_MODELS.items():
        assert base.hub_id == registry[key]["hf_id"]
        assert base.parameters == registry[key]["params"]
        assert base.license == registry[key]["license_spdx"]
        assert base.gated == registry[key]["requires_acceptance"]


@pytest.mark.parametrize(
    "name",
    [
        "qwen2.5-coder-1.5b",
        "Qwen2.5-coder-1.5b",
        " smollm2-135m",
        "",
        "org/name",
        "hf:",
        "hf:a",
        "hf:a/b",
        "hf:/a/b",
        "hf:a/b/",
        "hf:a/b/c",
        "hf: a/b",
        "HF:a/b",
        "hf:/",
        "hf://",
        "hf:a//b",
    ],
)
def test_base_model_names_resolve_alike(oracle: Oracle, name: str) -> None:
    assert is_known_base(name) == (oracle.resolve_base(name) != "unknown")


@pytest.mark.parametrize(
    ("yaml", "effect"),
    [
        ("a: 2024-13-45", "crash"),
        ("a: 2024-01-01T25:00:00", "crash"),
        ("a: !!int x", "crash"),
        ('a: !!int ""', "crash"),
        ("a: !!float x", "crash"),
        ("a: !!bool x", "crash"),
        ("a: !!timestamp x", "crash"),
        ('a: "\\UFFFFFFFF"', "crash"),
        ("a: 0x_", "crash"),
        ("a: !!binary é", "yaml"),
        ("a: !x b", "yaml"),
        ("a: [", "yaml"),
        ("a: *b", "yaml"),
        ("a: {[b]: c}", "yaml"),
        ("%YAML 2.0\n--- {}", "yaml"),
        ("a: \0", "yaml"),
    ],
)
def test_the_trainer_skips_invalid_yaml_and_fails_on_invalid_values(
    oracle: Oracle, yaml: str, effect: str
) -> None:
    settings = parse_training_yaml(yaml.encode())
    answer = oracle.training_yaml(yaml.encode())
    assert (settings.kind, answer["ok"], answer["typed"]) == (effect, False, effect == "yaml")
