"""Templates of `.gitignore` files that many repositories use are translated without loss."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from dlm_git.patterns.gitignore import GITIGNORE, Atom, parse_gitignore
from dlm_git.patterns.glob import GLOBSTAR, QUESTION, STAR
from tests.agreement.test_translate import Case, Sides, sides
from tests.support import PROJECT

__all__ = ["sides"]

_TEMPLATES = sorted((PROJECT / "tests/gitignore").glob("*.gitignore"))
_LOST = {"Gradle": 2, "VisualStudio": 10}  # paths excluded for an untranslated pattern
_REMARKS = {
    "Gradle": {"!gradle-wrapper.jar", "!**/src/**/build/"},
    "JetBrains": set[str](),
    "Node": {"!.env.example", "report.[0-9]*.[0-9]*.[0-9]*.[0-9]*.json"},
    "Python": set[str](),
    "Unity": set[str](),
}


def matching_paths(data: bytes) -> Iterator[str]:
    """Yield paths that the lines match, and others that they match almost."""
    for pattern in parse_gitignore(data, ""):
        for form in pattern.forms:
            path = "/".join(_name(part) for part in form if part != GLOBSTAR)
            for file in (path, f"{path}/x.txt", f"{path}2/x.py", f"{path.lower()}/X"):
                yield from (file, f"sub/{file}")


def _name(part: tuple[Atom, ...] | str) -> str:
    """Return a name that a component of a pattern matches."""
    texts = {STAR: "x", QUESTION: "q"}
    return "".join(
        texts.get(atom, atom) if isinstance(atom, str) else min(atom, default="Z") for atom in part
    )


def case(template: Path) -> Case:
    data = template.read_bytes()
    paths = {path for path in matching_paths(data) if not path.startswith("/")}
    return Case({GITIGNORE: data}, "", tuple(sorted(paths - {GITIGNORE})))


def _is_in_directory_named_as_a_file(path: str, data: bytes) -> bool:
    """Return whether a `!` line without a slash at its end names a directory above a path."""
    names = [p.text.rpartition("/")[2].lstrip("!") for p in parse_gitignore(data, "") if p.negated]
    return any(fnmatchcase(part, name) for part in path.split("/")[:-1] for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("template", _TEMPLATES, ids=[file.stem for file in _TEMPLATES])
def test_templates_are_translated_without_loss(sides: Sides, template: Path) -> None:
    tree = case(template)
    ignored, before, after = sides.ignored(tree), sides.before(tree), sides.after(tree)
    assert len(ignored) > len(tree.paths) / 5
    assert sorted(ignored - after) == []
    assert sorted(before - after) == []
    data = tree.files[GITIGNORE]
    lost = {p for p in after - before - ignored if not _is_in_directory_named_as_a_file(p, data)}
    assert len(lost) == _LOST.get(template.stem, 0), sorted(lost)
    assert not lost or tree.translation.untranslated


@pytest.mark.parametrize("name", _REMARKS)
def test_the_patterns_of_templates_that_dlm_cannot_express(name: str) -> None:
    tree = case(PROJECT / f"tests/gitignore/{name}.gitignore")
    assert {remark.pattern for remark in tree.translation.untranslated} == _REMARKS[name]
