"""The config: its keys, its values, and flags over files."""

from __future__ import annotations

import os
import sys
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.config.corpus_tables import CorpusTable
from dlm_git.config.load import (
    AllowedDocument,
    Config,
    ExpectedSource,
    IgnoredPath,
    resolve_config,
)
from dlm_git.config.template import render_config, with_tables
from dlm_git.errors import DlmGitError
from tests.support import GOOD

OWN = ".dlm-git.toml"
SHARED = "pyproject.toml"


def _ignore_path(until: bytes) -> bytes:
    """Return a config with an entry that ends on a day."""
    lines = (b"[[ignore-path]]", b"paths = ['a']", b"rules = ['dead-pattern']", b"reason = 'x'")
    return b"\n".join((*lines, b"until = " + until))


_IGNORED = IgnoredPath(paths=("a",), rules=("dead-pattern",), reason="x", until="2027-01-31")


# tomllib of Python 3.14 recurses for the parts of a key
DEEP_KEY = "invalid TOML: arrays" if sys.version_info >= (3, 14) else "'ignore.x' must be"


@pytest.mark.parametrize(
    ("files", "flags", "expected"),
    [
        ({}, {}, {}),
        ({OWN: _ignore_path(b"2027-01-31")}, {}, {"ignore_path": (_IGNORED,)}),
        ({OWN: _ignore_path(b"'2027-01-31'")}, {}, {"ignore_path": (_IGNORED,)}),
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
        (
            {OWN: b'allow = ["a", {path = "b", base = "x"}, {path = "c", base = ["x", "y"]}]'},
            {"allow": ["b"]},
            {
                "allow": (
                    "a",
                    AllowedDocument(path="b", base="x"),
                    AllowedDocument(path="c", base=("x", "y")),
                    "b",
                )
            },
        ),
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
        ({OWN: b'bse = "a"'}, {}, ".dlm-git.toml:1: unknown key 'bse'", "did you mean 'base'?"),
        (
            {OWN: b'sources-policy = "strct"'},
            {},
            ".dlm-git.toml:1: 'sources-policy' must be 'strict' or 'permissive'",
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
            ".dlm-git.toml:1:8: invalid TOML: Invalid value",
            "TOML strings need quotes",
        ),
        ({OWN: b"base"}, {}, ".dlm-git.toml:1: invalid TOML: Expected '='", "see https://toml.io"),
        (
            {OWN: b"# c\nbase = " + b"1" * 5000},
            {},
            ".dlm-git.toml:2: invalid TOML: an integer has too many digits",
            "no key takes an integer; strings need quotes",
        ),
        (
            {SHARED: b"[tool.dlm-git]\n\nbase = " + b"[" * 5000},
            {},
            "pyproject.toml:3: invalid TOML: arrays and tables are nested too deeply",
            "remove brackets",
        ),
        ({OWN: b"\xff"}, {}, ".dlm-git.toml:1: not UTF-8: 'utf-8' codec", "save the file as UTF-8"),
        (
            {SHARED: b"[tool]\ndlm-git = 3"},
            {},
            "pyproject.toml: 'tool.dlm-git' must be a table",
            "write",
        ),
        (
            {OWN: b"[ignore]\nx = ' '"},
            {},
            ".dlm-git.toml:2: 'ignore.x' must be a non-empty string",
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
        ({OWN: b"name = 3"}, {}, ".dlm-git.toml:1: 'name' must be a string", ""),
        ({OWN: b"exclude = 3"}, {}, ".dlm-git.toml:1: 'exclude' must be a list of strings", ""),
        ({OWN: b"sources = [{}]"}, {}, ".dlm-git.toml:1: 'sources.0.path' is missing", ""),
        ({OWN: b"allow = [{}]"}, {}, ".dlm-git.toml:1: 'allow.0.path' is missing", ""),
        (
            {OWN: b"allow = 3"},
            {},
            ".dlm-git.toml:1: 'allow' must be a list of strings or mappings",
            "",
        ),
        (
            {OWN: b"[[ignore-path]]\npaths = ['a']\nrules = ['dead-pattern']"},
            {},
            ".dlm-git.toml:1: 'ignore-path.0.reason' is missing",
            "",
        ),
        (
            {OWN: b"[[ignore-path]]\npaths = []\nrules = ['dead-pattern']\nreason = 'x'"},
            {},
            ".dlm-git.toml:2: 'ignore-path.0.paths' must be a list of strings",
            "",
        ),
        (
            {OWN: _ignore_path(b"2027-02-30 12:00:00")},
            {},
            ".dlm-git.toml:5:9: invalid TOML: Invalid date or datetime",
            "see https://toml.io",
        ),
        *(
            (
                {OWN: _ignore_path(until)},
                {},
                ".dlm-git.toml:5: 'ignore-path.0.until' must be a date such as 2027-01-31",
                "",
            )
            for until in (b"1", b"true", b"'soon'", b"'20270131'", b"2027-01-31T00:00:00", b"''")
        ),
        (
            {OWN: b"allow = [{path = 'a', bse = 'x'}]"},
            {},
            ".dlm-git.toml:1: unknown key 'allow.0.bse'",
            "did you mean 'base'?",
        ),
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


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        (OWN, "# c\n\nbse = 1", f"{OWN}:3: unknown key 'bse'"),
        (OWN, "base='a'\nname=3\nallow=4", f"{OWN}:2: 'name' must be a string; {OWN}:3: 'allow'"),
        (OWN, "[ignore]\na = 'x'\n'b c' = 1", f"{OWN}:3: 'ignore.b c' must be"),
        (OWN, 'ignore.a = "x"\nignore . "b" = 1', f"{OWN}:2: 'ignore.b' must be"),
        (OWN, "[[sources]]\npath='a'\n[[sources]]\npath=''", f"{OWN}:4: 'sources.1.path' must"),
        (OWN, "[[sources]]\npath='a'\n [[ sources ]]\n", f"{OWN}:3: 'sources.1.path' is missing"),
        (OWN, "name='a'\nsources=[\n{path='a'},\n{}]", f"{OWN}:2: 'sources.1.path' is missing"),
        (OWN, "\n[surces]\npath='a'", f"{OWN}:2: unknown key 'surces'"),
        (OWN, "\nsurces.path='a'", f"{OWN}:2: unknown key 'surces'"),
        (SHARED, "[tool.x]\nname=1\n[tool.dlm-git]\nname=3", f"{SHARED}:4: 'name' must be"),
        (SHARED, "[tool]\ndlm-git.name=3", f"{SHARED}:2: 'name' must be"),
        (SHARED, "tool.dlm-git = {bse=3}", f"{SHARED}:1: unknown key 'bse'"),
        (SHARED, "[tool.dlm-git.ignore]\nx=3", f"{SHARED}:2: 'ignore.x' must be"),
        (SHARED, "a=1\n[tool.dlm-git]\nbase = x", f"{SHARED}:3:8: invalid TOML: Invalid value"),
        (OWN, "base = 'a'\nbase = 'b'", f"{OWN}:2: invalid TOML: Cannot overwrite a value"),
        (OWN, "name='a'\nbase = [\n", f"{OWN}:2: invalid TOML: Invalid value"),
        (OWN, "\ufeffname='a'\nbse = 1", f"{OWN}:2: unknown key 'bse'"),
        (OWN, "\ufeffbse = 1", f"{OWN}:1: unknown key 'bse'"),
        (OWN, f"a = {'1' * 5000}", f"{OWN}:1: invalid TOML: an integer"),
        (OWN, f"a = {'[' * 5000}", f"{OWN}:1: invalid TOML: arrays"),
        (OWN, f"\na = {'1' * 5000}", f"{OWN}:2: invalid TOML: an integer"),
        (OWN, f"\na = {'[' * 5000}", f"{OWN}:2: invalid TOML: arrays"),
        (OWN, "\na = '\udce9'", f"{OWN}:2: not UTF-8: "),
        (OWN, "a = 2024-02-31", f"{OWN}:1:5: invalid TOML: Invalid date"),
        (OWN, "base = ''", f"{OWN}:1: 'base' must"),
        (OWN, "base = []", f"{OWN}:1: 'base' must"),
        (OWN, "base = ['a', '']", f"{OWN}:1: 'base.1' must"),
        (OWN, f"name = 0x{'f' * 5000}", f"{OWN}:1: 'name' must be a string"),
        (OWN, f"ignore.x.{'.'.join('a' * 5000)} = 1", f"{OWN}:1: {DEEP_KEY}"),
        (OWN, 'base = "\\ud800"', f"{OWN}:1:"),
    ],
)
def test_errors_in_a_file_name_the_line(path: str, text: str, message: str) -> None:
    with pytest.raises(DlmGitError) as caught:
        resolve_config({path: os.fsencode(text)}, {})
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        *((path, True) for path in ("..data", "...", "a/..b", "a/../..data")),
        *((path, False) for path in ("..", "../a", "a/../..", "/a")),
    ],
)
def test_sources_are_inside_the_repository(path: str, accepted: bool) -> None:
    file = {OWN: f'sources = [{{path = "{path}"}}]'.encode()}
    if accepted:
        (source,) = resolve_config(file, {}).config.expected_sources or ()
        assert source.path == path
    else:
        with pytest.raises(DlmGitError, match="different paths inside the repository"):
            resolve_config(file, {})


def test_a_byte_order_mark_is_accepted() -> None:
    own = resolve_config({OWN: b'\xef\xbb\xbfbase = "a"'}, {}).config
    shared = resolve_config({SHARED: b'\xef\xbb\xbf[tool.dlm-git]\nbase = "a"'}, {}).config
    assert own.base == shared.base == "a"


def test_origins_name_file_flag_and_default() -> None:
    shown = resolve_config({OWN: b'base = "a"\nname = "x"'}, {"name": "y"}).origins
    assert (shown["base"], shown["name"], shown["allow"]) == (OWN, "--name", "default")


def test_an_allowed_document_has_its_own_base_model_or_that_of_the_corpus() -> None:
    tables = '{path = "b", base = "x"}, {path = "c", base = ["x", "y"]}'
    data = f'base = "z"\nallow = ["a", {tables}, "b"]'.encode()
    config = resolve_config({OWN: data}, {}).config
    assert config.allowed == {"a": ("z",), "b": ("x",), "c": ("x", "y")}
    assert Config(allow=("a",)).allowed == {"a": ()}


def test_unset_keys_of_sources_are_not_enforced() -> None:
    config = resolve_config({}, {"exclude": ["a"]}).config
    assert config.expected_sources
    (source,) = config.expected_sources
    assert (source.path, source.include, source.exclude) == (".", None, ("a",))
    assert resolve_config({}, {}).config.expected_sources is None
    assert GOOD


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_BASES = _TEXT | st.lists(_TEXT, min_size=1, max_size=2).map(tuple)
_ALLOWED = st.builds(AllowedDocument, path=_TEXT, base=_BASES | st.none())
_LISTS = st.lists(_TEXT, min_size=1, max_size=2).map(tuple)
_DAYS = st.none() | st.dates().map(date.isoformat)
_IGNORED_PATHS = st.builds(
    IgnoredPath, paths=_LISTS, rules=_LISTS, reason=_TEXT.filter(str.strip), until=_DAYS
)
_PATTERNS = st.none() | st.lists(_TEXT, max_size=3).map(tuple)
_GLOBS = st.fixed_dictionaries({"include": _PATTERNS, "exclude": _PATTERNS})
_PATHS = st.lists(st.from_regex(r"[a-z\"\\ ]{1,5}", fullmatch=True), min_size=1, unique=True)
_SOURCES = _PATHS.flatmap(lambda paths: st.tuples(*map(_sources, paths)))


def _sources(path: str) -> st.SearchStrategy[ExpectedSource]:
    return st.builds(ExpectedSource, path=st.just(path), include=_PATTERNS, exclude=_PATTERNS)


def _tables(root: str) -> st.SearchStrategy[CorpusTable]:
    globs = _GLOBS | _SOURCES.map(lambda sources: {"sources": sources})
    keys = {"base": _BASES | st.none(), "sources_policy": st.sampled_from([None, "permissive"])}
    return st.builds(
        lambda patterns, others: CorpusTable(root=root, **patterns, **others),
        globs,
        st.fixed_dictionaries(keys),
    )


_ROOTS = st.lists(
    st.from_regex(r"[a-z\"\\ ]{1,5}(/[a-z])?", fullmatch=True), max_size=2, unique=True
)
_CORPORA = _ROOTS.flatmap(lambda roots: st.tuples(*map(_tables, roots)))


@given(data=st.data(), corpora=_CORPORA.filter(bool), newline=st.sampled_from(["\n", "\r\n", ""]))
def test_tables_are_added_below_a_config_that_keeps_its_bytes(
    data: st.DataObject, corpora: tuple[CorpusTable, ...], newline: str
) -> None:
    earlier = (CorpusTable(root="."),) if data.draw(st.booleans()) else ()
    text = f"# café{newline}" if newline else ""
    text += "[[corpus]]\nroot = '.'\n".replace("\n", newline or "\n") if earlier else ""
    before = (text if data.draw(st.booleans()) else text.rstrip()).encode()
    after = with_tables(OWN, before, corpora)
    assert after.startswith(before)
    assert resolve_config({OWN: after}, {}).config.corpus == (*earlier, *corpora)


@pytest.mark.parametrize(
    ("before", "added"),
    [
        (b"", b'\n[[corpus]]\nroot = "a"\n'),
        (b"name = 'x'", b'\n\n[[corpus]]\nroot = "a"\n'),
        (b"name = 'x'\n", b'\n[[corpus]]\nroot = "a"\n'),
        (b"name = 'x'\r\n", b'\r\n[[corpus]]\r\nroot = "a"\r\n'),
        (b"name = 'x'\r\nbase = 'y'", b'\r\n\r\n[[corpus]]\r\nroot = "a"\r\n'),
    ],
)
def test_added_tables_have_the_line_ends_of_the_file(before: bytes, added: bytes) -> None:
    after = with_tables(OWN, before, [CorpusTable(root="a")])
    assert after == before + added


@given(
    base=_BASES | st.just(()),
    globs=_GLOBS | _SOURCES.map(lambda sources: {"sources": sources}),
    policy=st.sampled_from(["strict", "permissive"]),
    name=st.from_regex(r"\w[\w-]{0,9}", fullmatch=True),
    allow=st.lists(_TEXT | _ALLOWED, max_size=2).map(tuple),
    ignore=st.dictionaries(_TEXT, _TEXT.filter(str.strip), max_size=2),
    ignore_path=st.lists(_IGNORED_PATHS, max_size=2).map(tuple),
    corpus=_CORPORA,
)
def test_a_written_config_is_read_as_it_was(**values: Any) -> None:
    config = Config(**values.pop("globs"), sources_policy=values.pop("policy"), **values)
    data = render_config(config).encode()
    assert resolve_config({OWN: data}, {}).config == config
    assert all(char.isprintable() or char == "\n" for char in data.decode())


def test_a_message_lists_the_first_of_many_violations() -> None:
    data = b"".join(b"k%d = 1\n" % number for number in range(20_000))
    with pytest.raises(DlmGitError) as raised:
        resolve_config({".dlm-git.toml": data}, {})
    *listed, rest = raised.value.message.split("; ")
    assert listed == [f".dlm-git.toml:{n + 1}: unknown key 'k{n}'" for n in range(10)]
    assert rest == "and more"


@pytest.mark.parametrize("count", [9, 10, 11])
def test_the_rest_is_mentioned_only_if_there_is_one(count: int) -> None:
    data = b"".join(b"k%d = 1\n" % number for number in range(count))
    with pytest.raises(DlmGitError) as raised:
        resolve_config({OWN: data}, {})
    *listed, last = raised.value.message.split("; ")
    assert len(listed) == count - 1
    assert (last == "and more") == (count > 10)


_TWO = b"""
base = "a"
include = ["x"]
exclude = ["y"]
name = "n"
allow = ["d"]

[[corpus]]
root = "."

[[corpus]]
root = "s/a"
base = "b"
include = ["z"]
sources-policy = "permissive"

[[corpus]]
root = "s/b"
name = "m"
sources = [{path = "src"}]
"""


def test_a_corpus_has_the_values_of_its_table_or_those_of_the_config() -> None:
    top, a, b = resolve_config({OWN: _TWO}, {}).config.corpora
    assert (top.root, top.corpus_path, top.bases) == ("", ".dlm/n.dlm", ("a",))
    assert (a.root, a.corpus_path, a.bases) == ("s/a", "s/a/.dlm/n.dlm", ("b",))
    assert (a.include, a.exclude, a.sources_policy) == (("z",), ("y",), "permissive")
    assert (b.corpus_path, b.bases, b.sources_policy) == ("s/b/.dlm/m.dlm", ("a",), "strict")
    assert (b.include, b.exclude, b.sources) == (None, None, (ExpectedSource(path="src"),))
    assert [each.allowed for each in (top, a, b)] == [{"d": ("a",)}] * 3
    assert [each.corpora for each in (top, a, b)] == [(top,), (a,), (b,)]


def test_a_table_with_patterns_does_not_get_the_sources_of_the_config() -> None:
    data = b'sources = [{path = "src"}]\n[[corpus]]\nroot = "a"\nexclude = ["x"]\n'
    (corpus,) = resolve_config({OWN: data}, {}).config.corpora
    assert (corpus.sources, corpus.exclude) == (None, ("x",))


def test_without_tables_the_only_corpus_is_at_the_root() -> None:
    config = resolve_config({OWN: b'base = "a"'}, {}).config
    assert config.corpora == (config,)
    assert (config.root, config.corpus_path) == ("", ".dlm/corpus.dlm")


@pytest.mark.parametrize("prefix", [b"", b"# caf\xc3\xa9\nsecrets = []\n"])
def test_flags_override_the_tables(prefix: bytes) -> None:
    flags = {"base": ["c"], "include": ["w"], "name": "k"}
    corpora = resolve_config({OWN: prefix + _TWO}, flags).config.corpora
    assert {corpus.bases for corpus in corpora} == {("c",)}
    assert {corpus.include for corpus in corpora} == {("w",)}
    assert {corpus.sources for corpus in corpora} == {None}
    assert {corpus.name for corpus in corpora} == {"k"}


def _chain(length: int) -> dict[str, bytes]:
    """Return config files of which each but the last extends the next one."""
    names = [OWN, *(f"{number}.toml" for number in range(1, length))]
    files = {name: f'extends = "{after}"'.encode() for name, after in pairwise(names)}
    return files | {names[-1]: b'base = "x"'}


def test_eight_files_can_extend_each_other() -> None:
    files = _chain(8)
    assert resolve_config({OWN: files[OWN]}, {}, read=files.__getitem__).config.base == "x"
    more = _chain(9)
    with pytest.raises(DlmGitError, match="more than 8 files extend each other"):
        resolve_config({OWN: more[OWN]}, {}, read=more.__getitem__)


def test_a_file_does_not_extend_itself() -> None:
    files = {OWN: b'extends = "a.toml"', "a.toml": b'extends = ".dlm-git.toml"'}
    with pytest.raises(DlmGitError) as raised:
        resolve_config({OWN: files[OWN]}, {}, read=files.__getitem__)
    assert "'extends' leads in a circle: .dlm-git.toml -> a.toml -> .dlm-git.toml" in str(
        raised.value.message
    )


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("base = x", "1:8", 'TOML strings need quotes: base = "..."'),
        ("name = 'a'\nbase = x", "2:8", 'TOML strings need quotes: base = "..."'),
        ("name = 'a'\nbase =\n", "2:7", 'TOML strings need quotes: base = "..."'),
        ("name = 'a'\nbase = [", "2", "see https://toml.io"),
        ("base 'a'", "1:6", "see https://toml.io"),
    ],
)
def test_invalid_toml_is_reported_with_line_and_column(text: str, place: str, hint: str) -> None:
    with pytest.raises(DlmGitError) as raised:
        resolve_config({OWN: text.encode()}, {})
    assert raised.value.message.startswith(f"{OWN}:{place}: invalid TOML: ")
    assert raised.value.hint == hint


@pytest.mark.parametrize("root", ["..", "/a", "a/../..", "a//b", ".dlm"])
def test_the_root_of_a_corpus_is_a_directory_of_the_repository(root: str) -> None:
    data = f'[[corpus]]\nroot = "{root}"\n'.encode()
    with pytest.raises(DlmGitError, match=r"\.dlm-git\.toml:2: 'corpus\.0\.root' must be a path"):
        resolve_config({OWN: data}, {})


def test_two_files_that_configure_dlm_git_are_refused() -> None:
    files = {OWN: b'base = "x"', SHARED: b'[tool.dlm-git]\nbase = "x"'}
    with pytest.raises(DlmGitError, match=r"both '\.dlm-git\.toml' and 'pyproject\.toml'"):
        resolve_config(files, {})


def test_the_organizations_config_does_not_extend_another_file() -> None:
    with pytest.raises(DlmGitError, match="/o:1: the organization's config cannot extend"):
        resolve_config({}, {}, organization={"/o": b'extends = "a.toml"'})


def test_a_table_from_python_may_have_no_name() -> None:
    """Of a dict that names the key, but has no value for it."""
    config = resolve_config({}, {"corpus": [{"root": "a", "name": None}]}).config
    assert [corpus.name for corpus in config.corpora] == ["corpus"]
