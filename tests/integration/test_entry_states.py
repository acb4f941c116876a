"""Entries that are not what they seem: links, directories, lookalikes, malformed trees."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import dlm_git
from dlm_git.errors import DlmGitError
from dlm_git.git import read
from dlm_git.git.read import read_index
from dlm_git.git.repository import find_repository
from dlm_git.git.worktree import read_worktree
from tests.states import (
    BAD,
    OF_BAD,
    OTHER,
    assert_check,
    assert_every_state,
    assert_output,
    blob,
    committed,
    corpus_tree,
    fast_import,
    loose,
    stage,
    tree,
)
from tests.support import COMMAND, CORPUS, GOOD, Repo, Result, new_repo

pytestmark = pytest.mark.slow

POINTER = """\
version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
"""


def assert_every_record(repo: Repo, code: int, *words: str) -> str:
    """Assert what check prints for the index, for a commit of it and for a checkout of it."""
    output = assert_check(repo, code, *words)
    oid = repo.git("commit-tree", "-m", "m", repo.git("write-tree"))
    assert_check(repo, code, *words, rev=oid)
    repo.git("checkout-index", "--all", "--force")
    assert_check(repo, code, *words, worktree=True)
    return output


def test_a_link_with_a_document_as_its_target_is_irregular(repo: Repo) -> None:
    stage(repo, "120000", blob(repo, GOOD), CORPUS)
    assert_every_record(repo, 1, f"{CORPUS}: irregular-corpus: ", "symbolic link")


def test_a_link_to_a_document_is_irregular(repo: Repo) -> None:
    repo.add("real.md", GOOD)
    (repo.path / ".dlm").mkdir()
    (repo.path / CORPUS).symlink_to("../real.md")
    repo.git("add", CORPUS)
    assert_every_record(repo, 1, f"{CORPUS}: irregular-corpus: ", "symbolic link")


def test_a_linked_dlm_directory_is_irregular(repo: Repo) -> None:
    repo.add("real/corpus.dlm", GOOD)
    (repo.path / ".dlm").symlink_to("real")
    repo.git("add", ".dlm")
    output = assert_every_record(repo, 1, ".dlm: irregular-corpus: '.dlm' is a symbolic link")
    assert "missing-corpus" not in output


@pytest.mark.parametrize("path", [CORPUS, ".dlm"])
def test_a_submodule_in_place_of_the_corpus_is_irregular(corpus_repo: Repo, path: str) -> None:
    oid = corpus_repo.git("rev-parse", "HEAD")
    corpus_repo.git("rm", "--quiet", CORPUS)
    stage(corpus_repo, "160000", "1" * len(oid), path)
    assert_every_record(corpus_repo, 1, f"{path}: irregular-corpus: ", "submodule")


def test_a_directory_in_place_of_the_corpus_is_irregular(repo: Repo) -> None:
    repo.add(f"{CORPUS}/x", GOOD)
    output = assert_every_record(repo, 1, f"{CORPUS}: irregular-corpus: ", "is a directory")
    assert "missing-corpus" not in output


def test_a_file_in_place_of_the_dlm_directory_is_irregular(repo: Repo) -> None:
    repo.add(".dlm", GOOD)
    output = assert_every_record(repo, 1, ".dlm: irregular-corpus: ", "is a file")
    assert "missing-corpus" not in output


def test_an_executable_document_passes(repo: Repo) -> None:
    repo.add("README.md")
    stage(repo, "100755", blob(repo, GOOD), CORPUS)
    assert_every_record(repo, 0, "no findings")


def test_the_group_writable_mode_of_old_commits_passes(repo: Repo) -> None:
    inner = tree(repo, ("100664", "corpus.dlm", blob(repo, GOOD)))
    root = tree(repo, ("40000", ".dlm", inner), ("100664", "README.md", blob(repo, "x\n")))
    assert_check(repo, 0, "no findings", rev=committed(repo, root))
    repo.git("read-tree", root)
    assert_every_record(repo, 0, "no findings")


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


def test_malformed_trees_are_an_error(repo: Repo) -> None:
    verdicts = {}
    for name, root in _malformed(repo):
        result = repo.check("--rev", committed(repo, root))
        verdicts[name] = result.code
        assert "Traceback" not in result.err
    assert verdicts == dict.fromkeys(verdicts, 2)


def test_index_and_disk_do_not_hold_a_malformed_tree(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git refuses such a tree, or keeps one entry of each name, which is checked."""
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    bad, refused = blob(repo, BAD), set()
    for name, root in _malformed(repo):
        (repo.path / ".git/index").unlink(missing_ok=True)
        made = repo.run("git", "read-tree", root)
        rows = [row.split() for row in repo.git("ls-files", "--stage").splitlines()]
        paths = [path for _, _, _, path in rows]
        assert len({*paths}) == len(paths), name
        if made.code:
            assert not paths, name
            refused.add(name)
            continue
        repo.git("checkout-index", "--all", "--force")
        rule = (
            OF_BAD if [bad, CORPUS] in [[row[1], row[3]] for row in rows] else "empty-training-set"
        )
        for worktree in (False, True):
            found = dlm_git.check(repo.path, worktree=worktree).findings
            assert rule in {finding.rule for finding in found}, (name, worktree, found)
    assert refused >= {"parent", "here", "git", "git-below"}


def test_a_file_beside_a_directory_of_the_same_name_never_passes(repo: Repo) -> None:
    """It is malformed as a tree, and irregular as a list of paths."""
    inner = tree(repo, ("100644", "corpus.dlm", blob(repo, GOOD)))
    root = tree(repo, ("100644", ".dlm", blob(repo, BAD)), ("40000", ".dlm", inner))
    result = repo.check("--rev", committed(repo, root))
    assert result.code in (1, 2)
    assert_output(result, result.code, "irregular-corpus" if result.code == 1 else "is malformed")


@pytest.mark.parametrize("fold", ["true", "false"])
def test_another_case_beside_the_corpus_is_ambiguous(corpus_repo: Repo, fold: str) -> None:
    stage(corpus_repo, "100644", blob(corpus_repo, GOOD), ".DLM/Corpus.DLM")
    corpus_repo.git("config", "core.ignoreCase", fold)
    assert_every_record(corpus_repo, 1, ".DLM/Corpus.DLM: ambiguous-corpus: ", CORPUS)


@pytest.mark.parametrize("fold", ["true", "false"])
def test_another_case_instead_of_the_corpus_is_missing(repo: Repo, fold: str) -> None:
    repo.git("config", "core.ignoreCase", fold)
    stage(repo, "100644", blob(repo, GOOD), ".DLM/Corpus.DLM")
    assert_every_record(repo, 1, f"{CORPUS}: missing-corpus: ", "found '.DLM/Corpus.DLM'")


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


def test_lookalikes_beside_the_corpus_are_ambiguous(corpus_repo: Repo) -> None:
    for path in LOOKALIKES:
        stage(corpus_repo, "100644", blob(corpus_repo, GOOD), path)
    message = f": ambiguous-corpus: the same file as '{CORPUS}' on some file systems"
    assert_every_record(corpus_repo, 1, *(shown + message for shown in LOOKALIKES.values()))


@pytest.mark.parametrize("path", LOOKALIKES)
def test_a_lookalike_instead_of_the_corpus_is_missing(repo: Repo, path: str) -> None:
    stage(repo, "100644", blob(repo, GOOD), path)
    assert_every_record(repo, 1, f"{CORPUS}: missing-corpus: ", "', found '", "`git mv ")


def test_composed_and_decomposed_names_are_ambiguous(repo: Repo) -> None:
    content = blob(repo, GOOD)
    repo.add("README.md")
    stage(repo, "100644", content, ".dlm/caf\u00e9.dlm")
    named = ("--name", "caf\u00e9")
    assert_check(repo, 0, "no findings", args=named)
    stage(repo, "100644", content, ".dlm/cafe\u0301.dlm")
    assert_check(repo, 1, "ambiguous-corpus: the same file as", args=named)


def test_source_paths_are_compared_byte_by_byte(repo: Repo) -> None:
    repo.add(CORPUS, GOOD.replace('path: "."', "path: caf\u00e9"))
    stage(repo, "100644", blob(repo, "x\n"), "cafe\u0301")
    assert_every_record(repo, 1, "missing-source-path: source path 'caf\u00e9' is not a")
    stage(repo, "100644", blob(repo, "x\n"), "caf\u00e9")
    assert_every_record(repo, 0, "no findings")


def test_the_corpus_of_a_subdirectory_is_nested(corpus_repo: Repo) -> None:
    path = f"pkg/{CORPUS}"
    corpus_repo.add(path, OTHER)
    assert_every_record(corpus_repo, 1, f"{path}: nested-corpus: ", "in 'pkg/.dlm'")
    assert_check(corpus_repo, 0, "no findings", args=("--allow", path))


def test_the_corpus_of_a_submodule_is_checked_on_its_own(corpus_repo: Repo, tmp_path: Path) -> None:
    outer = new_repo(tmp_path / "outer", tmp_path / "home")
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    outer.git(*add, corpus_repo.path.as_uri(), "sub")
    outer.commit("a submodule")
    assert_every_state(outer, 1, f"{CORPUS}: missing-corpus: ")
    inside = Repo(outer.path / "sub", outer.environ)
    assert_check(inside, 1, ".git: untracked-training-file", "add the line '/.git'", worktree=True)
    inside.add(".dlm/ignore", "/.git\n")
    inside.commit("without the file of the submodule")
    outer.git("add", "sub")
    assert_every_state(inside, 0, "no findings")
    outer.add(CORPUS, OTHER)
    outer.commit("a corpus of its own")
    for rev in (None, "HEAD"):
        assert_check(outer, 0, f"OK: {CORPUS} in ", "no findings", rev=rev)
    assert_check(outer, 1, "sub/src/shop.py: untracked-training-file", worktree=True)


def _bounded(repo: Repo, rev: str, kib: int) -> Result:
    """Check a revision with limited memory."""
    script = f'ulimit -v {kib}; exec "{COMMAND}" check --rev {rev}'
    return repo.run("sh", "-c", script, timeout=20)


def test_a_path_of_5000_directories_is_an_error(repo: Repo) -> None:
    """Git 2.39 lists it; a later one exceeds its own limit, and says so."""
    fast_import(repo, (CORPUS, GOOD), ("a/" * 5000 + "f", "x\n"))
    output = assert_output(_bounded(repo, "HEAD", 2 << 20), 2)
    assert "contains a path of" in output or "git says" in output
    row = f"100644 {blob(repo, 'x')}\t{'a/' * 5000}f\n"
    repo.git("update-index", "--add", "--index-info", data=row.encode())
    for worktree in (False, True):
        assert_check(repo, 2, "contains a path of", worktree=worktree)


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


def test_too_many_paths_in_the_index_are_an_error(
    corpus_repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index of a hundred million paths has gigabytes, so the limit is lower here.

    The tracked files of the working tree are those of the index.
    """
    found = find_repository(corpus_repo.path, corpus_repo.environ)
    limited = found.replace(git=found.git.replace(limit=40))
    for small in (0, 1 << 20):  # bytes up to which git writes to a pipe
        monkeypatch.setattr(read, "_SMALL_INDEX", small)
        for read_state in (read_index, read_worktree):
            with pytest.raises(DlmGitError, match="git lists more than "):
                read_state(limited)


def test_a_document_of_a_gibibyte_is_not_read(repo: Repo) -> None:
    oid = _zeros(repo, 1 << 30)
    root = tree(repo, ("40000", ".dlm", tree(repo, ("100644", "corpus.dlm", oid))))
    rev = committed(repo, root)
    assert_output(
        _bounded(repo, rev, 1 << 19), 1, f"{CORPUS}: irregular-corpus: ", f"{1 << 30} bytes"
    )
    repo.git("read-tree", root)
    assert_check(repo, 1, f"{CORPUS}: irregular-corpus: ", f"{1 << 30} bytes")
    repo.write(CORPUS, "")
    os.truncate(repo.path / CORPUS, 1 << 30)
    assert_check(repo, 1, f"{CORPUS}: irregular-corpus: ", f"{1 << 30} bytes", worktree=True)


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


def test_an_lfs_pointer_is_named_as_such(repo: Repo) -> None:
    stage(repo, "100644", blob(repo, POINTER), CORPUS)
    output = assert_every_record(repo, 1, f"{CORPUS}: irregular-corpus: ", "Git LFS pointer")
    assert OF_BAD not in output
