"""What is accepted without pydantic, pydantic accepts too, with the same values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.config import schema
from dlm_git.config.load import Config, config_from_model, config_keys, plain_config
from dlm_git.document import models
from dlm_git.document.frontmatter import (
    frontmatter_from_model,
    plain_frontmatter,
    plain_training_config,
    training_config_from_model,
)
from tests.support import ID

_TEXTS = st.one_of(
    st.sampled_from(("a", ".", "**/*", "corpus", "docs", "x.dlm", ".x", "", " ", "\ud800", "a\n")),
    st.text(max_size=4),
)
_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 2), st.floats(), st.just([1]), st.just("1")
)
_LISTS = st.lists(_TEXTS, max_size=3)


def _mapping(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[Any, Any]]:
    """Some of the keys, mostly with values of their kind."""
    optional = {key: st.one_of(value, value, value, _ODD) for key, value in values.items()}
    return st.fixed_dictionaries({}, optional=optional)


_SOURCES = st.lists(_mapping(path=_TEXTS, include=_LISTS, exclude=_LISTS, more=_ODD), max_size=2)
_TRAINING = _mapping(
    sources=_SOURCES, sources_policy=st.sampled_from(("strict", "permissive")), dpo=_ODD
)
_FRONTMATTERS = st.builds(
    lambda rest, required: {**required, **rest},
    _mapping(training=_TRAINING, system_prompt=_TEXTS, base_model=_TEXTS, export=_ODD),
    st.sampled_from(({"dlm_id": ID, "base_model": "x"}, {"dlm_id": ID.lower(), "base_model": "x"})),
)
_TRAINING_CONFIGS = _mapping(
    dlm_training_version=st.just(1),
    include=_LISTS,
    exclude=_LISTS,
    exclude_defaults=st.booleans(),
    metadata=st.dictionaries(_TEXTS, _TEXTS, max_size=2),
    weights=_ODD,
)
_CONFIGS = _mapping(
    **{
        "base": st.one_of(_TEXTS, _LISTS),
        "include": _LISTS,
        "exclude": _LISTS,
        "sources": _SOURCES,
        "sources-policy": st.sampled_from(("strict", "permissive")),
        "sources_policy": _TEXTS,
        "name": _TEXTS,
        "allow": _LISTS,
        "secrets": _LISTS,
        "ignore": st.dictionaries(_TEXTS, _TEXTS, max_size=2),
    }
)


@given(value=_FRONTMATTERS)
def test_plain_frontmatter_equals_that_of_pydantic(value: dict[Any, Any]) -> None:
    plain = plain_frontmatter(value)
    if plain is not None:
        full = models.validate_frontmatter(value, 15, 15)
        assert isinstance(full, models.Frontmatter)
        assert plain == frontmatter_from_model(full)


@given(value=_TRAINING_CONFIGS)
def test_a_plain_training_config_equals_that_of_pydantic(value: dict[Any, Any]) -> None:
    plain = plain_training_config(value)
    if plain is not None:
        full = models.validate_training_config(value)
        assert isinstance(full, models.TrainingConfig)
        assert plain == training_config_from_model(full)


@given(table=_CONFIGS)
@example(table={"sources_policy": "strict", "sources-policy": "strict"})
def test_a_plain_config_equals_that_of_pydantic(table: dict[str, Any]) -> None:
    plain = plain_config(table)
    if plain is not None:
        full = schema.validate_config(table, 1)
        assert isinstance(full, schema.Config)
        assert plain == config_from_model(full)


def test_a_document_of_init_is_plain() -> None:
    source = {"path": ".", "include": ["**/*"], "exclude": ["*.csv"]}
    training = {"sources_policy": "strict", "sources": [source]}
    value = {"dlm_id": ID, "dlm_version": 15, "base_model": "x", "training": training}
    assert plain_frontmatter(value)
    assert plain_training_config({"exclude": ["*.csv"]})


@pytest.mark.parametrize(
    "table", [{}, {"base": "x", "sources-policy": "strict"}, {"ignore": {"dead-pattern": "why"}}]
)
def test_a_typical_config_is_plain(table: dict[str, Any]) -> None:
    assert plain_config(table)


def test_the_values_have_the_keys_of_the_model() -> None:
    fields = schema.Config.model_fields
    assert config_keys() == [field.alias or name for name, field in fields.items()]
    assert config_from_model(schema.Config()) == Config()
