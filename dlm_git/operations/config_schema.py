"""The JSON Schema of a config file, with everything that a schema can say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlm_git.about import CONFIG_SCHEMA_URL, CONFIGURATION_URL
from dlm_git.config.schema import ConfigFile
from dlm_git.rules.registry import RULES

_DRAFT = "http://json-schema.org/draft-07/schema#"  # the newest that most editors know
# ECMA-262 and Python agree on these patterns
_NO_CONTROLS = r"(?![\s\S]*[\u0000-\u001f\u007f])"
# what the validators of `config.schema` refuse
_NAME = rf"^(?![.-]){_NO_CONTROLS}(?![\s\S]*[/\\])(?![\s\S]*\.dlm$)[\s\S]"
_INSIDE = r"^(?!/)(?!(\./+)*\.\.(/|$))"
_RELATIVE = rf"^(?![/~]|\\\\|[A-Za-z]:[/\\]){_NO_CONTROLS}[\s\S]"
_DAY = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
_COMPONENT = r"(?!(\.\.?|\.git|\.dlm)(/|(?![\s\S])))[^/\u0000]+"
_ROOT = rf"^(\.|(?!~){_COMPONENT}(/{_COMPONENT})*)(?![\s\S])"
_PATTERNS = {"name": _NAME, "extends": _RELATIVE}


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of a config file.

    Unlike the model it has the names of the rules, and the patterns of names and paths.
    """
    model = ConfigFile.model_json_schema(ref_template="#/definitions/{model}")
    named = model.pop("$defs")
    schema = _simplified({**model, "definitions": named})
    properties = schema["properties"]
    for key, pattern in _PATTERNS.items():
        properties[key]["pattern"] = pattern
    reason = properties["ignore"].pop("additionalProperties")
    properties["ignore"]["properties"] = {
        name: {**reason, "description": f"{rule.summary}\n{rule.url}"}
        for name, rule in RULES.items()
    }
    properties["ignore"]["additionalProperties"] = False
    definitions = schema["definitions"]
    definitions["ExpectedSource"]["properties"]["path"]["pattern"] = _INSIDE
    either = {"not": {"anyOf": [{"required": ["include"]}, {"required": ["exclude"]}]}}
    corpus = definitions["Corpus"]
    corpus["properties"]["root"]["pattern"] = _ROOT
    corpus["properties"]["name"]["pattern"] = _NAME
    corpus["dependencies"] = {"sources": either}
    accepted = definitions["IgnoredPath"]["properties"]
    accepted["rules"]["items"] = {"enum": [*RULES]}
    accepted["until"]["pattern"] = _DAY
    return {
        "$schema": _DRAFT,
        "$id": CONFIG_SCHEMA_URL,
        "title": "dlm-git configuration",
        "description": f"{model['description']}\n{CONFIGURATION_URL}",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
        "dependencies": {"sources": either},
    }


def _simplified(value: Any) -> Any:
    """Return a schema without what is noise in a TOML file: titles, null and defaults."""
    if isinstance(value, list):
        return [_simplified(item) for item in value if item != {"type": "null"}]
    if not isinstance(value, Mapping):
        return value
    if len(alternatives := _simplified(value.get("anyOf", ()))) == 1:
        rest = {key: item for key, item in value.items() if key != "anyOf"}
        return _simplified({**alternatives[0], **rest})
    return {
        key: {name: _simplified(item) for name, item in inner.items()}
        if key in ("properties", "definitions")
        else _simplified(inner)
        for key, inner in value.items()
        if key not in ("title", "default")
    }
