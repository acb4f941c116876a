"""The JSON Schema of a config file accepts what dlm-git accepts, and refuses the rest."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from dlm_git.about import CONFIG_SCHEMA_URL
from dlm_git.config.extends import read_extended
from dlm_git.config.layers import Layer
from dlm_git.config.load import config_keys, plain_config
from dlm_git.config.plain_forms import FILE_FORMS
from dlm_git.config.schema import ConfigFile, validate_config
from dlm_git.errors import DlmGitError
from dlm_git.operations.config_schema import config_schema
from dlm_git.rules.registry import RULES
from tests.support import PROJECT

SCHEMA = config_schema()
VALIDATOR = Draft7Validator(SCHEMA)
# what the schema cannot say, or does not: docs/policy.md has the same list
UNSAID: list[dict[str, Any]] = [
    {"sources": [{"path": "a"}, {"path": "./a"}]},  # two names of one path
    {"sources": [{"path": "a/../.."}]},  # a path that leaves the repository further on
    {
        "ignore-path": [
            {"paths": ["a"], "rules": ["empty-body"], "reason": "x", "until": "2027-02-30"}
        ]
    },
    {"corpus": [{"root": "a"}, {"root": "a"}]},  # two corpora in one directory
    {"extends": "../a.toml"},  # that depends on the directory of the file
    {"extends": "a\u0085b"},  # characters that are not printable, other than controls
]


def accepts(table: dict[str, Any]) -> bool:
    """Return whether the tool accepts the table of a file at the root, base models aside."""
    if isinstance(validate_config(table, 1, ConfigFile), tuple):
        return False
    if "extends" in table:
        layer = Layer(".dlm-git.toml", {}, b"", table["extends"])
        try:
            read_extended([layer], lambda _: b"")
        except DlmGitError:
            return False
    names = {rule for entry in table.get("ignore-path", ()) for rule in entry["rules"]}
    return {*table.get("ignore", {}), *names} <= {*RULES}


_TEXTS = st.sampled_from(
    [
        *(
            "",
            " ",
            "a",
            ".dlm",
            "a.dlm",
            "-a",
            ".a",
            "a/b",
            "a\\b",
            "a\nb",
            "a\n",
            "a.dlm\n",
            "é",
            "\t",
        ),
        *(
            "/a",
            "~a",
            "C:/a",
            "\\\\a",
            "./a",
            "..",
            "../a",
            "./../a",
            "a/..",
            "..a",
            "a/../b",
            "x\x7f",
        ),
        *[*RULES][:3],
    ]
)
_OTHER = st.sampled_from([None, 1, 1.5, True, [], {}, "", ["a", 1], {"a": "b"}])
_LIST = st.lists(_TEXTS, max_size=2)
_NAMES = _TEXTS | _LIST
_SOURCE = st.fixed_dictionaries(
    {}, optional={"path": _TEXTS, "include": _LIST, "exclude": _LIST, "x": _TEXTS}
)
_DOCUMENT = st.fixed_dictionaries({}, optional={"path": _TEXTS, "base": _NAMES, "x": _TEXTS})
_RULES = st.lists(st.sampled_from([*RULES, "x", ""]), max_size=2)
_DAYS = st.sampled_from(["2027-01-31", "2027-1-31", "2027-13-01", "20270131", "", "2027-01-31\n"])
_ACCEPTED = st.fixed_dictionaries(
    {"paths": _LIST, "rules": _RULES, "reason": _TEXTS}, optional={"until": _DAYS, "x": _TEXTS}
) | st.fixed_dictionaries({}, optional={"paths": _LIST, "rules": _RULES, "reason": _TEXTS})
_ROOTS = st.sampled_from([".", "a", "a/b", "", "/a", "~a", "a/", "a//b", "./a", "a/./b", "..a"])
_ODD_ROOTS = st.sampled_from(["..", "a/..", ".git", "a/.git/b", ".dlm", ".dlm\n", "a\0", "a\n"])
_CORPUS = st.fixed_dictionaries(
    {"root": _ROOTS | _ODD_ROOTS},
    optional={"base": _NAMES, "include": _LIST, "sources": st.lists(_SOURCE, max_size=2)}
    | {"sources-policy": st.sampled_from(["strict", "x"]), "name": _TEXTS, "allow": _LIST},
)
_KEYS = {
    "base": _NAMES,
    "include": _LIST,
    "exclude": _LIST,
    "sources": st.lists(_SOURCE, max_size=2),
    "sources-policy": st.sampled_from(["strict", "permissive", "x"]),
    "name": _TEXTS,
    "corpus": st.lists(_CORPUS, max_size=2),
    "allow": st.lists(_TEXTS | _DOCUMENT, max_size=2),
    "secrets": _LIST,
    "ignore": st.dictionaries(_TEXTS | st.sampled_from([*RULES]), _TEXTS, max_size=2),
    "ignore-path": st.lists(_ACCEPTED, max_size=2),
    "extends": _TEXTS,
    "locked": st.lists(st.sampled_from([*config_keys(), "x", "locked", ""]), max_size=2),
}
_TABLES = st.dictionaries(
    st.sampled_from([*_KEYS, "unknown"]), st.just(None), min_size=1, max_size=3
).flatmap(
    lambda keys: st.fixed_dictionaries(
        {key: st.one_of(*[_KEYS.get(key, _TEXTS)] * 6, _OTHER) for key in keys}
    )
)


def _is_toml(value: object) -> bool:
    """Return whether TOML can hold a value: it has no null."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is not None and all(map(_is_toml, items))


def _is_unsaid(table: dict[str, Any]) -> bool:
    """Return whether the tool refuses paths in a way that no schema can."""
    corpora = table.get("corpus") or ()
    lists = [each.get("sources") or () for each in (table, *corpora)]
    paths = [[str(PurePosixPath(s["path"])) for s in each if "path" in s] for each in lists]
    paths.append([corpus.get("root", "") for corpus in corpora])
    extends = normpath(str(table.get("extends", "")))
    return any(len(each) > len(set(each)) for each in paths) or extends.split("/")[0] == ".."


@given(table=_TABLES.filter(_is_toml))
@example(table={"sources": [{"path": "a"}], "include": []})
@example(table={"ignore": {"empty-bdy": "x"}})
@example(table={"ignore": {"empty-body": "\n"}})
@example(table={"extends": "a.toml", "locked": ["base", "base"]})
@example(table={"allow": [{"path": "a", "base": []}]})
@example(table={"base": []})
def test_the_schema_and_the_tool_agree(table: dict[str, Any]) -> None:
    valid, accepted = VALIDATOR.is_valid(table), accepts(table)
    assert valid == accepted or (valid and _is_unsaid(table))
    if plain_config(table, FILE_FORMS) and not _is_unsaid(table) and "ignore" not in table:
        assert valid


@pytest.mark.parametrize("table", UNSAID, ids=str)
def test_what_the_schema_cannot_say(table: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(table)
    assert not accepts(table)


def test_the_schema_is_one_that_editors_and_schemastore_accept() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == CONFIG_SCHEMA_URL
    assert CONFIG_SCHEMA_URL.startswith("https://")
    objects = [SCHEMA, *SCHEMA["definitions"].values(), SCHEMA["properties"]["ignore"]]
    assert all(each["additionalProperties"] is False for each in objects)
    described = [each for schema in objects for each in schema["properties"].values()]
    assert all(each.get("description") for each in described)
    assert "$defs" not in json.dumps(SCHEMA)
    # draft 7 ignores what stands beside a reference
    assert all(len(each) == 1 for each in _with_reference(SCHEMA))


def _with_reference(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [each for item in value for each in _with_reference(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if "$ref" in value else []
    return own + [each for item in value.values() for each in _with_reference(item)]


def test_the_catalog_entry_names_the_published_schema() -> None:
    page = (PROJECT / "docs/policy.md").read_text()
    entry = json.loads(re.findall(r"```json\n(\{\n  \"name\".*?)```", page, re.DOTALL)[0])
    assert [*entry] == ["name", "description", "fileMatch", "url"]
    assert entry["url"] == CONFIG_SCHEMA_URL
    published = PROJECT / CONFIG_SCHEMA_URL.partition("/raw/main/")[2]
    assert json.loads(published.read_text()) == SCHEMA


def test_the_example_of_the_readme_is_valid() -> None:
    section = (PROJECT / "README.md").read_text().partition("## Configuration\n")[2]
    table = tomllib.loads(re.findall(r"```toml\n(.*?)```", section, re.DOTALL)[0])
    assert accepts(table)
    # schemas see the dates of TOML as strings
    VALIDATOR.validate(json.loads(json.dumps(table, default=str)))
