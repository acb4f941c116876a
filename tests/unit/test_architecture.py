"""The invariants of the architecture: layers, one owner for each effect, documentation."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.support import PROJECT

PACKAGE = PROJECT / "dlm_git"


def parsed_modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts), ast.parse(file.read_text())


MODULES = dict(parsed_modules())
# calls of `os` that write files
WRITES = {"link", "unlink", "mkdir", "rmdir", "rename", "replace", "fsync", "chmod", "write_text"}

# the modules that import a library
OWNERS = {
    "yaml": {
        *("document.yaml_loader", "document.yaml_nodes", "document.yaml_edit"),
        *("document.yaml_blocks", "document.yaml_merge", "document.yaml_node_merge"),
        "document.yaml_render",
    },
    "pydantic": {"validation", "document.models", "config.schema"},
    "ulid": {"document.template"},
    "git": {"git.write"},
    "subprocess": set(),
    "select": {"git.child", "inputs", "limits", "report_files"},
    "tomllib": {"config.toml_text"},
}


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield every module that is imported, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(tree: ast.Module) -> set[tuple[str, str]]:
    """Return the functions that are called, as (owner, name)."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            names.add((owner.id if isinstance(owner, ast.Name) else "", node.func.attr))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.add(("", node.func.id))
    return names


def callers(*functions: tuple[str, str]) -> set[str]:
    return {name for name, tree in MODULES.items() if {*functions} & calls(tree)}


def test_packages_import_only_lower_layers() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    graph = {
        f"dlm_git.{name}": {module for module in imported(tree) if module != f"dlm_git.{name}"}
        for name, tree in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_is_imported_by_its_owners_only(library: str) -> None:
    users = {
        name
        for name, tree in MODULES.items()
        if any(module.partition(".")[0] == library for module in imported(tree))
    }
    assert users == OWNERS[library]


def test_argparse_stays_in_the_command_line() -> None:
    users = {name for name, tree in MODULES.items() if "argparse" in imported(tree)}
    assert users
    assert all(name.startswith("cli.") for name in users)


def test_values_are_cheap_to_declare() -> None:
    libraries = {"dataclasses", "typing.NamedTuple", "collections.namedtuple"}
    assert not [name for name, tree in MODULES.items() if libraries & {*imported(tree)}]


def test_processes_are_started_in_one_place() -> None:
    starters = callers(("subprocess", "Popen"), ("subprocess", "run"), ("os", "posix_spawn"))
    assert starters == {"git.child"}
    assert callers(("os", "fork")) == {"limits"}


def test_files_are_written_in_one_place() -> None:
    assert callers(*(("os", name) for name in WRITES)) == {"fs"}
    # of these, `fs` alone opens files for writing; `report_files` writes to devices and pipes
    assert callers(("", "open")) == {"fs", "git.index_file", "limits"}


def test_printing_and_exiting_stay_in_the_command_line() -> None:
    printers = callers(("", "print"), ("stream", "write"), ("buffer", "writelines"))
    assert printers == {"cli.terminal"}
    assert callers(("sys", "exit"), ("", "exit")) == {"cli.main"}


def test_what_is_printed_without_escaping_is_escaped_before() -> None:
    # results with styles and workflow commands, a patch, scripts; paths that end with NUL, and
    # documents for `git diff`
    users = {"cli.main", "cli.progress", "cli.reporting", "cli.terminal"}
    commands = {f"cli.commands.{name}" for name in ("check", "completion", "diff", "doctor")}
    assert callers(("", "print_verbatim")) == users | commands
    assert callers(("", "write_bytes")) == {"cli.commands.drivers", "cli.commands.files"}


def test_modules_are_imported_by_name_only_for_the_api_and_the_commands() -> None:
    assert callers(("", "import_module")) == {"__init__", "cli.commands.__init__"}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_opens_with_a_sentence(name: str) -> None:
    first = (ast.get_docstring(MODULES[name]) or "").partition("\n\n")[0]
    assert first.endswith(".")


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_and_classes_are_documented(name: str) -> None:
    undocumented = [
        node.name
        for node in MODULES[name].body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
        and name not in ("document.models", "config.schema")  # their fields say it all
    ]
    assert undocumented == []


def test_the_format_has_the_sections_that_the_code_refers_to() -> None:
    page = (PROJECT / "docs" / "dlm-format.md").read_text()
    code = "".join(file.read_text() for file in PACKAGE.rglob("*.py"))
    cited = set(re.findall(r"(?:dlm format, |to |and |\()(\d(?:\.\d)?)(?=[),;: ])", code))
    sections = set(re.findall(r"^##+ (\d(?:\.\d)?)\b", page, re.MULTILINE))
    assert {"1.3", "2.6", "3.4", "4.2", "5"} <= cited & sections
    assert {number for number in cited if "." in number} <= sections
