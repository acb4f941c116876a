"""Which commands of a shell script run the check so that its failure counts."""

from __future__ import annotations

from time import process_time

import pytest

from dlm_git.hooks.calls import find_calls
from dlm_git.hooks.check_call import is_check

CHECKS = {
    "dlm-git check": "dlm-git check",
    "git dlm check --rev HEAD": "dlm-git check --rev HEAD",
    "git-dlm check": "dlm-git check",
    "python3 -m dlm_git check": "dlm-git check",
    ".venv/bin/python3.13 -m dlm_git check": "dlm-git check",
    "/tmp/dlm-git/bin/dlm-git check": "dlm-git check",
    '"$RUNNER_TEMP/bin/dlm-git" check "${args[@]}"': "dlm-git check ${args[@]}",
    "pipx run dlm-git==0.1.0 check --format github": "dlm-git check --format github",
    "pipx run --spec git+https://x/y dlm-git check": "dlm-git check",
    "uvx dlm-git@0.1.0 check": "dlm-git check",
    "uvx --from . dlm-git check": "dlm-git check",
    "uv tool run dlm-git check": "dlm-git check",
    "poetry run dlm-git check": "dlm-git check",
    "sudo env -i A=b dlm-git check": "dlm-git check",
    "FORCE_COLOR=1 dlm-git check": "dlm-git check",
    "set -eu; cd shop && dlm-git check": "dlm-git check",
    "if true; then dlm-git check; fi": "dlm-git check",
    "bash -c 'dlm-git check'": "dlm-git check",
    "sh -ec 'cd x && dlm-git check'": "dlm-git check",
    "dlm-git check || exit 1": "dlm-git check",
    "dlm-git check \\\n  --rev HEAD": "dlm-git check --rev HEAD",
    "dlm-git check\\\r\n  --rev HEAD": "dlm-git check --rev HEAD",
    "dlm-git check > log 2>&1": "dlm-git check",
    "dlm-git check --statistics": "dlm-git check --statistics",
    "pip install dlm-git # the checker\ndlm-git check": "dlm-git check",
    "cat <<EOF\nx\nEOF\ndlm-git check": "dlm-git check",
    "set -o pipefail\ndlm-git check | tee log": "dlm-git check",
    "out=$(dlm-git check)": "dlm-git check",
    'a=1 out="$(cd x && dlm-git check)"': "dlm-git check",
    "args=(--base 'a b')\ndlm-git check \"${args[@]}\"": "dlm-git check ${args[@]}",
    "dlm-git check --rev ${{ github.sha }}": "dlm-git check --rev ${{ github.sha }}",
    "for i in 1 2; do dlm-git check; done": "dlm-git check",
    "case $1 in x) dlm-git check ;; esac": "dlm-git check",
    "(cd x; dlm-git check)": "dlm-git check",
    "cat x | dlm-git check": "dlm-git check",
    "dlm-git check || { echo see docs; exit 1; }": "dlm-git check",
    "make\ndlm-git check && make lint": "dlm-git check",
}
OTHERS = [
    "",
    "# dlm-git check",
    "true # dlm-git check",
    "echo dlm-git check",
    'echo "dlm-git check"',
    "echo 'x\ndlm-git check\n'",
    "printf '%s' \"run dlm-git check\"",
    "pip install dlm-git check",
    "dlm-git --version",
    "dlm-git check --help",
    "dlm-git check --exit-zero",
    "dlm-git check --rev HEAD --select presence",
    "dlm-git check --select=presence",
    "dlm-git files --stat",
    "dlm-gitx check",
    "my-dlm-git check",
    "git check",
    "cat <<EOF\ndlm-git check\nEOF",
    "cat <<-'END' > script\n\tdlm-git check\n\tEND",
    # a failing check does not fail the script
    "dlm-git check || true",
    "dlm-git check || :",
    "dlm-git check ||\n  true",
    "dlm-git check || echo failed",
    "dlm-git check &",
    "dlm-git check | tee log",
    "if dlm-git check; then echo fine; fi",
    "if true; then :; elif dlm-git check; then :; fi",
    "until dlm-git check; do sleep 1; done",
    "! dlm-git check",
    "dlm-git check && make || true",
    "dlm-git check && make\necho",
    "if x; then dlm-git check && make; fi\necho",
    "{ dlm-git check; } || true",
    "(dlm-git check) | tee log",
    "(dlm-git check) &",
    "dlm-git check || warned=1",
    # not known to run, or to decide the exit code
    "check() { dlm-git check; }",
    "echo $(dlm-git check)",
    "out=$(dlm-git check)$(true)",
    # not valid, or not understood
    "'dlm-git check",
    '"dlm-git check',
    "xargs dlm-git check",
    "bash -c 'bash -c \"bash -c 'bash -c dlm-git check'\"'",
]


def checks(script: str) -> list[str]:
    return [" ".join(call.words) for call in find_calls(script) if is_check(call.words)]


@pytest.mark.parametrize("script", CHECKS)
def test_a_command_that_runs_the_check_is_found(script: str) -> None:
    assert checks(script) == [CHECKS[script]]


@pytest.mark.parametrize("script", OTHERS)
def test_other_commands_and_failures_that_do_not_count_are_not(script: str) -> None:
    assert checks(script) == []


@pytest.mark.parametrize(
    "piece",
    ['"', "'", '"\\', "$(", "\\", "<<E\n", "a=", "bash -c '", "sudo ", "uvx --from ", "\\\n", "# "],
)
def test_a_hostile_script_is_read_in_linear_time(piece: str) -> None:
    began = process_time()
    checks((piece * 65_536)[:65_536] + "")
    assert process_time() - began < 5
