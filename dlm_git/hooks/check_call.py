"""Recognize calls of dlm-git that check: in hooks, in CI files and in configs of hook managers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

MAX_WORDS = 200  # of a command

_MENTION = re.compile(r"(?<!\w)dlm[-_]git|\bgit[ \t-]+dlm\b")
# a program that is not a file of the repository: by its name, or by an absolute path
_OUTSIDE = re.compile(r"(?:(?:~|\$HOME|\$\{HOME\})?/(?:[^$`*?\[]*/)?)?[\w.-]+")
_NAME = re.compile(r"[\w.-]*")
_PYTHON = re.compile(r"python[0-9.]*")
_MODULES = {"dlm_git": "dlm-git", "pre_commit": "pre-commit"}
_ASSIGNMENT = re.compile(r"\w+=")
_PREFIXES = set("exec command env time nice sudo".split())
# commands that run the command after them, and their options that take a value
_RUNNERS = [
    (*words.split(),)
    for words in (
        *("uv tool run", "uv run", "uvx", "pipx run", "pipenv run", "poetry run", "pdm run"),
        *("hatch run", "rye run"),
    )
]
_RUNNER_VALUES = set(
    "--spec --from --with --python -p --index-url --group --extra --directory --project".split()
)
_BOTH_ARGUMENTS = (["$@"], ["$1", "$2"], ["${1}", "${2}"])
FLAGS = {
    *("-q", "--quiet", "-v", "--verbose", "--no-cache", "--fix", "--unsafe-fixes", "--statistics"),
}
# with one of these, `check` does not fail for each finding
_NOT_ENFORCING = {"-h", "--help", "--exit-zero", "--select", "--ignore"}
# options that suppress rules, or select another state than the committed or pushed one, are missing
VALUE_OPTIONS = {
    *("--base", "--include", "--exclude", "--policy", "--name", "--allow"),
    *("--config", "--config-rev", "--format", "--output", "--color", "--since", "--refs"),
}


def names_dlm_git(text: str) -> bool:
    """Return True if a text contains the name of the command."""
    return bool(_MENTION.search(text))


def unwrapped(words: Sequence[str]) -> list[str]:
    """Return a command without the words that run it, such as `uv run` or `env A=b`.

    words: the words of the command, without quotes.
    """
    rest = list(words[:MAX_WORDS])
    while rest:
        runner = next((r for r in _RUNNERS if tuple(rest[: len(r)]) == r), None)
        if runner or rest[0] in _PREFIXES:
            rest = _without_options(rest[len(runner or rest[:1]) :])
        elif _ASSIGNMENT.match(rest[0]):
            rest = rest[1:]
        else:
            return _with_bare_name(rest)
    return rest


def is_check(command: Sequence[str]) -> bool:
    """Return True if an unwrapped command checks a repository with every rule, and can fail."""
    options = {word.partition("=")[0] for word in command}
    return [*command[:2]] == ["dlm-git", "check"] and not options & _NOT_ENFORCING


def arguments_of(words: Sequence[str]) -> Sequence[str] | None:
    """Return the arguments of a command that is certainly dlm-git, None if it is another command.

    words: the words of the command, without quotes.
    """
    words = words[1:] if words[:1] in (["command"], ["exec"]) else words
    if not words or not _OUTSIDE.fullmatch(words[0]):
        return None
    program, *arguments = _with_bare_name(words)
    return arguments if program == "dlm-git" else None


def split_words(value: object) -> list[str]:
    """Return the words of a command in a config: a list, or a string; none if it is not valid."""
    if isinstance(value, list):
        return [str(item) for item in value]
    try:
        return shlex.split(value) if isinstance(value, str) else []
    except ValueError:
        return []


def _without_options(words: list[str]) -> list[str]:
    """Return words without the options that they begin with."""
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in _RUNNER_VALUES else words[1:]
    return words


def _with_bare_name(words: Sequence[str]) -> list[str]:
    """Return a command with the name of its program, without its directory and version.

    `git dlm`, `git-dlm` and `python -m dlm_git` are dlm-git.
    """
    match = _NAME.match(words[0].rpartition("/")[2])
    name = match[0] if match else ""
    if name == "git" and words[1:2] == ["dlm"]:
        return ["dlm-git", *words[2:]]
    if _PYTHON.fullmatch(name) and words[1:2] == ["-m"] and len(words) > 2:
        return [_MODULES.get(words[2], words[2]), *words[3:]]
    return ["dlm-git" if name == "git-dlm" else name, *words[1:]]


def problem_with(arguments: Sequence[str], hook: str) -> str:
    """Return why arguments of dlm-git do not check what a hook has to check, '' if they do.

    hook: the name of the Git hook that passes the arguments.
    """
    command = "pre-push" if hook == "pre-push" else "check"
    shown = " ".join(("dlm-git", *arguments))
    if arguments[:1] != [command]:
        return f"`{shown}` is not `dlm-git {command}`, which this hook needs"
    positionals, options = list[str](), iter(arguments[1:])
    for argument in options:
        name, _, _ = argument.partition("=")
        if not argument.startswith("-"):
            positionals.append(argument)
        elif name in VALUE_OPTIONS:
            if "=" not in argument and next(options, None) is None:
                return f"`{shown}` lacks a value"
        elif argument not in FLAGS:
            return f"`{shown}` has the option {name}"
    if command == "pre-push" and positionals not in _BOTH_ARGUMENTS:
        return f'`{shown}` does not get the arguments of the hook: `"$@"`'
    if command == "check" and positionals:
        return f"`{shown}` checks another repository"
    return ""
