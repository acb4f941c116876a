"""What attributes convert is reported in every state, and no filter runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.git.attributes import query_attributes
from dlm_git.git.untrusted import isolated_git
from dlm_git.snapshots.attributes import CONTENT, Attributes
from dlm_git.snapshots.conversion import Conversion
from tests.support import (
    CORPUS,
    Repo,
    expect_clean,
    expect_findings,
)

SECRET = "app/db.conf"
MESSAGE = f"{SECRET}: filtered-file-in-training-set: the filter 'git-crypt' encrypts this file"
STATES: tuple[list[str], ...] = ([], ["--worktree"], ["--rev", "HEAD"])


@pytest.fixture
def encrypted(corpus_repo: Repo) -> Repo:
    """A repository in which Git stores a file encrypted, and the working tree contains it plain."""
    log = corpus_repo.path.parent / "log"
    for way in ("clean", "smudge"):
        corpus_repo.git("config", f"filter.git-crypt.{way}", f"echo {way} >>{log}; tr a-z n-za-m")
    corpus_repo.add(".gitattributes", "*.conf filter=git-crypt\n")
    corpus_repo.add(SECRET, "password\n")
    corpus_repo.commit("a secret")
    log.unlink()
    return corpus_repo


def filters_run(repo: Repo) -> bool:
    return (repo.path.parent / "log").exists()


@pytest.mark.parametrize("state", STATES)
def test_an_encrypted_file_is_reported_in_every_state(encrypted: Repo, state: list[str]) -> None:
    assert encrypted.git("show", f"HEAD:{SECRET}") == "cnffjbeq"
    expect_findings(encrypted.check(*state), MESSAGE, f"add the line '/{SECRET}' to .dlm/ignore")
    assert not filters_run(encrypted)


def test_a_file_that_a_checkout_encodes_is_reported(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitattributes", "*.ps1 working-tree-encoding=UTF-16LE-BOM\n")
    (corpus_repo.path / "a.ps1").write_bytes("x\n".encode("utf-16"))
    corpus_repo.git("add", "a.ps1")
    corpus_repo.commit()
    corpus_repo.git("clone", "--quiet", ".", "clone")
    assert b"\0" in (corpus_repo.path / "clone/a.ps1").read_bytes()
    for state in ([], ["--rev", "HEAD"]):
        message = "a.ps1: reencoded-file-in-training-set: a checkout writes this file as UTF-16LE"
        expect_findings(corpus_repo.check(*state), message)


def test_the_hint_excludes_the_file(encrypted: Repo) -> None:
    encrypted.add(".dlm/ignore", f"/{SECRET}\n")
    for state in ([], ["--worktree"]):
        expect_clean(encrypted.check(*state))


def test_a_bare_repository_and_an_untrusted_one_are_read_alike(
    encrypted: Repo, tmp_path: Path
) -> None:
    bare, temporary = tmp_path / "bare.git", tmp_path / "temporary"
    temporary.mkdir()
    env = {"TMPDIR": str(temporary)}
    encrypted.git("clone", "--quiet", "--bare", ".", str(bare))
    expect_findings(encrypted.check("--rev", "HEAD", cwd=bare, env=env), MESSAGE)
    for path in (bare, encrypted.path):
        checked = encrypted.check(str(path), "--rev", "HEAD", cwd=tmp_path, env=env)
        expect_findings(checked, SECRET)
    assert not filters_run(encrypted)
    assert not list(temporary.iterdir())


def test_each_state_has_its_own_attributes(encrypted: Repo) -> None:
    encrypted.add(".gitattributes", "")
    expect_clean(encrypted.check())
    expect_findings(encrypted.check("--rev", "HEAD"), MESSAGE)
    encrypted.write(".gitattributes", "*.conf filter=git-crypt\n")
    expect_findings(encrypted.check("--worktree"), MESSAGE)
    expect_clean(encrypted.check("--no-cache"))


def test_attributes_that_a_clone_does_not_have_do_not_count(
    encrypted: Repo, tmp_path: Path
) -> None:
    info = encrypted.path / ".git/info/attributes"
    info.parent.mkdir(exist_ok=True)
    for line in ("* -filter\n", "* filter=mine\n"):
        info.write_text(line)
        user = tmp_path / "home/xdg/git/attributes"
        user.parent.mkdir(parents=True, exist_ok=True)
        user.write_text(line)
        for state in STATES:
            out = expect_findings(encrypted.check(*state), MESSAGE)
            assert "1 finding" in out, out


def test_a_clean_result_is_not_cached_beyond_a_change_of_attributes(corpus_repo: Repo) -> None:
    corpus_repo.add("d/.gitattributes", "*.x filter=y\n")
    corpus_repo.add("d/a.txt")
    for _ in range(2):
        expect_clean(corpus_repo.check())
    corpus_repo.add("d/.gitattributes", "*.txt filter=y\n")
    expect_findings(corpus_repo.check(), "d/a.txt: filtered-file-in-training-set")


def test_a_document_is_reported_in_every_state(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitattributes", "*.dlm working-tree-encoding=UTF-16\n")
    corpus_repo.git("add", "--renormalize", ".gitattributes")
    corpus_repo.commit()
    for state in STATES:
        expect_findings(
            corpus_repo.check(*state),
            f"{CORPUS}: converted-document: a checkout encodes this file as UTF-16",
        )


@pytest.mark.parametrize("attribute", ["filter=git-crypt", "working-tree-encoding=UTF-16"])
def test_the_hint_for_a_document_solves_it(encrypted: Repo, attribute: str) -> None:
    encrypted.add(".dlm/ignore", "*.conf\n")
    encrypted.write(".gitattributes", f"*.dlm {attribute}\n")
    encrypted.git("add", ".gitattributes")
    out = expect_findings(encrypted.check(), f"{CORPUS}: converted-document")
    line, command = out.partition("add the line '")[2].split("' to ", 1)
    encrypted.write(".dlm/.gitattributes", f"{line}\n")
    expect_clean(encrypted.run("sh", "-c", command.split("`")[1]))
    expect_clean(encrypted.check())


def test_git_runs_only_if_a_file_may_have_an_attribute(corpus_repo: Repo) -> None:
    def calls(attributes: str) -> int:
        corpus_repo.add(".gitattributes", attributes)
        result = corpus_repo.check("--verbose", "--no-cache")
        return f"{result.out}{result.err}".count("git check-attr")

    corpus_repo.add("data/a.csv")
    assert calls("* text=auto eol=lf\n*.py diff=python\n") == 0
    assert calls("*.zip filter=lfs -text\n") == 0
    assert calls("*.csv filter=lfs -text\n*.dlm -ident\n") == 1
    assert calls("* filter=x ident\n") == 1


NAMES = ("a", "b.txt", "#c", "d e", "é", "x.TXT")
PATTERNS = (
    *("*", "*.txt", "a", "/a", "d/*", "d/**", "**/a", "d/", "!a", "\\#c", '"d e"', '"\\303\\251"'),
    *("[ab]*", "[!a]", "[[:alpha:]]", "?", "*a", "d/a", "x.[tT]*", '"#c"', "é", "é*", "a\\", "[a"),
)
WORDS = (
    *("filter=x", "filter=git-crypt", "-filter", "!filter", "filter", "ident", "-ident", "m", "n"),
    *("working-tree-encoding=UTF-16", "eol=crlf", "text=auto", "-text", "binary", "diff=x", "-m"),
)
LINES = st.one_of(
    st.builds(
        lambda pattern, words, gap: pattern + gap + " ".join(words),
        st.sampled_from(PATTERNS),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
        st.sampled_from([" ", "\t", "  "]),
    ),
    st.sampled_from(["", "# * filter=x", "[attr]m filter=m", "[attr]n m ident", "[attr]m n"]),
)
TEXTS = st.builds(
    lambda lines, end: "".join(f"{line}{end}" for line in lines),
    st.lists(LINES, max_size=5),
    st.sampled_from(["\n", "\r\n"]),
)


@given(
    st.fixed_dictionaries(
        {},
        optional={".gitattributes": TEXTS, "d/.gitattributes": TEXTS, "d/é/.gitattributes": TEXTS},
    )
)
def test_the_search_misses_no_file(texts: dict[str, str]) -> None:
    query = partial(query_attributes, isolated_git(os.environ), None)
    files = {".gitattributes": b"", **{path: text.encode() for path, text in texts.items()}}
    paths = [f"{directory}{name}" for directory in ("", "d/", "d/é/") for name in NAMES]
    every = dict(zip(paths, query(files, paths), strict=True))
    expected = {path: each for path, each in every.items() if each != Conversion()}
    assert Attributes(files, query).conversions(paths) == expected
    content = Attributes(files, query).conversions(paths, CONTENT)
    assert _without_line_ends(content) == _without_line_ends(expected)


def _without_line_ends(conversions: Mapping[str, Conversion]) -> dict[str, Conversion]:
    found = {path: each.replace(crlf="") for path, each in conversions.items()}
    return {path: each for path, each in found.items() if each != Conversion()}


def test_git_finds_the_same_attributes_in_the_repository(repo: Repo) -> None:
    repo.add(".gitattributes", '[attr]m filter=y\n*.a m\n*.b filter=lfs ident\n"x y" filter=z\n')
    repo.add("d/.gitattributes", "*.a -filter\n*.b !filter\n")
    paths = ["q.a", "d/q.a", "q.b", "d/q.b", "x y", "d/x y", "z"]
    output = repo.git("check-attr", "-z", "--stdin", "filter", data="\0".join(paths).encode())
    values = ["" if value.startswith("uns") else value for value in output.split("\0")[2::3]]
    attributes = (".gitattributes", "d/.gitattributes")
    files = {path: (repo.path / path).read_bytes() for path in attributes}
    conversions = query_attributes(isolated_git(repo.environ), None, files, paths)
    assert [conversion.filter for conversion in conversions] == values
    assert values == ["y", "", "lfs", "", "z", "z", ""]


CONVERSIONS = {
    "CRLF in a checkout": "* text=auto eol=crlf\n",
    "ident": "*.py ident\n",
    "export-ignore": ".dlm export-ignore\n",
    "merge and diff drivers": "*.dlm merge=dlm diff=dlm\n",
    "attributes in .dlm": None,
}


@pytest.mark.parametrize("text", CONVERSIONS.values(), ids=[*CONVERSIONS])
def test_attributes_that_change_no_training_text_are_accepted_in_every_state(
    corpus_repo: Repo, text: str | None
) -> None:
    corpus_repo.add(
        ".dlm/.gitattributes" if text is None else ".gitattributes", text or "* -text\n"
    )
    corpus_repo.commit()
    corpus_repo.git("rm", "--quiet", "--cached", "-r", ".")
    corpus_repo.git("reset", "--quiet", "--hard")  # converts the files anew
    if text and "crlf" in text:
        assert b"\r\n" in (corpus_repo.path / CORPUS).read_bytes()
    for state in STATES:
        expect_clean(corpus_repo.check(*state))


@pytest.mark.parametrize("line", ["*", ".dlm", ".dlm/", "*.dlm", "/.dlm/*", "corpus.dlm"])
def test_a_tracked_document_may_be_ignored_in_every_state(corpus_repo: Repo, line: str) -> None:
    corpus_repo.write(".git/info/exclude", f"{line}\n")
    for state in STATES:
        expect_clean(corpus_repo.check(*state))
    corpus_repo.git("rm", "--quiet", "--cached", CORPUS)
    expect_findings(corpus_repo.check(), "missing-corpus", ".git/info/exclude:1", f"'{line}'")
    expect_clean(corpus_repo.check("--rev", "HEAD"))
    expect_findings(corpus_repo.check("--worktree"), "missing-corpus", ".git/info/exclude:1")


def test_a_pipe_as_attributes_in_the_working_tree_does_not_block(corpus_repo: Repo) -> None:
    os.mkfifo(corpus_repo.path / ".gitattributes")
    for state in STATES:
        expect_clean(corpus_repo.check(*state))
