"""What is accepted without pydantic, pydantic accepts too, with the same values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.config import schema
from dlm_git.config.load import Config, config_from_model, config_keys, plain_config
from dlm_git.config.plain_forms import FILE_FORMS, FORMS, is_plain
from dlm_git.document import models
from dlm_git.document.frontmatter import (
    frontmatter_from_model,
    plain_frontmatter,
    plain_training_config,
    training_config_from_model,
)
from dlm_git.document.plain_forms import ADAPTER, FRONTMATTER, TRAINING_CONFIG
from dlm_git.validation import LARGEST, Interval
from tests.forms import values
from tests.support import ID

ANY_NUMBER = Interval(math.nextafter(-LARGEST, math.inf), LARGEST)

_REQUIRED = {"dlm_id": ID, "base_model": "x"}
_FRONTMATTERS = st.builds(
    lambda value, required: {**value, **required} if isinstance(value, dict) else {},
    values(FRONTMATTER),
    st.sampled_from((*[_REQUIRED] * 20, {**_REQUIRED, "dlm_id": ID.lower()}, {"dlm_id": ID}, {})),
)
_TRAINING_CONFIGS = values(TRAINING_CONFIG).filter(lambda value: isinstance(value, dict))
_CONFIGS = values(FORMS).filter(lambda value: isinstance(value, dict))


@given(value=_FRONTMATTERS)
def test_plain_frontmatter_equals_that_of_pydantic(value: dict[Any, Any]) -> None:
    plain = plain_frontmatter(value)
    if plain is not None:
        full = models.validate_frontmatter(value, 15, 15)
        assert isinstance(full, models.Frontmatter)
        assert repr(plain) == repr(frontmatter_from_model(full))


@given(value=_TRAINING_CONFIGS)
def test_a_plain_training_config_equals_that_of_pydantic(value: dict[Any, Any]) -> None:
    plain = plain_training_config(value)
    if plain is not None:
        full = models.validate_training_config(value)
        assert isinstance(full, models.TrainingConfig)
        assert repr(plain) == repr(training_config_from_model(full))


def form_of(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """Return the form that a JSON Schema of pydantic describes."""
    match schema:
        case {"$ref": reference}:
            return form_of(root, root["$defs"][reference.removeprefix("#/$defs/")])
        case {"anyOf": members}:
            forms = [form_of(root, member) for member in members]
            return tuple(x for form in forms for x in (form if type(form) is tuple else [form]))
        case {"type": "integer", "const": value}:
            return range(value, value + 1)
        case {"enum": choices}:
            return tuple(choices)
        case {"const": value}:
            return value
        case {"type": "array", "items": items}:
            return [form_of(root, items)]
        case {"properties": properties}:
            assert schema["additionalProperties"] is False
            return {key: form_of(root, value) for key, value in properties.items()}
        case {"type": "object", "additionalProperties": item}:
            return {str: form_of(root, item)}
        case {"type": "integer"}:
            return range(schema.get("minimum", -LARGEST), schema.get("maximum", LARGEST) + 1)
        case {"type": "number"}:
            above = math.nextafter(schema.get("exclusiveMinimum", -LARGEST), math.inf)
            return Interval(schema.get("minimum", above), schema.get("maximum", LARGEST))
    return {"string": str, "boolean": bool, "null": None}[schema["type"]]


def test_the_plain_forms_are_those_of_the_models() -> None:
    """The models are the source; a field that changes there fails here."""
    frontmatter = models.Frontmatter.model_json_schema()
    assert form_of(frontmatter, frontmatter) == FRONTMATTER
    config = form_of({}, models.TrainingConfig.model_json_schema())
    # the schema does not express that weights are not negative
    assert config == {**TRAINING_CONFIG, "weights": {str: {str: ANY_NUMBER}}}
    assert form_of({}, models.NamedAdapter.model_json_schema()) == ADAPTER
    own = schema.Config.model_json_schema()
    assert form_of(own, own) == FORMS
    file = schema.ConfigFile.model_json_schema()
    assert form_of(file, file) == FILE_FORMS


@pytest.mark.parametrize(
    ("training", "plain"),
    [
        ({"learning_rate": "2e-4", "micro_batch_size": "auto", "grad_accum": 4}, True),
        ({"learning_rate": 1, "precision": None, "target_modules": ["q_proj"]}, True),
        ({"sources": [], "seed": -1, "cache": {"enabled": False}, "adapters": None}, True),
        ({"sources": [{"path": "."}], "gate": {"enabled": False}}, True),
        ({"adapters": {"a": {}, "b": {"lora_r": 4}}, "gate": {"enabled": True}}, True),
        ({"adapters": {"a": {"lora_r": 4}}, "lora_r": 8}, False),
        ({"adapters": {"a": {}}, "gate": {"enabled": True}}, False),
        ({"adapters": {}}, False),
        ({"adapters": {"A": {}}}, False),
        ({"sources": [{}]}, False),
        ({"lora_r": 257}, False),
        ({"lora_r": True}, False),
        ({"lora_r": 8.0}, False),
        ({"lora_r": "8"}, False),
        ({"learning_rate": 0}, False),
        ({"learning_rate": "0e-4"}, False),
        ({"learning_rate": 10**400}, False),
        ({"lora_dropout": 0.51}, False),
        ({"adapter": "LoRA"}, False),
        ({"lora_rank": 8}, False),
        ({1: 8}, False),
    ],
)
def test_what_is_not_certainly_valid_is_left_to_pydantic(
    training: dict[Any, Any], plain: bool
) -> None:
    value = {"dlm_id": ID, "base_model": "x", "training": training}
    assert (plain_frontmatter(value) is not None) == plain


@given(table=_CONFIGS)
@example(table={"sources_policy": "strict", "sources-policy": "strict"})
@example(table={"sources": [{"path": "a"}, {"path": "b", "include": ["x"]}]})
@example(table={"sources": [{"path": "a"}, {"path": "./a"}]})
@example(table={"sources": [{"path": ".."}]})
@example(table={"sources": [], "include": []})
@example(table={"allow": ["a", {"path": "b", "base": ["x"]}, {"path": "c", "base": None}]})
@example(table={"allow": [{"path": "b", "base": []}]})
@example(table={"name": "a.dlm"})
@example(table={"ignore": {"a": "\n"}})
@example(table={"ignore-path": [{"paths": ["a/**"], "rules": ["x"], "reason": "y"}]})
@example(table={"ignore-path": [{"paths": ["a"], "rules": ["x"], "reason": "y", "until": "z"}]})
@example(table={"ignore-path": [{"paths": [], "rules": ["x"], "reason": "y"}]})
@example(table={"ignore-path": [{"paths": ["a"], "rules": ["x"], "reason": " "}]})
@example(table={"ignore-path": [{"paths": ["a"], "rules": ["x"]}]})
def test_a_plain_config_equals_that_of_pydantic(table: dict[str, Any]) -> None:
    plain = plain_config(table)
    if plain is not None:
        full = schema.validate_config(table, 1)
        assert isinstance(full, schema.Config)
        assert repr(plain) == repr(config_from_model(full))


@given(table=values(FILE_FORMS).filter(lambda value: isinstance(value, dict)))
@example(table={"extends": "a\nb"})
@example(table={"extends": "/a"})
@example(table={"locked": ["base", "locked"]})
def test_a_plain_table_of_a_file_is_valid_for_pydantic(table: dict[str, Any]) -> None:
    if is_plain(table, FILE_FORMS):
        full = schema.validate_config(table, 1, schema.ConfigFile)
        assert isinstance(full, schema.ConfigFile)
        assert plain_config(table, FILE_FORMS) == config_from_model(full)


def test_a_document_of_init_is_plain() -> None:
    source = {"path": ".", "include": ["**/*"], "exclude": ["*.csv"]}
    training = {"sources_policy": "strict", "sources": [source]}
    value = {"dlm_id": ID, "dlm_version": 15, "base_model": "x", "training": training}
    assert plain_frontmatter(value)
    assert plain_training_config({"exclude": ["*.csv"]})


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"base": "x", "sources-policy": "strict"},
        {"ignore": {"dead-pattern": "why"}},
        {"ignore-path": [{"paths": ["vendor/**"], "rules": ["dead-pattern"], "reason": "why"}]},
        {"base": ["x", "y"], "sources": [{"path": "src"}, {"path": ".", "exclude": ["a"]}]},
        {"allow": ["a", {"path": "b", "base": "x"}], "name": "main", "secrets": ["x.txt"]},
    ],
)
def test_a_typical_config_is_plain(table: dict[str, Any]) -> None:
    assert plain_config(table)


def test_the_values_have_the_keys_of_the_model() -> None:
    fields = schema.Config.model_fields
    assert [*config_keys()] == [field.alias or name for name, field in fields.items()]
    assert config_from_model(schema.Config()) == Config()
