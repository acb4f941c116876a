"""Findings are accepted by `[[ignore-path]]`, by comments and by a baseline, as a user does it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import dlm_git
from dlm_git.errors import DlmGitError
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    OTHER_ID,
    Repo,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
)
from tests.unit.test_acceptance import SECRET

BASELINE = ".dlm-git-baseline.json"
CONFIG = ".dlm-git.toml"
EXPECTED = 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n'
ENTRY = f"""
[[ignore-path]]
paths = ["vendor/**"]
rules = ["{SECRET}"]
reason = "test keys"
"""


@pytest.fixture
def shop(corpus_repo: Repo) -> Repo:
    """A repository with two findings, a secret in `vendor` and another base model, and a config."""
    corpus_repo.add(CONFIG, EXPECTED)
    corpus_repo.add(CORPUS, GOOD.replace("coder-1.5b", "0.5b"))
    corpus_repo.add("vendor/.npmrc", "_authToken=x\n")
    corpus_repo.commit("two findings")
    return corpus_repo


def write_baseline(repo: Repo, count: str = "2 findings") -> None:
    assert expect_clean(repo.check("--write-baseline")) == (
        f"Wrote {BASELINE}: {count} accepted\n  next: git add {BASELINE}\n"
    )
    repo.git("add", BASELINE)


# paths


def test_findings_in_ignored_paths_are_accepted(shop: Repo) -> None:
    expect_findings(shop.check(), "2 findings")
    shop.add(CONFIG, EXPECTED + ENTRY)
    output = expect_findings(shop.check(), "1 finding in the index (1 fixable with --fix; 1 accept")
    assert SECRET not in output
    expect_findings(shop.check("--show-accepted"), "accepted by vendor/** in 'ignore-path': test")


def test_an_entry_ends_on_its_day(shop: Repo) -> None:
    shop.add(CONFIG, f"{EXPECTED}{ENTRY}until = 2001-01-01\n")
    output = expect_findings(shop.check(), SECRET, "2 findings")
    assert "note: 'ignore-path' for 'vendor/**' ended on 2001-01-01" in output
    shop.add(CONFIG, f"{EXPECTED}{ENTRY}until = 2999-01-01\n")
    assert SECRET not in expect_findings(shop.check(), "1 finding")


def test_the_api_compares_with_a_day(shop: Repo) -> None:
    shop.add(CONFIG, f"{EXPECTED}{ENTRY}until = 2027-01-31\n")
    last, next_ = "2027-01-31", "2027-02-01"
    assert [f.rule for f in dlm_git.check(shop.path, today=last).findings] == ["wrong-base"]
    assert len(dlm_git.check(shop.path, today=next_).findings) == 2
    (accepted,) = dlm_git.check(shop.path, today=last).accepted
    for day in ("", "0", "31.12.2026", "2026-02-30"):
        with pytest.raises(DlmGitError, match=f"'today' is not a day: '{day}'"):
            dlm_git.check(shop.path, today=day)
    assert isinstance(accepted, dlm_git.AcceptedFinding)
    assert (accepted.kind, accepted.reason, accepted.where) == ("path", "test keys", "vendor/**")


def test_an_unknown_rule_is_an_error(shop: Repo) -> None:
    shop.add(CONFIG, EXPECTED + ENTRY.replace(SECRET, "secrets"))
    expect_error(shop.check(), "unknown rule 'secrets' in 'ignore-path'")


def test_config_prints_entries_that_can_be_read_again(shop: Repo) -> None:
    shop.add(CONFIG, f"{EXPECTED}{ENTRY}until = 2999-01-01\n")
    printed = expect_clean(shop.run(COMMAND, "config"))
    assert 'reason = "test keys", until = "2999-01-01"}]' in printed
    shop.add(CONFIG, printed)
    assert SECRET not in expect_findings(shop.check(), "1 accepted")


# comments


def test_a_comment_accepts_a_finding(shop: Repo) -> None:
    text = (shop.path / CORPUS).read_text()
    comment = "  # dlm-git: ignore[wrong-base] a smaller one\n"
    shop.add(CORPUS, text.replace("0.5b\n", f"0.5b{comment}"))
    shop.add(CONFIG, EXPECTED + ENTRY)
    assert expect_clean(shop.check()) == (
        f"OK: {CORPUS} in the index, no findings (2 accepted: 1 comment, 1 vendor/**)\n"
    )
    assert shop.check("--fix").out == shop.check().out  # it is left alone
    shop.add(CORPUS, GOOD.replace("1.5b\n", f"1.5b{comment}"))
    expect_findings(shop.check(), "unused-ignore: wrong-base reports nothing on the line")


# the baseline


def test_a_baseline_accepts_what_there_is_and_nothing_else(shop: Repo) -> None:
    write_baseline(shop)
    expect_clean(shop.check())
    shop.commit("a baseline")
    expect_clean(shop.check("--rev", "HEAD"))
    expect_clean(shop.check("--worktree"))
    shop.add("lib/.netrc")
    output = expect_findings(shop.check(), "lib/.netrc", "1 finding in the index (2 accepted: 2")
    assert output.count("help:") == 1
    write_baseline(shop, "3 findings")
    expect_clean(shop.check())


def test_a_baseline_that_is_not_staged_is_not_read(shop: Repo) -> None:
    expect_clean(shop.check("--write-baseline"))
    expect_findings(shop.check(), "2 findings", f"note: '{BASELINE}' is not in the index")
    shop.git("add", BASELINE)
    expect_clean(shop.check())
    shop.write(BASELINE, "{}")
    assert f"'{BASELINE}' has changes that are not staged" in expect_clean(shop.check())


def test_the_baseline_lists_only_what_nothing_else_accepts(shop: Repo) -> None:
    shop.add(CONFIG, EXPECTED + ENTRY)
    write_baseline(shop, "1 finding")
    assert SECRET not in (shop.path / BASELINE).read_text()


def test_entries_that_no_longer_occur_are_listed(shop: Repo) -> None:
    write_baseline(shop)
    shop.git("rm", "--quiet", "--cached", "vendor/.npmrc")
    output = expect_clean(shop.check())
    assert f"note: '{BASELINE}' lists a finding that no longer occurs: {SECRET}" in output
    write_baseline(shop, "1 finding")
    assert "note" not in expect_clean(shop.check())


def test_without_findings_the_baseline_is_removed(shop: Repo) -> None:
    write_baseline(shop)
    shop.add(CORPUS, GOOD)
    shop.git("rm", "--quiet", "--cached", "vendor/.npmrc")
    assert expect_clean(shop.check("--write-baseline")) == (
        f"Removed {BASELINE}: there are no findings to accept\n  next: git add {BASELINE}\n"
    )
    shop.git("add", BASELINE)
    assert expect_clean(shop.check("--write-baseline")) == (
        "no findings to accept, so no baseline is needed\n"
    )
    assert "accepted" not in expect_clean(shop.check())


def test_an_unchanged_baseline_is_not_written(shop: Repo) -> None:
    write_baseline(shop)
    before = (shop.path / BASELINE).stat()
    assert expect_clean(shop.check("--write-baseline")) == (
        f"Unchanged: {BASELINE}: 2 findings accepted\n"
    )
    assert (shop.path / BASELINE).stat() == before


def test_a_baseline_is_written_from_a_subdirectory(shop: Repo) -> None:
    result = shop.check("--write-baseline", cwd=shop.path / "src")
    assert expect_clean(result).endswith(f"  next: git add ../{BASELINE}\n")
    shop.git("add", f"../{BASELINE}", cwd=shop.path / "src")
    expect_clean(shop.check())


def test_fix_leaves_the_findings_of_a_baseline_alone(shop: Repo) -> None:
    write_baseline(shop)
    text = (shop.path / CORPUS).read_text().replace('"."', '"./"')
    shop.add(CORPUS, text.replace("sources_policy: strict", "sources_policy: permissive"))
    result = shop.check("--fix")
    assert result.out.startswith(f"{CORPUS}: fixed wrong-sources-policy"), result
    fixed = (shop.path / CORPUS).read_text()
    assert "0.5b" in fixed
    assert "sources_policy: strict" in fixed


def test_baselines_of_two_branches_merge(shop: Repo) -> None:
    for number in range(9):
        shop.add(f"old/{number}/.netrc")
    write_baseline(shop, "11 findings")
    shop.commit("a baseline")
    shop.git("checkout", "--quiet", "-b", "other")
    shop.git("rm", "--quiet", "old/2/.netrc")
    write_baseline(shop, "10 findings")
    shop.commit("one finding less")
    shop.git("checkout", "--quiet", "main")
    shop.add("old/6b/.netrc")
    write_baseline(shop, "12 findings")
    shop.commit("one finding more")
    shop.git("merge", "--quiet", "other")
    assert "note" not in expect_clean(shop.check())
    assert expect_clean(shop.check("--write-baseline")).startswith("Unchanged")


def _linked(repo: Repo) -> None:
    (repo.path / BASELINE).symlink_to("src/shop.py")
    repo.git("add", BASELINE)


def _unmerged(repo: Repo) -> None:
    oid = repo.git("rev-parse", f":{CORPUS}")
    rows = f"100644 {oid} 2\t{BASELINE}\n100644 {oid} 3\t{BASELINE}\n"
    repo.git("update-index", "--index-info", data=rows.encode())


BROKEN: dict[str, tuple[Callable[[Repo], object], str, str]] = {
    "conflict markers": (
        lambda repo: repo.add(BASELINE, "{\n<<<<<<< HEAD\n"),
        f"{BASELINE}:2: the file contains a conflict marker",
        "--write-baseline",
    ),
    "no JSON": (lambda repo: repo.add(BASELINE, "{"), f"{BASELINE}:1:2: invalid JSON", "--write-b"),
    "large": (
        lambda repo: repo.add(BASELINE, " " * (8 << 20) + "{}"),
        f"'{BASELINE}' is too large: 8,388,610 bytes",
        "expected at most 8,388,608 bytes",
    ),
    "a link": (_linked, f"'{BASELINE}' is not a regular file in the index", "replace it with a"),
    "unmerged": (_unmerged, f"'{BASELINE}' is unmerged in the index", f"git add {BASELINE}"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_baseline_is_an_error(shop: Repo, kind: str) -> None:
    break_it, message, hint = BROKEN[kind]
    break_it(shop)
    expect_error(shop.check(), message, hint)
    named = shop.run(COMMAND, "check", ".")
    assert named.code == 2
    assert message in named.out


@pytest.mark.parametrize("kind", ["conflict markers", "no JSON", "large", "unmerged"])
def test_a_broken_baseline_can_be_written_again(shop: Repo, kind: str) -> None:
    BROKEN[kind][0](shop)
    write_baseline(shop)
    expect_clean(shop.check())


def test_a_baseline_is_not_written_through_a_link(shop: Repo) -> None:
    _linked(shop)
    expect_error(shop.check("--write-baseline"), f"cannot read '{BASELINE}'", "symbolic link")
    assert (shop.path / "src/shop.py").read_text() == "print('shop')\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rev", "HEAD"], "--write-baseline needs the index or the working tree"),
        (["."], "other repositories are never changed"),
        (["--format", "json"], "--write-baseline prints no report"),
        (["--output", "x"], "--write-baseline prints no report"),
    ],
)
def test_a_baseline_is_written_for_the_current_state_only(
    shop: Repo, arguments: list[str], message: str
) -> None:
    expect_error(shop.check("--write-baseline", *arguments), message)
    assert not (shop.path / BASELINE).exists()


def test_a_baseline_needs_a_working_tree(shop: Repo, tmp_path: Path) -> None:
    shop.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    result = shop.run(COMMAND, "check", "--write-baseline", cwd=tmp_path / "bare")
    expect_error(result, "a bare repository has no index")


def test_the_baseline_goes_with_the_config_of_a_revision(shop: Repo, tmp_path: Path) -> None:
    """In CI a change that adds to the baseline must not accept its own findings."""
    write_baseline(shop)
    shop.commit("a baseline")
    shop.add("lib/.netrc")
    write_baseline(shop, "3 findings")
    expect_clean(shop.check())
    expect_findings(shop.check("--config-rev", "HEAD"), "lib/.netrc", "1 finding in the index")
    config = tmp_path / "config.toml"
    config.write_text(EXPECTED)
    expect_clean(shop.check("--config", str(config)))


def test_a_baseline_of_the_index_applies_in_ci(repo: Repo) -> None:
    """A message about a missing document names the state that was checked."""
    repo.add("a.py")
    repo.commit()
    write_baseline(repo, "1 finding")
    repo.commit("a baseline")
    expect_clean(repo.check("--rev", "HEAD"))


def test_json_lists_what_is_accepted(shop: Repo) -> None:
    write_baseline(shop)
    loaded = json.loads(shop.check("--format", "json").out)
    assert [one["kind"] for one in loaded["accepted"]] == ["baseline", "baseline"]
    assert loaded["clean"] is True


# many repositories

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.mark.slow
def test_a_fleet_with_accepted_findings_and_a_locked_policy_reports_only_what_is_new(
    repo: Repo, tmp_path: Path
) -> None:
    policy = tmp_path / "org.toml"
    policy.write_text('base = "qwen2.5-coder-1.5b"\nlocked = ["base"]\n')
    fleet = Repo(tmp_path / "fleet", {**repo.environ, "DLM_GIT_CONFIG": str(policy)})
    fleet.path.mkdir()
    template = new_repo(tmp_path / "template", Path(repo.environ["HOME"]))
    template.add(CONFIG, f"{EXPECTED}{ENTRY}until = 2999-01-01\n")
    template.add("vendor/.npmrc", "_authToken=x\n")
    template.add("src/shop.py")
    names = [f"r{number:03}" for number in range(100)]
    for number, name in enumerate(names):
        shutil.copytree(template.path, fleet.path / name)
        member = Repo(fleet.path / name, repo.environ)
        ulid = OTHER_ID[:-2] + _ALPHABET[number // 32] + _ALPHABET[number % 32]
        text = GOOD.replace(GOOD.split()[2], ulid).replace("coder-1.5b", "0.5b")
        comment = "  # dlm-git: ignore[wrong-sources-policy] as before"
        text = text.replace("strict", "permissive" + comment)
        text = text.replace('["**/*"]', f'["**/*", "**/*.rs{number}"]')
        member.add(CORPUS, text)
        write_baseline(member, "3 findings")
    result = fleet.run(COMMAND, "check", *names)
    assert expect_clean(result) == (
        "100 in total: 100 clean, 0 with findings"
        " (500 accepted: 300 baseline, 100 comment, 100 vendor/**)\n"
    )
    Repo(fleet.path / names[42], repo.environ).add("src/.netrc")
    output = expect_findings(fleet.run(COMMAND, "check", *names))
    assert output == (
        f"r042: the index\nsrc/.netrc: {SECRET}: 'src/.netrc' may contain credentials and is in the"
        " training set\n  help: add the line '/src/.netrc' to .dlm/ignore, or, if it is harmless,"
        " add '!/src/.netrc' to 'secrets' in .dlm-git.toml\n\n"
        f"r042  {SECRET}\n100 in total: 99 clean, 1 with findings"
        " (500 accepted: 300 baseline, 100 comment, 100 vendor/**)\n"
    )
    relaxed = Repo(fleet.path / names[7], repo.environ)
    relaxed.add(CONFIG, (relaxed.path / CONFIG).read_text().replace("coder-1.5b", "0.5b"))
    result = fleet.run(COMMAND, "check", *names)
    assert result.code == 2
    assert "r007: cannot check: .dlm-git.toml:" in result.out
    assert f"'base' is locked in {policy}:2" in result.out


# pushes


def _serve(repo: Repo, *arguments: str) -> Repo:
    """Return a clone of a repository, whose pushes dlm-git checks there."""
    bare = repo.path.parent / "server.git"
    repo.git("clone", "--quiet", "--bare", ".", str(bare))
    repo.git("remote", "add", "origin", str(bare))
    hook = bare / "hooks" / "pre-receive"
    hook.write_text(f'#!/bin/sh\nexec "{COMMAND}" pre-receive {" ".join(arguments)}\n')
    hook.chmod(0o755)
    return repo


def push(repo: Repo) -> tuple[bool, str]:
    result = repo.run("git", "push", "--quiet", "origin", "main")
    return result.code == 0, result.err


def test_a_push_cannot_add_to_its_own_baseline(shop: Repo) -> None:
    write_baseline(shop)
    shop.commit("a baseline")
    _serve(shop)
    shop.add("a.py")
    shop.commit("more")
    assert push(shop) == (True, "")
    shop.add("lib/.netrc")
    write_baseline(shop, "3 findings")
    shop.commit("a finding with its baseline")
    accepted, output = push(shop)
    assert not accepted
    assert f"lib/.netrc: {SECRET}" in output
    assert "wrong-base" not in output


def test_comments_count_before_a_push(shop: Repo) -> None:
    shop.add(CONFIG, EXPECTED + ENTRY)
    comment = "  # dlm-git: ignore[wrong-base] a smaller one\n"
    shop.add(CORPUS, GOOD.replace("coder-1.5b\n", f"0.5b{comment}"))
    commit = shop.commit("a finding with a comment")
    update = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n".encode()
    expect_clean(shop.run(COMMAND, "pre-push", "origin", "url", data=update))


def test_a_push_cannot_accept_findings_by_comments(shop: Repo) -> None:
    shop.add(CONFIG, EXPECTED + ENTRY)
    shop.add(CORPUS, GOOD)
    shop.commit("clean")
    _serve(shop)
    comment = "  # dlm-git: ignore[wrong-base] a smaller one\n"
    shop.add(CORPUS, GOOD.replace("coder-1.5b\n", f"0.5b{comment}"))
    shop.commit("a finding with a comment")
    expect_clean(shop.check())
    accepted, output = push(shop)
    assert not accepted
    assert "comments `# dlm-git: ignore` count only with the config of the checked" in output
    assert "unused-ignore" not in output
    expect_findings(shop.check("--config-rev", "HEAD~"), "wrong-base", "note: comments")


def test_a_push_that_breaks_the_baseline_is_refused(shop: Repo) -> None:
    write_baseline(shop)
    shop.commit("a baseline")
    _serve(shop)
    shop.add(BASELINE, "{\n<<<<<<< HEAD\n")
    shop.commit("a conflict")
    accepted, output = push(shop)
    assert not accepted
    assert f"cannot check: {BASELINE}:2: the file contains a conflict marker" in output


def test_with_the_config_of_the_server_no_baseline_counts(shop: Repo, tmp_path: Path) -> None:
    write_baseline(shop)
    shop.commit("a baseline")
    config = tmp_path / "server.toml"
    config.write_text(EXPECTED)
    _serve(shop, "--config", str(config))
    shop.add("a.py")
    shop.commit("more")
    accepted, output = push(shop)
    assert not accepted
    assert "wrong-base" in output


def test_before_a_push_the_baseline_of_the_commit_counts(shop: Repo) -> None:
    write_baseline(shop)
    shop.commit("a baseline")
    commit = shop.git("rev-parse", "HEAD")
    line = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n"
    command = (COMMAND, "pre-push", "origin", os.devnull)
    assert expect_clean(shop.run(*command, data=line.encode())) == ""
    shop.add("lib/.netrc")
    commit = shop.commit("a new finding")
    line = f"refs/heads/main {commit} refs/heads/main {'0' * 40}\n"
    result = shop.run(*command, data=line.encode())
    assert result.code == 1
    assert "lib/.netrc" in result.out
