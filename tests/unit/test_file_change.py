"""A change of a file is written whole, once, and never over the work of another process."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.operations.file_change import FileChange

PATH = ".dlm/ignore"


def text(root: Path) -> str:
    return (root / PATH).read_bytes().decode()


def test_a_new_file_is_created_with_its_directory(tmp_path: Path) -> None:
    FileChange(PATH, None, "*.log\r\n").write(str(tmp_path))
    assert text(tmp_path) == "*.log\r\n"


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    FileChange(PATH, None, "a\n").write(str(tmp_path))
    FileChange(PATH, "a\n", "b\n").write(str(tmp_path))
    assert text(tmp_path) == "b\n"


@pytest.mark.parametrize("change", [FileChange(PATH, "a\n", "a\n"), FileChange(PATH, None, "")])
def test_what_needs_no_change_is_not_written(tmp_path: Path, change: FileChange) -> None:
    change.write(str(tmp_path))
    assert not change.needed
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (None, f"'{PATH}' was written by another process"),
        ("earlier\n", f"'{PATH}' was changed by another process"),
    ],
)
def test_the_work_of_another_process_is_kept(
    tmp_path: Path, before: str | None, message: str
) -> None:
    FileChange(PATH, None, "theirs\n").write(str(tmp_path))
    with pytest.raises(DlmGitError, match=message):
        FileChange(PATH, before, "ours\n").write(str(tmp_path))
    assert text(tmp_path) == "theirs\n"


def test_a_deleted_file_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(DlmGitError, match="changed by another process"):
        FileChange(PATH, "earlier\n", "ours\n").write(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
