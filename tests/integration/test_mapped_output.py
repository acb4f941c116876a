"""A large index is listed in memory that git writes to, with the same rows and errors."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git.index_file import LIST_INDEX
from dlm_git.git.mapped_output import list_large
from dlm_git.git.process import Git
from dlm_git.git.repository import Repository, find_repository
from dlm_git.snapshots.mapped_rows import MappedRows
from tests.support import Repo

MIB = 1 << 20


pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def repository(corpus_repo: Repo) -> Repository:
    corpus_repo.add("écran/a b.md", "text\n")
    return find_repository(corpus_repo.path, corpus_repo.environ)


def test_rows_are_those_of_a_pipe(repository: Repository) -> None:
    rows = list_large(repository.git, *LIST_INDEX)
    assert isinstance(rows, MappedRows)
    assert bytes(rows) == repository.git.list_rows(*LIST_INDEX)


def test_no_rows_are_a_nul(repository: Repository) -> None:
    assert bytes(list_large(repository.git, "ls-files", "-z", "--", ":!*")) == b"\0"


def refuse(*_: object) -> int:
    raise PermissionError


@pytest.mark.parametrize("create", [None, refuse])
def test_a_system_without_such_files_uses_a_pipe(
    repository: Repository, create: Callable[..., int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if create:
        monkeypatch.setattr(os, "memfd_create", create)
    else:
        monkeypatch.delattr(os, "memfd_create")
    assert list_large(repository.git, *LIST_INDEX) == repository.git.list_rows(*LIST_INDEX)


@pytest.mark.parametrize("list_", [list_large, Git.list_rows])
@pytest.mark.parametrize("size", [MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1, 9 * MIB])
def test_too_many_rows_are_an_error(
    tmp_path: Path, list_: Callable[..., bytes | MappedRows], size: int
) -> None:
    """A little too much fits into the file; at the end of it git fails."""
    program = tmp_path / "git"
    program.write_text('#!/bin/sh\nhead -c "$1" /dev/zero\n')
    program.chmod(0o755)
    git = Git(str(program), "", dict(os.environ), options=(), limit=MIB)
    if size <= MIB:
        assert len(list_(git, str(size))) == 1 + size
    else:
        with pytest.raises(DlmGitError, match="git lists more than 1 MiB of file names"):
            list_(git, str(size))


@pytest.mark.parametrize("list_", [list_large, Git.list_rows])
def test_a_failure_of_git_is_an_error(
    repository: Repository, list_: Callable[..., bytes | MappedRows]
) -> None:
    with pytest.raises(DlmGitError, match="`git ls-files` failed: git says"):
        list_(repository.git, "ls-files", "--error-unmatch", "no such file")
