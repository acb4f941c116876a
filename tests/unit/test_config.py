"""The config: its keys, its values, and flags over files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config.load import Config, ExpectedSource, resolve_config
from dlm_git.config.template import render_config
from dlm_git.errors import DlmGitError
from tests.support import GOOD

OWN = ".dlm-git.toml"
SHARED = "pyproject.toml"


@pytest.mark.parametrize(
    ("files", "flags", "expected"),
    [
        ({}, {}, {}),
        ({OWN: b""}, {}, {}),
        ({OWN: b'base = "a"'}, {}, {"base": "a"}),
        ({OWN: b'base = ["a", "b"]'}, {}, {"base": ("a", "b")}),
        ({SHARED: b'[tool.dlm-git]\nbase = "a"'}, {}, {"base": "a"}),
        ({SHARED: b"[tool.ruff]\nx = 1"}, {}, {}),
        ({SHARED: b"this is ] no TOML, but of another tool"}, {}, {}),
        ({OWN: b'base = "a"'}, {"base": ["b"]}, {"base": ("b",)}),
        ({OWN: b'allow = ["a"]'}, {"allow": ["b"]}, {"allow": ("a", "b")}),
        (
            {OWN: b'[ignore]\nx = "1"\ny = "2"'},
            {"ignore": {"y": "3"}},
            {"ignore": {"x": "1", "y": "3"}},
        ),
        ({OWN: b'sources = [{path = "src"}]'}, {"include": ["a"]}, {"include": ("a",)}),
        ({OWN: b'sources-policy = "permissive"'}, {}, {"sources_policy": "permissive"}),
    ],
)
def test_flags_override_the_config_file(
    files: dict[str, bytes], flags: dict[str, object], expected: dict[str, Any]
) -> None:
    config = resolve_config(files, flags).config
    assert {key: getattr(config, key) for key in expected} == expected
    others = Config(**{key: getattr(config, key) for key in (*expected, "allow", "ignore")})
    assert config == others


@pytest.mark.parametrize(
    ("files", "flags", "message", "help_"),
    [
        ({OWN: b'bse = "a"'}, {}, "unknown key 'bse' in .dlm-git.toml", "did you mean 'base'?"),
        (
            {OWN: b'sources-policy = "strct"'},
            {},
            ".dlm-git.toml: 'sources-policy' must be 'strict' or 'permissive'",
            "did you mean 'strict'?",
        ),
        (
            {OWN: b"a = 1", SHARED: b"[tool.dlm-git]\nbase = 'a'"},
            {},
            "both '.dlm-git.toml' and 'pyproject.toml' configure dlm-git",
            "keep one of them",
        ),
        (
            {OWN: b"base = x"},
            {},
            ".dlm-git.toml: invalid TOML: Invalid value (at line 1",
            "TOML strings need quotes",
        ),
        ({OWN: b"base"}, {}, ".dlm-git.toml: invalid TOML: Expected '='", "see https://toml.io"),
        ({OWN: b"\xff"}, {}, ".dlm-git.toml: not UTF-8: 'utf-8' codec", "save the file as UTF-8"),
        (
            {SHARED: b"[tool]\ndlm-git = 3"},
            {},
            "pyproject.toml: 'tool.dlm-git' must be a table",
            "write",
        ),
        (
            {OWN: b"[ignore]\nx = ' '"},
            {},
            ".dlm-git.toml: 'ignore.x' must be a non-empty string",
            "",
        ),
        (
            {OWN: b"include = ['a']\nsources = []"},
            {},
            ".dlm-git.toml: expected 'sources', or 'include' and 'exclude', not both",
            "",
        ),
        ({}, {"name": "a/b"}, "--name must be a name without slashes", ""),
        ({}, {"name": "x.dlm"}, "--name must be 'x', without '.dlm'", ""),
        ({}, {"name": ""}, "--name must be a non-empty name", ""),
        ({}, {"ignore": {"x": " "}}, "--ignore x must be a non-empty string", ""),
        ({OWN: b"name = 3"}, {}, ".dlm-git.toml: 'name' must be a string", ""),
        ({OWN: b"exclude = 3"}, {}, ".dlm-git.toml: 'exclude' must be a list of strings", ""),
        ({OWN: b"sources = [{}]"}, {}, ".dlm-git.toml: 'sources.0.path' is missing", ""),
    ],
)
def test_errors_name_the_key(
    files: dict[str, bytes], flags: dict[str, object], message: str, help_: str
) -> None:
    with pytest.raises(DlmGitError) as caught:
        resolve_config(files, flags)
    assert message in caught.value.message
    assert caught.value.hint.startswith(help_)
    assert caught.value.hint


def test_origins_name_file_flag_and_default() -> None:
    shown = resolve_config({OWN: b'base = "a"\nname = "x"'}, {"name": "y"}).origins
    assert (shown["base"], shown["name"], shown["allow"]) == (OWN, "--name", "default")


def test_unset_keys_of_sources_are_not_enforced() -> None:
    config = resolve_config({}, {"exclude": ["a"]}).config
    assert config.expected_sources
    (source,) = config.expected_sources
    assert (source.path, source.include, source.exclude) == (".", None, ("a",))
    assert resolve_config({}, {}).config.expected_sources is None
    assert GOOD


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_PATTERNS = st.none() | st.lists(_TEXT, max_size=3).map(tuple)
_GLOBS = st.fixed_dictionaries({"include": _PATTERNS, "exclude": _PATTERNS})
_PATHS = st.lists(st.from_regex(r"[a-z\"\\ ]{1,5}", fullmatch=True), min_size=1, unique=True)
_SOURCES = _PATHS.flatmap(lambda paths: st.tuples(*map(_sources, paths)))


def _sources(path: str) -> st.SearchStrategy[ExpectedSource]:
    return st.builds(ExpectedSource, path=st.just(path), include=_PATTERNS, exclude=_PATTERNS)


@given(
    base=_TEXT | st.lists(_TEXT, min_size=1, max_size=2).map(tuple) | st.just(()),
    globs=_GLOBS | _SOURCES.map(lambda sources: {"sources": sources}),
    policy=st.sampled_from(["strict", "permissive"]),
    name=st.from_regex(r"\w[\w-]{0,9}", fullmatch=True),
    allow=st.lists(_TEXT, max_size=2).map(tuple),
    ignore=st.dictionaries(_TEXT, _TEXT.filter(str.strip), max_size=2),
)
def test_a_written_config_is_read_as_it_was(
    base: Any, globs: Any, policy: Any, name: str, allow: Any, ignore: Any
) -> None:
    config = Config(
        base=base, **globs, sources_policy=policy, name=name, allow=allow, ignore=ignore
    )
    data = render_config(config).encode()
    assert resolve_config({OWN: data}, {}).config == config
    assert all(char.isprintable() or char == "\n" for char in data.decode())
