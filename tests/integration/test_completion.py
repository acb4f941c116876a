"""Completion in real shells, and the manual page in man."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dlm_git.cli.completion import SCRIPTS
from dlm_git.cli.introspect import describe_commands
from dlm_git.document.base_models import BASE_MODELS
from dlm_git.formats import FORMATS
from dlm_git.rules.registry import RULES
from tests.support import COMMAND, PROJECT, Repo, new_repo

COMMANDS = [command.name for command in describe_commands() if command.name]
PAGE = PROJECT / "share/man/man1/dlm-git.1"

# what is typed, and what is offered for the last word of it
TYPED = [
    ("dlm-git ", set(COMMANDS)),
    ("dlm-git chec", {"check"}),
    ("dlm-git check --un", {"--unsafe-fixes"}),
    ("dlm-git check --format s", {name for name in FORMATS if name[0] == "s"}),
    ("dlm-git check --ignore duplicate-", {"duplicate-key", "duplicate-id"}),
    ("dlm-git init --base smollm2-", {base for base in BASE_MODELS if base.startswith("smollm2-")}),
    ("dlm-git rule stray-", {"stray-backup"}),
    ("dlm-git completion ", set(SCRIPTS)),
    ("dlm-git check --config a-f", {"a-file.toml"}),
    ("dlm-git check --rev top", {"topic", "topic-2"}),
    ("dlm-git check --config-rev v", {"v1"}),
    ("dlm-git -C oth", {"other"}),
    ("dlm-git -C other chec", {"check"}),
    ("dlm-git -C . -C other check --un", {"--unsafe-fixes"}),
    ("dlm-git -C other check --rev to", {"today"}),
    ("dlm-git -C other -C .. check --rev topic-", {"topic-2"}),
    ("dlm-git -C check rule stray-", {"stray-backup"}),
]
TYPING = pytest.mark.parametrize(("typed", "offered"), TYPED, ids=[typed for typed, _ in TYPED])


@pytest.fixture
def scripts(repo: Repo) -> Repo:
    repo.write("a-file.toml")
    repo.add("top-file")
    repo.commit()
    for name in ("topic", "topic-2", "$(touch${IFS}ran)"):
        repo.git("branch", name)
    repo.git("tag", "v1")
    other = new_repo(repo.path / "other", repo.path.parent / "home", "--initial-branch=today")
    other.add("a-file")
    other.commit()
    for shell in SCRIPTS:
        repo.write(shell, SCRIPTS[shell](describe_commands()))
    return repo


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_command_prints_the_script(scripts: Repo, shell: str) -> None:
    assert scripts.run(COMMAND, "completion", shell).out == (scripts.path / shell).read_text()


def words(out: str) -> set[str]:
    return {line.split("\t")[0].strip().rstrip("/") for line in out.splitlines()} - {""}


@TYPING
def test_bash_completes(scripts: Repo, typed: str, offered: set[str]) -> None:
    *before, _ = typed.split(" ")
    code = f"""
        source ./bash
        COMP_WORDS=({typed}{'""' if typed.endswith(" ") else ""}); COMP_CWORD={len(before)}
        _dlm_git; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    assert words(scripts.run("bash", "-c", code).out) == offered


def test_bash_completes_the_command_of_git(scripts: Repo) -> None:
    """As git's own script calls it: `git`, `dlm`, and what is typed behind them."""
    code = """
        source ./bash
        COMP_WORDS=(git dlm check --un); COMP_CWORD=3
        _git_dlm; printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert words(scripts.run("bash", "-c", code).out) == {"--unsafe-fixes"}


def test_bash_completes_in_the_directory_that_git_changes_to(scripts: Repo) -> None:
    code = """
        source ./bash
        COMP_WORDS=(git -C other dlm check --rev to); COMP_CWORD=6
        _git_dlm; printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert words(scripts.run("bash", "-c", code).out) == {"today"}


@TYPING
@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish_completes(scripts: Repo, typed: str, offered: set[str]) -> None:
    code = f"source ./fish; complete -C '{typed}'"
    proposed = words(scripts.run("fish", "--no-config", "-c", code).out)
    # it offers what only contains the letters too
    assert {word for word in proposed if word.startswith(typed.rpartition(" ")[2])} == offered


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_accepts_the_script(scripts: Repo) -> None:
    """Its own completion system reads every line of it."""
    code = "autoload -U compinit; compinit -u -d $HOME/dump; source ./zsh; whence -f _dlm_git"
    result = scripts.run("zsh", "-f", "-c", code)
    assert (result.code, result.err) == (0, "")
    assert all(f"{name})" in result.out.replace("(", "") for name in COMMANDS)


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_zsh_without_configuration_sources_the_script(scripts: Repo) -> None:
    line = "source <(dlm-git completion zsh)"
    code = f"{line}; print $_comps[dlm-git]; compadd() {{ print -l -- $@ }}; _dlm_git_refs"
    result = scripts.run("zsh", "-f", "-c", code)
    assert (result.code, result.out, result.err) == (
        0,
        "_dlm_git\n--\n$(touch${IFS}ran)\nmain\ntopic\ntopic-2\nv1\n",
        "",
    )
    assert not (scripts.path / "ran").exists()


@pytest.mark.parametrize(
    "typed", ["dlm-git check --format a-", "dlm-git check --rev a-", "dlm-git rule a-"]
)
@pytest.mark.skipif(not shutil.which("fish"), reason="needs fish")
def test_fish_offers_no_files_where_choices_stand(scripts: Repo, typed: str) -> None:
    code = f"source ./fish; complete -C '{typed}'"
    assert "a-file.toml" not in scripts.run("fish", "--no-config", "-c", code).out


def test_each_script_names_each_flag() -> None:
    for script in SCRIPTS.values():
        text = script(describe_commands())
        flags = {f for c in describe_commands() if c.name for a in c.arguments for f in a.flags}
        assert not {flag for flag in flags if flag.lstrip("-") not in text}
        assert all(rule in text for rule in RULES)


# The manual page


@pytest.mark.skipif(not shutil.which("man"), reason="needs man")
def test_git_help_shows_the_manual_page(repo: Repo, tmp_path: Path) -> None:
    """Where the prefix is on the manual's path."""
    shutil.copytree(PROJECT / "share", tmp_path / "share")
    env = {"MANPATH": str(tmp_path / "share/man"), "MANPAGER": "cat", "MANWIDTH": "100"}
    shown = repo.run("git", "dlm", "--help", env=env)
    assert shown.code == 0, shown
    for words_ in ("NAME", "dlm-git - keep exactly one", "--unsafe-fixes", "EXIT STATUS"):
        assert words_ in shown.out
    checked = repo.run("man", "--warnings", "-l", str(PAGE), env=env)
    assert checked.err == ""
