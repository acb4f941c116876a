"""`dlm-git files` of the index and of a revision reads what a checkout writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlm_git.git.read import read_revision
from dlm_git.git.repository import find_repository
from dlm_git.snapshots.checkout import CheckedOutFiles
from tests.support import COMMAND, CORPUS, GOOD, Repo, expect_clean, new_repo

ATTRIBUTES = {
    "ident": "ident",
    "crlf": "text eol=crlf",
    "plain-crlf": "eol=crlf",
    "auto": "text=auto eol=crlf",
    "binary": "-text eol=crlf",
    "lf": "text eol=lf",
    "utf-16": "working-tree-encoding=UTF-16",
    "utf-16le-bom": "working-tree-encoding=UTF-16LE-BOM",
    "utf-16be": "working-tree-encoding=utf-16be",
    "utf-32": "working-tree-encoding=UTF-32",
    "latin-1": "working-tree-encoding=ISO-8859-1",
    "latin-9": "working-tree-encoding=ISO-8859-15",
    "cp1252": "working-tree-encoding=CP1252",
    "sjis": "working-tree-encoding=SHIFT-JIS",
    "utf-8": "working-tree-encoding=UTF-8",
    "all": "ident eol=crlf working-tree-encoding=UTF-16LE",
}
CONTENTS = {
    "empty": b"",
    "ascii": b"a\nb\n",
    "accents": "caf\xe9\n".encode(),
    "kana": "\u30a2\n".encode(),
    "crlf": b"a\r\nb\nc",
    "cr": b"a\rb\n",
    "nul": b"a\0b\n",
    "controls": b"\1\2\3\n" + b"x" * 200,
    "few controls": b"\1\n" + b"x" * 300,
    "form feed": b"\x0c\x1b\b\t\n",
    "end": b"x\n\x1a",
    "not utf-8": b"caf\xe9\n",
    "id": b"$Id$ $Id: x $ $Id:x$ $Id: $ $Id:$\n",
    "ids": b"$Id: a b $ $Id$ $Id: a\nb $ $Id:  $ $Id: a  $ $Idx$ $Id\n$Id: x",
}


def clone(repo: Repo, path: Path) -> Repo:
    """Return a fresh clone."""
    repo.git("clone", "--quiet", "--no-hardlinks", str(repo.path), str(path))
    return Repo(path, repo.environ)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_contents_are_those_of_a_checkout(tmp_path: Path, algorithm: str) -> None:
    repo = new_repo(tmp_path / "repo", tmp_path / "home", "--object-format", algorithm)
    lines = [f"{name}/** {attributes}\n" for name, attributes in ATTRIBUTES.items()]
    for name in ATTRIBUTES:
        for kind, content in CONTENTS.items():
            repo.add(f"{name}/{kind}", content)  # stored as it is: the attributes come later
    repo.add(".gitattributes", "".join(lines))
    repo.commit()
    expected = clone(repo, tmp_path / "clone")
    snapshot = read_revision(find_repository(repo.path, repo.environ), "HEAD")
    files = CheckedOutFiles(snapshot, snapshot.attributes)
    paths = [f"{name}/{kind}" for name in ATTRIBUTES for kind in CONTENTS]
    different = [
        (path, blob.data, on_disk)
        for path, blob in zip(paths, files.contents(paths), strict=True)
        if blob and blob.data != (on_disk := (expected.path / path).read_bytes())
    ]
    assert different == []
    assert files.count_unapplied() == {}


def listed(repo: Repo, *args: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(
        expect_clean(repo.run(COMMAND, "files", "--excluded", "--format", "json", *args))
    )
    return report


def by_path(report: dict[str, Any]) -> dict[str, tuple[object, ...]]:
    keys = ("reason", "bytes", "section_id")
    files = [file for file in report["files"] if not file["path"].startswith(".git/")]
    return {file["path"]: tuple(map(file.get, keys)) for file in files}


def test_the_index_lists_the_files_as_a_clone_does(repo: Repo, tmp_path: Path) -> None:
    repo.add(CORPUS, GOOD.replace('["**/*"]', '["**/*"]\n      max_bytes_per_file: 300'))
    repo.add("a.txt", "x\n" * 120)
    repo.add("b.txt", "x\n" * 20)
    repo.add("c.txt", "\u30a2" * 101)  # 303 bytes, in UTF-16 only 204
    repo.add("d.c", "// $Id$\n")
    (repo.path / "s.txt").symlink_to("d.c")
    repo.add(
        ".gitattributes",
        "*.c ident\na.txt eol=crlf\nb.txt working-tree-encoding=UTF-16\n"
        "c.txt working-tree-encoding=UTF-16LE\n",
    )
    repo.git("add", "s.txt")
    repo.commit()
    on_disk = by_path(listed(clone(repo, tmp_path / "clone"), "--worktree"))
    for state in ([], ["--rev", "HEAD"]):
        report = listed(repo, *state)
        assert report["checked"]["content"] == "checkout"
        assert report["notes"] == []
        assert by_path(report) == on_disk
    reasons = {path: fields[0] for path, fields in on_disk.items()}
    assert [reasons[path] for path in ("a.txt", "b.txt", "d.c")] == ["max-bytes", "binary", None]
    assert reasons["c.txt"] in ("not-utf-8", "binary")


def test_a_filter_does_not_run_and_is_named(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    for path in ("a.conf", "b.conf", "c.txt", "d.txt"):
        repo.add(path)
    repo.add(".gitattributes", "*.conf filter=git-crypt\nc.txt working-tree-encoding=IBM1047\n")
    note = (
        "not applied: filter=git-crypt (2 files), working-tree-encoding=IBM1047 (1 file);"
        " dlm-git reads these files as Git stores them"
    )
    for args in ([], ["-z"], ["--stat"], ["--excluded"]):
        result = repo.run(COMMAND, "files", *args)
        assert result.code == 0
        assert (
            result.err == f"note: {note}\n  help: --worktree reads them as this checkout"
            " contains them\n"
        )
    report = json.loads(expect_clean(repo.run(COMMAND, "files", "--format", "json")))
    assert [each["message"] for each in report["notes"]] == [note]
    named = {file["path"]: file.get("not_applied") for file in report["files"]}
    assert named["a.conf"] == "filter=git-crypt"
    assert named["d.txt"] is None
    why = repo.run(COMMAND, "files", "--why", "a.conf")
    assert why.out.startswith("included  a.conf  (filter=git-crypt not applied)\n")
    assert repo.run(COMMAND, "files", "--worktree").err == ""
