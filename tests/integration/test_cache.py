"""Clean results are cached, and a cached result equals a new one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dlm_git
from dlm_git.cli import cache, main
from dlm_git.config.load import Config
from dlm_git.config.template import render_config
from dlm_git.git import index_file
from dlm_git.git.layout import Answer
from dlm_git.report import Finding
from dlm_git.rules.baseline import render_baseline
from dlm_git.snapshots.entry import Entry
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    NOT_CONFIGURED,
    OTHER_ID,
    Repo,
    Result,
    expect_clean,
    new_repo,
)

Change = Callable[[Repo], object]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository in order, with a commit."""
    made = new_repo(tmp_path / "repo", tmp_path / "home")
    made.add(CORPUS, GOOD)
    made.add("shop.py", "print()\n")
    made.add("docs/guide.md", "# Guide\n")
    made.commit()
    return made


def is_cached(repo: Repo, *args: str, env: Mapping[str, str] | None = None) -> bool:
    """Return whether a result for the current repository is cached."""
    script = (
        "import os, sys; from dlm_git.cli import cache;"
        " git = cache.ask_git(sys.argv[1:], os.environ);"
        " opened = cache.open_cache(sys.argv[1:], os.environ, git, color=False, columns=0);"
        " sys.exit(not (opened and opened.get(os.environ)))"
    )
    return repo.run("python", "-c", script, "check", *args, env=env).code == 0


def cache_file(repo: Repo) -> Path:
    return repo.path / ".git" / cache.FOLDER / cache.NAME


def test_a_clean_result_is_cached(repo: Repo) -> None:
    first = repo.check()
    assert is_cached(repo)
    assert (
        expect_clean(repo.check()) == expect_clean(first) == expect_clean(repo.check("--no-cache"))
    )


def test_an_unwritten_index_is_not_listed(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    expect_clean(repo.check())
    opened = _open_cache(repo, monkeypatch)
    monkeypatch.setattr(cache.ResultCache, "_rows", lambda *_: None)
    assert opened.get(os.environ) == expect_clean(repo.check())


def test_a_refreshed_index_keeps_the_cached_result(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect_clean(repo.check())
    before = (repo.path / ".git/index").read_bytes()
    os.utime(repo.path / "shop.py", (1, 1))
    repo.git("update-index", "--refresh")
    assert (repo.path / ".git/index").read_bytes() != before
    assert _open_cache(repo, monkeypatch).get(os.environ) == expect_clean(repo.check())


def test_a_split_index_without_its_shared_part_is_not_cached(repo: Repo) -> None:
    repo.git("update-index", "--split-index")
    expect_clean(repo.check())
    expect_clean(repo.check())
    (shared,) = (repo.path / ".git").glob("sharedindex.*")
    shared.unlink()
    assert repo.check().code == repo.check("--no-cache").code == 2


def test_a_damaged_index_is_not_cached(repo: Repo) -> None:
    expect_clean(repo.check())
    index = repo.path / ".git/index"
    data = bytearray(index.read_bytes())
    data[40] ^= 1
    index.write_bytes(data)
    assert repo.check().code == 2


def test_an_index_removed_while_it_is_cached_does_not_matter(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, rows = _open_cache(repo, monkeypatch), _list_rows(repo)
    (repo.path / ".git/index").unlink()
    opened.put(rows, [], "OK\n")
    assert not cache_file(repo).exists()


def test_a_config_of_the_current_directory_has_a_note_though_the_root_is_cached(repo: Repo) -> None:
    expect_clean(repo.check())
    directory = repo.path / "place"
    directory.mkdir()
    (directory / ".dlm-git.toml").touch()
    assert "place/.dlm-git.toml" in repo.check(cwd=directory).out


def test_an_index_written_while_it_is_cached_is_checked(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _open_cache(repo, monkeypatch)
    rows = b"\0" + repo.run("git", "ls-files", "--stage", "-z").out.encode()
    read_header = index_file.read_header
    bad = repo.git("hash-object", "-w", "--stdin", data=GOOD.replace("1.5b", "x").encode())

    def write_and_read(*args: str) -> tuple[int, int, bytes] | None:
        repo.git("update-index", "--cacheinfo", f"100644,{bad},{CORPUS}")
        return read_header(*args)

    monkeypatch.setattr(index_file, "read_header", write_and_read)
    opened.put(rows, [Entry(CORPUS, "100644", repo.git("rev-parse", f"HEAD:{CORPUS}"))], "OK\n")
    assert repo.check().code == 1


def test_a_listing_counts_until_the_index_is_written(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect_clean(repo.check())
    repo.add("a.md", "a\n")
    _open_cache(repo, monkeypatch)  # goes to the repository
    answer = ask_git()
    opened = cache.open_cache(["check"], os.environ, answer, color=False, columns=0)
    assert opened
    assert opened.get(os.environ) is None
    assert answer
    assert answer.listing
    assert answer.listing.is_current()
    repo.add("b.md", "b\n")
    assert not answer.listing.is_current()


@pytest.mark.parametrize(
    "variable",
    ["PRE_COMMIT_TO_REF", "PRE_COMMIT_LOCAL_BRANCH", "GIT_ALTERNATE_OBJECT_DIRECTORIES"],
)
def test_a_check_of_a_push_is_not_cached(repo: Repo, variable: str) -> None:
    """pre-commit then names a revision to check, and git a quarantine with objects."""
    repo.check()
    assert is_cached(repo)
    assert not is_cached(repo, env={variable: "HEAD"})


def _list_rows(repo: Repo) -> bytes:
    return b"\0" + repo.run("git", "ls-files", "--stage", "-z").out.encode()


def test_a_config_written_while_a_result_is_cached_drops_it(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, config = _open_cache(repo, monkeypatch), repo.path / ".dlm-git.toml"
    config.write_text("base = 'x'\n")
    opened.put(_list_rows(repo), [], "OK\n")
    config.unlink()
    assert opened.get(os.environ) is None
    opened.put(_list_rows(repo), [], "OK\n")
    assert opened.get(os.environ) == "OK\n"


def test_a_commit_made_during_a_check_does_not_count(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The documents of the parent are those of the commit that the cache's key names."""
    _open_cache(repo, monkeypatch)
    head, other = repo.git("rev-parse", "HEAD"), _commit_of(repo, GOOD.replace(ID, OTHER_ID))
    repo.git("update-ref", "HEAD", other)

    ask_git = cache.ask_git

    def ask_and_commit(*args: Any) -> Answer | None:
        answer = ask_git(*args)
        repo.git("update-ref", "HEAD", head)
        return answer

    with monkeypatch.context() as committing:
        committing.setattr(cache, "ask_git", ask_and_commit)
        during = run_in_process(capsys)
    assert (during.code, "changed-id" in during.out) == (1, True)
    repo.git("update-ref", "HEAD", other)
    assert run_in_process(capsys) == during


def test_a_large_result_is_not_cached(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    _open_cache(repo, monkeypatch).put(_list_rows(repo), [], "x" * (1 << 20))
    assert not cache_file(repo).exists()


def test_an_upgrade_drops_the_cached_result(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect_clean(repo.check())
    (tmp_path / "git").touch()
    for target, value in (
        ("dlm_git.cli.cache.__version__", "99.0"),
        ("sys.version", "4.0"),
        ("dlm_git.cli.cache.locate_git", lambda _: str(tmp_path / "git")),
    ):
        assert _open_cache(repo, monkeypatch).get(os.environ)
        with monkeypatch.context() as upgraded:
            upgraded.setattr(target, value)
            assert _open_cache(repo, upgraded).get(os.environ) is None, target


def test_the_repository_of_another_user_is_not_cached(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open_cache(repo, monkeypatch)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert cache.open_cache(["check"], os.environ, ask_git(), color=False, columns=0) is None


@pytest.mark.parametrize("place", ["bare", "git directory", "git directory, in GIT_DIR"])
def test_a_check_without_a_working_tree_is_not_cached(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare"))
    _open_cache(repo, monkeypatch)
    monkeypatch.chdir(tmp_path / "bare" if place == "bare" else repo.path / ".git")
    if "GIT_DIR" in place:
        monkeypatch.setenv("GIT_DIR", str(repo.path / ".git"))
    answer = ask_git()
    assert answer
    assert cache.open_cache(["check"], os.environ, answer, color=False, columns=0) is None


def test_a_git_directory_of_the_environment_needs_a_working_tree(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _open_cache(repo, monkeypatch)
    monkeypatch.setenv("GIT_DIR", str(repo.path / ".git"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert cache.open_cache(["check"], os.environ, ask_git(), color=False, columns=0) is None
    monkeypatch.setenv("GIT_WORK_TREE", str(repo.path))
    assert cache.open_cache(["check"], os.environ, ask_git(), color=False, columns=0)


def test_a_working_tree_of_the_environment_does_not_limit_the_rows(repo: Repo) -> None:
    env = {"GIT_DIR": str(repo.path / ".git"), "GIT_WORK_TREE": str(repo.path)}
    expect_clean(repo.check(env=env))
    os.utime(repo.path / "shop.py", (1, 1))
    repo.git("update-index", "--refresh")
    assert is_cached(repo, env=env)


def test_an_index_without_a_checksum_is_listed(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git writes zeros in place of the checksum where `index.skipHash` is set."""
    index = repo.path / ".git/index"
    index.write_bytes(index.read_bytes()[:-20] + bytes(20))
    expect_clean(repo.check())
    assert _open_cache(repo, monkeypatch).get(os.environ)
    monkeypatch.setattr(cache.ResultCache, "_rows", lambda *_: None)
    assert _open_cache(repo, monkeypatch).get(os.environ) is None


def test_an_entry_without_an_object_is_not_cached(repo: Repo) -> None:
    expect_clean(repo.check())
    index, oid = repo.path / ".git/index", repo.git("rev-parse", ":shop.py")
    data = index.read_bytes()[:-20].replace(bytes.fromhex(oid), bytes(20))
    index.write_bytes(data + sha1(data).digest())
    assert not is_cached(repo)
    assert repo.check().code == repo.check("--no-cache").code


def test_a_file_of_which_only_the_name_is_added_is_not_cached(repo: Repo) -> None:
    repo.add("docs/empty.md", "")
    expect_clean(repo.check())
    rows = _list_rows(repo)
    repo.git("rm", "--quiet", "--cached", "docs/empty.md")
    repo.git("add", "--intent-to-add", "docs/empty.md")
    assert _list_rows(repo) == rows
    assert not is_cached(repo)
    repo.git("update-index", "--split-index")  # the entry, and version 3, are in the shared part
    assert _list_rows(repo) == rows
    assert not is_cached(repo)


def _object(repo: Repo, path: str) -> Path:
    """Return the file of the loose object of a path in the index."""
    oid = repo.git("rev-parse", f":{path}")
    return repo.path / ".git/objects" / oid[:2] / oid[2:]


@pytest.mark.parametrize("path", [CORPUS, ".dlm/ignore", "docs/.dlm/training.yaml"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda file: os.truncate(file, 0)])
def test_a_vanished_object_is_an_error(
    repo: Repo, path: str, damage: Callable[[Path], object]
) -> None:
    repo.add(".dlm/ignore", "*.log\n")
    repo.add("docs/.dlm/training.yaml", "exclude: ['x.md']\n")
    assert repo.check("--ignore", "dead-pattern").code == 0
    assert is_cached(repo, "--ignore", "dead-pattern")
    file = _object(repo, path)
    file.chmod(0o644)
    damage(file)
    assert repo.check("--ignore", "dead-pattern").code == 2


def test_a_vanished_pack_is_an_error(repo: Repo) -> None:
    oid = repo.git("rev-parse", f":{CORPUS}")
    repo.git("pack-objects", "--quiet", ".git/objects/pack/pack", data=f"{oid}\n".encode())
    repo.git("prune-packed", "--quiet")
    expect_clean(repo.check())
    assert is_cached(repo)
    for file in (repo.path / ".git/objects/pack").iterdir():
        file.unlink()
    assert repo.check().code == 2


def test_a_vanished_object_of_another_repository_is_an_error(repo: Repo, tmp_path: Path) -> None:
    repo.git("clone", "--quiet", "--shared", str(repo.path), str(tmp_path / "borrower"))
    borrower = Repo(tmp_path / "borrower", repo.environ)
    expect_clean(borrower.check())
    assert is_cached(borrower)
    _object(repo, CORPUS).unlink()
    assert borrower.check().code == 2


def test_a_repacked_repository_is_cached_again(repo: Repo) -> None:
    expect_clean(repo.check())
    repo.git("repack", "-a", "-d", "--quiet")
    expect_clean(repo.check())
    assert is_cached(repo)


@pytest.fixture(params=["checkout", "site-packages"])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A directory to import dlm-git and PyYAML from, in which all files have the same time."""
    directory = tmp_path / str(request.param)
    for package in (dlm_git, yaml):
        source = Path(package.__file__ or "").parent
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, directory / source.name, ignore=ignore)
    _reset_times(directory)
    return directory


def _reset_times(directory: Path) -> None:
    """Set the times of what has changed to those that everything has."""
    for path in [directory, *directory.rglob("*")]:
        if path.stat().st_mtime != 1:
            os.utime(path, (1, 1))


def _rewrite(file: Path) -> None:
    """Write a file anew, with the same size."""
    data = file.read_bytes()
    file.unlink()
    file.write_bytes(data)


REINSTALLED: dict[str, Callable[[Path], object]] = {
    "a module edited in place": lambda path: os.truncate(path / "dlm_git/rules/presence.py", 99),
    "a module written anew": lambda path: _rewrite(path / "dlm_git/rules/presence.py"),
    "a new module": lambda path: (path / "dlm_git/rules/another.py").touch(),
    "a library edited in place": lambda path: os.truncate(path / "yaml/composer.py", 99),
    "a library written anew": lambda path: _rewrite(path / "yaml/composer.py"),
    "no library": lambda path: shutil.rmtree(path / "yaml"),
}

EDITED_IN_PLACE = [change for name, change in REINSTALLED.items() if name.endswith("in place")]


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        (["/bin/sh", "-c", "printf a"], b"\0a"),
        (["/bin/sh", "-c", "exit 1"], None),
        (["/x/git"], None),
    ],
)
def test_a_listing_that_fails_is_no_listing(command: list[str], rows: bytes | None) -> None:
    assert cache._run_quiet(command, dict(os.environ)) == rows


@pytest.mark.slow
@pytest.mark.parametrize("change", REINSTALLED.values(), ids=REINSTALLED)
def test_a_changed_installation_drops_the_cached_result(
    repo: Repo, installed: Path, change: Callable[[Path], object]
) -> None:
    env = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    script = "import sys; from dlm_git.cli import main; sys.exit(main.main(['check']))"
    expect_clean(repo.run("python", "-c", script, env=env))
    assert is_cached(repo, env=env)
    change(installed)
    _reset_times(installed)
    # to notice files that are edited in place takes long, and those in `site-packages` are not
    unnoticed = installed.name == "site-packages" and change in EDITED_IN_PLACE
    assert is_cached(repo, env=env) == unnoticed


def ask_git() -> Answer | None:
    return cache.ask_git(["check"], os.environ)


def _open_cache(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> cache.ResultCache:
    for key in list(os.environ):
        monkeypatch.delenv(key)
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(repo.path)
    opened = cache.open_cache(["check"], os.environ, ask_git(), color=False, columns=0)
    assert opened
    return opened


@pytest.mark.parametrize(("color", "columns"), [(True, 0), (False, 80)])
def test_a_result_is_cached_for_one_kind_of_output(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, color: bool, columns: int
) -> None:
    expect_clean(repo.check())
    assert _open_cache(repo, monkeypatch).get(os.environ)
    other = cache.open_cache(["check"], os.environ, ask_git(), color=color, columns=columns)
    assert other
    assert other.get(os.environ) is None


HARMLESS: dict[str, Change] = {
    "nothing new": lambda repo: repo.git("status"),
    "another text in a file that no rule reads": lambda repo: repo.add("shop.py", "exit()\n"),
    "a commit of another text": lambda repo: _commit(repo, "shop.py"),
    "a file that is not staged": lambda repo: repo.write("notes.txt"),
}


def _commit(repo: Repo, path: str) -> None:
    repo.add(path, "exit()\n")
    repo.commit()


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_change_that_no_rule_reads_keeps_the_cached_result(repo: Repo, change: Change) -> None:
    repo.check()
    change(repo)
    assert is_cached(repo)


TELLING: dict[str, Change] = {
    "the document": lambda repo: repo.add(CORPUS, GOOD + "more\n"),
    "a file that was read": lambda repo: repo.add("docs/guide.md", b"\0"),
    "a new file": lambda repo: repo.add(".netrc"),
    "a file is gone": lambda repo: repo.git("rm", "--quiet", "--cached", "shop.py"),
    "a mode": lambda repo: repo.git("update-index", "--chmod=+x", "shop.py"),
    "a config": lambda repo: repo.add(".dlm-git.toml", 'name = "docs"\n'),
    "a baseline": lambda repo: repo.add(".dlm-git-baseline.json", "{"),
    "a baseline that is not staged": lambda repo: repo.write(".dlm-git-baseline.json", "{"),
    "ignore lines": lambda repo: repo.add(".dlm/ignore", "*.py\n"),
    "the index is cut off": lambda repo: os.truncate(repo.path / ".git/index", 100),
    "the index is gone": lambda repo: (repo.path / ".git/index").unlink(),
    "a document in the commit before": lambda repo: repo.git(
        *("update-ref", "HEAD", _commit_of(repo, GOOD.replace("1.5b", "3b")))
    ),
}


def _commit_of(repo: Repo, document: str) -> str:
    blob = repo.git("hash-object", "-w", "--stdin", data=document.encode())
    tree = repo.git("mktree", data=f"100644 blob {blob}\tcorpus.dlm\n".encode())
    root = repo.git("mktree", data=f"040000 tree {tree}\t.dlm\n".encode())
    return repo.git("commit-tree", "-m", "another", root)


@pytest.mark.slow
@pytest.mark.parametrize("change", TELLING.values(), ids=TELLING)
def test_a_change_that_a_rule_reads_drops_the_cached_result(repo: Repo, change: Change) -> None:
    repo.check()
    change(repo)
    assert not is_cached(repo)


ELSEWHERE = {
    "no cache": ["--no-cache"],
    "a format": ["--format", "json"],
    "the worktree": ["--worktree"],
    "a revision": ["--rev", "HEAD"],
    "a revision in one word": ["--rev=HEAD"],
}


@pytest.mark.parametrize("args", ELSEWHERE.values(), ids=ELSEWHERE)
def test_other_options_are_not_cached(repo: Repo, args: list[str]) -> None:
    repo.check()
    repo.check(*args)
    assert not is_cached(repo, *args)


def test_another_flag_is_another_question(repo: Repo) -> None:
    repo.check()
    assert not is_cached(repo, "--policy", "strict")


def test_a_document_below_the_folder_is_not_cached(repo: Repo) -> None:
    """The cache does not notice that it has changes that are not staged."""
    repo.add(".dlm-git.toml", 'allow = [".dlm/docs/x.dlm"]\n')
    repo.add(".dlm/docs/x.dlm", GOOD.replace(ID, OTHER_ID))
    expect_clean(repo.check())
    assert not is_cached(repo)


@pytest.mark.parametrize("before", [True, False])
def test_attributes_of_the_repository_drop_the_cached_result(repo: Repo, before: bool) -> None:
    """A filter in them explains why a file differs from the index."""
    attributes = repo.path / ".git/info/attributes"
    repo.add(".dlm/ignore", "*.zz\n")
    repo.add("x.zz")
    repo.write(".dlm/ignore", "# more\n*.zz\n")
    if before:
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text(".dlm/ignore filter=x\n")
    note = "'.dlm/ignore' has changes that are not staged"
    assert (note in expect_clean(repo.check())) is not before
    assert is_cached(repo)
    if before:
        attributes.unlink()
    else:
        attributes.write_text(".dlm/ignore filter=x\n")
    assert not is_cached(repo)
    assert (note in expect_clean(repo.check())) is before


def test_findings_are_not_cached(repo: Repo) -> None:
    repo.add(".netrc")
    assert repo.check().code == 1
    assert not cache_file(repo).exists()


def test_a_changed_config_drops_the_cached_result(repo: Repo, tmp_path: Path) -> None:
    config = tmp_path / "expected.toml"
    config.write_text('base = "qwen2.5-coder-1.5b"\n')
    flag = ("--config", str(config))
    expect_clean(repo.check(*flag))
    assert is_cached(repo, *flag)
    config.write_text('base = "smollm2-135m"\n')
    assert repo.check(*flag).code == 1


def test_a_changed_organizations_config_drops_the_cached_result(repo: Repo, tmp_path: Path) -> None:
    file = Path(repo.environ["XDG_CONFIG_DIRS"]) / "dlm-git/config.toml"
    expect_clean(repo.check())
    file.parent.mkdir(parents=True)
    assert is_cached(repo)
    file.write_text('base = "qwen2.5-coder-1.5b"\n')
    assert not is_cached(repo)
    expect_clean(repo.check())
    assert is_cached(repo)
    other = tmp_path / "other.toml"
    env = {"DLM_GIT_CONFIG": str(other)}
    assert not is_cached(repo, env=env)
    assert repo.check(env=env).code == 2
    other.write_text('base = "smollm2-135m"\n')
    assert repo.check(env=env).code == 1
    assert is_cached(repo)
    file.write_text('base = "smollm2-135m"\n')
    assert repo.check().code == 1


@pytest.mark.parametrize("stage", [True, False])
def test_a_changed_extended_file_drops_the_cached_result(repo: Repo, stage: bool) -> None:
    repo.add("policy/team.toml", 'base = "qwen2.5-coder-1.5b"\n')
    repo.add("team.toml", 'extends = "policy/team.toml"\n')
    repo.add(".dlm-git.toml", 'extends = "team.toml"\n')
    expect_clean(repo.check())
    assert is_cached(repo)
    repo.write("policy/team.toml", 'base = "smollm2-135m"\n')
    assert not is_cached(repo)
    if stage:
        repo.git("add", "policy/team.toml")
        assert repo.check().code == 1
    else:
        assert "'policy/team.toml' has changes that are not staged" in expect_clean(repo.check())
        assert is_cached(repo)


def test_few_results_are_cached(repo: Repo) -> None:
    for name in "abcdefg":
        expect_clean(repo.check("--ignore", f"dead-pattern={name}"))
    assert not is_cached(repo, "--ignore", "dead-pattern=a")
    assert all(is_cached(repo, "--ignore", f"dead-pattern={name}") for name in "defg")


@pytest.mark.parametrize("damage", [b"", b"x", b"\0\0\0\0", None], ids=repr)
def test_a_damaged_cache_is_ignored(repo: Repo, damage: bytes | None) -> None:
    repo.check()
    data = cache_file(repo).read_bytes()
    cache_file(repo).write_bytes(data[:-1] if damage is None else damage)
    assert not is_cached(repo)
    assert "no findings" in expect_clean(repo.check())
    assert is_cached(repo)


def test_a_cache_with_a_damaged_byte_is_ignored(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.check()
    opened, file = _open_cache(repo, monkeypatch), cache_file(repo)
    data = file.read_bytes()
    assert opened.get(os.environ)
    for at in range(0, len(data), 7):
        for damaged in (data[:at], data[:at] + data[at + 1 :]):
            file.write_bytes(damaged)
            assert opened.get(os.environ) is None, at
        for byte in {0, 10, data[at] ^ 1, data[at] ^ 128} - {data[at]}:
            file.write_bytes(data[:at] + bytes([byte]) + data[at + 1 :])
            assert opened.get(os.environ) is None, at
    file.write_bytes(data)
    assert opened.get(os.environ)


def test_a_cache_that_cannot_be_written_does_not_matter(repo: Repo) -> None:
    (repo.path / ".git" / cache.FOLDER).write_text("in the way")
    assert "no findings" in expect_clean(repo.check())
    assert not is_cached(repo)


def test_a_linked_cache_is_ignored(repo: Repo, tmp_path: Path) -> None:
    repo.check()
    cache_file(repo).rename(tmp_path / "elsewhere")
    cache_file(repo).symlink_to(tmp_path / "elsewhere")
    assert not is_cached(repo)


def test_a_linked_worktree_has_its_cached_result(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked", repo.environ)
    expect_clean(linked.check())
    assert is_cached(linked)
    assert cache_file(repo).exists()


def test_the_cache_leaves_nothing_in_the_worktree(repo: Repo) -> None:
    repo.check()
    assert repo.git("status", "--porcelain") == ""


SECRET = "'.netrc' may contain credentials and is in the training set"
PATHS = (CORPUS, ".dlm/ignore", ".dlm/training.yaml", ".gitignore", ".gitattributes", "a.py")
MORE_PATHS = (
    *(*PATHS, "b/.dlm/ignore", "b/c.txt", ".netrc", "pyproject.toml", ".dlm-git.toml"),
    *(".dlm-git-baseline.json", ".dlm-git.toml"),
    *("team.toml", "b/org.toml"),
)
_ENTRY = 'paths = [".netrc"]\nrules = ["secret-in-training-set"]\nreason = "x"\n'
CONTENTS = (
    GOOD,
    GOOD.replace("**/*", "*.py"),
    GOOD.replace(GOOD.split()[2], OTHER_ID),
    "*.py\n",
    "b/*\n!.netrc\n",
    "*.txt filter=lfs\n",
    'exclude: ["a.py"]\n',
    'base = "smollm2-135m"\n',
    'extends = "team.toml"\n',
    'extends = "b/org.toml"\ninclude = ["**/*"]\n',
    'locked = ["base", "ignore"]\n[ignore]\nempty-body = "x"\n',
    '[tool.dlm-git]\nsources-policy = "permissive"\n',
    GOOD.replace("strict", "permissive  # dlm-git: ignore[wrong-sources-policy] x"),
    f"[[ignore-path]]\n{_ENTRY}until = 2999-01-01\n",
    f"[[ignore-path]]\n{_ENTRY}until = 2001-01-01\n",
    render_baseline([Finding("secret-in-training-set", ".netrc", SECRET, "")], "the index"),
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "\0",
    "",
    "text\n",
)
_PATH = st.sampled_from(MORE_PATHS)
POLICIES = (
    None,
    "",
    'base = "smollm2-135m"\n',
    'base = "qwen2.5-coder-1.5b"\nlocked = ["base"]\n',
    'include = ["**/*"]\n',
    "bse = 1\n",
)
CHANGES = st.one_of(
    st.tuples(st.just("add"), _PATH, st.sampled_from(CONTENTS)),
    st.tuples(st.just("remove"), _PATH, st.just("")),
    st.tuples(st.just("rename"), _PATH, _PATH),
    st.tuples(st.just("mode"), _PATH, st.sampled_from(("100755", "120000", "160000"))),
    st.tuples(st.just("intend"), _PATH, st.just("")),
    st.tuples(st.just("restore"), st.just(CORPUS), st.just(GOOD)),
    st.tuples(st.just("commit"), st.just(""), st.just("")),
    st.tuples(st.just("write"), _PATH, st.sampled_from(CONTENTS)),
    # the organization's config: its file in the system's directory, or the one of the variable
    st.tuples(st.just("organization"), st.just("system"), st.sampled_from(POLICIES)),
    st.tuples(st.just("organization"), st.just("named"), st.sampled_from(POLICIES)),
    st.tuples(st.just("variable"), st.just(""), st.sampled_from(("", "named", "gone"))),
)


class Changing:
    """A repository that is changed by plumbing, each change in as few processes as can be."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.oids: dict[str, str] = {}
        self.index: dict[str, tuple[str, str]] = {}
        self.named = repo.path.parent / "named.toml"
        self.system = Path(repo.environ["XDG_CONFIG_DIRS"]) / "dlm-git/config.toml"
        self.system.parent.mkdir(parents=True)

    def oid(self, content: str) -> str:
        if content not in self.oids:
            data = content.encode()
            self.oids[content] = self.repo.git("hash-object", "-w", "--stdin", data=data)
        return self.oids[content]

    def start(self) -> None:
        """Return to a valid repository; its cache stays."""
        self.repo.git("read-tree", "--empty")
        for path in (*MORE_PATHS, CORPUS):
            (self.repo.path / path).unlink(missing_ok=True)
        self.organize(self.system, None)
        self.organize(self.named, None)
        os.environ.pop("DLM_GIT_CONFIG", None)
        self.index = {CORPUS: ("100644", self.oid(GOOD)), "a.py": ("100644", self.oid("text\n"))}
        self.write()
        self.commit()

    def change(self, kind: str, path: str, value: Any) -> None:
        """Make one of CHANGES."""
        match kind:
            case "add" | "restore":
                self.index[path] = ("100644", self.oid(value))
            case "remove":
                self.index.pop(path, None)
            case "rename" if path in self.index:
                self.index[value] = self.index.pop(path)
            case "mode" if path in self.index:
                self.index[path] = (value, self.index[path][1])
            case "commit":
                self.commit()
            case "write":
                self.repo.write(path, value)
            case "organization":
                self.organize(getattr(self, path), value)
            case "variable":
                os.environ["DLM_GIT_CONFIG"] = str(self.named.with_stem(value)) if value else ""
        self.write()
        if kind == "intend" and path not in self.index:
            self.repo.write(path)
            self.repo.run("git", "add", "--force", "--intent-to-add", path)

    def organize(self, file: Path, text: str | None) -> None:
        """Write the organization's config, or remove it."""
        file.unlink(missing_ok=True)
        if text is not None:
            file.write_text(text)

    def write(self) -> None:
        rows = "".join(f"{mode} {oid}\t{path}\n" for path, (mode, oid) in self.index.items())
        self.repo.git("read-tree", "--empty")
        self.repo.run("git", "update-index", "--index-info", data=rows.encode())

    def commit(self) -> None:
        tree = self.repo.run("git", "write-tree", "--missing-ok").out.strip()
        if tree:
            self.repo.git("update-ref", "HEAD", self.repo.git("commit-tree", "-m", "x", tree))


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changing]:
    """A repository to be changed, as the current directory of this very process."""
    folder = tmp_path_factory.mktemp("changing")
    made = Changing(new_repo(folder / "repo", folder / "home"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.repo.path)
        for key in [key for key in os.environ if key.startswith(("GIT_", "PRE_COMMIT_"))]:
            patch.delenv(key)
        for key, value in made.repo.environ.items():
            patch.setenv(key, value)
        yield made


def run_in_process(capsys: pytest.CaptureFixture[str], *argv: str) -> Result:
    code = main.main(["check", *argv])
    captured = capsys.readouterr()
    return Result(code, captured.out, captured.err)


@pytest.mark.slow
@given(changes=st.lists(CHANGES, min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_results_with_and_without_the_cache_are_equal(
    changing: Changing, capsys: pytest.CaptureFixture[str], changes: list[tuple[str, str, str]]
) -> None:
    """A cached result equals a new one after any change in a repository."""
    changing.start()
    for change in changes:
        changing.change(*change)
        assert run_in_process(capsys) == run_in_process(capsys, "--no-cache")


def test_a_result_with_a_date_is_cached_for_a_day(
    changing: Changing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changing.start()
    config = f'base = "qwen2.5-coder-1.5b"\n[[ignore-path]]\n{_ENTRY}until = 2027-01-31\n'
    changing.change("add", ".netrc", "text\n")
    changing.change("add", ".dlm-git.toml", config)
    runs: list[Sequence[str]] = []
    run_command = main._run_command

    def recording(argv: Sequence[str], *rest: Any) -> int:
        runs.append(argv)
        return run_command(argv, *rest)

    monkeypatch.setattr(main, "_run_command", recording)
    for day, code, cached in (
        ("2027-01-30", 0, False),
        ("2027-01-30", 0, True),
        ("2027-01-31", 0, False),
        ("2027-01-31", 0, True),
        ("2027-02-01", 1, False),
        ("2027-01-31", 0, True),
    ):
        runs.clear()
        monkeypatch.setattr("dlm_git.cli.stamps.today", lambda day=day: day)
        monkeypatch.setattr("dlm_git.cli.options.today", lambda day=day: day)
        assert (run_in_process(capsys).code, not runs) == (code, cached), day


def test_a_result_without_a_date_is_cached_for_all_days(
    changing: Changing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    changing.start()
    changing.change("add", ".dlm-git.toml", f"[[ignore-path]]\n{_ENTRY}")
    changing.change("add", ".netrc", "text\n")
    monkeypatch.setattr("dlm_git.cli.stamps.today", lambda: pytest.fail("asks for the day"))
    monkeypatch.setattr("dlm_git.cli.options.today", lambda: "2027-01-30")
    assert run_in_process(capsys).code == 0
    monkeypatch.setattr(main, "_run_command", lambda *_: pytest.fail("is not cached"))
    assert run_in_process(capsys).code == 0


def loaded(repo: Repo, *args: str) -> set[str]:
    """The modules that a check loads, up to where it ends."""
    script = (
        "import sys; from dlm_git.cli import main as cli; code = cli.main(sys.argv[1:]);"
        " print('\\n' + ' '.join(sys.modules)); sys.exit(code)"
    )
    done = repo.run("python", "-c", script, "check", *args)
    assert done.code == 0, done
    return set(done.out.splitlines()[-1].split())


OWN_WARM = {
    *("about", "cli", "cli.cache", "cli.exit_codes", "cli.main", "cli.stamps", "cli.terminal"),
    *("git", "git.child", "git.environment", "git.index_file", "git.layout", "paths"),
}
NEVER = {"git", "rich", "ulid", "logging", "asyncio", "typer", "click", "traceback", "json"}


def test_a_cached_result_imports_few_modules(repo: Repo) -> None:
    repo.check()
    warm = loaded(repo)
    own = {name.removeprefix("dlm_git.") for name in warm if name.startswith("dlm_git.")}
    assert own == OWN_WARM
    heavy = {"yaml", "pydantic", "argparse", "dataclasses", "subprocess", "typing", "threading"}
    assert (NEVER | heavy).isdisjoint(warm)


BASE = f'dlm_id: {ID}\nbase_model: "qwen2.5-coder-1.5b"\n'
# ordinary files, the third with the config of `dlm-git init`
ORDINARY: list[dict[str, str]] = [
    {},
    {
        CORPUS: f"""---
{BASE}training:
  adapter: qlora  # or lora
  lora_r: 16
  lora_dropout: 0.05
  learning_rate: 2e-4
  target_modules: [q_proj, v_proj]
  micro_batch_size: auto
  preference: {{enabled: true, hyperparams: {{beta: 0.2}}}}
  sources_policy: strict
  sources:
    - path: .
      include: ["**/*"]
      max_files: 100
export:
  default_quant: Q4_K_M
system_prompt: |
  Be brief.
---

# About
""",
        ".dlm/training.yaml": "exclude: ['**/*.md']\nweights:\n  a: {b: 0.5}\n",
    },
    {
        ".dlm-git.toml": render_config(Config(base="qwen2.5-coder-1.5b", include=("**/*",))),
    },
    {
        CORPUS: f"""---
{BASE}training:
  sources:
  - {{path: docs}}
  sources_policy: strict
---
# About
""",
        ".dlm-git.toml": """\
base = ["qwen2.5-coder-1.5b", 'smollm2-135m']  # either
secrets = [
  "*.token", # of the build
]

[[sources]]
path = "docs"

[ignore]
dead-pattern = "the patterns are shared"
""",
        "pyproject.toml": "[tool.other]\nx = 1\n",
    },
]


@pytest.mark.parametrize("files", ORDINARY, ids=range(len(ORDINARY)))
def test_a_check_imports_only_what_it_needs(repo: Repo, files: dict[str, str]) -> None:
    for path, text in files.items():
        repo.add(path, text)
    cold = loaded(repo, "--no-cache")
    assert "dlm_git.rules.engine" in cold
    heavy = {"yaml", "pydantic", "pydantic_core", "importlib.metadata", "difflib", "tomllib"}
    assert (NEVER - {"json"} | heavy).isdisjoint(cold)
    formats = {name for name in cold if name.startswith("dlm_git.formats.")}
    assert formats == {"dlm_git.formats.text", "dlm_git.formats.escape"}


def test_checks_of_git_hooks_are_cached(repo: Repo) -> None:
    """Git hooks check with --quiet, which prints only notes."""
    assert repo.check("--quiet") == Result(0, NOT_CONFIGURED, "")
    assert repo.run("python", "-c", _CACHED, "check", "--quiet").out == f"{NOT_CONFIGURED!r}\n"
    assert repo.check("--quiet") == Result(0, NOT_CONFIGURED, "")
    repo.add(".dlm-git.toml", 'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\n')
    assert repo.check("--quiet") == Result(0, "", "")
    assert repo.run("python", "-c", _CACHED, "check", "--quiet").out == "''\n"
    assert repo.check("--quiet") == Result(0, "", "")


_CACHED = """
import os, sys
from dlm_git.cli import cache
answer = cache.ask_git(sys.argv[1:], os.environ)
opened = cache.open_cache(sys.argv[1:], os.environ, answer, color=False, columns=0)
print(repr(opened and opened.get(os.environ)))
"""


def test_verbose_reports_a_cached_result(repo: Repo) -> None:
    assert "cache" not in repo.check("--verbose").err
    expect_clean(repo.check())
    result = repo.check("--verbose")
    assert (result.code, result.out) == (0, repo.check().out)
    assert result.err == "cache: nothing relevant has changed since the last clean check\n"
    assert "cache" not in repo.check("--verbose", "--no-cache").err
