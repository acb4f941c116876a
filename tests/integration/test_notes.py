"""Notes say what a check did not compare or read, and a cached result has the notes of now."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import dlm_git
from tests.support import CORPUS, GOOD, ID, OTHER_ID, Repo, Result, expect_clean, new_repo

CONFIG = 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n'
TABLE = f"[tool.dlm-git]\n{CONFIG}"
NOT_CONFIGURED = "base model and patterns are not configured, so they are not compared"
NOT_READ = "is not in the index, so it is not read"
NOT_STAGED = "has changes that are not staged, so they are not checked"
NOT_ON_DISK = "is in the index, but not in the working tree"
MISPLACED = "is not read: the config is '.dlm-git.toml' at the root of the repository"


@pytest.fixture
def bare_bones(tmp_path: Path) -> Repo:
    """A repository with a document and no config."""
    made = new_repo(tmp_path / "repo", tmp_path / "home")
    made.add(CORPUS, GOOD)
    made.add("shop.py", "print()\n")
    made.commit()
    return made


@pytest.fixture
def repo(bare_bones: Repo) -> Repo:
    """A repository with a config that leaves nothing to note."""
    bare_bones.add(".dlm-git.toml", CONFIG)
    bare_bones.commit()
    return bare_bones


def notes(repo: Repo, *args: str, cwd: Path | None = None) -> list[str]:
    """Return the notes of a check, which are the same with and without a cached result."""
    shown = [_noted(repo.check(*args, *more, cwd=cwd).out) for more in ([], [], ["--no-cache"])]
    assert shown[0] == shown[1] == shown[2]
    return shown[0]


def _noted(text: str) -> list[str]:
    lines = text.splitlines()
    return [line.removeprefix("note: ") for line in lines if line.startswith("note: ")]


def test_a_complete_config_leaves_nothing_to_note(repo: Repo) -> None:
    assert expect_clean(repo.check()) == "OK: .dlm/corpus.dlm in the index, no findings\n"
    assert notes(repo) == notes(repo, "--rev", "HEAD") == []
    assert notes(repo, "--worktree") == []


@pytest.mark.parametrize(
    ("config", "note", "keys"),
    [
        ("", NOT_CONFIGURED, "'base', 'include' and 'exclude'"),
        ('name = "corpus"\n', NOT_CONFIGURED, "'base', 'include' and 'exclude'"),
        (
            'base = "qwen2.5-coder-1.5b"\n',
            "patterns are not configured, so they are not compared",
            "'include' and 'exclude'",
        ),
        ('include = ["**/*"]\n', "base model is not configured, so it is not compared", "'base'"),
    ],
)
def test_what_is_not_configured_is_noted(
    bare_bones: Repo, config: str, note: str, keys: str
) -> None:
    bare_bones.add(".dlm-git.toml", config)
    assert notes(bare_bones) == [note]
    assert f"note: {note}\n  help: set {keys} in .dlm-git.toml\nOK: " in bare_bones.check().out


@pytest.mark.parametrize(
    "config",
    [
        'base = "qwen2.5-coder-1.5b"\nexclude = []\n',
        'base = ["qwen2.5-coder-1.5b"]\n[[sources]]\npath = "."\n',
    ],
)
def test_every_form_of_patterns_counts(bare_bones: Repo, config: str) -> None:
    bare_bones.add(".dlm-git.toml", config)
    assert notes(bare_bones) == []


def test_flags_configure_too(bare_bones: Repo) -> None:
    assert notes(bare_bones, "--base", "qwen2.5-coder-1.5b", "--include", "**/*") == []


def test_the_table_of_pyproject_is_named_in_the_hint(bare_bones: Repo) -> None:
    bare_bones.add("pyproject.toml", '[tool.dlm-git]\nbase = "qwen2.5-coder-1.5b"\n')
    assert "  help: set 'include' and 'exclude' in pyproject.toml\n" in bare_bones.check().out


def test_quiet_prints_notes_but_not_that_all_is_clean(repo: Repo) -> None:
    assert expect_clean(repo.check("--quiet")) == expect_clean(repo.check("-q")) == ""
    repo.add(".dlm-git.toml", "")
    quiet, full = expect_clean(repo.check("--quiet")), expect_clean(repo.check())
    assert _noted(quiet) == _noted(full) == [NOT_CONFIGURED]
    assert full.startswith(quiet)
    assert full.removeprefix(quiet).startswith("OK: ")
    assert repo.check("-q") == repo.check("--quiet") == Result(0, quiet, "")  # from the cache
    repo.add(".dlm/corpus.dlm.bak")
    result = repo.check("--quiet")
    assert result == repo.check()
    assert (result.code, _noted(result.out)) == (1, [NOT_CONFIGURED])


def test_quiet_prints_the_notes_of_several_repositories(repo: Repo) -> None:
    names = (str(repo.path), str(repo.path / ".git"))
    assert expect_clean(repo.check("--quiet", *names)) == ""
    repo.add(".dlm-git.toml", "")
    repo.commit()
    quiet, full = expect_clean(repo.check("-q", *names)), expect_clean(repo.check(*names))
    assert _noted(quiet) == _noted(full) != []
    assert full.removeprefix(quiet) == "2 in total: 2 clean, 0 with findings\n"


# the working tree, for a check of the index


def test_a_config_that_is_not_tracked_is_noted(bare_bones: Repo) -> None:
    before = notes(bare_bones)
    bare_bones.write(".dlm-git.toml", 'base="smollm2-135m"\n')
    assert notes(bare_bones) == [*before, f"'.dlm-git.toml' {NOT_READ}"]
    (bare_bones.path / "src").mkdir()
    result = bare_bones.check(cwd=bare_bones.path / "src")
    assert "  help: `git add ../.dlm-git.toml`\n" in result.out


def hint(repo: Repo, note: str) -> str:
    """Return the command in the hint below a note."""
    match = re.search(f"note: .*{re.escape(note)}\n  help: `(.*)`\n", repo.check().out)
    assert match
    return match[1]


@pytest.mark.parametrize("pattern", [".*", ".dlm-git.toml", "*"])
def test_an_ignored_config_can_be_added_as_the_note_says(bare_bones: Repo, pattern: str) -> None:
    bare_bones.write(".dlm-git.toml", CONFIG)
    bare_bones.add(".gitignore", f"{pattern}\n")
    command = hint(bare_bones, NOT_READ)
    assert command == "git add --force .dlm-git.toml"
    bare_bones.git(*command.split()[1:])
    assert notes(bare_bones) == []


@pytest.mark.parametrize("path", [CORPUS, ".dlm-git.toml"])
@pytest.mark.parametrize(
    "flags", [["assume-unchanged"], ["skip-worktree"], ["assume-unchanged", "skip-worktree"]]
)
def test_a_hidden_change_can_be_staged_as_the_note_says(
    repo: Repo, path: str, flags: list[str]
) -> None:
    for flag in flags:
        repo.git("update-index", f"--{flag}", path)
    repo.write(path, (repo.path / path).read_text() + "# more\n")
    command = hint(repo, NOT_STAGED)
    commands = [*(f"git update-index --no-{flag} {path}" for flag in flags), f"git add {path}"]
    assert command == " && ".join(commands)
    for each in command.split(" && "):
        repo.git(*each.split()[1:])
    assert notes(repo) == []


def test_a_config_that_will_only_be_added_later_is_noted(bare_bones: Repo) -> None:
    bare_bones.write(".dlm-git.toml", CONFIG)
    bare_bones.git("add", "--intent-to-add", ".dlm-git.toml")
    assert f"'.dlm-git.toml' {NOT_READ}" in notes(bare_bones)


def test_a_table_in_a_pyproject_that_is_not_tracked_is_noted(repo: Repo) -> None:
    repo.write("pyproject.toml", "[tool.other]\n# dlm-git\n")
    assert notes(repo) == []
    repo.write("pyproject.toml", TABLE)
    assert notes(repo) == [f"'pyproject.toml' {NOT_READ}"]
    repo.write("pyproject.toml", "[tool.dlm-git]\nbase = [\n")
    assert notes(repo) == [f"'pyproject.toml' {NOT_READ}"]


@pytest.mark.parametrize("path", [".dlm/ignore", ".dlm/training.yaml"])
def test_a_training_config_that_is_not_tracked_is_noted(repo: Repo, path: str) -> None:
    repo.write(path, "# x\n")
    assert notes(repo) == [f"'{path}' {NOT_READ}"]


@pytest.mark.parametrize(
    "path", [".dlm-git.toml", CORPUS, ".dlm/ignore", ".dlm/training.yaml", ".dlm/docs.dlm"]
)
@pytest.mark.parametrize("sources", [True, False])
def test_changes_that_are_not_staged_are_noted(repo: Repo, path: str, *, sources: bool) -> None:
    if not sources:  # then no training config is read
        repo.add(CORPUS, GOOD.partition("training:")[0] + "---\n\nText.\n")
        repo.add(".dlm-git.toml", "")
    if path == ".dlm/docs.dlm":
        repo.git("mv", CORPUS, path)
        repo.add(".dlm-git.toml", (repo.path / ".dlm-git.toml").read_text() + 'name = "docs"\n')
    file = repo.path / path
    before = file.read_text() if file.exists() else "# x\n"
    repo.add(path, before)
    clean = notes(repo)
    file.write_text(f"{before}\n")
    assert notes(repo) == [*clean, f"'{path}' {NOT_STAGED}"]
    repo.git("add", path)
    assert notes(repo) == clean
    file.write_text(before)
    assert notes(repo) == [*clean, f"'{path}' {NOT_STAGED}"]
    repo.git("add", path)
    assert notes(repo) == clean
    file.unlink()
    assert notes(repo) == [*clean, f"'{path}' {NOT_ON_DISK}"]
    (repo.path / "x").mkdir()
    file.symlink_to(repo.path / "x")
    assert notes(repo) == [*clean, f"'{path}' {NOT_STAGED}"]
    file.unlink()
    os.mkfifo(file)
    assert notes(repo) == [*clean, f"'{path}' {NOT_STAGED}"]


@pytest.mark.parametrize("path", [".dlm/docs.dlm", "pkg/.dlm/docs.dlm"])
def test_a_change_of_an_allowed_document_is_noted(repo: Repo, path: str) -> None:
    repo.add(path, GOOD.replace(ID, OTHER_ID))
    repo.add(".dlm-git.toml", f"{CONFIG}allow = ['{path}']\n")
    assert notes(repo) == []
    repo.write(path, GOOD)
    assert notes(repo) == [f"'{path}' {NOT_STAGED}"]


def test_a_change_of_equal_size_and_time_is_noted(repo: Repo) -> None:
    file = repo.path / ".dlm-git.toml"
    os.utime(file, (1, 1))
    assert notes(repo) == []
    file.write_text(CONFIG.replace("1.5", "7.5"))
    os.utime(file, (1, 1))
    assert notes(repo) == [f"'.dlm-git.toml' {NOT_STAGED}"]


def test_touched_files_are_not_changed(repo: Repo) -> None:
    for path in (".dlm-git.toml", CORPUS):
        os.utime(repo.path / path, (1, 1))
    assert notes(repo) == []


def test_line_ends_that_git_converts_are_not_changes(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    for path in (".dlm-git.toml", CORPUS):
        file = repo.path / path
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert notes(repo) == []


def test_a_content_that_git_converts_is_not_a_change(repo: Repo) -> None:
    repo.add(".dlm/ignore", "# $Id$\n")
    repo.write(".dlm/ignore", "# $Id: 0123456789012345678901234567890123456789 $\n")
    assert notes(repo) == [f"'.dlm/ignore' {NOT_STAGED}"]
    repo.add(".gitattributes", "ignore ident\n")
    assert notes(repo) == []


def test_of_pyproject_only_the_own_table_counts(bare_bones: Repo) -> None:
    bare_bones.add("pyproject.toml", TABLE)
    assert notes(bare_bones) == []
    bare_bones.write("pyproject.toml", f"[tool.other]\nx = 1\n{TABLE}")
    assert notes(bare_bones) == []
    bare_bones.write("pyproject.toml", TABLE.replace('["**/*"]', "[]"))
    assert notes(bare_bones) == [f"'pyproject.toml' {NOT_STAGED}"]


def test_a_linked_worktree_has_its_own_notes(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "other"))
    other = Repo(tmp_path / "other", repo.environ)
    assert notes(repo) == notes(other) == []
    other.write(".dlm-git.toml", "")
    assert notes(repo) == []
    assert notes(other) == [f"'.dlm-git.toml' {NOT_STAGED}"]


def test_git_in_another_directory_does_not_hide_a_note(repo: Repo) -> None:
    (repo.path / "src").mkdir()
    environ = {"GIT_DIR": str(repo.path / ".git")}
    assert _noted(repo.check(env=environ, cwd=repo.path / "src").out) == []
    repo.write(".dlm-git.toml", "")
    result = repo.check(env=environ, cwd=repo.path / "src")
    assert _noted(result.out) == [f"'.dlm-git.toml' {NOT_STAGED}"]


def test_a_commit_hook_prints_the_notes_of_now(repo: Repo) -> None:
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\ncd .git && cd ..\ndlm-git check\n")
    hook.chmod(0o755)
    for change, expected in (
        (CONFIG, []),
        ("", [f"'.dlm-git.toml' {NOT_STAGED}"]),
        (CONFIG, []),
    ):
        repo.write(".dlm-git.toml", change)
        repo.git("commit", "--quiet", "--allow-empty", "-m", "x")
        result = repo.run("git", "commit", "--quiet", "--allow-empty", "-m", "x")
        assert result.code == 0
        assert _noted(result.out + result.err) == expected


def test_a_sparse_checkout_says_what_it_lacks(repo: Repo) -> None:
    repo.add("src/shop.py")
    repo.commit()
    repo.git("sparse-checkout", "set", "src")
    assert notes(repo) == [f"'{CORPUS}' {NOT_ON_DISK}"]
    assert "`git sparse-checkout add .dlm`" in repo.check().out


def test_a_revision_and_the_working_tree_have_no_changes_to_stage(repo: Repo) -> None:
    repo.write(".dlm-git.toml", CONFIG + "# more\n")
    repo.write(CORPUS, GOOD + "\nMore.\n")
    assert notes(repo, "--rev", "HEAD") == notes(repo, "--worktree") == []


# configs in other places


@pytest.mark.parametrize(
    "path", ["src/.dlm-git.toml", ".dlm/.dlm-git.toml", "dlm-git.toml", ".dlm/dlm-git.toml"]
)
def test_a_config_in_the_wrong_place_is_noted(repo: Repo, path: str) -> None:
    assert notes(repo) == []
    repo.write(path, CONFIG)
    assert notes(repo) == [f"'{path}' {MISPLACED}"]
    repo.git("add", "-f", path)
    repo.commit()
    assert notes(repo) == notes(repo, "--worktree") == [f"'{path}' {MISPLACED}"]
    assert notes(repo, "--rev", "HEAD") == [f"'{path}' {MISPLACED}"]


def test_a_tracked_config_below_the_root_is_noted_anywhere(repo: Repo) -> None:
    for path in ("a/b/.dlm-git.toml", "c/dlm-git.toml", "d/not-dlm-git.toml", "e/dlm-git.toml/x"):
        repo.add(path, "")
    assert notes(repo) == [
        "'a/b/.dlm-git.toml', 'c/dlm-git.toml' are not read:"
        " the config is '.dlm-git.toml' at the root of the repository"
    ]
    for number in range(3):
        repo.add(f"f{number}/.dlm-git.toml", "")
    assert notes(repo)[0].startswith(
        "'a/b/.dlm-git.toml', 'c/dlm-git.toml', 'f0/.dlm-git.toml' and 2 more are not read:"
    )


def test_a_config_in_the_users_directory_is_noted(repo: Repo) -> None:
    repo.add("docs/guide.md")
    assert notes(repo, cwd=repo.path / "docs") == []
    repo.write("docs/.dlm-git.toml", CONFIG)
    assert notes(repo, cwd=repo.path / "docs") == [f"'docs/.dlm-git.toml' {MISPLACED}"]
    assert notes(repo) == []


def test_another_config_makes_those_of_the_repository_irrelevant(
    repo: Repo, tmp_path: Path
) -> None:
    (tmp_path / "x.toml").write_text(CONFIG)
    repo.write("src/.dlm-git.toml", CONFIG)
    repo.write(".dlm-git.toml", "")
    repo.write(CORPUS, GOOD + "\n")
    expected = [f"'{CORPUS}' {NOT_STAGED}"]
    assert notes(repo, "--config", str(tmp_path / "x.toml")) == expected
    assert notes(repo, "--config-rev", "HEAD") == expected


@pytest.mark.parametrize("target", ["conf/py.toml", "untracked.toml", "../outside.toml"])
def test_a_pyproject_that_is_a_link_is_noted_if_it_would_configure(repo: Repo, target: str) -> None:
    file = repo.write(target, "[tool.other]\n")
    if target.startswith("conf/"):
        repo.git("add", target)
    (repo.path / "pyproject.toml").symlink_to(target)
    repo.git("add", "pyproject.toml")
    assert notes(repo) == []
    file.write_text(TABLE)
    if target.startswith("conf/"):
        repo.git("add", target)
    note = "'pyproject.toml' is a symbolic link, so its [tool.dlm-git] is not read"
    assert notes(repo) == [note]


@pytest.mark.parametrize("target", ["missing", ".", "pyproject.toml", "/dev/zero"])
def test_a_pyproject_that_leads_nowhere_is_no_problem(repo: Repo, target: str) -> None:
    (repo.path / "pyproject.toml").symlink_to(target)
    repo.git("add", "pyproject.toml")
    assert notes(repo) == []


# allow


def test_an_allowed_document_that_does_not_exist_is_noted(repo: Repo) -> None:
    repo.add(".dlm-git.toml", f'{CONFIG}allow = [".dlm/docs.dlm", "./x.dlm"]\n')
    assert notes(repo) == ["'allow' lists '.dlm/docs.dlm', './x.dlm', not found in the index"]
    repo.add(".dlm/docs.dlm", GOOD.replace("5GH", "5GJ"))
    assert notes(repo) == ["'allow' lists './x.dlm', not found in the index"]
    repo.git("rm", "--cached", "--quiet", ".dlm/docs.dlm")
    assert len(notes(repo)) == 1


# other ways to check


def _changes() -> list[Callable[[Repo], object]]:
    return [
        lambda repo: repo.write(".dlm-git.toml", "x"),
        lambda repo: repo.write("src/.dlm-git.toml", "x"),
        lambda repo: repo.git("add", "-A"),
        lambda repo: repo.add(".dlm-git.toml", CONFIG),
        lambda repo: repo.write(CORPUS, GOOD + "x\n"),
        lambda repo: (repo.path / CORPUS).unlink(),
        lambda repo: repo.git("checkout", "--", CORPUS),
    ]


def test_the_api_has_the_notes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    repo.write(".dlm-git.toml", "")
    (note,) = dlm_git.check(repo.path).notes
    assert note == dlm_git.Note(
        f"'.dlm-git.toml' {NOT_STAGED}", "`git add .dlm-git.toml`", ".dlm-git.toml"
    )
    assert dlm_git.check(repo.path)


def test_json_has_the_notes(bare_bones: Repo) -> None:
    result = bare_bones.check("--format", "json")
    assert result.code == 0
    (note,) = json.loads(result.out)["notes"]
    assert note["message"] == NOT_CONFIGURED


def test_several_repositories_share_their_notes(bare_bones: Repo) -> None:
    bare_bones.write(".dlm-git.toml", CONFIG)  # the working trees of others are not read
    other = new_repo(bare_bones.path.parent / "other", bare_bones.path.parent / "home")
    other.add(CORPUS, GOOD.replace("5GH", "5GJ"))
    other.add("shop.py", "print()\n")
    result = bare_bones.check(".", "../other")
    assert _noted(result.out) == [f"{NOT_CONFIGURED} (2 of 2)"]
    assert result.out.endswith("2 in total: 2 clean, 0 with findings\n")


def test_fixing_has_the_notes_on_the_config(bare_bones: Repo) -> None:
    assert _noted(bare_bones.check("--fix").out) == [NOT_CONFIGURED]


def test_a_sequence_of_changes_always_has_the_notes_of_now(repo: Repo) -> None:
    for change in _changes():
        change(repo)
        repo.check()
        notes(repo)
