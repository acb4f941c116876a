"""The hooks of `.pre-commit-hooks.yaml`, as pre-commit and prek run them in real repositories."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    PROJECT_TAG,
    Repo,
    environment,
    installing,
    new_repo,
    skip_or_fail,
)

pytestmark = [pytest.mark.slow, pytest.mark.network]

PYTHON, SYSTEM = "dlm-git-check", "dlm-git-check-system"
DRIFTED = GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m")
ABSOLUTE = GOOD.replace('path: "."', 'path: "/srv/build/shop"')
SECOND = GOOD.replace(ID, OTHER_ID)

MISSING = (CORPUS, "missing-corpus")
MISPLACED = (f"{CORPUS}:8:13", "absolute-source-path")
WRONG_BASE = (f"{CORPUS}:4:13", "wrong-base")

_FINDING = re.compile(
    r"^ *(?P<place>[^\s:]+(?::\d+:\d+)?): (?P<rule>[a-z]+(?:-[a-z]+)+): .+\n"
    r"(?: *\d* \| .*\n)*"
    r" +help: .+$",
    re.MULTILINE,
)
_VERDICT = re.compile(r"^dlm corpus\.+(\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Tool:
    """A runner of hooks, with a cache of its own for the whole session."""

    name: str
    project: Path
    environ: dict[str, str] = field(repr=False)

    def repo(self, path: Path) -> Repo:
        """A new repository, in whose environment the tool runs."""
        repo = new_repo(path, path.parent / "home")
        return replace(repo, environ={**repo.environ, **self.environ})

    def install(self, repo: Repo, *args: str, hook: str = SYSTEM) -> Repo:
        """Commit the tool's config and a source file, and install Git's hooks."""
        repo.add(".pre-commit-config.yaml", _config(self.project, hook, args))
        repo.add("src/shop.py", "print('shop')\n")
        repo.commit("what there is before the corpus")
        result = repo.run(self.name, "install")
        assert result.code == 0, result
        return repo


@dataclass(frozen=True)
class Outcome:
    """The outcome of a command that ran the hook; `moved`: whether any branch moved."""

    code: int
    verdicts: tuple[str, ...]
    moved: bool
    findings: tuple[tuple[str, str], ...] = ()
    shown: str = field(default="", compare=False)


PASSED = Outcome(0, ("Passed",), moved=True)


def stopped(*findings: tuple[str, str]) -> Outcome:
    """The outcome of a command that the hook stopped: place and rule of each finding."""
    return Outcome(1, ("Failed",), moved=False, findings=findings)


def attempt(repo: Repo, *command: str, cwd: Path | None = None) -> Outcome:
    """Run a command; a finding counts only together with its help line."""
    before = _branches(repo)
    result = repo.run(*command, cwd=cwd)
    shown = result.out + result.err
    return Outcome(
        result.code,
        tuple(_VERDICT.findall(shown)),
        _branches(repo) != before,
        tuple((found["place"], found["rule"]) for found in _FINDING.finditer(shown)),
        shown,
    )


def commit(repo: Repo, *args: str, cwd: Path | None = None) -> Outcome:
    """Run `git commit` and return its outcome."""
    return attempt(repo, "git", "commit", "--message", "a change", *args, cwd=cwd)


def _branches(repo: Repo) -> str:
    return repo.git("for-each-ref", "--format=%(refname) %(objectname)")


def _config(project: Path, hook: str, args: Sequence[str]) -> str:
    return f"""\
default_install_hook_types: [pre-commit, pre-merge-commit, pre-push]
repos:
  - repo: {json.dumps(str(project))}
    rev: {PROJECT_TAG}
    hooks:
      - id: {hook}
        args: {json.dumps(args)}
"""


@pytest.fixture(scope="session", params=["pre-commit", "prek"])
def tool(
    request: pytest.FixtureRequest, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Tool:
    """Each of the two runners; without it a test is skipped, or fails (DLM_GIT_REQUIRE_ALL)."""
    cache = tmp_path_factory.mktemp(request.param)
    if not shutil.which(request.param, path=environment(cache / "home")["PATH"]):
        skip_or_fail(f"needs {request.param}")
    caches = {
        "PRE_COMMIT_HOME": str(cache / "pre-commit"),
        "PREK_HOME": str(cache / "prek"),
        "PIP_CACHE_DIR": str(cache / "pip"),
        "UV_CACHE_DIR": str(cache / "uv"),
    }
    return Tool(request.param, project, {**installing(), **caches})


@pytest.fixture
def hooked(tool: Tool, tmp_path: Path) -> Repo:
    """A repository with the hooks installed, and no corpus document yet."""
    return tool.install(tool.repo(tmp_path / "repo"))


@pytest.fixture
def guarded(hooked: Repo) -> Repo:
    """A repository with the hook and a good corpus document, committed."""
    hooked.add(CORPUS, GOOD)
    hooked.commit("the corpus")
    return hooked


# without an installation


@pytest.mark.parametrize("hook", [PYTHON, SYSTEM])
def test_try_repo(tool: Tool, tmp_path: Path, hook: str) -> None:
    repo = tool.repo(tmp_path / "repo")
    repo.add(CORPUS, GOOD)
    repo.add("README.md")
    command = (tool.name, "try-repo", str(tool.project), hook, "--all-files")
    assert attempt(repo, *command) == replace(PASSED, moved=False)


def test_try_repo_with_a_bad_corpus(tool: Tool, tmp_path: Path) -> None:
    repo = tool.repo(tmp_path / "repo")
    repo.add(CORPUS, ABSOLUTE)
    command = (tool.name, "try-repo", str(tool.project), SYSTEM, "--all-files")
    assert attempt(repo, *command) == stopped(MISPLACED)


def test_run_on_all_files(tool: Tool, guarded: Repo) -> None:
    assert attempt(guarded, tool.name, "run", "--all-files") == replace(PASSED, moved=False)


def test_run_on_all_files_with_a_bad_index(tool: Tool, guarded: Repo) -> None:
    guarded.add(CORPUS, ABSOLUTE)
    assert attempt(guarded, tool.name, "run", "--all-files") == stopped(MISPLACED)


def test_run_of_the_manual_stage(tool: Tool, hooked: Repo) -> None:
    option = "--hook-stage" if tool.name == "pre-commit" else "--stage"
    command = (tool.name, "run", option, "manual", "--all-files")
    assert attempt(hooked, *command) == stopped(MISSING)


def test_run_on_a_range_checks_its_end(tool: Tool, guarded: Repo) -> None:
    guarded.add(CORPUS, ABSOLUTE)
    guarded.commit("a bad corpus")
    guarded.add(CORPUS, GOOD)
    command = (tool.name, "run", "--from-ref", "HEAD~1", "--to-ref", "HEAD")
    assert attempt(guarded, *command) == stopped(MISPLACED)


# git commit


def test_commit_by_the_python_hook(tool: Tool, tmp_path: Path) -> None:
    repo = tool.install(tool.repo(tmp_path / "repo"), hook=PYTHON)
    repo.add("README.md")
    assert commit(repo) == stopped(MISSING)
    repo.add(CORPUS, GOOD)
    assert commit(repo) == PASSED


def test_commit_with_a_good_corpus(guarded: Repo) -> None:
    guarded.add("README.md")
    assert commit(guarded) == PASSED


def test_commit_that_adds_the_corpus(hooked: Repo) -> None:
    hooked.add(CORPUS, GOOD)
    assert commit(hooked) == PASSED


def test_commit_without_a_corpus(hooked: Repo) -> None:
    hooked.add("README.md")
    assert commit(hooked) == stopped(MISSING)


def test_commit_with_an_untracked_corpus(hooked: Repo) -> None:
    hooked.write(CORPUS, GOOD)
    hooked.add("README.md")
    assert commit(hooked) == stopped(MISSING)


def test_commit_with_a_corpus_only_intended_to_be_added(hooked: Repo) -> None:
    hooked.write(CORPUS, GOOD)
    hooked.git("add", "--intent-to-add", CORPUS)
    hooked.add("README.md")
    assert commit(hooked) == stopped(MISSING)


def test_commit_that_only_deletes_the_corpus(guarded: Repo) -> None:
    guarded.git("rm", "--quiet", CORPUS)
    assert commit(guarded) == stopped(MISSING)


def test_commit_that_moves_the_corpus_away(guarded: Repo) -> None:
    guarded.git("mv", CORPUS, "notes.txt")
    assert commit(guarded) == stopped(MISSING)


def test_commit_that_adds_a_second_document(guarded: Repo) -> None:
    guarded.add(".dlm/docs.dlm", SECOND)
    assert commit(guarded) == stopped((".dlm/docs.dlm", "ambiguous-corpus"))


def test_first_commit_of_a_repository(hooked: Repo) -> None:
    hooked.git("checkout", "--quiet", "--orphan", "anew")
    assert commit(hooked) == stopped(MISSING)
    hooked.add(CORPUS, GOOD)
    assert commit(hooked) == PASSED


def test_amending_commit(guarded: Repo) -> None:
    guarded.git("rm", "--quiet", "--cached", CORPUS)
    assert commit(guarded, "--amend") == stopped(MISSING)


def test_commit_that_cannot_be_checked(guarded: Repo) -> None:
    guarded.add(".dlm-git.toml", "base = \n")
    outcome = commit(guarded)
    assert outcome == stopped()
    assert re.search(r"^ *dlm-git: .+\n +help: .+$", outcome.shown, re.MULTILINE)
    assert "- exit code: 2\n" in outcome.shown


# git commit --all, and with a path


def test_commit_all_checks_a_bad_worktree(guarded: Repo) -> None:
    guarded.write(CORPUS, ABSOLUTE)
    assert commit(guarded, "--all") == stopped(MISPLACED)


def test_commit_all_checks_a_deletion(guarded: Repo) -> None:
    (guarded.path / CORPUS).unlink()
    assert commit(guarded, "--all") == stopped(MISSING)


def test_commit_all_checks_a_good_worktree(guarded: Repo) -> None:
    guarded.add(CORPUS, ABSOLUTE)
    guarded.write(CORPUS, GOOD + "\nMore.\n")
    assert commit(guarded, "--all") == PASSED


def test_commit_of_a_path_without_the_staged_corpus(hooked: Repo) -> None:
    hooked.add(CORPUS, GOOD)
    hooked.write("src/shop.py", "print('open')\n")
    assert commit(hooked, "--", "src/shop.py") == stopped(MISSING)


def test_hint_for_a_staged_corpus_outside_the_commit(hooked: Repo) -> None:
    hooked.add(CORPUS, GOOD)
    hooked.write("src/shop.py", "print('open')\n")
    outcome = commit(hooked, "--", "src/shop.py")
    assert "`git add " not in outcome.shown, (
        outcome
    )  # it has been added, and adding changes nothing


def test_commit_of_a_path_without_the_staged_deletion(guarded: Repo) -> None:
    guarded.git("rm", "--quiet", "--cached", CORPUS)
    guarded.write("src/shop.py", "print('open')\n")
    assert commit(guarded, "--", "src/shop.py") == PASSED


def test_commit_of_the_corpus_by_its_path(guarded: Repo) -> None:
    guarded.write(CORPUS, ABSOLUTE)
    assert commit(guarded, "--", CORPUS) == stopped(MISPLACED)


# git commit, from somewhere else


def test_commit_from_a_subdirectory(guarded: Repo) -> None:
    guarded.add("src/shop.py", "print('open')\n")
    assert commit(guarded, cwd=guarded.path / "src") == PASSED


def test_bad_commit_from_a_subdirectory(guarded: Repo) -> None:
    guarded.add(CORPUS, ABSOLUTE)
    assert commit(guarded, cwd=guarded.path / "src") == stopped(MISPLACED)


def test_commit_of_all_from_a_subdirectory(guarded: Repo) -> None:
    guarded.write(CORPUS, ABSOLUTE)
    assert commit(guarded, "--all", cwd=guarded.path / "src") == stopped(MISPLACED)


@pytest.fixture
def linked(guarded: Repo, tmp_path: Path) -> Repo:
    """A linked worktree of the guarded repository."""
    guarded.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    return replace(guarded, path=tmp_path / "linked")


def test_commit_in_a_linked_worktree(guarded: Repo, linked: Repo) -> None:
    guarded.git("rm", "--quiet", CORPUS)
    linked.add("README.md")
    assert commit(linked) == PASSED


def test_bad_commit_in_a_linked_worktree(linked: Repo) -> None:
    linked.git("rm", "--quiet", CORPUS)
    assert commit(linked) == stopped(MISSING)


def test_commit_from_a_subdirectory_of_a_linked_worktree(linked: Repo) -> None:
    linked.write(CORPUS, ABSOLUTE)
    assert commit(linked, "--all", cwd=linked.path / "src") == stopped(MISPLACED)


@pytest.fixture
def submodule(tool: Tool, guarded: Repo, tmp_path: Path) -> Repo:
    """The guarded repository as a submodule of another, with hooks of its own."""
    outer = tool.repo(tmp_path / "outer")
    # git 2.38.1 and later clone no submodule from a directory by default
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    outer.git(*add, str(guarded.path), "shop")
    inner = replace(outer, path=outer.path / "shop")
    assert inner.run(tool.name, "install").code == 0
    return inner


def test_commit_in_a_submodule(submodule: Repo) -> None:
    submodule.add("README.md")
    assert commit(submodule) == PASSED


def test_bad_commit_in_a_submodule(submodule: Repo) -> None:
    submodule.git("rm", "--quiet", CORPUS)
    assert commit(submodule, cwd=submodule.path / "src") == stopped(MISSING)


@pytest.mark.parametrize(
    ("corpus", "expected"), [(GOOD, PASSED), (ABSOLUTE, stopped(MISPLACED))], ids=["good", "bad"]
)
def test_commit_in_a_superproject(
    tool: Tool, submodule: Repo, corpus: str, expected: Outcome
) -> None:
    outer = tool.install(replace(submodule, path=submodule.path.parent))
    outer.add(CORPUS, "anything\n")
    outer.write(CORPUS, corpus)
    assert commit(outer, "--all") == expected


# git merge


@pytest.fixture
def diverged(hooked: Repo) -> Repo:
    """Two branches, each with one corpus document of its own name, which merge cleanly."""
    hooked.git("checkout", "--quiet", "-b", "docs")
    hooked.add(".dlm/docs.dlm", SECOND)
    hooked.add(".dlm-git.toml", 'name = "docs"\n')
    assert commit(hooked) == PASSED
    hooked.git("checkout", "--quiet", "main")
    hooked.add(CORPUS, GOOD)
    assert commit(hooked) == PASSED
    return hooked


def test_clean_merge(guarded: Repo) -> None:
    guarded.git("checkout", "--quiet", "-b", "side")
    guarded.add("README.md")
    guarded.commit("a readme")
    guarded.git("checkout", "--quiet", "main")
    assert attempt(guarded, "git", "merge", "--no-ff", "--no-edit", "side") == PASSED


def test_clean_merge_of_two_documents(diverged: Repo) -> None:
    outcome = attempt(diverged, "git", "merge", "--no-edit", "docs")
    assert outcome == stopped((CORPUS, "ambiguous-corpus"))


def test_commit_after_a_merge_of_two_documents(diverged: Repo) -> None:
    diverged.git("merge", "--no-commit", "docs")
    assert commit(diverged) == stopped((CORPUS, "ambiguous-corpus"))


# git push


@pytest.fixture
def pushing(guarded: Repo, tmp_path: Path) -> Repo:
    """The guarded repository, pushed, with a branch 'good' and a branch 'bad' still to push."""
    new_repo(tmp_path / "origin", tmp_path / "home", "--bare")
    guarded.git("remote", "add", "origin", str(tmp_path / "origin"))
    guarded.git("push", "--quiet", "--no-verify", "origin", "main")
    guarded.git("checkout", "--quiet", "-b", "good")
    guarded.add("README.md")
    guarded.commit("a readme")
    guarded.git("checkout", "--quiet", "-b", "bad", "main")
    guarded.add(CORPUS, ABSOLUTE)
    guarded.commit("a bad corpus")
    return guarded


def test_push_of_a_bad_branch_from_a_good_one(pushing: Repo) -> None:
    pushing.git("checkout", "--quiet", "good")
    assert attempt(pushing, "git", "push", "origin", "bad") == stopped(MISPLACED)


def test_push_of_a_good_branch_from_a_bad_one(pushing: Repo) -> None:
    assert attempt(pushing, "git", "push", "origin", "good") == PASSED


def test_push_of_a_good_branch_with_a_bad_index(pushing: Repo) -> None:
    pushing.git("checkout", "--quiet", "good")
    pushing.git("rm", "--quiet", CORPUS)
    assert attempt(pushing, "git", "push", "origin", "good") == PASSED


def test_push_under_another_name(pushing: Repo) -> None:
    pushing.git("checkout", "--quiet", "good")
    assert attempt(pushing, "git", "push", "origin", "bad:refs/heads/new") == stopped(MISPLACED)


@pytest.mark.parametrize(
    ("branch", "expected"), [("good", PASSED), ("bad", stopped(MISPLACED))], ids=["good", "bad"]
)
def test_first_push_of_a_repository(
    pushing: Repo, tmp_path: Path, branch: str, expected: Outcome
) -> None:
    new_repo(tmp_path / "new", tmp_path / "home", "--bare")
    pushing.git("remote", "add", "new", str(tmp_path / "new"))
    pushing.git("checkout", "--quiet", "good" if branch == "bad" else "bad")
    assert attempt(pushing, "git", "push", "new", branch) == expected


# what the hook has to expect, and what it must not read


def test_commit_of_another_base_model(tool: Tool, tmp_path: Path) -> None:
    repo = tool.install(tool.repo(tmp_path / "repo"), "--base", "qwen2.5-coder-1.5b")
    repo.add(CORPUS, GOOD)
    assert commit(repo) == PASSED
    repo.add(CORPUS, DRIFTED)
    assert commit(repo) == stopped(WRONG_BASE)


def test_partly_staged_with_a_bad_worktree(guarded: Repo) -> None:
    guarded.add(CORPUS, GOOD + "\nMore.\n")
    guarded.write(CORPUS, ABSOLUTE)
    assert commit(guarded) == PASSED
    assert (guarded.path / CORPUS).read_text() == ABSOLUTE


def test_partly_staged_with_a_good_worktree(guarded: Repo) -> None:
    guarded.add(CORPUS, ABSOLUTE)
    guarded.write(CORPUS, GOOD)
    assert commit(guarded) == stopped(MISPLACED)
    assert (guarded.path / CORPUS).read_text() == GOOD
