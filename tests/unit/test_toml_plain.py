"""The fast reader of plain TOML against tomllib."""

from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dlm_git.config.load import Config, ExpectedSource
from dlm_git.config.template import render_config
from dlm_git.config.toml_plain import load_plain

_PIECES = (
    *("a", "b", "a-b_1", '"a"', "'a'", "a.b", 'a."b"', "é", "1", "", "sources", "ignore", "="),
    *(" = ", "=", " =\t", "\n", "\n", "\r\n", "\r", " ", "\t", ",", ", ", "[", "]", "[[", "]]"),
    *("{", "}", "#", "# x", "# 'x' \"y\" \\ ]", "#\x07", "#\x7f", "# é", "\x00", "\x0c", "\ufeff"),
    *("\u2028", "\xa0", '"x"', '""', "''", '"\\n"', '"\\u0061"', "'\\'", '"""x"""', "'''x'''"),
    *('"a\n"', '"a # b"', '"\t"', '"it\'s"', "'say \"x\"'", '"\x01"', '"\x7f"', '"é"', "'é'", '"x'),
    *("x'", "true", "1.5", "[]", '["a", "b"]', "[ 'a',\n# 'c'\n  \"b\" , # d\n]", '["a" "b"]'),
    *("[,]", '["a",,]', '[["a"]]', "{}", "[1]", '{x = "y"}', "[a]", "[[a]]", "[a]]", "[[a]"),
    *("[ a ]", "[a.b]", "[[sources]]", "[ignore]"),
)
_LINES = (
    *("# comment", "", "  ", 'base = "x"', "base = 'y'", "a='b'", 'a = ["x", "y"] # z', "[ignore]"),
    *("[[sources]]", "[[a]]", "[a]", "sources = []", 'path = "src"'),
    "include = [\n  'a',\n  'b', # c\n]",
)
_line = st.sampled_from(_LINES)
_noise = st.lists(st.sampled_from(_PIECES), max_size=6).map("".join)
_statement = st.builds(
    "{} = {}{}".format, st.sampled_from(_PIECES), st.sampled_from(_PIECES), st.sampled_from(_PIECES)
)
_texts = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "", "", "\ufeff", "\ufeff\ufeff", "\n")),
    st.lists(st.one_of(_line, _line, _line, _statement, _noise), max_size=6).map("\n".join),
    st.sampled_from(("", "\n", "\n", "\r\n", " ", "#")),
)


def compare(data: bytes) -> None:
    plain = load_plain(data)
    if plain is not None:
        assert repr(plain) == repr(tomllib.loads(data.decode("utf-8-sig")))


@given(text=_texts)
@example("a = '''\n'''")
@example("[a]\n[[a]]\n")
@example("[[a]]\n[a]\n")
@example("a = []\n[[a]]")
@example('a = ["x", # "y"\n]')
def test_what_the_fast_reader_reads_is_what_tomllib_reads(text: str) -> None:
    compare(text.encode())


@given(data=st.builds(bytes.__add__, _texts.map(str.encode), st.binary(max_size=3)))
def test_bytes_that_are_not_utf_8_are_left_to_tomllib(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        assert load_plain(data) is None
    else:
        compare(data)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters='"\\'), max_size=5).filter(
    str.isprintable
)
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)
_SOURCES = st.lists(
    st.builds(ExpectedSource, path=_TEXT, include=st.none() | _TEXTS, exclude=st.none() | _TEXTS)
).map(tuple)
_CONFIGS = st.builds(
    Config,
    base=_TEXT | _TEXTS,
    include=st.none() | _TEXTS,
    exclude=st.none() | _TEXTS,
    sources=st.none() | _SOURCES,
    allow=_TEXTS,
    secrets=_TEXTS,
    ignore=st.dictionaries(st.sampled_from(("dead-pattern", "shared-id")), _TEXT, min_size=1),
)


@given(config=_CONFIGS)
def test_what_init_writes_is_plain_unless_it_needs_escapes(config: Config) -> None:
    text = render_config(config)
    assert load_plain(text.encode()) == tomllib.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a = 1", "a = true", 'a = "\\n"', 'a = """x"""', "a = '''x'''", '"a" = "b"', 'a.b = "c"'),
        *('a = "b"\r\n', 'a = "b"\na = "c"', "[a]\n[a]", "[a.b]", "a = {}", "a = [['b']]", "a"),
        *('a = "b" x', "a = ['b'", "[[a]", "[a]]", "# \x07", "a = '\x7f'", "\ufeff\ufeff"),
        "a = 'b\n'",
        "# " + "x" * 70_000,
    ],
)
def test_other_files_are_left_to_tomllib(text: str) -> None:
    assert load_plain(text.encode()) is None


@pytest.mark.parametrize(
    "text",
    [
        *("a = [" * 9000, "a = [" + "'b', " * 9000, "a = [" + "# '\n" * 9000, "[" * 60_000),
        *(" " * 60_000 + "x", "a" * 60_000, "a" + " " * 60_000 + "x", "a =" + "\t" * 60_000 + "x"),
        *("a = 'x'" + " " * 60_000 + "x", "a = [" + " " * 60_000 + "x", "a = ['b'" + "\n" * 60_000),
    ],
    ids=lambda text: text[:9],
)
def test_a_long_line_takes_time_in_the_order_of_its_length(text: str) -> None:
    start = time.process_time()
    assert load_plain(text.encode()) is None
    assert time.process_time() - start < 1
