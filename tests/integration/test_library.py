"""The installed commands, and the library beside them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

import dlm_git
from tests.support import CORPUS, GOOD, Repo

# commands


@pytest.mark.parametrize(
    "command",
    [
        ("dlm-git", "--version"),
        ("git-dlm", "--version"),
        ("git", "dlm", "--version"),
        (sys.executable, "-m", "dlm_git", "--version"),
    ],
    ids=" ".join,
)
def test_version_of_the_command(repo: Repo, command: tuple[str, ...]) -> None:
    result = repo.run(*command)
    assert (result.code, result.out) == (0, f"dlm-git {dlm_git.__version__}\n"), result


def test_git_finds_the_command(corpus_repo: Repo) -> None:
    (corpus_repo.path / "src/deep").mkdir()
    result = corpus_repo.run("git", "dlm", "check", cwd=corpus_repo.path / "src/deep")
    assert result == corpus_repo.check()
    assert result.code == 0


def test_git_passes_the_exit_code_on(repo: Repo) -> None:
    result = repo.run("git", "dlm", "check")
    assert result == repo.check()
    assert result.code == 1


# library


@pytest.fixture
def isolated(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """An empty repository, in whose environment this process is too."""
    for key in list(os.environ):
        monkeypatch.delenv(key)
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    return repo


def test_import_loads_nothing_heavy(repo: Repo) -> None:
    code = "import sys, dlm_git; print(*sys.modules, sep='\\n')"
    result = repo.run(sys.executable, "-c", code)
    assert result.code == 0, result
    ours = r"(yaml|pydantic|pydantic_core|git|gitdb|ulid|dlm_git)(\.|$)"
    loaded = {name for name in result.out.split() if re.match(ours, name)}
    assert loaded == {"dlm_git", "dlm_git.about"}


def test_check_as_a_function(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    report = dlm_git.check(isolated.path)
    assert (report.clean, report.findings, report.documents) == (True, (), (CORPUS,))
    assert report


def test_check_gives_findings(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    report = dlm_git.check(str(isolated.path), base="smollm2-135m")
    assert [(each.path, each.rule) for each in report.findings] == [(CORPUS, "wrong-base")]
    assert not report.clean
    assert not report


def test_check_of_a_revision(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    oid = isolated.commit()
    isolated.git("rm", "--quiet", CORPUS)
    assert dlm_git.check(isolated.path, rev=oid).clean
    assert not dlm_git.check(isolated.path).clean


def test_check_of_the_current_directory(isolated: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    monkeypatch.chdir(isolated.path / ".dlm")
    assert dlm_git.check().clean


def test_check_of_a_directory_passes_the_hooks_repository_over(
    isolated: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere/index"))
    assert dlm_git.check(isolated.path).clean


def test_check_outside_of_a_repository(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="not a git repository"):
        dlm_git.check(isolated.path.parent)


def test_check_refuses_arguments_that_contradict_each_other(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="'rev' and 'worktree' cannot be combined"):
        dlm_git.check(isolated.path, rev="HEAD", worktree=True)
    with pytest.raises(dlm_git.DlmGitError, match="'config_file' and 'config_rev' cannot be"):
        dlm_git.check(isolated.path, config_file="x.toml", config_rev="HEAD")


def test_files_as_a_function(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("src/shop.py", "x = 1\n")
    isolated.add("src/logo.png", b"\x89PNG")
    result = dlm_git.files(isolated.path)
    assert (result.label, result.revision, result.document) == ("the index", None, CORPUS)
    (file,) = result.files
    assert (file.path, file.source, file.reason, file.size) == ("src/shop.py", ".", "included", 6)
    assert (file.included, file.status, file.lfs_pointer) == (True, "tracked", False)
    assert re.fullmatch("[0-9a-f]{16}", file.section_id)


def test_files_gives_the_excluded_files_with_a_reason(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("src/logo.png", b"\x89PNG")
    listed = dlm_git.files(isolated.path, excluded=True).files
    reasons = {file.path: (file.included, file.reason, file.section_id) for file in listed}
    assert reasons == {
        CORPUS: (False, "default-exclude", ""),
        "src/logo.png": (False, "image", ""),
    }


def test_files_of_a_revision_and_of_the_working_tree(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("src/shop.py")
    oid = isolated.commit()
    isolated.git("rm", "--quiet", "--cached", "src/shop.py")
    assert dlm_git.files(isolated.path).files == ()
    committed = dlm_git.files(isolated.path, rev="HEAD")
    assert (committed.revision, [file.path for file in committed.files]) == (oid, ["src/shop.py"])
    (file,) = dlm_git.files(isolated.path, worktree=True).files
    assert (file.path, file.status) == ("src/shop.py", "untracked")


def test_files_of_another_document(isolated: Repo) -> None:
    isolated.add(".dlm/docs.dlm", GOOD.replace('path: "."', "path: docs"))
    isolated.add("docs/a.md")
    isolated.add("README.md")
    result = dlm_git.files(isolated.path, name="docs")
    assert result.document == ".dlm/docs.dlm"
    assert [(file.path, file.source) for file in result.files] == [("docs/a.md", "docs")]


def test_files_without_a_document_is_an_error(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match=r"document '\.dlm/corpus\.dlm' not found"):
        dlm_git.files(isolated.path)


def test_init_as_a_function(isolated: Repo) -> None:
    isolated.add("README.md")
    result = dlm_git.init(isolated.path, base="smollm2-135m")
    assert (result.path, result.created, result.staged) == (isolated.path / CORPUS, True, True)
    assert result.text == result.path.read_text()
    assert f"dlm_id: {result.dlm_id}\n" in result.text
    assert (result.base_model, result.sources) == ("smollm2-135m", (".",))
    assert dlm_git.check(isolated.path, base="smollm2-135m").clean


def test_init_gives_what_became_of_gitignore(isolated: Repo) -> None:
    isolated.add("README.md")
    isolated.add("a.log")
    isolated.add(".gitignore", "*.log\n*.env\n!.env\n")
    result = dlm_git.init(isolated.path, base="smollm2-135m")
    assert result.ignore_files == (".dlm/ignore",)
    assert result.gitignore_files == (".gitignore",)
    assert result.untranslated == (".gitignore:3",)
    assert result.newly_ignored == ("a.log",)
    assert result.ignore_error == ""
    isolated.write(".dlm/ignore", b"\xe9")
    assert "is not UTF-8" in dlm_git.init(isolated.path).ignore_error


def test_init_gives_what_became_of_the_old_document(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD.replace("training:\n", "training:\n  lora_r: 8\n"))
    old = isolated.git("rev-parse", f":{CORPUS}")
    result = dlm_git.init(isolated.path, base="smollm2-135m", rescaffold=True)
    assert (result.created, result.previous_blob) == (True, old)
    assert result.dropped == ("'training.lora_r'", "the body of 1 section")


def test_init_reuses(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    result = dlm_git.init(isolated.path)
    assert (result.path, result.created, result.text) == (isolated.path / CORPUS, False, GOOD)


def test_init_with_an_unknown_base(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="no-such-model"):
        dlm_git.init(isolated.path, base="no-such-model")
    assert not (isolated.path / ".dlm").exists()


def test_init_outside_of_a_repository(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="not a git repository"):
        dlm_git.init(isolated.path.parent, base="smollm2-135m")
