"""The text of dlm-git's hooks, and who wrote an existing hook (githooks(5))."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from shlex import quote, split

from dlm_git.values import Value

VERSION = 1
# the arguments that each hook passes to dlm-git; together they check all that a clone can check
HOOK_COMMANDS = {
    "pre-commit": "check --quiet",
    "pre-merge-commit": "check --quiet",
    "pre-push": 'pre-push "$@"',
}
# pre-commit and prek rename the hook that they replace by this suffix, and still run it
LEGACY = ".legacy"
_SHEBANG = "#!/bin/sh"
_MARK = re.compile(r"# dlm-git hook (\d+) ([0-9a-f]{16})\b")
_CREATED_DIRECTORY = "# dlm-git created this directory"
_COPY_STDIN = 'refs=$(mktemp) && cat >"$refs" && exec <"$refs" 3<"$refs" && rm -f "$refs"'
# stops unless the index or HEAD has a `.dlm` or a config
_USED_FILES = ".dlm '*/.dlm/*' .dlm-git.toml"
_ONLY_USED = (
    f"used=$(exec 2>/dev/null; git ls-files {_USED_FILES}"
    f"; git ls-files --with-tree=HEAD {_USED_FILES}"
    "; git grep -lG --cached '^.tool.dlm.git' -- pyproject.toml"
    "; git grep -lG '^.tool.dlm.git' HEAD -- pyproject.toml)",
    'test -n "$used" || exit 0',
)
_NOT_FOUND = "dlm-git: command not found, so nothing is checked; install it, or remove the hook"


class ScriptInfo(Value):
    """A hook script that dlm-git wrote.

    version: the version of its text.
    created_directory: whether dlm-git created its directory.
    program: the absolute path of the dlm-git that it runs, '' for the one on the PATH.
    """

    version: int
    created_directory: bool
    program: str = ""


def script(hook: str, program: str, *, created_directory: bool = False) -> bytes:
    """Return the script of a hook, for any POSIX shell.

    It runs dlm-git by the absolute path `program`, or from PATH if that does not exist or is ''.
    Without dlm-git it prints a warning and succeeds. `created_directory` records that dlm-git
    created the directory of the script, so that `uninstall` removes it.
    """
    marks = [_CREATED_DIRECTORY] if created_directory else []
    rest = "".join(f"{line}\n" for line in [*marks, *_lines(hook, program)])
    data = rest.encode("utf-8", "surrogateescape")
    mark = f"# dlm-git hook {VERSION} {_digest(data)}: `dlm-git uninstall` removes it"
    return f"{_SHEBANG}\n{mark}\n".encode() + data


def config_command(hook: str, program: str, *, only_used: bool = False) -> str:
    """Return the script in one line, for `hook.<name>.command` (git-hook(1)).

    only_used: whether it checks nothing in a repository without documents and config.
    """
    lines = _lines(hook, program)
    if only_used:
        lines[2:2] = _ONLY_USED
    return f"/bin/sh -c {quote('; '.join(lines))} {config_section(hook)}"


def is_config_command(hook: str, value: str, *, only_used: bool = False) -> bool:
    """Return True if `config_command` returned this value, for any program."""
    return value.endswith(config_command(hook, "", only_used=only_used).partition("; ")[2])


def config_section(hook: str) -> str:
    """Return the section of a hook in Git's config."""
    return f"hook.{config_name(hook)}"


def config_name(hook: str) -> str:
    """Return the name of a hook in Git's config; `pre-commit` would mean the event."""
    return f"dlm-git-{hook}"


def parse_script(data: bytes) -> ScriptInfo | None:
    """Return what a script of any version records; None if dlm-git did not write all of it."""
    first, mark, rest = [*data.split(b"\n", 2), b"", b""][:3]
    match = _MARK.match(mark.decode(errors="replace"))
    if first != _SHEBANG.encode() or not match or match[2] != _digest(rest):
        return None
    created_directory = rest.startswith(f"{_CREATED_DIRECTORY}\n".encode())
    return ScriptInfo(int(match[1]), created_directory, assigned_program(os.fsdecode(rest)))


def is_edited(data: bytes) -> bool:
    """Return True if dlm-git wrote a script, and someone else changed it."""
    first, mark, _ = [*data.split(b"\n", 2), b"", b""][:3]
    marked = first == _SHEBANG.encode() and _MARK.match(mark.decode(errors="replace"))
    return bool(marked) and parse_script(data) is None


def finds_program(program: str, environ: Mapping[str, str]) -> bool:
    """Return True if a script with this program finds a dlm-git that it can run."""
    if os.path.isfile(program) and os.access(program, os.X_OK):
        return True
    return os.path.isabs(shutil.which("dlm-git", path=environ.get("PATH", os.defpath)) or "")


def config_program(command: str) -> str:
    """Return the program that a command of `config_command` runs, '' for the one on the PATH."""
    try:
        _, _, text, *_ = split(command)
    except ValueError:
        return ""
    return assigned_program(text)


def assigned_program(text: str) -> str:
    """Return the program that a script sets in its first line, '' if it does not."""
    assignment = text.rpartition('test -x "$dlm_git"')[0].partition("dlm_git=")[2]
    try:
        (program,) = split(assignment.rstrip("; \n"))
    except ValueError:
        return ""
    return program


def call_line(hook: str) -> str:
    """Return the first line of a third-party hook that calls dlm-git.

    Later commands of a `pre-push` hook, such as `git lfs pre-push`, read the same standard input:
    the line copies it to a file, and opens that once for them and once for dlm-git.
    """
    call = f"dlm-git {HOOK_COMMANDS[hook].removesuffix(' --quiet')}"
    return f"{_COPY_STDIN} && {call} <&3 || exit" if hook == "pre-push" else f"{call} || exit"


def _lines(hook: str, program: str) -> list[str]:
    return [
        f"dlm_git={quote(program)}",
        'test -x "$dlm_git" || dlm_git=$(command -v dlm-git)',
        # a relative entry of PATH would run a file of the repository
        f'case $dlm_git in /*) "$dlm_git" {HOOK_COMMANDS[hook]}; code=$? ;; *) code=127 ;; esac',
        # the shell's own codes: 127 is not found, 126 cannot be executed
        f'case $code in 126|127) echo "{_NOT_FOUND} $0" >&2; code=0 ;; esac',
        "exit $code",
    ]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
