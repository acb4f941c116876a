"""The command line: exit codes, streams, colour, rule pages; and the library."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dlm_git
from dlm_git.about import REPOSITORY, RULES_URL
from dlm_git.cli import main
from dlm_git.rules.registry import RULES
from tests.support import COMMAND, CORPUS, GOOD, ID, NOT_CONFIGURED, Repo, Result, expect_error


def test_no_findings_exit_with_0(corpus_repo: Repo) -> None:
    result = corpus_repo.check()
    assert (result.code, result.out, result.err) == (
        0,
        f"{NOT_CONFIGURED}OK: .dlm/corpus.dlm in the index, no findings\n",
        "",
    )


def test_findings_exit_with_1(repo: Repo) -> None:
    result = repo.check()
    assert (result.code, result.err) == (1, "")
    assert result.out == (
        f"""\
.dlm/corpus.dlm: missing-corpus: no corpus document in the index (not created yet)
  help: create one: `dlm-git init --base qwen2.5-coder-1.5b`
{NOT_CONFIGURED}1 finding in the index (not created yet)
"""
    )


def test_an_error_exits_with_2(tmp_path: Path, repo: Repo) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    result = repo.check(cwd=outside, env={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        """\
dlm-git: `git rev-parse` failed: git says "not a git repository (or any of the parent directories): .git"
  help: run it inside a repository, or create one with `git init`
"""  # noqa: E501
    )


def test_a_bug_exits_with_3_and_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dlm_git.operations.check.find_repository", broken)
    assert main.main(["check"]) == 3
    captured = capsys.readouterr()
    assert "ZeroDivisionError" in captured.err
    assert captured.err.endswith(f"please report it: {REPOSITORY}/issues\n")


def test_quiet_prints_findings_and_notes_only(corpus_repo: Repo) -> None:
    written = corpus_repo.check("--quiet", "--format", "json=report.json")
    assert written == Result(0, "", NOT_CONFIGURED)
    assert json.loads((corpus_repo.path / "report.json").read_text())
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    quiet, full = corpus_repo.check("-q"), corpus_repo.check()
    assert quiet == full
    assert quiet.code == 1
    assert expect_error(corpus_repo.check("-q", "--rev", "nowhere"))


def test_a_deleted_current_directory_exits_with_2(repo: Repo) -> None:
    result = repo.run("sh", "-c", f"mkdir gone && cd gone && rmdir ../gone && {COMMAND} check")
    assert (result.code, result.err.splitlines()[0]) == (
        2,
        "dlm-git: the current directory does not exist any more",
    )


def test_git_finds_the_command(corpus_repo: Repo) -> None:
    assert corpus_repo.run("git", "dlm", "check").out == corpus_repo.check().out
    module = corpus_repo.run(sys.executable, "-m", "dlm_git", "check")
    assert module.out == corpus_repo.check().out


def test_json_of_a_revision(corpus_repo: Repo) -> None:
    report = json.loads(corpus_repo.check("--rev", "HEAD", "--format", "json").out)
    oid = corpus_repo.git("rev-parse", "HEAD")
    assert report["checked"] == {"label": f"revision {oid[:12]} (HEAD)", "revision": oid}
    assert report["clean"]


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": ""}, False),
    ],
)
def test_colour(repo: Repo, env: dict[str, str], coloured: bool) -> None:
    assert ("\033[" in repo.check(env=env).out) == coloured


@pytest.mark.parametrize(
    ("term", "coloured"), [("xterm", True), ("dumb", False)], ids=["terminal", "dumb"]
)
def test_colour_on_a_terminal(repo: Repo, term: str, coloured: bool) -> None:
    ours, theirs = os.openpty()
    subprocess.run(
        [COMMAND, "check"], cwd=repo.path, env={**repo.environ, "TERM": term}, stdout=theirs
    )
    os.close(theirs)
    assert (b"\033[" in os.read(ours, 10_000)) == coloured
    os.close(ours)


def test_the_list_of_rules_names_each(repo: Repo) -> None:
    listed = repo.run(COMMAND, "rule").out
    assert all(f"  {name} " in listed for name in RULES)


@pytest.mark.parametrize("name", ["wrong-base", "missing-corpus"])
def test_the_page_of_a_rule(repo: Repo, name: str) -> None:
    assert repo.run(COMMAND, "rule", name).out == f"# {name}\n\n{RULES[name].page}\n"
    assert RULES["wrong-base"].page.startswith(
        "*expectation, since 0.1.0; `--fix` or `--unsafe-fixes` can fix some findings*\n\nThe base"
    )
    assert RULES["missing-corpus"].page.startswith("*presence, since 0.1.0*\n\nThere is no")


def test_rules_as_json(repo: Repo) -> None:
    rules = json.loads(repo.run(COMMAND, "rule", "--format", "json").out)
    assert [rule["name"] for rule in rules] == list(RULES)
    (one,) = json.loads(repo.run(COMMAND, "rule", "wrong-base", "--format", "json").out)
    assert one in rules
    assert {**one, "documentation": ""} == {
        "name": "wrong-base",
        "family": "expectation",
        "fixable": True,
        "since": "0.1.0",
        "documentation": "",
        "summary": RULES["wrong-base"].summary,
        "url": "https://github.com/dlm-git/dlm-git/blob/main/docs/rules.md#wrong-base",
    }
    expect_error(repo.run(COMMAND, "rule", "nope", "--format", "json"), "unknown rule 'nope'")
    expect_error(repo.run(COMMAND, "rule", "--all", "--format", "json"), "--all prints Markdown")


def test_an_unknown_rule_is_an_error(repo: Repo) -> None:
    result = repo.run(COMMAND, "rule", "worng-base")
    assert (result.code, result.err) == (
        2,
        "dlm-git: unknown rule 'worng-base'\n  help: did you mean 'wrong-base'?\n",
    )


@pytest.mark.parametrize("name", ["PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH"])
def test_pre_commit_checks_the_pushed_revision(corpus_repo: Repo, name: str) -> None:
    corpus_repo.git("rm", "-q", CORPUS)
    good = corpus_repo.git("rev-parse", "HEAD")
    assert corpus_repo.check().code == 1
    result = corpus_repo.check(env={name: good})
    assert (result.code, result.out) == (
        0,
        f"{NOT_CONFIGURED}OK: .dlm/corpus.dlm in revision {good[:12]}, no findings\n",
    )


def test_a_changed_id_is_found_across_all_pushed_commits(corpus_repo: Repo) -> None:
    start = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, GOOD.replace(ID, ID[:-1] + "J"))
    assert "changed-id" in corpus_repo.check().out
    corpus_repo.commit()
    assert "changed-id" in corpus_repo.check("--rev", "HEAD").out
    corpus_repo.add("more")
    tip = corpus_repo.commit()
    assert corpus_repo.check("--rev", "HEAD").code == 0
    pushed = {"PRE_COMMIT_FROM_REF": start, "PRE_COMMIT_TO_REF": tip}
    assert "changed-id" in corpus_repo.check(env=pushed).out


def test_the_library_checks(corpus_repo: Repo) -> None:
    report = dlm_git.check(corpus_repo.path)
    assert report.clean
    assert report.documents == (CORPUS,)
    report = dlm_git.check(corpus_repo.path, rev="HEAD", base="smollm2-135m")
    assert [finding.rule for finding in report.findings] == ["wrong-base"]


def test_the_library_scaffolds(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    result = dlm_git.init(repo.path, base="smollm2-135m")
    assert result.created
    assert result.path == repo.path / CORPUS
    assert f"dlm_id: {result.dlm_id}" in result.path.read_text().replace('"', "")
    again = dlm_git.init(repo.path)
    assert (again.created, again.dlm_id) == (False, result.dlm_id)
    with pytest.raises(dlm_git.DlmGitError, match="expects base model 'smollm2-135m'"):
        dlm_git.init(repo.path, base="phi-3.5-mini")


def test_the_library_ignores_the_environment_of_a_hook(
    corpus_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nothing"))
    assert dlm_git.check(corpus_repo.path).clean


def test_importing_the_package_loads_no_modules() -> None:
    code = "import sys, dlm_git; print([m for m in sys.modules if m.startswith('dlm_git.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "['dlm_git.about']\n"


def test_a_check_loads_no_library_of_init(corpus_repo: Repo) -> None:
    code = (
        "import sys; from dlm_git.cli.main import main; main(['check']);"
        "print({'git', 'ulid', 'dlm_git.operations.init'} & set(sys.modules))"
    )
    out = corpus_repo.run(sys.executable, "-c", code).out
    assert out.splitlines()[-1] == "set()"


def test_verbose_prints_what_was_done(corpus_repo: Repo) -> None:
    result = corpus_repo.check("--verbose", "--base", "smollm2-135m")
    assert (result.code, result.out) == (1, corpus_repo.check("--base", "smollm2-135m").out)
    target, config, *calls, total = result.err.splitlines()
    assert (target, config) == ("target: the index", "config: --base")
    assert all(re.fullmatch(r"git: +\d+\.\d ms  git [a-z-]+( .*)?", call) for call in calls)
    assert "git ls-files --stage -z" in result.err
    assert re.fullmatch(rf"total: \d+\.\d ms, {len(calls)} git commands", total)
    corpus_repo.add(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\n')
    files = corpus_repo.run(COMMAND, "files", "-v", "--rev", "HEAD").err
    assert files.startswith("target: revision ")
    assert "config: defaults\n" in files
    assert "config: .dlm-git.toml\n" in corpus_repo.check("-v").err


@pytest.mark.parametrize(
    ("env", "linked"),
    [
        ({}, False),
        ({"VTE_VERSION": "6800"}, True),
        ({"VTE_VERSION": "4900"}, False),
        ({"TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM_PROGRAM": "WezTerm", "TERM": "dumb"}, False),
        ({"TERM_PROGRAM": "WezTerm", "NO_COLOR": "1"}, False),
        ({"FORCE_HYPERLINK": "0", "TERM_PROGRAM": "WezTerm"}, False),
    ],
    ids=str,
)
def test_rules_are_links_where_the_terminal_has_them(
    repo: Repo, env: dict[str, str], linked: bool
) -> None:
    ours, theirs = os.openpty()
    environ = {**repo.environ, "TERM": "xterm", **env}
    subprocess.run([COMMAND, "check"], cwd=repo.path, env=environ, stdout=theirs)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    assert (f"\033]8;;{RULES_URL}#missing-corpus\033\\" in shown) == linked


def test_links_are_printed_to_a_terminal_or_on_request(repo: Repo) -> None:
    assert "\033]8" not in repo.check(env={"TERM_PROGRAM": "WezTerm"}).out
    assert "\033]8" in repo.check(env={"FORCE_HYPERLINK": "1"}).out


def test_a_command_seldom_looks_for_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    former, thresholds = gc.get_threshold(), []

    def main_with(_: list[str]) -> int:
        thresholds.append(gc.get_threshold())
        return 0

    monkeypatch.setattr(main, "main", main_with)
    monkeypatch.setattr(os, "_exit", sys.exit)
    try:
        with pytest.raises(SystemExit):
            main.run()
    finally:
        gc.set_threshold(*former)
    assert thresholds == [(50_000, *former[1:])]
