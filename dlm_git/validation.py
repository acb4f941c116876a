"""What a pydantic model refuses, as data: which key, what is allowed there, what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

KeyPath = tuple[str | int, ...]
_Schema = Mapping[str, Any]
_Model = TypeVar("_Model", bound="BaseModel")


@dataclass(frozen=True, slots=True)
class Violation:
    """A key that a schema refuses, and what is allowed there in words.

    `kind` is 'unknown' for a key that the schema does not have, 'missing' for one that must be
    there, 'version' for a schema version that nobody reads, 'key' for a key that is no string at
    all, 'invalid' for a value out of its range.
    `near` is the known key or value that was perhaps meant.
    """

    kind: Literal["unknown", "missing", "version", "key", "invalid"]
    path: KeyPath
    expected: str
    suggestion: str = ""


def validate(model: type[_Model], value: object) -> _Model | tuple[Violation, ...]:
    """The model made of a loaded mapping, or every fault that pydantic finds in it."""
    from pydantic import ValidationError

    try:
        return model.model_validate(value)
    except ValidationError as error:
        schema = model.model_json_schema()
        return tuple(_faults(schema, error.errors(include_url=False)))


def closest_match(word: str, candidates: Sequence[str]) -> str:
    """The known word that was perhaps meant, or ''."""
    from difflib import get_close_matches  # late: it is for what is at fault

    matches = get_close_matches(word[:80].lower(), candidates, n=1)
    return matches[0] if matches and matches[0] != word else ""


def _faults(root: _Schema, details: Sequence[Any]) -> Iterator[Violation]:
    seen = set()
    for detail in details:
        path, schema = _locate(root, detail["loc"])
        if path not in seen:  # each arm of a union complains of the same value
            seen.add(path)
            yield _fault(root, path, schema, detail)


def _fault(root: _Schema, path: KeyPath, schema: _Schema, detail: Any) -> Violation:
    kind, last = detail["type"], (detail["loc"] or [""])[-1]
    if kind == "extra_forbidden":
        return Violation("unknown", path, "", closest_match(str(last), list(schema["properties"])))
    if kind == "missing":
        return Violation("missing", path, _words(root, schema))
    if kind == "value_error":
        return Violation("invalid", path, str(detail["ctx"]["error"]))
    if kind == "invalid_key" or last == "[key]" or not path:
        return Violation("key", path, "a string")
    given = detail["input"]
    meant = closest_match(given, _choices(root, schema)) if isinstance(given, str) else ""
    return Violation("invalid", path, _words(root, schema), meant)


def _locate(root: _Schema, location: Sequence[str | int]) -> tuple[KeyPath, _Schema]:
    """The keys of a pydantic location, and the JSON schema of what is wanted there.

    Where the last key is not in the schema, it is the schema of the mapping around it. Between the
    keys pydantic names the arm of a union it tried (`list[str]`): no key has that name.
    """
    path: KeyPath = ()
    schema = root
    for step in location:
        inner = _inner(root, schema, step)
        if inner is not None:
            path, schema = (*path, step), inner
        elif step != "[key]" and "anyOf" not in schema:
            return (*path, step), schema
    return path, schema


def _inner(root: _Schema, schema: _Schema, step: str | int) -> _Schema | None:
    for arm in _arms(root, schema):
        if isinstance(step, int) and "items" in arm:
            return _resolved(root, arm["items"])
        if step in arm.get("properties", {}):
            return _resolved(root, arm["properties"][step])
        if isinstance(arm.get("additionalProperties"), Mapping) and step != "[key]":
            return _resolved(root, arm["additionalProperties"])
    return None


def _resolved(root: _Schema, schema: _Schema) -> _Schema:
    reference = schema.get("$ref")
    return root["$defs"][reference.removeprefix("#/$defs/")] if reference else schema


def _arms(root: _Schema, schema: _Schema) -> list[_Schema]:
    return [_resolved(root, arm) for arm in schema.get("anyOf", [schema])]


def _choices(root: _Schema, schema: _Schema) -> list[str]:
    arms = _arms(root, schema)
    return [str(choice) for arm in arms for choice in arm.get("enum", [arm.get("const", "")])]


def _words(root: _Schema, schema: _Schema) -> str:
    return " or ".join(_arm_words(root, arm) for arm in _arms(root, schema))


def _arm_words(root: _Schema, schema: _Schema) -> str:
    if "enum" in schema or "const" in schema:
        return " or ".join(f"'{choice}'" for choice in _choices(root, schema))
    match schema.get("type"):
        case "array":
            items = _resolved(root, schema["items"])
            return "a list of strings" if items.get("type") == "string" else "a list of mappings"
        case "integer":
            return f"a whole number{_range(schema)}"
        case "number":
            return f"a number{_range(schema)}"
        case "string":
            return "a string that is not empty" if schema.get("minLength") else "a string"
        case "boolean":
            return "true or false"
        case "null":
            return "null"
    return "a mapping"


def _range(schema: _Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None:
        return f" of at least {least}"
    above = f" above {schema['exclusiveMinimum']}" if "exclusiveMinimum" in schema else ""
    return above + (f", at most {most}" if most is not None else "")


def is_plain_string(value: object) -> bool:
    """Whether it is a string of visible characters: pydantic takes no lone surrogates, which are
    not printable."""
    return isinstance(value, str) and value.isprintable() and bool(value)


def plain_strings(value: object) -> tuple[str, ...] | None:
    """A list of such strings, None if it is anything else."""
    if isinstance(value, list | tuple) and all(map(is_plain_string, value)):
        return tuple(value)
    return None
