"""The options of `dlm-git check` that select rules and shape the report."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import dlm_git
from dlm_git.config.load import Config
from dlm_git.rules import engine
from dlm_git.rules.registry import FAMILIES, RULES, Rule
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    OTHER_ID,
    PROJECT,
    REPORT_SCHEMA,
    Repo,
    expect_clean,
    expect_error,
    new_repo,
    skip_or_fail,
    snapshot,
)

BAD = GOOD.replace("coder-1.5b", "0.5b").replace('["**/*"]', '["a.py", "**/*.{py,md}"]')
BASE = ("--base", "qwen2.5-coder-1.5b")
LINE = re.compile(r"([^:]+):(\d+):(\d+): ([a-z-]+): (.+)")


@pytest.fixture
def bad(repo: Repo) -> Repo:
    """A repository with a finding of wrong-base and one of dead-pattern."""
    repo.add(CORPUS, BAD)
    repo.add("a.py")
    return repo


def rules(output: str) -> list[str]:
    return [found["rule"] for found in json.loads(output)["findings"]]


# --select


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["wrong-base", "dead-pattern"]),
        (("--select", "wrong-base"), ["wrong-base"]),
        (("--select=training",), ["dead-pattern"]),
        (("--select", "presence,training"), ["dead-pattern"]),
        (("--select", "dead-pattern, wrong-base"), ["wrong-base", "dead-pattern"]),
        (("--select", "training", "--select", "wrong-base"), ["wrong-base", "dead-pattern"]),
        (("--select", "portability"), []),
    ],
    ids=str,
)
def test_only_selected_rules_report(bad: Repo, options: tuple[str, ...], found: list[str]) -> None:
    result = bad.check(*BASE, *options, "--format", "json")
    assert (rules(result.out), result.code) == (found, 1 if found else 0)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("wrong-bas", "did you mean 'wrong-base'?"),
        ("presense", "did you mean 'presence'?"),
        ("E501", "`dlm-git rule` lists the rules by family"),
        ("", "`dlm-git rule` lists the rules by family"),
        ("wrong-base,", "`dlm-git rule` lists the rules by family"),
    ],
)
def test_an_unknown_rule_is_an_error(bad: Repo, name: str, hint: str) -> None:
    unknown = name.rpartition(",")[2]
    words = f"unknown rule or family '{unknown}' in 'select'", hint
    expect_error(bad.check(f"--select={name}"), *words)


def test_no_family_has_the_name_of_a_rule() -> None:
    assert not FAMILIES.keys() & RULES.keys()


def test_other_rules_do_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    def run(rule: Rule, _: object) -> object:
        ran.append(rule.name)
        return iter(())

    monkeypatch.setattr(Rule, "run", run)
    engine.run_rules(snapshot({CORPUS: BAD}), Config(), selected=("dead-pattern", "wrong-base"))
    assert ran == ["dead-pattern", "wrong-base"]


def test_text_says_that_not_everything_was_checked(bad: Repo) -> None:
    for quiet in ((), ("--quiet",)):
        out = expect_clean(bad.check(*BASE, "--select", "missing-corpus", *quiet))
        assert f"note: only 'missing-corpus' ran, of {len(RULES)} rules\n" in out
        assert "  help: omit --select to check everything\n" in out
    assert "\nOK: .dlm/corpus.dlm in the index, no findings of the selected rules\n" in (
        bad.check(*BASE, "--select", "missing-corpus").out
    )
    assert "1 finding of the selected rules in the index" in (
        bad.check(*BASE, "--select", "wrong-base").out
    )


def test_json_names_the_rules_that_ran(bad: Repo) -> None:
    for options, selected in {
        (): None,
        ("--select", "wrong-base,missing-corpus"): ["missing-corpus", "wrong-base"],
    }.items():
        report = json.loads(bad.check(*options, "--format", "json").out)
        Draft202012Validator(REPORT_SCHEMA).validate(report)
        assert report["selected"] == selected


def test_sarif_describes_the_rules_that_ran(bad: Repo) -> None:
    options = ("--select", "training", "--ignore", "dead-ignore-line=x", "--ignore", "changed-id=x")
    (run,) = json.loads(bad.check(*options, "--format", "sarif").out)["runs"]
    described = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert described == [name for name, rule in RULES.items() if rule.family == "training"]
    assert described[run["results"][0]["ruleIndex"]] == run["results"][0]["ruleId"]
    (invocation,) = run["invocations"]
    (override,) = invocation["ruleConfigurationOverrides"]
    assert described[override["descriptor"]["index"]] == "dead-ignore-line"
    notes = invocation["toolExecutionNotifications"]
    assert any("rules\nhelp: omit --select" in note["message"]["text"] for note in notes)


def test_junit_skips_the_rules_that_did_not_run(bad: Repo) -> None:
    root = ET.fromstring(bad.check(*BASE, "--select", "training", "--format", "junit").out)
    cases = {str(case.get("name")): [child.tag for child in case] for case in root.iter("testcase")}
    assert list(cases) == list(RULES)
    assert cases == {
        name: ["failure"]
        if name == "dead-pattern"
        else ([] if rule.family == "training" else ["skipped"])
        for name, rule in RULES.items()
    }


def test_the_config_still_suppresses_a_selected_rule(bad: Repo) -> None:
    bad.add(".dlm-git.toml", '[ignore]\ndead-pattern = "later"\nwrong-base = "why"\n')
    report = json.loads(bad.check(*BASE, "--select", "dead-pattern", "--format", "json").out)
    assert report["findings"] == []
    assert report["suppressed"] == [{"rule": "dead-pattern", "reason": "later", "count": 1}]
    ignored = bad.check("--select", "training", "--ignore", "dead-pattern")
    assert "suppressed dead-pattern (1 finding)" in expect_clean(ignored)


def test_a_clean_check_of_some_rules_is_not_cached_for_all(bad: Repo) -> None:
    selected = ("--select", "missing-corpus")
    for _ in range(2):
        expect_clean(bad.check(*BASE, *selected))
        assert bad.check(*BASE).code == 1


def test_a_cached_clean_check_does_not_hide_the_note(corpus_repo: Repo) -> None:
    expect_clean(corpus_repo.check())
    assert "rules" not in expect_clean(corpus_repo.check())
    out = expect_clean(corpus_repo.check("--select", "presence"))
    assert "omit --select" in out


def test_only_selected_rules_are_fixed(bad: Repo) -> None:
    result = bad.check(*BASE, "--select", "wrong-base", "--fix")
    assert result.code == 1
    assert "note: only 'wrong-base' ran" in result.out
    text = (bad.path / CORPUS).read_text()
    assert "qwen2.5-coder-1.5b" in text
    assert '"**/*.{py,md}"' in text


def test_several_repositories(bad: Repo, tmp_path: Path) -> None:
    other = new_repo(tmp_path / "other", tmp_path / "home")
    other.add(CORPUS, BAD.replace("01HRZYQ2X0MB5K4VN7E9DNT5GH", OTHER_ID))
    out = bad.check(str(bad.path), str(other.path), "--select", "dead-pattern").out
    assert "wrong-base" not in out
    assert f"note: only 'dead-pattern' ran, of {len(RULES)} rules (2 of 2)" in out


def test_the_library_selects_rules(bad: Repo) -> None:
    result = dlm_git.check(bad.path, base="qwen2.5-coder-1.5b", select=["expectation"])
    assert [finding.rule for finding in result.findings] == ["wrong-base"]
    assert set(result.selected) == {n for n, rule in RULES.items() if rule.family == "expectation"}
    with pytest.raises(dlm_git.DlmGitError, match="unknown rule or family 'x'"):
        dlm_git.check(bad.path, select=["x"])


def test_what_is_accepted_for_other_rules_is_not_reported_as_unused(bad: Repo) -> None:
    text = BAD.replace("  sources:", "  # dlm-git: ignore[wrong-globs] why\n  sources:")
    bad.add(".dlm-git.toml", '[[ignore-path]]\npaths = ["x"]\nrules = ["wrong-base"]\nreason="y"\n')
    assert bad.check("--write-baseline").code == 0
    bad.add(".dlm-git-baseline.json", (bad.path / ".dlm-git-baseline.json").read_bytes())
    bad.add(CORPUS, text.replace('"**/*.{py,md}"', '"*.py"'))
    whole = bad.check().out
    assert "unused-ignore" in whole
    assert "'ignore-path' lists 'x'" in whole
    assert "no longer occur" in whole
    selected = expect_clean(bad.check("--select", "presence"))
    assert "unused-ignore" not in selected
    assert "'ignore-path' lists" not in selected
    assert "no longer occur" not in selected
    assert "no longer occur" in bad.check("--select", "dead-pattern").out


@pytest.mark.parametrize("option", [("--select", "presence"), ("--statistics",)])
def test_the_baseline_has_the_findings_of_all_rules(bad: Repo, option: tuple[str, ...]) -> None:
    expect_error(bad.check("--write-baseline", *option), "--write-baseline", option[0])
    assert not (bad.path / ".dlm-git-baseline.json").exists()


# --exit-zero


def test_findings_do_not_fail_on_request(bad: Repo) -> None:
    failing, passing = bad.check(*BASE), bad.check(*BASE, "--exit-zero")
    assert (failing.code, passing.code, passing.err) == (1, 0, "")
    assert passing.out == failing.out.rstrip("\n") + "; the exit code is 0 (--exit-zero)\n"
    quiet = bad.check(*BASE, "--exit-zero", "--quiet").out
    assert quiet.endswith("; the exit code is 0 (--exit-zero)\n")


def test_a_clean_check_is_the_same_with_exit_zero(corpus_repo: Repo) -> None:
    for _ in range(2):
        assert corpus_repo.check("--exit-zero") == corpus_repo.check()


@pytest.mark.parametrize("name", ["json", "github", "gitlab", "sarif", "junit"])
def test_the_reports_for_programs_are_the_same(bad: Repo, name: str) -> None:
    failing = bad.check("--format", name)
    passing = bad.check("--format", name, "--exit-zero")
    assert (failing.code, passing.code) == (1, 0)
    assert untimed(passing.out) == untimed(failing.out)


def untimed(report: str) -> str:
    return re.sub(r' time="[0-9.]*"', "", report)


def test_errors_fail_in_spite_of_exit_zero(bad: Repo, tmp_path: Path) -> None:
    expect_error(bad.check("--exit-zero", "--rev", "v9"))
    expect_error(bad.check("--exit-zero", "--select", "x"))
    bad.add(".dlm-git.toml", "base = 1\n")
    assert bad.check("--exit-zero").code == 2
    result = bad.check("--exit-zero", str(bad.path), str(tmp_path / "none"))
    assert result.code == 2
    assert "--exit-zero" not in result.out
    damage = "from dlm_git.rules.registry import Rule; from dlm_git.cli.main import main"
    script = f"{damage} ; Rule.run = None; raise SystemExit(main(['check', '--exit-zero']))"
    bad.git("rm", "--cached", "--quiet", "--force", ".dlm-git.toml")
    assert bad.run("python", "-c", script).code == 3


def test_fixing_can_exit_with_zero(bad: Repo) -> None:
    assert bad.check(*BASE, "--diff", "--exit-zero").code == 0
    assert bad.check(*BASE, "--fix", "--exit-zero").code == 0


def test_several_repositories_can_exit_with_zero(bad: Repo) -> None:
    result = bad.check("--exit-zero", str(bad.path))
    assert result.code == 0
    total = "1 in total: 0 clean, 1 with findings; the exit code is 0 (--exit-zero)\n"
    assert result.out.endswith(total)


# --statistics


def test_findings_are_counted_by_rule(repo: Repo) -> None:
    text = BAD.replace('"a.py", ', '"x.py", "y.py", ')
    repo.add(CORPUS, text)
    repo.add("a.py")
    repo.add(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n')
    assert repo.check("--statistics").out == (
        "3 [*] dead-pattern       (1 fixable)\n"
        "1     empty-training-set\n"
        "1 [*] wrong-base\n"
        "1 [*] wrong-globs\n"
        "6 findings in the index (2 fixable with --fix, 1 more with --unsafe-fixes)\n"
    )


def test_the_part_that_can_be_fixed_is_counted(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add(".dlm/notes.dlm", "x\n")
    fixes = json.loads(repo.check("--format", "json").out)["findings"]
    by_rule = {found["rule"]: found["fix"] for found in fixes}
    lines = repo.check("--statistics").out.splitlines()
    for rule, fix in by_rule.items():
        (line,) = (line for line in lines if line.endswith(rule))
        assert ("[*]" in line) == bool(fix)


def test_a_commit_cannot_be_fixed(bad: Repo) -> None:
    bad.commit()
    assert "1 [*] wrong-base\n" in bad.check(*BASE, "--statistics").out
    assert "1     wrong-base\n" in bad.check(*BASE, "--statistics", "--rev", "HEAD").out


def test_statistics_of_several_repositories(bad: Repo, tmp_path: Path) -> None:
    other = new_repo(tmp_path / "other", tmp_path / "home")
    other.add("a.py")
    paths = str(bad.path), str(other.path), str(tmp_path / "none")
    result = bad.check(*BASE, *paths, "--statistics")
    assert result.code == 2
    assert "1 [*] dead-pattern   (in 1 of 3)\n" in result.out
    assert "1     missing-corpus (in 1 of 3)\n" in result.out
    assert f"{tmp_path / 'none'}: cannot check: " in result.out
    assert result.out.endswith("3 in total: 0 clean, 2 with findings, 1 not checked\n")
    assert "help: write" not in result.out


def test_statistics_of_a_clean_check(corpus_repo: Repo) -> None:
    assert corpus_repo.check("--statistics") == corpus_repo.check()


@pytest.mark.parametrize(
    "options",
    [("--format", "json"), ("--format", "concise"), ("--format", "text=x"), ("--diff",)],
    ids=str,
)
def test_statistics_are_text_on_standard_output(bad: Repo, options: tuple[str, ...]) -> None:
    expect_error(bad.check("--statistics", *options), "--statistics")
    assert not (bad.path / "x").exists()


def test_statistics_with_a_report_in_a_file(bad: Repo, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = bad.check(
        *BASE, "--statistics", "--format", "text", "--format", f"json={report}", "--exit-zero"
    )
    assert result.code == 0
    assert "[*] wrong-base\n" in result.out
    assert rules(report.read_text()) == ["wrong-base", "dead-pattern"]


def test_what_is_left_after_fixing_is_counted(bad: Repo) -> None:
    out = bad.check(*BASE, "--fix", "--statistics").out
    assert "1 [*] dead-pattern\n" in out
    assert "] wrong-base" not in out


# --format concise


def test_each_finding_is_one_line(bad: Repo) -> None:
    bad.add(".dlm/corpus.dlm.bak")
    *lines, last = bad.check(*BASE, "--format", "concise").out.splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert [match and match.groups()[:4] for match in found] == [
        (CORPUS, "4", "13", "wrong-base"),
        (CORPUS, "9", "25", "dead-pattern"),
        (".dlm/corpus.dlm.bak", "1", "1", "stray-backup"),
    ]
    assert last == "3 findings in the index (1 fixable with --fix, 1 more with --unsafe-fixes)"


def test_a_clean_check_is_the_summary(corpus_repo: Repo) -> None:
    out = expect_clean(corpus_repo.check("--format", "concise"))
    assert out == "OK: .dlm/corpus.dlm in the index, no findings\n"
    assert expect_clean(corpus_repo.check("--format", "concise", "--quiet")) == ""


def test_lines_are_not_wrapped_on_a_narrow_terminal(bad: Repo) -> None:
    ours, theirs = os.openpty()
    environ = {**bad.environ, "COLUMNS": "20", "TERM": "xterm"}
    command = [COMMAND, "check", *BASE, "--format", "concise", "--color", "never"]
    subprocess.run(command, cwd=bad.path, env=environ, stdout=theirs)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode().replace("\r\n", "\n")
    os.close(ours)
    assert shown == bad.check(*BASE, "--format", "concise").out


def test_paths_are_relative_to_the_current_directory(bad: Repo, tmp_path: Path) -> None:
    below = bad.path / "src"
    below.mkdir()
    out = bad.check(*BASE, "--format", "concise", cwd=below).out
    assert out.startswith("../.dlm/corpus.dlm:4:13: wrong-base: ")
    assert (below / out.partition(":")[0]).is_file()
    out = bad.check(*BASE, "--format", "concise", "repo", cwd=tmp_path).out
    assert out.startswith("repo/.dlm/corpus.dlm:4:13: wrong-base: ")
    assert out.endswith("\n1 in total: 0 clean, 1 with findings\n")


def test_hostile_names_stay_on_their_line(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add(".dlm/a\n::error::b\033[31m.dlm", "x\n")
    *lines, _ = repo.check("--format", "concise").out.splitlines()
    assert lines
    assert all(re.match(r'("[^"]*"|[^:]+):\d+:\d+: [a-z-]+: ', line) for line in lines)
    assert "\033" not in "".join(lines)
    assert not any(line.lstrip().startswith("::") for line in lines)


def test_a_failed_check_is_reported(repo: Repo, tmp_path: Path) -> None:
    expect_error(repo.check("--format", "concise", "--rev", "v9"))
    report = tmp_path / "report"
    assert repo.check("--format", f"concise={report}", "--rev", "v9").code == 2
    assert report.read_text().startswith("dlm-git: ")
    result = repo.check("--format", "concise", str(tmp_path / "none"))
    assert result.code == 2
    assert ": cannot check: " in result.out


def test_pushed_refs_are_reported_in_lines(bad: Repo) -> None:
    commit = bad.commit()
    update = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n".encode()
    result = bad.run(
        COMMAND, "pre-push", "origin", "url", *BASE, "--format", "concise", data=update
    )
    assert result.out.startswith(f"{CORPUS}:4:13: wrong-base: ")


def test_vim_reads_the_lines_as_documented(bad: Repo) -> None:
    vim = shutil.which("vim")
    if not vim:
        skip_or_fail("needs vim")
    page = (PROJECT / "docs/check.md").read_text()
    (option,) = re.findall(r"^set errorformat=.*$", page, re.MULTILINE)
    bad.write("lines", bad.check(*BASE, "--format", "concise").out)
    columns = "v:val.lnum .. ' ' .. v:val.col .. ' ' .. v:val.text .. ' ' .. bufname(v:val.bufnr)"
    write = f"call writefile(map(getqflist(), \"{columns}\"), 'list')"
    bad.run(
        vim, "-es", "-u", "NONE", "-c", option, "-c", "cgetfile lines", "-c", write, "-c", "qa!"
    )
    first, second = (bad.path / "list").read_text().splitlines()
    assert first.startswith("4 13 wrong-base: expected base model")
    assert second.startswith("9 25 dead-pattern: ")
    assert first.endswith(f" {CORPUS}")
    assert second.endswith(f" {CORPUS}")


def test_vs_code_reads_the_lines_as_documented(bad: Repo) -> None:
    page = (PROJECT / "docs/check.md").read_text()
    (task,) = json.loads(page.partition("```json\n")[2].partition("```")[0])["tasks"]
    result = bad.run("sh", "-c", task["command"])
    pattern = task["problemMatcher"]["pattern"]
    lines = result.out.splitlines()
    matches = [match for line in lines if (match := re.search(pattern["regexp"], line))]
    assert len(matches) == len(lines) - 1 == 1
    place = {name: matches[0][pattern[name]] for name in ("file", "line", "column", "code")}
    assert place == {"file": CORPUS, "line": "9", "column": "25", "code": "dead-pattern"}


def test_the_page_shows_what_is_printed(repo: Repo) -> None:
    repo.add(CORPUS, BAD.replace('"a.py", ', '"x.py", "y.py", '))
    repo.add("a.py")
    repo.add(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n')
    page = (PROJECT / "docs/check.md").read_text()
    shown = page.partition("$ dlm-git check --statistics\n")[2].partition("```")[0]
    assert repo.check("--statistics").out == shown


def test_hooks_that_do_not_enforce_every_rule_do_not_count(corpus_repo: Repo) -> None:
    hook = corpus_repo.write(".git/hooks/pre-commit", "")
    hook.chmod(0o755)
    for option, code in {"--exit-zero": 1, "--select presence": 1, "--color never": 0}.items():
        hook.write_text(f"#!/bin/sh\ndlm-git check {option} || exit\n")
        assert corpus_repo.run(COMMAND, "status", "--hook", "pre-commit").code == code


# --color


@pytest.mark.parametrize(
    ("when", "environ", "colored"),
    [
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("always", {"TERM": "dumb"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {}, False),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
    ids=str,
)
@pytest.mark.parametrize("command", ["check", "diff", "doctor"])
def test_color_wins_over_the_environment(
    corpus_repo: Repo, command: str, when: str, environ: dict[str, str], colored: bool
) -> None:
    corpus_repo.add("b.py")
    result = corpus_repo.run(COMMAND, command, "--color", when, env=environ)
    assert ("\033[" in result.out) == colored, result


@pytest.mark.parametrize("command", [("check",), ("diff",), ("doctor",), ("rule", "wrong-base")])
@pytest.mark.parametrize("when", ["auto", "never"])
def test_color_on_a_terminal(bad: Repo, command: tuple[str, ...], when: str) -> None:
    ours, theirs = os.openpty()
    environ = {**bad.environ, "TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}
    subprocess.run([COMMAND, *command, "--color", when], cwd=bad.path, env=environ, stdout=theirs)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert bool(re.search(r"\033\[[0-9;]*3[0-9]m", shown)) == (when == "auto")
    assert ("\033]8;" in shown) == (when == "auto" and command == ("check",))


def test_color_of_pushes(bad: Repo) -> None:
    commit = bad.commit()
    update = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n".encode()
    for when in ("always", "never"):
        result = bad.run(COMMAND, "pre-push", "origin", "url", *BASE, "--color", when, data=update)
        assert ("\033[" in result.out) == (when == "always")


def test_a_cached_result_has_the_color_of_the_option(corpus_repo: Repo) -> None:
    for when in ("never", "always", "never", "always"):
        for _ in range(2):
            out = expect_clean(corpus_repo.check("--color", when))
            assert ("\033[" in out) == (when == "always")
    assert "\033[" not in expect_clean(corpus_repo.check())


def test_git_dlm_takes_color(bad: Repo) -> None:
    assert "\033[" in bad.run("git", "dlm", "check", "--color=always").out


def test_color_before_the_command_is_explained(bad: Repo) -> None:
    result = bad.run(COMMAND, "--color", "never", "check")
    assert result.code == 2
    assert "help: write it after the command: `dlm-git check --color`" in result.err
    assert "help: did you mean 'never'?" in bad.check("--color", "nevr").err
