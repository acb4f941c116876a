"""One broken repository in every format, written to every kind of file."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pytest

from dlm_git.cli.reporting import Output, report
from dlm_git.errors import DlmGitError
from dlm_git.formats import FORMATS
from dlm_git.report import CheckResult, Finding
from dlm_git.report_files import append_report, write_report
from tests.outputs import GITLAB, JUNIT, SARIF, assert_harmless, log_commands, regions
from tests.support import COMMAND, CORPUS, GOOD, Repo, Result, environment, expect_error, new_repo

HOSTILE = (
    *(b".dlm/%0A::error::.dlm", b"::error::/.dlm/x.dlm", b".dlm/\x1b[31m\xc2\x9b.dlm"),
    *(b".dlm/a\n::error::x.dlm", b".dlm/\xff|<b>`.dlm", b".dlm/##[add-mask]x.dlm"),
    b".dlm/a:b,c.dlm",
)
BASE = "smollm2-135m"


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Two faults in the corpus document, and copies of it with names that mean harm."""
    top = tmp_path_factory.mktemp("broken")
    repo = new_repo(top / "repo", top / "home")
    repo.add("src/shop.py")
    repo.add(CORPUS, GOOD)
    repo.commit()
    document = GOOD.replace('"."', '"/srv/[x](http://evil.example)"')
    for name in (*HOSTILE, os.fsencode(CORPUS)):
        repo.write(os.fsdecode(name), document)
    repo.git("add", "--all")
    return repo


@cache
def places(repo: Path) -> Counter[tuple[bytes, int, str]]:
    """Return path, line and rule of each finding, from the JSON output."""
    shown = Repo(repo, environment(repo.parent / "home")).check("--base", BASE, "--format", "json")
    findings = json.loads(shown.out)["findings"]
    return Counter((_bytes(each), each["line"] or 1, each["rule"]) for each in findings)


def _bytes(finding: dict[str, str]) -> bytes:
    encoded = finding.get("path_base64")
    return base64.b64decode(encoded) if encoded else finding["path"].encode()


def test_sarif_names_every_finding(broken: Repo) -> None:
    loaded = json.loads(broken.check("--base", BASE, "--format", "sarif").out)
    SARIF.validate(loaded)
    (run,) = loaded["runs"]
    rules = [result["ruleId"] for result in run["results"]]
    pairs = zip(regions(run), rules, strict=True)
    results = Counter((unquote_to_bytes(uri), line, rule) for (uri, line), rule in pairs)
    assert results == places(broken.path)


def test_gitlab_names_every_finding(broken: Repo) -> None:
    entries = json.loads(broken.check("--base", BASE, "--format", "gitlab").out)
    GITLAB.validate(entries)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert Counter(entry["check_name"] for entry in entries) == _rules(broken)


def test_junit_names_every_rule_with_findings(broken: Repo) -> None:
    output = broken.check("--base", BASE, "--format", "junit").out
    JUNIT.validate(output)
    failed = [case for case in ElementTree.fromstring(output).iter("testcase") if len(case)]
    assert {case.get("name") for case in failed} == set(_rules(broken))


def test_github_names_every_finding(broken: Repo, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    result = broken.check("--base", BASE, "--format", "github", env=env)
    assert (result.code, result.err) == (1, "")
    commands, total = log_commands(result.out), places(broken.path).total()
    assert [command.name for command in commands] == [*["error"] * 10, "notice"]
    assert f"\nand {total - 10} more: " in result.out
    shown = summary.read_text()
    assert shown.startswith(f"before\n### dlm-git: {total} findings in <code>the index</code>\n")
    assert shown.count("\n| <code>") == total
    assert "<b>" not in shown


def _rules(repo: Repo) -> Counter[str]:
    return Counter(rule for _, _, rule in places(repo.path).elements())


def test_text_is_harmless(broken: Repo) -> None:
    assert_harmless(broken.check("--base", BASE).out)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_exit_codes_are_the_same_in_every_format(broken: Repo, name: str) -> None:
    def code(*args: str) -> int:
        return broken.check("--format", name, *args).code

    assert [code("--rev", "HEAD"), code()] == [0, 1]


@pytest.mark.parametrize("name", FORMATS)
def test_errors_are_reported_in_every_format(broken: Repo, name: str) -> None:
    result = broken.check("--format", name, "--rev", "no-such")
    assert result.err.startswith("dlm-git: cannot read revision 'no-such'")
    assert result.code == 2
    output = result.err if name == "text" else result.out
    assert "cannot read revision" in output
    assert ("hint" if name == "json" else "help") in output


def test_no_summary_is_written_for_other_formats(broken: Repo, tmp_path: Path) -> None:
    env = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    broken.check("--format", "text", env=env)
    broken.check("--format", "github", env={"GITHUB_STEP_SUMMARY": ""})
    assert not (tmp_path / "summary").exists()
    broken.check("--format", f"github={tmp_path / 'log'}", env=env)
    assert (tmp_path / "summary").exists()
    expect_error(
        broken.check("--format", "github", env={"GITHUB_STEP_SUMMARY": str(tmp_path)}),
        f"cannot write '{tmp_path}': Is a directory",
    )


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
@pytest.mark.parametrize(
    ("workspace", "prefix"),
    [("", ""), ("{top}/repo", ""), ("{top}", "repo/"), ("{top}/x", ""), ("{link}", "repo/")],
)
def test_paths_are_relative_to_the_ci_checkout(
    broken: Repo, tmp_path: Path, variable: str, workspace: str, prefix: str
) -> None:
    link = tmp_path / "link"
    link.symlink_to(broken.path.parent)
    env = {variable: workspace.format(top=broken.path.parent, link=link)}
    result = broken.check("--format", "gitlab", cwd=broken.path / "src", env=env)
    paths = [entry["location"]["path"] for entry in json.loads(result.out)]
    assert f"{prefix}{CORPUS}" in paths


def test_repositories_named_by_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    names = (str(tmp_path / "here" / "a"), str(tmp_path / "b"), "c", "refs/heads/main")
    finding = Finding("dead-pattern", CORPUS, "m", "")
    several = [CheckResult("x", None, (), (finding,), name=name) for name in names]
    assert report(several, [Output("gitlab")]) == 1
    paths = [each["location"]["path"] for each in json.loads(capsys.readouterr().out)]
    folders = ("here/a", "b", "here/c", "here")
    assert paths == [f"{folder}/{CORPUS}" for folder in folders]


# where it goes


@pytest.mark.slow
def test_several_formats_at_once(broken: Repo, tmp_path: Path) -> None:
    names = ("json", "gitlab", "sarif", "junit", "github")
    files = {name: tmp_path / f"out.{name}" for name in names}
    args = [f"--format={name}={file}" for name, file in files.items()]
    result = broken.check(*args, "--format", "text")
    assert (result.code, result.err) == (1, "")
    assert result.out == broken.check().out
    for name, file in files.items():
        written = file.read_text(errors="surrogateescape")
        assert _untimed(written) == _untimed(broken.check("--format", name).out)
    assert sorted(tmp_path.glob(".out*")) == []


def _untimed(report: str) -> str:
    return re.sub(r' time="[0-9.]+"', "", report)


@pytest.mark.parametrize(
    ("value", "found", "hint"),
    [
        ("gihtub", "gihtub", "did you mean 'github'?"),
        ("SARIF", "SARIF", "did you mean 'sarif'?"),
        ("junt=x.xml", "junt", "did you mean 'junit'?"),
        ("x", "x", "`dlm-git check --help` prints the usage"),
    ],
)
def test_an_unknown_format_is_an_error(repo: Repo, value: str, found: str, hint: str) -> None:
    result = repo.check("--format", value)
    assert (result.code, result.out) == (2, "")
    *others, last = FORMATS
    expected = f"expected {', '.join(others)} or {last}"
    assert result.err == (
        "usage: dlm-git check [OPTIONS] [REPOSITORY ...]\n"
        f"dlm-git check: error: argument --format: {expected}, found '{found}'\n"
        f"  help: {hint}\n"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--format=json", "--format=sarif"], "two formats go to standard output"),
        (["--format=json=x", "--format=sarif=x"], "two formats go to 'x'"),
        (["--format=json=x", "--output=y"], "--output needs exactly one format"),
    ],
)
def test_two_formats_for_one_output_are_an_error(repo: Repo, args: list[str], message: str) -> None:
    expect_error(repo.check(*args), message)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--format", "json="], "argument --format: expected a file name after 'json='"),
        (["--format", "json", "--output", ""], "argument --output: expected a file name"),
    ],
)
def test_an_output_without_a_name_is_an_error(repo: Repo, args: list[str], message: str) -> None:
    result = repo.check(*args)
    assert result.code == 2
    assert f"dlm-git check: error: {message}\n" in result.err


def out(repo: Repo, file: str | Path) -> Result:
    return repo.check("--format", "gitlab", "--output", str(file))


def test_output_replaces_a_file_and_keeps_its_mode(broken: Repo, tmp_path: Path) -> None:
    expected = broken.check("--format", "gitlab").out
    file, other = tmp_path / "real.xml", tmp_path / "other.xml"
    file.write_text("old")
    file.chmod(0o640)
    other.hardlink_to(file)
    result = out(broken, file)
    assert (result.code, result.out) == (1, "")
    assert result.err == broken.check().out
    assert file.read_text() == expected
    assert file.stat().st_mode & 0o777 == 0o640
    assert other.read_text() == "old"


@pytest.fixture
def trap(corpus_repo: Repo) -> Repo:
    """A repository with committed links to files and directories of the user."""
    victim = corpus_repo.path.with_name("victim")
    (victim / "repo/.git").mkdir(parents=True)
    (victim / "file").write_text("of the user")
    (victim / "repo/file").write_text("of the user")
    for name, target in (
        ("to-file", "../victim/file"),
        ("to-nothing", "../victim/new"),
        ("to-neighbour", "README.md"),
        ("to-device", "/dev/null"),
        ("to-stream", "/dev/stdout"),
        ("to-directory", "../victim"),
        ("to-repository", str(victim / "repo")),
        ("sub/to-parent", ".."),
        ("to-loop", "to-loop"),
        ("chain", "to-file"),
    ):
        link = corpus_repo.path / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(target)
    corpus_repo.write("README.md", "of the user")
    corpus_repo.git("add", "--all")
    corpus_repo.commit()
    return corpus_repo


LINKED = {
    "to-file": "to-file",
    "to-nothing": "to-nothing",
    "to-neighbour": "to-neighbour",
    "to-device": "to-device",
    "to-stream": "to-stream",
    "to-loop": "to-loop",
    "chain": "chain",
    "to-directory/file": "to-directory",
    "to-directory/new": "to-directory",
    "to-repository/file": "to-repository",
    "to-directory/repo/file": "to-directory",
    "sub/to-parent/README.md": "sub/to-parent",
    "sub/../to-file": "to-file",
    "./to-directory/../victim/file": "to-directory",
    "src/../to-directory/file": "to-directory",
}


def tree(path: Path) -> dict[str, str]:
    return {
        str(file): file.read_text(errors="replace")
        for file in path.rglob("*")
        if file.is_file() and "dlm-git/cache" not in str(file)
    }


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
@pytest.mark.parametrize("path", LINKED)
def test_no_report_follows_a_committed_link(
    trap: Repo, monkeypatch: pytest.MonkeyPatch, path: str, absolute: bool
) -> None:
    monkeypatch.chdir(trap.path)
    name = str(trap.path / path) if absolute else path
    before = tree(trap.path.parent)
    link = os.path.normpath(trap.path / LINKED[path])
    shown = link if absolute else LINKED[path]
    for write in (write_report, append_report):
        with pytest.raises(DlmGitError) as raised:
            write(name, "x")
        target = os.readlink(link)
        assert (
            raised.value.message
            == f"cannot write '{name}': '{shown}' is a symbolic link to '{target}'"
        )
        assert raised.value.hint == "name a file that no link leads to, or remove the link"
    assert tree(trap.path.parent) == before


def test_no_output_of_a_check_follows_a_committed_link(trap: Repo) -> None:
    message = "cannot write 'to-file': 'to-file' is a symbolic link to '../victim/file'"
    expect_error(trap.check("--format=sarif=to-file"), message)
    expect_error(trap.check("--format=sarif", "--output=to-file"), message)
    expect_error(trap.check("--format=github", env={"GITHUB_STEP_SUMMARY": "to-file"}), message)
    result = trap.check("--format=sarif=../to-file", cwd=trap.path / "sub")
    expect_error(result, "cannot write '../to-file': '../to-file' is a symbolic link to")
    result = trap.check(str(trap.path), "--format=sarif=repo/to-file", cwd=trap.path.parent)
    expect_error(result, "cannot write 'repo/to-file': 'repo/to-file' is a symbolic link to")


def test_links_of_the_user_to_a_directory_are_followed(
    trap: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = trap.path.parent
    monkeypatch.chdir(top)
    (top / "link").symlink_to("victim")
    (top / "checkout").symlink_to("repo")
    for name in ("link/new", "checkout/new", str(top / "link/repo/new"), "link/../new"):
        for expected in ("x", "xx"):
            append_report(name, "x")
            assert (top / name).read_text() == expected
        write_report(name, "y")
        assert (top / name).read_text() == "y"


def test_output_onto_a_device_or_a_pipe(broken: Repo) -> None:
    assert out(broken, "/dev/null").code == 1
    assert out(broken, "/dev/stdout").out == broken.check("--format", "gitlab").out
    piped = broken.run("bash", "-c", f"{COMMAND} check --format gitlab --output >(cat) 2>/dev/null")
    assert (piped.code, piped.out) == (1, broken.check("--format", "gitlab").out)
    target = broken.path.with_name("stdout")
    broken.run("sh", "-c", f"{COMMAND} check --format gitlab --output /dev/stdout > {target}")
    assert target.read_text() == broken.check("--format", "gitlab").out


def test_output_to_a_named_pipe(broken: Repo, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read = broken.run(
        "sh", "-c", f'cat "$1" & {COMMAND} check --format gitlab --output "$1" 2>/dev/null; wait',
        "sh", str(tmp_path / "pipe"),
    )  # fmt: skip
    assert read.out == broken.check("--format", "gitlab").out


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("/dev/full", "No space left on device"),
        ("no/such/directory/x", "No such file or directory"),
        (CORPUS + "/x", "expected a directory, found a file or a symbolic link"),
        ("src", "Is a directory"),
        ("/proc/x", "No such file or directory"),
    ],
)
def test_an_output_that_cannot_be_written_is_an_error(broken: Repo, file: str, reason: str) -> None:
    expect_error(out(broken, file), f"cannot write '{file}': {reason}")


def test_an_output_in_a_read_only_directory_is_an_error(broken: Repo, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    code = (
        "import os, sys; from dlm_git import errors, report_files\n"
        "os.getuid() or os.setuid(65534)\n"  # root may write everywhere
        "try: report_files.write_report(sys.argv[1], 'x')\n"
        "except errors.DlmGitError as error: print(error)"
    )
    tmp_path.chmod(0o755)
    target = tmp_path / "closed" / "x"
    result = broken.run(sys.executable, "-c", code, str(target))
    assert result.out == f"cannot write '{target}': Permission denied\n", result
    assert not list((tmp_path / "closed").iterdir())


def test_a_full_standard_output_is_an_error(broken: Repo) -> None:
    result = broken.run("sh", "-c", f"{COMMAND} check --format sarif > /dev/full")
    assert (result.code, result.err) == (
        2,
        "dlm-git: cannot write the report: No space left on device\n",
    )
