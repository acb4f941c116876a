"""`dlm-git diff`: what changes in the training set between two states, and why."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import dlm_git
from dlm_git import DlmGitError, ListedFile, TrainingDiff
from dlm_git.paths import is_utf8
from tests.hostile import HOSTILE_NAMES, assert_harmless
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    PROJECT,
    Repo,
    Result,
    expect_clean,
    expect_error,
    new_repo,
)
from tests.trees import Tree, corpus, trees

SCHEMA = json.loads((PROJECT / "dlm_git/formats/diff.schema.json").read_text())
DOCUMENT = GOOD.replace(
    '["**/*"]',
    """["**/*.md", "src/**"]
      exclude: ["**/old/**"]
      max_bytes_per_file: 1000""",
)
NOTHING = "no changes to the training set"


def diff(repo: Repo, *args: str) -> Result:
    """Run the installed `dlm-git diff`."""
    return repo.run(COMMAND, "diff", *args)


def parsed(repo: Repo, *args: str) -> dict[str, Any]:
    """The JSON that it prints, which fits the published schema."""
    out = expect_clean(diff(repo, *args, "--format", "json"))
    assert out.isascii()
    answer: dict[str, Any] = json.loads(out)
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(answer)
    return answer


def changes(repo: Repo, *args: str) -> dict[str, str]:
    """Return how each file changes and why, by path."""
    return {_path(file): _change(file) for file in parsed(repo, *args)["files"]}


def _path(file: dict[str, Any]) -> str:
    path: str = (file["new"] or file["old"])["path"]
    return path


def _change(file: dict[str, Any]) -> str:
    cause = file["cause"]
    place = f"{cause['path']}:{cause['line']}" if cause["path"] else None
    origin = f"({cause['origin']})" if cause["origin"] else None
    own = cause["reason"] if cause["kind"] == "content" else None
    words = (file["kind"], cause["kind"], own, place, cause["pattern"], origin)
    return " ".join(word for word in words if word)


@pytest.fixture
def shop(repo: Repo) -> Repo:
    """A repository with a document and files, committed."""
    files = {
        CORPUS: DOCUMENT,
        "README.md": "# Shop\n",
        "docs/a.txt": "a\n",
        "src/a.py": "a\n",
        "src/a.log": "l\n",
        "src/big.py": "x" * 900,
        "src/old/b.py": "b\n",
    }
    for path, text in files.items():
        repo.add(path, text)
    repo.commit()
    return repo


# Which states are compared


def test_a_state_equals_itself(shop: Repo) -> None:
    head = shop.git("rev-parse", "HEAD")[:12]
    assert expect_clean(diff(shop)) == f"HEAD {head} -> the index: {NOTHING}\n"
    assert expect_clean(diff(shop, "--exit-code")) != ""
    assert parsed(shop)["changed"] is False
    assert expect_clean(diff(shop, "--format", "markdown")) == (
        f"<!-- dlm-git diff -->\n{NOTHING}: `HEAD {head}` → `the index`\n"
    )


def test_without_arguments_the_index_is_compared_with_head(shop: Repo) -> None:
    shop.add("src/new.py", "n\n")
    shop.write("src/not_staged.py")
    answer = parsed(shop)
    assert answer["old"] == {
        "label": f"HEAD {shop.git('rev-parse', 'HEAD')[:12]}",
        "revision": shop.git("rev-parse", "HEAD"),
        "document": {"path": CORPUS},
        "files": 4,
        "bytes": 911,
        "sections": 1,
    }
    assert (answer["new"]["label"], answer["new"]["revision"]) == ("the index", None)
    assert (answer["new"]["files"], answer["new"]["bytes"]) == (5, 913)
    assert changes(shop) == {"src/new.py": "added created"}


def test_the_worktree_replaces_the_index(shop: Repo) -> None:
    shop.write("src/untracked.py")
    (shop.path / "src/a.py").unlink()
    assert changes(shop) == {}
    assert changes(shop, "--worktree") == {
        "src/a.py": "removed deleted",
        "src/untracked.py": "added created",
    }
    assert parsed(shop, "--worktree")["new"]["label"] == "the working tree"


def test_two_revisions_and_ranges(shop: Repo) -> None:
    base = shop.git("rev-parse", "HEAD")
    shop.git("switch", "--quiet", "--create", "topic")
    shop.add("src/topic.py")
    shop.commit()
    shop.git("switch", "--quiet", "main")
    shop.add("src/main.py")
    shop.commit()
    both = {"src/main.py": "removed deleted", "src/topic.py": "added created"}
    for args in (("main", "topic"), ("main..topic",), ("..topic",)):
        both_ways = changes(shop, *args)
        # their contents are equal, so that Git too would call this a rename
        assert both_ways == {"src/topic.py": "renamed renamed"}
    shop.add("src/main.py", "main\n")
    shop.commit()
    assert changes(shop, "main", "topic") == both
    for args in (("main...topic",), ("...topic",)):
        assert changes(shop, *args) == {"src/topic.py": "added created"}
        assert parsed(shop, *args)["old"]["label"] == f"merge base {base[:12]}"
    assert changes(shop, "topic...") == {"src/main.py": "added created"}
    assert changes(shop, "topic") == {
        "src/main.py": "added created",
        "src/topic.py": "removed deleted",
    }


def test_dots_in_a_search_are_not_a_range(shop: Repo) -> None:
    shop.add("src/new.py")
    shop.commit("one..two")
    assert changes(shop, "HEAD^{/one..two}^") == {"src/new.py": "added created"}


def test_before_the_first_commit_everything_is_added(repo: Repo) -> None:
    assert parsed(repo)["changed"] is False
    repo.add(CORPUS, GOOD)
    repo.add("a.py", "a\n")
    answer = parsed(repo)
    assert answer["old"] == {
        "label": "HEAD (no commits yet)",
        "revision": None,
        "document": None,
        "files": 0,
        "bytes": 0,
        "sections": 0,
    }
    assert changes(repo) == {"a.py": f"added document {CORPUS}:None"}
    assert [s["kind"] for s in answer["sections"]] == ["added"]
    assert ("base_model", "added") in {(s["key"], s["kind"]) for s in answer["settings"]}
    assert "document: 0 -> 1 sections (+1), added\n" in expect_clean(diff(repo))


def test_a_removed_document_removes_everything(shop: Repo) -> None:
    shop.git("rm", "--quiet", CORPUS)
    assert set(changes(shop).values()) == {f"removed document {CORPUS}:None"}
    assert parsed(shop)["new"]["files"] == 0
    assert "document: 1 -> 0 sections (-1), removed\n" in expect_clean(diff(shop))


def test_a_config_can_name_another_document(shop: Repo) -> None:
    shop.add(".dlm/shop.dlm", DOCUMENT.replace(ID, OTHER_ID))
    shop.git("rm", "--quiet", CORPUS)
    shop.add(".dlm-git.toml", 'name = "shop"\n')
    answer = parsed(shop)
    assert answer["files"] == []
    assert answer["changed"] is True
    assert [s["key"] for s in answer["settings"]] == ["dlm_id"]
    assert "another file" in expect_clean(diff(shop))
    assert parsed(shop, "--name", "corpus")["new"]["document"] is None


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_side_that_the_trainer_refuses_is_an_error_that_names_it(shop: Repo, side: str) -> None:
    good = shop.git("rev-parse", "HEAD")
    shop.add(CORPUS, "---\n")
    bad = shop.commit()
    args = (bad, good) if side == "old" else (good, bad)
    expect_error(diff(shop, *args), f"{bad[:12]}: dlm refuses '{CORPUS}'", f"--rev {bad[:12]}")


@pytest.mark.parametrize("args", [["HEAD", "HEAD", "--worktree"], ["HEAD..HEAD", "HEAD"]])
def test_contradicting_sides_are_an_error(shop: Repo, args: list[str]) -> None:
    expect_error(diff(shop, *args), "omit one of them")


def test_commits_without_a_merge_base_are_an_error(shop: Repo, tmp_path: Path) -> None:
    shop.git("switch", "--quiet", "--orphan", "other")
    shop.add("a.md")
    shop.commit()
    expect_error(diff(shop, "main...other"), "have no merge base", "`dlm-git diff A B`")
    shop.git("switch", "--quiet", "main")
    shop.git("switch", "--quiet", "--create", "topic")
    for branch in ("topic", "main"):
        shop.git("switch", "--quiet", branch)
        shop.add(f"{branch}.md")
        shop.commit()
    clone, url = tmp_path / "clone", f"file://{shop.path}"
    shop.git("clone", "--quiet", "--depth=1", "--no-single-branch", url, str(clone))
    shallow = Repo(clone, shop.environ)
    expect_error(diff(shallow, "main...origin/topic"), "shallow clone", "git fetch --unshallow")


def test_the_exit_code_is_1_only_if_asked_for(shop: Repo) -> None:
    shop.add("src/new.py")
    assert diff(shop).code == 0
    assert diff(shop, "--exit-code").code == 1
    assert diff(shop, "--exit-code", "--format=json").code == 1


# Causes


def document(include: str, more: str = "") -> str:
    return GOOD.replace('["**/*"]', include + "".join(f"\n      {line}" for line in [more] if line))


def sources(*includes: str) -> str:
    """Return a document with a source for each pattern, all with the same path."""
    start, end = GOOD.split('    - path: "."\n      include: ["**/*"]\n')
    lines = (f'    - path: "."\n      include: ["{include}"]\n' for include in includes)
    return start + "".join(lines) + end


# the files before and after, None for a deleted one, and how each changes
Case = tuple[dict[str, str | bytes], dict[str, str | bytes | None], dict[str, str]]
DROPPED = "exclude_defaults: false"
CAUSES: dict[str, Case] = {
    "an include is added": (
        {CORPUS: document('["src/**"]'), "docs/a.txt": "a\n"},
        {CORPUS: document('["src/**", "docs/**"]')},
        {"docs/a.txt": f"added line {CORPUS}:9 docs/**"},
    ),
    "an include is removed": (
        {CORPUS: document('["src/**", "docs/**"]'), "docs/a.txt": "a\n"},
        {CORPUS: document('["src/**"]')},
        {"docs/a.txt": f"removed removed-line {CORPUS}:9 docs/**"},
    ),
    "an exclude is added": (
        {CORPUS: GOOD, "docs/a.txt": "a\n"},
        {CORPUS: document('["**/*"]', 'exclude: ["docs/**"]')},
        {"docs/a.txt": f"removed line {CORPUS}:10 docs/**"},
    ),
    "an exclude is removed, and the line moves": (
        {CORPUS: document('["**/*"]', 'exclude: ["x/**", "docs/**"]'), "docs/a.txt": "a\n"},
        {CORPUS: document('["**/*"]', 'exclude: ["x/**"]')},
        {"docs/a.txt": f"added removed-line {CORPUS}:10 docs/**"},
    ),
    "a file is created that both sides include": (
        {CORPUS: document('["src/**"]')},
        {CORPUS: document('["src/**", "docs/**"]'), "src/a.py": "a\n"},
        {"src/a.py": "added created"},
    ),
    "a file is created where the old side would exclude it": (
        {CORPUS: document('["src/**"]')},
        {CORPUS: document('["src/**", "docs/**"]'), "docs/a.py": "a\n"},
        {"docs/a.py": f"added line {CORPUS}:9 docs/**"},
    ),
    "an ignore line is added": (
        {CORPUS: GOOD, "a.log": "a\n"},
        {".dlm/ignore": "# logs\n*.log\n"},
        {"a.log": "removed line .dlm/ignore:2 *.log"},
    ),
    "an ignore line is added below a config without the default excludes": (
        {CORPUS: GOOD, "a.log": "a\n", ".dlm/training.yaml": f"{DROPPED}\n"},
        {".dlm/ignore": "*.log\n"},
        {"a.log": "removed line .dlm/ignore:1 *.log", ".dlm/ignore": "added created"},
    ),
    "an ignore file is removed": (
        {CORPUS: GOOD, "a.log": "a\n", ".dlm/ignore": "*.log\n"},
        {".dlm/ignore": None},
        {"a.log": "added removed-line .dlm/ignore:1 *.log"},
    ),
    "an ignore line is overridden": (
        {CORPUS: GOOD, "a.log": "a\n", ".dlm/ignore": "*.log\n"},
        {".dlm/ignore": "*.log\n!a.log\n"},
        {"a.log": "added line .dlm/ignore:2 !a.log"},
    ),
    "an ignore line is no longer overridden": (
        {CORPUS: GOOD, "a.log": "a\n", ".dlm/ignore": "*.log\n!a.log\n"},
        {".dlm/ignore": "*.log\n"},
        {"a.log": "removed removed-line .dlm/ignore:2 !a.log"},
    ),
    "lines of a block name their .gitignore": (
        {CORPUS: GOOD, "a.log": "a\n"},
        {
            ".dlm/ignore": "# >>> dlm-git ignore: x >>>\n# from .gitignore:1: *.log\n*.log\n"
            "# <<< dlm-git ignore <<<\n"
        },
        {"a.log": "removed line .dlm/ignore:3 *.log (.gitignore:1: *.log)"},
    ),
    "the defaults are dropped": (
        {CORPUS: GOOD, "a.pem": "a\n"},
        {".dlm/training.yaml": "metadata: {a: b}\nexclude_defaults: false\n"},
        {
            "a.pem": f"added line .dlm/training.yaml:2 {DROPPED}",
            ".dlm/corpus.dlm": f"added line .dlm/training.yaml:2 {DROPPED}",
            ".dlm/training.yaml": f"added line .dlm/training.yaml:2 {DROPPED}",
        },
    ),
    "the defaults are back": (
        {CORPUS: GOOD, "a.pem": "a\n", ".dlm/training.yaml": "exclude_defaults: false\n"},
        {".dlm/training.yaml": "exclude_defaults: true\n"},
        {
            "a.pem": f"removed removed-line .dlm/training.yaml:1 {DROPPED}",
            ".dlm/corpus.dlm": f"removed removed-line .dlm/training.yaml:1 {DROPPED}",
            ".dlm/training.yaml": f"removed removed-line .dlm/training.yaml:1 {DROPPED}",
        },
    ),
    "a nested include replaces that of the source": (
        {CORPUS: GOOD, "docs/a.txt": "a\n", "docs/b.md": "b\n"},
        {"docs/.dlm/training.yaml": 'include: ["**/*.md"]\n'},
        {"docs/a.txt": "removed line docs/.dlm/training.yaml:1 **/*.md"},
    ),
    "a nested include is removed": (
        {CORPUS: GOOD, "docs/a.txt": "a\n", "docs/.dlm/training.yaml": 'include: ["**/*.md"]\n'},
        {"docs/.dlm/training.yaml": None},
        {"docs/a.txt": "added removed-line docs/.dlm/training.yaml:1 **/*.md"},
    ),
    "a deeper include replaces a nested one": (
        {CORPUS: GOOD, "docs/a/x.md": "x\n", "docs/.dlm/training.yaml": 'include: ["**/*.md"]\n'},
        {"docs/a/.dlm/training.yaml": 'include: ["*.txt"]\n'},
        {"docs/a/x.md": "removed line docs/a/.dlm/training.yaml:1 *.txt"},
    ),
    "an ignore line no longer overrides an exclude": (
        {CORPUS: document('["**/*"]', 'exclude: ["**/b.md"]'), "b.md": "b\n",
         ".dlm/ignore": "!b.md\n"},
        {".dlm/ignore": "!a.md\n"},
        {"b.md": "removed removed-line .dlm/ignore:1 !b.md"},
    ),
    "an ignore line no longer overrides a nested exclude": (
        {CORPUS: GOOD, "docs/b.md": "b\n", "docs/.dlm/training.yaml": 'exclude: ["b.md"]\n',
         "docs/.dlm/ignore": "!b.md\n"},
        {"docs/.dlm/ignore": "!a.md\n"},
        {"docs/b.md": "removed removed-line docs/.dlm/ignore:1 !b.md"},
    ),
    "the defaults stay dropped, and the include is narrowed": (
        {CORPUS: GOOD, "a.pem": "a\n", ".dlm/training.yaml": f"{DROPPED}\n"},
        {CORPUS: document('["src/**", ".dlm/**"]')},
        {"a.pem": f"removed line {CORPUS}:9 src/**, .dlm/**", CORPUS: "changed edited"},
    ),
    "a limit is lowered": (
        {CORPUS: document('["**/*"]', "max_bytes_per_file: 9"), "a.md": "12345"},
        {CORPUS: document('["**/*"]', "max_bytes_per_file: 4")},
        {"a.md": f"removed line {CORPUS}:10 max_bytes_per_file: 4"},
    ),
    "a limit is raised": (
        {CORPUS: document('["**/*"]', "max_bytes_per_file: 4"), "a.md": "12345"},
        {CORPUS: document('["**/*"]', "max_bytes_per_file: 9")},
        {"a.md": f"added line {CORPUS}:10 max_bytes_per_file: 9"},
    ),
    "a limit is removed": (
        {CORPUS: document('["**/*"]', "max_bytes_per_file: 4"), "a.md": "12345"},
        {CORPUS: GOOD},
        {"a.md": f"added removed-line {CORPUS}:10 max_bytes_per_file: 4"},
    ),
    "a file grows beyond the limit": (
        {CORPUS: document('["**/*"]', "max_bytes_per_file: 4"), "a.md": "1234"},
        {"a.md": "12345"},
        {"a.md": "removed content max-bytes"},
    ),
    "a number of files is limited": (
        {CORPUS: GOOD, "a.md": "a\n", "b.md": "b\n"},
        {CORPUS: document('["**/*"]', "max_files: 1")},
        {"b.md": f"removed line {CORPUS}:10 max_files: 1"},
    ),
    "a file comes before others": (
        {CORPUS: document('["**/*"]', "max_files: 1"), "b.md": "b\n"},
        {"a.md": "a\n"},
        {"a.md": "added created", "b.md": "removed content max-files"},
    ),
    "a file comes after others no longer": (
        {CORPUS: document('["**/*"]', "max_files: 1"), "a.md": "a\n", "b.md": "b\n"},
        {"a.md": None},
        {"a.md": "removed deleted", "b.md": "added content max-files"},
    ),
    "a file becomes binary, and another text": (
        {CORPUS: GOOD, "a.md": "a\n", "b.md": b"\0b"},
        {"a.md": b"\0a", "b.md": "b\n"},
        {"a.md": "removed content binary", "b.md": "added content binary"},
    ),
    "a file is not UTF-8 any more": (
        {CORPUS: GOOD, "a.md": "a\n"},
        {"a.md": b"caf\xe9"},
        {"a.md": "removed content not-utf-8"},
    ),
    "a source is added": (
        {CORPUS: GOOD.replace('path: "."', "path: src"), "src/a.py": "a\n", "docs/b.md": "b\n"},
        {
            CORPUS: GOOD.replace('path: "."', "path: src").replace(
                '["**/*"]\n', '["**/*"]\n    - path: docs\n'
            )
        },
        {"docs/b.md": f"added source {CORPUS}:10 docs"},
    ),
    "a source moves up": (
        {CORPUS: GOOD.replace('path: "."', "path: src"), "src/a.py": "a\n"},
        {CORPUS: GOOD},
        {"src/a.py": f"changed source {CORPUS}:8 ."},
    ),
    "a source moves down, and includes less": (
        {CORPUS: GOOD.replace('path: "."', "path: docs"), "docs/a/x.txt": "x\n"},
        {CORPUS: document('["*.md"]').replace('path: "."', "path: docs/a")},
        {"docs/a/x.txt": f"removed removed-line {CORPUS}:9 **/*"},
    ),
    "sources change places, and a file is edited": (
        {CORPUS: sources("a/**", "b/**"), "a/x.md": "a\n", "b/x.md": "b\n"},
        {CORPUS: sources("b/**", "a/**"), "a/x.md": "aa\n"},
        {"a/x.md": "changed edited"},
    ),
    "a source includes more, and a file is edited": (
        {CORPUS: document('["a/**"]'), "a/x.md": "a\n", "b/x.md": "b\n"},
        {CORPUS: document('["a/**", "b/**"]'), "a/x.md": "aa\n"},
        {"a/x.md": "changed edited", "b/x.md": f"added line {CORPUS}:9 b/**"},
    ),
    "a source that overlaps another is removed": (
        {CORPUS: sources("a/**", "**/x.md"), "a/x.md": "a\n", "b/x.md": "b\n"},
        {CORPUS: sources("**/x.md")},
        {"a/x.md": f"removed source {CORPUS}:8 ."},
    ),
    "a file is edited": (
        {CORPUS: GOOD, "a.md": "a\n"},
        {"a.md": "b\n"},
        {"a.md": "changed edited"},
    ),
    "files are renamed": (
        {CORPUS: GOOD, "a/x.md": "1\n", "b/x.md": "1\n", "c.md": "", "e.md": "2\n"},
        {"a/x.md": None, "b/x.md": None, "d/x.md": "1\n", "d/y.md": "1\n", "c.md": None,
         "f.md": "", "e.md": None, "g.md": "22\n"},
        {
            "d/x.md": "renamed renamed",
            "d/y.md": "renamed renamed",
            "c.md": "removed deleted",
            "f.md": "added created",
            "e.md": "removed deleted",
            "g.md": "added created",
        },
    ),
    "an equal file that enters by a pattern is not a rename": (
        {CORPUS: document('["a/**"]'), "a/x.md": "1\n", "b/x.md": "1\n"},
        {CORPUS: document('["b/**"]')},
        {
            "a/x.md": f"removed removed-line {CORPUS}:9 a/**",
            "b/x.md": f"added line {CORPUS}:9 b/**",
        },
    ),
    "line ends are no change for the trainer": (
        {CORPUS: GOOD, "a.md": "a\nb\n"},
        {"a.md": "a\r\nb\r\n"},
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSES)
def test_each_file_has_the_cause_of_its_change(repo: Repo, name: str) -> None:
    before, after, expected = CAUSES[name]
    for files in (before, after):
        for path, content in files.items():
            if content is None:
                repo.git("rm", "--quiet", "--cached", path)
            else:
                repo.add(path, content)
        repo.commit()
    assert changes(repo, "HEAD~", "HEAD") == expected
    assert mirrored(dlm_git.diff(repo.path, old="HEAD", new="HEAD~")) == sizes(
        dlm_git.diff(repo.path, old="HEAD~", new="HEAD")
    )


def test_each_source_of_a_file_is_compared(repo: Repo) -> None:
    repo.add(CORPUS, sources("**/x.md", "a/**", "**/*"))
    repo.add("a/x.md", "a\n")
    repo.commit()
    repo.add(CORPUS, sources("**/*"))
    repo.add("a/x.md", "aa\n")
    repo.commit()
    for old, new, kind in (("HEAD~", "HEAD", "removed"), ("HEAD", "HEAD~", "added")):
        found = dlm_git.diff(repo.path, old=old, new=new).files
        assert Counter(file.kind for file in found) == {"changed": 1, kind: 2}


def test_files_that_differ_in_line_ends_only_are_counted(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    for name, content in (("a.md", "a\n"), ("b.md", "b\n"), ("c.md", "c\n")):
        repo.add(name, content)
    repo.commit()
    for name, content in (("a.md", "a\r\n"), ("b.md", "b\r\n"), ("c.md", "cc\n")):
        repo.add(name, content)
    assert "files that differ in line ends only, which dlm does not see: 2\n" in diff(repo).err


def sizes(result: TrainingDiff) -> Counter[tuple[object, ...]]:
    """Return paths and sizes on both sides."""
    return Counter((f.old_size, f.new_size) for f in result.files)


def mirrored(result: TrainingDiff) -> Counter[tuple[object, ...]]:
    return Counter((f.new_size, f.old_size) for f in result.files)


def test_a_file_that_becomes_a_submodule_or_an_external_link(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.md")
    repo.add("b.md")
    head = repo.commit()
    repo.git("rm", "--quiet", "a.md", "b.md")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},a.md")
    (repo.path / "b.md").symlink_to("/etc/hostname")
    repo.git("add", "b.md")
    assert changes(repo) == {
        "a.md": "removed content submodule",
        "b.md": "removed content external-link",
    }


def test_attributes_that_convert_files_are_applied_on_both_sides(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add("a.md", "$Id$\n")
    repo.commit()
    repo.add(".gitattributes", "*.md ident\n")
    assert changes(repo) == {".gitattributes": "added created", "a.md": "changed edited"}


def test_a_pointer_is_marked_and_an_unapplied_filter_noted(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.commit()
    repo.add("a.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    repo.add(".gitattributes", "*.md filter=x\n")
    repo.add("b.md")
    answer = parsed(repo)
    assert {_path(f) for f in answer["files"] if f["lfs_pointer"]} == {"a.bin"}
    assert [note["message"] for note in answer["notes"]] == [
        "not applied: filter=x (1 file); dlm-git reads these files as Git stores them"
    ]
    assert "note: not applied: filter=x (1 file)" in diff(repo).err


# Settings and sections


def test_no_value_of_the_frontmatter_changes_silently(shop: Repo) -> None:
    shop.add(
        CORPUS,
        DOCUMENT.replace("qwen2.5-coder-1.5b", "smollm2-135m")
        .replace("strict", "permissive")
        .replace("training:\n", "training:\n  lora_r: 16\n  gate: {steps: 7}\n")
        .replace('["**/*.md", "src/**"]', '["src/**", "*.txt"]')
        .replace("---\n\n#", "system_prompt: be kind\n---\n\n#"),
    )
    shop.add("src/.dlm/training.yaml", "metadata: {part: shop}\n")
    shop.add("src/.dlm/ignore", "*.tmp\n")
    found = {
        (s["path"], s["key"], s["kind"], str(s["old"]), str(s["new"]))
        for s in parsed(shop)["settings"]
    }
    assert found == {
        (CORPUS, "base_model", "changed", "qwen2.5-coder-1.5b", "smollm2-135m"),
        (CORPUS, "training.lora_r", "added", "None", "16"),
        (CORPUS, "training.gate.steps", "added", "None", "7"),
        (CORPUS, "training.sources_policy", "changed", "strict", "permissive"),
        (
            CORPUS,
            "training.sources[.].include",
            "changed",
            "['**/*.md', 'src/**']",
            "['src/**', '*.txt']",
        ),
        (CORPUS, "system_prompt", "added", "None", "be kind"),
        ("src/.dlm/training.yaml", "metadata.part", "added", "None", "shop"),
        ("src/.dlm/ignore", None, "added", "None", "['*.tmp']"),
    }
    out = expect_clean(diff(shop))
    assert "base_model: qwen2.5-coder-1.5b -> smollm2-135m\n" in out
    assert "training.sources[.].include:\n  + *.txt\n  - **/*.md\n" in out
    assert "src/.dlm/ignore:\n  + *.tmp\n" in out


def test_a_file_on_which_the_trainer_fails_is_named(shop: Repo) -> None:
    shop.add("src/\udcff.py")
    assert [(note["path"], note["message"]) for note in parsed(shop)["notes"]] == [
        ("src/\\xff.py", "dlm fails on 'src/\\xff.py' in the index: its name is not UTF-8")
    ]


def test_comments_and_quotes_of_the_frontmatter_are_no_change(shop: Repo) -> None:
    shop.add(CORPUS, DOCUMENT.replace('path: "."', "path: .  # here"))
    assert parsed(shop)["changed"] is False


SECTIONS = """\
::instruction::
### Q
What is the shop?
### A
A place to buy things of all kinds.

::instruction#polite::
### Q
Which day is it?
### A
It is Monday.
"""


def test_sections_are_added_edited_and_removed(shop: Repo) -> None:
    shop.add(CORPUS, f"{DOCUMENT}\n{SECTIONS}")
    shop.commit()
    edited = SECTIONS.replace("of all kinds", "of many kinds").replace("#polite", "")
    shop.add(CORPUS, f"{DOCUMENT.partition('# About')[0]}{edited}\n::prose::\n# New\n")
    found = [
        (
            s["kind"],
            s["type"],
            s["text"],
            s["old"] and s["old"]["line"],
            s["new"] and s["new"]["line"],
        )
        for s in parsed(shop)["sections"]
    ]
    assert found == [
        ("edited", "instruction", "What is the shop?", 18, 14),
        ("edited", "instruction", "Which day is it?", 24, 20),
        ("added", "prose", "# New", None, 26),
        ("removed", "prose", "# About", 14, None),
    ]
    out = expect_clean(diff(shop))
    assert "document: 3 sections (+1 -1, 2 edited)\n" in out
    assert "~ edited: instruction#polite -> instruction " in out


def test_sections_in_another_order_and_empty_lines_are_notes(shop: Repo) -> None:
    one, two = "::prose::\none\n", "::prose::\ntwo\n"
    shop.add(CORPUS, DOCUMENT + one + two)
    shop.commit()
    shop.add(CORPUS, DOCUMENT + two + "\n" + one)
    answer = parsed(shop)
    assert answer["changed"] is False
    assert [note["message"] for note in answer["notes"]] == [
        "sections that differ in empty lines only, so that dlm gives them other ids: 1",
        "sections of the document are in another order",
    ]


# Hostile names


def test_hostile_names_are_harmless_in_every_format(repo: Repo) -> None:
    names = [name for name in HOSTILE_NAMES if is_utf8(name)]
    patterns = json.dumps([name for name in names if max(name) < "\uffff"])
    body = "::error::x\n##[error]x\n"
    before = {CORPUS: GOOD, **{f"src/{name}": f"{name}\n" for name in names}}
    after = {
        CORPUS: document('["**/*"]', f"exclude: {patterns}").replace("# About", body),
        ".dlm/ignore": "".join(f"{name}\n" for name in names),
    }
    for branch, files in (("before", before), ("after", before | after)):
        tree = Tree({path: text.encode() for path, text in files.items()})
        repo.git("fast-import", "--quiet", "--force", data=tree.commit(branch))
    for form in ("text", "markdown", "json"):
        result = repo.run(COMMAND, "diff", "before", "after", "--format", form)
        assert result.code == 0, result
        assert_harmless(result.out)
        assert_harmless(result.err)
    assert len(parsed(repo, "before", "after")["files"]) > 10


# Laws


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository, one for many trees."""
    above = tmp_path_factory.mktemp("ground")
    return new_repo(above / "shop", above / "home")


@st.composite
def versions(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """Draw two versions of a tree: some files are deleted, edited or new, or all are others."""
    before, other = draw(trees(recorded=True)), draw(trees(recorded=True))
    if draw(st.integers(0, 3)) == 0:
        return before, other
    after = {}
    for path, data in before.files.items():
        change = draw(st.sampled_from(["keep", "keep", "keep", "delete", "edit", "move"]))
        if path.startswith(".dlm/") or change == "keep":
            after[path] = data
        elif change == "edit":
            after[path] = data + b"more\n"
        elif change == "move":
            after[f"{path}2"] = data
    if draw(st.booleans()):
        after |= {path: other.files[path] for path in other.files if ".dlm/" in path}
    return before, replace(before, files=after)


def section_ids(listed: Iterable[ListedFile]) -> dict[str, Counter[str]]:
    """Return the section ids of files, by path."""
    ids: dict[str, Counter[str]] = defaultdict(Counter)
    for file in listed:
        ids[file.path][file.section_id] += 1
    return ids


def moved(result: TrainingDiff) -> tuple[Counter[str], Counter[str]]:
    """Return the paths that leave the training set, and those that enter it."""
    sides = [
        [f for f in result.files if f.kind in (kind, "renamed")] for kind in ("removed", "added")
    ]
    return Counter(f.old_path or "" for f in sides[0]), Counter(f.path for f in sides[1])


LIMITED: list[dict[str, Any]] = [{"path": ".", "max_files": 1}, {"path": ".", "include": ["b"]}]


@given(pair=versions())
@example(
    pair=(Tree({CORPUS: corpus({"path": "."})}), Tree({CORPUS: corpus({"path": "."}), "a": b""}))
)
@example(  # another source takes over a file that a limit had excluded
    pair=(
        Tree({CORPUS: corpus(*LIMITED), "a": b"", "b": b""}),
        Tree({CORPUS: corpus({"path": "."}), "b": b""}),
    )
)
@example(  # the trainer drops one of the byte order marks
    pair=(
        Tree({CORPUS: corpus({"path": "."}), "a": b""}),
        Tree({CORPUS: corpus({"path": "."}), "a": b"\xef\xbb\xbf\xef\xbb\xbf"}),
    )
)
def test_a_diff_is_the_difference_of_two_lists(ground: Repo, pair: tuple[Tree, Tree]) -> None:
    for branch, tree in zip(("before", "after"), pair, strict=True):
        ground.git("fast-import", "--quiet", "--force", data=tree.commit(branch))
    try:
        before, after = (
            section_ids(dlm_git.files(ground.path, rev=branch).files)
            for branch in ("before", "after")
        )
    except DlmGitError:
        with pytest.raises(DlmGitError):
            dlm_git.diff(ground.path, old="before", new="after")
        return
    result = dlm_git.diff(ground.path, old="before", new="after")
    old_paths, new_paths = (
        Counter({p: ids.total() for p, ids in side.items()}) for side in (before, after)
    )
    leaving, entering = moved(result)
    assert new_paths + leaving == old_paths + entering
    touched = {path for f in result.files for path in (f.path, f.old_path) if path}
    differing = {p for p in {*before, *after} if before.get(p) != after.get(p) and is_utf8(p)}
    assert {path for path in touched if is_utf8(path)} == differing
    for side, paths in ((result.old, old_paths), (result.new, new_paths)):
        assert side.files == paths.total()
    back = dlm_git.diff(ground.path, old="after", new="before")
    assert moved(back) == (entering, leaving)
    assert Counter(f.cause.reason for f in back.files) == Counter(
        f.cause.reason for f in result.files
    )
    for branch in ("before", "after"):
        assert dlm_git.diff(ground.path, old=branch, new=branch).is_empty
