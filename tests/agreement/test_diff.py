"""A comparison of two states of a real project equals that of two expansions of the trainer."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.oracle import Oracle
from tests.projects import fetch
from tests.support import COMMAND, CORPUS, Repo, expect_clean
from tests.trees import corpus

OLD = corpus({"path": ".", "include": ["pygments/**", "doc/**/*.rst", "tests/*.py"]})
NEW = corpus(
    {"path": ".", "include": ["pygments/**", "doc/**/*.rst"], "max_bytes_per_file": 90_000}
)
IGNORE = b"_*_builtins.py\n!_lua_builtins.py\n"
_FILE = re.compile(r"^- `([^`]+)`(?: → `([^`]+)`)?", re.MULTILINE)


def install(repo: Repo, release: Path, files: dict[str, bytes]) -> None:
    """Replace the files of a repository by those of a release and some others, and commit."""
    for path in repo.path.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(release, repo.path, dirs_exist_ok=True)
    for name, data in files.items():
        repo.write(name, data)
    repo.git("add", "--all", "--force")
    repo.commit()


def sections(oracle: Oracle, repo: Repo) -> dict[str, str]:
    """Return the ids of the sections that the trainer makes of files, by path."""
    answer = oracle.expand(repo.path / CORPUS)
    assert answer["ok"]
    return {
        section["header"].removeprefix("# source: ").splitlines()[0]: section["section_id"]
        for section in answer["sections"]
    }


def shown(page: str) -> dict[str, str]:
    """Return how each file changes, as a comment shows it; a renamed one leaves and enters."""
    kinds: dict[str, str] = {}
    for sign, group in re.findall(r"<summary>([+~-])(.*?)</details>", page, re.DOTALL):
        for path, target in _FILE.findall(group):
            if target:
                kinds |= {path: "-", target: "+"}
            else:
                kinds[path] = sign
    return kinds


@pytest.mark.slow
@pytest.mark.network
def test_a_comment_on_two_releases_is_right_file_by_file(
    repo: Repo, oracle: Oracle, tmp_path: Path
) -> None:
    releases = []
    for version in ("2.17.2", "2.18.0"):
        home = tmp_path / version
        home.mkdir()
        releases.append(fetch(f"pygments=={version}", home))
    install(repo, releases[0], {CORPUS: OLD})
    before = sections(oracle, repo)
    install(repo, releases[1], {CORPUS: NEW, ".dlm/ignore": IGNORE})
    after = sections(oracle, repo)
    expected = {
        path: "+" if path not in before else "-" if path not in after else "~"
        for path in {*before, *after}
        if before.get(path) != after.get(path)
    }
    assert min(map([*expected.values()].count, "+-~")) > 3
    page = expect_clean(repo.run(COMMAND, "diff", "HEAD~", "HEAD", "--format", "markdown"))
    assert "for lack of space" not in page
    assert shown(page) == expected
    answer = json.loads(repo.run(COMMAND, "diff", "HEAD~", "HEAD", "--format", "json").out)
    assert (answer["old"]["files"], answer["new"]["files"]) == (len(before), len(after))
    causes = {(f["old"] or f["new"])["path"]: f["cause"]["pattern"] for f in answer["files"]}
    assert causes["pygments/lexers/_php_builtins.py"] == "_*_builtins.py"
    assert causes["tests/test_util.py"] == "tests/*.py"
