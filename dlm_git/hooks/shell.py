"""Decide whether a shell script calls dlm-git so that a failed check fails the hook.

Only a script that certainly does so counts: the call is a command of its own at the top level, no
command before it can end the script with success or change what is checked, and its exit code
becomes that of the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dlm_git.hooks.check_call import arguments_of, names_dlm_git, problem_with
from dlm_git.hooks.reading import CALLS, NONE, Reading, uncertain
from dlm_git.hooks.script import call_line
from dlm_git.shell.effects import (
    changes_state,
    fails_script,
    obstacle,
    only_command,
    stops_on_error,
    words_of,
)
from dlm_git.shell.syntax import Command, Compound, Pipeline, Statement, commands, parse_shell
from dlm_git.shell.tokens import ShellSyntaxError

_SHEBANG = re.compile(
    r"#![ \t]*(?:/usr|/usr/local)?/bin/"
    r"(?:env[ \t]+(?:sh|bash|dash|ash)|(?:sh|bash|dash|ash)(?:[ \t]+-([efluvx]+))?)"
    r"[ \t]*\r?(?:\n|\Z)"
)
_PRINTERS = ("echo", "printf", ":")


def is_shell_script(data: bytes) -> bool:
    """Return True if Git runs a hook with sh or bash, as it does without a `#!` line."""
    text = data.decode(errors="replace")
    return "\0" not in text and bool(not text.startswith("#!") or _SHEBANG.match(text))


def read_script(data: bytes, hook: str, *, stop_on_error: bool = False) -> Reading:
    """Return what a hook script says about its call of dlm-git.

    hook: the name of the Git hook that runs it.
    stop_on_error: whether it runs with `sh -e`.
    """
    text = data.decode("utf-8", "surrogateescape")
    if not any(
        names_dlm_git(line) for line in text.split("\n") if not line.lstrip().startswith("#")
    ):
        return NONE
    if not is_shell_script(data):
        return uncertain("it names dlm-git, but is not a script of sh or bash")
    if "\r" in text:
        return uncertain("it has CRLF line endings, which the shell takes for part of the words")
    shebang = _SHEBANG.match(text)
    flags = (shebang[1] or "") if shebang else ""
    try:
        statements = parse_shell(text)
    except ShellSyntaxError:
        return uncertain("it names dlm-git, but is too complex to read")
    return _read(text, statements, hook, stop_on_error or "e" in flags)


def _read(text: str, statements: Sequence[Statement], hook: str, stop_on_error: bool) -> Reading:
    before, reason = "", ""
    for number, statement in enumerate(statements):
        line = text.count("\n", 0, statement.start) + 1
        problem = _problem(statement, statements[number + 1 :], hook, stop_on_error)
        if problem == "" and not before:
            return CALLS
        if problem is not None and not reason:
            reason = f"line {line}: {problem}" if problem else before
        if not before:
            effect = obstacle(statement, reads_stdin=hook == "pre-push")
            before = f"line {line} {effect}, before the call" if effect else ""
        stop_on_error = stops_on_error(statement, stop_on_error)
    if not reason and "<<" in text:
        reason = "a here-document may name dlm-git"
    return uncertain(reason) if reason else NONE


def _problem(
    statement: Statement, rest: Sequence[Statement], hook: str, stop_on_error: bool
) -> str | None:
    """Return why a statement is not the call, '' if it is, None if it does not name dlm-git.

    rest: the statements after it.
    """
    if hook == "pre-push" and statement.text == call_line(hook) and not statement.background:
        return ""
    if not any(map(_names_dlm_git, statement.pipelines)):
        return None
    first = statement.pipelines[0]
    command = first.commands[0]
    arguments = arguments_of(words_of(command))
    if arguments is None or first.negated or len(first.commands) > 1:
        return _unclear(statement)
    problem = problem_with(arguments, hook)
    if problem:
        return problem
    if statement.background:
        return "the call runs in the background, so its exit code is lost"
    if changes_state(command):
        return "the call sets a variable that the check depends on"
    if hook == "pre-push" and any(redirect.feeds_stdin for redirect in command.redirects):
        return "the call does not get the standard input of the hook"
    if not _fails(statement, rest, stop_on_error):
        return "the hook goes on if the check fails: add `|| exit` to the call"
    return ""


def _fails(statement: Statement, rest: Sequence[Statement], stop_on_error: bool) -> bool:
    """Return True if the script fails when the call at the start of a statement fails."""
    first, *others = statement.pipelines
    if words_of(first.commands[0])[0] == "exec":
        return True
    following = only_command(rest[0]) if rest else None
    exits = following is not None and words_of(following) in (["exit"], ["exit", "$?"])
    return fails_script(others, last=not rest, stops=stop_on_error or exits)


def _unclear(statement: Statement) -> str:
    pipeline = next(filter(_names_dlm_git, statement.pipelines))
    if pipeline.operator:
        return "the call depends on the command before it"
    if pipeline.negated:
        return "the exit code of the call is negated"
    if len(pipeline.commands) > 1:
        return "the call is part of a pipeline"
    if isinstance(pipeline.commands[0], Compound):
        return "the call is inside a condition, loop, group or function"
    return "dlm-git is named, but is not the command"


def _names_dlm_git(pipeline: Pipeline) -> bool:
    """Return True if a pipeline names dlm-git other than to print it."""
    statement = Statement((pipeline,), False, 0, "")
    printed = len(pipeline.commands) == 1
    return any(
        names_dlm_git(" ".join(words))
        for command in commands(statement)
        for words in _relevant_words(command, printed=printed)
    )


def _relevant_words(command: Command, *, printed: bool) -> Iterator[Sequence[str]]:
    yield [redirect.target for redirect in command.redirects]
    if isinstance(command, Compound):
        yield (command.name, *command.words)
    elif printed and command.words and command.words[0] in _PRINTERS:
        yield [word for word in command.words if "$(" in word or "`" in word]
    else:
        yield (*command.assignments, *command.words)
