"""Help, usage errors and suggestions; what a terminal shows and a pipe does not."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

import dlm_git
from dlm_git.about import DOCS_URL
from dlm_git.cli import main
from dlm_git.cli.commands import COMMANDS, load
from dlm_git.cli.introspect import describe_commands
from dlm_git.cli.parser import parse
from dlm_git.cli.terminal import print_lines
from dlm_git.rules.registry import RULES
from tests.support import COMMAND, CORPUS, Repo, expect_clean, expect_error

EXAMPLES = [line for name in COMMANDS for line in load(name).EXAMPLES.splitlines()]


def usage_error(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    """Run a command line that is a usage error, and return the lines of the error."""
    assert main.main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def help_of(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Run a command line that prints help, and return it."""
    assert main.main(argv) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


# Help


def test_help_lists_every_command_with_its_summary(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys, "--help")
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.summary)}$", text, re.MULTILINE)
    assert text.endswith(f"Documentation: {DOCS_URL}\n")


def test_help_is_the_same_however_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert help_of(capsys, "-h") == help_of(capsys, "--help") == help_of(capsys, "help")
    for name in COMMANDS:
        assert help_of(capsys, name, "-h") == help_of(capsys, "help", name)


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    assert help_of(capsys, flag) == f"dlm-git {dlm_git.__version__}\n"


def test_without_a_command_help_is_printed_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys, "--help")
    assert "\n".join(usage_error(capsys)) + "\n" == text


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_ends_with_examples_and_the_documentation(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    text = help_of(capsys, name, "--help")
    assert text.startswith(f"usage: dlm-git {name} [OPTIONS]")
    _, examples = text.split("\nExamples:\n")
    assert len(re.findall(r"\bdlm-git \w", examples)) >= 2
    assert examples.endswith(f"\n\nDocumentation: {DOCS_URL}\n")


def test_help_groups_options_by_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    headings = re.findall(r"^(\w.*):$", help_of(capsys, "check", "--help"), re.MULTILINE)
    assert headings == [
        "Arguments",
        "What to check",
        "Expected values (override the config file)",
        "Fixes and the baseline",
        "Output",
        "Several repositories",
        "Other options",
        "Examples",
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_valid_command_lines(example: str) -> None:
    (command,) = re.findall(r"\bdlm-git (.*?)(?=\"?\)| \| |$)", example)
    words = shlex.split(command, comments=True)
    parse([word for word in words if word != "$@"] + (["origin", "url"] if "$@" in words else []))


@pytest.mark.parametrize("columns", [40, 60, 120])
def test_help_fits_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    unwrapped = (*EXAMPLES, "usage: ", "Documentation: ", "Expected values ")
    for name in COMMANDS:
        lines = help_of(capsys, name, "--help").splitlines()
        long = [line for line in lines if len(line) > columns]
        assert [line for line in long if not line.startswith(unwrapped)] == []


def test_every_option_has_a_help_text() -> None:
    for command in describe_commands():
        for argument in command.arguments:
            assert re.fullmatch(r"[A-Z'-].*[^.]", argument.help), (command.name, argument)


# Usage errors


@pytest.mark.parametrize("name", COMMANDS)
def test_a_usage_error_shows_the_usage_of_the_command(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    usage, error, hint = usage_error(capsys, name, *POSITIONALS.get(name, ()), "--no-such-option")
    assert usage == help_of(capsys, name, "--help").splitlines()[0]
    assert error == f"dlm-git {name}: error: unknown option '--no-such-option'"
    assert hint == f"  help: `dlm-git {name} --help` prints the usage"


POSITIONALS = {
    "pre-push": ("origin", "url"),
    "completion": ("bash",),
    "merge-driver": ("base", "ours", "theirs", "7", CORPUS),
    "textconv": (CORPUS,),
}


@pytest.mark.parametrize(
    ("argv", "suggestion"),
    [
        (["chekc"], "check"),
        (["chck"], "check"),
        (["statsu"], "status"),
        (["check", "--rve", "x"], "--rev"),
        (["check", "--formt=json"], "--format"),
        (["check", "--model", "x"], "--base"),
        (["check", "--revision", "x"], "--rev"),
        (["check", "--policy", "stict"], "strict"),
        (["check", "--format", "gihtub"], "github"),
        (["files", "--format", "jsn"], "json"),
        (["install", "--hook", "precommit"], "pre-commit"),
        (["completion", "fsh"], "fish"),
        (["ignore", "--dryrun"], "--dry-run"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_typo_gets_a_suggestion(
    capsys: pytest.CaptureFixture[str], argv: list[str], suggestion: str
) -> None:
    assert usage_error(capsys, *argv)[-1] == f"  help: did you mean '{suggestion}'?"


@pytest.mark.parametrize(
    "argv",
    [
        ["check", "--all-files"],
        ["check", "--fxi"],
        ["check", "--fixes"],
        ["check", "--unsafe"],
        ["check", "--rescaffold"],
        ["check", "--stat"],
        ["check", "--dry-run"],
        ["check", "--format", "strict"],
        ["install", "--forced"],
        ["init", "--rescafold"],
        ["files", "--discover"],
        ["--check"],
        ["--fix", "check"],
    ],
    ids=" ".join,
)
def test_options_of_other_commands_or_that_change_files_are_not_suggested(
    capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    assert "did you mean" not in usage_error(capsys, *argv)[-1]


@pytest.mark.parametrize(
    ("command", "name", "suggestion"),
    [("help", "chekc", "check"), ("rule", "stray-bakcup", "stray-backup")],
)
def test_an_unknown_name_gets_a_suggestion(
    repo: Repo, command: str, name: str, suggestion: str
) -> None:
    expect_error(repo.run(COMMAND, command, name), f"did you mean '{suggestion}'?")
    expect_error(repo.run(COMMAND, command, "zzz"), f"help: `dlm-git {command}` lists the ")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["init", "x", "y"], "unexpected argument 'y'"),
        (["check", "--timeout", "0"], "argument --timeout: expected a positive integer, found '0'"),
        (["check", "-j", "x"], "argument -j/--jobs: expected a positive integer, found 'x'"),
        (["check", "--base"], "argument --base: expected one argument"),
        (["check", "--fix", "--diff"], "argument --diff: not allowed with argument --fix"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_a_usage_error_names_the_problem(
    capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    assert usage_error(capsys, *argv)[1] == f"dlm-git {argv[0]}: error: {message}"


# Imports


def imported_commands(repo: Repo, *argv: str) -> set[str]:
    """Return the modules of commands that a command line imports."""
    script = (
        "import sys; from dlm_git.cli.main import main; main(sys.argv[1:]);"
        " print('\\n' + ' '.join(sys.modules))"
    )
    modules = repo.run(sys.executable, "-c", script, *argv).out.splitlines()[-1].split()
    prefix = "dlm_git.cli.commands."
    return {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}


@pytest.mark.parametrize(
    ("argv", "modules"),
    [
        (("--help",), set()),
        (("chekc",), set()),
        (("rule",), {"rule"}),
        (("check",), {"check"}),
        (("status",), {"hooks"}),
        (("files", "--help"), {"files", "files_report", "stat_report"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_only_the_module_of_the_command_is_imported(
    corpus_repo: Repo, argv: tuple[str, ...], modules: set[str]
) -> None:
    assert imported_commands(corpus_repo, *argv) == modules


# On a terminal


def on_terminal(repo: Repo, *argv: str, columns: int) -> str:
    """Run a command whose standard output and error are a terminal, and return what it shows."""
    ours, theirs = os.openpty()
    environ = {**repo.environ, "TERM": "xterm", "COLUMNS": str(columns)}
    process = subprocess.Popen(
        [COMMAND, *argv], cwd=repo.path, env=environ, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b"".join(_pieces(ours))
    os.close(ours)
    process.wait()
    return shown.decode().replace("\r\n", "\n")


def _pieces(terminal: int) -> Iterator[bytes]:
    with suppress(OSError):  # Linux reports the end as an error
        while piece := os.read(terminal, 1 << 16):
            yield piece


@pytest.mark.parametrize(
    "argv",
    [("check", "--rev", "no-such"), ("status",), ("rule",), ("check", "--format", "x")],
    ids=" ".join,
)
def test_messages_wrap_at_words_on_a_terminal(corpus_repo: Repo, argv: tuple[str, ...]) -> None:
    piped = corpus_repo.run(COMMAND, *argv)
    plain = [*piped.out.splitlines(), *piped.err.splitlines()]
    shown = re.sub(r"\033\[[0-9;]*m", "", on_terminal(corpus_repo, *argv, columns=58))
    lines = [line for line in shown.splitlines() if not line.lstrip().startswith("usage: ")]
    assert max(map(len, lines)) <= 58 < max(map(len, plain))
    assert shown.split() == " ".join(plain).split()


def test_a_command_in_a_message_stays_on_one_line(corpus_repo: Repo) -> None:
    shown = on_terminal(corpus_repo, "check", "--all-files", columns=40)
    assert "`dlm-git check --help`" in shown


@pytest.mark.parametrize("columns", [40, 90])
def test_the_page_of_a_rule_is_formatted_on_a_terminal(repo: Repo, columns: int) -> None:
    shown = on_terminal(repo, "rule", "wrong-base", columns=columns)
    assert shown.startswith("\033[1;4mwrong-base\033[0m\n")
    assert "\033[1mWhy.\033[22m" in shown
    assert "**" not in shown
    assert "`" not in shown
    plain = re.sub(r"\033\[[0-9;]*m", "", shown)
    assert max(map(len, plain.splitlines())) <= columns
    words = re.sub(r"[`*#]", "", expect_clean(repo.run(COMMAND, "rule", "wrong-base"))).split()
    assert plain.split() == words


def test_the_page_of_a_rule_has_no_color_if_that_is_disabled(repo: Repo) -> None:
    repo.environ["NO_COLOR"] = "1"
    assert not re.search(r"\033\[[0-9;]*3\dm", on_terminal(repo, "rule", "wrong-base", columns=80))


def test_rules_of_all_families_are_listed(repo: Repo) -> None:
    lines = expect_clean(repo.run(COMMAND, "rule")).splitlines()
    families = [line.removesuffix(":") for line in lines if not line.startswith(" ")]
    assert families == list(dict.fromkeys(rule.family for rule in RULES.values()))
    assert [line.split()[0] for line in lines if line.startswith(" ")] == list(RULES)


def test_a_page_is_not_wrapped_in_a_pipe(repo: Repo) -> None:
    env = {"COLUMNS": "40"}
    assert repo.run(COMMAND, "rule", "wrong-base", env=env).out == (
        f"# wrong-base\n\n{RULES['wrong-base'].page}\n"
    )


def test_a_command_to_paste_is_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    line = "next: git add 'a  b' 'a directory with a long name/and a file with a long name'"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dlm_git.cli.terminal.width", lambda _: 40)
        print_lines([line, f"x{line}"])
    first, *others = capsys.readouterr().out.splitlines()
    assert first == line
    assert len(others) > 1
