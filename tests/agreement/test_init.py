"""The trainer reads what `dlm-git init` was given, and trains on it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlm_git.document.frontmatter import Source
from dlm_git.document.template import Plan, render_document
from tests.oracle import Oracle
from tests.support import (
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    Repo,
    dlm_id,
    expect_clean,
    expect_findings,
    hook_arguments,
)

BASE = ("--base", "smollm2-135m")


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository with a file to train on, and no corpus document."""
    repo.add("README.md", "# Shop\n")
    return repo


_HOSTILE = (
    *('a"b', "a'b", "a\\b", "a\nb", "a: b", "- a", "*", "**/*.py", "@x", "%x", "`x`", "!x", "&x"),
    *("{a,b}", "[ab]", "#x", "a #b", "", " ", " a ", "\t", "~", "null", "no", "3.10", "017", "1_0"),
    *("2024-01-01", "---", "...", "--- a", "\x1b[31m", "\x07", "\x7f", "\x85", "\u2028", "\u2029"),
    *("\ufeff", "\u202e", "\U0001f600", "e\u0301", "\xe9", "\r\n", "<<", "=", "|", ">", "? a"),
    *("\ufffe", "\U0010ffff", "\x80", "\xa0", "::error::x", "##[error]x", "$HOME", "%(x)s", "{0}"),
)


def _on_plain_lines(out: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in out)


def _read_by(oracle: Oracle, data: bytes) -> dict[str, Any]:
    answer = oracle.parse(data)
    assert answer["ok"], answer
    frontmatter: dict[str, Any] = answer["frontmatter"]
    return frontmatter


def test_hostile_globs_reach_the_trainer_unchanged(repo: Repo, oracle: Oracle) -> None:
    globs = [glob for glob in _HOSTILE if glob]
    for glob in globs:
        repo.write(glob.replace("**/", ""))  # a pattern that matches nothing is refused
    repo.git("add", "--all")
    flags = [f"--{key}={glob}" for key in ("include", "exclude") for glob in globs]
    out = expect_clean(repo.init(*BASE, *flags))
    assert _on_plain_lines(out)
    (source,) = _read_by(oracle, (repo.path / CORPUS).read_bytes())["training"]["sources"]
    assert (source["include"], source["exclude"]) == (globs, globs)
    assert "Reused" in expect_clean(repo.init(*BASE, *flags))


@pytest.mark.parametrize(
    "base", ['hf:a/"b\\', "hf:a/b: c #d", "hf:a/\U0001f600\u2028\x85", "hf:%/@"]
)
def test_hostile_base_models_reach_the_trainer_unchanged(
    repo: Repo, oracle: Oracle, base: str
) -> None:
    expect_clean(repo.init("--base", base))
    assert _read_by(oracle, (repo.path / CORPUS).read_bytes())["base_model"] == base


_ODD_DIRECTORIES = (
    *('a"b', "a\\b", "a\nb", ": x", "- a", "*", "@x", "!x", "{a}", "#x", "\u2028", "\x85"),
    *(" a ", "$HOME", "\U0001f600", "null", "-o", "\x1b[31m"),
)


def test_hostile_sources_reach_the_trainer_unchanged(repo: Repo, oracle: Oracle) -> None:
    for name in _ODD_DIRECTORIES:
        repo.write(f"./{name}/x.py")
    repo.git("add", "--all")
    out = expect_clean(repo.init(*BASE, *(f"--source=./{name}" for name in _ODD_DIRECTORIES)))
    assert _on_plain_lines(out)
    sources = _read_by(oracle, (repo.path / CORPUS).read_bytes())["training"]["sources"]
    assert [source["path"] for source in sources] == list(_ODD_DIRECTORIES)
    assert len(oracle.expand(repo.path / CORPUS)["sections"]) == len(_ODD_DIRECTORIES)
    expect_clean(repo.check())


@pytest.mark.parametrize("name", ["~x", "~"])
def test_a_source_named_like_a_home_directory_is_expanded(
    repo: Repo, oracle: Oracle, name: str
) -> None:
    repo.add(f"./{name}/x.py")
    expect_clean(repo.init(*BASE, f"--source=./{name}"))
    assert len(oracle.expand(repo.path / CORPUS).get("sections", ())) == 1
    expect_clean(repo.check())


def test_globs_that_are_not_utf8_reach_the_trainer_unchanged(repo: Repo, oracle: Oracle) -> None:
    repo.add("\udcffx")
    out = expect_clean(repo.init(*BASE, "--include", "\udcff*"))
    (source,) = _read_by(oracle, (repo.path / CORPUS).read_bytes())["training"]["sources"]
    assert source["include"] == ["\udcff*"]
    assert not oracle.expand(repo.path / CORPUS)["ok"]  # it fails on the name of the file
    found = expect_findings(repo.check(*hook_arguments(out)), "unreadable-source: ")
    assert found.endswith("\n1 finding in the index\n")


_STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    _HOSTILE
)


@given(
    base=_STRINGS.filter(bool),
    include=st.lists(_STRINGS, min_size=1, max_size=4),
    exclude=st.lists(_STRINGS, max_size=4),
    path=_STRINGS.filter(bool),
)
def test_the_trainer_reads_back_what_init_was_given(
    oracle: Oracle, base: str, include: list[str], exclude: list[str], path: str
) -> None:
    source = Source(path=path, include=tuple(include), exclude=tuple(exclude))
    text = render_document(Plan(base, [source], "strict"), ID)
    frontmatter = _read_by(oracle, text.encode())
    (read,) = frontmatter["training"]["sources"]
    given = (ID, base, path, include, exclude)
    assert (frontmatter["dlm_id"], frontmatter["base_model"]) == given[:2]
    assert (read["path"], read["include"], read["exclude"]) == given[2:]


def _expanded(oracle: Oracle, root: Path) -> list[str]:
    answer = oracle.expand(root / CORPUS)
    assert answer["ok"], answer
    assert answer["anchors"] in ([], [str(root)])
    return sorted(section["header"].removeprefix("# source: ") for section in answer["sections"])


def test_the_trainer_reuses_the_document_after_clone_and_move(
    repo: Repo, oracle: Oracle, tmp_path: Path
) -> None:
    files = ["README.md", "docs/with space.md", "src/shop.py"]
    for file in files:
        repo.add(file)
    expected_id = dlm_id(repo.init(*BASE))
    repo.commit()
    cloned, moved = tmp_path / "elsewhere/clone", tmp_path / "moved away"
    repo.git("clone", "--quiet", str(repo.path), str(cloned))
    shutil.move(repo.path, moved)
    for root in (cloned, moved):
        taken = oracle.scaffold(root)
        assert (taken["path"], taken["scaffolded"]) == (str(root / CORPUS), False)
        assert taken["dlm_id"] == expected_id
        assert _expanded(oracle, root) == [".dlm-git.toml", *files]
        expect_clean(repo.check("--base", "smollm2-135m", cwd=root))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "files"),
    [
        ((), ["README.md", "src/b.py", "src/deep/c.py"]),
        (("--no-recursive",), ["README.md"]),
        (("--include", "**/*.py"), ["src/b.py", "src/deep/c.py"]),
        (("--include", "**/*.py", "--exclude", "src/deep/**"), ["src/b.py"]),
        (("--source", "src/deep"), ["src/deep/c.py"]),
        (("--source", "README.md"), ["README.md"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_the_trainer_trains_on_the_requested_files(
    repo: Repo, oracle: Oracle, options: tuple[str, ...], files: list[str]
) -> None:
    for file in ("src/b.py", "src/deep/c.py"):
        repo.add(file)
    out = expect_clean(repo.init(*BASE, *options, "--no-config"))
    learned = [path.rpartition("/")[2] for path in _expanded(oracle, repo.path)]
    assert learned == [file.rpartition("/")[2] for file in files]
    expect_clean(repo.check(*hook_arguments(out)))


def test_init_picks_the_document_that_the_trainer_picks(repo: Repo, oracle: Oracle) -> None:
    """Ours picks the document that the trainer picks."""
    repo.write(".dlm/docs.dlm", GOOD)
    assert oracle.scaffold(repo.path)["dlm_id"] == dlm_id(repo.init("--no-config")) == ID
    repo.write(".dlm/corpus.dlm", GOOD.replace(ID, OTHER_ID))
    assert oracle.scaffold(repo.path)["dlm_id"] == dlm_id(repo.init("--no-config")) != ID
