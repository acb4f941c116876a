"""`dlm-git init` in every state of a worktree: it refuses or writes, never by halves."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from dlm_git.errors import DlmGitError
from dlm_git.fs import create_file, replace_file
from tests.modes import bound_command
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    Repo,
    Result,
    dlm_id,
    expect_clean,
    expect_error,
    expect_findings,
    hook_arguments,
    new_repo,
)

pytestmark = pytest.mark.slow

BASE = ("--base", "smollm2-135m")
OTHER = GOOD.replace(ID, "01HRZYQ2X0MB5K4VN7E9DNT5GK")
Listing = dict[str, tuple[int, bytes]]


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository that has something to learn, and no corpus document."""
    repo.add("README.md", "# Shop\n")
    return repo


def _listing(root: Path) -> Listing:
    """Everything below a directory but Git's own: kinds, permissions, contents; never blocks."""
    return {
        path.relative_to(root).as_posix(): _state(path)
        for path in sorted(root.rglob("*"))
        if ".git" not in path.relative_to(root).parts
    }


def _state(path: Path) -> tuple[int, bytes]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return mode, os.fsencode(os.readlink(path))
    return mode, path.read_bytes() if stat.S_ISREG(mode) else b""


def _index(repo: Repo) -> bytes:
    index = Path(repo.git("rev-parse", "--absolute-git-dir"), "index")
    return index.read_bytes() if index.exists() else b""


@contextmanager
def _nothing_written(repo: Repo, around: Path | None = None) -> Iterator[None]:
    """Assert that the block changes neither the directory (the worktree) nor the index."""
    root = around or repo.path
    before = _listing(root), _index(repo)
    yield
    assert (_listing(root), _index(repo)) == before


def _refused(repo: Repo, *args: str, words: tuple[str, ...] = (), **options: Any) -> str:
    """Return the error of an init that writes nothing."""
    with _nothing_written(repo):
        return expect_error(repo.init(*args, **options), *words)


def _whole(data: bytes) -> bool:
    """Return whether the data is a whole scaffolded document."""
    return data.startswith(b"---\ndlm_id: ") and data.endswith(b"that you write here.\n")


def _shell(repo: Repo, script: str, env: Mapping[str, str] | None = None) -> Result:
    """Run a bash script; in it `$0` is the installed command."""
    # a limit of the size of files would leave half a module in `__pycache__`
    env = {"PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return repo.run("bash", "-c", script, COMMAND, env=env)


# something else stands in its place


def test_a_linked_dlm_directory_is_refused(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repo.path / ".dlm").symlink_to(tmp_path / "outside")
    with _nothing_written(repo, tmp_path):
        _refused(repo, *BASE, words=("'.dlm", "symbolic link"))


@pytest.mark.parametrize("options", [BASE, (*BASE, "--rescaffold")], ids=["", "rescaffold"])
def test_a_linked_dlm_directory_with_a_document_is_refused(
    repo: Repo, tmp_path: Path, options: tuple[str, ...]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "corpus.dlm").write_text(GOOD)
    (repo.path / ".dlm").symlink_to(outside)
    with _nothing_written(repo, tmp_path):
        _refused(repo, *options, words=("'.dlm", "symbolic link"))


@pytest.mark.parametrize("options", [BASE, (*BASE, "--rescaffold")], ids=["", "rescaffold"])
@pytest.mark.parametrize("there", [True, False], ids=["existing", "dangling"])
def test_a_linked_document_is_refused(
    repo: Repo, tmp_path: Path, there: bool, options: tuple[str, ...]
) -> None:
    if there:
        (tmp_path / "outside.dlm").write_text(GOOD)
    (repo.path / ".dlm").mkdir()
    (repo.path / CORPUS).symlink_to(tmp_path / "outside.dlm")
    with _nothing_written(repo, tmp_path):
        _refused(repo, *options, words=(CORPUS, "symbolic link"))


@pytest.mark.parametrize("options", [(), ("--rescaffold",), ("--dry-run",)], ids=" ".join)
@pytest.mark.parametrize("kind", ["file", "fifo", "dangling link", "link to itself"])
def test_a_dlm_that_is_not_a_directory_is_refused(
    repo: Repo, kind: str, options: tuple[str, ...]
) -> None:
    path = repo.path / ".dlm"
    match kind:
        case "file":
            path.write_text(GOOD)
        case "fifo":
            os.mkfifo(path)
        case "dangling link":
            path.symlink_to("nowhere")
        case _:
            path.symlink_to(".dlm")
    _refused(repo, *BASE, *options, words=("'.dlm", "expected a directory"))


@pytest.mark.parametrize("options", [(), ("--rescaffold",)], ids=" ".join)
@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_a_document_that_is_not_a_file_is_refused(
    repo: Repo, kind: str, options: tuple[str, ...]
) -> None:
    path = repo.path / CORPUS
    path.parent.mkdir()
    if kind == "directory":
        path.mkdir()
    else:
        os.mkfifo(path)
    _refused(repo, *BASE, *options, words=(f"'{CORPUS}' is not a regular file",))


# another process writes at the same time


def _race(repo: Repo, count: int, options: tuple[str, ...]) -> list[Result]:
    command = [COMMAND, "init", *options]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    racers = [
        subprocess.Popen(command, cwd=repo.path, env=repo.environ, text=True, **pipes)
        for _ in range(count)
    ]
    ends = [racer.communicate(timeout=60) for racer in racers]
    return [Result(racer.returncode, *end) for racer, end in zip(racers, ends, strict=True)]


@pytest.mark.parametrize("number", range(5))
def test_exactly_one_of_many_concurrent_inits_writes(tmp_path: Path, number: int) -> None:
    repo = new_repo(tmp_path / f"repo{number}", tmp_path / "home")
    results = _race(repo, 8, BASE)
    kinds = Counter(_outcome(result) for result in results)
    assert kinds["Wrote"] == 1, results
    assert kinds.keys() <= {"Wrote", "Reused", "refused"}, results
    data = (repo.path / CORPUS).read_bytes()
    assert _whole(data)
    ids = {found for result in results for found in re.findall(r"\(id (\w+)\)", result.out)}
    assert ids == {data.split()[2].decode()}
    assert os.listdir(repo.path / ".dlm") == ["corpus.dlm"]
    expect_clean(repo.init())
    assert repo.git("show", f":{CORPUS}").encode() == data.strip()


def _outcome(result: Result) -> str:
    if result.code == 2:
        return "refused" if expect_error(result).count("\n") == 2 else "refused without a hint"
    return expect_clean(result).partition(" ")[0]


def test_exactly_one_of_many_writers_creates_the_file(tmp_path: Path) -> None:
    """The seam that a checkout between the look and the write would meet."""
    contents = [b"%d" % number for number in range(8)]
    barrier, made = threading.Barrier(len(contents)), []

    def write(data: bytes) -> None:
        barrier.wait()
        if create_file(str(tmp_path), ".dlm", "corpus.dlm", data):
            made.append(data)

    writers = [threading.Thread(target=write, args=[data]) for data in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert made == [(tmp_path / CORPUS).read_bytes()]
    assert os.listdir(tmp_path / ".dlm") == ["corpus.dlm"]


@pytest.mark.parametrize("kind", ["file", "directory", "dangling link", "fifo"])
def test_create_does_not_replace_an_existing_path(tmp_path: Path, kind: str) -> None:
    path = tmp_path / CORPUS
    path.parent.mkdir()
    match kind:
        case "file":
            path.write_text("from the branch\n")
        case "directory":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case _:
            path.symlink_to(tmp_path / "elsewhere")
    before = _listing(tmp_path)
    assert not create_file(str(tmp_path), ".dlm", "corpus.dlm", b"ours")
    assert _listing(tmp_path) == before


# killed on the way


def _killed_at_random(repo: Repo, delay: float, *options: str) -> None:
    command = [COMMAND, "init", *options]
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=repo.path, env=repo.environ, **silent)
    time.sleep(delay)
    process.kill()
    process.wait()


def test_a_killed_init_leaves_no_partial_document(tmp_path: Path) -> None:
    started = time.monotonic()
    expect_clean(new_repo(tmp_path / "whole", tmp_path / "home").init(*BASE))
    usual = time.monotonic() - started
    chance = random.Random(6)
    for number in range(10):
        repo = new_repo(tmp_path / str(number), tmp_path / "home")
        _killed_at_random(repo, usual * chance.uniform(0.3, 1.0), *BASE)
        assert set(os.listdir(repo.path)) <= {".git", ".dlm", ".dlm-git.toml"}
        if (repo.path / ".dlm").exists():
            assert os.listdir(repo.path / ".dlm") in ([], ["corpus.dlm"])
        if (repo.path / CORPUS).exists():
            assert _whole((repo.path / CORPUS).read_bytes())


# Runs the command; the call of `os` named first ends the process, before or after it is done.
_DEADLY = """
import os, signal, sys
name, when, *argv = sys.argv[1:]
real = getattr(os, name)
def deadly(*args, **options):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)
from dlm_git.cli.main import main
from dlm_git.operations import init
setattr(os, name, deadly)
sys.exit(main(argv))
"""


def _killed_at(repo: Repo, call: str, when: str, *options: str) -> None:
    command = (sys.executable, "-c", _DEADLY, call, when, "init", *options)
    assert repo.run(*command).code == -signal.SIGKILL


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["mkdir", "fsync", "link"])
def test_init_works_after_a_kill_while_creating(repo: Repo, call: str, when: str) -> None:
    _killed_at(repo, call, when, *BASE)
    names = os.listdir(repo.path / ".dlm") if (repo.path / ".dlm").exists() else []
    assert names == (["corpus.dlm"] if (call, when) == ("link", "after") else [])
    out = expect_clean(repo.init(*BASE))
    assert "staged it" in out
    assert _whole((repo.path / CORPUS).read_bytes())
    expect_clean(repo.check())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["fsync", "link", "chmod", "replace"])
def test_a_kill_while_rescaffolding_keeps_the_old_document(
    corpus_repo: Repo, call: str, when: str
) -> None:
    _killed_at(corpus_repo, call, when, *BASE, "--rescaffold")
    data = (corpus_repo.path / CORPUS).read_bytes()
    assert _whole(data) if (call, when) == ("replace", "after") else data == GOOD.encode()
    assert [name for name in os.listdir(corpus_repo.path / ".dlm") if name.endswith(".dlm")] == [
        "corpus.dlm"
    ]
    assert dlm_id(corpus_repo.init()) == ID


# the disk does not take it


def test_a_file_size_limit_of_zero_leaves_nothing_behind(repo: Repo) -> None:
    with _nothing_written(repo):
        expect_error(
            _shell(repo, 'ulimit -f 0; exec "$0" init --base smollm2-135m'), "File too large"
        )


def test_an_index_that_git_cannot_write_is_an_error(repo: Repo) -> None:
    """The document fits below the limit, Git's index does not."""
    for number in range(200):
        repo.add(f"src/a-file-with-a-long-name-{number}.py")
    with _nothing_written(repo):
        result = _shell(repo, 'ulimit -f 2; exec "$0" init --base smollm2-135m')
        expect_error(result, "cannot stage '.dlm/corpus.dlm'", "nothing was changed")
    (repo.path / ".git/index.lock").unlink(missing_ok=True)  # of the git that the limit killed
    assert "Wrote" in expect_clean(repo.init(*BASE))
    expect_clean(repo.check())


def test_rescaffold_with_a_file_size_limit_keeps_the_document(corpus_repo: Repo) -> None:
    with _nothing_written(corpus_repo):
        script = 'ulimit -f 0; exec "$0" init --base smollm2-135m --rescaffold'
        expect_error(_shell(corpus_repo, script), CORPUS)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few pages."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount a file system")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _on(disk: Path, tmp_path: Path) -> Repo:
    """A repository whose worktree is on the disk, and its Git directory is not."""
    repo = new_repo(disk / "repo", tmp_path / "home", f"--separate-git-dir={tmp_path / 'git'}")
    repo.add("readme.md")
    return repo


def _filled(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1024))
    assert shutil.disk_usage(disk).free == 0
    return filler


def test_a_full_disk_leaves_nothing_behind(small_disk: Path, tmp_path: Path) -> None:
    repo = _on(small_disk, tmp_path)
    filler = _filled(small_disk)
    _refused(repo, *BASE, words=("No space left on device",))
    filler.unlink()
    expect_clean(repo.init(*BASE))


def test_rescaffold_on_a_full_disk_keeps_the_document(small_disk: Path, tmp_path: Path) -> None:
    repo = _on(small_disk, tmp_path)
    repo.add(CORPUS, GOOD)
    _filled(small_disk)
    _refused(repo, *BASE, "--rescaffold", words=("No space left on device",))


def test_a_read_only_disk_is_an_error(small_disk: Path, tmp_path: Path) -> None:
    repo = _on(small_disk, tmp_path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    _refused(repo, *BASE, words=("Read-only file system",))


def test_a_read_only_directory_is_an_error(repo: Repo) -> None:
    repo.path.chmod(0o555)
    try:
        with _nothing_written(repo):
            result = repo.run(*bound_command(), COMMAND, "init", *BASE)
            expect_error(result, "Permission denied")
    finally:
        repo.path.chmod(0o755)


@pytest.mark.parametrize(
    ("umask", "folder", "file"), [("077", 0o700, 0o600), ("022", 0o755, 0o644)]
)
def test_the_umask_is_respected(repo: Repo, umask: str, folder: int, file: int) -> None:
    expect_clean(_shell(repo, f'umask {umask}; exec "$0" init --base smollm2-135m'))
    assert (repo.path / ".dlm").stat().st_mode & 0o777 == folder
    assert (repo.path / CORPUS).stat().st_mode & 0o777 == file


def test_rescaffold_keeps_the_file_mode(corpus_repo: Repo) -> None:
    (corpus_repo.path / CORPUS).chmod(0o640)
    expect_clean(corpus_repo.init(*BASE, "--rescaffold"))
    assert (corpus_repo.path / CORPUS).stat().st_mode & 0o777 == 0o640


# where it is called from


def _scaffolded_at(repo: Repo, root: Path, result: Result) -> None:
    assert "Wrote .dlm/corpus.dlm" in expect_clean(result)
    assert "and staged it" in result.out
    assert _whole((root / CORPUS).read_bytes())
    assert repo.git("ls-files", "--", CORPUS, cwd=root) == CORPUS
    expect_clean(repo.check(cwd=root))


def test_init_in_a_subdirectory_writes_at_the_root(repo: Repo) -> None:
    below = repo.path / "a/b"
    below.mkdir(parents=True)
    _scaffolded_at(repo, repo.path, repo.init(*BASE, cwd=below))


def test_init_in_a_linked_worktree_writes_there(repo: Repo, tmp_path: Path) -> None:
    repo.add("src/a.py")
    repo.commit()
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "--quiet", str(linked))
    env = {"GIT_DIR": str(repo.path / ".git/worktrees/linked")}
    _scaffolded_at(repo, linked, repo.init(*BASE, cwd=linked / "src", env=env))
    assert repo.git("ls-files") == "README.md\nsrc/a.py"


def _with_submodule(repo: Repo, tmp_path: Path) -> Path:
    other = new_repo(tmp_path / "other", tmp_path / "home")
    other.add("src/a.py")
    other.commit()
    add = ("submodule", "--quiet", "add", str(other.path), "module")
    repo.git("-c", "protocol.file.allow=always", *add)
    return repo.path / "module"


def test_init_in_a_submodule_writes_there(repo: Repo, tmp_path: Path) -> None:
    module = _with_submodule(repo, tmp_path)
    env = {"GIT_DIR": str(repo.path / ".git/modules/module")}
    _scaffolded_at(repo, module, repo.init(*BASE, cwd=module / "src", env=env))
    assert CORPUS not in repo.git("ls-files")


def test_init_of_a_submodule_in_a_hook_of_the_superproject(repo: Repo, tmp_path: Path) -> None:
    module = _with_submodule(repo, tmp_path)
    git_dir = repo.path / ".git"
    env = {"GIT_DIR": str(git_dir), "GIT_INDEX_FILE": str(git_dir / "index"), "GIT_PREFIX": ""}
    _scaffolded_at(repo, module, repo.init(*BASE, str(module), env=env))
    assert CORPUS not in repo.git("ls-files")


def test_init_follows_git_dir_and_work_tree(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "src").mkdir()
    (repo.path / ".git").rename(tmp_path / "apart.git")
    env = {"GIT_DIR": str(tmp_path / "apart.git"), "GIT_WORK_TREE": str(repo.path)}
    there = Repo(repo.path, {**repo.environ, **env})
    _scaffolded_at(there, repo.path, there.init(*BASE, cwd=repo.path / "src"))


def test_init_in_a_bare_repository_is_an_error(repo: Repo, tmp_path: Path) -> None:
    bare = new_repo(tmp_path / "bare", repo.path / "../home", "--bare")
    before = sorted(os.listdir(bare.path))
    expect_error(bare.init(*BASE), "a bare repository has no working tree", "clone")
    assert sorted(os.listdir(bare.path)) == before


def test_init_of_no_directory_is_an_error(repo: Repo) -> None:
    repo.write("file")
    _refused(repo, *BASE, "nowhere", words=("'nowhere' is not a directory",))
    _refused(repo, *BASE, "file", words=("'file' is not a directory",))
    (repo.path / "loop").symlink_to("loop")
    _refused(repo, *BASE, "loop", words=("'loop' is not a directory",))
    for long in ("a" * 300, "a/" * 3000):
        _refused(repo, *BASE, long, words=(f"'{long}' is not a directory",))


@pytest.mark.parametrize("name", ["with space", "$HOME", "${HOME}", "~", "'q\"", "\udcff"])
def test_init_works_in_directories_with_unusual_names(tmp_path: Path, name: str) -> None:
    new_repo(tmp_path / "home/decoy", tmp_path / "home")
    repo = new_repo(tmp_path / name, tmp_path / "home")
    repo.add("README.md")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))
    assert os.listdir(tmp_path / "home/decoy") == [".git"]


def test_init_refuses_a_directory_name_with_a_line_break(tmp_path: Path) -> None:
    """Git's answers about directories are the same there."""
    _refused(new_repo(tmp_path / "a\nb", tmp_path / "home"), *BASE)


def test_init_works_with_sha256(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", tmp_path / "home", "--object-format=sha256")
    repo.add("README.md")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))
    kept = re.search(
        r"git cat-file blob ([0-9a-f]+)", expect_clean(repo.init(*BASE, "--rescaffold"))
    )
    assert kept
    assert len(kept[1]) == 64


def test_the_first_commit_holds_the_document(repo: Repo) -> None:
    _scaffolded_at(repo, repo.path, repo.init(*BASE))
    repo.commit()
    expect_clean(repo.check("--rev", "HEAD"))


# what Git would not take as it is


_PATTERNS = [".*", ".dlm/", "*.dlm", "/.dlm/corpus.dlm", "*"]
_MENDED = "!.dlm/\n!.dlm/**\n"


@pytest.mark.parametrize("pattern", _PATTERNS)
def test_the_hint_for_an_ignored_document_solves_it(repo: Repo, pattern: str) -> None:
    repo.write(".gitignore", f"# ours\n{pattern}\n")
    err = _refused(repo, *BASE, words=(f"ignored by '{pattern}' at .gitignore:2",))
    assert "add '!.dlm/' and '!.dlm/**' below it" in err
    repo.write(".gitignore", f"# ours\n{pattern}\n{_MENDED}")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))


@pytest.mark.parametrize("place", ["info/exclude", "core.excludesFile", "git/ignore"])
def test_a_document_ignored_outside_gitignore_is_refused(
    repo: Repo, tmp_path: Path, place: str
) -> None:
    match place:
        case "info/exclude":
            file = repo.path / ".git" / place
        case "core.excludesFile":
            file = tmp_path / "mine"
            repo.git("config", place, str(file))
        case _:
            file = tmp_path / "home/xdg" / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("*.dlm\n")
    _refused(repo, *BASE, words=("ignored by '*.dlm' at ", f"{file.name}:1"))
    file.write_text(f"*.dlm\n{_MENDED}")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))


def test_the_hint_for_a_gitignore_inside_dlm_solves_it(repo: Repo) -> None:
    repo.write(".dlm/.gitignore", "*\n")
    err = _refused(repo, *BASE, words=("ignored by '*' at .dlm/.gitignore:1",))
    assert "remove that pattern" in err
    below = "".join(f"{line}\n" for line in re.findall(r"'(![^']*)'", err))
    repo.write(".dlm/.gitignore", f"*\n{below}" if below else "")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))


def test_a_pattern_in_another_case_is_respected(repo: Repo) -> None:
    repo.git("config", "core.ignoreCase", "true")
    repo.write(".gitignore", ".DLM\n")
    _refused(repo, *BASE, words=("ignored by '.DLM' at .gitignore:1",))


def test_a_negation_below_an_ignored_directory_has_no_effect(repo: Repo) -> None:
    repo.write(".gitignore", ".dlm/\n!.dlm/corpus.dlm\n")
    _refused(repo, *BASE, words=("ignored by '.dlm/' at .gitignore:1",))


def test_a_negated_pattern_does_not_ignore(repo: Repo) -> None:
    repo.write(".gitignore", ".dlm/*\n!.dlm/corpus.dlm\n")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))


@pytest.mark.parametrize("options", [(), (*BASE, "--rescaffold")], ids=["reuse", "rescaffold"])
def test_a_tracked_document_may_be_ignored(corpus_repo: Repo, options: tuple[str, ...]) -> None:
    corpus_repo.write(".gitignore", ".dlm\n")
    assert dlm_id(corpus_repo.init(*options)) == ID
    assert corpus_repo.git("diff", "--name-only") == ""
    expect_clean(corpus_repo.check())


@pytest.mark.parametrize("how", ["* text=auto eol=crlf", "core.autocrlf"])
def test_crlf_in_the_worktree_is_accepted(repo: Repo, how: str) -> None:
    if how.startswith("*"):
        repo.add(".gitattributes", f"{how}\n")
    else:
        repo.git("config", how, "true")
    expect_clean(repo.init(*BASE))
    assert b"\r" not in repo.git("cat-file", "blob", f":{CORPUS}").encode()
    repo.commit()
    (repo.path / CORPUS).unlink()
    repo.git("checkout", "--", CORPUS)
    assert b"\r\n" in (repo.path / CORPUS).read_bytes()
    expect_clean(repo.check())
    assert "Reused" in expect_clean(repo.init(*BASE))


@pytest.mark.parametrize("autocrlf", ["input", "true"])
def test_safecrlf_leaves_a_whole_document_or_none(repo: Repo, autocrlf: str) -> None:
    repo.git("config", "core.autocrlf", autocrlf)
    repo.git("config", "core.safecrlf", "true")
    result = repo.init(*BASE)
    if result.code:
        expect_error(result)
        assert not (repo.path / ".dlm").exists()
    else:
        _scaffolded_at(repo, repo.path, result)


def test_safecrlf_keeps_an_existing_document(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "input")
    repo.git("config", "core.safecrlf", "true")
    file = repo.write(CORPUS, GOOD.replace("\n", "\r\n"))
    result = repo.init()
    if result.code:
        expect_error(result, "CRLF would be replaced by LF")
    else:
        expect_clean(repo.check())
    assert file.read_bytes() == GOOD.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("file", "attribute", "value"),
    [
        (".gitattributes", "working-tree-encoding", "UTF-16"),
        (".gitattributes", "filter", "lfs"),
        (".dlm/.gitattributes", "filter", "lfs"),
        (".git/info/attributes", "working-tree-encoding", "UTF-16"),
    ],
)
def test_the_hint_for_a_converting_attribute_solves_it(
    repo: Repo, file: str, attribute: str, value: str
) -> None:
    repo.write(file, f"*.dlm {attribute}={value}\n")
    err = _refused(repo, *BASE, words=(f"the attribute '{attribute}={value}'", CORPUS))
    line = re.search(r"add the line '([^']+)' to (\S+)", err)
    assert line, err
    place = repo.path / (file if file.startswith(".git/") else line[2])
    place.parent.mkdir(exist_ok=True)
    with place.open("a") as attributes:
        attributes.write(f"{line[1]}\n")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))


def test_init_works_outside_of_the_sparse_cone(repo: Repo) -> None:
    repo.add("src/a.py")
    repo.add("docs/a.md")
    repo.commit()
    repo.git("sparse-checkout", "set", "--cone", "docs")
    _scaffolded_at(repo, repo.path, repo.init(*BASE))


# Which document: one is reused, of several one is named, an old one can be written anew


def test_a_single_document_of_another_name_is_reused(repo: Repo) -> None:
    repo.write(".dlm/docs.dlm", GOOD)
    assert "Reused .dlm/docs.dlm" in expect_clean(repo.init())
    assert repo.git("ls-files") == ".dlm-git.toml\n.dlm/docs.dlm\nREADME.md"


def test_one_of_several_documents_must_be_named(repo: Repo) -> None:
    repo.write(".dlm/docs.dlm", GOOD)
    repo.write(".dlm/shop.dlm", OTHER)
    err = _refused(repo, words=("found several documents", "'.dlm/docs.dlm', '.dlm/shop.dlm'"))
    assert "--name docs" in err
    assert "Reused .dlm/shop.dlm" in expect_clean(repo.init("--name", "shop"))
    assert repo.git("ls-files") == ".dlm-git.toml\n.dlm/shop.dlm\nREADME.md"


def test_name_sets_the_name_of_a_new_document(repo: Repo) -> None:
    out = expect_clean(repo.init(*BASE, "--name", "docs", "--no-config"))
    assert '"--name", "docs"' in out
    expect_clean(repo.check("--name", "docs"))


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "", ".x", "-x", "a\nb", "a\\b", "corpus.dlm", "/x", ".."]
)
def test_invalid_names_are_refused(repo: Repo, name: str) -> None:
    _refused(repo, *BASE, f"--name={name}", words=("name",))


def test_rescaffold_keeps_the_id_and_the_old_document(corpus_repo: Repo) -> None:
    old = GOOD.replace("training:\n", "training:\n  lora_r: 8\n").replace("strict", "permissive")
    corpus_repo.write(CORPUS, old)
    result = corpus_repo.init(*BASE, "--rescaffold")
    assert dlm_id(result) == ID
    assert "'training.lora_r'" in result.out
    assert "the body of 1 section" in result.out
    kept = re.search(r"`git cat-file blob ([0-9a-f]+)`", result.out)
    assert kept
    assert corpus_repo.run("git", "cat-file", "blob", kept[1]).out == old
    expect_clean(corpus_repo.check("--base", "smollm2-135m"))


def test_rescaffold_of_a_broken_document_keeps_its_id(repo: Repo) -> None:
    old = GOOD.replace('["**/*"]', "[**/*]")
    repo.write(CORPUS, old)
    _refused(repo, words=("dlm refuses it", "line 9", "--rescaffold"))
    result = repo.init(*BASE, "--rescaffold")
    assert dlm_id(result) == ID
    assert "dropped: all other content (not parsable)" in result.out
    expect_clean(repo.check())


def test_rescaffold_of_an_unreadable_document_reports_the_lost_id(repo: Repo) -> None:
    repo.write(CORPUS, b"\xff\xfe nothing")
    result = repo.init(*BASE, "--rescaffold")
    assert dlm_id(result) != ID
    assert "its id (unreadable)" in result.out
    kept = re.search(r"`git cat-file blob ([0-9a-f]+)`", result.out)
    assert kept
    assert (
        repo.run("git", "cat-file", "blob", kept[1]).out.encode(errors="surrogateescape")
        == b"\xff\xfe nothing"
    )


def test_rescaffold_keeps_the_base_model_by_default(corpus_repo: Repo) -> None:
    expect_clean(corpus_repo.init("--rescaffold"))
    assert "base_model: qwen2.5-coder-1.5b" in (corpus_repo.path / CORPUS).read_text()


@pytest.mark.parametrize("options", [BASE, (*BASE, "--rescaffold"), ()], ids=" ".join)
@pytest.mark.parametrize("there", [True, False], ids=["a document", "none"])
def test_dry_run_writes_nothing(repo: Repo, there: bool, options: tuple[str, ...]) -> None:
    if there:
        repo.write(CORPUS, GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m"))
    with _nothing_written(repo):
        result = repo.init("--dry-run", *options)
    if options or there:
        assert expect_clean(result).startswith("---\ndlm_id: ")
    else:
        expect_error(result, "needs a base model", "--base")


@pytest.mark.parametrize(
    ("options", "setting", "found", "requested"),
    [
        (("--base", "smollm2-135m"), "base model", "'qwen2.5-coder-1.5b'", "'smollm2-135m'"),
        (("--include", "*.py"), "include", "['**/*']", "['*.py']"),
        (("--exclude", "*.py"), "exclude", "[]", "['*.py']"),
        (("--policy", "permissive"), "sources policy", "'strict'", "'permissive'"),
        (("--source", "src"), "sources", "['.']", "['src']"),
        (("--no-recursive",), "include", "['**/*']", "['*']"),
    ],
)
def test_options_that_contradict_the_document_are_refused(
    corpus_repo: Repo, options: tuple[str, ...], setting: str, found: str, requested: str
) -> None:
    message = f"already exists with {setting} {found}; you asked for {setting} {requested}\n"
    _refused(corpus_repo, *options, words=(message, "--rescaffold"))


def test_all_contradictions_are_named_at_once(corpus_repo: Repo) -> None:
    _refused(
        corpus_repo,
        *("--base", "smollm2-135m", "--include", "*.py"),
        words=(
            "'.dlm/corpus.dlm' already exists with"
            " base model 'qwen2.5-coder-1.5b', include ['**/*'];"
            " you asked for base model 'smollm2-135m', include ['*.py']\n",
        ),
    )


def test_options_that_agree_with_the_document_reuse_it(corpus_repo: Repo) -> None:
    agreed = ("--base", "qwen2.5-coder-1.5b", "--include", "**/*", "--policy", "strict")
    assert "Reused" in expect_clean(corpus_repo.init(*agreed, "--source", "."))


# The base model, and the sources


def test_a_new_document_needs_a_base_model(repo: Repo) -> None:
    _refused(repo, words=("a new document needs a base model", "--base", "smollm2-135m"))


@pytest.mark.parametrize(
    ("base", "meant"),
    [
        ("qwen2.5-coder-1.5B", "qwen2.5-coder-1.5b"),
        ("Qwen/Qwen3-1.7B", "qwen3-1.7b"),
        ("smollm2-135", "smollm2-135m"),
        ("acme/tiny", "hf:acme/tiny"),
        ("hf:tiny", ""),
        ("wholly unknown", ""),
        (" smollm2-135m", "smollm2-135m"),
    ],
)
def test_an_unknown_base_model_is_refused_with_a_suggestion(
    repo: Repo, base: str, meant: str
) -> None:
    err = _refused(repo, "--base", base, words=(f"dlm does not know base model '{base}'",))
    assert (f"did you mean '{meant}'?" in err) is bool(meant)


def test_the_printed_hook_accepts_an_unlisted_base_model(repo: Repo) -> None:
    out = expect_clean(repo.init("--base", "acme-tiny", "--unlisted-base", "--no-config"))
    expect_findings(repo.check(), "unknown-base")
    expect_clean(repo.check(*hook_arguments(out)))


def test_sources_are_relative_to_the_current_directory(repo: Repo) -> None:
    repo.add("a/b/c.py")
    repo.add("d.md")
    expect_clean(repo.init(*BASE, "--source", "b", "--source", "../d.md", cwd=repo.path / "a"))
    text = (repo.path / CORPUS).read_text()
    assert re.findall(r'path: "(.*)"', text) == ["a/b", "d.md"]
    expect_clean(repo.check())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("..", "is outside the repository"),
        ("/", "is outside the repository"),
        ("../home", "is outside the repository"),
        ("link", "is outside the repository"),
        ("nowhere", "does not exist"),
        ("~", "does not exist"),
        ("loop", "does not exist"),
        ("long", "does not exist"),
        ("a" * 300, "does not exist"),
        ("a/" * 3000, "does not exist"),
    ],
)
def test_invalid_sources_are_refused(repo: Repo, source: str, words: str) -> None:
    (repo.path / "link").symlink_to("../home")
    (repo.path / "loop").symlink_to("loop")
    (repo.path / "long").symlink_to("a" * 300)
    _refused(repo, *BASE, "--source", source, words=(f"source '{source}' {words}",))


def test_an_absolute_source_inside_the_repository_is_accepted(repo: Repo) -> None:
    repo.add("a/b.py")
    expect_clean(repo.init(*BASE, "--source", str(repo.path / "a")))
    expect_clean(repo.check())


# Strings that want to break out


@pytest.mark.parametrize("name", ["\udcff", "\udcff\U0001f600"])
def test_a_source_that_is_not_utf8_is_refused(repo: Repo, name: str) -> None:
    repo.write(f"{name}/x.py")
    _refused(repo, *BASE, "--source", name, words=("UTF-8",))


@pytest.mark.parametrize("glob", ["**/*.py", 'a"b\\c', "\U0001f600*", "\xe9: x", "\u2028", "%(x)s"])
def test_the_printed_hook_expects_what_was_written(repo: Repo, glob: str) -> None:
    repo.add(glob.replace("*", "x"))
    out = expect_clean(repo.init(*BASE, "--include", glob, "--no-config"))
    assert hook_arguments(out) == [*BASE, "--include", glob]
    expect_clean(repo.check(*hook_arguments(out)))


def test_a_failed_replacement_leaves_only_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".dlm").mkdir()
    (tmp_path / ".dlm" / "corpus.dlm").write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(DlmGitError, match="No space left on device"):
        replace_file(str(tmp_path), ".dlm", "corpus.dlm", b"new")
    assert [file.name for file in (tmp_path / ".dlm").iterdir()] == ["corpus.dlm"]
    assert (tmp_path / ".dlm" / "corpus.dlm").read_text() == "old"


def test_staging_waits_for_another_writer_of_the_index(repo: Repo) -> None:
    lock = repo.write(".git/index.lock", "")
    timer = threading.Timer(0.7, lock.unlink)
    timer.start()
    assert "and staged it" in expect_clean(repo.init(*BASE))
    timer.join()


def test_an_index_that_stays_locked_is_an_error(repo: Repo) -> None:
    repo.write(".git/index.lock", "")
    with _nothing_written(repo):
        expect_error(repo.init(*BASE), "cannot stage '.dlm/corpus.dlm'", "index.lock")
