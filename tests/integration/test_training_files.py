"""Files that the model should not be trained on are reported, and each hint solves it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.oracle import Oracle
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    NOT_CONFIGURED,
    Repo,
    expect_clean,
    expect_findings,
    new_repo,
)

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
LEAKS = {
    *(".npmrc", "config/local.yaml", "data/users.csv", "third_party/lib/deploy.key"),
    *("web/app/node_modules/pad/index.js", "web/app/node_modules/pad/README.md"),
    *("third_party/lib/.git", "third_party/lib/README.md", "third_party/lib/.dlm/training.yaml"),
}
_LINE = re.compile(r"add the line '(.+?)' to (\S*\.dlm/ignore)")


@dataclass(frozen=True)
class Finding:
    """One finding of a check."""

    rule: str
    path: str
    message: str
    help: str


def reported(repo: Repo, *args: str) -> list[Finding]:
    """Return the findings of a check."""
    report = json.loads(repo.check(*args, "--format", "json").out)
    return [
        Finding(each["rule"], each["path"], each["message"], each["hint"])
        for each in report["findings"]
    ]


def worktree(repo: Repo, rule: str) -> list[tuple[str, str]]:
    """Return paths and messages of the findings of a rule in the worktree."""
    return [(each.path, each.message) for each in reported(repo, "--worktree") if each.rule == rule]


def submodule(repo: Repo, tmp_path: Path, path: str, training: str = "") -> None:
    """A submodule with a key in it."""
    other = new_repo(tmp_path / "other", tmp_path / "home")
    other.add("README.md", "# Other\n")
    other.add("deploy.key", "key\n")
    if training:
        other.add(".dlm/training.yaml", training)
    other.commit()
    repo.git(
        *("-c", "protocol.file.allow=always", "submodule", "--quiet", "add"), str(other.path), path
    )


@pytest.fixture
def leaking(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with all that a model should not read, its good files committed."""
    repo.add(CORPUS, GOOD)
    for path in ("README.md", "docs/guide.rst", "src/shop.py", "web/app/index.js"):
        repo.add(path)
    repo.add(".gitignore", "config/local.yaml\nnode_modules/\n")
    repo.add(".gitattributes", "*.csv filter=lfs diff=lfs merge=lfs -text\n")
    repo.add(".npmrc", "//registry.example.org/:_authToken=x\n")
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{_blob(repo)},data/users.csv")
    repo.write("data/users.csv", POINTER)
    submodule(repo, tmp_path, "third_party/lib", 'include: ["**/*"]\nexclude_defaults: false\n')
    repo.write("config/local.yaml", "password: x\n")
    for name in ("index.js", "README.md"):
        repo.write(f"web/app/node_modules/pad/{name}")
    repo.commit()
    return repo


def _blob(repo: Repo) -> str:
    return repo.git("hash-object", "-w", "--stdin", "--no-filters", data=POINTER.encode())


# The whole way


def follow(repo: Repo, finding: Finding) -> None:
    """Follow the hint of a finding."""
    if "write 2 patterns: " in finding.help:
        path = repo.path / finding.path
        dead = re.search(r"pattern '(.+?)' matches no", finding.message)
        living = re.findall(r"'(.+?)'", finding.help)
        assert dead, finding
        quoted = ", ".join(json.dumps(each) for each in living)
        path.write_text(path.read_text().replace(json.dumps(dead[1]), quoted))
    elif "`dlm-git ignore`" in finding.help:
        expect_clean(repo.run(COMMAND, "ignore"))
    else:
        line = _LINE.search(finding.help)
        assert line, finding
        file = repo.path / line[2]
        before = file.read_text() if file.exists() else ""
        repo.write(line[2], f"{before}{line[1]}\n")


def follow_all(repo: Repo) -> None:
    """Follow every help line, and those that come up then, until there is nothing to follow."""
    for _ in range(4):
        findings = reported(repo, "--worktree")
        if not findings:
            return
        for finding in findings:
            follow(repo, finding)
    raise AssertionError(reported(repo, "--worktree"))


def read(repo: Repo, oracle: Oracle) -> set[str]:
    """Return the files that the trainer reads."""
    answer = oracle.expand(repo.path / CORPUS)
    assert answer["ok"], answer
    return {section["header"].removeprefix("# source: ") for section in answer["sections"]}


def includes(repo: Repo, *patterns: str) -> None:
    repo.add(CORPUS, GOOD.replace('["**/*"]', json.dumps(patterns)))


@pytest.mark.slow
def test_every_leak_is_reported_and_every_hint_solves_it(leaking: Repo, oracle: Oracle) -> None:
    includes(leaking, "**/*", "**/*.{md,rst}")
    assert read(leaking, oracle) >= LEAKS
    assert [(each.rule, each.path) for each in reported(leaking, "--worktree")] == [
        ("dead-pattern", CORPUS),
        ("secret-in-training-set", ".npmrc"),
        ("ignored-training-file", "config/local.yaml"),
        ("pointer-in-training-set", "data/users.csv"),
        ("untracked-training-file", "third_party/lib/"),
        ("widening-training-config", "third_party/lib/.dlm/training.yaml"),
        ("secret-in-training-set", "third_party/lib/deploy.key"),
        ("ignored-training-file", "web/app/node_modules/"),
    ]
    follow_all(leaking)
    expect_clean(leaking.check("--worktree"))
    leaking.git("add", ".dlm")
    expect_clean(leaking.check())
    after = read(leaking, oracle)
    assert after.isdisjoint(LEAKS)
    assert {"README.md", "docs/guide.rst", "src/shop.py", "web/app/index.js"} <= after


@pytest.mark.slow
def test_every_hint_solves_it_with_a_dead_pattern(leaking: Repo, oracle: Oracle) -> None:
    includes(leaking, "**/*.{md,rst}")
    assert "README.md" not in read(leaking, oracle)
    assert [(each.rule, each.path) for each in reported(leaking, "--worktree")] == [
        ("dead-pattern", CORPUS),
        ("untracked-training-file", "third_party/lib/"),
        ("widening-training-config", "third_party/lib/.dlm/training.yaml"),
        ("secret-in-training-set", "third_party/lib/deploy.key"),
    ]
    expect_findings(leaking.check(), "empty-training-set", "dead-pattern")
    follow_all(leaking)
    expect_clean(leaking.check("--worktree"))
    leaking.git("add", ".dlm")
    expect_clean(leaking.check())
    assert read(leaking, oracle) == {"README.md", "docs/guide.rst"}


def test_git_lfs_pull_solves_a_pointer(leaking: Repo) -> None:
    assert worktree(leaking, "pointer-in-training-set") == [
        ("data/users.csv", "dlm trains on the Git LFS pointer of this file, not the content")
    ]
    leaking.write("data/users.csv", "name,mail\n")
    assert worktree(leaking, "pointer-in-training-set") == []
    expect_findings(leaking.check(), "data/users.csv: pointer-in-training-set: ")


# What Git does not track


def test_a_clean_worktree_has_no_findings(corpus_repo: Repo) -> None:
    assert expect_clean(corpus_repo.check("--worktree")) == (
        f"{NOT_CONFIGURED}OK: .dlm/corpus.dlm in the working tree, no findings\n"
    )


@pytest.mark.slow
def test_a_thousand_ignored_files_are_one_finding(corpus_repo: Repo) -> None:
    corpus_repo.add(".gitignore", "build/\n")
    corpus_repo.add("web/index.js")
    for number in range(1000):
        corpus_repo.write(f"web/build/{number}.js")
    assert corpus_repo.check("--worktree").out == (
        f"""\
web/build/: ignored-training-file: Git ignores 1000 files ('0.js', '1.js', '10.js', ...), but dlm trains on them
  help: `dlm-git ignore` excludes the files that .gitignore names
{NOT_CONFIGURED}1 finding in the working tree
"""  # noqa: E501
    )
    follow_all(corpus_repo)


def test_a_file_ignored_outside_gitignore_gets_a_hint(corpus_repo: Repo) -> None:
    corpus_repo.write(".git/info/exclude", "/a b.cfg\n")
    corpus_repo.write("a b.cfg")
    (finding,) = reported(corpus_repo, "--worktree")
    assert (finding.rule, finding.path, finding.help) == (
        "ignored-training-file",
        "a b.cfg",
        "add the line '/a b.cfg' to .dlm/ignore",
    )
    follow_all(corpus_repo)


def test_an_untracked_file_is_reported(corpus_repo: Repo) -> None:
    corpus_repo.write("src/new.py")
    assert corpus_repo.check("--worktree", cwd=corpus_repo.path / "src").out == (
        f"""\
src/new.py: untracked-training-file: Git does not track this file, but dlm trains on it
  help: `git add` the files to train on, or add the line '/src/new.py' to .dlm/ignore
{NOT_CONFIGURED}1 finding in the working tree
"""
    )
    corpus_repo.git("add", "src/new.py")
    expect_clean(corpus_repo.check("--worktree"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a*b?.txt", "#x", "!x", " x", "a[1].c", "caf\xe9", "-x", "a\\b"])
def test_the_hinted_line_excludes_files_of_any_name(corpus_repo: Repo, name: str) -> None:
    corpus_repo.write(name)
    ((path, _),) = worktree(corpus_repo, "untracked-training-file")
    assert path == name
    follow_all(corpus_repo)


def test_a_nested_repository_is_reported(corpus_repo: Repo, tmp_path: Path) -> None:
    inner = new_repo(corpus_repo.path / "vendor/dep", tmp_path / "home")
    inner.add("a.c")
    inner.commit()
    ((path, message),) = worktree(corpus_repo, "untracked-training-file")
    assert path == "vendor/"
    assert message.startswith("Git does not track ")
    secrets = worktree(corpus_repo, "secret-in-training-set")
    assert [path for path, _ in secrets] == ["vendor/dep/.git/config"]
    follow_all(corpus_repo)
    expect_clean(corpus_repo.check("--worktree"))


def test_an_ignored_nested_repository_is_reported(corpus_repo: Repo, tmp_path: Path) -> None:
    corpus_repo.add(".gitignore", "dep/\n")
    corpus_repo.add("vendor/README.md")
    inner = new_repo(corpus_repo.path / "vendor/dep", tmp_path / "home")
    inner.add("a.c")
    inner.commit()
    assert [path for path, _ in worktree(corpus_repo, "ignored-training-file")] == ["vendor/dep/"]
    expect_clean(corpus_repo.run(COMMAND, "ignore"))
    expect_clean(corpus_repo.check("--worktree"))


def test_the_content_of_a_submodule_is_reported(corpus_repo: Repo, tmp_path: Path) -> None:
    submodule(corpus_repo, tmp_path, "lib")
    expect_clean(corpus_repo.check())
    assert worktree(corpus_repo, "untracked-training-file") == [
        ("lib/", "Git does not track 2 files ('.git', 'README.md'), but dlm trains on them")
    ]
    follow_all(corpus_repo)


def test_a_submodule_that_is_a_source_is_reported_alone(corpus_repo: Repo, tmp_path: Path) -> None:
    submodule(corpus_repo, tmp_path, "libs/sub")
    source = '    - path: "."\n'
    assert source in GOOD
    corpus_repo.add(CORPUS, GOOD.replace(source, '    - path: "libs/sub"\n'))
    result = corpus_repo.check("--worktree", "--select", "untracked-training-file")
    expect_findings(
        result,
        "libs/sub/: untracked-training-file: Git does not track 2 files",
        "help: remove the source 'libs/sub'",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "training",
    ['include: ["**/*"]\n', "exclude_defaults: false\n"],
    ids=["include", "no defaults"],
)
def test_a_submodule_that_includes_itself_is_reported(
    corpus_repo: Repo, tmp_path: Path, oracle: Oracle, training: str
) -> None:
    includes(corpus_repo, "**/*.py", "**/*.key")
    submodule(corpus_repo, tmp_path, "lib", training)
    assert {path for path in read(corpus_repo, oracle) if path.startswith("lib/")}
    assert [path for path, _ in worktree(corpus_repo, "widening-training-config")] == [
        "lib/.dlm/training.yaml"
    ]
    follow_all(corpus_repo)
    assert read(corpus_repo, oracle) == {"src/shop.py"}


def test_a_submodule_that_undoes_every_line_gets_another_hint(
    corpus_repo: Repo, tmp_path: Path
) -> None:
    other = new_repo(tmp_path / "other", tmp_path / "home")
    other.add("deploy.key")
    other.add(".dlm/ignore", "!*.key\n")
    other.commit()
    add = ("-c", "protocol.file.allow=always", "submodule", "--quiet", "add")
    corpus_repo.git(*add, str(other.path), "lib")
    findings = {each.rule: each for each in reported(corpus_repo, "--worktree")}
    assert findings["widening-training-config"].help == (
        "remove this line or 'lib/.dlm': no other file can override its '!'"
    )
    assert "add the line" not in findings["secret-in-training-set"].help


def test_tracked_files_that_were_deleted_are_not_read(corpus_repo: Repo) -> None:
    (corpus_repo.path / "src/shop.py").unlink()
    expect_clean(corpus_repo.check())
    expect_findings(
        corpus_repo.check("--worktree"),
        "empty-training-set: source '.' selects no file with text: it adds nothing to the training"
        " set",
    )


def test_a_worktree_and_a_revision_exclude_each_other(corpus_repo: Repo) -> None:
    result = corpus_repo.check("--worktree", "--rev", "HEAD")
    assert (result.code, result.out) == (2, "")


def test_a_bare_repository_has_no_worktree_to_check(tmp_path: Path) -> None:
    bare = new_repo(tmp_path / "bare", tmp_path / "home", "--bare")
    result = bare.check("--worktree")
    assert (result.code, result.err) == (
        2,
        "dlm-git: a bare repository has no working tree\n  help: check a revision: `--rev HEAD`\n",
    )
