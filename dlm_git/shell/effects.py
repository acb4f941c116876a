"""The effects of shell commands on the commands after them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dlm_git.shell.syntax import Command, Compound, Pipeline, Simple, Statement, commands

_QUOTED = re.compile(r"\\\n|\\(.)|'([^']*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_EXPANSION = re.compile(r"[$`{*?]")
_SUBSTITUTION = re.compile(r"\$\((?!\()|`")
# command substitutions that do not read standard input
_QUIET_SUBSTITUTION = re.compile(
    r"\$\((?:git (?:rev-parse|config|symbolic-ref)|command -v|dirname|basename|pwd|date|uname)\b"
    r"(?:[^$`|;&<>()]|\$\w|2>/dev/null)*\)"
)
_TOP_LEVEL = "$(git rev-parse --show-toplevel)"
# variables that decide which repository, index or revision dlm-git checks, and by which policy
_STATE_VARIABLE = re.compile(r"(?:(?:GIT_|PRE_COMMIT_)\w*|DLM_GIT_CONFIG)(?:=|$)")
_QUIET_COMMANDS = {
    *("echo", "printf", ":", "true", "false", "test", "[", "[[", "set", "export", "unset", "cd"),
    *("exit", "return", "umask", "local", "readonly", "shift", "mktemp", "mkdir", "rm", "exec"),
}
# the assignments before these builtins stay in force (POSIX.1-2024, XCU 2.15)
_SPECIAL = {":", "export", "readonly", "set", "shift", "times", "unset", "exec"}
# the first lines of the hooks of husky 5 to 8: the file runs the hook with `sh -e`
_HUSKY = re.compile(r'\$\(dirname (?:-- )?"?\$0"?\)/_/husky\.sh')
_OVERRIDDEN = {"dlm-git", "git", "exit", "exec", "command", "cat", "mktemp", "rm", "python3"}


def words_of(command: Command) -> list[str]:
    """Return the words of a simple command without quotes, none for another command."""
    if not isinstance(command, Simple):
        return []
    return [
        _QUOTED.sub(lambda match: "".join(filter(None, match.groups())), word)
        for word in command.words
    ]


def changes_state(command: Command) -> bool:
    """Return True if a command sets a variable that decides what dlm-git checks."""
    assignments = command.assignments if isinstance(command, Simple) else ()
    return any(map(_STATE_VARIABLE.match, assignments))


def only_command(statement: Statement) -> Command | None:
    """Return the command of a statement that has only one, and waits for it."""
    first, *others = statement.pipelines
    alone = not others and not first.negated and len(first.commands) == 1
    return first.commands[0] if alone and not statement.background else None


def ends_with_error(pipeline: Pipeline) -> bool:
    """Return True if a pipeline certainly ends the script with an error.

    It can be `exit 1`, `exit` after `||`, or a group that prints messages before `exit 1`.
    """
    command = pipeline.commands[0]
    if pipeline.negated or len(pipeline.commands) > 1:
        return False
    if pipeline.operator == "||" and words_of(command) in (["exit"], ["exit", "$?"]):
        return True
    if isinstance(command, Simple):
        return _exits_with_error(command)
    if command.kind != "{" or not command.body:
        return False
    *messages, last = map(only_command, command.body)
    printed = all(
        message and words_of(message)[:1] in (["echo"], ["printf"]) for message in messages
    )
    return printed and last is not None and _exits_with_error(last)


def fails_script(following: Sequence[Pipeline], *, last: bool, stops: bool) -> bool:
    """Return True if a script certainly fails when a pipeline fails.

    following: the pipelines after it in its list. `set -e` ignores errors before `&&`.
    last: whether the script ends behind its list.
    stops: whether the script stops at errors.
    """
    operators = [pipeline.operator for pipeline in following]
    if "||" in operators:
        return operators.index("||") == len(operators) - 1 and ends_with_error(following[-1])
    return last or (stops and not following)


def stops_on_error(statement: Statement, before: bool) -> bool:
    """Return whether `set -e` holds after a statement; `before` says whether it held before."""
    command = only_command(statement)
    match words_of(command) if command else []:
        case ["set", "-o", "errexit"]:
            return True
        case ["set", flags, *_] if re.fullmatch(r"-[a-z]*e[a-z]*", flags):
            return True
    changed = any(
        words_of(inner)[:1] == ["set"] and "+" in "".join(words_of(inner))
        for inner in commands(statement)
    )
    return before and not changed


def obstacle(statement: Statement, *, reads_stdin: bool) -> str:
    """Return why a statement can keep a later call of dlm-git from checking, '' if it cannot.

    reads_stdin: whether the call needs the hook's standard input.
    """
    for pipeline, command in _pipelines(statement):
        text = _obstacle(command, pipeline)
        if not text and reads_stdin and _may_read_stdin(command):
            text = "may read the standard input of the hook"
        if text:
            return text
    return ""


def _pipelines(statement: Statement) -> Iterator[tuple[Pipeline, Command]]:
    """Yield every command with its pipeline, those inside of others included."""
    for pipeline in statement.pipelines:
        for command in pipeline.commands:
            yield pipeline, command
            for inner in command.statements if isinstance(command, Compound) else ():
                yield from _pipelines(inner)


def _obstacle(command: Command, pipeline: Pipeline) -> str:
    if isinstance(command, Compound):
        return "defines another command of that name" if command.name in _OVERRIDDEN else ""
    words = words_of(command)
    name = words[0] if words else ""
    while name in ("command", "builtin", "-p", "--") and len(words) > 1:
        words = words[1:]
        name = words[0]
    variables = words[1:] if name in ("export", "unset", "readonly", "local", "declare") else ()
    kept = not words or name in _SPECIAL
    if (kept and changes_state(command)) or any(map(_STATE_VARIABLE.match, variables)):
        return "changes a variable that the check depends on"
    match name:
        case "exit" | "return" if not ends_with_error(pipeline):
            return "may end the script"
        case "exec" if len(words) > 1:
            return "replaces the shell"
        case "." | "source" if not _HUSKY.fullmatch("".join(words[1:])):
            return "runs another file, which may end the script"
        case "eval" | "trap" | "alias" | "enable" | "hash" | "kill":
            return f"runs `{name}`"
        case "set" if any(re.fullmatch(r"-[a-z]*n[a-z]*|noexec", word) for word in words):
            return "keeps the shell from running commands"
        case "cd" | "pushd" | "popd" if words[1:] != [_TOP_LEVEL]:
            return "changes the directory"
    return "runs a command that a variable names" if _EXPANSION.search(name) else ""


def _exits_with_error(command: Command) -> bool:
    match words_of(command):
        case ["exit", code] if code.isascii() and code.isdigit():
            return int(code) % 256 > 0
    return False


def _may_read_stdin(command: Command) -> bool:
    parts = (
        command.words if isinstance(command, Compound) else (*command.assignments, *command.words)
    )
    quiet = [_QUIET_SUBSTITUTION.sub("", part) for part in parts]
    if any(map(_SUBSTITUTION.search, quiet)):
        return True
    fed = any(redirect.feeds_stdin for redirect in command.redirects)
    if isinstance(command, Compound):
        return False
    words = words_of(command)
    if not words or words[0] == "exec":
        return fed
    return words[0] not in _QUIET_COMMANDS and words[:2] != ["command", "-v"] and not fed
