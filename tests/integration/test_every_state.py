"""Ignore rules and environments: the verdict on the index, HEAD and the working tree."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.states import BAD, assert_output
from tests.support import COMMAND, CORPUS, GIT_ONLY, GOOD, Repo, new_repo

pytestmark = pytest.mark.slow
STATES: tuple[list[str], ...] = ([], ["--rev", "HEAD"], ["--worktree"])
CLEAN = (0, "no findings")
Verdict = tuple[int, str]


@dataclass(frozen=True)
class Case:
    """A state of a repository or its surroundings.

    prepare: brings a repository with a committed document into it.
    verdicts: exit code and words for the index, HEAD and the working tree; one for all.
    cwd: the directory of the check.
    env: more environment variables.
    script: the command in bash; `$0` is dlm-git, `$@` its arguments.
    """

    prepare: Callable[[Repo], object]
    verdicts: tuple[Verdict, ...] = (CLEAN,)
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    script: str = '"$0" "$@"'


def nothing(_: Repo) -> None:
    """Leave the repository as it is."""


def untracked(*lines: str) -> Callable[[Repo], None]:
    """Return what takes the document out of index and HEAD, below a `.gitignore`."""

    def prepare(repo: Repo) -> None:
        repo.git("rm", "--quiet", "--cached", CORPUS)
        repo.add(".gitignore", "".join(f"{line}\n" for line in lines))
        repo.commit()

    return prepare


def tracked(*lines: str) -> Callable[[Repo], None]:
    """Return what commits a `.gitignore`."""

    def prepare(repo: Repo) -> None:
        repo.add(".gitignore", "".join(f"{line}\n" for line in lines))
        repo.commit()

    return prepare


def line_ends(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "input")
    repo.git("config", "core.safecrlf", "true")
    repo.write(CORPUS, GOOD.replace("\n", "\r\n"))


def elsewhere(repo: Repo) -> None:
    place = repo.path.parent / "elsewhere"
    (place / ".dlm").mkdir(parents=True)
    (place / CORPUS).write_text(BAD)
    repo.git("config", "core.worktree", str(place))


def bare(repo: Repo) -> None:
    repo.git("config", "core.bare", "true")


def empty_below(repo: Repo) -> None:
    (repo.path / "src/.git").mkdir()


def garbage_below(repo: Repo) -> None:
    repo.write("src/.git", "garbage\n")


def linked(repo: Repo) -> None:
    (repo.path / ".git").rename(repo.path.parent / "moved.git")
    (repo.path / ".git").symlink_to(repo.path.parent / "moved.git")


def git_file(repo: Repo) -> None:
    (repo.path / ".git").rename(repo.path.parent / "moved.git")
    (repo.path / ".git").write_text("gitdir: ../moved.git\n")


def evil_git(repo: Repo) -> None:
    for place in ("git", "bin/git"):
        repo.add(place, f"#!/bin/sh\ntouch {repo.path}/ran\n")
        (repo.path / place).chmod(0o755)
    repo.git("add", "git", "bin")
    repo.commit()


def many(repo: Repo) -> None:
    """Add more names than a command line holds: 2 MiB."""
    deep = "/".join("d" * 250 for _ in range(8))
    for number in range(1100):
        repo.write(f"src/{deep}/{number}")
    repo.git("add", "src")
    repo.commit()


MISSING = (1, f"{CORPUS}: missing-corpus: no corpus document in ")
IGNORED = (1, "the corpus document is ignored by '.dlm/' (.gitignore:1), so clones do not have it")
UNTRACKED = (1, f"the file exists but is not tracked: `git add {CORPUS}`")
INSIDE = (2, "is inside the Git directory")
NO_GIT = (2, "git is not on the PATH")
CLOSED = (2, "cannot write the report: standard output is closed")
FULL = (2, "cannot write the report: No space left on device")
CASES: Mapping[str, Case] = {
    "A02 ignored": Case(untracked(".dlm/", f"!{CORPUS}"), (IGNORED, MISSING, IGNORED)),
    "A02 tracked": Case(tracked(".dlm/", f"!{CORPUS}")),
    "A03 untracked": Case(untracked(".dlm/*", f"!{CORPUS}"), (UNTRACKED, MISSING, UNTRACKED)),
    "A03 tracked": Case(tracked(".dlm/*", f"!{CORPUS}")),
    "A06": Case(line_ends),
    "E06": Case(nothing, (INSIDE,), cwd=".git"),
    "E06 below": Case(nothing, (INSIDE,), cwd=".git/objects"),
    "E07": Case(elsewhere, (CLEAN, CLEAN, (2, "is not in the working tree, which core.worktree"))),
    "E08 bare": Case(
        bare,
        (
            (2, "a bare repository has no index"),
            CLEAN,
            (2, "a bare repository has no working tree"),
        ),
    ),
    "E08 empty": Case(empty_below, cwd="src"),
    "E08 garbage": Case(garbage_below, ((2, "invalid gitfile format"),), cwd="src"),
    "E08 link": Case(linked),
    "E08 file": Case(git_file, (CLEAN, CLEAN, (1, "add the line '/.git' to .dlm/ignore"))),
    "E16": Case(nothing, (NO_GIT,), env={"PATH": "/nonexistent"}),
    "E17 relative": Case(evil_git, (NO_GIT,), env={"PATH": "bin:.::"}),
    "E17 both": Case(evil_git, env={"PATH": f":.:bin:{GIT_ONLY}"}),
    "E19": Case(nothing, script='"$0" "$@" <&-'),
    "E20 closed": Case(nothing, (CLOSED,), script='"$0" "$@" >&-'),
    "E20 full": Case(nothing, (FULL,), script='"$0" "$@" >/dev/full'),
    "E20 pipe": Case(nothing, ((2, ""),), script='exec 4> >(:); wait $!; "$0" "$@" >&4'),
    "E21": Case(many),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository with a committed document."""
    top = tmp_path_factory.mktemp("made")
    repo = new_repo(top / "repo", top / "home")
    repo.add(CORPUS, GOOD)
    repo.add("src/shop.py")
    repo.commit()
    return repo


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_on_every_state(made: Repo, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    shutil.copytree(made.path, tmp_path / "repo", symlinks=True)
    repo = Repo(tmp_path / "repo", made.environ)
    case.prepare(repo)
    for number, options in enumerate(STATES):
        command = ("/bin/bash", "-c", case.script, COMMAND, "check", "--no-cache", *options)
        result = repo.run(*command, cwd=repo.path / case.cwd, env=case.env)
        code, words = case.verdicts[number % len(case.verdicts)]
        assert_output(result, code, words)
        assert bool(result.err) == (code == 2 and bool(words)), result
    assert not (repo.path / "ran").exists()
