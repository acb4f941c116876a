"""One git process reads all objects of a command, and ends with it; its failures are errors."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dlm_git.errors import DlmGitError, MissingObjectError
from dlm_git.git import process, read
from dlm_git.git.cat_file import CatFile
from dlm_git.git.child import Child
from dlm_git.git.index_file import IndexListing
from dlm_git.git.objects import Objects
from dlm_git.git.process import Git
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, find_repository
from dlm_git.operations.check import check
from dlm_git.snapshots.entry import FILE, Blob, Entry
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    Repo,
    children,
    damage,
    expect_clean,
    expect_error,
    expect_findings,
)
from tests.unit.test_limits import interruptions

pytestmark = pytest.mark.usefixtures("nothing_is_left")


@pytest.fixture
def shop(corpus_repo: Repo) -> Repo:
    corpus_repo.add("a.md", "text\n")
    corpus_repo.add("pkg/.dlm/ignore", "x\n")
    corpus_repo.commit()
    return corpus_repo


def log_of_git(repo: Repo, tmp_path: Path, *command: str) -> list[str]:
    """Return the git commands that a command runs, and what it printed first."""
    log, directory = tmp_path / "log", tmp_path / "bin"
    directory.mkdir(exist_ok=True)
    log.write_text("")
    wrapper = directory / "git"
    git = repo.run("which", "git").out.strip()
    if not wrapper.exists():  # a cached result depends on it
        wrapper.write_text(f'#!/bin/sh\necho "$*" >> \'{log}\'\nexec {git} "$@"\n')
        wrapper.chmod(0o755)
    result = repo.run(*command, env={"PATH": f"{directory}:{repo.environ['PATH']}"})
    assert result.code == 0, result
    return [line.partition("warnAmbiguousRefs=true ")[2] for line in log.read_text().splitlines()]


def names(calls: list[str]) -> list[str]:
    words = (call.replace("-c safe.bareRepository=explicit ", "") for call in calls)
    return [word.partition(" ")[0] for word in words]


PROCESSES = ["version", "rev-parse", "ls-files", "cat-file"]


def test_a_check_runs_four_git_processes(shop: Repo, tmp_path: Path) -> None:
    cacheable = ["rev-parse", "version", "ls-files", "cat-file"]
    assert names(log_of_git(shop, tmp_path, COMMAND, "check", "--no-cache")) == PROCESSES
    assert names(log_of_git(shop, tmp_path, COMMAND, "check")) == cacheable
    assert names(log_of_git(shop, tmp_path, COMMAND, "check")) == ["rev-parse"]
    shop.add("b.md", "text\n")
    assert names(log_of_git(shop, tmp_path, COMMAND, "check")) == [
        "rev-parse",
        "ls-files",
        "version",
        "cat-file",
    ]
    shop.write(CORPUS, f"{GOOD}more\n")
    shop.git("add", CORPUS)
    changed = names(log_of_git(shop, tmp_path, COMMAND, "check", "--no-cache"))
    assert changed == [*PROCESSES, "show-ref"]  # whether HEAD is a commit


@pytest.mark.parametrize("is_current", [False, True])
def test_a_listing_is_used_while_the_index_is_the_same(
    repository: Repository, is_current: bool
) -> None:
    rows = b"\x00100644 " + b"1" * 40 + b" 0\ta.md\0"
    found = read_index(repository, "", IndexListing((2, 1, b"x"), rows, 0.1, lambda: is_current))
    assert (found.rows == rows) == is_current
    small = repository.replace(git=repository.git.replace(limit=10_000))
    large = IndexListing((2, 1, b"x"), rows * 1000, 0.1, lambda: True)
    assert len(read_index(small, "", large).rows) < 10_000


def test_the_parent_is_the_commit_that_git_has_discovered(
    shop: Repo, repository: Repository
) -> None:
    """The key of a cached result names its tree, so a later HEAD must not count."""
    shop.add(CORPUS, f"{GOOD}more\n")
    shop.commit()
    index = read_index(repository)
    assert index.parent_contents(index.entries(CORPUS)) == {CORPUS: GOOD.encode()}
    later = read_index(find_repository(shop.path, shop.environ))
    assert later.parent_contents(later.entries(CORPUS)) == {}


@pytest.mark.parametrize("path", [".dlm/HEAD:.dlm/a.dlm", "HEAD:.dlm/a.dlm", ".dlm/.dlm/a.dlm"])
def test_the_parent_of_a_document_whose_path_looks_like_a_revision(shop: Repo, path: str) -> None:
    shop.add(path, "old\n")
    shop.commit()
    shop.add(path, "new\n")
    index = read_index(find_repository(shop.path, shop.environ))
    assert index.parent_contents(index.entries(path)) == {path: b"old\n"}


@pytest.mark.parametrize("small", [0, 1 << 20])
def test_the_header_of_a_large_index_is_read_in_a_thread(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(read, "_SMALL_INDEX", small)
    assert b"\ta.md\0" in read_index(repository).rows
    index = Path(repository.index)
    damage(index)
    with pytest.raises(DlmGitError, match="the index is damaged"):
        read_index(repository)
    index.unlink()
    assert read_index(repository).label == "the index (not created yet)"


def test_verbose_lists_the_processes(shop: Repo) -> None:
    expect_clean(shop.check())
    shop.add("b.md", "text\n")  # the cache lists the index, and does not have this one
    for args in ([], ["--no-cache"]):
        calls = [
            line for line in shop.check("--verbose", *args).err.splitlines() if "ms  git" in line
        ]
        assert {line.split()[4] for line in calls} == {*PROCESSES}


def test_a_batch_runs_two_git_processes_for_each_repository(shop: Repo, tmp_path: Path) -> None:
    copies = []
    for number in range(3):
        path = tmp_path / f"copy{number}"
        shop.git("clone", "--quiet", str(shop.path), str(path))
        copy = Repo(path, shop.environ)
        copy.add(CORPUS, GOOD.replace(ID, f"{ID[:-1]}{number}"))
        copy.commit()
        copies.append(str(path))
    calls = names(log_of_git(shop, tmp_path, COMMAND, "check", "--jobs", "2", *copies))
    calls = [call for call in calls if call != "config"]  # with the defaults of git 3.0
    assert sorted(calls) == ["cat-file"] * 3 + ["ls-files"] * 3 + ["version"]


@pytest.fixture
def repository(shop: Repo) -> Repository:
    return find_repository(shop.path, shop.environ)


def store(repo: Repo, *contents: bytes) -> list[Entry]:
    oids = [repo.git("hash-object", "-w", "--stdin", data=content) for content in contents]
    return [Entry(f"file{number}", FILE, oid) for number, oid in enumerate(oids)]


def random_contents(count: int, size: int) -> list[bytes]:
    chance = random.Random(0)
    return [chance.randbytes(chance.randrange(size)) + b"\n" for _ in range(count)]


def test_many_and_large_contents(shop: Repo, repository: Repository) -> None:
    contents = [b"", b"\n", b"x" * 3_000_000, *random_contents(40, 100_000), b"y" * 5_000_000]
    entries = store(shop, *contents)
    with repository.objects as objects:
        assert [blob.data for blob in objects.read(entries)] == contents
        assert [blob.data for blob in objects.stream(entries, ())] == contents
        many = entries * 60
        limits = [50_000, None, 0] * (len(many) // 3) + [None] * (len(many) % 3)
        blobs = objects.stream(many, limits)
        for blob, limit, content in zip(blobs, limits, contents * 60, strict=True):
            assert blob.size == len(content)
            assert blob.data == (content if limit is None or len(content) <= limit else None)


def test_questions_while_contents_are_streamed(shop: Repo, repository: Repository) -> None:
    contents = random_contents(30, 100_000)
    entries = store(shop, *contents)
    with repository.objects as objects:
        for entry, blob, content in zip(
            entries, objects.stream(entries, ()), contents, strict=True
        ):
            assert blob.data == content
            assert objects.read([entry])[0].data == content
        abandoned = objects.stream(entries, ())
        next(abandoned)
        assert objects.read(entries)[7].data == contents[7]
        del abandoned
        assert objects.read(entries)[8].data == contents[8]


def test_the_process_ends_with_the_outer_context(repository: Repository) -> None:
    calls: list[process.TracedCall] = []
    process.TRACERS.append(calls.append)
    try:
        with repository.objects:
            with repository.objects as objects:
                objects.resolve(["HEAD:a.md"])
            objects.resolve(["HEAD:a.md"])
            assert not calls
        assert len(calls) == 1
        objects.resolve(["HEAD:a.md"])
        assert len(calls) == 2  # without a context, each question has a process of its own
    finally:
        process.TRACERS.clear()


def test_objects_that_are_added_meanwhile_are_found(shop: Repo, repository: Repository) -> None:
    with repository.objects as objects:
        assert objects.resolve(["0" * 40]) == [("", -1)]
        (entry,) = store(shop, b"new\n")
        assert objects.read([entry])[0].data == b"new\n"
        (packed,) = store(shop, b"packed\n")
        shop.git("commit", "--quiet", "--allow-empty", "--message", "x")
        shop.git("pack-objects", ".git/objects/pack/pack", data=f"{packed.oid}\n".encode())
        shop.git("prune-packed")
        assert objects.read([packed])[0].data == b"packed\n"


@pytest.mark.parametrize(
    "path", ["a b.md", "ü.md", "a\rb.md", "-x", "\udcff.md", "x" * 200, "a\\nb"]
)
def test_revision_names(shop: Repo, repository: Repository, path: str) -> None:
    shop.add(f"./{path}", "named\n")
    shop.commit()
    entry = Entry(path, FILE, "0" * 40)
    longest = "d/" * 2040 + "f"
    with repository.objects as objects:
        found = objects.parent_contents(
            "HEAD", [entry, Entry("no\nsuch", FILE, ""), Entry(longest, FILE, "")]
        )
    assert found == {path: b"named\n"}


@pytest.mark.parametrize("name", ["HEAD:a blob", "HEAD:a tree", "HEAD:blob 1"])
def test_a_name_that_looks_like_a_description_is_missing(repository: Repository, name: str) -> None:
    assert repository.objects.resolve([name]) == [("", -1)]


def test_missing_objects_are_named(shop: Repo, repository: Repository) -> None:
    entries = store(shop, b"1\n", b"2\n", b"3\n")
    lost = [entries[0].replace(oid="1" * 40), entries[1], entries[2].replace(oid="2" * 40)]
    commit = [Entry("c", FILE, shop.git("rev-parse", "HEAD"))]
    with repository.objects as objects:
        for call in (objects.read, lambda e: [*objects.stream(e, ())]):
            with pytest.raises(MissingObjectError) as raised:
                call(lost)
            assert raised.value.paths == {"file0", "file2"}
            with pytest.raises(MissingObjectError) as raised:
                call(commit)
            assert raised.value.paths == {"c"}
        assert objects.read(entries)[1].data == b"2\n"


def test_all_missing_objects_of_a_long_stream_are_named(repository: Repository) -> None:
    lost = [Entry(f"f{number}", FILE, f"{number:040x}") for number in range(1, 2500)]
    with pytest.raises(MissingObjectError) as raised:
        next(repository.objects.stream(lost, ()))
    assert len(raised.value.paths) == len(lost)


def test_a_damaged_object_is_an_error(shop: Repo, repository: Repository) -> None:
    good, bad = store(shop, b"good\n", os.urandom(100_000))
    file = shop.path / ".git/objects" / bad.oid[:2] / bad.oid[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:50_000])
    with repository.objects as objects:
        for _ in range(2):
            with pytest.raises(DlmGitError, match=r"git cat-file` failed: git says"):
                objects.read([good, bad])
            assert objects.read([good])[0].data == b"good\n"


def scripted(tmp_path: Path, script: str, seconds: float = 20.0) -> Objects:
    """Return the objects of a git that is a shell script."""
    program = tmp_path / "fake"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Objects(Git(str(program), str(tmp_path), dict(os.environ), time_limit=seconds))


OID = "a" * 40
ENTRY = Entry("f", FILE, OID)
DATA = f"read line; read flush; echo {OID} blob"
# what it answers first is not enough, so it is started again and asked for the size
INFO = (
    f"read verb oid; read flush; [ $verb = info ] || {{ echo {OID} missing; sleep 100; }};"
    f" echo {OID} blob 4"
)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 0", "git did not report all of the requested objects"),
        ("exit 1", "`git cat-file` failed: exit code 1"),
        ("kill -9 $$", "`git cat-file` failed: it was killed by signal 9"),
        ("echo 'fatal: boom' >&2; exit 128", '`git cat-file` failed: git says "boom"'),
        ("sleep 100", "`git cat-file` takes longer than 1 seconds"),
        ("exec >&-; sleep 100", "`git cat-file` takes longer than 1 seconds"),
        ("exec <&-; sleep 100", "`git cat-file` takes longer than 1 seconds"),
        (f"{DATA} 4", "git did not report all of the requested objects"),
        (f"{DATA} 4; exit 3", "`git cat-file` failed: exit code 3"),
        (f"{DATA} 4; echo abc", "git did not report all"),
        (f"{DATA} 4; echo abcde; read x", "is truncated"),
        (f"{DATA} 4; echo ab; sleep 100", "`git cat-file` takes longer than 1 seconds"),
        (INFO, "git did not report all of the requested objects"),
        (f"{INFO}; exit 3", "`git cat-file` failed: exit code 3"),
        (f"{INFO}; echo {OID} blob 4; echo abc", "git did not report all"),
        (f"{INFO}; echo {OID} blob 4; echo abcde; read x", "is truncated"),
        (f"{INFO}; echo {OID} missing; read x", f"expected object {OID}, found '{OID} missing'"),
        (f"{INFO}; echo; read x", "expected object"),
        (f"{INFO}; echo {OID} blob 99999; echo abc; kill -15 $$", "was killed by signal 15"),
        (f"{INFO}; echo {OID} blob 4; sleep 100", "`git cat-file` takes longer than 1 seconds"),
    ],
)
def test_a_git_that_fails(tmp_path: Path, script: str, message: str) -> None:
    with scripted(tmp_path, script, 0.8) as objects, pytest.raises(DlmGitError) as raised:
        objects.read([ENTRY])
    assert message in raised.value.message


@pytest.mark.parametrize("first", ["blob 999999999999", "missing", "tree 4", "blob -1", "blob x"])
def test_what_cannot_be_read_at_once_is_asked_for_in_two_steps(tmp_path: Path, first: str) -> None:
    script = INFO.replace("missing", first) + f"; read x; read flush; echo {OID} blob 4; echo abcd"
    with scripted(tmp_path, f"{script}; read x") as objects:
        assert objects.read([ENTRY]) == [Blob(4, b"abcd")]
    for limit, data in ((4, b"abcd"), (3, None)):
        with scripted(tmp_path, f"{script}; read x") as objects:
            assert [*objects.stream([ENTRY], [limit])] == [Blob(4, data)]


def test_a_git_that_dies_is_started_again(tmp_path: Path) -> None:
    first = f"cd '{tmp_path}'; [ -e second ] || {{ touch second; exit 1; }}"
    with scripted(tmp_path, f"{first}\n{INFO}; echo {OID} blob 4; echo abcd; read x") as objects:
        with pytest.raises(DlmGitError, match="`git cat-file` failed"):
            objects.read([ENTRY])
        assert objects.read([ENTRY])[0].data == b"abcd"


def test_a_git_that_dies_between_two_questions(tmp_path: Path) -> None:
    with scripted(tmp_path, f"{INFO}; read flush; echo {OID} blob 4; echo abcd; exit 2") as objects:
        assert objects.read([ENTRY])[0].data == b"abcd"
        time.sleep(0.2)
        with pytest.raises(DlmGitError, match="exit code 2"):
            objects.read([ENTRY])


def test_an_old_git_is_named(tmp_path: Path) -> None:
    script = (
        "echo 'error: unknown option `batch-command' >&2; echo 'usage: git cat-file' >&2; exit 129"
    )
    with pytest.raises(DlmGitError) as raised:
        scripted(tmp_path, script).read([ENTRY])
    assert "unknown option" in raised.value.message
    assert raised.value.hint == "dlm-git needs git 2.38 or later"


def test_a_lot_of_error_output_does_not_block(tmp_path: Path) -> None:
    noise = "head -c 1000000 /dev/zero >&2"
    contents = f"read line; read flush; echo {OID} blob 4; {noise}; echo abcd; read x"
    script = f"{noise}; {INFO}; {noise}; {contents}"
    with scripted(tmp_path, script) as objects:
        assert objects.read([ENTRY])[0].data == b"abcd"


def test_many_requests_while_git_prints(tmp_path: Path) -> None:
    """A git that does not queue, but answers each request at once."""
    script = 'while read verb oid; do [ "$verb" = flush ] || echo "$oid blob 4"; done'
    cat_file = CatFile(scripted(tmp_path, script)._git)
    assert len(cat_file.headers([OID] * 5000)) == 5000


def test_an_object_that_may_not_be_fetched(tmp_path: Path, shop: Repo) -> None:
    """As older versions of git report it."""
    git = shop.run("which", "git").out.strip()
    script = f"""\
case "$*$GIT_CONFIG_NOSYSTEM" in
*cat-file*0) echo 'fatal: could not fetch {OID} from promisor remote' >&2; exit 128;;
*) exec {git} "$@";;
esac
"""
    environ = {**shop.environ, "GIT_CONFIG_NOSYSTEM": "0", "GIT_DIR": str(shop.path / ".git")}
    made = scripted(tmp_path, script)
    objects = Objects(made._git.replace(environ=environ, directory=str(shop.path)))
    present = store(shop, b"x\n")
    with objects, pytest.raises(MissingObjectError) as raised:
        objects.read([*present, ENTRY.replace(path="gone")])
    assert raised.value.paths == {"gone"}


def test_an_exception_in_the_context_ends_the_process(repository: Repository) -> None:
    for error in (ZeroDivisionError, KeyboardInterrupt, MemoryError):
        with suppress(error), repository.objects as objects:
            objects.resolve(["HEAD:a.md"])
            raise error


def test_the_limit_of_contents(shop: Repo, repository: Repository) -> None:
    entries = store(shop, b"x" * 600, b"y" * 600)
    small = repository.replace(git=repository.git.replace(limit=1000))
    with pytest.raises(DlmGitError, match="in total"):
        small.objects.read(entries)
    assert len(small.objects.read(entries[:1])) == 1


def test_checks_through_the_api_leave_no_process(
    shop: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in shop.environ.items():
        monkeypatch.setenv(key, value)
    for _ in range(3):
        assert check(shop.path).clean
        assert check(shop.path, rev="HEAD").clean
    shop.add(CORPUS, "broken")
    assert not check(shop.path).clean
    with pytest.raises(DlmGitError, match="'nowhere'"):
        check(shop.path, rev="nowhere")


def test_a_quarantine_and_alternates(shop: Repo, tmp_path: Path) -> None:
    server = tmp_path / "server.git"
    shop.git("clone", "--quiet", "--bare", "--shared", str(shop.path), str(server))
    hook = server / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec '{COMMAND}' pre-receive\n")
    hook.chmod(0o755)
    shop.add("b.md", "text\n")
    shop.commit()
    pushed = shop.run("git", "push", str(server), "main")
    assert pushed.code == 0, pushed
    shop.add(CORPUS, "broken\n")
    shop.commit()
    assert shop.run("git", "push", str(server), "main").code != 0
    expect_clean(Repo(server, shop.environ).check("--rev", "HEAD"))
    expect_findings(shop.check(), CORPUS)


def test_a_check_with_an_old_git_exits_with_2(shop: Repo, tmp_path: Path) -> None:
    git = shop.run("which", "git").out.strip()
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    usage = "echo 'error: unknown option `batch-command' >&2; exit 129"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *batch-command*) {usage};; *) exec {git} "$@";; esac\n'
    )
    program.chmod(0o755)
    result = shop.check("--no-cache", env={"PATH": f"{program.parent}:{shop.environ['PATH']}"})
    expect_error(result, "dlm-git needs git 2.38 or later")


def test_a_signal_that_git_ignores(repository: Repository) -> None:
    with repository.objects as objects:
        objects.resolve(["HEAD:a.md"])
        assert objects._cat_file._child
        os.kill(objects._cat_file._child._id, signal.SIGTERM)
        time.sleep(0.1)
        with pytest.raises(DlmGitError, match="killed by signal 15"):
            objects.resolve(["HEAD:a.md"])


INSTRUCTIONS = {
    getattr(kind, name).__code__
    for kind, names in (
        (CatFile, ("__enter__", "__exit__", "_ask", "_start_once", "_send", "_read", "_close")),
        (Child, ("start", "_start", "read", "close", "_serve", "_has_ended")),
    )
    for name in names
}


@pytest.mark.slow
def test_a_signal_at_any_instruction_leaves_no_process(repository: Repository) -> None:
    def work() -> None:
        with repository.objects as objects:
            objects.resolve(["HEAD:a.md"])
            objects.resolve(["HEAD:a.md"])

    before = len(os.listdir("/proc/self/fd")), children()

    def check(number: int) -> None:
        vars(repository).pop("objects", None)
        assert (len(os.listdir("/proc/self/fd")), children()) == before, number

    assert interruptions(work, INSTRUCTIONS, check) > 200
