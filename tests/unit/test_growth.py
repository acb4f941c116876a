"""Work and memory grow with the size of a text, not with its square, for repeated tokens of each
language that others can commit.

Work is the number of calls, which does not depend on the machine. `test_resources` limits the time.
"""

from __future__ import annotations

import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dlm_git.cli.commands.config import as_toml
from dlm_git.config.load import resolve_config
from dlm_git.errors import DlmGitError
from dlm_git.formats.text import text
from dlm_git.operations.files import list_training_set
from dlm_git.paths import CONFIG_FILES
from dlm_git.rules.engine import run_rules, validate_config
from dlm_git.snapshots.snapshot import Snapshot
from dlm_git.training.ignore_block import with_block
from tests.support import CORPUS, GOOD, ID, snapshot

SIZE = 500  # characters, then twice as many
HEAD = f"---\ndlm_id: {ID}\ndlm_version: 15\nbase_model: smollm2-135m\n"
BLOCK = with_block("", ("a",))
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\s": " ", "\\f": "\f"}


def tokens(words: str) -> list[str]:
    """Return words with their escapes as characters; `{}` stands for a number."""
    return [re.sub(r"\\[ntrsf]", lambda match: ESCAPES[match[0]], word) for word in words.split()]


YAML = tokens(r"""
    [ { - ? : | & * ! ' " \ \t \r é a:\sb\n -\sa\n ?\sa\n -\s a:\s1,\s k{}:\s1\n -\sx{}\n &a{}\sx\n
    [a{},\s
    dlm_id:\sx\n base_model:\sx{}\n #\sx\n \n |\n\s !!str\s <<:\s
""")
BODY = tokens(r"""
    :: ::x:: ``` [ <!-- \r \f ::image --- ::x::\n ```\n ###\sQ\n ###\sQ\nx\n###\sA\ny\n <<<<<<<\sa\n
    =======\n ::instruction#a{}::\n ::preference::\n ::Prose::\n ::image\spath="a{}"::\n
    ::image\spath=" \stranscript=" **/*.py\s a\n \n
""")
TOML = tokens(r"""
    [ [[ { a. ' \""" \\ # , . a\s=\s1\n k{}\s=\s1\n [a{}]\n [[a{}]]\n k.k{}\s=\s1\n [a{}.b{}]\n \n
    'a{}',
    [[sources]]\npath\s=\s'a{}'\n a{}\s=\s'x',\s
""")
GLOBS = tokens(r"""
    ? * ** **/ /**/ [ ! / a [a-z] [!a] [[:alpha:]] ??a a? *a é { \r a\n !a\n a*b\n x{}\n !x{}\n
    /x{}/*\n!/x{}/y\n *.x{}\n d{}/\n a/b{}/\n!a/b{}/c\n **/x{}/**\n \n
""")
ATTRIBUTES = tokens(r"""
    \n \t " \\ "\ * [ / ! - = a\sb\n *\sfilter=lfs\n *.x{}\sfilter=lfs\n [attr]x{}\sy\n
    a=b\s filter=lfs\s
""")
NAMES = tokens(r"a é a/ f{}\n d{}/f\n A{}\na{}\n é/f{}\n .dlm/x{}.dlm\n \s [ *")

Files = dict[str, str]
Language = tuple[list[str], list[str], Callable[[str], Files]]
LANGUAGES: dict[str, Language] = {
    "frontmatter": (["", "x: ["], YAML, lambda t: {CORPUS: f"{HEAD}{t}\n---\n\nbody\n"}),
    "document": ([""], BODY, lambda t: {CORPUS: t}),
    "body": (["", "::instruction::\n"], BODY, lambda t: {CORPUS: GOOD + t}),
    "config": (["", "include = ["], TOML, lambda t: {".dlm-git.toml": t}),
    "pyproject": ([""], TOML, lambda t: {"pyproject.toml": f"[tool.dlm-git]\n{t}"}),
    "gitignore": (["", "!"], GLOBS, lambda t: {".gitignore": t, ".dlm/ignore": BLOCK}),
    "ignore": ([""], GLOBS, lambda t: {".dlm/ignore": t}),
    "training.yaml": ([""], YAML, lambda t: {".dlm/training.yaml": t}),
    "attributes": (["", "* "], ATTRIBUTES, lambda t: {".gitattributes": t}),
    "names": ([""], NAMES, lambda t: dict.fromkeys(_names(t), "x\n")),
}


def _names(text: str) -> Iterator[str]:
    for name in text.split("\n"):
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        yield "/".join(["n", *parts])


def repeated(token: str, size: int) -> str:
    if "{}" not in token:
        return token * (size // len(token))
    pieces = (token.replace("{}", str(number)) for number in range(size))
    count = size // (len(token) + 1)
    return "".join(piece for piece, _ in zip(pieces, range(count), strict=False))


def check(files: Files) -> None:
    """Check a snapshot and list its training set."""
    state: Snapshot = snapshot({CORPUS: GOOD, "src/a.py": "x\n", **files})
    configs = {name: files[name].encode() for name in CONFIG_FILES if name in files}
    try:
        effective = resolve_config(configs, {})
        validate_config(effective.config)
        text([run_rules(state, effective.config, effective.origins)])
        as_toml(effective)
        training_set = list_training_set(state, effective.config)
        list(training_set.training_files(with_excluded=True))
    except DlmGitError:
        pass


def calls(files: Files) -> int:
    """Return the number of calls that a check takes."""
    number = 0

    def count(_frame: Any, event: str, _: object) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        check(files)
    finally:
        sys.setprofile(None)
    return number


def memory(files: Files) -> int:
    """Return the most bytes that a check has at once."""
    tracemalloc.start()
    try:
        check(files)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_cost_is_linear(language: str) -> None:
    contexts, words, make = LANGUAGES[language]
    check(make("a"))  # imports modules, fills caches
    for context in contexts:
        for token in words:
            files, twice = (make(context + repeated(token, size)) for size in (SIZE, 2 * SIZE))
            # each line of a .gitignore is compared with those that begin with `!`, up to a limit
            most = 5 if "!" in context + token else 3
            once = calls(files)
            assert calls(twice) < most * once + 20_000, (context, token)
            assert memory(twice) < 6000 * SIZE + 1_000_000, (context, token)
