"""Several corpora in one repository: checked in one run, each held to exactly one document."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

import dlm_git
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    Repo,
    Result,
    expect_clean,
    expect_error,
    expect_findings,
    new_repo,
)

CONFIG = ".dlm-git.toml"
ROOT, A, B = CORPUS, f"services/a/{CORPUS}", f"services/b/{CORPUS}"
ID_OF_B = f"{ID[:-1]}K"
DOCUMENT_OF_A = GOOD.replace(ID, OTHER_ID).replace('["**/*"]', '["**/*.py"]')
DOCUMENT_OF_B = GOOD.replace(ID, ID_OF_B).replace("qwen2.5-coder-1.5b", "smollm2-135m")
TABLES = """\
# the corpora of the shop
base = "qwen2.5-coder-1.5b"

[[corpus]]
root = "."
include = ["**/*"]

[[corpus]]
root = "services/a"
include = ["**/*.py"]

[[corpus]]
root = "services/b"
base = "smollm2-135m"
include = ["**/*"]
"""


@pytest.fixture
def mono(repo: Repo) -> Repo:
    """A repository with a corpus at its root and two in directories, committed."""
    repo.add(CONFIG, TABLES)
    repo.add(ROOT, GOOD)
    repo.add(A, DOCUMENT_OF_A)
    repo.add(B, DOCUMENT_OF_B)
    for path in ("README.md", "services/a/src/a.py", "services/a/notes.md", "services/b/b.txt"):
        repo.add(path)
    repo.commit("three corpora")
    return repo


def dlm_git_(repo: Repo, *args: str, cwd: str = "") -> Result:
    return repo.run(COMMAND, *args, cwd=repo.path / cwd)


# check


def test_all_corpora_are_checked_in_one_run(mono: Repo) -> None:
    names = f"3 documents ({ROOT}, {A}, {B})"
    assert expect_clean(mono.check()) == f"OK: {names} in the index, no findings\n"
    assert names in expect_clean(mono.check(cwd=mono.path / "services/a"))
    assert names in expect_clean(mono.check("--rev", "HEAD"))
    assert names in expect_clean(mono.check("--worktree"))
    assert names in expect_clean(mono.check())  # a second time, when a cache could answer


def test_the_json_names_all_documents(mono: Repo) -> None:
    report = json.loads(expect_clean(mono.check("--format", "json")))
    assert [document["path"] for document in report["documents"]] == [ROOT, A, B]


_SECRET = "machine example.org login ann password x\n"
_STALE = "# >>> dlm-git ignore: x >>>\nold\n# <<< dlm-git ignore <<<\n"


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        (
            f"services/b/{CORPUS[:-10]}docs.dlm",
            DOCUMENT_OF_B,
            "ambiguous-corpus: a second document",
        ),
        ("services/b/.DLM/Corpus.dlm", DOCUMENT_OF_B, "ambiguous-corpus: the same file as"),
        (f"services/c/{CORPUS}", DOCUMENT_OF_B, "nested-corpus: a corpus document, in"),
        (A, f"{DOCUMENT_OF_A}\n::instruct::\n", ":16:1: malformed-section"),
        (A, DOCUMENT_OF_A.replace("training:", "trainin:"), ":5:1: unknown-key"),
        (B, DOCUMENT_OF_B.replace("smollm2-135m", "qwen2.5-0.5b"), ":4:13: wrong-base"),
        (A, DOCUMENT_OF_A.replace("*.py", "*"), ":9:16: wrong-globs"),
        (B, DOCUMENT_OF_B.replace("strict", "permissive"), ":6:19: wrong-sources-policy"),
        (A, DOCUMENT_OF_A.replace('"."', '"../.."'), ":8:13: escaping-source-path"),
        (A, DOCUMENT_OF_A.replace('"."', '"services/a"'), ":8:13: wrong-globs"),
        ("services/a/.dlm/ignore", _STALE, "stale-ignore"),
        ("services/a/.dlm/ignore", "docs/generated/\n", ":1:1: dead-ignore-line"),
        ("services/b/.dlm/training.yaml", "excludes: []\n", ":1:1: broken-training-config"),
        ("services/b/.netrc", _SECRET, "secret-in-training-set"),
        (B, DOCUMENT_OF_B.replace(ID_OF_B, OTHER_ID), ":2:9: duplicate-id: id"),
        ("services/a/.dlm/corpus.dlm.bak", DOCUMENT_OF_A, "stray-backup"),
    ],
)
def test_a_fault_in_one_corpus_is_reported_with_its_path(
    mono: Repo, path: str, content: str, expected: str
) -> None:
    mono.add(path, content)
    separator = "" if expected.startswith(":") else ": "
    expect_findings(mono.check(), f"{path}{separator}{expected}")
    mono.commit()
    expect_findings(mono.check("--rev", "HEAD"), f"{path}{separator}{expected}")


def test_a_missing_document_is_reported_at_its_path(mono: Repo) -> None:
    mono.git("rm", "--quiet", "--cached", A)
    out = expect_findings(mono.check(), f"{A}: missing-corpus: ", f"`git add {A}`")
    assert out.count("missing-corpus") == 1
    (mono.path / A).unlink()
    mono.commit()
    create = "create one: `dlm-git init services/a --base qwen2.5-coder-1.5b`"
    expect_findings(mono.check(), create)
    there = mono.check(cwd=mono.path / "services")
    expect_findings(there, create.replace("services/a", "a"))


def test_a_changed_id_of_any_corpus_is_reported(mono: Repo) -> None:
    mono.add(B, DOCUMENT_OF_B.replace(ID_OF_B, f"{ID[:-1]}M"))
    expect_findings(mono.check(), f"{B}:2:9: changed-id: ", f"write `dlm_id: {ID_OF_B}`")


def test_the_command_of_a_hint_prints_a_new_id(mono: Repo) -> None:
    mono.add(B, DOCUMENT_OF_B.replace(ID_OF_B, OTHER_ID))
    out = expect_findings(mono.check(), f"{B}:2:9: duplicate-id: ")
    (command,) = re.findall(r"`(dlm-git init .*?--dry-run)`", out)
    printed = mono.run("sh", "-c", command.replace("NAME", "new"))
    assert re.search(r"^dlm_id: [0-9A-Z]{26}$", expect_clean(printed), re.MULTILINE)


def test_attributes_above_a_corpus_count(mono: Repo) -> None:
    mono.add("services/b/table.csv", "version https://git-lfs.github.com/spec/v1\noid x\n")
    mono.add(".gitattributes", "*.csv filter=lfs\n/services/a/.dlm/* filter=crypt\n")
    expect_findings(
        mono.check(),
        "services/b/table.csv: pointer-in-training-set: ",
        "add the line '/table.csv' to services/b/.dlm/ignore",
        f"{A}: converted-document: ",
    )


def test_a_link_that_leaves_a_corpus_but_not_the_repository_is_portable(mono: Repo) -> None:
    (mono.path / "services/b/link.md").symlink_to("../../README.md")
    mono.git("add", "services/b/link.md")
    expect_clean(mono.check())
    assert "services/b/link.md" in expect_clean(dlm_git_(mono, "files", "--corpus", "services/b"))


def test_a_permissive_corpus_can_name_files_of_the_repository_outside_of_it(mono: Repo) -> None:
    source = '    - path: "../../libs"\n      include: ["**/*"]\n---\n\n#'
    mono.add(A, DOCUMENT_OF_A.replace("---\n\n#", source).replace("strict", "permissive"))
    mono.add("libs/l.py")
    table = 'root = "services/a"\nsources-policy = "permissive"\n'
    patterns = 'include = ["**/*.py"]\n\n[[corpus]]\nroot = "services/b"'
    rest = patterns.partition("\n")[2]
    mono.add(CONFIG, TABLES.replace(f'root = "services/a"\n{patterns}', f"{table}{rest}"))
    expect_clean(mono.check())
    listed = expect_clean(dlm_git_(mono, "files", cwd="services/a"))
    assert listed.splitlines() == ["services/a/src/a.py", "libs/l.py"]


def test_a_source_is_searched_below_the_root_of_its_corpus(mono: Repo) -> None:
    mono.add(A, DOCUMENT_OF_A.replace('"."', '"Src"'))
    mono.add(CONFIG, TABLES.replace('include = ["**/*.py"]\n', ""))
    expect_findings(mono.check(), f"{A}:8:13: missing-source-path: ", "did you mean 'src'?")
    absolute = os.path.realpath(mono.path / "services/a/src")
    mono.add(A, DOCUMENT_OF_A.replace('"."', f'"{absolute}"'))
    expect_findings(mono.check(), "relative to 'services/a': `path: src`")


def test_the_root_of_a_corpus_is_a_directory_of_the_repository(mono: Repo) -> None:
    (mono.path / "services/link").symlink_to("a")
    mono.git("add", "services/link")
    oid = mono.git("rev-parse", "HEAD")
    mono.git("update-index", "--add", "--cacheinfo", f"160000,{oid},modules/m")
    more = '\n[[corpus]]\nroot = "services/link"\n\n[[corpus]]\nroot = "modules/m"\n'
    mono.add(CONFIG, TABLES + more)
    expect_findings(
        mono.check(),
        "services/link: irregular-corpus: 'services/link' is a symbolic link, not a directory",
        "modules/m: irregular-corpus: 'modules/m' is a submodule, not a directory",
        "help: list a directory of this repository as 'root' of corpus 'modules/m' in .dlm-git",
    )


def test_without_a_table_for_the_root_a_document_there_is_not_listed(mono: Repo) -> None:
    mono.add(CONFIG, TABLES.replace('[[corpus]]\nroot = "."\ninclude = ["**/*"]\n', ""))
    expect_findings(mono.check(), f"{ROOT}: nested-corpus: a corpus document, in '.dlm', which")
    mono.git("rm", "--quiet", "--cached", ROOT)
    assert f"OK: 2 documents ({A}, {B})" in expect_clean(mono.check())


def test_an_unlisted_document_names_the_command_that_lists_it(mono: Repo) -> None:
    mono.add("services/c/c.py")
    mono.add(f"services/c/{CORPUS}", GOOD.replace(ID, f"{ID[:-1]}M"))
    expect_findings(mono.check(), "`dlm-git init services/c` lists it as [[corpus]]")
    expect_clean(dlm_git_(mono, "init", "services/c"))
    assert "OK: 4 documents" in expect_clean(mono.check())


def test_a_file_in_two_training_sets_is_reported_for_each(mono: Repo) -> None:
    mono.add("services/b/.netrc", _SECRET)
    out = expect_findings(mono.check(), "2 findings in the index")
    assert "add the line '/services/b/.netrc' to .dlm/ignore" in out
    assert "add the line '/.netrc' to services/b/.dlm/ignore" in out


def test_one_finding_about_two_corpora_is_reported_once(mono: Repo) -> None:
    mono.add("services/a/.dlm/training.yaml", "excludes: []\n")  # both walk over it
    expect_findings(mono.check(), "1 finding in the index")


def test_suppressed_rules_and_flags_are_for_all_corpora(mono: Repo) -> None:
    flags = ("--base", "qwen2.5-0.5b")
    out = expect_findings(mono.check(*flags), "3 findings in the index")
    assert out.count("wrong-base: expected base model 'qwen2.5-0.5b'") == 3
    expect_clean(mono.check(*flags, "--ignore", "wrong-base"))


def test_fixes_are_written_in_all_corpora(mono: Repo) -> None:
    mono.add(A, DOCUMENT_OF_A.replace("*.py", "*"))
    mono.add(B, DOCUMENT_OF_B.replace("smollm2-135m", "qwen2.5-0.5b"))
    assert mono.check("--fix").code == 1
    assert (mono.path / A).read_text() == DOCUMENT_OF_A
    assert (mono.path / B).read_text() == DOCUMENT_OF_B
    mono.git("add", "--all")
    expect_clean(mono.check())


def test_notes_name_the_files_of_each_corpus(mono: Repo) -> None:
    mono.write(A, DOCUMENT_OF_A + "more\n")
    mono.write("services/b/.dlm/ignore", "x.py\n")
    mono.add(CONFIG, TABLES.replace('include = ["**/*.py"]\n', ""))
    out = expect_clean(mono.check())
    assert f"'{A}' has changes that are not staged" in out
    assert "'services/b/.dlm/ignore' is not in the index" in out
    assert "patterns are not configured for 'services/a', so they are not compared" in out


def test_a_change_in_the_working_tree_reaches_the_notes_of_a_repeated_check(mono: Repo) -> None:
    expect_clean(mono.check())
    mono.write("services/b/.dlm/ignore", "x.py\n")
    assert "'services/b/.dlm/ignore' is not in the index" in expect_clean(mono.check())


def test_repositories_that_are_not_trusted_are_checked_too(mono: Repo, tmp_path: Path) -> None:
    expect_clean(mono.check(str(mono.path), cwd=tmp_path))
    mono.add(A, DOCUMENT_OF_A.replace("*.py", "*"))
    expect_findings(mono.check(str(mono.path), cwd=tmp_path), f"{A}:9:16: wrong-globs")


@pytest.mark.slow
def test_a_push_is_checked_with_all_corpora(mono: Repo, tmp_path: Path) -> None:
    server = new_repo(tmp_path / "server", tmp_path / "home", "--bare")
    hook = server.path / "hooks/pre-receive"
    hook.write_text(f'#!/bin/sh\nexec "{COMMAND}" pre-receive\n')
    hook.chmod(0o755)
    mono.git("remote", "add", "origin", str(server.path))
    mono.git("push", "--quiet", "origin", "HEAD")
    mono.add(B, DOCUMENT_OF_B.replace("smollm2-135m", "qwen2.5-0.5b"))
    mono.commit()
    result = mono.run("git", "push", "--quiet", "origin", "HEAD")
    assert (result.code, f"{B}:4:13: wrong-base" in result.err) == (1, True), result


# the config


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('root = "../x"', "'corpus.1.root' must be a path below the root of the repository"),
        ('root = "/srv/x"', "'corpus.1.root' must be a path below the root of the repository"),
        ('root = "a/../b"', "'corpus.1.root' must be a path below the root of the repository"),
        ('root = "a/"', "'corpus.1.root' must be a path below the root of the repository"),
        ('root = "a/.dlm"', "'corpus.1.root' must be a path below the root of the repository"),
        ('root = ".git/x"', "'corpus.1.root' must be a path below the root of the repository"),
        ('root = ""', "'corpus.1.root' must be a non-empty string"),
        ('base = "smollm2-135m"', "'corpus.1.root' is missing"),
        ('root = "x"\nallow = []', "unknown key 'corpus.1.allow'"),
        ('root = "x"\nname = "a/b"', "'corpus.1.name' must be a name without slashes"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(repo: Repo, table: str, message: str) -> None:
    repo.add(CONFIG, f'[[corpus]]\nroot = "."\n\n[[corpus]]\n{table}\n')
    line = 6 if "\n" in table else 4 if "missing" in message else 5
    expect_error(repo.check(), f"{CONFIG}:{line}: {message}")


def test_a_root_that_is_listed_twice_is_refused(repo: Repo) -> None:
    repo.add(CONFIG, '[[corpus]]\nroot = "a"\n[[corpus]]\nroot = "a"\n')
    message = f"{CONFIG}:1: 'corpus' must be tables with different roots; 'a' is listed twice"
    expect_error(repo.check(), message)


def test_an_unknown_base_model_of_a_table_is_refused(mono: Repo) -> None:
    mono.add(CONFIG, TABLES.replace('"smollm2-135m"', '"smollm2-135"'))
    expect_error(mono.check(), "unknown base model 'smollm2-135' in 'base'")


# the other commands


def test_files_lists_the_training_set_of_the_corpus_around(mono: Repo) -> None:
    listed = {cwd: expect_clean(dlm_git_(mono, "files", cwd=cwd)) for cwd in ("", "services/a/src")}
    assert listed["services/a/src"] == "services/a/src/a.py\n"
    assert listed[""].splitlines()[-2:] == ["services/a/src/a.py", "services/b/b.txt"]
    assert expect_clean(dlm_git_(mono, "files", "--corpus", "services/b/")) == "services/b/b.txt\n"
    assert expect_clean(dlm_git_(mono, "files", "--corpus", ".", cwd="services/a")) == listed[""]
    of_a = dlm_git.files(mono.path / "services/a").files
    assert [file.path for file in of_a] == ["services/a/src/a.py"]
    of_b = dlm_git.files(mono.path, corpus="services/b")
    assert (of_b.document, [file.path for file in of_b.files]) == (B, ["services/b/b.txt"])


def test_files_explains_a_path_for_the_corpus_around(mono: Repo) -> None:
    out = expect_clean(dlm_git_(mono, "files", "--why", "notes.md", cwd="services/a"))
    assert "services/a/notes.md" in out
    error = dlm_git_(mono, "files", "--why", "../b/b.txt", cwd="services/a")
    expect_error(error, f"not in a source of '{A}'")


@pytest.mark.parametrize("command", ["files", "ignore", "diff", "init"])
def test_outside_of_every_corpus_no_command_guesses(mono: Repo, command: str) -> None:
    mono.add(CONFIG, TABLES.replace('[[corpus]]\nroot = "."\ninclude = ["**/*"]\n', ""))
    mono.commit()
    error = expect_error(dlm_git_(mono, command, cwd="services"), "the config lists 2 corpora")
    assert "services/a" in error
    if command != "init":
        expect_error(dlm_git_(mono, command, "--corpus", "x"), "the config lists no corpus 'x'")


def test_diff_compares_one_corpus(mono: Repo) -> None:
    mono.add("services/a/src/more.py", "x = 1\n")
    mono.add("services/b/more.txt", "text\n")
    of_a = expect_clean(dlm_git_(mono, "diff", cwd="services/a"))
    assert ("services/a/src/more.py" in of_a, "services/b" in of_a) == (True, False)
    of_b = dlm_git.diff(mono.path, corpus="services/b")
    assert [file.path for file in of_b.files] == ["services/b/more.txt"]


def test_diff_compares_a_new_corpus_with_nothing(mono: Repo) -> None:
    old = mono.git("rev-parse", "HEAD")
    mono.add("services/c/c.py")
    mono.git("commit", "--quiet", "--message", "c")
    expect_clean(dlm_git_(mono, "init", "services/c"))
    diff = dlm_git.diff(mono.path / "services/c", old=old)
    assert (diff.old.document, diff.new.document) == (None, f"services/c/{CORPUS}")
    assert [file.path for file in diff.files] == ["services/c/c.py"]
    back = dlm_git.diff(mono.path, old=old, new=old, corpus="services/b")
    assert back.is_empty


def test_ignore_translates_for_one_corpus(mono: Repo) -> None:
    mono.add(".gitignore", "*.log\n/services/a/gen/\n/other/\n")
    mono.add("services/b/.gitignore", "tmp/\n")
    out = expect_clean(dlm_git_(mono, "ignore", cwd="services/a"))
    assert out.startswith("Wrote services/a/.dlm/ignore: ")
    lines = (mono.path / "services/a/.dlm/ignore").read_text().splitlines()
    assert ("*.log" in lines, "/gen/**" in lines, "tmp/" in lines) == (True, True, False)
    assert not (mono.path / "services/b/.dlm/ignore").exists()
    assert not (mono.path / ".dlm/ignore").exists()
    mono.git("add", "--all")
    expect_clean(mono.check())
    mono.add(".gitignore", "*.log\n")
    help_ = "`dlm-git ignore --corpus services/a && git add services/a/.dlm/ignore`"
    expect_findings(mono.check(), "services/a/.dlm/ignore: stale-ignore: ", help_)
    removed = expect_clean(dlm_git_(mono, "ignore", "--remove", "--corpus", "services/a"))
    assert removed.startswith("Removed the block from services/a/.dlm/ignore")


def test_ignore_of_a_document_without_sources_stays_in_its_corpus(mono: Repo) -> None:
    head, _, body = DOCUMENT_OF_A.partition("training:")
    mono.add(A, head + "---" + body.partition("---")[2])
    mono.add(".gitignore", "*.log\n")
    out = expect_clean(dlm_git_(mono, "ignore", "--corpus", "services/a"))
    assert out.startswith("Wrote services/a/.dlm/ignore: ")


def test_doctor_reports_each_corpus(mono: Repo) -> None:
    mono.add(A, DOCUMENT_OF_A.replace("*.py", "*"))
    mono.git("rm", "--quiet", "--cached", B)
    lines = [" ".join(line.split()) for line in dlm_git_(mono, "doctor").out.splitlines()]
    assert f"ok document {ROOT}, committed, no findings" in lines
    wrong = f"problem document {A}, staged, not committed yet, 1 finding: wrong-globs"
    assert wrong in lines
    assert "problem document no corpus document in the index" in lines


# init


def test_init_makes_a_corpus_of_a_directory(corpus_repo: Repo) -> None:
    corpus_repo.add(CONFIG, '# ours\r\nbase = "qwen2.5-coder-1.5b"')
    corpus_repo.add("services/a/a.py")
    corpus_repo.commit()
    out = expect_clean(dlm_git_(corpus_repo, "init", "services/a"))
    assert out.startswith(f"Wrote {A} (id ")
    assert "  source: . (services/a)\n" in out
    assert f"Wrote {CONFIG}, which lists the corpus, and staged it\n" in out
    assert 'path: "."' in (corpus_repo.path / A).read_text()
    config = (corpus_repo.path / CONFIG).read_bytes().decode()
    assert config == (
        '# ours\r\nbase = "qwen2.5-coder-1.5b"\r\n\r\n[[corpus]]\r\nroot = "."\r\n'
        '\r\n[[corpus]]\r\nroot = "services/a"\r\ninclude = ["**/*"]\r\nexclude = []\r\n'
    )
    assert corpus_repo.git("diff", "--cached", "--name-only").splitlines() == [CONFIG, A]
    out = expect_clean(corpus_repo.check())
    assert f"OK: 2 documents ({CORPUS}, {A})" in out


def test_init_in_a_new_repository_makes_a_config_with_one_corpus(repo: Repo) -> None:
    repo.add("services/a/a.py")
    expect_clean(dlm_git_(repo, "init", ".", "--base", "smollm2-135m", cwd="services/a"))
    config = (repo.path / CONFIG).read_text()
    assert 'root = "services/a"\nbase = "smollm2-135m"\n' in config
    assert 'root = "."' not in config
    assert expect_clean(repo.check()) == f"OK: {A} in the index, no findings\n"


def test_init_writes_what_differs_from_the_config_into_the_table(mono: Repo) -> None:
    mono.add("services/c/c.py")
    args = ("--base", "smollm2-135m", "--include", "*.py", "--policy", "permissive")
    expect_clean(dlm_git_(mono, "init", "c", *args, "--name", "docs", cwd="services"))
    table = (mono.path / CONFIG).read_text().removeprefix(TABLES)
    assert table == (
        '\n[[corpus]]\nroot = "services/c"\nbase = "smollm2-135m"\ninclude = ["*.py"]\n'
        'exclude = []\nsources-policy = "permissive"\nname = "docs"\n'
    )
    assert "OK: 4 documents" in expect_clean(mono.check())


def test_init_extends_a_table_of_pyproject(repo: Repo) -> None:
    text = '[project]\nname = "shop"\n\n[tool.dlm-git]\nbase = "smollm2-135m"\n\n[tool.x]\ny = 1\n'
    repo.add("pyproject.toml", text)
    repo.add("services/a/a.py")
    expect_clean(dlm_git_(repo, "init", "services/a"))
    table = '\n[[tool.dlm-git.corpus]]\nroot = "services/a"\ninclude = ["**/*"]\nexclude = []\n'
    assert (repo.path / "pyproject.toml").read_text() == text + table
    assert not (repo.path / CONFIG).exists()
    expect_clean(repo.check())


def test_init_of_a_listed_corpus_changes_no_config(mono: Repo) -> None:
    mono.git("rm", "--quiet", A)
    assert "smollm" not in expect_clean(dlm_git_(mono, "init", cwd="services/a/src"))
    assert (mono.path / CONFIG).read_text() == TABLES
    assert '- "**/*.py"' in (mono.path / A).read_text()
    expect_clean(mono.check("--ignore", "changed-id"))
    expect_error(dlm_git_(mono, "init", "services/a", "--base", "smollm2-135m"), "of corpus 'serv")


def test_init_gives_a_listed_corpus_no_other_name(mono: Repo) -> None:
    error = dlm_git_(mono, "init", "services/a", "--name", "docs")
    expect_error(error, "expects name 'corpus'", "change 'name' of corpus 'services/a' in")


def test_init_lists_the_root_where_only_others_are_listed(repo: Repo) -> None:
    repo.add("services/a/a.py")
    expect_clean(dlm_git_(repo, "init", "services/a", "--base", "smollm2-135m"))
    expect_clean(dlm_git_(repo, "init", ".", "--base", "smollm2-360m"))
    assert (
        (repo.path / CONFIG)
        .read_text()
        .endswith(
            '\n[[corpus]]\nroot = "."\nbase = "smollm2-360m"\ninclude = ["**/*"]\nexclude = []\n'
        )
    )
    assert f"OK: 2 documents ({CORPUS}, {A})" in expect_clean(repo.check())


def test_init_lists_an_existing_document(mono: Repo) -> None:
    mono.add(f"services/c/{CORPUS}", GOOD.replace(ID, f"{ID[:-1]}M"))
    out = expect_clean(dlm_git_(mono, "init", "services/c", "--no-ignore"))
    assert out.startswith(f"Reused services/c/{CORPUS}")
    assert (
        (mono.path / CONFIG)
        .read_text()
        .endswith('root = "services/c"\ninclude = ["**/*"]\nexclude = []\n')
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("services/c", "--no-config"), "the config does not list a corpus 'services/c'"),
        (("services/c", "--source", "services/b"), "does not exist"),
        (("services/c", "--source", "../b"), "source '../b' is outside 'services/c'"),
        (("services/nosuch",), "'services/nosuch' is not a directory"),
        (("services/c/.dlm",), "'services/c/.dlm' cannot be the root of a corpus"),
    ],
)
def test_init_refuses_and_writes_nothing(mono: Repo, args: tuple[str, ...], message: str) -> None:
    mono.add("services/c/c.py")
    (mono.path / "services/c/.dlm").mkdir()
    before = mono.git("status", "--short")
    expect_error(dlm_git_(mono, "init", *args), message)
    assert mono.git("status", "--short") == before


def test_init_does_not_stage_other_changes_of_the_config(mono: Repo) -> None:
    mono.add("services/c/c.py")
    mono.write(CONFIG, TABLES + "# more\n")
    error = dlm_git_(mono, "init", "services/c")
    expect_error(error, f"'{CONFIG}' has changes that are not staged", f"`git add {CONFIG}`")
    assert not (mono.path / "services/c/.dlm").exists()


def test_init_refuses_a_config_that_it_cannot_extend(mono: Repo) -> None:
    mono.add("services/c/c.py")
    mono.add(CONFIG, 'corpus = [{root = "services/a"}]\n')
    error = dlm_git_(mono, "init", "services/c", "--base", "smollm2-135m")
    expect_error(error, f"cannot add a [[corpus]] table to '{CONFIG}'", "under 'corpus' in it")
    assert not (mono.path / "services/c/.dlm").exists()


def test_init_with_a_dry_run_prints_the_config_and_writes_nothing(mono: Repo) -> None:
    mono.add("services/c/c.py")
    out = expect_clean(dlm_git_(mono, "init", "services/c", "--dry-run"))
    assert TABLES in out
    assert (mono.path / CONFIG).read_text() == TABLES
    assert not (mono.path / "services/c/.dlm").exists()


# merges


def test_the_merge_driver_makes_the_block_of_the_corpus_anew(mono: Repo) -> None:
    expect_clean(dlm_git_(mono, "install", "--drivers"))
    mono.add(".gitignore", "*.log\n")
    expect_clean(dlm_git_(mono, "ignore", cwd="services/a"))
    mono.git("add", "--all")
    mono.commit()
    for branch, line in (("one", "*.tmp"), ("two", "*.bak")):
        mono.git("checkout", "--quiet", "-b", branch, "main")
        mono.add("services/a/.gitignore", f"{line}\n" if branch == "one" else "")
        mono.add("services/a/src/.gitignore", f"{line}\n" if branch == "two" else "")
        expect_clean(dlm_git_(mono, "ignore", cwd="services/a"))
        mono.git("add", "--all")
        mono.commit(branch)
    mono.git("merge", "--quiet", "--no-edit", "one")
    lines = (mono.path / "services/a/.dlm/ignore").read_text().splitlines()
    assert {"*.log", "*.tmp"} <= {*lines}
    assert any(line.endswith("*.bak") for line in lines)
    expect_clean(dlm_git_(mono, "ignore", "--check", cwd="services/a"))
    expect_clean(mono.check())


# with inherited and locked keys, accepted findings and --select


@pytest.fixture
def org(mono: Repo) -> Path:
    """The organization's config, without any key."""
    file = Path(mono.environ["XDG_CONFIG_DIRS"]) / "dlm-git/config.toml"
    file.parent.mkdir(parents=True)
    file.touch()
    return file


OWN_BASE = 'base = "smollm2-135m"\n'


def test_a_table_cannot_change_a_locked_key(mono: Repo, org: Path) -> None:
    org.write_text('base = "qwen2.5-coder-1.5b"\nlocked = ["base"]\n')
    message = f"{CONFIG}:14: 'base' is locked in {org}:2: expected \"qwen2.5-coder-1.5b\""
    hint = f"remove 'base' of corpus 'services/b' from {CONFIG}, or change 'base' in {org}"
    expect_error(mono.check(), f'{message}, found "smollm2-135m"', hint)
    mono.add(CONFIG, TABLES.replace(OWN_BASE, 'base = ["qwen2.5-coder-1.5b"]\n'))
    out = expect_findings(mono.check(), "wrong-base")
    assert f"{B}:" in out
    assert f"or change 'base' of corpus 'services/b' in {CONFIG}" in out


def test_a_table_cannot_replace_locked_patterns(mono: Repo, org: Path) -> None:
    org.write_text('locked = ["include", "sources-policy"]\ninclude = ["**/*"]\n')
    tables = '[[corpus]]\nroot = "services/a"\n[[corpus.sources]]\npath = "."\n'
    mono.add(CONFIG, tables)
    message = f"{CONFIG}:3: 'include' is locked in {org}:1: expected [\"**/*\"], found 'sources'"
    expect_error(mono.check(), message)
    mono.add(CONFIG, '[[corpus]]\nroot = "services/a"\nsources-policy = "permissive"\n')
    expect_error(mono.check(), f"{CONFIG}:3: 'sources-policy' is locked in {org}:1")
    org.write_text('locked = ["corpus"]\n')
    expect_error(mono.check(), f"{CONFIG}:1: 'corpus' is locked in {org}:1: expected not set")


def test_a_flag_that_repeats_a_locked_key_leaves_the_tables_alone(mono: Repo) -> None:
    mono.add(CONFIG, f'locked = ["base"]\n{TABLES}')
    expect_clean(mono.check("--base", "qwen2.5-coder-1.5b"))
    expect_error(mono.check("--base", "smollm2-135m"), "'base' is locked")
    mono.add(CONFIG, TABLES)
    out = expect_findings(mono.check("--base", "qwen2.5-coder-1.5b"), "wrong-base")
    assert f"{B}:" in out


@pytest.mark.parametrize("extends", [False, True])
def test_outer_layers_have_the_defaults_of_each_corpus(
    mono: Repo, org: Path, *, extends: bool
) -> None:
    top = 'base = "qwen2.5-coder-1.5b"\n'
    mono.add(CONFIG, TABLES.replace(top, 'extends = "team.toml"\n' if extends else ""))
    mono.add("team.toml", 'base = "phi-3.5-mini"\n')
    place = Path("team.toml") if extends else org
    org.write_text('base = "phi-3.5-mini"\n')
    out = expect_findings(mono.check(), "wrong-base", f"or change 'base' in {place}\n")
    assert f"{A}:" in out
    assert f"{B}:" not in out
    mono.add("team.toml", top)
    org.write_text(top)
    expect_clean(mono.check())
    report = json.loads(expect_clean(dlm_git_(mono, "config", "--format", "json")))
    assert report["keys"]["base"]["origins"] == [str(place)]
    assert report["keys"]["corpus"]["origins"] == [CONFIG]
    roots = [table["root"] for table in report["keys"]["corpus"]["value"]]
    assert roots == [".", "services/a", "services/b"]


def test_a_baseline_accepts_findings_of_each_corpus(mono: Repo) -> None:
    mono.add(A, DOCUMENT_OF_A.replace('"**/*.py"]', '"**/*.py", "lib/**"]'))
    mono.add(B, DOCUMENT_OF_B.replace('["**/*"]', '["**/*", "lib/**"]'))
    mono.add(CONFIG, TABLES.replace("include", "# include"))
    expect_findings(mono.check(), "dead-pattern", f"{A}:", f"{B}:")
    assert "2 findings" in expect_clean(mono.check("--write-baseline", cwd=mono.path / "services"))
    entries = (mono.path / ".dlm-git-baseline.json").read_text()
    assert f'"{A}"' in entries
    assert f'"{B}"' in entries
    mono.git("add", ".dlm-git-baseline.json")
    assert "(2 accepted: 2 baseline)" in expect_clean(mono.check())
    mono.add(B, DOCUMENT_OF_B)
    assert "no longer occurs" in expect_clean(mono.check())


def test_paths_and_comments_accept_findings_of_a_corpus(mono: Repo) -> None:
    mono.add(A, DOCUMENT_OF_A.replace('"**/*.py"]', '"**/*.py", "lib/**"]'))
    comment = '["**/*", "lib/**"]  # dlm-git: ignore[dead-pattern] generated later\n'
    mono.add(B, DOCUMENT_OF_B.replace('["**/*"]\n', comment))
    mono.add(
        CONFIG,
        TABLES.replace("include", "# include")
        + '[[ignore-path]]\npaths = ["services/a/**"]\nrules = ["dead-pattern"]\nreason = "x"\n',
    )
    counts = "(2 accepted: 1 comment, 1 services/a/**)"
    assert counts in expect_clean(mono.check("--show-accepted"))
    mono.add("services/a/.dlm/ignore", "# dlm-git: ignore[dead-ignore-line] later\nsrc\n")
    assert "(3 accepted: 2 comment, 1 services/a/**)" in expect_clean(mono.check())
    mono.add("services/a/.dlm/ignore", "# dlm-git: ignore[dead-ignore-line] later\n*.md\n")
    out = expect_findings(mono.check(), "unused-ignore")
    assert "services/a/.dlm/ignore:1" in out


def test_selected_rules_check_each_corpus(mono: Repo) -> None:
    mono.add(A, DOCUMENT_OF_A.replace("qwen2.5-coder-1.5b", "phi-3.5-mini"))
    mono.add(B, DOCUMENT_OF_B.replace("smollm2-135m", "phi-3.5-mini").replace("**/*", "lib/**"))
    report = json.loads(mono.check("--select", "wrong-base", "--format", "json").out)
    assert [(each["rule"], each["path"]) for each in report["findings"]] == [
        ("wrong-base", A),
        ("wrong-base", B),
    ]
    out = expect_findings(mono.check("--select", "training"), "dead-pattern")
    assert f"{B}:" in out
    assert "wrong-base" not in out


def test_init_lists_a_corpus_without_locked_keys(mono: Repo, org: Path) -> None:
    org.write_text(
        'base = "qwen2.5-coder-1.5b"\ninclude = ["**/*"]\nlocked = ["base", "include"]\n'
    )
    mono.git("rm", "-rfq", CONFIG, A, B)
    mono.commit("one corpus")
    result = dlm_git_(mono, "init", "services/a", "--base", "smollm2-135m")
    expect_error(result, f"'{org}' expects base model 'qwen2.5-coder-1.5b'")
    assert not (mono.path / CONFIG).exists()
    assert dlm_git_(mono, "init", "services/a").code == 0
    table = '\n[[corpus]]\nroot = "services/a"\nexclude = []\n'
    assert (mono.path / CONFIG).read_text().endswith(table)
    expect_clean(mono.check())


def test_init_adds_no_table_to_a_file_that_others_extend(mono: Repo) -> None:
    mono.add("team.toml", TABLES)
    mono.add(CONFIG, 'extends = "team.toml"\n')
    expect_clean(mono.check())
    result = dlm_git_(mono, "init", "services/c", "--base", "smollm2-135m")
    expect_error(result, "is not a directory")
    (mono.path / "services/c").mkdir()
    result = dlm_git_(mono, "init", "services/c", "--base", "smollm2-135m")
    expect_error(result, "'team.toml' lists the corpora, without 'services/c'", "list it there")
