"""Find the commands of a shell script that run dlm-git or pre-commit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

MAX_SCRIPT = 1 << 16  # characters
MAX_NESTING = 3  # of `sh -c`
MAX_WORDS = 200  # of a command

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r]+|\\\r?\n)
  | (?P<comment>\#[^\n]*)
  | (?P<redirect>\d*(?:<<<|>>|[<>])&?)
  | (?P<end>(?:\|\||&&)\s*+|[;&|()\n`]|\$\()
  | (?P<word>(?:[^\s;&|()<>"'`\\$]|\\[^\r\n]|"(?:[^"\\]|\\.)*+"|'[^']*+'|\$(?!\())++)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTING = re.compile(r"\\(.)|[\"']", re.DOTALL)
_HEREDOC = re.compile(r"(?<!<)<<-?\s*([\"']?)([A-Za-z_]\w*)\1")
_ASSIGNMENT = re.compile(r"\w+=")
_PYTHON = re.compile(r"python[\d.]*")
_NAME = re.compile(r"[\w.-]*")
_SHELLS = {"sh", "bash", "dash", "zsh"}
# words before a command; after `if` or `!` it is not certain that a failure counts
_PREFIXES = set("then else do { exec command env time nice sudo".split())
# commands that run the command after them, and their options that take a value
_RUNNERS = tuple(
    tuple(words.split())
    for words in (
        "uv tool run",
        "uv run",
        "uvx",
        "pipx run",
        "poetry run",
        "pdm run",
        "hatch run",
        "rye run",
        "pipenv run",
    )
)
_RUNNER_VALUES = set(
    "--spec --from --with --python -p --index-url --group --extra --directory --project".split()
)
_MODULES = {"dlm_git": "dlm-git", "pre_commit": "pre-commit"}
_SUCCESSFUL = (["true"], [":"], ["exit", "0"])


class Call(NamedTuple):
    """A command that runs dlm-git, pre-commit or prek.

    words: its words, the first one is the name of the program.
    skipped: the value of the variable SKIP, which names hooks that pre-commit skips.
    """

    words: tuple[str, ...]
    skipped: str = ""


class _Command(NamedTuple):
    words: list[str]
    end: str  # what follows it, such as '||'


def find_calls(script: str, depth: int = MAX_NESTING) -> Iterator[Call]:
    """Yield the commands that run dlm-git, pre-commit or prek, and whose failure counts.

    Arguments such as that of `echo dlm-git`, comments and here-documents are not commands. A
    command such as `dlm-git check || true` cannot fail.
    """
    if len(script) > MAX_SCRIPT:
        return
    commands = [*_commands(_without_heredocs(script)), _Command([], "")]
    ignoring = ("&",) if "pipefail" in script else ("&", "|")
    for command, following in pairwise(commands):
        words, skipped = _unwrap(command.words)
        ignored = command.end in ignoring or (command.end == "||" and _succeeds(following.words))
        if not words or ignored:
            continue
        if words[0] in _SHELLS and len(words) > 2 and words[1].endswith("c") and depth:
            yield from find_calls(words[2], depth - 1)
        elif words[0] in ("dlm-git", "pre-commit", "prek"):
            yield Call(tuple(words), skipped)


def runs_check(call: Call) -> bool:
    """Return whether a call checks a repository, rather than, say, printing the version."""
    program, *arguments = call.words
    help_wanted = {"-h", "--help"} & {*arguments}
    return program == "dlm-git" and arguments[:1] == ["check"] and not help_wanted


def without_comments(script: str) -> str:
    """Return a script without its comments."""
    return "".join(
        token[0] for token in _TOKEN.finditer(script[:MAX_SCRIPT]) if token.lastgroup != "comment"
    )


def _commands(script: str) -> Iterator[_Command]:
    words: list[str] = []
    redirected = False
    for token in _TOKEN.finditer(script):
        match token.lastgroup:
            case "redirect":
                redirected = True
            case "word" if redirected:  # the name of a file
                redirected = False
            case "word":
                words.append(_QUOTING.sub(r"\1", token[0]))
            case "end":
                yield _Command(words, token[0].strip())
                words, redirected = [], False
            case "other":  # a quote that is not closed
                return
    yield _Command(words, "")


def _without_heredocs(script: str) -> str:
    lines, delimiter = [], ""
    for line in script.split("\n"):
        if delimiter:
            delimiter = "" if line.strip() == delimiter else delimiter
            continue
        lines.append(line)
        match = _HEREDOC.search(line)
        delimiter = match[2] if match else ""
    return "\n".join(lines)


def _succeeds(words: Sequence[str]) -> bool:
    return words[:1] == ["echo"] or list(words) in _SUCCESSFUL


def _unwrap(words: Sequence[str]) -> tuple[list[str], str]:
    """Return a command without the words that run it, and the value of SKIP."""
    rest, skipped = list(words[:MAX_WORDS]), ""
    while rest:
        runner = next((r for r in _RUNNERS if tuple(rest[: len(r)]) == r), None)
        if rest[0] in _PREFIXES:
            rest = _without_options(rest[1:])
        elif _ASSIGNMENT.match(rest[0]):
            skipped = rest[0].removeprefix("SKIP=") if rest[0].startswith("SKIP=") else skipped
            rest = rest[1:]
        elif runner:
            rest = _without_options(rest[len(runner) :])
        elif len(rest) > 2 and _PYTHON.fullmatch(_basename(rest[0])) and rest[1] == "-m":
            return [_MODULES.get(rest[2], rest[2]), *rest[3:]], skipped
        else:
            return _normalized(rest), skipped
    return rest, skipped


def _without_options(words: list[str]) -> list[str]:
    """Return words without the options that they begin with."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in _RUNNER_VALUES else words[1:]
    return words


def _normalized(words: list[str]) -> list[str]:
    """Return a command with the bare name of its program, and `git dlm` as dlm-git."""
    name = _basename(words[0])
    if name == "git" and words[1:2] == ["dlm"]:
        return ["dlm-git", *words[2:]]
    return ["dlm-git" if name == "git-dlm" else name, *words[1:]]


def _basename(word: str) -> str:
    """Return the name of a program without its directory and version (`dlm-git==0.1.0`)."""
    match = _NAME.match(word.rpartition("/")[2])
    return match[0] if match else ""
