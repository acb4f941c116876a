"""The laws of the house: the order of imports, one owner for each effect, pages in step."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support import PROJECT

PACKAGE = PROJECT / "dlm_git"

# A module imports only modules that stand above it on the page.
_LIST = (PROJECT / "docs" / "house.md").read_text().split("```")[1]
FLOORS = [line.split()[0] for line in _LIST.strip().splitlines() if not line.startswith("#")]

# calls that write files, or print
WRITES = {"link", "unlink", "mkdir", "rmdir", "rename", "replace", "fsync", "chmod", "write_text"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        yield name, ast.parse(file.read_text())


MODULES = dict(modules())
NAMES = [name for name in MODULES if name != "__init__"]

# the modules that import a third-party library, and those that import what has effects
OWNERS = {
    "yaml": {"yamltree", "yamledit"},
    "pydantic": {"fault", "models", "configmodel"},
    "ulid": {"scaffold"},
    "git": {"porcelain"},
    "subprocess": {"runner"},
    "select": {"spawn"},
    "tomllib": {"config"},
    "argparse": {
        "arguments",
        "cli",
        "synopsis",
        *(
            name
            for name in NAMES
            if name.startswith("commands.") and name not in ("commands.shown", "commands.verbose")
        ),
    },
    "rich": {"terminal"},
}


def imports(tree: ast.Module) -> Iterator[str]:
    """Every module that is imported, also inside of functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(tree: ast.Module) -> set[str]:
    own = (name.removeprefix("dlm_git.") for name in imports(tree) if name.startswith("dlm_git."))
    return {name for name in own if name in FLOORS}


def test_every_module_has_a_floor() -> None:
    assert sorted(FLOORS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_imports_only_from_above(name: str) -> None:
    below = FLOORS[FLOORS.index(name) :]
    assert (own_imports(MODULES[name]) - {name}).isdisjoint(below)


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_by_its_owners_only(library: str) -> None:
    users = {
        name
        for name, tree in MODULES.items()
        if any(found.partition(".")[0] == library for found in imports(tree))
    }
    assert users == OWNERS[library]


def calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The functions that are called: (what they belong to, name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield owner.id if isinstance(owner, ast.Name) else "", node.func.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "", node.func.id


def test_only_edit_writes_files() -> None:
    writers = {
        name for name, tree in MODULES.items() for owner, call in calls(tree)
        if owner == "os" and call in WRITES
    }  # fmt: skip
    assert writers == {"edit"}
    openers = {name for name, tree in MODULES.items() if ("", "open") in set(calls(tree))}
    assert openers == {"edit", "indexfile", "memo", "worktree"}


def test_only_the_door_prints_and_exits() -> None:
    assert callers({("", "print"), ("stream", "write"), ("buffer", "writelines")}) == {"terminal"}
    assert callers({("sys", "exit"), ("", "exit")}) == {"cli"}


def callers(wanted: set[tuple[str, str]]) -> set[str]:
    return {name for name, tree in MODULES.items() if wanted & set(calls(tree))}


@pytest.mark.parametrize("name", [*NAMES, "__init__"])
def test_a_module_opens_with_one_sentence(name: str) -> None:
    first = (ast.get_docstring(MODULES[name]) or "").partition("\n\n")[0]
    assert first.endswith((".", "?"))


@pytest.mark.parametrize("name", NAMES)
def test_public_functions_and_classes_are_documented(name: str) -> None:
    bare = [
        node.name
        for node in MODULES[name].body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and name not in ("models", "configmodel")  # whose small models say all in their fields
    ]
    assert bare == []


def test_the_format_has_the_sections_that_the_code_refers_to() -> None:
    page = (PROJECT / "docs" / "dlm-format.md").read_text()
    code = "".join(file.read_text() for file in PACKAGE.rglob("*.py"))
    cited = set(re.findall(r"(?:dlm format, |to |and |\()(\d(?:\.\d)?)(?=[),;: ])", code))
    sections = set(re.findall(r"^##+ (\d(?:\.\d)?)\b", page, re.MULTILINE))
    assert {"1.3", "2.6", "3.4", "4.2", "5"} <= cited & sections
    assert {number for number in cited if "." in number} <= sections
