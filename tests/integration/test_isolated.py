"""An isolated Git directory serves many repositories, and none sees anything of another one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlm_git.errors import DlmGitError
from dlm_git.git import isolated
from dlm_git.git.isolated import IsolatedGitDirs
from dlm_git.git.untrusted import isolated_git, open_untrusted
from dlm_git.operations import batch
from dlm_git.operations.configs import CheckOptions
from dlm_git.report import CheckFailure, CheckOutcome, CheckResult
from tests.support import CORPUS, GOOD, ID, Repo, new_repo

_STOPPED = "stopped: "  # the check of the repository after it is interrupted


def _document(number: int) -> str:
    return GOOD.replace(ID, f"{ID[:-3]}{number:03}")


def _changed(path: Path, number: int, *options: str) -> Repo:
    """Make a repository whose document has another id in each of two commits, and in the index."""
    repo = new_repo(path, path.parent / "home", *options)
    for commit in range(3):
        repo.add(CORPUS, _document(3 * number + commit))
        repo.add("a.md", f"text {number}\n")
        if commit < 2:
            repo.commit()
    return repo


def _bare(repo: Repo, *options: str) -> Path:
    bare = repo.path.with_name(f"{repo.path.name}.git")
    repo.git("clone", "--quiet", "--bare", *options, f"file://{repo.path}", str(bare))
    return bare


def _linked(repo: Repo) -> Path:
    path = repo.path.with_name(f"{repo.path.name}-linked")
    repo.git("worktree", "add", "--quiet", "--detach", str(path), "HEAD^")
    Repo(path, repo.environ).add(CORPUS, _document(900))
    return path


def _done(repo: Repo, *args: str) -> Path:
    repo.git(*args)
    return repo.path


def _unborn(repo: Repo) -> Path:
    repo.git("symbolic-ref", "HEAD", "refs/heads/nothing")
    return repo.path


def _split(repo: Repo) -> Path:
    repo.git("update-index", "--split-index")
    repo.add("b.md", "text\n")
    assert list((repo.path / ".git").glob("sharedindex.*"))
    return repo.path


def _without_objects(repo: Repo) -> Path:
    shutil.rmtree(repo.path / ".git/objects")
    (repo.path / ".git/objects").mkdir()
    return repo.path


KINDS: dict[str, Callable[[Repo], Path]] = {
    "plain": lambda repo: repo.path,
    "other branch": lambda repo: _done(repo, "branch", "--move", "other"),
    "detached": lambda repo: _done(repo, "update-ref", "--no-deref", "HEAD", "HEAD^"),
    "packed": lambda repo: _done(repo, "pack-refs", "--all"),
    "unborn": _unborn,
    "bare": _bare,
    "shallow": lambda repo: _bare(repo, "--depth=1"),
    "linked worktree": _linked,
    "split index": _split,
    "without objects": _without_objects,
    "without HEAD": lambda repo: (repo.path / ".git/HEAD").rename(repo.path / "HEAD").parent,
}


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The path of each repository, by its kind."""
    folder = tmp_path_factory.mktemp("repositories")
    made = {
        kind: str(make(_changed(folder / f"r{number}", number)))
        for number, (kind, make) in enumerate(KINDS.items())
    }
    made["SHA-256"] = str(_changed(folder / "sha256", 50, "--object-format=sha256").path)
    with suppress(AssertionError):  # an old git
        made["reftable"] = str(_changed(folder / "reftable", 51, "--ref-format=reftable").path)
        other = _changed(folder / "reftable2", 52, "--ref-format=reftable")
        made["linked worktree with reftable"] = str(_linked(other))
    return made


def _check(paths: Sequence[str], directory: Path) -> list[CheckOutcome]:
    """Return the outcomes in one process; the checks of marked paths are interrupted."""
    outcomes = []
    for path in paths:
        if path.startswith(_STOPPED):
            own = batch._isolated(str(directory))
            with (
                suppress(KeyboardInterrupt, DlmGitError),
                open_untrusted(path.removeprefix(_STOPPED), batch._git(), own),
            ):
                raise KeyboardInterrupt
        else:
            task = batch._Task(path, {}, CheckOptions(), 60, str(directory))
            outcomes.append(batch._run(task))
    return outcomes


@pytest.fixture(scope="module")
def alone(
    repositories: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, CheckOutcome]:
    """The outcome of each repository, by its path, each in directories of its own."""
    folder = tmp_path_factory.mktemp("alone")
    outcomes = {}
    for number, path in enumerate(repositories.values()):
        (folder / f"{number}").mkdir()
        (outcomes[path],) = _check([path], folder / f"{number}")
    return outcomes


def test_the_repositories_differ_in_what_git_reads(
    repositories: dict[str, str], alone: dict[str, CheckOutcome]
) -> None:
    messages = {
        kind: [finding.message for finding in outcome.findings]
        if isinstance(outcome := alone[path], CheckResult)
        else [outcome.message]
        for kind, path in repositories.items()
    }
    assert {kind for kind, found in messages.items() if not found} == {"unborn", "shallow"}
    others = ["".join(found) for found in messages.values() if found]
    assert len({*others}) == len(others)
    failed = {kind for kind, path in repositories.items() if isinstance(alone[path], CheckFailure)}
    assert failed == {"without objects", "without HEAD"}


@pytest.mark.slow
@settings(max_examples=20)
@given(st.data())
def test_the_order_of_repositories_does_not_matter(
    repositories: dict[str, str],
    alone: dict[str, CheckOutcome],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    paths = st.sampled_from([*repositories.values()])
    some = data.draw(st.lists(paths | paths.map(_STOPPED.__add__), max_size=12))
    directory = tmp_path_factory.mktemp("order")
    assert _check(some, directory) == [alone[path] for path in some if path in alone]
    kept = list(directory.iterdir())
    assert len(kept) <= 3  # of the formats
    batch._isolated.cache_clear()


def test_a_directory_is_used_again_only_after_a_check_that_ended(
    repositories: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git, dirs = isolated_git(os.environ), IsolatedGitDirs(str(tmp_path))

    def directory_of(kind: str) -> str:
        with open_untrusted(repositories[kind], git, dirs) as repository:
            return repository.git_dir

    first = directory_of("plain")
    assert directory_of("packed") == directory_of("bare") == first
    assert directory_of("SHA-256") != first
    with suppress(ZeroDivisionError), open_untrusted(repositories["plain"], git, dirs):
        raise ZeroDivisionError
    assert not os.path.exists(first)
    second = directory_of("other branch")
    assert second != first
    if os.path.exists(f"{repositories['plain']}/.git/reftable"):
        pytest.skip("the file HEAD is the same in all repositories with reftable")
    with monkeypatch.context() as patch:
        patch.setattr(isolated, "rewrite_file", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            directory_of("plain")  # its link leads there already, and its HEAD does not
    assert directory_of("plain") != second
    assert not os.path.exists(second)


def test_two_repositories_at_once_have_directories_of_their_own(
    repositories: dict[str, str], tmp_path: Path
) -> None:
    git, dirs = isolated_git(os.environ), IsolatedGitDirs(str(tmp_path))
    with (
        open_untrusted(repositories["plain"], git, dirs) as first,
        open_untrusted(repositories["packed"], git, dirs) as second,
    ):
        assert first.git_dir != second.git_dir
