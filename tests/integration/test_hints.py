"""Hints, followed to the letter: from a subdirectory, with odd names, for other states."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dlm_git import fs
from dlm_git.errors import DlmGitError
from tests.support import COMMAND, CORPUS, GOOD, ID, OTHER_ID, Repo, Result

pytestmark = pytest.mark.slow

OTHER = GOOD.replace(ID, OTHER_ID)
ODD = os.fsdecode(b"a b'\xff")
Setup = Callable[[Repo], object]


def _ignore(repo: Repo) -> None:
    repo.add(".gitignore", "*.log\n")
    assert repo.run(COMMAND, "ignore").code == 0
    repo.git("add", ".dlm")
    repo.add(".gitignore", "*.log\n*.tmp\n")


def _ignored(repo: Repo) -> None:
    repo.add(".gitignore", ".dlm\n")
    repo.git("rm", "--cached", CORPUS)


def _link(repo: Repo) -> None:
    (repo.path / ODD).symlink_to("/srv/data")
    repo.git("add", ODD)


COMMANDS: dict[str, tuple[str, Setup]] = {
    "missing-corpus, deleted": ("missing-corpus", lambda repo: repo.git("rm", CORPUS)),
    "missing-corpus, untracked": (
        "missing-corpus",
        lambda repo: repo.git("rm", "--cached", CORPUS),
    ),
    "missing-corpus, ignored": (
        "missing-corpus",
        _ignored,
    ),
    "missing-corpus, another name": (
        "missing-corpus",
        lambda repo: repo.git("mv", CORPUS, f".dlm/{ODD}.dlm"),
    ),
    "ambiguous-corpus": ("ambiguous-corpus", lambda repo: repo.add(f".dlm/{ODD}.dlm", OTHER)),
    "nested-corpus": ("nested-corpus", lambda repo: repo.add(f"{ODD}/.dlm/corpus.dlm", OTHER)),
    "stray-backup": ("stray-backup", lambda repo: repo.add(f"{ODD}/corpus.dlm.bak", OTHER)),
    "escaping-symlink": ("escaping-symlink", _link),
    "broken-training-config": (
        "broken-training-config",
        lambda repo: repo.add(f"{ODD}/.dlm/training.yml", ""),
    ),
    "stale-ignore": ("stale-ignore", _ignore),
}


def hints(repo: Repo, rule: str, *args: str, cwd: Path | None = None) -> list[str]:
    report: Any = json.loads(repo.check("--format", "json", *args, cwd=cwd).out)
    return [finding["hint"] for finding in report["findings"] if finding["rule"] == rule]


@pytest.mark.parametrize(("rule", "setup"), COMMANDS.values(), ids=COMMANDS)
def test_the_command_of_a_hint_solves_the_finding_from_a_subdirectory(
    corpus_repo: Repo, rule: str, setup: Setup
) -> None:
    setup(corpus_repo)
    below = corpus_repo.path / "sub dir"
    below.mkdir()
    (hint,) = hints(corpus_repo, rule, cwd=below)
    command = re.search(r"`([^`]*)`", hint)
    assert command, hint
    result = corpus_repo.run("bash", "-c", command[1], cwd=below)
    assert result.code == 0, (hint, result)
    assert hints(corpus_repo, rule, cwd=below) == []


@pytest.mark.parametrize("name", [".npmrc", "a b/.npmrc", "!e/.npmrc", "a*b/.npmrc", f"{ODD}/.env"])
def test_a_name_added_to_secrets_is_not_reported(corpus_repo: Repo, name: str) -> None:
    corpus_repo.add(name, "_authToken=x\n")
    corpus_repo.add(".dlm/ignore", "!.env\n")
    (hint,) = hints(corpus_repo, "secret-in-training-set")
    added = re.search(r"add '(!.*)' to 'secrets'", hint)
    assert added, hint
    corpus_repo.add(".dlm-git.toml", f"secrets = ['''{added[1]}''']\n")
    assert hints(corpus_repo, "secret-in-training-set") == []


def test_hints_about_an_earlier_revision_are_for_a_later_commit(corpus_repo: Repo) -> None:
    corpus_repo.add(".dlm/docs.dlm", OTHER)
    corpus_repo.commit()
    (current,) = hints(corpus_repo, "ambiguous-corpus", "--rev", "HEAD")
    assert current.startswith("`git rm --cached .dlm/docs.dlm`")
    corpus_repo.git("rm", "--quiet", ".dlm/docs.dlm")
    corpus_repo.commit()
    (earlier,) = hints(corpus_repo, "ambiguous-corpus", "--rev", "HEAD~1")
    assert earlier.startswith("in a later commit, `git rm --cached .dlm/docs.dlm`")


def test_hints_in_a_bare_repository_are_for_a_clone(corpus_repo: Repo, tmp_path: Path) -> None:
    corpus_repo.add(".dlm/docs.dlm", GOOD)
    corpus_repo.git("mv", "src/shop.py", "shop.png")
    corpus_repo.commit()
    corpus_repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    bare = replace(corpus_repo, path=tmp_path / "bare")
    (second,) = hints(bare, "ambiguous-corpus", "--rev", "HEAD")
    assert second.startswith("in a clone, `git rm --cached .dlm/docs.dlm`")
    (copied,) = hints(bare, "duplicate-id", "--rev", "HEAD")
    assert "a new id: in a clone, `dlm-git init " in copied
    (empty,) = hints(bare, "empty-training-set", "--rev", "HEAD")
    command = re.search(r"`(dlm-git files[^`]*)`", empty)
    assert command, empty
    assert "shop.png" in bare.run("sh", "-c", command[1]).out
    corpus_repo.git("rm", "--quiet", "-r", ".dlm")
    corpus_repo.commit()
    bare.git("fetch", "--quiet", str(corpus_repo.path), "+main:main")
    (missing,) = hints(bare, "missing-corpus", "--rev", "HEAD")
    assert missing == "create one: in a clone, `dlm-git init --base qwen2.5-coder-1.5b`"


@pytest.mark.parametrize("options", [(), ("--remove",)], ids=["written", "removed"])
def test_the_next_step_of_ignore_works_from_a_subdirectory(
    corpus_repo: Repo, options: tuple[str, ...]
) -> None:
    corpus_repo.add(".gitignore", "*.log\n")
    below = corpus_repo.path / "src"
    if options:
        assert corpus_repo.run(COMMAND, "ignore", cwd=below).code == 0
    result = corpus_repo.run(COMMAND, "ignore", *options, cwd=below)
    assert follow(corpus_repo, result.out, r"next: (git add .*)", below).code == 0


def test_a_deleted_config_is_restored_from_a_subdirectory(corpus_repo: Repo) -> None:
    corpus_repo.add(".dlm-git.toml", 'base = "smollm2-135m"\n')
    (corpus_repo.path / ".dlm-git.toml").unlink()
    below = corpus_repo.path / "src"
    result = corpus_repo.init(cwd=below)
    assert result.code == 2
    assert follow(corpus_repo, result.err, r"`(git restore .*)`", below).code == 0
    assert (corpus_repo.path / ".dlm-git.toml").exists()


def test_an_unstaged_config_is_staged_from_a_subdirectory(corpus_repo: Repo) -> None:
    corpus_repo.write(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\n')
    below = corpus_repo.path / "src"
    result = corpus_repo.init(cwd=below)
    assert follow(corpus_repo, result.out, r"\d\. (git add .*)", below).code == 0
    assert ".dlm-git.toml" in corpus_repo.git("ls-files")


NAMES = {
    "latin-1": os.fsdecode(b"caf\xe9"),
    "line end": "a\nb",
    "quotes": "a'b\"c`d$e",
    "two blanks": "a  b",
    "option": "-x",
    "pathspec": ":!x",
    "log command": "##[error]x",
    "right to left": "a\u202eb",
}
NAMED = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


@NAMED
def test_a_printed_help_line_can_be_pasted(corpus_repo: Repo, name: str) -> None:
    path = f"{name}.dlm.bak"
    (corpus_repo.path / path).write_text("x")
    corpus_repo.git("add", "--", f"./{path}")
    shown = corpus_repo.check().out
    assert "stray-backup" in shown
    assert follow(corpus_repo, shown, "  help: `(.*)`", corpus_repo.path).code == 0
    assert corpus_repo.check().code == 0


@NAMED
def test_a_printed_next_line_can_be_pasted(corpus_repo: Repo, name: str) -> None:
    corpus_repo.add(f"./{name}.dlm", OTHER.replace("base_model", "base_modle"))
    fixed = corpus_repo.check("--fix", "--unsafe-fixes").out
    (command,) = re.findall("^next: (.*)", fixed, re.MULTILINE)
    assert corpus_repo.run("bash", "-c", command).code == 0, fixed
    assert corpus_repo.git("diff", "--name-only") == ""


def test_the_hint_about_a_file_of_another_type_can_be_pasted(repo: Repo) -> None:
    name = os.fsdecode(b"-a '\xe9")
    (repo.path / name).symlink_to("x")
    with pytest.raises(DlmGitError) as error:
        fs.read_file(str(repo.path), name)
    shown = follow(repo, error.value.hint, "`(ls -ld .*)`", repo.path)
    assert shown.out.startswith("l"), shown


def follow(repo: Repo, output: str, pattern: str, cwd: Path) -> Result:
    """Run the command that an output proposes."""
    command = re.search(pattern, output)
    assert command, output
    return repo.run("bash", "-c", command[1], cwd=cwd)
