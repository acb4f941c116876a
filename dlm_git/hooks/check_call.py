"""Recognize the command that a hook has to run: dlm-git, with arguments that check the commit."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MENTION = re.compile(r"(?<!\w)dlm[-_]git|\bgit[ \t-]+dlm\b")
# an absolute path; one below the repository could be a file of it
_PROGRAM = re.compile(r"(?:(?:~|\$HOME|\$\{HOME\})?/(?:[^$`*?\[]*/)?)?dlm-git|git-dlm")
_PYTHON = re.compile(r"(?:/(?:[^$`*?\[]*/)?)?python[0-9.]*")
_BOTH_ARGUMENTS = (["$@"], ["$1", "$2"], ["${1}", "${2}"])
FLAGS = {"-q", "--quiet", "-v", "--verbose", "--no-cache", "--fix", "--unsafe-fixes"}
# options that select another state than the one that is committed or pushed are not listed
VALUE_OPTIONS = {
    *("--base", "--include", "--exclude", "--policy", "--name", "--allow", "--ignore"),
    *("--config", "--config-rev", "--format", "--output", "--since", "--refs"),
}


def names_dlm_git(text: str) -> bool:
    """Return True if a text contains the name of the command."""
    return bool(_MENTION.search(text))


def arguments_of(words: Sequence[str]) -> Sequence[str] | None:
    """Return the arguments of a command that is dlm-git, None if it is another command.

    words: the words of the command, without quotes.
    """
    words = words[1:] if words[:1] in (["command"], ["exec"]) else words
    if words and _PROGRAM.fullmatch(words[0]):
        return words[1:]
    if words[:2] == ["git", "dlm"]:
        return words[2:]
    if len(words) > 2 and _PYTHON.fullmatch(words[0]) and words[1:3] == ["-m", "dlm_git"]:
        return words[3:]
    return None


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
