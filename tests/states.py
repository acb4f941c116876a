"""Repositories in the states that Git leaves them in, and what a check says about them."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

from dlm_git.cli import cache
from tests.support import CORPUS, GOOD, ID, OTHER_ID, Repo, Result

BAD = "# no frontmatter\n"
OF_BAD = "unparsable-document"
DOCS = GOOD.replace('path: "."', "path: docs")
OTHER = GOOD.replace(ID, OTHER_ID)
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
    worktree: bool = False,
    args: tuple[str, ...] = (),
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> str:
    """Assert what check prints for a state, by default the index, and that it changes no file."""
    before = listing(repo.path)
    state = ["--worktree"] if worktree else [] if rev is None else [f"--rev={rev}"]
    output = assert_output(repo.check(*state, *args, cwd=cwd, env=env), code, *words)
    assert listing(repo.path) == before
    return output


def assert_every_state(
    repo: Repo, code: int, *words: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> None:
    """Assert that check prints the same for the index, for HEAD and for the working tree."""
    assert_check(repo, code, *words, cwd=cwd, env=env)
    assert_check(repo, code, *words, cwd=cwd, env=env, rev="HEAD")
    assert_check(repo, code, *words, cwd=cwd, env=env, worktree=True)


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


def fast_import(repo: Repo, *files: tuple[str, str]) -> None:
    head = "commit refs/heads/main\ncommitter Ann <ann@example.org> 1 +0000\ndata 0\n"
    rows = (f"M 100644 inline {path}\ndata {len(text)}\n{text}\n" for path, text in files)
    repo.git("fast-import", "--quiet", "--force", data=(head + "".join(rows)).encode())


def assert_index_is_checked(repo: Repo) -> None:
    """Assert that check reads the index: first a good document, then a bad one; HEAD stays good."""
    assert_check(repo, 0, "no findings")
    stage(repo, "100644", blob(repo, BAD), CORPUS)
    assert_check(repo, 1, OF_BAD)
    assert_check(repo, 0, "no findings", rev="HEAD")
