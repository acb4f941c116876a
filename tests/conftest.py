"""Fixtures of all tests, and the number of examples of a property."""

from __future__ import annotations

import compileall
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.oracle import RELEASE, Oracle, available
from tests.support import (
    CORPUS,
    GOOD,
    PROJECT,
    PROJECT_TAG,
    Repo,
    children,
    git_of_version,
    new_repo,
    project_files,
    skip_or_fail,
)

_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]
for _name, _examples in {"default": 60, "mutation": 60, "ci": 100, "thorough": 3000}.items():
    settings.register_profile(
        _name,
        max_examples=_examples,
        deadline=None,
        database=None,
        derandomize=_name in ("ci", "mutation"),  # the same commit gets the same answer
        suppress_health_check=_QUIET,
        phases=(Phase.explicit, Phase.generate) if _name == "mutation" else tuple(Phase),
    )
# in this process, as in `environment`: without the organization's config of this machine
os.environ["XDG_CONFIG_DIRS"] = os.path.join(os.sep, "nonexistent")
os.environ.pop("DLM_GIT_CONFIG", None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package: the first `__pycache__` in a folder looks like another installation."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(PROJECT / "dlm_git", quiet=2)


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """The trainer; without it a test is skipped, or fails where DLM_GIT_REQUIRE_ALL is set."""
    if not available():
        skip_or_fail(f"needs document-language-model {RELEASE}")
    with Oracle() as trainer:
        yield trainer


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """An empty repository."""
    return new_repo(tmp_path / "repo", tmp_path / "home")


@pytest.fixture
def corpus_repo(repo: Repo) -> Repo:
    """A repository with a good corpus document and one source file, committed."""
    repo.add(CORPUS, GOOD)
    repo.add("src/shop.py", "print('shop')\n")
    repo.commit("the corpus")
    return repo


@pytest.fixture
def modern_git(tmp_path: Path) -> Path:
    """The directory of a git that says that it runs hooks of its config."""
    return git_of_version(tmp_path / "modern", "2.54.0.rc1")


@pytest.fixture
def old_git(tmp_path: Path) -> Path:
    """The directory of a git that says that it is too old for hooks in its config."""
    return git_of_version(tmp_path / "old", "2.53.0")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this project as it is now, committed or not, with a tag."""
    directory = tmp_path_factory.mktemp("project")
    clone = new_repo(directory / "clone", directory / "home")
    for name in project_files(clone.environ):
        if (PROJECT / name).is_file():  # a tracked file may be deleted in the worktree
            clone.write(name, (PROJECT / name).read_bytes())
    clone.git("add", "--all")
    clone.commit("the project as it is now")
    clone.git("tag", PROJECT_TAG)
    return clone.path


@pytest.fixture
def nothing_is_left() -> Iterator[None]:
    """After the test, this process has no more children and descriptors than before."""
    before = len(os.listdir("/proc/self/fd")), children()
    yield
    assert (len(os.listdir("/proc/self/fd")), children()) == before
