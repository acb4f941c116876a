"""The examples of the API page run and print what it shows; it documents all of the public API."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from inspect import getdoc, isfunction, signature
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import dlm_git
from dlm_git import DlmGitError
from dlm_git.training.reasons import Reason
from dlm_git.values import Value
from tests.readme import shop, steady
from tests.support import PROJECT, Repo

API = (PROJECT / "docs" / "api.md").read_text()
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n\n(?:[^\n]*\n\n)?```text\n(.*?)^```$", re.M | re.S)
PUBLIC = {name: getattr(dlm_git, name) for name in dlm_git.__all__ if not name.startswith("_")}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if isfunction(value)}
CLASSES = {name: value for name, value in PUBLIC.items() if isinstance(value, type)}

# runs the examples one after the other, and prints what each prints
RUN = """
import contextlib, io, json, sys
outputs, names = [], {}
for example in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(example, names)
    outputs.append(output.getvalue())
print(json.dumps(outputs))
"""


def test_the_examples_print_what_the_page_shows(repo: Repo) -> None:
    examples = EXAMPLE.findall(API)
    assert len(examples) == API.count("```python")
    code = json.dumps([code for code, _ in examples]).encode()
    result = shop(repo).run(sys.executable, "-c", RUN, data=code)
    assert result.code == 0, result
    shown = [steady(output) for _, output in examples]
    assert [steady(output) for output in json.loads(result.out)] == shown


def members(cls: type) -> set[str]:
    """Return the public fields and properties of a class."""
    names = {name for name, value in vars(cls).items() if isinstance(value, property)}
    if issubclass(cls, DlmGitError):
        names |= set(vars(cls("")))
    else:
        names |= set(cls._fields.names) if issubclass(cls, Value) else set()
    return names


def table(heading: str, text: str = API) -> set[str]:
    """Return the names in the first column of a table."""
    rows = text.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([\w-]+)`", cell)}


@pytest.mark.parametrize("name", CLASSES)
def test_the_page_documents_each_field(name: str) -> None:
    assert table(f"`{name}`") == members(CLASSES[name])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_page_documents_each_argument(name: str) -> None:
    section = API.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert table("argument", section) == set(signature(FUNCTIONS[name]).parameters)


def test_the_page_documents_each_reason() -> None:
    assert table("reason") == set(get_args(Reason)) - {"included"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_docstring_documents_each_argument(name: str) -> None:
    documented = re.findall(r"^(\w+): ", getdoc(FUNCTIONS[name]) or "", re.MULTILINE)
    assert documented == list(signature(FUNCTIONS[name]).parameters)


def reachable(hint: Any) -> Iterator[type]:
    """Yield the classes of dlm_git in a type hint, and those that they lead to."""
    for argument in get_args(hint):
        yield from reachable(argument)
    cls = get_origin(hint) or hint
    if isinstance(cls, type) and cls is not UnionType and cls.__module__.startswith("dlm_git"):
        yield cls
        for name in members(cls):
            member = getattr(cls, name, None)
            owner = member.fget if isinstance(member, property) else cls
            yield from reachable(get_type_hints(owner).get("return" if owner is not cls else name))


@pytest.mark.parametrize("name", PUBLIC)
def test_all_that_is_reachable_is_public(name: str) -> None:
    value = PUBLIC[name]
    hints = get_type_hints(value).values() if isfunction(value) else [value]
    classes = {cls for hint in hints for cls in reachable(hint)}
    assert {cls.__name__ for cls in classes} <= set(PUBLIC)
