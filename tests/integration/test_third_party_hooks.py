"""Third-party hooks: what `status` and `install` say of them, and what they do to real commits."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from dlm_git.hooks import install, trial
from dlm_git.hooks.git_config import parse_bool
from dlm_git.hooks.script import HOOK_COMMANDS, call_line, script
from tests.support import (
    COMMAND,
    CONFIGURED,
    CORPUS,
    GIT_ONLY,
    GOOD,
    ID,
    OTHER_ID,
    Repo,
    Result,
    expect_clean,
    expect_error,
    new_repo,
)

BAD = GOOD.replace('path: "."', 'path: "/srv/shop"')
CALLS = "installed: a third-party hook that calls dlm-git"
MAY = "uncertain: a third-party hook that may call dlm-git"
NOT = "a third-party hook that does not call dlm-git"
INSTALL = "  help: `dlm-git install` installs them, or says what to do\n"
RUN = "  help: `dlm-git status --run` runs uncertain hooks in a scratch clone\n"


def hook(repo: Repo, text: str, name: str = "pre-commit") -> None:
    file = repo.write(f".git/hooks/{name}", text)
    file.chmod(0o755)


def status(repo: Repo, name: str = "pre-commit", *args: str) -> Result:
    return repo.run(COMMAND, "status", "--hook", name, *args)


def commit(repo: Repo, content: str) -> Result:
    repo.add(CORPUS, content)
    return repo.run("git", "commit", "--quiet", "--message", "a change")


@pytest.fixture
def upstream(corpus_repo: Repo) -> Repo:
    """A bare repository to push to."""
    repo = new_repo(corpus_repo.path.parent / "up", corpus_repo.path.parent / "home", "--bare")
    corpus_repo.git("remote", "add", "origin", str(repo.path))
    return repo


# scripts


@pytest.mark.parametrize(
    ("text", "state", "refuses"),
    [
        ("dlm-git check || exit\necho done\n", CALLS, True),
        ('echo "TODO: switch to dlm-git one day"\n', NOT, False),
        (
            "exit 0\ndlm-git check || exit\n",
            f"{MAY} (line 2 may end the script, before the call)",
            False,
        ),
        (
            "exec true\ndlm-git check || exit\n",
            f"{MAY} (line 2 replaces the shell, before the call)",
            False,
        ),
        (
            "dlm-git check\necho done\n",
            f"{MAY} (line 2: the hook goes on if the check fails: add `|| exit` to the call)",
            False,
        ),
        (
            "dlm-git --version\n",
            f"{MAY} (line 2: `dlm-git --version` is not `dlm-git check`, which this hook needs)",
            False,
        ),
    ],
    ids=["call", "printed", "below exit", "below exec", "not guarded", "version"],
)
def test_a_hook_that_counts_as_installed_refuses_a_bad_commit(
    corpus_repo: Repo, text: str, state: str, refuses: bool
) -> None:
    hook(corpus_repo, f"#!/bin/sh\n{text}")
    result = status(corpus_repo)
    assert result.out.splitlines()[0] == f".git/hooks/pre-commit: {state}"
    assert result.code == (0 if refuses else 1)
    assert (commit(corpus_repo, BAD).code != 0) == refuses
    installed = corpus_repo.run(COMMAND, "install", "--hook", "pre-commit")
    assert installed.code == (0 if refuses else 2)


def test_an_uncertain_hook_is_refused_with_the_way_to_test_it(corpus_repo: Repo) -> None:
    hook(corpus_repo, "#!/bin/sh\nif dlm-git check; then exit 0; else exit 1; fi\n")
    assert status(corpus_repo).out == (
        f".git/hooks/pre-commit: {MAY}"
        f" (line 2: the call is inside a condition, loop, group or function)\n{INSTALL}{RUN}"
    )
    assert expect_error(corpus_repo.run(COMMAND, "install", "--hook", "pre-commit")) == (
        "dlm-git: cannot install: '.git/hooks/pre-commit' is a third-party hook"
        " (line 2: the call is inside a condition, loop, group or function)\n"
        "  help: add the line `dlm-git check || exit` as the first command of"
        f" '.git/hooks/pre-commit'{CONFIGURED}; `dlm-git status --run` tests what it does now\n"
    )


def test_a_hook_of_another_language_gets_no_shell_line(corpus_repo: Repo) -> None:
    hook(corpus_repo, "#!/usr/bin/env python3\nprint('hello')\n")
    error = expect_error(corpus_repo.run(COMMAND, "install", "--hook", "pre-commit"))
    assert "  help: add a call of dlm-git to '.git/hooks/pre-commit', which is not a shell" in error


def test_a_hook_that_git_skips_is_reported_with_the_command_to_change_that(
    corpus_repo: Repo,
) -> None:
    hook(corpus_repo, "#!/bin/sh\ndlm-git check\n")
    (corpus_repo.path / ".git/hooks/pre-commit").chmod(0o644)
    assert status(corpus_repo).out.startswith(
        f".git/hooks/pre-commit: {NOT} (it is not executable, so Git skips it)\n"
    )
    error = expect_error(corpus_repo.run(COMMAND, "install", "--hook", "pre-commit"))
    assert "`chmod +x .git/hooks/pre-commit`" in error


def test_third_party_hooks_that_a_manager_renamed_are_kept(corpus_repo: Repo) -> None:
    corpus_repo.add(".pre-commit-config.yaml", "repos: []\n")
    hook(corpus_repo, "#!/bin/sh\ndlm-git check\n")
    assert corpus_repo.run("pre-commit", "install").code == 0
    assert expect_clean(status(corpus_repo)) == f".git/hooks/pre-commit: {CALLS}\n"
    assert "kept" in expect_clean(corpus_repo.run(COMMAND, "uninstall"))
    (corpus_repo.path / ".git/hooks/pre-commit.legacy").chmod(0o644)
    assert status(corpus_repo).code == 1


# the printed line


@pytest.mark.parametrize("shebang", ["#!/bin/sh", "#!/bin/bash", "#!/bin/sh -e"])
@pytest.mark.parametrize("name", ["pre-commit", "pre-merge-commit"])
def test_the_printed_line_comes_first_in_a_hook_of_commits(
    corpus_repo: Repo, name: str, shebang: str
) -> None:
    hook(corpus_repo, f"{shebang}\n{call_line(name)}\necho 'and more' >&2\nexit 0\n", name)
    assert expect_clean(status(corpus_repo, name)) == f".git/hooks/{name}: {CALLS}\n"
    if name == "pre-commit":
        assert "and more" not in commit(corpus_repo, BAD).err
        assert commit(corpus_repo, f"{GOOD}\nMore.\n").err.endswith("and more\n")


@pytest.mark.parametrize("shebang", ["#!/bin/sh", "#!/bin/bash", "#!/bin/sh -e"])
def test_the_printed_line_shares_the_pushed_refs(
    corpus_repo: Repo, upstream: Repo, tmp_path: Path, shebang: str
) -> None:
    """A hook with the shape of Git LFS's: the command after the printed line reads its input."""
    hook(corpus_repo, f"{shebang}\ncat > '{tmp_path}/lfs' # git lfs pre-push \"$@\"\n", "pre-push")
    error = expect_error(corpus_repo.run(COMMAND, "install", "--hook", "pre-push"))
    line = error.partition("add the line `")[2].partition("` as the first command")[0]
    before = f"{shebang}\n{line}\n"
    hook(corpus_repo, f"{before}cat > '{tmp_path}/lfs' # git lfs pre-push \"$@\"\n", "pre-push")
    assert expect_clean(status(corpus_repo, "pre-push")) == f".git/hooks/pre-push: {CALLS}\n"
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    corpus_repo = replace(corpus_repo, environ={**corpus_repo.environ, "TMPDIR": str(temporary)})

    corpus_repo.git("branch", "good")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit()
    refused = corpus_repo.run("git", "push", "origin", "good", "main")
    assert refused.code == 1
    assert "refs/heads/main: revision" in refused.out + refused.err
    assert upstream.git("for-each-ref") == ""
    assert not (tmp_path / "lfs").exists()

    corpus_repo.git("reset", "--quiet", "--hard", "good")
    corpus_repo.git("push", "--quiet", "origin", "good", "main")
    oid, zeros = corpus_repo.git("rev-parse", "good"), "0" * 40
    assert (tmp_path / "lfs").read_text() == "".join(
        f"refs/heads/{name} {oid} refs/heads/{name} {zeros}\n" for name in ("good", "main")
    )
    corpus_repo.git("push", "--quiet", "origin", "good")  # nothing to push: no lines
    assert (tmp_path / "lfs").read_text() == ""
    assert list(temporary.iterdir()) == []


def test_the_line_that_was_printed_before_does_not_count_below_git_lfs(corpus_repo: Repo) -> None:
    hook(corpus_repo, '#!/bin/sh\ncat\ndlm-git pre-push "$@" || exit\n', "pre-push")
    assert status(corpus_repo, "pre-push").out.startswith(f".git/hooks/pre-push: {MAY}")


# hooks that dlm-git wrote


def test_an_own_hook_without_dlm_git_does_not_count(corpus_repo: Repo, tmp_path: Path) -> None:
    own = tmp_path / "tools" / "dlm-git"
    own.parent.mkdir()
    own.write_text(f'#!/bin/sh\nexec {shlex.quote(COMMAND)} "$@"\n')
    own.chmod(0o755)
    lonely = replace(corpus_repo, environ={**corpus_repo.environ, "PATH": GIT_ONLY})
    expect_clean(lonely.run(COMMAND, "install"))
    assert expect_clean(status(lonely)) == ".git/hooks/pre-commit: installed\n"
    hook(lonely, script("pre-commit", str(own)).decode())
    own.unlink()
    result = status(lonely)
    assert (result.code, result.out.splitlines()[0]) == (
        1,
        ".git/hooks/pre-commit: finds no dlm-git, so nothing is checked:"
        " `dlm-git install` updates it",
    )
    assert commit(lonely, BAD).code == 0
    assert expect_clean(status(corpus_repo)) == ".git/hooks/pre-commit: installed\n"  # on the PATH
    expect_clean(lonely.run(COMMAND, "install"))
    assert expect_clean(status(lonely)) == ".git/hooks/pre-commit: installed\n"


# Git's config


@pytest.fixture
def modern(corpus_repo: Repo, modern_git: Path) -> Repo:
    """A clone with a git that says that it runs hooks of its config."""
    path = f"{modern_git}{os.pathsep}{corpus_repo.environ['PATH']}"
    return replace(corpus_repo, environ={**corpus_repo.environ, "PATH": path})


def section(repo: Repo, *values: str, name: str = "corpus", scope: str = "--local") -> None:
    for value in values:
        key, _, text = value.partition("=")
        repo.git("config", scope, "--add", f"hook.{name}.{key}", text)


@pytest.mark.parametrize("scope", ["--local", "--global"])
@pytest.mark.parametrize(
    ("values", "name", "state"),
    [
        (["command=dlm-git check", "event=pre-commit"], "pre-commit", CALLS),
        (["command=dlm-git pre-push", "event=pre-push"], "pre-push", CALLS),
        (['command=dlm-git pre-push "$@"', "event=pre-push"], "pre-push", MAY),
        (["command=dlm-git check", "event=pre-push"], "pre-push", MAY),
        (["command=dlm-git --version", "event=pre-commit"], "pre-commit", MAY),
        (["command=exit 0; dlm-git check", "event=pre-commit"], "pre-commit", MAY),
        (["command=dlm-git check", "event=pre-commit", "enabled=00"], "pre-commit", NOT),
        (["command=dlm-git check", "event=pre-commit", "enabled="], "pre-commit", NOT),
        (["command=dlm-git check", "event=pre-commit", "enabled=No"], "pre-commit", NOT),
        (
            ["command=dlm-git check", "event=pre-commit", "enabled=0", "enabled=1"],
            "pre-commit",
            CALLS,
        ),
        (["command=dlm-git check", "command=true", "event=pre-commit"], "pre-commit", ""),
        (["event=pre-commit"], "pre-commit", ""),
        (["command=dlm-git check", "event=pre-commit", "event="], "pre-commit", ""),
        (["command=dlm-git check", "event=commit-msg"], "pre-commit", ""),
    ],
)
def test_hooks_of_the_config(
    modern: Repo, values: list[str], name: str, state: str, scope: str
) -> None:
    section(modern, *values, scope=scope)
    first = status(modern, name)
    expected = f"hook.corpus: {state}" if state else f".git/hooks/{name}: not installed"
    assert first.out.startswith(expected), first
    assert first.code == (0 if state == CALLS else 1)


def test_an_event_that_is_off_turns_off_all_its_hooks(modern: Repo) -> None:
    section(modern, "command=dlm-git check", "event=pre-commit")
    expect_clean(modern.run(COMMAND, "install", "--hook", "pre-merge-commit"))
    hook(modern, '#!/bin/sh\ndlm-git pre-push "$@"\n', "pre-push")
    for name in HOOK_COMMANDS:
        section(modern, "enabled=false", name=name)
    off = "it is disabled in the config"
    assert status(modern, "pre-commit").out.startswith(f"hook.corpus: {NOT} ({off})")
    assert "disabled in the config" in status(modern, "pre-merge-commit").out
    assert f"{MAY} (`hook.pre-push.enabled` is false)" in status(modern, "pre-push").out


def test_an_older_git_runs_no_hooks_of_its_config(corpus_repo: Repo, old_git: Path) -> None:
    corpus_repo.environ["PATH"] = f"{old_git}{os.pathsep}{corpus_repo.environ['PATH']}"
    section(corpus_repo, "command=dlm-git check", "event=pre-commit")
    assert status(corpus_repo).out.startswith(".git/hooks/pre-commit: not installed\n")


VALUES = [
    *("", "00", "0", "01", "08", "0x0", "0x1f", "0x", "1k", "0k", "1 ", " 1", "-1", "2", "1.5"),
    *("tRue", "ON", "Off", "no", "YES", "t", "maybe", "kk"),
]


@pytest.mark.parametrize("value", VALUES)
def test_booleans_are_those_of_git(repo: Repo, value: str) -> None:
    result = repo.run("git", "-c", f"a.b={value}", "config", "--type=bool", "a.b")
    expected = {"true\n": True, "false\n": False}.get(result.out)
    assert parse_bool(value) == expected
    assert repo.git("-c", "a.b", "config", "--type=bool", "a.b") == "true"
    assert parse_bool(None) is True


# hook managers


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
@pytest.mark.parametrize(
    ("extra", "state", "refuses"),
    [
        ("always_run: true, pass_filenames: false", CALLS, True),
        ("always_run: true, pass_filenames: false, stages: [manual]", NOT, False),
        ("files: ^docs/, pass_filenames: false", MAY, False),
    ],
    ids=["always", "manual", "filtered"],
)
def test_a_hook_manager_counts_if_it_refuses_a_bad_commit(
    corpus_repo: Repo, manager: str, extra: str, state: str, refuses: bool
) -> None:
    entry = f"{{id: dlm, name: dlm, language: system, entry: dlm-git check, {extra}}}"
    config = f"repos: [{{repo: local, hooks: [{entry}]}}]\n"
    corpus_repo.add(".pre-commit-config.yaml", config)
    corpus_repo.commit()
    installed = corpus_repo.run(manager, "install", "--hook-type", "pre-commit")
    assert installed.code == 0, installed
    result = status(corpus_repo)
    assert result.out.startswith(f".git/hooks/pre-commit: {state}"), result
    assert result.code == (0 if refuses else 1)
    ran = status(corpus_repo, "pre-commit", "--run")
    assert ran.code == (0 if refuses else 1), ran
    assert (commit(corpus_repo, BAD).code != 0) == refuses


# --run

REFUSED = "it refused a commit without a document and accepted a good one"
ACCEPTED = "it accepted a commit without a document"
REFUSED_ALL = "it refused every commit: does `dlm-git check --rev HEAD` pass?"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("if ! dlm-git check; then exit 1; fi\n", f"{CALLS} ({REFUSED})"),
        ("sh -c 'dlm-git check' || exit 3\n", f"{CALLS} ({REFUSED})"),
        ("./check.sh\n", f"{CALLS} ({REFUSED})"),
        ("exit 0\ndlm-git check\n", f"{NOT} ({ACCEPTED})"),
        ("dlm-git check || true\n", f"{NOT} ({ACCEPTED})"),
        ("dlm-git check; exit 1\n", f"{MAY} ({REFUSED_ALL})"),
        ("dlm-git check || exit\ndlm-git-of-another-machine\n", f"{MAY} ({REFUSED_ALL})"),
    ],
)
def test_a_hook_is_run_on_request(corpus_repo: Repo, text: str, state: str) -> None:
    corpus_repo.add("check.sh", "#!/bin/sh\nexec dlm-git check\n")
    (corpus_repo.path / "check.sh").chmod(0o755)
    corpus_repo.git("add", "check.sh")
    corpus_repo.commit()
    hook(corpus_repo, f"#!/bin/sh\n{text}")
    result = status(corpus_repo, "pre-commit", "--run")
    assert result.out.splitlines()[0] == f".git/hooks/pre-commit: {state}"
    assert result.code == (0 if state.startswith(CALLS) else 1)
    assert RUN not in result.out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pre-merge-commit", "pre-push"])
def test_every_hook_can_be_run(corpus_repo: Repo, name: str) -> None:
    command = 'pre-push "$@"' if name == "pre-push" else "check"
    hook(corpus_repo, f"#!/bin/sh\nif ! dlm-git {command}; then exit 1; fi\n", name)
    assert status(corpus_repo, name, "--run").out.startswith(f".git/hooks/{name}: {CALLS}")
    hook(corpus_repo, f"#!/bin/sh\ncat > /dev/null\ndlm-git {command} || true\n", name)
    assert status(corpus_repo, name, "--run").out.startswith(f".git/hooks/{name}: {NOT}")


@pytest.mark.slow
def test_a_hook_that_is_run_changes_nothing_in_the_repository(corpus_repo: Repo) -> None:
    hook(
        corpus_repo,
        "#!/bin/sh\ntouch junk; git config a.b c; git tag junk; git add junk\ncat\n"
        'test -z "$GIT_INDEX_FILE" || rm -f .dlm/corpus.dlm src/shop.py\ndlm-git check\nexit 1\n',
    )
    corpus_repo.write("uncommitted")

    def state() -> list[object]:
        listed = sorted(str(path) for path in corpus_repo.path.rglob("*"))
        config = (corpus_repo.path / ".git/config").read_text()
        return [listed, config, corpus_repo.git("for-each-ref"), corpus_repo.git("ls-files", "-s")]

    before = state()
    assert MAY in status(corpus_repo, "pre-commit", "--run").out
    assert state() == before


@pytest.mark.slow
def test_a_hook_manager_is_run_with_its_config_in_the_working_tree(corpus_repo: Repo) -> None:
    entry = "{id: x, name: x, language: system, entry: sh -c 'dlm-git check',"
    entry += " always_run: true, pass_filenames: false}"
    corpus_repo.add(".pre-commit-config.yaml", "repos: []\n")
    corpus_repo.commit()
    assert corpus_repo.run("pre-commit", "install").code == 0
    assert NOT in status(corpus_repo, "pre-commit", "--run").out
    corpus_repo.write(".pre-commit-config.yaml", f"repos: [{{repo: local, hooks: [{entry}]}}]\n")
    assert MAY in status(corpus_repo).out
    assert CALLS in status(corpus_repo, "pre-commit", "--run").out


@pytest.mark.slow
def test_a_slow_hook_is_ended(corpus_repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 1.0)
    monkeypatch.setattr(os, "environ", corpus_repo.environ)
    hook(corpus_repo, "#!/bin/sh\nsleep 100\ndlm-git check\n")
    (found,) = install.status(corpus_repo.path, ["pre-commit"], run=True)
    assert (found.state, found.reason) == ("uncertain", "`git commit` takes longer than 1 seconds")


def test_hooks_are_run_only_with_a_document(repo: Repo) -> None:
    hook(repo, "#!/bin/sh\nmake\n")
    expected = (
        "dlm-git: cannot run the hooks: HEAD has no document\n"
        "  help: commit a document that `dlm-git check` accepts, and run it again\n"
    )
    assert expect_error(status(repo, "pre-commit", "--run")) == expected
    repo.add("README.md")
    repo.commit()
    assert expect_error(status(repo, "pre-commit", "--run")) == expected
    assert status(repo, "pre-push", "--run").code == 1  # there is nothing to run


# a new id


def test_the_hint_for_a_new_id_fits_the_native_hook(corpus_repo: Repo) -> None:
    expect_clean(corpus_repo.run(COMMAND, "install"))
    refused = commit(corpus_repo, GOOD.replace(ID, OTHER_ID))
    assert refused.code == 1
    command = refused.err.partition("commit with `")[2].partition("`")[0]
    assert command == "git commit --no-verify"
    accepted = corpus_repo.run(*shlex.split(command), "--message", "a new store")
    assert accepted.code == 0, accepted


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
@pytest.mark.parametrize("name", ["dlm-git-check", "dlm-git-check-system"])
def test_the_hint_for_a_new_id_fits_the_hook_of_a_manager(
    corpus_repo: Repo, manager: str, name: str
) -> None:
    settings = f"{{id: {name}, name: dlm, language: system, entry: dlm-git check, always_run: true,"
    config = f"repos: [{{repo: local, hooks: [{settings} pass_filenames: false}}]}}]\n"
    corpus_repo.add(".pre-commit-config.yaml", config)
    corpus_repo.commit()
    assert corpus_repo.run(manager, "install").code == 0
    refused = commit(corpus_repo, GOOD.replace(ID, OTHER_ID))
    output = refused.out + refused.err
    command = output.partition("commit with `")[2].partition("`")[0]
    assert command.startswith("SKIP=")
    assert corpus_repo.run("sh", "-c", f"{command} --message 'a new store'").code == 0


# which refs


def test_only_branches_are_checked_at_a_push(corpus_repo: Repo, upstream: Repo) -> None:
    expect_clean(corpus_repo.run(COMMAND, "install"))
    corpus_repo.git("push", "--quiet", "origin", "main")
    corpus_repo.git("notes", "add", "--message", "a note")
    for number in range(4):
        corpus_repo.git("tag", f"v{number}", "HEAD")
    corpus_repo.git("checkout", "--quiet", "--orphan", "old")
    corpus_repo.git("rm", "--quiet", "-rf", ".")
    corpus_repo.git("commit", "--quiet", "--no-verify", "--allow-empty", "--message", "old")
    corpus_repo.git("tag", "v0-old")
    pushed = corpus_repo.run("git", "push", "--quiet", "origin", "refs/notes/commits")
    assert pushed == Result(
        0, "", "dlm-git: refs/notes/commits: not checked: only branches are, without --refs\n"
    )
    pushed = corpus_repo.run("git", "push", "--quiet", "--tags", "origin")
    assert pushed.code == 0
    assert pushed.err.startswith("dlm-git: refs/tags/v0, ")
    assert pushed.err.endswith(" and 2 more: not checked: only branches are, without --refs\n")
    assert pushed.err.count("\n") == 1
    assert corpus_repo.run("git", "push", "--quiet", "origin", "old").code == 1
    assert "refs/heads/old" not in upstream.git("for-each-ref")
    deleted = corpus_repo.run("git", "push", "--quiet", "origin", ":refs/tags/v0")
    assert deleted == Result(0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_only_branches_are_checked_at_a_push_by_a_manager(
    corpus_repo: Repo, upstream: Repo, manager: str
) -> None:
    settings = "{id: x, name: dlm, language: system, entry: dlm-git check, always_run: true,"
    config = f"repos: [{{repo: local, hooks: [{settings} pass_filenames: false}}]}}]\n"
    corpus_repo.add(".pre-commit-config.yaml", config)
    corpus_repo.commit()
    assert corpus_repo.run(manager, "install", "--hook-type", "pre-push").code == 0
    corpus_repo.git("notes", "add", "--message", "a note")
    pushed = corpus_repo.run("git", "push", "--quiet", "origin", "refs/notes/commits")
    assert pushed.code == 0, pushed
    assert "refs/notes/commits" in upstream.git("for-each-ref")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit()
    assert corpus_repo.run("git", "push", "--quiet", "origin", "main").code == 1
    environ = {"PRE_COMMIT_REMOTE_BRANCH": "refs/tags/v1", "PRE_COMMIT_TO_REF": "HEAD"}
    assert corpus_repo.check(env=environ) == Result(
        0, "", "dlm-git: refs/tags/v1: not checked: only branches are\n"
    )
    assert corpus_repo.check("--rev", "HEAD", env=environ).code == 1
