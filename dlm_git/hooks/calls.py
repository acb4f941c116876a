"""Find the commands of a shell script that run dlm-git or pre-commit, and whose failure counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dlm_git.hooks.check_call import unwrapped
from dlm_git.shell.effects import fails_script, words_of
from dlm_git.shell.syntax import Simple, Statement, parse_shell
from dlm_git.shell.tokens import ShellSyntaxError
from dlm_git.values import Value

MAX_SCRIPT = 1 << 16  # characters
MAX_NESTING = 3  # of `sh -c` and command substitutions

_SUBSTITUTION = re.compile(r"\w+=(\"?)(?:\$\((.*)\)|`([^`]*)`)\1", re.DOTALL)
_SHELLS = {"sh", "bash", "dash", "zsh"}
# options of `pre-commit run` that take a value
_VALUES = set(
    "-c --config --hook-stage --from-ref --to-ref -s -o --source --origin --color"
    " --remote-branch --remote-name --remote-url --local-branch".split()
)


class Call(Value):
    """A command that runs dlm-git, pre-commit or prek.

    words: its words, the first one is the name of the program.
    skipped: the value of the variable SKIP, which names hooks that pre-commit skips.
    """

    words: tuple[str, ...]
    skipped: str = ""


def find_calls(script: str, depth: int = MAX_NESTING) -> Iterator[Call]:
    """Yield the commands that run dlm-git, pre-commit or prek, and whose failure counts.

    Arguments such as that of `echo dlm-git`, comments and here-documents are not commands. A
    command such as `dlm-git check || true` cannot fail. A script with other syntax than
    `shell.syntax` reads has no calls.
    """
    if len(script) > MAX_SCRIPT:
        return
    try:
        statements = parse_shell(script.replace("\r\n", "\n"))
    except ShellSyntaxError:
        return
    for command in _counting(statements, pipefail="pipefail" in script):
        yield from _calls(command, depth)


def runs_hook(call: Call, hooks: Sequence[str]) -> bool:
    """Return True if a call is `pre-commit run` or `prek run`, and runs one of the hooks."""
    active = {*hooks} - {*call.skipped.split(",")}
    program, *arguments = call.words
    if program not in ("pre-commit", "prek") or arguments[:1] != ["run"] or not active:
        return False
    hook = next(_positional(arguments[1:]), None)
    return hook is None or hook in active


def _counting(
    statements: Sequence[Statement], *, pipefail: bool, last: bool = True
) -> Iterator[Simple]:
    """Yield the simple commands whose failure fails a script that stops at errors.

    last: whether the script ends behind the statements.
    """
    for place, statement in enumerate(statements, 1):
        is_last = last and place == len(statements)
        for number, pipeline in enumerate(statement.pipelines, 1):
            following = statement.pipelines[number:]
            fails = fails_script(following, last=is_last, stops=True)
            if statement.background or pipeline.negated or not fails:
                continue
            for command in pipeline.commands if pipefail else pipeline.commands[-1:]:
                if isinstance(command, Simple):
                    yield command
                elif command.kind != "function":
                    yield from _counting(command.body, pipefail=pipefail, last=is_last)


def _calls(command: Simple, depth: int) -> Iterator[Call]:
    written = words_of(command)
    words = unwrapped(written)
    if not written and depth:  # the exit code is that of the last substitution
        match = _SUBSTITUTION.fullmatch(command.assignments[-1] if command.assignments else "")
        yield from find_calls(match[2] or match[3] or "", depth - 1) if match else ()
    elif len(words) > 2 and words[0] in _SHELLS and words[1].endswith("c") and depth:
        yield from find_calls(words[2], depth - 1)
    elif words[:1] in (["dlm-git"], ["pre-commit"], ["prek"]):
        yield Call(tuple(words), _skipped([*command.assignments, *written]))


def _skipped(words: Sequence[str]) -> str:
    values = [word.removeprefix("SKIP=") for word in words if word.startswith("SKIP=")]
    return values[-1].strip("\"'") if values else ""


def _positional(words: Sequence[str]) -> Iterator[str]:
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--files":
            return
        if word in _VALUES:
            del rest[:1]
        elif not word.startswith("-"):
            yield word
