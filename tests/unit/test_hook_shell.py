"""Which shell scripts count as hooks that call dlm-git, and what they do when they run."""

from __future__ import annotations

import os
import subprocess
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.cli.commands.hooks import HOOKS
from dlm_git.cli.parser import command_parser
from dlm_git.hooks import check_call
from dlm_git.hooks.reading import Reading
from dlm_git.hooks.script import call_line, script
from dlm_git.hooks.shell import read_script

CHECK = "dlm-git check || exit"
PUSH = 'dlm-git pre-push "$@" || exit'
# records that it ran, reads its input at a push, and fails
FAILING = (
    '#!/bin/sh\necho called >> "$RECORD"\ntest "$1" != pre-push || cat > "$RECORD.in"\nexit 1\n'
)
PUSHED = b"refs/heads/main 1 refs/heads/main 0\nrefs/heads/a 1 refs/heads/a 0\n"


def verdict(text: str, hook: str = "pre-commit") -> str:
    return read_script(text.encode(), hook).verdict


CALLS = {
    "guarded": CHECK,
    "guarded with a code": "dlm-git check || exit 1",
    "guarded with its code": 'dlm-git check || exit "$?"',
    "guarded by a message": "dlm-git check || { echo 'see docs' >&2; exit 1; }\nmake",
    "guarded after more": "dlm-git check && make lint || exit 1\nmake",
    "last": "make lint\ndlm-git check",
    "last, with a comment after it": "dlm-git check # the corpus\n\n# done\n",
    "last of a list": "dlm-git check && make lint",
    "its code is returned": "dlm-git check\nexit $?\n",
    "it replaces the shell": "exec dlm-git check",
    "set -e": "set -eu\ndlm-git check\nmake lint",
    "set -o errexit": "set -o errexit\ndlm-git check\nmake lint",
    "sh -e": "#!/bin/sh -e\ndlm-git check\nmake lint",
    "bash": f"#!/usr/bin/env bash\nset -euo pipefail\n{CHECK}\nmake\n",
    "as a command of Git": "git dlm check || exit",
    "by its path": "/opt/tools/dlm-git check || exit",
    "below the home directory": '"$HOME/.local/bin/dlm-git" check || exit',
    "as a module": "python3 -m dlm_git check || exit",
    "with options": "A=1 dlm-git check -q --base=x --config /srv/policy.toml || exit",
    "with output to a file": "dlm-git check > log 2>&1 || exit",
    "over two lines": "dlm-git check \\\n  --quiet ||\n  exit 1\nmake",
    "after commands that fail": f"make || exit\ngit diff --check || exit 1\n{CHECK}\necho x",
    "after a condition that fails": f"if ! make; then\n  echo no\n  exit 1\nfi\n{CHECK}\necho x",
    "after a loop": f'for f in a b; do echo "$f"; done\n{CHECK}\necho more',
    "after a case": f"case $1 in a|b) echo x ;; (*) echo y;; esac\n{CHECK}\necho more",
    "after a function": f'say() {{\n  echo "$1"\n}}\nsay hello\n{CHECK}\necho more',
    "after a here-document": f"cat <<-'EOF' >&2\n\tdlm-git check\n\tEOF\n{CHECK}\necho x",
    "after a change to the top level": f'cd "$(git rev-parse --show-toplevel)" || exit\n{CHECK}\n',
    "husky 8": f'#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n\n{CHECK}\necho more',
}
CALLS_AT_PUSH = {
    "guarded": PUSH,
    "with options": "dlm-git pre-push \"$@\" --refs 'refs/*' || exit",
    "each argument": 'dlm-git pre-push "$1" "$2" || exit',
    "replaces the shell": 'exec dlm-git pre-push "$@"',
    "advice": f"{call_line('pre-push')}\ncat > /dev/null",
    "advice after set": f"#!/bin/bash\nset -eu\n{call_line('pre-push')}\ncat > /dev/null",
    "after commands without input": f'up=$1\necho pushing\ntest -n "$up" || exit 1\n{PUSH}\ncat',
    "after a command with other input": f"ssh-add -l < /dev/null\n{PUSH}\ncat",
}
UNCERTAIN = {
    "printed and piped": "echo 'dlm-git check' | sh",
    "in a string that runs": "sh -c 'dlm-git check || exit'",
    "in a variable": "check='dlm-git check'\n$check || exit",
    "in a substitution": "out=$(dlm-git check) || exit",
    "printed output": 'echo "$(dlm-git check)"',
    "by another program": "uv run dlm-git check || exit",
    "by pre-commit": "pre-commit run dlm-git-check || exit",
    "of the repository": "./dlm-git check || exit",
    "below exit 0": f"exit 0\n{CHECK}",
    "below exit": f"make lint\nexit\n{CHECK}",
    "below exit 256": f"exit 256\n{CHECK}",
    "below exit of a variable": f'exit "$code"\n{CHECK}',
    "below return": f"return\n{CHECK}",
    "below exec": f"exec make lint\n{CHECK}",
    "below exec with command": f"command exec make lint\n{CHECK}",
    "below a conditional exit": f'[ -n "$CI" ] && exit 0\n{CHECK}',
    "below a nested exit": f'if test -n "$CI"; then\n  exit\nfi\n{CHECK}',
    "below a group that exits": f"test -f x || {{ echo skipped; exit; }}\n{CHECK}",
    "below a function that exits": f"skip() {{ exit 0; }}\nskip\n{CHECK}",
    "below another file": f". ./common.sh\n{CHECK}",
    "below eval": f'eval "$(direnv export bash)"\n{CHECK}',
    "below trap": f"trap 'exit 0' EXIT\n{CHECK}",
    "below a variable command": f"$RUN lint\n{CHECK}",
    "below set -n": f"set -n\n{CHECK}",
    "below exit by its builtin": f"command -p exit 0\n{CHECK}",
    "below a brace expansion": f"{{exit,0}}\n{CHECK}",
    "sh -c": f"#!/bin/sh -c\n{CHECK}",
    "env with an option": f"#!/usr/bin/env sh -e\n{CHECK}",
    "another sh": f"#!./sh\n{CHECK}",
    "sh -n": f"#!/bin/sh -n\n{CHECK}",
    "below cd": f"cd docs\n{CHECK}",
    "below unset": f"unset GIT_INDEX_FILE\n{CHECK}",
    "below a variable of Git": f"export GIT_DIR=/srv/other\n{CHECK}",
    "with a variable of Git": "GIT_INDEX_FILE=x dlm-git check || exit",
    "with another policy": "DLM_GIT_CONFIG=/dev/null dlm-git check || exit",
    "with a suppressed rule": "dlm-git check --ignore changed-id=x || exit",
    "with a variable of pre-commit": "PRE_COMMIT_TO_REF=HEAD~9 dlm-git check || exit",
    "below a function of that name": f"dlm-git() {{ :; }}\n{CHECK}",
    "below an alias": f"alias dlm-git=true\n{CHECK}",
    "in a condition": "if command -v dlm-git; then\n  dlm-git check || exit\nfi",
    "in a condition's test": "if ! dlm-git check; then exit 1; fi",
    "in a loop": f"for i in 1; do {CHECK}; done",
    "in a function": f"check() {{\n  {CHECK}\n}}",
    "in a group": f"{{ {CHECK}; }}",
    "in a subshell": f"({CHECK})",
    "in a case": f"case $1 in x) {CHECK} ;; esac",
    "after &&": "test -f x && dlm-git check",
    "after ||": "make lint || dlm-git check",
    "negated": "! dlm-git check",
    "in the background": "dlm-git check &",
    "in a pipeline": "dlm-git check | tee log",
    "not guarded": "dlm-git check\nmake lint",
    "not guarded, before an exit": "dlm-git check\nexit 0",
    "guarded by success": "dlm-git check || exit 0",
    "guarded by nothing": "dlm-git check || true",
    "guarded by a message only": "dlm-git check || echo failed",
    "guarded by exit after a message": "dlm-git check || { echo failed; exit; }",
    "guarded by a weak group": "dlm-git check || { exit 0; exit 1; }",
    "and then": "dlm-git check && make lint\nmake",
    "set +e": "set -e\nset +e\ndlm-git check\nmake lint",
    "set -e in a condition": "if true; then set -e; fi\ndlm-git check\nmake lint",
    "in a here-document": "sh <<EOF\ndlm-git check || exit\nEOF\n",
    "version": "dlm-git --version || exit",
    "help": "dlm-git check --help || exit",
    "other command": "dlm-git files || exit",
    "no command": "dlm-git || exit",
    "push command": PUSH,
    "other revision": "dlm-git check --rev HEAD || exit",
    "working tree": "dlm-git check --worktree || exit",
    "patch": "dlm-git check --diff || exit",
    "other repository": "dlm-git check ../other || exit",
    "variable arguments": "dlm-git check $FLAGS || exit",
    "a missing value": "dlm-git check --base",
    "CRLF": "#!/bin/sh\r\ndlm-git check || exit\r\n",
    "python": "#!/usr/bin/env python3\nimport subprocess\nsubprocess.run(['dlm-git', 'check'])\n",
    "node": "#!/usr/bin/env node\nexecSync('dlm-git check')\n",
    "zsh": f"#!/bin/zsh\n{CHECK}\n",
    "compiled": "\x7fELF\0\0dlm-git check\0",
    "unclosed string": f"echo 'x\n{CHECK}\n",
    "not a script": f"((\n{CHECK}\n",
}
UNCERTAIN_AT_PUSH = {
    "the check of commits": CHECK,
    "no arguments": "dlm-git pre-push || exit",
    "one argument": 'dlm-git pre-push "$1" || exit',
    "help": 'dlm-git pre-push "$@" --help',
    "below cat": f"cat > /dev/null\n{PUSH}",
    "below read": f'while read -r ref; do echo "$ref"; done\n{PUSH}',
    "below Git LFS": f'git lfs pre-push "$@" || exit\n{PUSH}',
    "advice below Git LFS": f'git lfs pre-push "$@"\n{call_line("pre-push")}',
    "below a substitution": f"refs=$(cat)\n{PUSH}",
    "below an exec": f"exec < /dev/null\n{PUSH}",
    "with other input": 'dlm-git pre-push "$@" < /dev/null || exit',
    "in a pipeline": 'cat | dlm-git pre-push "$@" || exit',
    "the advice in the background": f"{call_line('pre-push')} &\ncat",
    "the advice in a condition": f"if true; then {call_line('pre-push')}; fi",
}
NONE = {
    "empty": "",
    "another hook": "#!/bin/sh\nmake lint\n",
    "printed": '#!/bin/sh\necho "TODO: switch to dlm-git one day"\n',
    "printed without quotes": "echo use dlm-git check\nprintf '%s\\n' 'git dlm check'\n",
    "a comment": "#!/bin/sh\n  # dlm-git check || exit\nmake # dlm-git check\n",
    "an indented comment": "if true; then\n  make\n  # dlm-git\nfi",
    "another word": "mydlm-gitx check || exit",
    "python": "#!/usr/bin/python3\nprint('hello')\n",
    "compiled": "\x7fELF\0\0",
    "not a script": "((\nmake\n",
}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_certain_calls(text: str) -> None:
    assert read_script(text.encode(), "pre-commit") == Reading("calls")
    assert verdict(text, "pre-merge-commit") == "calls"


@pytest.mark.parametrize("text", CALLS_AT_PUSH.values(), ids=CALLS_AT_PUSH)
def test_certain_calls_at_a_push(text: str) -> None:
    assert read_script(text.encode(), "pre-push") == Reading("calls")


@pytest.mark.parametrize("text", UNCERTAIN.values(), ids=UNCERTAIN)
def test_uncertain_calls(text: str) -> None:
    found = read_script(text.encode(), "pre-commit")
    assert found.verdict == "uncertain"
    assert found.reason


@pytest.mark.parametrize("text", UNCERTAIN_AT_PUSH.values(), ids=UNCERTAIN_AT_PUSH)
def test_uncertain_calls_at_a_push(text: str) -> None:
    assert verdict(text, "pre-push") == "uncertain"


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_scripts_that_do_not_name_dlm_git(text: str) -> None:
    assert {verdict(text, hook) for hook in HOOKS} == {"none"}


def test_the_reason_names_the_line() -> None:
    text = f"#!/bin/sh\nmake\nexit 0\n{CHECK}\n"
    assert (
        read_script(text.encode(), "pre-commit").reason
        == "line 3 may end the script, before the call"
    )
    text = "#!/bin/sh\ndlm-git check\nmake\n"
    reason = "line 2: the hook goes on if the check fails: add `|| exit` to the call"
    assert read_script(text.encode(), "pre-commit").reason == reason


def test_own_scripts_are_not_read_as_third_party_hooks() -> None:
    assert {verdict(script(hook, "/opt/dlm-git").decode(), hook) for hook in HOOKS} == {"uncertain"}


# the same scripts, executed


def run(directory: Path, shell: str, text: str) -> tuple[int, str, bytes]:
    """Run a hook with a dlm-git that fails; return its code, and the input and calls of dlm-git."""
    tools, record = directory / "tools", directory / "record"
    tools.mkdir(exist_ok=True)
    for name in ("dlm-git", "git-dlm", "python3", "make", "ssh-add"):
        (tools / name).write_text(FAILING if "dlm" in name or name == "python3" else "#!/bin/sh\n")
        (tools / name).chmod(0o755)
    for file in (record, directory / "record.in"):
        file.unlink(missing_ok=True)
    hook = directory / "hook"
    hook.write_text(text)
    (directory / ".local/bin").mkdir(parents=True, exist_ok=True)
    (directory / ".local/bin/dlm-git").write_text(FAILING)
    (directory / ".local/bin/dlm-git").chmod(0o755)
    environ = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "RECORD": str(record),
        "HOME": str(directory),
    }
    command = [shell, *(["-e"] if text.startswith("#!/bin/sh -e") else []), str(hook), "up", "url"]
    done = subprocess.run(
        command, cwd=directory, env=environ, input=PUSHED, capture_output=True, check=False
    )
    received = directory / "record.in"
    return (
        done.returncode,
        record.read_text() if record.exists() else "",
        received.read_bytes() if received.exists() else b"",
    )


RUNNABLE = {
    name: text for name, text in CALLS.items() if "path" not in name and "husky" not in name
}


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("name", RUNNABLE)
def test_a_certain_call_fails_the_hook(tmp_path: Path, shell: str, name: str) -> None:
    shell = "bash" if name == "bash" else shell
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    code, called, _ = run(tmp_path, shell, RUNNABLE[name])
    assert (code != 0, called) == (True, "called\n")


@pytest.mark.parametrize("shell", ["sh", "bash"])
@pytest.mark.parametrize("text", CALLS_AT_PUSH.values(), ids=CALLS_AT_PUSH)
def test_a_certain_call_reads_every_ref(tmp_path: Path, shell: str, text: str) -> None:
    code, called, received = run(tmp_path, shell, text)
    assert (code != 0, called, received) == (True, "called\n", PUSHED)


_FRAGMENTS = (
    r"""set -e|set +e|exit 0|exit 1|exit|true|false|make|if true; then|fi|done"""
    r"""|for i in 1; do|{|}|(|)|f() {|f|&&|&|!|else|dlm-git check|case x in|x)|;;|esac|'|"|#|\\"""
)
FRAGMENTS = [
    *(*CALLS.values(), *UNCERTAIN.values(), *_FRAGMENTS.split("|")),
    *("||", "|", "<<E", "E", "true || exit", "false || exit 0"),
]


_PARTS = st.lists(
    st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from(["\n", " ", ";"])), max_size=2
)


@given(_PARTS, st.sampled_from([*RUNNABLE.values()]), _PARTS)
def test_a_script_that_counts_as_a_call_fails_if_dlm_git_fails(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, str]],
    call: str,
    after: list[tuple[str, str]],
) -> None:
    text = "".join(chain.from_iterable([*before, (call, "\n"), *after]))
    if "path" in text or "/opt" in text or "husky" in text or verdict(text) != "calls":
        return
    directory = tmp_path_factory.mktemp("hook")
    for shell in ("sh", "bash"):
        code, _, _ = run(directory, shell, text)
        assert code != 0, (shell, text)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    script = f"dlm-git {text}".encode(errors="surrogateescape")
    assert read_script(script, "pre-commit").verdict in ("calls", "uncertain", "none")


def test_the_options_of_a_call_exist() -> None:
    options = {
        option
        for command in ("check", "pre-push")
        for action in command_parser(command).actions()
        for option in action.option_strings
    }
    assert options >= check_call.FLAGS | check_call.VALUE_OPTIONS
    selecting = {"--rev", "--worktree", "--diff", "--discover", "--repositories-from", "--help"}
    selecting |= {"--select", "--ignore", "--exit-zero"}
    assert selecting <= options - check_call.FLAGS - check_call.VALUE_OPTIONS
