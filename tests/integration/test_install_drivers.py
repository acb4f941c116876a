"""`dlm-git install --drivers`, and what uninstall, status and doctor do with the drivers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.git import write
from dlm_git.hooks import drivers
from dlm_git.hooks.driver_commands import driver_settings
from tests.support import (
    COMMAND,
    CORPUS,
    GIT_ONLY,
    GOOD,
    Repo,
    Result,
    expect_clean,
    expect_error,
    expect_findings,
    git_with,
    new_repo,
    on_git,
)

LOCAL = ".git/info/attributes"
SHARED = ".gitattributes"
INSTALLED = f"merge and diff drivers: installed, with attributes in {LOCAL}\n"
MISSING = "merge and diff drivers: not installed\n"
HELP = "  help: `dlm-git install --drivers` installs them\n"
UPDATE = "  help: `dlm-git install --drivers` updates them\n"
BLOCK = """\
# >>> dlm-git drivers: `dlm-git uninstall --drivers` removes this block >>>
**/.dlm/*.dlm merge=dlm-git diff=dlm-git
**/.dlm/ignore merge=dlm-git
# <<< dlm-git drivers <<<
"""


def run(repo: Repo, *args: str, env: Mapping[str, str] | None = None) -> Result:
    return repo.run(COMMAND, *args, env=env)


def left(repo: Repo) -> dict[str, bytes]:
    """Return the content of all files that an installation could change."""
    common = Path(repo.git("rev-parse", "--path-format=absolute", "--git-common-dir"))
    files = [*common.rglob("hooks/*"), *common.rglob("info/*"), common / "config"]
    files += [path for path in repo.path.rglob("*") if ".git" not in path.parts]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def attribute(repo: Repo, name: str, path: str = CORPUS) -> str:
    return repo.git("check-attr", name, "--", path).rpartition(" ")[2]


def test_install_status_and_uninstall(corpus_repo: Repo) -> None:
    repo, before = corpus_repo, left(corpus_repo)
    assert expect_findings(run(repo, "status", "--drivers")) == MISSING + HELP
    assert expect_clean(run(repo, "install", "--drivers")) == INSTALLED
    already = INSTALLED.replace("installed", "already installed", 1)
    assert expect_clean(run(repo, "install", "--drivers")) == already
    assert expect_clean(run(repo, "status", "--drivers")) == INSTALLED
    assert [attribute(repo, name) for name in ("merge", "diff")] == ["dlm-git", "dlm-git"]
    assert attribute(repo, "merge", "a/b/.dlm/ignore") == "dlm-git"
    assert attribute(repo, "merge", "a/.dlm/x.md") == "unspecified"
    removed = "merge and diff drivers: removed\n"
    assert expect_clean(run(repo, "uninstall", "--drivers")) == removed
    assert left(repo) == before
    assert expect_clean(run(repo, "uninstall", "--drivers")) == MISSING


def test_hooks_and_drivers_are_installed_together_or_alone(corpus_repo: Repo) -> None:
    repo = corpus_repo
    both = expect_clean(run(repo, "install", "--drivers", "--hook", "pre-commit"))
    assert both == f".git/hooks/pre-commit: installed\n{INSTALLED}"
    assert INSTALLED in run(repo, "status").out
    assert INSTALLED not in run(repo, "status", "--hook", "pre-commit").out
    assert ".git/hooks" not in run(repo, "status", "--drivers").out
    hook = expect_clean(run(repo, "uninstall", "--hook", "pre-commit"))
    assert hook == ".git/hooks/pre-commit: removed\n"
    expect_clean(run(repo, "install"))
    everything = expect_clean(run(repo, "uninstall"))
    assert everything.count(": removed\n") == 4
    assert "drivers" not in run(repo, "status").out


def test_shared_attributes_are_written_but_not_staged(corpus_repo: Repo) -> None:
    repo, before = corpus_repo, left(corpus_repo)
    output = expect_clean(run(repo, "install", "--drivers", "--shared"))
    assert output == INSTALLED.replace(LOCAL, SHARED) + "  next: git add .gitattributes\n"
    assert repo.git("status", "--short") == "?? .gitattributes"
    assert not (repo.path / LOCAL).exists()
    kept = expect_clean(run(repo, "uninstall"))
    step = "`dlm-git uninstall --drivers --shared` removes them"
    assert kept.splitlines()[-1] == (
        f"{SHARED}: kept its lines, because other clones use them: {step}"
    )
    removed = expect_clean(run(repo, "uninstall", "--drivers", "--shared"))
    assert removed == "merge and diff drivers: removed\n  next: git add .gitattributes\n"
    assert left(repo) == before


def test_a_clone_of_a_repository_with_shared_attributes(corpus_repo: Repo, tmp_path: Path) -> None:
    expect_clean(run(corpus_repo, "install", "--drivers", "--shared"))
    corpus_repo.git("add", SHARED)
    corpus_repo.commit("attributes")
    clone = Repo(tmp_path / "clone", corpus_repo.environ)
    corpus_repo.git("clone", "--quiet", str(corpus_repo.path), str(clone.path))
    shown = "merge and diff drivers: not installed in this clone, so Git merges lines\n"
    hint = "  help: `dlm-git install --drivers` installs them in this clone\n"
    assert run(clone, "status").out.endswith(shown + hint)
    assert expect_findings(run(clone, "status", "--drivers")) == shown + hint
    assert doctor(clone) == ("info", shown.rstrip().partition(": ")[2])
    assert expect_clean(run(clone, "install", "--drivers")) == INSTALLED.replace(LOCAL, SHARED)
    assert not (clone.path / LOCAL).exists()
    assert clone.git("status", "--short") == ""


def test_shared_needs_drivers(corpus_repo: Repo) -> None:
    expect_error(run(corpus_repo, "install", "--shared"), "--drivers")


@pytest.mark.parametrize("kind", ["linked", "submodule", "bare"])
def test_kinds_of_repositories(corpus_repo: Repo, tmp_path: Path, kind: str) -> None:
    repo, place = corpus_repo, ""
    if kind == "linked":
        repo.git("worktree", "add", "--quiet", "-b", "x", str(tmp_path / "linked"))
        repo, place = Repo(tmp_path / "linked", repo.environ), str(repo.path / LOCAL)
    elif kind == "submodule":
        around = new_repo(tmp_path / "around", tmp_path / "home")
        allowed = ("-c", "protocol.file.allow=always")
        around.git(*allowed, "submodule", "--quiet", "add", str(repo.path), "sub")
        repo = Repo(around.path / "sub", repo.environ)
        place = str(around.path / ".git/modules/sub/info/attributes")
    else:
        bare = new_repo(tmp_path / "bare", tmp_path / "home", "--bare")
        for command in ("install", "uninstall", "status"):
            expect_error(run(bare, command, "--drivers"), "a bare repository has no working tree")
        return
    before = left(repo)
    assert expect_clean(run(repo, "install", "--drivers")) == INSTALLED.replace(LOCAL, place)
    assert expect_clean(run(repo, "status", "--drivers")) == INSTALLED.replace(LOCAL, place)
    assert attribute(repo, "diff") == "dlm-git"
    expect_clean(run(repo, "uninstall"))
    assert left(repo) == before


# files of attributes


FILES = {
    "empty": b"",
    "lines": b"*.png binary\n",
    "no newline at the end": b"*.png binary",
    "CRLF": b"*.png binary\r\n*.sh eol=lf\r\n",
    "a byte order mark": b"\xef\xbb\xbf*.png binary\n",
    "not UTF-8": b"\xff\xfe binary\n# <<< mine <<<\n",
}


@pytest.mark.parametrize("shared", [[], ["--shared"]])
@pytest.mark.parametrize("kind", FILES)
def test_the_users_lines_are_kept(corpus_repo: Repo, kind: str, shared: list[str]) -> None:
    repo, data = corpus_repo, FILES[kind]
    file = repo.write(SHARED if shared else LOCAL, data)
    expect_clean(run(repo, "install", "--drivers", *shared))
    assert [attribute(repo, name) for name in ("merge", "diff")] == ["dlm-git", "dlm-git"]
    lines = data.removeprefix(b"\xef\xbb\xbf")
    assert file.read_bytes().endswith(lines)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf") is data.startswith(b"\xef\xbb\xbf")
    assert attribute(repo, "diff", "a.png") == ("unset" if b"*.png" in data else "unspecified")
    written = file.read_bytes()
    expect_clean(run(repo, "install", "--drivers", *shared))
    assert file.read_bytes() == written
    expect_clean(run(repo, "uninstall", "--drivers", *shared))
    assert file.read_bytes() == data


def test_lines_below_the_block_are_kept(corpus_repo: Repo) -> None:
    repo = corpus_repo
    expect_clean(run(repo, "install", "--drivers"))
    file = repo.path / LOCAL
    file.write_text(file.read_text() + "*.x binary\n")
    expect_clean(run(repo, "uninstall"))
    assert file.read_text() == "*.x binary\n"


def test_a_broken_block_is_an_error(corpus_repo: Repo) -> None:
    file = corpus_repo.write(LOCAL, BLOCK.replace("<<< dlm-git", "dlm-git"))
    for command in ("install", "uninstall", "status"):
        words = ("broken block", "one '# <<<' line")
        expect_error(run(corpus_repo, command, "--drivers"), *words)
    assert "dlm-git" not in corpus_repo.git("config", "--list", "--local")
    assert file.read_text() == BLOCK.replace("<<< dlm-git", "dlm-git")


@pytest.mark.parametrize("path", [LOCAL, SHARED])
def test_a_link_is_never_written_through(corpus_repo: Repo, tmp_path: Path, path: str) -> None:
    target = tmp_path / "target"
    target.write_text("*.png binary\n")
    (corpus_repo.path / path).symlink_to(target)
    shared = ["--shared"] if path == SHARED else []
    words = ("it is a symbolic link",)
    expect_error(run(corpus_repo, "install", "--drivers", *shared), *words)
    assert target.read_text() == "*.png binary\n"
    assert "dlm-git" not in corpus_repo.git("config", "--list", "--local")


@pytest.mark.parametrize("path", [LOCAL, SHARED])
def test_a_link_does_not_disturb_the_hooks(corpus_repo: Repo, path: str) -> None:
    (corpus_repo.path / path).symlink_to("/dev/zero")
    expect_clean(run(corpus_repo, "install"))
    assert "drivers" not in expect_clean(run(corpus_repo, "status"))
    assert doctor(corpus_repo) == ("info", "not installed")
    assert expect_clean(run(corpus_repo, "uninstall")).count(": removed\n") == 3


FOREIGN: Mapping[str, tuple[str, str]] = {
    "union": (SHARED, "*.dlm merge=union"),
    "unset": (".dlm/.gitattributes", "*.dlm -merge"),
    "a macro of git": (LOCAL, "*.dlm binary"),
    "diff": (SHARED, "**/.dlm/** diff=markdown"),
    "an ignore file": (SHARED, ".dlm/ignore merge=ours"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_other_attributes_are_refused_with_their_line(corpus_repo: Repo, kind: str) -> None:
    path, line = FOREIGN[kind]
    corpus_repo.write(path, f"# mine\n*.png binary\n{line}\n*.svg diff=xml\n")
    before = left(corpus_repo)
    error = expect_error(run(corpus_repo, "install", "--drivers"), f"'{path}:3: {line}'")
    assert "remove that line" in error
    assert left(corpus_repo) == before


def test_attributes_of_the_user_are_refused(corpus_repo: Repo, tmp_path: Path) -> None:
    file = tmp_path / "attributes"
    file.write_text("*.dlm diff=markdown\n")
    corpus_repo.git("config", "core.attributesFile", str(file))
    expect_error(run(corpus_repo, "install", "--drivers"), f"'{file}:1: *.dlm diff=markdown'")


# what is wrong with installed drivers


def doctor(repo: Repo) -> tuple[str, str]:
    report = json.loads(run(repo, "doctor", "--format", "json").out)
    lines = [line for group in report["groups"] for line in group["lines"]]
    (line,) = [line for line in lines if line["name"] == "drivers"]
    return line["state"], line["value"]


def outdated(repo: Repo) -> None:
    value = repo.git("config", "merge.dlm-git.driver").replace("; esac", " ; esac")
    repo.git("config", "merge.dlm-git.driver", value)


def gone(repo: Repo) -> None:
    for key, value in driver_settings("/gone/dlm-git").items():
        repo.git("config", key, value)


def overridden(repo: Repo) -> None:
    with (repo.path / LOCAL).open("a") as file:
        file.write("*.dlm merge=union\n")


BROKEN: Mapping[str, tuple[Callable[[Repo], object], str, str]] = {
    "outdated": (outdated, "outdated", UPDATE),
    "a key is missing": (
        lambda repo: repo.git("config", "--unset", "diff.dlm-git.textconv"),
        "outdated",
        UPDATE,
    ),
    "not found": (gone, "find no dlm-git, so Git merges lines", UPDATE),
    "no attributes": (
        lambda repo: (repo.path / LOCAL).unlink(),
        "not used, because no attribute names them",
        "  help: `dlm-git install --drivers` adds the attributes\n",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_drivers_are_reported_and_updated(corpus_repo: Repo, fault: str) -> None:
    breaks, state, hint = BROKEN[fault]
    path = os.pathsep.join(
        entry
        for entry in corpus_repo.environ["PATH"].split(os.pathsep)
        if not Path(entry, "dlm-git").exists()
    )
    repo = Repo(corpus_repo.path, {**corpus_repo.environ, "PATH": path})
    expect_clean(run(repo, "install"))
    expect_clean(run(repo, "install", "--drivers"))
    assert doctor(repo) == ("ok", "installed")
    breaks(repo)
    line = f"merge and diff drivers: {state}\n"
    assert expect_findings(run(repo, "status")).endswith(line + hint)
    assert doctor(repo) == ("problem", state)
    assert expect_clean(run(repo, "install", "--drivers")) == INSTALLED.replace(
        "installed", "updated"
    )
    expect_clean(run(repo, "status"))


def test_overridden_drivers_are_reported(corpus_repo: Repo) -> None:
    repo = corpus_repo
    expect_clean(run(repo, "install", "--drivers"))
    overridden(repo)
    assert expect_findings(run(repo, "status", "--drivers")).startswith(
        "merge and diff drivers: not used for all files"
        f" (the attribute 'merge' of '{CORPUS}' is 'union')\n"
    )
    expect_error(run(repo, "install", "--drivers"), f"'{LOCAL}:6: *.dlm merge=union'")


def test_doctor_shows_that_drivers_are_missing(corpus_repo: Repo) -> None:
    assert doctor(corpus_repo) == ("info", "not installed")


def test_attributes_of_the_users_own_suffice(corpus_repo: Repo) -> None:
    expect_clean(run(corpus_repo, "install", "--drivers"))
    corpus_repo.write(LOCAL, "*.dlm merge=dlm-git diff=dlm-git\n.dlm/ignore merge=dlm-git\n")
    assert expect_clean(run(corpus_repo, "status", "--drivers")) == (
        "merge and diff drivers: installed, with attributes of your own\n"
    )


# all or nothing


@pytest.mark.parametrize("calls", range(7))
def test_an_installation_that_fails_changes_nothing(
    corpus_repo: Repo, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    for name, value in corpus_repo.environ.items():
        monkeypatch.setenv(name, value)
    before, done = left(corpus_repo), [0]
    configure = write.configure

    def fail(*arguments: object) -> None:
        if done[0] == calls:
            raise DlmGitError("no space left")
        done[0] += 1
        configure(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(write, "configure", fail)
    with pytest.raises(DlmGitError, match="no space left"):
        drivers.install_drivers(corpus_repo.path, COMMAND)
    assert left(corpus_repo) == before


def test_an_update_that_fails_restores_the_config(
    corpus_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in corpus_repo.environ.items():
        monkeypatch.setenv(name, value)
    expect_clean(run(corpus_repo, "install", "--drivers"))
    (corpus_repo.path / LOCAL).unlink()
    outdated(corpus_repo)
    old = corpus_repo.git("config", "--get-regexp", "dlm-git")

    def fail(*_: object) -> None:
        raise DlmGitError("no space left")

    monkeypatch.setattr(drivers, "create_file", fail)
    with pytest.raises(DlmGitError, match="no space left"):
        drivers.install_drivers(corpus_repo.path, COMMAND)
    assert sorted(corpus_repo.git("config", "--get-regexp", "dlm-git").splitlines()) == sorted(
        old.splitlines()
    )
    assert not (corpus_repo.path / LOCAL).exists()


@pytest.mark.slow
def test_concurrent_installs_succeed(corpus_repo: Repo) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: run(corpus_repo, "install", "--drivers"), range(4)))
    assert [result.code for result in results] == [0] * 4, results
    assert expect_clean(run(corpus_repo, "status", "--drivers")) == INSTALLED


@pytest.mark.parametrize("name", ['it\'s "q"', "50% of $HOME", "a b"])
def test_the_path_of_the_program_can_have_any_name(
    corpus_repo: Repo, tmp_path: Path, name: str
) -> None:
    program = tmp_path / name / "dlm-git"
    program.parent.mkdir()
    shutil.copy(COMMAND, program)
    expect_clean(corpus_repo.run(str(program), "install", "--drivers"))
    repo = Repo(corpus_repo.path, {**corpus_repo.environ, "PATH": GIT_ONLY})
    assert expect_clean(repo.run(str(program), "status", "--drivers")) == INSTALLED
    repo.git("switch", "--quiet", "--create", "other")
    repo.add(CORPUS, GOOD.replace("  sources_policy", "  seed: 7\n  sources_policy"))
    repo.commit("theirs")
    repo.git("switch", "--quiet", "main")
    repo.add(CORPUS, GOOD.replace("  sources_policy", "  lora_r: 4\n  sources_policy"))
    repo.commit("ours")
    assert repo.run("git", "merge", "--no-edit", "other").code == 0
    assert "\n ## prose  [" in repo.run("git", "show", "--unified=30", "other").out


def test_git_does_not_wait_for_the_lock_of_the_config(
    corpus_repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer ones would, in each of dlm-git's own tries."""
    log = tmp_path / "log"
    fake = on_git(corpus_repo, git_with(tmp_path / "fake", f'echo "$*" >>{log}'))
    for key, value in fake.environ.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(write, "_PAUSE", 0)
    corpus_repo.write(".git/config.lock", "")
    with pytest.raises(DlmGitError, match="could not lock config file"):
        drivers.install_drivers(corpus_repo.path, COMMAND)
    tries = [line for line in log.read_text().splitlines() if " config --local " in line]
    assert len(tries) > 20
    assert not [line for line in tries if " -c core.configLockTimeout=0 " not in line]
