"""Validation with pydantic models; errors say what the user can write instead.

`fits` accepts ordinary values without pydantic, whose import takes longer than a check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from dlm_git.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeVar

    _Schema = Mapping[str, Any]

    _Model = TypeVar("_Model", bound="BaseModel")
    from pydantic import BaseModel

LARGEST = 2**53  # a float has every integer up to here
LIST_OF_STRINGS = "a list of strings"
KeyPath = tuple[str | int, ...]
_EXPONENT = r"\d{1,3}(?:\.\d{1,15})?[eE]-?\d{1,2}"


class Violation(Value):
    """A key or value that a schema refuses.

    kind: 'unknown' for a key that the schema does not have, 'missing' for a required key, 'key' for
        a key that is not a string, 'version' for an unsupported schema version, 'invalid' for any
        other value.
    path: the keys and list indexes that lead to it.
    expected: the values that the schema accepts, in words; '' for an unknown key.
    suggestion: the known key or value closest to it, or ''.
    """

    kind: Literal["unknown", "missing", "version", "key", "invalid"]
    path: KeyPath
    expected: str
    suggestion: str = ""

    def hint(self, otherwise: str) -> str:
        """Return the suggestion as a question, or `otherwise` if there is none."""
        return f"did you mean '{self.suggestion}'?" if self.suggestion else otherwise


def validate(
    model: type[_Model], value: object, limit: int | None = None
) -> _Model | tuple[Violation, ...]:
    """Return a model of a loaded mapping, or the violations of the schema, up to a limit."""
    from pydantic import ValidationError

    try:
        return model.model_validate(value)
    except ValidationError as error:
        return tuple(
            islice(_violations(_json_schema(model), error.errors(include_url=False)), limit)
        )


@lru_cache(maxsize=8)  # made anew it would cost more than the validation of a small document
def _json_schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def closest_match(word: str, candidates: Sequence[str], *, cutoff: float = 0.6) -> str:
    """Return the candidate that resembles a misspelt word most, or ''.

    cutoff: how similar it must be, from 0 to 1.
    """
    from difflib import get_close_matches  # late: most runs report nothing

    matches = get_close_matches(word[:80].lower(), candidates, n=1, cutoff=cutoff)
    return matches[0] if matches and matches[0] != word else ""


def is_plain_string(value: object) -> bool:
    """Return whether a value is a printable, non-empty string.

    pydantic accepts every such string. It refuses lone surrogates, which are not printable.
    """
    return isinstance(value, str) and value.isprintable() and bool(value)


class Interval(Value):
    """The numbers from one to another, both included."""

    low: float
    high: float


def fits(value: object, form: Any) -> bool:
    """Return whether a loaded value certainly has a form, for pydantic too.

    form: a string or None for that value, `str` for a printable and non-empty string that may have
        several lines, `bool`, a range of integers, an Interval of numbers (which includes strings
        such as '2e-4', as YAML 1.1 reads this number), a list with the form of its items, a dict
        with the forms of its optional keys, in which `str` stands for any key, or a tuple of
        alternatives.
    """
    match form:
        case dict():
            return isinstance(value, dict) and all(
                is_plain_string(key) and fits(item, form.get(key, form.get(str, ())))
                for key, item in value.items()
            )
        case list():
            return isinstance(value, list | tuple) and all(fits(item, form[0]) for item in value)
        case range():
            return type(value) is int and value in form
        case Interval():
            return _is_in(value, form)
        case tuple():
            return any(fits(value, alternative) for alternative in form)
    if form is str:
        return isinstance(value, str) and is_plain_string(value.replace("\n", " "))
    return isinstance(value, bool) if form is bool else value == form


def with_tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a loaded mapping with tuples instead of lists, for the fields of a Value."""
    return {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}


def _is_in(value: object, interval: Interval) -> bool:
    if isinstance(value, str) and re.fullmatch(_EXPONENT, value, re.ASCII):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return interval.low <= value <= interval.high


def _violations(root: _Schema, errors: Sequence[Any]) -> Iterator[Violation]:
    # pydantic reports a value once for each member of a union; the member that explains most counts
    located = [(*_locate(root, error["loc"], error["type"]), error) for error in errors]
    around = {path[:end] for path, _, _ in located for end in range(len(path))}
    seen = set()
    for path, schema, error in located:
        if path not in seen and not (path and path in around):
            seen.add(path)
            yield _violation(root, path, schema, error)


def _violation(root: _Schema, path: KeyPath, schema: _Schema, error: Any) -> Violation:
    kind, last = error["type"], (error["loc"] or [""])[-1]
    if kind == "extra_forbidden":
        keys = [key for member in _members(root, schema) for key in member.get("properties", ())]
        return Violation("unknown", path, "", closest_match(str(last), keys))
    if kind == "missing":
        return Violation("missing", path, _describe(root, schema))
    if kind == "value_error":
        return Violation("invalid", path, str(error["ctx"]["error"]))
    if kind == "invalid_key" or last == "[key]" or not path:
        return Violation("key", path, "a string")
    value = error["input"]
    suggestion = closest_match(value, _choices(root, schema)) if isinstance(value, str) else ""
    return Violation("invalid", path, _describe(root, schema), suggestion)


def _locate(root: _Schema, location: Sequence[str | int], kind: str) -> tuple[KeyPath, _Schema]:
    """Return the keys in the location of a pydantic error, and the JSON schema of the last one.

    For a key that is not in the schema, it is the schema of the mapping around the key. Between the
    keys pydantic names the member of a union that it tried (`list[str]`), which is not a key.
    """
    if kind == "extra_forbidden":
        path, schema = _locate(root, location[:-1], "")
        return (*path, location[-1]), schema
    path, schema = (), root
    for step in location:
        child = _child(root, schema, step)
        if child is not None:
            path, schema = (*path, step), child
        elif step != "[key]" and "anyOf" not in schema:
            return (*path, step), schema
    return path, schema


def _child(root: _Schema, schema: _Schema, step: str | int) -> _Schema | None:
    for member in _members(root, schema):
        if isinstance(step, int) and "items" in member:
            return _resolve(root, member["items"])
        if step in member.get("properties", {}):
            return _resolve(root, member["properties"][step])
        if isinstance(member.get("additionalProperties"), Mapping) and step != "[key]":
            return _resolve(root, member["additionalProperties"])
    return None


def _resolve(root: _Schema, schema: _Schema) -> _Schema:
    reference = schema.get("$ref")
    return root["$defs"][reference.removeprefix("#/$defs/")] if reference else schema


def _members(root: _Schema, schema: _Schema) -> list[_Schema]:
    """Return the schemas of a union, or the schema itself."""
    return [_resolve(root, member) for member in schema.get("anyOf", [schema])]


def _choices(root: _Schema, schema: _Schema) -> list[str]:
    members = _members(root, schema)
    return [
        str(choice)
        for member in members
        for choice in member.get("enum", [member.get("const", "")])
    ]


def _describe(root: _Schema, schema: _Schema) -> str:
    members = _members(root, schema)
    types = [_describe_type(root, member) for member in members if member.get("type") != "null"]
    return " or ".join(types)


def _describe_type(root: _Schema, schema: _Schema) -> str:
    if "enum" in schema or "const" in schema:
        return " or ".join(f"'{choice}'" for choice in _choices(root, schema))
    match schema.get("type"):
        case "array":
            members = _members(root, _resolve(root, schema["items"]))
            kinds = ["strings" if m.get("type") == "string" else "mappings" for m in members]
            return f"a list of {' or '.join(kinds)}"
        case "integer":
            return f"an integer{_describe_range(schema)}"
        case "number":
            return f"a number{_describe_range(schema)}"
        case "string":
            return "a non-empty string" if {"minLength", "pattern"} & {*schema} else "a string"
        case "boolean":
            return "true or false"
    return "a mapping"


_BOUNDS = ("minimum", "exclusiveMinimum", "maximum")


def _describe_range(schema: _Schema) -> str:
    bounds = {key: f"{value:.15g}" for key, value in schema.items() if key in _BOUNDS}
    match bounds:  # some versions of pydantic write 0.0 for 0
        case {"minimum": least, "maximum": most}:
            return f" from {least} to {most}"
        case {"minimum": least}:
            return f" of at least {least}"
        case {"exclusiveMinimum": bound, "maximum": most}:
            return f" above {bound} and at most {most}"
        case {"exclusiveMinimum": bound}:
            return f" above {bound}"
    return ""
