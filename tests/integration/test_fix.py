"""`dlm-git check --fix` and `--diff`: what they write, refuse and print."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlm_git.config import load as config
from dlm_git.errors import DlmGitError
from dlm_git.operations import fix
from dlm_git.operations.check import prepare
from dlm_git.operations.configs import CheckOptions
from dlm_git.report import CheckResult
from dlm_git.rules.engine import run_rules
from tests.support import COMMAND, CORPUS, GOOD, Repo, expect_clean, expect_error, expect_findings

BROKEN = GOOD.replace("qwen2.5-coder-1.5b", "qwen2.5-0.5b").replace('"."', '"/nowhere/src"')
CHECK = (COMMAND, "check", "--base", "qwen2.5-coder-1.5b")


@pytest.fixture
def broken(repo: Repo) -> Repo:
    repo.add(CORPUS, BROKEN)
    repo.add("src/shop.py")
    repo.commit()
    return repo


def test_fix_prints_what_it_fixed_and_what_remains(broken: Repo) -> None:
    before = broken.git("status", "--porcelain")
    result = broken.run(*CHECK, "--fix")
    assert (result.code, result.err) == (1, "")
    assert result.out == (
        """\
.dlm/corpus.dlm: fixed wrong-base: write 'base_model: qwen2.5-coder-1.5b'
.dlm/corpus.dlm:8:13: absolute-source-path: source path '/nowhere/src' is absolute: it exists on one machine only
    8 |     - path: "/nowhere/src"
      |             ^^^^^^^^^^^^^^
  help: write it relative to the repository root: `path: src`
note: patterns are not configured, so they are not compared
  help: set 'include' and 'exclude' in .dlm-git.toml
1 finding in the index with fixes applied (1 fixable with --fix --unsafe-fixes)
next: git add .dlm/corpus.dlm
"""  # noqa: E501
    )
    assert before == ""
    assert broken.git("status", "--porcelain") == "M .dlm/corpus.dlm"
    again = broken.run(*CHECK, "--fix")
    assert again.out.startswith(".dlm/corpus.dlm: already fixed wrong-base")
    assert again.code == 1
    broken.git("add", CORPUS)
    assert "fixed" not in expect_findings(
        broken.run(*CHECK, "--fix"), "1 finding in the index (1 fixable with"
    )
    guessed = broken.run(*CHECK, "--fix", "--unsafe-fixes")
    assert guessed.code == 1
    assert guessed.out.endswith(
        """\
OK: .dlm/corpus.dlm in the index with fixes applied, no findings
next: git add .dlm/corpus.dlm
exit code 1: the fixes are not staged yet
"""
    )
    broken.git("add", CORPUS)
    expect_clean(broken.run(*CHECK, "--fix"))
    assert '"src"' in (broken.path / CORPUS).read_text()


def test_diff_is_a_patch_and_changes_nothing(broken: Repo) -> None:
    result = broken.run(*CHECK, "--diff")
    assert result.code == 1
    assert (broken.path / CORPUS).read_text() == BROKEN
    assert "would fix wrong-base" in result.err
    assert result.err.endswith(" with fixes applied (1 fixable with --fix --unsafe-fixes)\n")
    assert "exit code" not in result.err
    unsafe = broken.run(*CHECK, "--diff", "--unsafe-fixes")
    assert unsafe.code == 1
    assert unsafe.err.endswith("no findings\nexit code 1: nothing was written yet\n")
    broken.git("apply", data=result.out.encode())
    assert (broken.path / CORPUS).read_text() == BROKEN.replace("-0.5b", "-coder-1.5b")


@pytest.mark.slow
@pytest.mark.parametrize(
    "form",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("strict\n", "strict\r\n"),
        lambda text: text.replace("dlm_version", "# a\ttab\ndlm_version"),
        lambda text: text.split("# About")[0] + "x",
    ],
    ids=["CRLF", "a BOM", "mixed line ends", "a tab", "no newline at the end"],
)
def test_the_patch_and_the_fix_are_the_same(broken: Repo, form: Callable[[str], str]) -> None:
    text = form(BROKEN.replace("/nowhere/src", ".")).encode()
    broken.add(CORPUS, text)
    broken.git("apply", data=broken.run(*CHECK, "--diff").out.encode())
    applied_one = (broken.path / CORPUS).read_bytes()
    broken.write(CORPUS, text)
    assert broken.run(*CHECK, "--fix").code == 1
    assert (broken.path / CORPUS).read_bytes() == applied_one
    assert applied_one == text.replace(b"-0.5b", b"-coder-1.5b")


def test_the_next_command_has_paths_from_the_current_directory(broken: Repo) -> None:
    result = broken.run(*CHECK, "--fix", cwd=broken.path / "src")
    assert "next: git add ../.dlm/corpus.dlm\n" in result.out


def test_many_bare_globs_are_quoted_in_one_run(repo: Repo) -> None:
    globs = "".join(f"        - *.x{number}\n" for number in range(25))
    repo.add(CORPUS, GOOD.replace('      include: ["**/*"]', f"      exclude:\n{globs.rstrip()}"))
    repo.add("a.py")
    assert "with fixes applied, no findings" in repo.check("--fix").out
    repo.git("add", CORPUS)
    expect_clean(repo.check("--fix"))


def test_a_file_that_changes_during_the_fix_is_not_overwritten(
    broken: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = broken.path / CORPUS

    def run_rules_as_the_user_edits(*args: Any, **options: Any) -> CheckResult:
        file.write_text(f"{file.read_text()}more\n")
        return run_rules(*args, **options)

    monkeypatch.setattr(fix, "run_rules", run_rules_as_the_user_edits)
    options = CheckOptions(overrides=config.overrides(base=["qwen2.5-coder-1.5b"]))
    with (
        prepare(broken.path, options) as checked,
        pytest.raises(DlmGitError, match="was changed by another process"),
    ):
        fix.fix(*checked)
    assert "qwen2.5-0.5b" in file.read_text()


def test_other_changes_in_the_worktree_are_kept(broken: Repo) -> None:
    text = (broken.path / CORPUS).read_text()
    broken.write(CORPUS, text.replace("What this", "Whatever this"))
    assert broken.run(*CHECK, "--fix").code == 1
    after = (broken.path / CORPUS).read_text()
    assert after == text.replace("-0.5b", "-coder-1.5b").replace("What this", "Whatever this")


def test_a_line_changed_in_the_worktree_is_not_fixed(broken: Repo) -> None:
    text = (broken.path / CORPUS).read_text().replace("0.5b", "0.5b  # mine")
    broken.write(CORPUS, text)
    out = expect_findings(
        broken.run(*CHECK, "--fix"), "not fixed: the working tree has other changes", "wrong-base"
    )
    assert "help: `git add .dlm/corpus.dlm` keeps the text of the working tree, `git restore" in out
    assert (broken.path / CORPUS).read_text() == text


def test_a_deleted_file_is_not_fixed(broken: Repo) -> None:
    (broken.path / CORPUS).unlink()
    out = expect_findings(broken.run(*CHECK, "--fix"), "not fixed: it is not in the working tree")
    broken.run("sh", "-c", out.split("`")[1])
    assert (broken.path / CORPUS).read_text() == BROKEN


def test_a_file_outside_the_sparse_checkout_is_not_fixed(broken: Repo) -> None:
    broken.git("sparse-checkout", "set", "--no-cone", "src")
    out = expect_findings(broken.run(*CHECK, "--fix"), "not fixed: it is not in the working tree")
    assert not (broken.path / CORPUS).exists()
    broken.run("sh", "-c", out.split("`")[1])
    assert "fixed wrong-base" in broken.run(*CHECK, "--fix").out


def test_a_link_is_not_fixed(broken: Repo, tmp_path: Path) -> None:
    (broken.path / CORPUS).unlink()
    (tmp_path / "other").write_text(BROKEN)
    (broken.path / CORPUS).symlink_to(tmp_path / "other")
    expect_findings(broken.run(*CHECK, "--fix"), "not fixed: cannot read", "symbolic link")
    assert (tmp_path / "other").read_text() == BROKEN


def test_line_endings_of_the_worktree_are_kept(broken: Repo) -> None:
    broken.git("config", "core.autocrlf", "true")
    text = (broken.path / CORPUS).read_bytes().replace(b"\n", b"\r\n")
    broken.write(CORPUS, text)
    assert broken.run(*CHECK, "--fix").code == 1
    assert (broken.path / CORPUS).read_bytes() == text.replace(b"-0.5b", b"-coder-1.5b")


def test_the_file_mode_is_kept(broken: Repo) -> None:
    (broken.path / CORPUS).chmod(0o640)
    assert broken.run(*CHECK, "--fix").code == 1
    assert (broken.path / CORPUS).stat().st_mode & 0o777 == 0o640


def test_the_worktree_can_be_fixed_itself(broken: Repo) -> None:
    text = (broken.path / CORPUS).read_text().replace("0.5b", "0.5b  # mine")
    broken.write(CORPUS, text)
    result = broken.run(*CHECK, "--worktree", "--fix")
    assert (result.code, "fixed wrong-base" in result.out) == (1, True)
    assert (broken.path / CORPUS).read_text() == text.replace("-0.5b", "-coder-1.5b")


def test_a_stale_block_is_brought_up_to_date(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.add(".gitignore", "old/\n")
    expect_clean(repo.run(COMMAND, "ignore"))
    repo.write(".dlm/ignore", "# mine\n" + (repo.path / ".dlm/ignore").read_text() + "!keep\n")
    repo.git("add", ".")
    repo.add(".gitignore", "new/\n")
    assert "fixed stale-ignore: update the block" in repo.run(COMMAND, "check", "--fix").out
    text = (repo.path / ".dlm/ignore").read_text()
    assert text.startswith("# mine\n#")
    assert re.search(r"^new/$", text, re.MULTILINE)
    assert "old/" not in text
    repo.git("add", ".dlm/ignore")
    expect_clean(repo.check("--fix"))
    expect_clean(repo.run(COMMAND, "ignore", "--check"))


def test_a_line_that_matches_nothing_is_replaced(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.add(".dlm/ignore", "node_modules\r\n*.py[co]\r\n")
    expect_findings(
        repo.check("--fix"), "2 findings in the index (2 fixable with --fix --unsafe-fixes)\n"
    )
    assert repo.check("--fix", "--unsafe-fixes").code == 1
    assert (repo.path / ".dlm/ignore").read_bytes() == b"node_modules/\r\n*.pyc\r\n*.pyo\r\n"


def test_a_file_without_a_newline_at_its_end_keeps_none(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.add(".dlm/ignore", "# a\n# b\n# c\n*.py[co]")
    repo.write(".dlm/ignore", "# mine\r\n# b\n# c\n*.py[co]")
    assert repo.check("--fix", "--unsafe-fixes").code == 1
    assert (repo.path / ".dlm/ignore").read_bytes() == b"# mine\r\n# b\n# c\n*.pyc\n*.pyo"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("excludes: [x]  # why\n", "exclude: [x]  # why\n"),
        ("exclude:\n  - **/*.md # prose\n", 'exclude:\n  - "**/*.md" # prose\n'),
        ('exclude: ["/src/**"]', 'exclude: ["src/**"]'),
    ],
    ids=["a near miss", "a bare glob", "a leading slash"],
)
def test_a_training_yaml_is_fixed_too(repo: Repo, before: str, after: str) -> None:
    for path, content in {CORPUS: GOOD, "a.py": "x\n", "b.md": "x\n", "src/c": "x\n"}.items():
        repo.add(path, content)
    repo.add(".dlm/training.yaml", before)
    assert "with fixes applied, no findings" in repo.check("--fix").out
    assert (repo.path / ".dlm/training.yaml").read_text() == after
    repo.git("add", ".")
    expect_clean(repo.check("--fix"))


def test_a_fix_that_cannot_be_applied_is_not_offered_again(broken: Repo) -> None:
    broken.write(CORPUS, BROKEN.replace("0.5b", "0.5b  # mine"))
    assert expect_findings(broken.run(*CHECK, "--fix")).endswith(
        "\n2 findings in the index (1 fixable with --fix --unsafe-fixes)\n"
    )


def test_an_untracked_ignore_file_is_fixed(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.py")
    repo.write(".dlm/ignore", "node_modules\n")
    assert repo.check("--worktree", "--fix", "--unsafe-fixes").code == 1
    assert (repo.path / ".dlm/ignore").read_text() == "node_modules/\n"


def test_in_a_commit_hook_the_fix_stops_the_commit(broken: Repo) -> None:
    hook = broken.write(".git/hooks/pre-commit", "#!/bin/sh\nexec dlm-git check --fix\n")
    hook.chmod(0o755)
    broken.write(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\n')
    broken.write(CORPUS, BROKEN.replace('"/nowhere/src"', '"."'))
    broken.git("add", ".")
    assert broken.run("git", "commit", "--quiet", "-m", "x").code == 1
    broken.git("add", ".")
    assert broken.run("git", "commit", "--quiet", "-m", "x").code == 0


def test_a_pushed_revision_is_checked_but_not_fixed(broken: Repo) -> None:
    """The hook's arguments are the same at every stage."""
    pushing = {"PRE_COMMIT_TO_REF": broken.git("rev-parse", "HEAD")}
    result = broken.run(*CHECK, "--fix", env=pushing)
    assert "wrong-base" in expect_findings(result, "2 findings in revision ")
    assert (broken.path / CORPUS).read_text() == BROKEN


def test_options_that_do_not_go_together_are_an_error(broken: Repo) -> None:
    expect_error(
        broken.run(*CHECK, "--fix", "--rev", "HEAD"), "--rev checks a commit, which cannot be fixed"
    )
    expect_error(broken.run(*CHECK, "--unsafe-fixes"), "--unsafe-fixes needs --fix or --diff")
    assert broken.run(*CHECK, "--fix", "--diff").code == 2
    assert broken.check("--fix", "--base", "x", "--format", "json") == broken.check(
        "--base", "x", "--format", "json"
    )


def test_a_full_disk_leaves_the_file_unchanged(broken: Repo) -> None:
    code = f"ulimit -f 0; trap '' XFSZ; {' '.join(CHECK)} --fix"
    result = broken.run("bash", "-c", code)
    assert (result.code, "cannot write '.dlm/corpus.dlm'" in result.err) == (2, True), result
    assert (broken.path / CORPUS).read_text() == BROKEN
    assert [path.name for path in (broken.path / ".dlm").iterdir()] == ["corpus.dlm"]
