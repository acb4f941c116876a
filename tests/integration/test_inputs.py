"""Files that an option names are read once, whether they are files, pipes or devices."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

import dlm_git
from tests.support import COMMAND, GOOD, ID, OTHER_ID, Repo, Result, expect_clean, expect_error

OTHER_BASE = 'base = "qwen2.5-0.5b"'
EXPECTED = "expected base model 'qwen2.5-0.5b', found 'qwen2.5-coder-1.5b'"
IN_TIME = 30.0  # seconds; nothing here takes longer unless it hangs


def bash(repo: Repo, command: str) -> Result:
    """Run a command line of bash, in which `dlm-git` is the installed one."""
    function = f'dlm-git() {{ {shlex.quote(COMMAND)} "$@"; }}'
    return repo.run("bash", "-c", f"{function}\n{command}", timeout=IN_TIME)


CONFIGS = {
    "substitution": f"dlm-git {{}} --config <(echo '{OTHER_BASE}')",
    "standard input": f"echo '{OTHER_BASE}' | dlm-git {{}} --config /dev/stdin",
    "descriptor": f"dlm-git {{}} --config /dev/fd/3 3< <(echo '{OTHER_BASE}')",
    "slow": f"dlm-git {{}} --config <(sleep 0.3; echo; sleep 0.3; echo '{OTHER_BASE}')",
    "late writer": f"mkfifo p; (sleep 0.2; echo '{OTHER_BASE}' > p) & dlm-git {{}} --config p",
}


@pytest.mark.parametrize("command", CONFIGS.values(), ids=CONFIGS)
def test_a_config_is_read_from_a_pipe(corpus_repo: Repo, command: str) -> None:
    result = bash(corpus_repo, command.format("check"))
    assert (result.code, EXPECTED in result.out) == (1, True), result


def test_a_config_from_a_pipe_reaches_every_repository(corpus_repo: Repo, tmp_path: Path) -> None:
    for name in "abc":
        corpus_repo.git("clone", "--quiet", ".", str(tmp_path / name))
        corpus_repo.git("-C", str(tmp_path / name), "remote", "remove", "origin")
    result = bash(corpus_repo, f"dlm-git check {tmp_path}/[abc] --config <(echo '{OTHER_BASE}')")
    assert result.out.count(EXPECTED) == 3, result
    assert "shared-id" in result.out, result  # they are checked a second time


@pytest.mark.parametrize("command", ["files", "config"])
def test_other_commands_read_a_config_from_a_pipe(corpus_repo: Repo, command: str) -> None:
    result = bash(corpus_repo, f"dlm-git {command} --config <(echo 'name = \"other\"')")
    assert "other" in result.out + result.err, result


def test_a_hook_reads_a_config_from_a_pipe(corpus_repo: Repo) -> None:
    oid = corpus_repo.git("rev-parse", "HEAD")
    line = f"refs/heads/main {oid} refs/heads/main {'0' * len(oid)}"
    command = f"echo {line} | dlm-git pre-push o url --config <(echo '{OTHER_BASE}')"
    assert EXPECTED in bash(corpus_repo, command).out


def test_a_list_of_repositories_is_read_from_a_pipe(corpus_repo: Repo) -> None:
    for command in (
        "dlm-git check --repositories-from <(echo .)",
        "echo . | dlm-git check --repositories-from /dev/stdin",
        "echo . | dlm-git check --repositories-from -",
    ):
        assert "1 in total: 1 clean" in bash(corpus_repo, command).out


def test_a_report_is_written_to_a_pipe(corpus_repo: Repo) -> None:
    for command in (
        "dlm-git check --format json --output >(cat > copy); sleep 0.5; cat copy",
        "dlm-git check --format json=/dev/stdout 2> text",
        "mkfifo p; (sleep 0.2; cat p) & dlm-git check --format json --output p 2> text; wait",
    ):
        assert '"clean": true' in bash(corpus_repo, command).out, command


def test_a_large_report_waits_for_its_reader(corpus_repo: Repo) -> None:
    for number in range(600):
        corpus_repo.write(f".dlm/{number}.dlm", GOOD.replace(ID, OTHER_ID))
    corpus_repo.git("add", "--all")
    command = "mkfifo p; (sleep 0.5; cat p > copy) & dlm-git check --format json --output p; wait"
    assert bash(corpus_repo, command).code == 0
    size = (corpus_repo.path / "copy").stat().st_size
    assert size > 1 << 16  # more than a pipe holds
    assert (corpus_repo.path / "copy").read_text().endswith("}\n")


FILE_OPTIONS = [("--config",), ("--no-cache", "--config"), ("--repositories-from",)]
OUTPUT_OPTIONS = [("--output",), ("--format", "text", "--output")]


@pytest.mark.parametrize("option", FILE_OPTIONS, ids=" ".join)
def test_a_pipe_without_a_writer_is_an_error(corpus_repo: Repo, option: Sequence[str]) -> None:
    pipe = corpus_repo.path / "pipe"
    os.mkfifo(pipe)
    result = corpus_repo.run(COMMAND, "check", *option, str(pipe), timeout=IN_TIME)
    expect_error(result, "pipe' is an empty pipe, or no program writes to it", "or pass a file")


def test_an_empty_pipe_is_an_error(corpus_repo: Repo) -> None:
    for source in ("true", "sleep 0.3", "cat missing 2> /dev/null"):
        result = bash(corpus_repo, f"dlm-git check --config <({source})")
        expect_error(result, "is an empty pipe")


@pytest.mark.parametrize("option", OUTPUT_OPTIONS, ids=" ".join)
def test_a_pipe_without_a_reader_is_an_error(corpus_repo: Repo, option: Sequence[str]) -> None:
    os.mkfifo(corpus_repo.path / "pipe")
    result = corpus_repo.run(COMMAND, "check", *option, "pipe", timeout=IN_TIME)
    expect_error(result, "cannot write 'pipe': no program reads this pipe")


def test_a_job_summary_without_a_reader_is_an_error(corpus_repo: Repo) -> None:
    os.mkfifo(corpus_repo.path / "pipe")
    result = corpus_repo.run(
        *(COMMAND, "check", "--format", "github"),
        env={"GITHUB_STEP_SUMMARY": "pipe"},
        timeout=IN_TIME,
    )
    assert result.code == 2, result
    assert "no program reads this pipe" in result.err


@pytest.mark.parametrize("option", FILE_OPTIONS, ids=" ".join)
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "cannot read '/': Is a directory"),
        ("missing", "cannot read 'missing': No such file or directory"),
        ("/dev/zero", "'/dev/zero' has more than"),
    ],
)
def test_what_is_no_file_is_an_error(
    corpus_repo: Repo, option: Sequence[str], path: str, words: str
) -> None:
    expect_error(corpus_repo.run(COMMAND, "check", *option, path, timeout=IN_TIME), words)


@pytest.mark.parametrize("path", ["/", "/dev/full"])
def test_an_output_that_cannot_be_written_is_an_error(corpus_repo: Repo, path: str) -> None:
    expect_error(corpus_repo.check("--output", path), f"cannot write '{path}'")


def test_a_huge_config_is_an_error(corpus_repo: Repo) -> None:
    with (corpus_repo.path / "huge.toml").open("wb") as file:
        file.truncate(1 << 40)
    result = corpus_repo.run(COMMAND, "check", "--config", "huge.toml", timeout=IN_TIME)
    expect_error(result, "'huge.toml' has more than 1,048,576 bytes")


def test_an_empty_device_is_an_empty_config(corpus_repo: Repo) -> None:
    assert "not configured" in expect_clean(corpus_repo.check("--config", "/dev/null"))


def test_a_hook_that_reads_a_device_is_an_error(corpus_repo: Repo) -> None:
    result = bash(corpus_repo, "dlm-git pre-push o url < /dev/zero")
    expect_error(result, "standard input has more than 268,435,456 bytes")
    expect_error(bash(corpus_repo, "dlm-git pre-push o url 0> file"), "cannot read")


def test_an_index_that_is_a_pipe_is_an_error(corpus_repo: Repo) -> None:
    os.mkfifo(corpus_repo.path / "pipe")
    result = corpus_repo.run(COMMAND, "check", env={"GIT_INDEX_FILE": "pipe"}, timeout=IN_TIME)
    expect_error(result, "pipe': it is not a regular file")


def test_a_config_that_changes_while_it_is_read_is_not_mixed_up(
    corpus_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API reads the file once, and a pipe too."""
    pipe = corpus_repo.path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=[OTHER_BASE])
    writer.start()
    for key, value in corpus_repo.environ.items():
        monkeypatch.setenv(key, value)
    result = dlm_git.check(corpus_repo.path, config_file=pipe)
    writer.join()
    assert [finding.rule for finding in result.findings] == ["wrong-base"]


def test_unreadable_inputs_are_in_the_report(corpus_repo: Repo) -> None:
    result = corpus_repo.check("--config", "missing.toml", "--format", "json")
    assert result.code == 2
    assert '"message": "cannot read \'missing.toml\': No such file or directory"' in result.out
