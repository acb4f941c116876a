"""Completion in real shells, and the manual page in man."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from dlm_git.cli.completion import SCRIPTS
from dlm_git.cli.introspect import describe_commands
from dlm_git.document.base_models import BASE_MODELS
from dlm_git.formats import FORMATS
from dlm_git.rules.registry import RULES
from tests.support import COMMAND, PROJECT, Repo, new_repo, skip_or_fail

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


def needs(program: str) -> pytest.MarkDecorator:
    """Return the mark of a test that is skipped, or fails, where a program is missing."""
    return pytest.mark.usefixtures(f"_{program}")


def _required(program: str) -> Callable[[], None]:
    @pytest.fixture(name=f"_{program}")
    def required() -> None:
        if not shutil.which(program):
            skip_or_fail(f"needs {program}")

    return required


_fish, _zsh, _man = map(_required, ("fish", "zsh", "man"))
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
@needs("fish")
def test_fish_completes(scripts: Repo, typed: str, offered: set[str]) -> None:
    code = f"source ./fish; complete -C '{typed}'"
    proposed = words(scripts.run("fish", "--no-config", "-c", code).out)
    letters = typed.rpartition(" ")[2]
    assert {word for word in proposed if word.startswith(letters)} == offered
    # it also offers what has the letters in this order, but nothing else
    subsequence = re.compile(".*".join(map(re.escape, letters.removeprefix("--"))))
    assert not [word for word in proposed if not subsequence.search(word)]


def in_terminal(repo: Repo, command: tuple[str, ...], typed: str, expected: str) -> str:
    """Type into a shell on a terminal as soon as it prompts; return what it then shows.

    That ends with what is expected, or after ten seconds.
    """
    child, terminal = pty.fork()
    if not child:
        os.chdir(repo.path)
        environ = {**repo.environ, "ZDOTDIR": str(repo.path), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        os.execvpe(command[0], command, environ)
    try:
        read_until(terminal, PROMPT)
        os.write(terminal, typed.encode())
        return read_until(terminal, expected)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def read_until(terminal: int, expected: str) -> str:
    shown, end = b"", monotonic() + 10
    while expected.encode() not in shown and monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            shown += os.read(terminal, 1 << 16)
    return shown.decode()


PROMPT = "ready> "
ODD = ["a b.toml", "br[1].toml", "q'uote.toml", "do$(touch ran).toml", "two  blanks.toml"]
PASTED = [r"a\ b.toml", r"br\[1\].toml", r"q\'uote.toml", r"do\$\(touch\ ran\).toml"]
PATHS = [
    *((f"dlm-git check --config {path[:2]}", f" {path} ") for path in PASTED),
    ("dlm-git check --config two", r" two\ \ blanks.toml "),
    ("dlm-git check --config 'a ", " 'a b.toml' "),
    (r"dlm-git check --config di\[r\]/", r" di\[r\]/in.toml "),
    ("dlm-git -C di", r" di\[r\]/"),
    (r"dlm-git -C oth\er check --rev toda", "--rev today "),
    ("dlm-git check --format=sar", "--format=sarif "),
    ("dlm-git rule stray-b", "rule stray-backup "),
]


@pytest.fixture
def odd(scripts: Repo) -> Repo:
    (scripts.path / "a-file.toml").unlink()
    for name in (*ODD, "di[r]/in.toml"):
        scripts.write(name)
    return scripts


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "shown"), PATHS)
def test_bash_completes_names_with_any_characters(odd: Repo, typed: str, shown: str) -> None:
    odd.write("rc", f"PS1='{PROMPT}'; source ./bash\n")
    command = ("bash", "--noprofile", "--rcfile", "rc", "-i")
    assert shown in in_terminal(odd, command, f"{typed}\t", shown)
    assert not (odd.path / "ran").exists()


COMPINIT = "autoload -Uz compinit; compinit -i -D"
SOURCE = "source <(dlm-git completion zsh)"
SETUPS = {
    "before compinit": f"{SOURCE}\n{COMPINIT}",
    "after compinit": f"{COMPINIT}\n{SOURCE}",
    "without compinit": SOURCE,
    "in fpath": f"fpath=($PWD/functions $fpath)\n{COMPINIT}",
}
ZSH_TYPED = [
    ("dlm-git chec", "dlm-git check "),
    ("dlm-git check --config br", r" br\[1\].toml "),
    ("dlm-git check --rev toda", "--rev today "),
    ("git dlm rule stray-b", "rule stray-backup "),
]


@pytest.mark.slow
@needs("zsh")
@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
@pytest.mark.parametrize(("typed", "shown"), ZSH_TYPED)
def test_zsh_completes_from_the_first_tab(odd: Repo, setup: str, typed: str, shown: str) -> None:
    odd.git("branch", "today")
    for name in ("_dlm-git", "_git-dlm"):
        odd.write(f"functions/{name}", (odd.path / "zsh").read_text())
    odd.write(".zshrc", f"PS1='{PROMPT}'\n{setup}\n")
    assert shown in in_terminal(odd, ("zsh", "-d", "-i"), f"{typed}\t", shown)
    assert not (odd.path / "ran").exists()


@needs("zsh")
def test_zsh_accepts_the_script(scripts: Repo) -> None:
    """Its own completion system reads every line of it."""
    code = "autoload -U compinit; compinit -u -d $HOME/dump; source ./zsh; whence -f _dlm_git"
    result = scripts.run("zsh", "-f", "-c", code)
    assert (result.code, result.err) == (0, "")
    assert all(f"{name})" in result.out.replace("(", "") for name in COMMANDS)


@needs("zsh")
def test_zsh_offers_refs_as_they_are(scripts: Repo) -> None:
    code = f"{SOURCE}; compadd() {{ print -l -- $@ }}; _dlm_git_refs"
    result = scripts.run("zsh", "-f", "-c", code)
    refs = "--\n$(touch${IFS}ran)\nmain\ntopic\ntopic-2\nv1\n"
    assert (result.code, result.out, result.err) == (0, refs, "")
    assert not (scripts.path / "ran").exists()


CONFIG_TYPED = "dlm-git check --config a-"


@pytest.mark.parametrize(
    "typed", ["dlm-git check --format a-", "dlm-git check --rev a-", "dlm-git rule a-"]
)
@needs("fish")
def test_fish_offers_no_files_where_choices_stand(scripts: Repo, typed: str) -> None:
    code = (
        f"source ./fish; complete -C '{typed}'; echo end; complete -C 'dlm-git check --config a-'"
    )
    choices, _, files = scripts.run("fish", "--no-config", "-c", code).out.partition("end\n")
    assert "a-file.toml" not in choices
    assert files == "a-file.toml\n"  # which it offers where files stand


def test_each_script_names_each_flag() -> None:
    for script in SCRIPTS.values():
        text = script(describe_commands())
        flags = {f for c in describe_commands() if c.name for a in c.arguments for f in a.flags}
        assert not {flag for flag in flags if flag.lstrip("-") not in text}
        assert all(rule in text for rule in RULES)


# The manual page


@needs("man")
def test_git_help_shows_the_manual_page(repo: Repo, tmp_path: Path) -> None:
    """Where the prefix is on the manual's path."""
    shutil.copytree(PROJECT / "share", tmp_path / "share")
    env = {"MANPATH": str(tmp_path / "share/man"), "MANPAGER": "cat", "MANWIDTH": "100"}
    shown = repo.run("git", "dlm", "--help", env=env)
    assert shown.code == 0, shown
    # versions of man differ in hyphens, minus signs and the spaces that fill a line
    text = " ".join(re.sub("[\u2010\u2212]", "-", shown.out).split())
    for words_ in ("NAME", "dlm-git - keep exactly one", "--unsafe-fixes", "EXIT STATUS"):
        assert words_ in text
    checked = repo.run("man", "--warnings", "-l", str(PAGE), env=env)
    assert checked.err == ""
