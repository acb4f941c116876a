"""Many repositories are checked in one run, each on its own, and compared by their ids."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dlm_git.git.untrusted import isolated_git, project_id
from dlm_git.operations.batch import check_repositories
from dlm_git.operations.configs import CheckOptions
from dlm_git.report import CheckFailure, CheckResult
from dlm_git.rules.engine import run_rules
from dlm_git.snapshots.snapshot import Snapshot
from tests.hostile import TRAPS
from tests.modes import bound_command
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    NOT_CONFIGURED,
    Repo,
    Result,
    expect_clean,
    expect_error,
    new_repo,
)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NAMED = re.compile(r"(\S+)  +(.+)")


def ulid(number: int) -> str:
    return f"{ID[:-2]}{_ALPHABET[number // 32]}{_ALPHABET[number % 32]}"


def document(number: int) -> str:
    return GOOD.replace(ID, ulid(number))


@pytest.fixture
def fleet(repo: Repo, tmp_path: Path) -> Repo:
    """A directory for repositories, in which commands are run."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    return Repo(folder, repo.environ)


def good(fleet: Repo, path: str, number: int = 0, text: str = "") -> Repo:
    repo = new_repo(fleet.path / path, Path(fleet.environ["HOME"]))
    repo.add(CORPUS, text or document(number))
    repo.add("src/shop.py", "print('shop')\n")
    repo.commit("the corpus")
    return repo


def check(fleet: Repo, *args: str, data: bytes = b"") -> Result:
    return fleet.run(COMMAND, "check", *args, data=data)


def table(result: Result) -> dict[str, str]:
    """Return the row of each repository that is not clean."""
    rows = result.out.rpartition("\n\n")[2].splitlines()[:-1]
    return {found[1]: found[2] for row in rows if (found := _NAMED.fullmatch(row))}


BROKEN: dict[str, Callable[[Repo], object]] = {
    "missing-corpus": lambda repo: repo.git("rm", "--quiet", CORPUS),
    "ambiguous-corpus": lambda repo: repo.add(".dlm/draft.dlm", document(1001)),
    "unparsable-document": lambda repo: repo.add(CORPUS, "# x\n"),
    "unknown-base": lambda repo: edited(repo, "qwen2.5-coder-1.5b", "ours"),
    "absolute-source-path": lambda repo: edited(repo, 'path: "."', 'path: "/srv/shop"'),
    "escaping-source-path": lambda repo: edited(repo, 'path: "."', 'path: "../shop"'),
    "dead-pattern": lambda repo: edited(repo, '["**/*"]', '["**/*", "**/*.rs"]'),
    "secret-in-training-set": lambda repo: repo.add(".netrc"),
    "stray-backup": lambda repo: repo.add(".dlm/corpus.dlm.bak"),
    "nested-corpus": lambda repo: repo.add("pkg/.dlm/corpus.dlm", document(1000)),
}
HOSTILE = ("fsmonitor", "ext", "pipe: HEAD", "filter.clean", "a file to another")


def edited(repo: Repo, old: str, new: str) -> None:
    text = (repo.path / CORPUS).read_text()
    assert old in text
    repo.add(CORPUS, text.replace(old, new))


@pytest.mark.slow
def test_exactly_the_broken_repositories_are_reported(fleet: Repo, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/fired\n")
    program.chmod(0o755)
    expected = {}
    template = good(fleet, "template", 0).path
    for number in range(1, 61):
        name = f"team{number % 3}/r{number:02}"
        shutil.copytree(template, fleet.path / name)
        repo = Repo(fleet.path / name, fleet.environ)
        repo.add(CORPUS, document(number))
        repo.commit("an id of its own")
        if number % 6 == 0:
            rule, break_it = list(BROKEN.items())[number // 6 - 1]
            break_it(repo)
            expected[name] = rule
    for number, trap in enumerate(HOSTILE):
        repo = good(fleet, f"team{number}/trap", 100 + number)
        TRAPS[trap].plant(repo, program)
        if TRAPS[trap].code:
            expected[f"team{number}/trap"] = "not checked"
    result = check(fleet, "--discover", ".", "--timeout", "20")
    said = table(result)
    assert not (tmp_path / "fired").exists()
    assert result.code == 2
    assert said.keys() == expected.keys()
    assert [name for name, rule in expected.items() if rule not in said[name]] == []
    # the victim of the trap that leads elsewhere is a bare repository by its looks
    assert result.out.endswith("67 in total: 54 clean, 10 with findings, 3 not checked\n")


def _not_configured(count: str) -> str:
    return NOT_CONFIGURED.replace("\n", f" ({count})\n", 1)


def test_repositories_are_named_and_ordered_as_given(fleet: Repo) -> None:
    good(fleet, "b", 1)
    good(fleet, "a", 2)
    result = check(fleet, "./b", "nothing", "a/", "./b", str(fleet.path / "b"))
    assert result.code == 2
    assert result.out == (
        "nothing: cannot check: 'nothing' does not exist\n"
        "  help: check the path of the repository\n"
        "\n"
        f"{_not_configured('3 of 4')}"
        "nothing  not checked\n"
        "4 in total: 3 clean, 0 with findings, 1 not checked\n"
    )


OTHERS = {
    "directory": ("src", "is a directory in the repository", "`dlm-git check` checks the whole"),
    "document": (CORPUS, "is a file in the repository", "`dlm-git check` checks the whole"),
    "HEAD": ("HEAD", "is a revision, not a repository", "`dlm-git check --rev HEAD` checks it"),
    "branch": ("main", "is a revision, not a repository", "`dlm-git check --rev main` checks it"),
    "parent": ("HEAD^0", "is a revision", "`dlm-git check --rev 'HEAD^0'` checks it"),
    "nothing": ("nothing", "does not exist", "check the path of the repository"),
    "elsewhere": (
        "../other/src",
        "is a directory in the repository",
        "/other check` checks the whole",
    ),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_is_not_a_repository_is_explained(
    corpus_repo: Repo, other: tuple[str, str, str]
) -> None:
    path, *words = other
    corpus_repo.git("clone", "--quiet", ".", "../other")
    result = corpus_repo.check(path)
    assert result.code == 2
    assert all(word in result.out for word in (f"{path}: cannot check: '{path}' ", *words)), result
    result = corpus_repo.check("../other", path, ".", "--ignore", "shared-id")
    assert result.code == 2
    assert "3 in total: 2 clean, 0 with findings, 1 not checked" in result.out
    for option in ("--fix", "--diff", "--worktree") if path != "nothing" else ():
        expect_error(corpus_repo.check(option, path), *words)


def test_a_subdirectory_as_the_current_one_is_explained(corpus_repo: Repo) -> None:
    result = corpus_repo.check(".", cwd=corpus_repo.path / "src")
    assert (result.code, "`dlm-git check` checks the whole repository" in result.out) == (2, True)
    assert corpus_repo.check("..", cwd=corpus_repo.path / "src").code == 0


def test_a_damaged_repository_in_another_one_is_not_taken_for_a_directory(
    corpus_repo: Repo,
) -> None:
    corpus_repo.git("init", "--quiet", "--bare", "inner.git")
    (corpus_repo.path / "inner.git/HEAD").unlink()
    assert "not a repository: 'HEAD' is missing" in corpus_repo.check("inner.git").out


def test_findings_without_errors_exit_with_1(fleet: Repo) -> None:
    good(fleet, "a", 1)
    good(fleet, "b", text="# x\n")
    result = check(fleet, "a", "b")
    assert (result.code, table(result)) == (1, {"b": "unparsable-document"})


def test_one_repository_is_named_in_json(fleet: Repo) -> None:
    good(fleet, "a", 1)
    assert '"name": "a"' in expect_clean(check(fleet, "a", "--format", "json"))


@pytest.mark.parametrize(
    ("args", "data"),
    [
        (("--repositories-from", "-"), b"a\n\nwith space\n"),
        (("--repositories-from", "-", "-z"), b"a\0with space\0"),
        (("--repositories-from", "list"), b""),
        (("a", "--repositories-from", "-"), b"with space"),
    ],
    ids=["lines", "NUL", "file", "both"],
)
def test_repositories_are_read_from_a_list(fleet: Repo, args: tuple[str, ...], data: bytes) -> None:
    good(fleet, "a", 1)
    good(fleet, "with space", 2)
    fleet.write("list", "a\nwith space\n")
    assert expect_clean(check(fleet, *args, data=data)) == (
        f"{_not_configured('2 of 2')}2 in total: 2 clean, 0 with findings\n"
    )


def test_worktrees_and_bare_repositories_are_discovered(fleet: Repo) -> None:
    good(fleet, "x/trees", 1)
    good(fleet, "x/trees/inner", 2)
    good(fleet, ".hidden", 3)
    fleet.git("clone", "--quiet", "--bare", "x/trees", "bare.git", cwd=fleet.path)
    fleet.git("worktree", "add", "--quiet", "../../linked", cwd=fleet.path / "x/trees")
    (fleet.path / "alias").symlink_to(fleet.path / ".hidden")
    shown = check(fleet, "--discover", ".", "--format", "json")
    named = re.findall(r'"name": "(.*)"', expect_clean(shown))
    assert named == ["bare.git", "linked", "x/trees"]
    shown = check(fleet, "--discover", str(fleet.path / "x"), "--format", "json")
    assert re.findall(r'"name": "(.*)"', expect_clean(shown)) == [f"{fleet.path}/x/trees"]


def test_submodules_are_discovered_on_request(fleet: Repo) -> None:
    good(fleet, "lib", 1)
    outer = good(fleet, "outer", 2)
    local = ("-c", "protocol.file.allow=always")
    outer.git(*local, "submodule", "--quiet", "add", "../lib", "deep/lib")
    outer.add(".dlm/ignore", "/deep/lib/**\n")
    outer.commit("a submodule")
    for options, total in ((), 2), (("--submodules",), 3):
        out = expect_clean(check(fleet, "--discover", ".", *options))
        assert out == (
            f"{_not_configured(f'{total} of {total}')}"
            f"{total} in total: {total} clean, 0 with findings\n"
        )


def test_an_unreadable_directory_is_an_error(fleet: Repo) -> None:
    (fleet.path / "closed").mkdir(mode=0)
    result = fleet.run(*bound_command(), COMMAND, "check", "--discover", ".")
    assert (result.code, table(result)) == (2, {"closed": "not checked"})


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--discover", "nothing"), "'nothing' is not a directory"),
        (("--discover", "."), "there are no repositories to check"),
        (("--repositories-from", "nothing"), "cannot read 'nothing'"),
        (("--repositories-from", "-"), "there are no repositories to check"),
        (("a", "--worktree"), "--worktree is not available for other repositories"),
        (("a", "-z"), "-z needs --repositories-from"),
        (("a", "--config", "nothing"), "cannot read 'nothing'"),
    ],
)
def test_errors_that_concern_all_repositories(
    fleet: Repo, args: tuple[str, ...], words: str
) -> None:
    expect_error(check(fleet, *args), words)


@pytest.mark.parametrize("args", [("-j", "0"), ("-j", "x"), ("--timeout", "-1")])
def test_invalid_options_exit_with_2(fleet: Repo, args: tuple[str, ...]) -> None:
    assert check(fleet, "a", *args).code == 2


def test_one_config_applies_to_all(fleet: Repo) -> None:
    good(fleet, "a", 1)
    good(fleet, "b", text=document(2).replace("qwen2.5-coder-1.5b", "smollm2-135m"))
    fleet.write("org.toml", 'base = "qwen2.5-coder-1.5b"\n')
    result = check(fleet, "a", "b", "--config", "org.toml")
    assert (result.code, table(result)) == (1, {"b": "wrong-base"})


def test_a_bare_repository_is_checked_at_head(fleet: Repo) -> None:
    repo = good(fleet, "a", 1)
    fleet.git("clone", "--quiet", "--bare", "a", "b.git", cwd=fleet.path)
    repo.add(CORPUS, "# x\n")
    assert table(check(fleet, "a", "b.git")) == {"a": "unparsable-document"}
    fleet.git("init", "--quiet", "--bare", "empty.git", cwd=fleet.path)
    assert "nothing is committed yet" in check(fleet, "empty.git").out


class TestSharedId:
    """A template or a fork copied the document, and its id with it."""

    def test_two_projects(self, fleet: Repo) -> None:
        for name in ("a", "b"):
            good(fleet, name, 1)
        good(fleet, "c", 2)
        result = check(fleet, "a", "b", "c")
        assert (result.code, table(result)) == (1, {"a": "shared-id", "b": "shared-id"})
        assert (
            f"{CORPUS}:2:9: shared-id: id '{ulid(1)}' is also used in 'b': these repositories share"
            " one training store\n"
            f"    2 | dlm_id: {ulid(1)}\n"
        ) in result.out

    def test_it_is_ignored_like_any_rule(self, fleet: Repo) -> None:
        good(fleet, "a", 1)
        good(fleet, "b", 1).add(".dlm-git.toml", '[ignore]\nshared-id = "we train them as one"\n')
        assert table(check(fleet, "a", "b")) == {"a": "shared-id"}

    def test_clones_are_no_strangers(self, fleet: Repo) -> None:
        good(fleet, "a", 1)
        fleet.git("clone", "--quiet", "a", "b", cwd=fleet.path)
        fleet.git("clone", "--quiet", "--bare", "a", "c.git", cwd=fleet.path)
        fleet.git("worktree", "add", "--quiet", "../d", cwd=fleet.path / "a")
        assert expect_clean(check(fleet, "a", "b", "c.git", "d", "./a")) == (
            f"{_not_configured('5 of 5')}5 in total: 5 clean, 0 with findings\n"
        )


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://host.org/team/shop",
            "https://HOST.org/team/shop.git/",
            "git@host.org:team/shop",
        ),
        *(
            "ssh://git@host.org/team/shop.git",
            "ssh://git@host.org:22/team/shop",
            "host.org:team/shop",
        ),
    ],
)
def test_spellings_of_one_origin_are_one_project(repo: Repo, url: str) -> None:
    repo.git("remote", "add", "origin", url)
    assert project_id(str(repo.path), isolated_git(repo.environ)) == "host.org/team/shop"


def test_without_an_origin_the_path_identifies_a_project(repo: Repo) -> None:
    assert project_id(str(repo.path), isolated_git(repo.environ)) == str(repo.path)


def _dies() -> None:
    os.kill(os.getpid(), 9)


def _fails() -> None:
    raise RecursionError


@pytest.mark.parametrize(("broken", "says"), [(_dies, "died"), (_fails, "bug: RecursionError")])
def test_a_crash_is_an_error_of_one_repository(
    fleet: Repo, monkeypatch: pytest.MonkeyPatch, broken: Callable[[], None], says: str
) -> None:
    paths = [str(good(fleet, name, n).path) for n, name in enumerate("abcdefghi")]

    def recording(snapshot: Snapshot, *args: Any, **options: Any) -> CheckResult:
        (entry,) = snapshot.entries(CORPUS)
        (blob,) = snapshot.read([entry])
        if ulid(6).encode() in (blob.data or b""):
            broken()
        return run_rules(snapshot, *args, **options)

    monkeypatch.setattr("dlm_git.operations.batch.run_rules", recording)
    for jobs in (1, 2):  # in groups of two, and one by one
        outcomes = list(check_repositories(paths, CheckOptions(), jobs))
        assert [outcome.name for outcome in outcomes] == paths
        broken_one = outcomes.pop(6)
        assert says in (broken_one.message if isinstance(broken_one, CheckFailure) else "")
        assert all(isinstance(each, CheckResult) and each.clean for each in outcomes)
