"""Every state that Git leaves a repository in, checked with the installed command.

Numbers in comments (S01, M01) are those of the catalogue of Git states.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dlm_git.cli import cache
from dlm_git.errors import DlmGitError
from dlm_git.git import read
from dlm_git.git.index_file import may_skip_worktree, read_header
from dlm_git.git.read import read_index
from dlm_git.git.repository import Repository, find_repository
from tests.support import COMMAND, CORPUS, GOOD, ID, OTHER_ID, Repo, Result, new_repo

pytestmark = pytest.mark.slow

BAD = "# no frontmatter\n"
OF_BAD = "unparsable-document"
DOCS = GOOD.replace('path: "."', "path: docs")
OTHER = GOOD.replace(ID, OTHER_ID)
POINTER = """\
version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""
_HOOK = '#!/bin/sh\ndlm-git check\ncode=$?\necho "dlm-git ends with $code"\nexit $code\n'
_WHO = "Ann <ann@example.org> 1767225600 +0000"


def listing(directory: Path) -> dict[str, tuple[int, int, bytes]]:
    """Time, size and, of an index, content of every file below a directory but the cache."""
    return {
        str(Path(folder, name)): _state(Path(folder, name))
        for folder, _, names in os.walk(directory)
        for name in names
        if Path(folder).name != cache.FOLDER
    }


def _state(file: Path) -> tuple[int, int, bytes]:
    status = file.lstat()
    # git keeps shared indexes and objects young that it looks at, lest it prunes them
    freshened = "objects" in file.parts or file.name.startswith("sharedindex.")
    content = file.read_bytes() if file.name == "index" else b""
    return 0 if freshened else status.st_mtime_ns, status.st_size, content


def assert_output(result: Result, code: int, *words: str) -> str:
    """Assert the exit code and the words of the output, and return all that was printed."""
    output = result.out + result.err
    assert result.code == code, output
    assert not [word for word in words if word not in output], output
    assert "Traceback" not in output
    return output


def assert_check(
    repo: Repo,
    code: int,
    *words: str,
    rev: str | None = None,
    args: tuple[str, ...] = (),
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> str:
    """Assert what check prints for the index or a revision, and that it changes no file."""
    before = listing(repo.path)
    chosen = args if rev is None else (f"--rev={rev}", *args)
    output = assert_output(repo.check(*chosen, cwd=cwd, env=env), code, *words)
    assert listing(repo.path) == before
    return output


def install(repo: Repo, name: str = "pre-commit") -> None:
    """Install a hook that runs `dlm-git check` and prints its exit code."""
    hook = repo.write(f".git/hooks/{name}", _HOOK)
    hook.chmod(0o755)


def assert_refused(repo: Repo, rule: str, *command: str, env: dict[str, str] | None = None) -> None:
    """Assert that the hook stops a git command with a finding."""
    result = repo.run("git", *command, env=env)
    output = result.out + result.err
    assert result.code != 0, output
    assert f": {rule}: " in output
    assert "dlm-git ends with 1" in output


def assert_accepted(repo: Repo, *command: str, env: dict[str, str] | None = None) -> None:
    """Assert that the hook runs and lets a git command pass."""
    assert_output(repo.run("git", *command, env=env), 0, "no findings", "dlm-git ends with 0")


def assert_no_hook_ran(repo: Repo, *command: str, env: dict[str, str] | None = None) -> None:
    """Assert that a git command succeeds without running a hook."""
    result = repo.run("git", *command, env=env)
    assert "dlm-git" not in assert_output(result, 0)


def stage(repo: Repo, mode: str, oid: str, path: str) -> None:
    """Put an entry into the index, whatever the worktree holds."""
    repo.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")


def blob(repo: Repo, content: str | bytes) -> str:
    """Write a blob; gives its object id."""
    data = content.encode() if isinstance(content, str) else content
    return repo.git("hash-object", "-w", "--stdin", data=data)


def loose(repo: Repo, oid: str) -> Path:
    """The file of a loose object."""
    return repo.path / ".git" / "objects" / oid[:2] / oid[2:]


def store(repo: Repo, kind: str, data: bytes) -> str:
    """Write an object that git itself would refuse to write; gives its object id."""
    content = f"{kind} {len(data)}\0".encode() + data
    oid = hashlib.sha1(content).hexdigest()
    file = loose(repo, oid)
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(zlib.compress(content, 1))
    return oid


def tree(repo: Repo, *entries: tuple[str, str, str]) -> str:
    """Write a tree of (mode, name, object id), in just this order; gives its object id."""
    rows = [f"{mode} {name}\0".encode() + bytes.fromhex(oid) for mode, name, oid in entries]
    return store(repo, "tree", b"".join(rows))


def committed(repo: Repo, root: str) -> str:
    """Write a commit of a tree; gives its object id."""
    text = f"tree {root}\nauthor {_WHO}\ncommitter {_WHO}\n\na commit\n"
    return store(repo, "commit", text.encode())


def corpus_tree(repo: Repo, *others: tuple[str, str, str]) -> str:
    """A tree with a good corpus document, and other entries after it."""
    inner = tree(repo, ("100644", "corpus.dlm", blob(repo, GOOD)))
    return tree(repo, ("40000", ".dlm", inner), *others)


def clone(repo: Repo, *options: str) -> Repo:
    """A clone over Git's own protocol."""
    repo.git("config", "uploadpack.allowFilter", "true")
    path = repo.path.parent / "clone"
    repo.git("clone", "--quiet", *options, repo.path.as_uri(), str(path))
    return Repo(path, repo.environ)


def assert_index_is_checked(repo: Repo) -> None:
    """Assert that check reads the index: first a good document, then a bad one."""
    assert_check(repo, 0, "no findings")
    stage(repo, "100644", blob(repo, BAD), CORPUS)
    assert_check(repo, 1, OF_BAD)


@pytest.fixture
def without_corpus(corpus_repo: Repo) -> Repo:
    """On `topic`, beside `main`, the last commit removes the corpus document."""
    corpus_repo.git("checkout", "--quiet", "-b", "topic")
    corpus_repo.git("rm", "--quiet", CORPUS)
    corpus_repo.add("src/shop.py", "print('topic')\n")
    corpus_repo.commit("no corpus")
    corpus_repo.git("checkout", "--quiet", "main")
    corpus_repo.add("README.md")
    corpus_repo.commit("go on")
    return corpus_repo


@pytest.fixture
def two_parents(corpus_repo: Repo) -> Repo:
    """`main` trains on 'docs', `drops` removes it: each is right, their merge is not."""
    corpus_repo.add("docs/a.md")
    corpus_repo.commit("docs")
    corpus_repo.git("checkout", "--quiet", "-b", "drops")
    corpus_repo.git("rm", "--quiet", "docs/a.md")
    corpus_repo.add("src/shop.py", "print('drops')\n")
    corpus_repo.commit("drop docs")
    corpus_repo.git("checkout", "--quiet", "main")
    corpus_repo.add(CORPUS, DOCS)
    corpus_repo.commit("learn from docs")
    return corpus_repo


# --- the index, HEAD and commits


# S01
def test_on_an_unborn_branch_the_index_is_checked(repo: Repo) -> None:
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", "not created yet")
    repo.add("README.md")
    repo.add(CORPUS, GOOD)
    assert_check(repo, 0, "the index", "no findings")
    assert_check(repo, 2, "cannot read revision 'HEAD'", rev="HEAD")
    install(repo)
    assert_accepted(repo, "commit", "--message", "the first")


# S02
def test_an_orphan_branch_keeps_its_index(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "--orphan", "o")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 2, "cannot read revision 'HEAD'", rev="HEAD")
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    assert_check(corpus_repo, 1, f"{CORPUS}: missing-corpus: ", f"`git add {CORPUS}`")


# S03
def test_the_index_is_checked_and_not_the_worktree(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 0, "no findings")
    assert_accepted(corpus_repo, "commit", "--message", "staged is good")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.write(CORPUS, GOOD)
    assert_check(corpus_repo, 1, f"{CORPUS}:1:1: {OF_BAD}")
    assert_refused(corpus_repo, OF_BAD, "commit", "--message", "staged is bad")


# S04
def test_an_untracked_corpus_is_missing(repo: Repo) -> None:
    install(repo)
    repo.write(CORPUS, GOOD)
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", f"not tracked: `git add {CORPUS}`")
    repo.add("README.md")
    assert_refused(repo, "missing-corpus", "commit", "--message", "forgotten")


# S05
def test_commit_all_checks_the_index_of_the_commit(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 0, "no findings")
    assert_refused(corpus_repo, OF_BAD, "commit", "--all", "--message", "bad")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit("bad, unchecked")
    corpus_repo.write(CORPUS, GOOD)
    assert_check(corpus_repo, 1, OF_BAD)
    assert_accepted(corpus_repo, "commit", "--all", "--message", "mended")


# S06
@pytest.mark.parametrize("option", ["--", "--only"])
def test_a_commit_of_other_paths_does_not_hold_a_staged_corpus(repo: Repo, option: str) -> None:
    repo.add("src/shop.py")
    repo.commit("no corpus yet")
    install(repo)
    repo.add(CORPUS, GOOD)
    repo.write("src/shop.py", "changed\n")
    assert_check(repo, 0, "no findings")
    assert_refused(repo, "missing-corpus", "commit", "--message", "m", option, "src/shop.py")
    assert_accepted(repo, "commit", "--message", "m", option, CORPUS)


# S06
def test_a_commit_of_other_paths_holds_the_corpus_of_head(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.write("src/shop.py", "changed\n")
    assert_check(corpus_repo, 1, OF_BAD)
    assert_accepted(corpus_repo, "commit", "--message", "m", "--", "src/shop.py")


# S07
def test_commit_include_checks_the_index_and_the_path(corpus_repo: Repo) -> None:
    install(corpus_repo)
    corpus_repo.add("README.md")
    corpus_repo.write(CORPUS, BAD)
    assert_refused(corpus_repo, OF_BAD, "commit", "--message", "m", "--include", CORPUS)
    corpus_repo.write(CORPUS, GOOD + "More.\n")
    assert_accepted(corpus_repo, "commit", "--message", "m", "--include", CORPUS)


# S08
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("commit", "--message", "m"), id="plain"),
        pytest.param(("commit", "--amend", "--no-edit"), id="amend"),
        pytest.param(("commit", "--allow-empty", "--message", "m"), id="allow-empty"),
        pytest.param(("-C", "src", "commit", "--message", "m"), id="subdirectory"),
        pytest.param(("--git-dir=.git", "--work-tree=.", "commit", "-m", "m"), id="git-dir"),
    ],
)
def test_the_relative_index_of_git_commit_is_read(
    corpus_repo: Repo, command: tuple[str, ...]
) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, BAD)
    assert_refused(corpus_repo, OF_BAD, *command)
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    assert_accepted(corpus_repo, *command)


def _no_verify(repo: Repo) -> None:
    assert_no_hook_ran(repo, "commit", "--quiet", "--no-verify", "--message", "m")


def _commit_tree(repo: Repo) -> None:
    oid = repo.git("commit-tree", "-p", "HEAD", "-m", "m", repo.git("write-tree"))
    assert_no_hook_ran(repo, "update-ref", "refs/heads/main", oid)


def _import(repo: Repo, *files: tuple[str, str]) -> None:
    head = "commit refs/heads/main\ncommitter Ann <ann@example.org> 1 +0000\ndata 0\n"
    rows = (f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files)
    repo.git("fast-import", "--quiet", "--force", data=(head + "".join(rows)).encode())


def _fast_import(repo: Repo) -> None:
    _import(repo, (CORPUS, BAD))


# S09
@pytest.mark.parametrize("commit", [_no_verify, _commit_tree, _fast_import])
def test_rev_finds_commits_that_bypassed_the_hook(
    corpus_repo: Repo, commit: Callable[[Repo], None]
) -> None:
    install(corpus_repo)
    corpus_repo.add(CORPUS, BAD)
    commit(corpus_repo)
    assert_check(corpus_repo, 1, f"{CORPUS}:1:1: {OF_BAD}", rev="HEAD")


# S10
def test_rev_finds_a_bad_merge_of_good_parents(two_parents: Repo) -> None:
    assert_check(two_parents, 0, rev="main")
    assert_check(two_parents, 0, rev="drops")
    install(two_parents)
    assert_no_hook_ran(two_parents, "merge", "--quiet", "--no-edit", "drops")
    assert_check(two_parents, 1, "missing-source-path", "'docs'", rev="HEAD")


# S10
def test_pre_merge_commit_stops_a_bad_merge(two_parents: Repo) -> None:
    install(two_parents, "pre-merge-commit")
    assert_refused(two_parents, "missing-source-path", "merge", "--no-edit", "drops")


# S10
def test_pre_merge_commit_accepts_a_good_merge(two_parents: Repo) -> None:
    two_parents.add("docs/b.md")
    two_parents.commit("a file that stays")
    install(two_parents, "pre-merge-commit")
    assert_accepted(two_parents, "merge", "--no-edit", "drops")


# S10
def test_rev_finds_a_bad_fast_forward(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "-b", "topic")
    corpus_repo.git("rm", "--quiet", CORPUS)
    corpus_repo.commit("no corpus")
    corpus_repo.git("checkout", "--quiet", "main")
    install(corpus_repo)
    install(corpus_repo, "pre-merge-commit")
    assert_no_hook_ran(corpus_repo, "merge", "--quiet", "--ff-only", "topic")
    assert_check(corpus_repo, 1, "missing-corpus", rev="HEAD")


# S11
@pytest.mark.parametrize("option", ["--no-commit", "--squash"])
def test_pre_commit_stops_the_commit_of_an_unfinished_merge(two_parents: Repo, option: str) -> None:
    install(two_parents)
    two_parents.git("merge", "--quiet", option, "drops")
    assert_refused(two_parents, "missing-source-path", "commit", "--message", "m")


# S11
def test_pre_commit_stops_the_commit_after_a_merge_conflict(two_parents: Repo) -> None:
    two_parents.add("src/shop.py", "print('main')\n")
    two_parents.commit("in conflict")
    install(two_parents)
    assert two_parents.run("git", "merge", "drops").code == 1
    two_parents.add("src/shop.py", "print('both')\n")
    assert_refused(two_parents, "missing-source-path", "commit", "--no-edit")


# S12
@pytest.mark.parametrize(
    "commands",
    [
        pytest.param([("cherry-pick", "topic")], id="cherry-pick"),
        pytest.param([("checkout", "-q", "topic"), ("rebase", "-q", "main")], id="rebase"),
    ],
)
def test_cherry_pick_and_rebase_run_no_hook_and_rev_finds_them(
    without_corpus: Repo, commands: list[tuple[str, ...]]
) -> None:
    install(without_corpus)
    for command in commands:
        assert_no_hook_ran(without_corpus, *command)
    assert_check(without_corpus, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


# S12
def test_revert_runs_no_hook_and_rev_finds_it(repo: Repo) -> None:
    repo.add("README.md")
    repo.commit("first")
    repo.add(CORPUS, GOOD)
    repo.commit("the corpus")
    install(repo)
    assert_no_hook_ran(repo, "revert", "--no-edit", "HEAD")
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


# S13
def test_pre_commit_stops_a_reword_in_a_rebase(without_corpus: Repo) -> None:
    install(without_corpus)
    without_corpus.git("checkout", "--quiet", "topic")
    editors = {"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/reword/", "GIT_EDITOR": "true"}
    assert_refused(without_corpus, "missing-corpus", "rebase", "--interactive", "main", env=editors)


# S13
def test_pre_commit_stops_a_cherry_pick_continued_after_a_conflict(without_corpus: Repo) -> None:
    without_corpus.add("src/shop.py", "print('main')\n")
    without_corpus.commit("in conflict")
    install(without_corpus)
    assert without_corpus.run("git", "cherry-pick", "topic").code == 1
    without_corpus.add("src/shop.py", "print('both')\n")
    editor = {"GIT_EDITOR": "true"}
    assert_refused(without_corpus, "missing-corpus", "cherry-pick", "--continue", env=editor)


# S14
def test_rebase_apply_runs_no_pre_commit_and_rev_finds_it(without_corpus: Repo) -> None:
    install(without_corpus)
    assert_no_hook_ran(without_corpus, "checkout", "--quiet", "topic")
    assert_no_hook_ran(without_corpus, "rebase", "--quiet", "--apply", "main")
    assert_check(without_corpus, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


def _patch(repo: Repo) -> str:
    repo.git("format-patch", "--quiet", "-1", "--output-directory", "../patches", "topic")
    (patch,) = (repo.path.parent / "patches").iterdir()
    return str(patch)


# S14
def test_am_runs_no_pre_commit_and_rev_finds_it(without_corpus: Repo) -> None:
    install(without_corpus)
    assert_no_hook_ran(without_corpus, "am", "--quiet", _patch(without_corpus))
    assert_check(without_corpus, 1, f"{CORPUS}: missing-corpus: ", rev="HEAD")


# S14
def test_pre_applypatch_stops_am(without_corpus: Repo) -> None:
    install(without_corpus, "pre-applypatch")
    assert_refused(without_corpus, "missing-corpus", "am", _patch(without_corpus))


# S15
def test_an_unmerged_corpus_is_neither_missing_nor_ambiguous(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "-b", "topic")
    corpus_repo.add(CORPUS, GOOD.replace("What", "Which"))
    corpus_repo.commit("ours")
    corpus_repo.git("checkout", "--quiet", "main")
    corpus_repo.add(CORPUS, GOOD.replace("What", "That"))
    corpus_repo.commit("theirs")
    assert corpus_repo.run("git", "merge", "topic").code == 1
    output = assert_check(corpus_repo, 1, f"{CORPUS}: unmerged-corpus: ", f"`git add {CORPUS}`")
    assert "1 finding in" in output


# S16
def test_an_intent_to_add_corpus_is_missing(repo: Repo) -> None:
    repo.write(CORPUS, GOOD)
    repo.git("add", "--intent-to-add", CORPUS)
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", "intent-to-add", f"`git add {CORPUS}`")
    install(repo)
    repo.add("README.md")
    assert_refused(repo, "missing-corpus", "commit", "--message", "m")


# S16
def test_a_staged_empty_corpus_is_not_missing(repo: Repo) -> None:
    repo.add(CORPUS, "")
    output = assert_check(repo, 1, f"{CORPUS}:1:1: {OF_BAD}")
    assert "missing-corpus" not in output


# S16
def test_an_intent_to_add_second_document_is_not_ambiguous(corpus_repo: Repo) -> None:
    corpus_repo.write(".dlm/docs.dlm", OTHER)
    corpus_repo.git("add", "--intent-to-add", ".dlm/docs.dlm")
    assert_check(corpus_repo, 0, "no findings")


# S16
def test_an_intent_to_add_source_is_missing(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, DOCS)
    corpus_repo.write("docs/a.md")
    corpus_repo.git("add", "--intent-to-add", "docs/a.md")
    install(corpus_repo)
    assert_check(corpus_repo, 1, "missing-source-path", "'docs'")
    assert_refused(corpus_repo, "missing-source-path", "commit", "--message", "m")


# S17
@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_hidden_worktree_changes_do_not_matter(corpus_repo: Repo, flag: str) -> None:
    corpus_repo.git("update-index", flag, CORPUS)
    corpus_repo.write(CORPUS, BAD)
    assert_check(corpus_repo, 0, "no findings")


# S18
def test_a_sparse_checkout_without_the_corpus_passes(corpus_repo: Repo) -> None:
    corpus_repo.git("sparse-checkout", "set", "src")
    assert not (corpus_repo.path / CORPUS).exists()
    assert_index_is_checked(corpus_repo)


@pytest.mark.parametrize(
    ("options", "may_skip"),
    [
        (("--index-version", "2"), False),
        (("--index-version", "4"), True),
        (("--skip-worktree", CORPUS), True),
        (("--split-index",), True),
    ],
)
def test_only_an_index_with_flags_is_searched_for_those_of_a_sparse_checkout(
    corpus_repo: Repo, options: tuple[str, ...], *, may_skip: bool
) -> None:
    corpus_repo.git("update-index", *options)
    git_dir = f"{corpus_repo.path}/.git"
    assert may_skip_worktree(f"{git_dir}/index", git_dir) == may_skip


# S19
@pytest.mark.parametrize("options", [(), ("-c", "index.threads=true")])  # adds an extension
def test_the_number_of_entries_is_not_that_of_a_sparse_index(
    corpus_repo: Repo, options: tuple[str, ...]
) -> None:
    """Its rows come from trees, so they are validated one by one."""
    repository = find_repository(corpus_repo.path, corpus_repo.environ)
    place = repository.index, repository.hash, repository.git_dir
    header = read_header(*place)
    assert header
    assert header[1] == read_index(repository).rows[1:].count(b"\0")
    corpus_repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
    corpus_repo.git(*options, "sparse-checkout", "set", "src")
    header = read_header(*place)
    assert header
    assert header[1] == -1


def test_a_sparse_index_is_read_in_full(corpus_repo: Repo) -> None:
    corpus_repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
    corpus_repo.git("sparse-checkout", "set", "src")
    assert ".dlm/\n" in corpus_repo.git("ls-files", "--sparse") + "\n"
    assert_index_is_checked(corpus_repo)


# S20
def test_a_split_index_is_read(corpus_repo: Repo) -> None:
    corpus_repo.git("update-index", "--split-index")
    assert list((corpus_repo.path / ".git").glob("sharedindex.*"))
    assert_index_is_checked(corpus_repo)


# S21
def test_index_version_4_is_read(corpus_repo: Repo) -> None:
    corpus_repo.git("update-index", "--index-version", "4")
    assert_index_is_checked(corpus_repo)


# S22
def test_a_split_index_without_its_shared_part_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.git("update-index", "--split-index")
    for shared in (corpus_repo.path / ".git").glob("sharedindex.*"):
        shared.unlink()
    assert_check(corpus_repo, 2, "dlm-git: `git ls-files` failed: git says ", "sharedindex")


# S23
@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("small", [0, 1 << 20])
def test_a_truncated_index_is_never_read_in_part(
    corpus_repo: Repo, version: str, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "_SMALL_INDEX", small)
    for key, value in corpus_repo.environ.items():
        monkeypatch.setenv(key, value)
    corpus_repo.git("update-index", "--force-write-index", "--index-version", version)
    repository = find_repository(corpus_repo.path)
    whole = bytes(read_index(repository).rows)
    index = corpus_repo.path / ".git" / "index"
    data = index.read_bytes()
    listed = {length: _rows(repository, index, data[:length]) for length in range(len(data))}
    assert not [length for length, rows in listed.items() if rows not in (None, whole)]


def _rows(repository: Repository, index: Path, data: bytes) -> bytes | None:
    index.write_bytes(data)
    try:
        return bytes(read_index(repository).rows)
    except DlmGitError:
        return None


# S23
@pytest.mark.parametrize("length", [0, 40, 155])
def test_a_truncated_index_is_an_error(corpus_repo: Repo, length: int) -> None:
    index = corpus_repo.path / ".git" / "index"
    assert index.stat().st_size > 155
    os.truncate(index, length)
    assert_check(corpus_repo, 2, "dlm-git: ", "index")


def _resealed(data: bytes) -> bytes:
    return data[:-20] + hashlib.sha1(data[:-20]).digest()


# S23
def test_an_index_without_a_checksum_is_read(corpus_repo: Repo) -> None:
    """Git writes zeros in its place where `index.skipHash` is set."""
    index = corpus_repo.path / ".git" / "index"
    index.write_bytes(index.read_bytes()[:-20] + bytes(20))
    assert_check(corpus_repo, 0, "no findings")


# S23
def test_an_index_with_a_wrong_checksum_is_an_error(corpus_repo: Repo) -> None:
    index = corpus_repo.path / ".git" / "index"
    index.write_bytes(index.read_bytes().replace(b"src/shop.py", b"src/shoq.py"))
    assert_check(corpus_repo, 2, "dlm-git: ", "index")


# S23
def test_an_index_with_a_duplicate_path_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.add(".dlm/corpus.dln", GOOD)
    index = corpus_repo.path / ".git" / "index"
    index.write_bytes(_resealed(index.read_bytes().replace(b"corpus.dln", b"corpus.dlm")))
    assert_check(corpus_repo, 2, "dlm-git: ", "index")


# S24
def test_an_empty_git_index_file_variable_counts_as_unset(corpus_repo: Repo) -> None:
    assert_check(corpus_repo, 0, "no findings", env={"GIT_INDEX_FILE": ""})


# S24
def test_a_missing_index_file_is_reported(corpus_repo: Repo) -> None:
    words = (f"{CORPUS}: missing-corpus: ", "the index (not created yet)")
    assert_check(corpus_repo, 1, *words, env={"GIT_INDEX_FILE": ".git/no-such-index"})
    (corpus_repo.path / ".git" / "index").unlink()
    assert_check(corpus_repo, 1, *words)


# S25
def test_a_held_index_lock_does_not_matter(corpus_repo: Repo) -> None:
    corpus_repo.write(".git/index.lock", "")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


# S26
def test_a_detached_head_is_checked(corpus_repo: Repo) -> None:
    corpus_repo.git("checkout", "--quiet", "--detach")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


# S27
def test_a_head_outside_of_refs_heads_is_checked(corpus_repo: Repo) -> None:
    corpus_repo.git("update-ref", "refs/weird/x", "HEAD")
    corpus_repo.git("symbolic-ref", "HEAD", "refs/weird/x")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


# S27
@pytest.mark.parametrize("target", ["refs/heads/none", "refs/heads/loop", "refs/heads/.invalid"])
def test_the_index_is_checked_under_a_broken_head(corpus_repo: Repo, target: str) -> None:
    corpus_repo.write(".git/refs/heads/loop", "ref: refs/heads/loop\n")
    corpus_repo.write(".git/HEAD", f"ref: {target}\n")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 2, "cannot read revision 'HEAD'", rev="HEAD")


# S28
def test_a_tag_named_like_a_branch_is_ambiguous(corpus_repo: Repo) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit("bad")
    corpus_repo.git("update-ref", "refs/tags/main", good)
    corpus_repo.git("config", "core.warnAmbiguousRefs", "false")
    assert_check(corpus_repo, 2, "revision 'main' is ambiguous", "'refs/heads/main'", rev="main")
    assert_check(corpus_repo, 1, OF_BAD, rev="refs/heads/main")
    assert_check(corpus_repo, 0, "no findings", rev="refs/tags/main")


# S28
def test_a_tag_named_head_does_not_stand_for_head(corpus_repo: Repo) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    corpus_repo.commit("bad")
    corpus_repo.git("update-ref", "refs/tags/HEAD", good)
    assert_check(corpus_repo, 1, OF_BAD, rev="HEAD")
    assert_check(corpus_repo, 1, OF_BAD)


# S28
def test_a_branch_named_like_an_object_id_does_not_stand_for_the_object(corpus_repo: Repo) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    bad = corpus_repo.commit("bad")
    corpus_repo.git("update-ref", f"refs/heads/{bad}", good)
    assert_check(corpus_repo, 1, OF_BAD, rev=bad)


# S29
@pytest.mark.parametrize(
    "rev",
    [
        *("", "--all", "-h", "--end-of-options", "^HEAD", "HEAD..HEAD", "HEAD\nHEAD"),
        *("HEAD:src", "HEAD^{tree}", "no-such", "0" * 40, "\udcff"),
    ],
)
def test_a_revision_that_is_not_one_commit_is_an_error(corpus_repo: Repo, rev: str) -> None:
    assert_check(corpus_repo, 2, "dlm-git: cannot read revision", rev=rev)


# S30
def test_a_tag_of_a_tag_is_peeled(corpus_repo: Repo) -> None:
    corpus_repo.git("tag", "--annotate", "--message", "m", "t1")
    corpus_repo.git("tag", "--annotate", "--message", "m", "t2", "t1")
    assert_check(corpus_repo, 0, "no findings", rev="t2")


# S30
@pytest.mark.parametrize("target", ["HEAD:src/shop.py", "HEAD:src", "HEAD^{tree}"])
def test_a_tag_of_no_commit_is_an_error(corpus_repo: Repo, target: str) -> None:
    corpus_repo.git("tag", "--annotate", "--message", "m", "t", target)
    assert_check(corpus_repo, 2, "cannot read revision 't'", "expected commit type", rev="t")


# S31
@pytest.mark.parametrize("what", [CORPUS, ""])
def test_replace_refs_are_not_followed(corpus_repo: Repo, what: str) -> None:
    good = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.add(CORPUS, BAD)
    bad = corpus_repo.commit("bad")
    suffix = f":{what}" if what else ""
    corpus_repo.git("replace", bad + suffix, good + suffix)
    assert_check(corpus_repo, 1, OF_BAD)
    assert_check(corpus_repo, 1, OF_BAD, rev="HEAD")
    corpus_repo.git("reset", "--quiet", "--hard", good)
    corpus_repo.git("replace", "--delete", corpus_repo.git("rev-parse", bad + suffix))
    corpus_repo.git("replace", good + suffix, bad + suffix)
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", rev=good)


# S32
def test_grafts_do_not_hide_a_changed_id(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, OTHER)
    head = corpus_repo.commit()
    for line in (head, f"{head} {head}"):
        corpus_repo.write(".git/info/grafts", f"{line}\n")
        assert_check(corpus_repo, 1, "changed-id", rev="HEAD")


# S32
def test_a_shallow_clone_holds_its_head_only(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    corpus_repo.commit("more")
    shallow = clone(corpus_repo, "--depth=1")
    assert_check(shallow, 0, "no findings")
    assert_check(shallow, 0, "no findings", rev="HEAD")
    assert_check(shallow, 2, "cannot read revision 'HEAD~1'", "fetch-depth: 0", rev="HEAD~1")


# S32
def test_grafts_do_not_matter(corpus_repo: Repo) -> None:
    corpus_repo.add(CORPUS, GOOD + "More.\n")
    oid = corpus_repo.commit("more")
    corpus_repo.write(".git/info/grafts", f"{oid}\n")
    assert_check(corpus_repo, 0, "no findings")
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


# S33
def test_a_blobless_clone_fetches_nothing_and_is_an_error(corpus_repo: Repo) -> None:
    partial = clone(corpus_repo, "--filter=blob:none", "--no-checkout")
    oid = corpus_repo.git("rev-parse", f"HEAD:{CORPUS}")
    output = assert_check(partial, 2, "dlm-git: ", oid, rev="HEAD")
    assert "missing-corpus" not in output
    partial.git("read-tree", "HEAD")
    assert assert_check(partial, 2, oid) == output
    partial.git("cat-file", "-e", oid)
    assert_check(partial, 0, "no findings")
    assert_check(partial, 0, "no findings", rev="HEAD")


# S34
def test_a_treeless_clone_fetches_nothing_and_is_an_error(corpus_repo: Repo) -> None:
    partial = clone(corpus_repo, "--filter=tree:0", "--no-checkout")
    oid = corpus_repo.git("rev-parse", "HEAD^{tree}")
    output = assert_check(partial, 2, "dlm-git: ", oid, rev="HEAD")
    assert "missing-corpus" not in output


# S35
def test_missing_trees_are_an_error(corpus_repo: Repo) -> None:
    for name in ("HEAD:.dlm", "HEAD:src", "HEAD^{tree}"):
        file = loose(corpus_repo, corpus_repo.git("rev-parse", name))
        kept = file.read_bytes()
        file.unlink()
        assert_check(corpus_repo, 2, "dlm-git: ", "git says", rev="HEAD")
        assert_check(corpus_repo, 0, "no findings")
        file.write_bytes(kept)
    assert_check(corpus_repo, 0, "no findings", rev="HEAD")


# S35
def test_a_missing_commit_is_an_error(corpus_repo: Repo) -> None:
    loose(corpus_repo, corpus_repo.git("rev-parse", "HEAD")).unlink()
    assert_check(corpus_repo, 2, "cannot read revision 'HEAD'", rev="HEAD")
    assert_check(corpus_repo, 0, "no findings")


# S35
def test_missing_content_is_an_error(corpus_repo: Repo) -> None:
    oid = corpus_repo.git("rev-parse", f"HEAD:{CORPUS}")
    loose(corpus_repo, oid).unlink()
    words = ("dlm-git: ", f"the content of '{CORPUS}' is not in this repository", oid)
    assert_check(corpus_repo, 2, *words)
    assert_check(corpus_repo, 2, *words, rev="HEAD")


# S35
@pytest.mark.parametrize("data", [b"", b"garbage", None], ids=["empty", "garbage", "cut"])
def test_damaged_content_is_an_error(corpus_repo: Repo, data: bytes | None) -> None:
    file = loose(corpus_repo, corpus_repo.git("rev-parse", f"HEAD:{CORPUS}"))
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:-20] if data is None else data)
    assert_check(corpus_repo, 2, "dlm-git: ")
    assert_check(corpus_repo, 2, "dlm-git: ", rev="HEAD")


# S35
def test_a_missing_alternate_is_an_error(corpus_repo: Repo) -> None:
    path = corpus_repo.path.parent / "clone"
    corpus_repo.git("clone", "--quiet", "--shared", str(corpus_repo.path), str(path))
    shared = Repo(path, corpus_repo.environ)
    assert_check(shared, 0, "no findings")
    corpus_repo.path.rename(corpus_repo.path.with_name("moved"))
    assert_check(shared, 2, "is not in this repository")
    assert_check(shared, 2, "cannot read revision 'HEAD'", rev="HEAD")


# S36
def test_a_sha256_repository_is_checked(tmp_path: Path) -> None:
    repo = new_repo(tmp_path / "repo", tmp_path / "home", "--object-format=sha256")
    repo.add("README.md")
    repo.write(CORPUS, GOOD)
    repo.git("add", "--intent-to-add", CORPUS)
    assert_check(repo, 1, "missing-corpus", "intent-to-add")
    install(repo)
    repo.add(CORPUS, GOOD)
    assert_accepted(repo, "commit", "--message", "m")
    assert_check(repo, 0, "no findings")
    assert_check(repo, 0, "no findings", rev="HEAD")
    assert_check(repo, 2, "cannot read revision", rev="0" * 64)


def _extend(repo: Repo, version: int, **extensions: str) -> None:
    keys = "".join(f"\t{key} = {value}\n" for key, value in extensions.items())
    with (repo.path / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\trepositoryformatversion = {version}\n[extensions]\n{keys}")


# S37
def test_a_repository_without_its_reftable_is_an_error(corpus_repo: Repo) -> None:
    """Git before 2.45 knows no `refstorage`; a later one misses the tables that are not there."""
    _extend(corpus_repo, 1, refstorage="reftable")
    result = corpus_repo.check()
    assert_output(result, 2, "dlm-git: ", "git says")
    if corpus_repo.run("git", "rev-parse").code:
        assert_output(result, 2, "unknown repository extension")


# S38
@pytest.mark.parametrize("extension", ["relativeworktrees", "fromthefuture"])
def test_an_extension_unknown_to_git_is_an_error(corpus_repo: Repo, extension: str) -> None:
    """Git knows `relativeworktrees` since 2.48, and then there is nothing to tell."""
    _extend(corpus_repo, 1, **{extension: "true"})
    if corpus_repo.run("git", "rev-parse").code:
        assert_check(corpus_repo, 2, "dlm-git: ", "git says", "unknown repository extension")
        assert_check(corpus_repo, 2, "unknown repository extension", rev="HEAD")
    else:
        assert_check(corpus_repo, 0, "no findings")


# S38
def test_an_unknown_repository_format_is_an_error(corpus_repo: Repo) -> None:
    _extend(corpus_repo, 9)
    assert_check(corpus_repo, 2, "git says", "Expected git repo version <= 1, found 9")


# --- entries that are not what they seem


def assert_check_of_index_and_commit(repo: Repo, code: int, *words: str) -> str:
    """Assert what check prints for the index, and for a commit of it."""
    output = assert_check(repo, code, *words)
    oid = repo.git("commit-tree", "-m", "m", repo.git("write-tree"))
    assert_check(repo, code, *words, rev=oid)
    return output


# M01
def test_a_link_with_a_document_as_its_target_is_irregular(repo: Repo) -> None:
    stage(repo, "120000", blob(repo, GOOD), CORPUS)
    assert_check_of_index_and_commit(repo, 1, f"{CORPUS}: irregular-corpus: ", "symbolic link")


# M02
def test_a_link_to_a_document_is_irregular(repo: Repo) -> None:
    repo.add("real.md", GOOD)
    (repo.path / ".dlm").mkdir()
    (repo.path / CORPUS).symlink_to("../real.md")
    repo.git("add", CORPUS)
    assert_check_of_index_and_commit(repo, 1, f"{CORPUS}: irregular-corpus: ", "symbolic link")


# M03
def test_a_linked_dlm_directory_is_irregular(repo: Repo) -> None:
    repo.add("real/corpus.dlm", GOOD)
    (repo.path / ".dlm").symlink_to("real")
    repo.git("add", ".dlm")
    output = assert_check_of_index_and_commit(
        repo, 1, ".dlm: irregular-corpus: '.dlm' is a symbolic link"
    )
    assert "missing-corpus" not in output


# M04
@pytest.mark.parametrize("path", [CORPUS, ".dlm"])
def test_a_submodule_in_place_of_the_corpus_is_irregular(corpus_repo: Repo, path: str) -> None:
    oid = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.git("rm", "--quiet", CORPUS)
    stage(corpus_repo, "160000", "1" * len(oid), path)
    assert_check_of_index_and_commit(corpus_repo, 1, f"{path}: irregular-corpus: ", "submodule")


# M05
def test_a_directory_in_place_of_the_corpus_is_irregular(repo: Repo) -> None:
    repo.add(f"{CORPUS}/x", GOOD)
    output = assert_check_of_index_and_commit(
        repo, 1, f"{CORPUS}: irregular-corpus: ", "is a directory"
    )
    assert "missing-corpus" not in output


# M05
def test_a_file_in_place_of_the_dlm_directory_is_irregular(repo: Repo) -> None:
    repo.add(".dlm", GOOD)
    output = assert_check_of_index_and_commit(repo, 1, ".dlm: irregular-corpus: ", "is a file")
    assert "missing-corpus" not in output


# M06
def test_an_executable_document_passes(repo: Repo) -> None:
    repo.add("README.md")
    stage(repo, "100755", blob(repo, GOOD), CORPUS)
    assert_check_of_index_and_commit(repo, 0, "no findings")


# M07
def test_the_group_writable_mode_of_old_commits_passes(repo: Repo) -> None:
    inner = tree(repo, ("100664", "corpus.dlm", blob(repo, GOOD)))
    root = tree(repo, ("40000", ".dlm", inner), ("100664", "README.md", blob(repo, "x\n")))
    assert_check(repo, 0, "no findings", rev=committed(repo, root))
    repo.git("read-tree", root)
    assert_check(repo, 0, "no findings")


def _malformed(repo: Repo) -> Iterator[tuple[str, str]]:
    good, bad = blob(repo, GOOD), blob(repo, BAD)
    one = ("100644", "corpus.dlm", good)
    other = ("100644", "corpus.dlm", bad)
    inner, evil = tree(repo, one), tree(repo, other)
    directory = ("40000", ".dlm", inner)
    yield "same-name-twice", tree(repo, ("40000", ".dlm", tree(repo, one, other)))
    yield "same-entry-twice", tree(repo, ("40000", ".dlm", tree(repo, one, one)))
    yield "same-directory-twice", tree(repo, directory, ("40000", ".dlm", evil))
    aside = ("40000", ".dlm", tree(repo, ("100644", "README", bad)))
    yield "corpus-in-the-first-of-two", tree(repo, directory, aside)
    yield "corpus-in-the-second-of-two", tree(repo, aside, directory)
    strict = ("100644", ".dlm-git.toml", blob(repo, 'sources-policy = "strict"\n'))
    other_base = ("100644", ".dlm-git.toml", blob(repo, 'base = "smollm2-135m"\n'))
    yield "config-twice", tree(repo, directory, other_base, strict)
    yield "slash-instead", tree(repo, ("100644", CORPUS, good))
    yield "slash-besides", tree(repo, directory, ("100644", CORPUS, bad))
    yield "parent", tree(repo, directory, ("100644", "..", bad))
    yield "here", tree(repo, directory, ("40000", ".", evil))
    yield "git", tree(repo, directory, ("40000", ".git", evil))
    yield "git-below", tree(repo, directory, ("40000", "src", tree(repo, ("40000", ".git", evil))))
    yield "no-name", tree(repo, directory, ("100644", "", bad))
    yield "zero-object", tree(repo, ("40000", ".dlm", tree(repo, (*one[:2], "0" * 40))))


# M08
def test_malformed_trees_are_an_error(repo: Repo) -> None:
    verdicts = {}
    for name, root in _malformed(repo):
        result = repo.check("--rev", committed(repo, root))
        verdicts[name] = result.code
        assert "Traceback" not in result.err
    assert verdicts == dict.fromkeys(verdicts, 2)


# M08
def test_a_file_beside_a_directory_of_the_same_name_never_passes(repo: Repo) -> None:
    """It is malformed as a tree, and irregular as a list of paths."""
    inner = tree(repo, ("100644", "corpus.dlm", blob(repo, GOOD)))
    root = tree(repo, ("100644", ".dlm", blob(repo, BAD)), ("40000", ".dlm", inner))
    result = repo.check("--rev", committed(repo, root))
    assert result.code in (1, 2)
    assert_output(result, result.code, "irregular-corpus" if result.code == 1 else "is malformed")


# M09
@pytest.mark.parametrize("fold", ["true", "false"])
def test_another_case_beside_the_corpus_is_ambiguous(corpus_repo: Repo, fold: str) -> None:
    stage(corpus_repo, "100644", blob(corpus_repo, GOOD), ".DLM/Corpus.DLM")
    corpus_repo.git("config", "core.ignoreCase", fold)
    assert_check(corpus_repo, 1, ".DLM/Corpus.DLM: ambiguous-corpus: ", CORPUS)


# M09
@pytest.mark.parametrize("fold", ["true", "false"])
def test_another_case_instead_of_the_corpus_is_missing(repo: Repo, fold: str) -> None:
    repo.git("config", "core.ignoreCase", fold)
    stage(repo, "100644", blob(repo, GOOD), ".DLM/Corpus.DLM")
    assert_check_of_index_and_commit(
        repo, 1, f"{CORPUS}: missing-corpus: ", "found '.DLM/Corpus.DLM'"
    )


LOOKALIKES = {
    ".dlm /corpus.dlm": ".dlm /corpus.dlm",
    ".dlm./corpus.dlm": ".dlm./corpus.dlm",
    ".dlm/corpus.dlm ": '".dlm/corpus.dlm "',
    ".dlm/corpus.dlm.": ".dlm/corpus.dlm.",
    ".dlm/corpus.dlm:stream": ".dlm/corpus.dlm:stream",
    ".dlm\\corpus.dlm": ".dlm\\corpus.dlm",
    ".d\u200clm/corpus.dlm": '".d\\u{200c}lm/corpus.dlm"',
    ".dlm/corpus.dl\uff4d": ".dlm/corpus.dl\uff4d",
}


# M10
def test_lookalikes_beside_the_corpus_are_ambiguous(corpus_repo: Repo) -> None:
    for path in LOOKALIKES:
        stage(corpus_repo, "100644", blob(corpus_repo, GOOD), path)
    message = f": ambiguous-corpus: the same file as '{CORPUS}' on some file systems"
    assert_check_of_index_and_commit(
        corpus_repo, 1, *(shown + message for shown in LOOKALIKES.values())
    )


# M10
@pytest.mark.parametrize("path", LOOKALIKES)
def test_a_lookalike_instead_of_the_corpus_is_missing(repo: Repo, path: str) -> None:
    stage(repo, "100644", blob(repo, GOOD), path)
    assert_check(repo, 1, f"{CORPUS}: missing-corpus: ", "', found '", "`git mv ")


# M11
def test_composed_and_decomposed_names_are_ambiguous(repo: Repo) -> None:
    content = blob(repo, GOOD)
    repo.add("README.md")
    stage(repo, "100644", content, ".dlm/caf\u00e9.dlm")
    named = ("--name", "caf\u00e9")
    assert_check(repo, 0, "no findings", args=named)
    stage(repo, "100644", content, ".dlm/cafe\u0301.dlm")
    assert_check(repo, 1, "ambiguous-corpus: the same file as", args=named)


# M11
def test_source_paths_are_compared_byte_by_byte(repo: Repo) -> None:
    repo.add(CORPUS, GOOD.replace('path: "."', "path: caf\u00e9"))
    stage(repo, "100644", blob(repo, "x\n"), "cafe\u0301")
    assert_check(repo, 1, "missing-source-path: source path 'caf\u00e9' is not a tracked")
    stage(repo, "100644", blob(repo, "x\n"), "caf\u00e9")
    assert_check(repo, 0, "no findings")


# M12
def test_the_corpus_of_a_subdirectory_is_nested(corpus_repo: Repo) -> None:
    path = f"pkg/{CORPUS}"
    corpus_repo.add(path, OTHER)
    assert_check_of_index_and_commit(corpus_repo, 1, f"{path}: nested-corpus: ", "in 'pkg/.dlm'")
    assert_check(corpus_repo, 0, "no findings", args=("--allow", path))


# M12
def test_the_corpus_of_a_submodule_is_checked_on_its_own(corpus_repo: Repo, tmp_path: Path) -> None:
    outer = new_repo(tmp_path / "outer", tmp_path / "home")
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    outer.git(*add, corpus_repo.path.as_uri(), "sub")
    assert_check(outer, 1, f"{CORPUS}: missing-corpus: ")
    assert_check(outer, 0, "no findings", cwd=outer.path / "sub")
    outer.add(CORPUS, OTHER)
    assert_check(outer, 0, f"OK: {CORPUS} in the index, no findings")


def _bounded(repo: Repo, rev: str, kib: int) -> Result:
    """Check a revision with limited memory."""
    script = f'ulimit -v {kib}; exec "{COMMAND}" check --rev {rev}'
    return repo.run("sh", "-c", script, timeout=20)


# M13
def test_a_path_of_5000_directories_is_an_error(repo: Repo) -> None:
    """Git 2.39 lists it; a later one exceeds its own limit, and says so."""
    _import(repo, (CORPUS, GOOD), ("a/" * 5000 + "f", "x\n"))
    output = assert_output(_bounded(repo, "HEAD", 2 << 20), 2)
    assert "contains a path of" in output or "git says" in output


# M14
def test_a_hundred_million_paths_are_an_error(repo: Repo) -> None:
    oid = blob(repo, "x\n")
    kind = "100644"
    for _ in range(8):
        oid = tree(repo, *((kind, str(digit), oid) for digit in range(10)))
        kind = "40000"
    rev = committed(repo, corpus_tree(repo, ("40000", "bomb", oid)))
    assert_output(
        _bounded(repo, rev, 2 << 20), 2, "dlm-git: git lists more than ", "commit fewer files"
    )


# M15
def test_a_document_of_a_gibibyte_is_not_read(repo: Repo) -> None:
    oid = _zeros(repo, 1 << 30)
    root = tree(repo, ("40000", ".dlm", tree(repo, ("100644", "corpus.dlm", oid))))
    rev = committed(repo, root)
    assert_output(
        _bounded(repo, rev, 1 << 19), 1, f"{CORPUS}: irregular-corpus: ", f"{1 << 30} bytes"
    )
    repo.git("read-tree", root)
    assert_check(repo, 1, f"{CORPUS}: irregular-corpus: ", f"{1 << 30} bytes")


def _zeros(repo: Repo, size: int) -> str:
    """Write a blob of so many MiB of zeros without ever holding it."""
    header, piece = f"blob {size}\0".encode(), bytes(1 << 20)
    digest, press, file = hashlib.sha1(header), zlib.compressobj(1), loose(repo, "0" * 40)
    file.parent.mkdir()
    with file.open("wb") as out:
        out.write(press.compress(header))
        for _ in range(size >> 20):
            digest.update(piece)
            out.write(press.compress(piece))
        out.write(press.flush())
    target = loose(repo, digest.hexdigest())
    target.parent.mkdir(exist_ok=True)
    file.rename(target)
    return digest.hexdigest()


# M16
def test_an_lfs_pointer_is_named_as_such(repo: Repo) -> None:
    stage(repo, "100644", blob(repo, POINTER), CORPUS)
    output = assert_check_of_index_and_commit(
        repo, 1, f"{CORPUS}: irregular-corpus: ", "Git LFS pointer"
    )
    assert OF_BAD not in output
