"""The organization's config, extended files and locked keys, in repositories."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import dlm_git
from dlm_git.errors import DlmGitError
from dlm_git.paths import BASELINE
from tests.modes import bound_command
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    PROJECT,
    Repo,
    Result,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
)

OWN = ".dlm-git.toml"
BASE, OTHER = "qwen2.5-coder-1.5b", "smollm2-135m"
LOCKED = f'base = "{BASE}"\nlocked = ["base"]\n'


@pytest.fixture
def org(corpus_repo: Repo) -> Path:
    """The organization's config in the system's directory, without any key."""
    file = Path(corpus_repo.environ["XDG_CONFIG_DIRS"]) / "dlm-git/config.toml"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


# where it is


def test_the_organizations_config_applies_to_a_repository_without_one(
    corpus_repo: Repo, org: Path
) -> None:
    org.write_text(f'base = "{OTHER}"\ninclude = ["**/*"]\n')
    out = expect_findings(corpus_repo.check(), "wrong-base", f"or change 'base' in {org}\n")
    assert "not configured" not in out
    corpus_repo.add(OWN, f'base = "{BASE}"\n')
    expect_clean(corpus_repo.check())
    expect_findings(corpus_repo.check("--base", "phi-3.5-mini"), "or change --base\n")


def test_the_variable_names_another_file(corpus_repo: Repo, org: Path, tmp_path: Path) -> None:
    org.write_text(f'base = "{OTHER}"\n')
    named = tmp_path / "named.toml"
    named.write_text(f'base = "{BASE}"\n')
    env = {"DLM_GIT_CONFIG": str(named)}
    assert corpus_repo.check(env=env).code == 0
    assert corpus_repo.check(env={"DLM_GIT_CONFIG": ""}).code == 1
    assert corpus_repo.check(env={"DLM_GIT_CONFIG": os.devnull}).code == 0


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{tmp}/gone.toml", ("cannot read '{tmp}/gone.toml': No such file", "or unset it")),
        ("org.toml", ("DLM_GIT_CONFIG must be an absolute path, found 'org.toml'",)),
        ("{tmp}", ("cannot read '{tmp}': Is a directory",)),
        ("{tmp}/broken.toml", ("{tmp}/broken.toml:2: unknown key 'bse'", "did you mean 'base'?")),
        ("{tmp}/pipe", ("'{tmp}/pipe' is a pipe, expected a file",)),
        ("{tmp}/pyproject.toml", ("'{tmp}/pyproject.toml' does not configure dlm-git",)),
    ],
)
def test_a_named_file_that_cannot_be_read_is_an_error(
    corpus_repo: Repo, tmp_path: Path, value: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "broken.toml").write_text("\nbse = 1\n")
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    os.mkfifo(tmp_path / "pipe")
    env = {"DLM_GIT_CONFIG": value.format(tmp=tmp_path)}
    for command in ("check", "config", "files", "init"):
        result = corpus_repo.run(COMMAND, command, env=env)
        expect_error(result, *(word.format(tmp=tmp_path) for word in words))


def test_a_dangling_link_in_the_systems_directory_is_an_error(corpus_repo: Repo, org: Path) -> None:
    org.unlink()
    assert corpus_repo.check().code == 0
    org.symlink_to("gone")
    expect_error(corpus_repo.check(), f"the organization's config: cannot read '{org}'")


def test_an_unreadable_file_is_an_error(corpus_repo: Repo, org: Path) -> None:
    check = (*bound_command(), COMMAND, "check")
    org.chmod(0)
    expect_error(corpus_repo.run(*check), "Permission denied")
    org.chmod(0o644)
    expect_clean(corpus_repo.run(*check))
    org.parent.chmod(0)
    try:
        expect_error(corpus_repo.run(*check), "Permission denied")
    finally:
        org.parent.chmod(0o755)


def test_the_first_of_the_systems_directories_counts(
    corpus_repo: Repo, org: Path, tmp_path: Path
) -> None:
    org.write_text(f'base = "{OTHER}"\n')
    (tmp_path / "relative").mkdir()
    dirs = f"relative:{tmp_path / 'none'}:{org.parent.parent}"
    assert corpus_repo.check(env={"XDG_CONFIG_DIRS": dirs}).code == 1


def test_the_users_own_config_is_not_read(corpus_repo: Repo) -> None:
    home = Path(corpus_repo.environ["XDG_CONFIG_HOME"]) / "dlm-git"
    home.mkdir(parents=True)
    (home / "config.toml").write_text(f'base = "{OTHER}"\n')
    expect_clean(corpus_repo.check())


def test_the_library_reads_it(
    corpus_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "org.toml").write_text(f'base = "{OTHER}"\nlocked = ["base"]\n')
    monkeypatch.setenv("DLM_GIT_CONFIG", str(tmp_path / "org.toml"))
    assert [each.rule for each in dlm_git.check(corpus_repo.path).findings] == ["wrong-base"]
    with pytest.raises(DlmGitError, match="--base: 'base' is locked in"):
        dlm_git.check(corpus_repo.path, base=BASE)


# locks


def test_a_repository_cannot_relax_a_locked_key(corpus_repo: Repo, org: Path) -> None:
    org.write_text(LOCKED)
    corpus_repo.add(OWN, f'# ours\nbase = "{OTHER}"\n')
    for command in ("check", "config", "files", "init", "ignore"):
        expect_error(
            corpus_repo.run(COMMAND, command),
            f'{OWN}:2: \'base\' is locked in {org}:2: expected "{BASE}", found "{OTHER}"',
            f"remove 'base' from {OWN}, or change 'base' in {org}",
        )
    corpus_repo.add(OWN, f'base = "{BASE}"\n')
    assert corpus_repo.check().code == 0
    expect_error(corpus_repo.check("--base", OTHER), "--base: 'base' is locked in")


@pytest.mark.parametrize("state", ["--config", "--config-rev", "--rev", "--worktree"])
def test_the_locks_hold_for_every_config(
    corpus_repo: Repo, org: Path, tmp_path: Path, state: str
) -> None:
    org.write_text(LOCKED)
    text = f'base = "{OTHER}"\n'
    (tmp_path / "a.toml").write_text(text)
    corpus_repo.add(OWN, text)
    corpus_repo.commit()
    corpus_repo.git("rm", "--quiet", "--cached", OWN)
    value = {"--config": str(tmp_path / "a.toml"), "--worktree": ""}.get(state, "HEAD")
    args = [state, value] if value else [state]
    file = value if state == "--config" else OWN
    expect_error(corpus_repo.check(*args), f"{file}:1: 'base' is locked in {org}:2")


def test_a_lock_of_the_tables_allows_other_keys(corpus_repo: Repo, org: Path) -> None:
    org.write_text('locked = ["corpus"]\n')
    corpus_repo.add(OWN, f'base = "{BASE}"\n')
    assert corpus_repo.check().code == 0


def test_a_locked_ignore_forbids_suppressed_rules(corpus_repo: Repo, org: Path) -> None:
    org.write_text('locked = ["ignore"]\n[ignore]\nempty-body = "ours"\n')
    assert "suppressed empty-body" in corpus_repo.check().out
    expect_error(corpus_repo.check("--ignore", "dead-pattern=x"), "--ignore: 'ignore' is locked")
    corpus_repo.add(OWN, '[ignore]\ndead-pattern = "x"\n')
    expect_error(corpus_repo.check(), f"{OWN}:1: 'ignore' is locked in {org}:1")


def test_a_locked_ignore_forbids_accepted_findings(corpus_repo: Repo, org: Path) -> None:
    corpus_repo.add(CORPUS, GOOD.replace(BASE, f"{OTHER}  # dlm-git: ignore[wrong-base] ours"))
    org.write_text(f'base = "{BASE}"\nlocked = ["base"]\n')
    assert corpus_repo.check().code == 0
    org.write_text(f'base = "{BASE}"\nlocked = ["base", "ignore"]\n')
    expect_findings(corpus_repo.check(), "wrong-base")
    entry = f'[[ignore-path]]\npaths = ["{CORPUS}"]\nrules = ["wrong-base"]\nreason = "x"\n'
    corpus_repo.add(OWN, entry)
    expect_error(corpus_repo.check(), f"{OWN}:1: 'ignore-path' is locked in {org}:2")
    corpus_repo.git("rm", "--quiet", "--cached", OWN)
    org.write_text(org.read_text() + entry)
    assert corpus_repo.check().code == 0


def test_what_a_locked_ignore_forbids_is_a_note(corpus_repo: Repo, org: Path) -> None:
    corpus_repo.add(CORPUS, GOOD.replace(BASE, f"{OTHER}  # dlm-git: ignore[wrong-base] ours"))
    corpus_repo.add(BASELINE, "[]\n")
    org.write_text(f'base = "{BASE}"\nlocked = ["ignore"]\n')
    result = corpus_repo.check()
    expect_findings(result, "wrong-base")
    hint = f"  help: accept the findings under [[ignore-path]] in {org}\n"
    for message in (
        f"comments `# dlm-git: ignore` do not count: 'ignore' is locked in {org}; there are some in"
        f" '{CORPUS}'",
        f"'{BASELINE}' does not count: 'ignore' is locked in {org}",
    ):
        assert f"note: {message}\n{hint}" in result.out


def test_a_baseline_that_would_not_count_is_not_written(corpus_repo: Repo, org: Path) -> None:
    corpus_repo.add(".netrc", "x\n")
    org.write_text('locked = ["ignore"]\n')
    message = f"'ignore' is locked in {org}, so '{BASELINE}' would not count"
    expect_error(corpus_repo.check("--write-baseline"), message)
    assert not (corpus_repo.path / BASELINE).exists()


def test_a_locked_ignore_forbids_names_that_are_not_secret(corpus_repo: Repo, org: Path) -> None:
    corpus_repo.add(".netrc", "x\n")
    corpus_repo.add(OWN, 'secrets = ["*.vault", "!*"]\n')
    org.write_text('locked = ["base"]\n')
    assert corpus_repo.check().code == 0
    org.write_text('locked = ["ignore"]\n')
    message = f"""{OWN}:1: 'secrets' contains "!*", but 'ignore' is locked in {org}:1"""
    expect_error(corpus_repo.check(), message)
    corpus_repo.add(OWN, 'secrets = ["*.vault"]\n')
    expect_findings(corpus_repo.check(), "secret-in-training-set")
    org.write_text('secrets = ["!.netrc"]\nlocked = ["ignore"]\n')
    assert corpus_repo.check().code == 0


# extends


def test_an_extended_file_is_read_from_the_checked_state(corpus_repo: Repo) -> None:
    corpus_repo.add("policy/team.toml", f'base = "{OTHER}"\n')
    corpus_repo.add(OWN, 'extends = "policy/team.toml"\ninclude = ["**/*"]\n')
    hint = "or change 'base' in policy/team.toml"
    expect_findings(corpus_repo.check(), "wrong-base", hint)
    commit = corpus_repo.commit()
    corpus_repo.add("policy/team.toml", f'base = "{BASE}"\n')
    expect_clean(corpus_repo.check())
    assert corpus_repo.check("--rev", commit).code == 1
    assert corpus_repo.check("--config-rev", commit).code == 1
    corpus_repo.write("policy/team.toml", f'base = "{OTHER}"\n')
    assert "note: 'policy/team.toml' has changes that are not staged" in corpus_repo.check().out
    assert corpus_repo.check("--worktree").code == 1


def test_an_extended_file_that_is_not_staged_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.write("team.toml", f'base = "{OTHER}"\n')
    corpus_repo.add(OWN, '\nextends = "team.toml"\n')
    message = f"{OWN}:2: 'extends': 'team.toml' is not a file in the index"
    expect_error(corpus_repo.check(), message, "`git add team.toml`")
    assert corpus_repo.check("--worktree").code == 1


def _link(repo: Repo, target: Path) -> None:
    (repo.path / "team.toml").symlink_to(target)
    repo.git("add", "team.toml")


def _linked_directory(repo: Repo, target: Path) -> None:
    repo.add("policy/outside.toml", "")
    repo.git("rm", "--quiet", "--cached", "policy/outside.toml")
    (repo.path / "policy/outside.toml").unlink()
    (repo.path / "policy").rmdir()
    (repo.path / "policy").symlink_to(target.parent)
    repo.git("add", "policy")


def _tracked_through_a_link(repo: Repo, target: Path) -> None:
    repo.add("policy/outside.toml", "")
    (repo.path / "policy/outside.toml").unlink()
    (repo.path / "policy").rmdir()
    (repo.path / "policy").symlink_to(target.parent)


@pytest.mark.parametrize(
    ("extends", "make"),
    [
        ("team.toml", _link),
        ("policy/outside.toml", _linked_directory),
        ("policy/outside.toml", _tracked_through_a_link),
        ("../outside.toml", lambda *_: None),
        ("{outside}", lambda *_: None),
    ],
)
@pytest.mark.parametrize("args", [(), ("--worktree",)])
def test_extends_cannot_leave_the_repository(
    corpus_repo: Repo,
    tmp_path: Path,
    extends: str,
    make: Callable[[Repo, Path], None],
    args: tuple[str, ...],
) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text(f'base = "{OTHER}"\n')
    make(corpus_repo, outside)
    corpus_repo.add(OWN, f'extends = "{extends.format(outside=outside)}"\n')
    result = corpus_repo.check(*args)
    if make is _tracked_through_a_link and not args:
        assert result.code == 0  # the index has a file at that path
    else:
        expect_error(result, f"{OWN}:1: 'extends'")


def test_an_extended_file_may_have_any_name(corpus_repo: Repo) -> None:
    corpus_repo.add("policy/dlm-git.toml", f'base = "{BASE}"\ninclude = ["**/*"]\n')
    assert "'policy/dlm-git.toml' is not read" in corpus_repo.check().out
    corpus_repo.add(OWN, 'extends = "policy/dlm-git.toml"\n')
    assert "not read" not in expect_clean(corpus_repo.check())


def test_a_config_of_a_flag_cannot_extend(corpus_repo: Repo) -> None:
    corpus_repo.write("a.toml", 'extends = "b.toml"\n')
    expect_error(corpus_repo.check("--config", "a.toml"), "a.toml:1: 'extends' is read only in a")


# commands


def test_config_shows_each_origin_and_lock(corpus_repo: Repo, org: Path) -> None:
    org.write_text(LOCKED + 'allow = [".dlm/a.dlm"]\n')
    corpus_repo.add("team.toml", 'locked = ["name"]\n[ignore]\nempty-body = "x"\n')
    corpus_repo.add(OWN, 'extends = "team.toml"\nallow = [".dlm/b.dlm"]\n')
    lines = [line.split("  # ") for line in corpus_repo.run(COMMAND, "config").out.splitlines()]
    origins = {text.split()[0]: origin for text, origin in lines}
    assert origins["base"] == f"{org} (locked)"
    assert origins["name"] == "default (locked in team.toml)"
    assert origins["allow"] == f"{org}, {OWN}"
    assert origins["ignore"] == "team.toml"


def test_config_as_json(corpus_repo: Repo, org: Path) -> None:
    schema = json.loads((PROJECT / "dlm_git/formats/config.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    report = json.loads(corpus_repo.run(COMMAND, "config", "--format", "json").out)
    org.write_text(LOCKED)
    corpus_repo.add(OWN, 'sources = [{path = "src"}]\n')
    report = json.loads(corpus_repo.run(COMMAND, "config", "--format", "json", "--name", "x").out)
    validator.validate(report)
    assert report["files"] == [str(org), OWN]
    assert report["organization"] == str(org)
    keys = report["keys"]
    assert keys["base"] == {"value": BASE, "origins": [str(org)], "locked": str(org)}
    assert keys["name"] == {"value": "x", "origins": ["--name"], "locked": None}
    assert keys["sources"]["value"] == [{"path": "src", "include": None, "exclude": None}]
    assert not validator.is_valid({**report, "version": 2})


def test_doctor_names_the_organizations_config(corpus_repo: Repo, org: Path) -> None:
    org.write_text(LOCKED)
    out = corpus_repo.run(COMMAND, "doctor").out
    assert f"{org}, the organization's config, sets base, locks base\n" in out
    org.write_text("bse = 1\n")
    out = corpus_repo.run(COMMAND, "doctor").out
    assert f"{org}:1: unknown key 'bse'" in out
    env = {"DLM_GIT_CONFIG": "/gone.toml"}
    assert "cannot read '/gone.toml'" in corpus_repo.run(COMMAND, "doctor", env=env).out


def test_a_hint_for_an_unset_key_names_the_repositorys_file(corpus_repo: Repo, org: Path) -> None:
    org.write_text(f'base = "{BASE}"\n')
    corpus_repo.add(".dlm/docs.dlm", GOOD)
    assert f"under 'allow' in {OWN}\n" in corpus_repo.check().out
    assert f"set 'include' and 'exclude' in {OWN}\n" in corpus_repo.check().out


# init


@pytest.fixture
def fresh(repo: Repo) -> Repo:
    repo.add("src/shop.py")
    return repo


@pytest.fixture
def policy(fresh: Repo) -> Path:
    file = Path(fresh.environ["XDG_CONFIG_DIRS"]) / "dlm-git/config.toml"
    file.parent.mkdir(parents=True)
    return file


def test_init_takes_the_base_model_of_the_organization(fresh: Repo, policy: Path) -> None:
    policy.write_text(LOCKED + 'include = ["src/**"]\n')
    assert fresh.init().code == 0
    assert f"base_model: {BASE}" in fresh.git("show", f":{CORPUS}")
    config = fresh.git("show", f":{OWN}")
    assert "base" not in config
    assert "include" not in config
    expect_clean(fresh.check())


def test_init_cannot_contradict_a_locked_key(fresh: Repo, policy: Path) -> None:
    policy.write_text(LOCKED)
    expect_error(
        fresh.init("--base", OTHER),
        f"'{policy}' expects base model '{BASE}'; you asked for base model '{OTHER}'",
        f"change 'base' in {policy}, or omit the option",
    )
    policy.write_text('locked = ["include"]\ninclude = ["src/**"]\n')
    expect_error(fresh.init("--base", OTHER, "--include", "x"), "--include: 'include' is locked")
    assert fresh.git("status", "--porcelain") == "A  src/shop.py"


def test_init_can_contradict_what_is_not_locked(fresh: Repo, policy: Path) -> None:
    policy.write_text(f'base = "{BASE}"\n')
    assert fresh.init("--base", OTHER).code == 0
    assert f'base = "{OTHER}"' in fresh.git("show", f":{OWN}")
    expect_clean(fresh.check())


@pytest.mark.parametrize("locked", ["base", "include", "exclude", "sources", "sources-policy"])
def test_check_accepts_what_init_writes(fresh: Repo, policy: Path, locked: str) -> None:
    policy.write_text(f'locked = ["{locked}"]\n')
    assert fresh.init("--base", BASE).code == 0
    assert fresh.check().code == 0


# untrusted repositories


def _fleet(directory: Path, home: Path, number: int) -> list[Repo]:
    repos = []
    for n in range(number):
        repo = new_repo(directory / f"r{n:03}", home)
        repo.add(CORPUS, GOOD.replace(ID, f"{ID[:-3]}{n:03}"))
        repo.add("src/shop.py")
        if n % 3 == 1:
            repo.add(OWN, f'base = "{BASE}"\n')
        elif n % 3 == 2:
            repo.add("team.toml", "exclude = []\n")
            repo.add(OWN, 'extends = "team.toml"\n')
        repo.commit()
        repos.append(repo)
    return repos


def _discover(repo: Repo, env: dict[str, str]) -> Result:
    return repo.check("--discover", str(repo.path.parent), env=env)


@pytest.mark.slow
def test_a_fleet_with_a_locked_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(LOCKED.replace('["base"]', '["base", "include"]') + 'include = ["**/*"]\n')
    env = {"DLM_GIT_CONFIG": str(policy)}
    repos = _fleet(tmp_path / "fleet", tmp_path / "home", 12)
    assert "12 in total: 12 clean" in expect_clean(_discover(repos[0], env))

    document = repos[5].git("show", f":{CORPUS}")
    repos[5].add(CORPUS, document.replace(BASE, OTHER))
    out = expect_findings(_discover(repos[0], env), "wrong-base", f"change 'base' in {policy}")
    assert "r005  wrong-base\n12 in total: 11 clean, 1 with findings\n" in out
    repos[5].git("checkout", "--quiet", "HEAD", ".")

    repos[7].add(OWN, f'base = "{OTHER}"\n')
    result = _discover(repos[0], env)
    assert result.code == 2
    assert f"cannot check: {OWN}:1: 'base' is locked in {policy}:2" in result.out
    assert "12 in total: 11 clean, 0 with findings, 1 not checked\n" in result.out


def test_a_broken_policy_stops_the_whole_run(corpus_repo: Repo, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("bse = 1\n")
    env = {"DLM_GIT_CONFIG": str(policy)}
    expect_error(corpus_repo.check(str(corpus_repo.path), env=env), f"{policy}:1: unknown key")


def test_a_push_cannot_relax_the_policy_of_the_server(corpus_repo: Repo, tmp_path: Path) -> None:
    server = new_repo(tmp_path / "server.git", tmp_path / "home", "--bare")
    policy = tmp_path / "policy.toml"
    policy.write_text(LOCKED)
    hook = server.path / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\nDLM_GIT_CONFIG={policy} exec {COMMAND} pre-receive\n")
    hook.chmod(0o755)
    push = ("git", "push", "--quiet", str(server.path), "HEAD:refs/heads/main")
    assert corpus_repo.run(*push).code == 0
    corpus_repo.add("team.toml", "exclude = []\n")
    corpus_repo.add(OWN, 'extends = "team.toml"\n')
    corpus_repo.commit()
    assert corpus_repo.run(*push).code == 0
    corpus_repo.add(CORPUS, GOOD.replace(BASE, OTHER))
    corpus_repo.commit()
    refused = corpus_repo.run(*push)
    assert refused.code
    assert f"or change 'base' in {policy} " in refused.err
    corpus_repo.add(OWN, f'base = "{OTHER}"\n')
    corpus_repo.commit()
    refused = corpus_repo.run(*push)
    assert refused.code
    assert f"{OWN}:1: 'base' is locked in {policy}:2" in refused.err
