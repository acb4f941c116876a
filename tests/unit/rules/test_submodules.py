"""Notes on submodules in the sources."""

from __future__ import annotations

import pytest

from dlm_git.config.load import Config, resolve_config
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.entry import SUBMODULE
from tests.support import CORPUS, GOOD, Files, Special, snapshot, worktree
from tests.unit.rules.support import corpus, with_globs, with_source

MODULE = Special(SUBMODULE, b"")


def notes(files: Files, config: Config | None = None) -> list[tuple[str, str]]:
    result = run_rules(snapshot(files), config or Config())
    assert all(note.optional for note in result.notes)
    return [(note.message, note.hint) for note in result.notes]


def one(path: str, hint: str) -> list[tuple[str, str]]:
    message = f"'{path}' is a submodule in a source: clones that have the content train on it, too"
    return [(message, hint)]


@pytest.mark.parametrize(
    ("document", "path", "hint"),
    [
        (GOOD, "vendor", "add the line '/vendor/**' to .dlm/ignore"),
        (with_globs(["**/*.py"]), "vendor", "add the line '/vendor/**' to .dlm/ignore"),
        (with_globs(["vendor/x/**"]), "vendor", "add the line '/vendor/**' to .dlm/ignore"),
        (with_globs(["**/*"], ["**/*.md"]), "a/b", "add the line '/a/b/**' to .dlm/ignore"),
        (with_source("src"), "src/b", "add the line '/b/**' to src/.dlm/ignore"),
    ],
)
def test_a_submodule_in_a_source(document: str, path: str, hint: str) -> None:
    assert notes(corpus(document, **{path: MODULE})) == one(path, hint)


@pytest.mark.parametrize(
    ("document", "path", "more"),
    [
        (GOOD, "vendor", {".dlm/ignore": "/vendor/**\n"}),
        (GOOD, "vendor", {"vendor.d/.dlm/ignore": "a\n", ".dlm/ignore": "vendor/\n"}),
        (with_globs(["**/*"], ["vendor/**"]), "vendor", {}),
        (with_globs(["src/**"]), "vendor", {}),
        (with_source("src"), "vendor", {}),
        (with_source("src"), "src2", {}),
        (with_source("src/a.py"), "vendor", {}),
        (GOOD, "p/vendor", {"p/.dlm/training.yaml": 'include: ["src/**"]\n', "p/src/a": "x"}),
    ],
)
def test_a_submodule_that_no_clone_reads(document: str, path: str, more: dict[str, str]) -> None:
    assert notes(corpus(document, **more, **{path: MODULE})) == []


def test_the_note_is_about_the_submodule() -> None:
    (note,) = run_rules(snapshot(corpus(GOOD, m=MODULE)), Config()).notes
    assert note.path == "m"
    (note,) = run_rules(snapshot(corpus(GOOD, m=MODULE, n=MODULE)), Config()).notes
    assert note.path == ""


def test_the_working_tree_has_what_the_submodule_holds() -> None:
    state = worktree(corpus(GOOD, m=MODULE), {"m/a": "untracked"})
    result = run_rules(state, Config())
    assert [finding.path for finding in result.findings] == ["m/a"]
    assert result.notes == ()


def test_a_submodule_may_be_excluded_in_one_place_only() -> None:
    files = corpus(GOOD, **{".dlm/ignore": "/a/**\n"}, **dict.fromkeys(["a", "b"], MODULE))
    assert notes(files) == one("b", "add the line '/b/**' to .dlm/ignore")


def test_many_submodules_are_one_note() -> None:
    ((message, hint),) = notes(corpus(GOOD, **dict.fromkeys("abcde", MODULE)))
    assert message == (
        "'a', 'b', 'c' and 2 more are submodules in a source: clones that have the content train on"
        " them, too"
    )
    assert hint == "; ".join(f"add the line '/{name}/**' to .dlm/ignore" for name in "abc")


def test_three_submodules_are_all_named() -> None:
    ((message, _),) = notes(corpus(GOOD, **dict.fromkeys("abc", MODULE)))
    assert message.startswith("'a', 'b', 'c' are submodules in a source: ")


def test_each_corpus_has_its_submodules() -> None:
    files: dict[str, str | bytes | Special] = {}
    for root in ("x", "y"):
        files |= {f"{root}/{CORPUS}": GOOD, f"{root}/a.py": "x", f"{root}/m": MODULE}
    config = resolve_config({}, {"corpus": [{"root": "x"}, {"root": "y"}]}).config
    messages = [message for message, _ in notes(files, config)]
    assert [message.partition("'")[2][:3] for message in messages] == ["x/m", "y/m"]
