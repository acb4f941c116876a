"""`dlm-git init` writes the config that enforces its document, and does not contradict one."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import dlm_git
from dlm_git.fs import create_file
from dlm_git.paths import OWN_CONFIG
from tests.support import (
    COMMAND,
    CORPUS,
    GOOD,
    ID,
    OTHER_ID,
    Repo,
    dlm_id,
    expect_clean,
    expect_error,
    expect_findings,
    hook_arguments,
)

pytestmark = pytest.mark.slow

BASE = "qwen2.5-coder-1.5b"
OTHER_BASE = "smollm2-135m"
I = ("--base", BASE)  # noqa: E741


@pytest.fixture
def repo(repo: Repo) -> Repo:
    """A repository with files to train on, and no corpus document."""
    for path in ("README.md", "docs/a.md", "docs/b.rst", "src/shop.py", "tests/test_shop.py"):
        repo.add(path)
    return repo


def _config(repo: Repo) -> dict[str, Any]:
    """Return the config that is staged, which is the one on disk."""
    text = repo.run("git", "show", f":{OWN_CONFIG}").out
    assert (repo.path / OWN_CONFIG).read_text() == text
    return tomllib.loads(text)


def _refused(repo: Repo, *options: str, words: tuple[str, ...], cwd: Path | None = None) -> str:
    """Return the error of an init that changes nothing."""
    before = repo.git("status", "--porcelain", "--ignored", "--untracked-files=all")
    err = expect_error(repo.init(*options, cwd=cwd), *words)
    assert repo.git("status", "--porcelain", "--ignored", "--untracked-files=all") == before
    return err


# The config


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {}),
        (("--include", "**/*"), {"include": ["**/*"]}),
        (("--include", "docs/**"), {"include": ["docs/**"]}),
        (("--exclude", "**/*.rst"), {"exclude": ["**/*.rst"]}),
        (("--no-recursive",), {"include": ["*"]}),
        (("--policy", "permissive"), {"sources-policy": "permissive"}),
        (("--name", "docs"), {"name": "docs"}),
        (
            ("--source", "src"),
            {"sources": [{"path": "src", "include": ["**/*"], "exclude": []}]},
        ),
        (
            ("--source", "src", "--source", "docs/a.md", "--exclude", "*.rs"),
            {
                "sources": [
                    {"path": "src", "include": ["**/*"], "exclude": ["*.rs"]},
                    {"path": "docs/a.md", "include": ["**/*"], "exclude": ["*.rs"]},
                ]
            },
        ),
    ],
    ids=str,
)
def test_the_config_enforces_what_the_options_set(
    repo: Repo, options: tuple[str, ...], expected: dict[str, Any]
) -> None:
    out = expect_clean(repo.init(*I, *options))
    assert f"Wrote {OWN_CONFIG} and staged it\n" in out
    assert hook_arguments(out) == []
    patterns = {} if "sources" in expected else {"include": ["**/*"], "exclude": []}
    assert _config(repo) == {"base": BASE, "sources-policy": "strict", **patterns, **expected}
    assert "note:" not in expect_clean(repo.check())


def test_a_hook_without_flags_refuses_another_base_model(repo: Repo) -> None:
    expect_clean(repo.init(*I))
    expect_clean(repo.run(COMMAND, "install"))
    repo.git("commit", "--quiet", "--message", "corpus")
    document = repo.path / CORPUS
    document.write_text(document.read_text().replace(BASE, OTHER_BASE))
    commit = repo.run("git", "commit", "--all", "--message", "swap the base model")
    assert commit.code != 0
    assert "wrong-base" in commit.out + commit.err
    repo.git("add", CORPUS)
    expect_findings(repo.check(), f"expected base model '{BASE}', found '{OTHER_BASE}'")


def test_an_unlisted_base_model_is_enforced_and_suppressed(repo: Repo) -> None:
    out = expect_clean(repo.init("--base", "acme-tiny", "--unlisted-base"))
    assert hook_arguments(out) == []
    assert _config(repo)["ignore"] == {"unknown-base": "not in the registry of dlm"}
    expect_clean(repo.check())


def test_no_config_writes_none_and_prints_flags(repo: Repo) -> None:
    out = expect_clean(repo.init(*I, "--exclude", "tests/**", "--no-config"))
    assert hook_arguments(out) == [*I, "--exclude", "tests/**"]
    assert not (repo.path / OWN_CONFIG).exists()
    assert OWN_CONFIG not in out
    expect_clean(repo.check(*hook_arguments(out)))


def test_a_further_document_is_allowed(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    out = expect_clean(repo.init("--base", OTHER_BASE, "--name", "docs"))
    assert hook_arguments(out) == []
    assert _config(repo)["allow"] == [{"path": ".dlm/docs.dlm", "base": OTHER_BASE}]
    expect_clean(repo.check())


def test_a_further_document_with_another_base_model_is_allowed_first(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add(OWN_CONFIG, f'base = "{BASE}"\n')
    arguments = ("--base", OTHER_BASE, "--name", "docs")
    entry = f'{{path = ".dlm/docs.dlm", base = "{OTHER_BASE}"}}'
    expect_error(repo.init(*arguments), f"write `{entry}` under 'allow' in {OWN_CONFIG}")
    repo.add(OWN_CONFIG, f'base = "{BASE}"\nallow = [{entry}]\n')
    assert hook_arguments(expect_clean(repo.init("--name", "docs"))) == []
    assert f"base_model: {OTHER_BASE}\n" in (repo.path / ".dlm/docs.dlm").read_text()
    expect_clean(repo.check())


def test_the_base_model_of_a_further_document_is_not_that_of_the_corpus(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add(OWN_CONFIG, "[ignore]\n")
    out = expect_clean(repo.init("--base", OTHER_BASE, "--name", "docs"))
    assert hook_arguments(out) == ["--allow", ".dlm/docs.dlm"]
    expect_clean(repo.check(*hook_arguments(out)))


def test_documents_beside_a_new_corpus_document_keep_their_base_models(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    repo.add(".dlm/docs.dlm", GOOD.replace(ID, OTHER_ID))
    expect_clean(repo.init("--base", OTHER_BASE, "--name", "small"))
    entries = [{"path": path, "base": BASE} for path in (CORPUS, ".dlm/docs.dlm")]
    assert _config(repo)["allow"] == entries
    expect_clean(repo.check())


def test_a_reused_document_gets_a_config(repo: Repo) -> None:
    repo.add(CORPUS, GOOD.replace('["**/*"]', '["src/**"]'))
    out = expect_clean(repo.init())
    assert f"Wrote {OWN_CONFIG} and staged it\n" in out
    patterns = {"include": ["src/**"], "exclude": []}
    assert _config(repo) == {"base": BASE, "sources-policy": "strict", **patterns}
    assert OWN_CONFIG not in expect_clean(repo.init())


def test_the_config_of_a_reused_document_hides_no_finding(repo: Repo) -> None:
    bad = GOOD.replace("strict", "permissive").replace('"."', "/home/ann/shop")
    repo.add(CORPUS, bad.replace(BASE, "nonsense"))
    rules = ("unknown-base", "wrong-sources-policy", "absolute-source-path")
    before = expect_findings(repo.check(), *rules)
    out = expect_clean(repo.init())
    assert [rule for rule in rules if f"note: {CORPUS}: {rule}: " in out] == [*rules]
    assert expect_findings(repo.check(), *rules) == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (OWN_CONFIG, "# ours\n"),
        (OWN_CONFIG, f'base = "{BASE}"\n'),
        ("pyproject.toml", f'[tool.dlm-git]\nbase = "{BASE}"\n'),
    ],
)
@pytest.mark.parametrize("tracked", [True, False])
def test_an_existing_config_stays(repo: Repo, path: str, text: str, tracked: bool) -> None:
    (repo.add if tracked else repo.write)(path, text)
    out = expect_clean(repo.init(*I))
    assert f"Wrote {OWN_CONFIG}" not in out
    assert (repo.path / path).read_text() == text
    assert (repo.path / OWN_CONFIG).exists() is (path == OWN_CONFIG)
    assert hook_arguments(out) == ([] if BASE in text else [*I])


def test_a_pyproject_of_other_tools_is_no_config(repo: Repo) -> None:
    repo.add("pyproject.toml", "[project]\nname = 'shop'\n")
    expect_clean(repo.init(*I))
    assert _config(repo)["base"] == BASE


def test_dry_run_prints_the_document_and_the_config(repo: Repo) -> None:
    before = repo.git("status", "--porcelain")
    out = expect_clean(repo.init(*I, "--dry-run"))
    document, _, config = out.partition(f"\n{OWN_CONFIG}:\n")
    assert document.startswith("---\ndlm_id: ")
    patterns = {"include": ["**/*"], "exclude": []}
    assert tomllib.loads(config) == {"base": BASE, "sources-policy": "strict", **patterns}
    assert repo.git("status", "--porcelain") == before


@pytest.mark.parametrize("attribute", ["filter=lfs", "working-tree-encoding=UTF-16"])
def test_the_hint_for_a_converted_config_solves_it(repo: Repo, attribute: str) -> None:
    repo.add(".gitattributes", f"*.toml {attribute}\n")
    err = _refused(repo, *I, words=(OWN_CONFIG, attribute))
    line = re.search(r"add the line '([^']+)' to .gitattributes", err)
    assert line
    repo.add(".gitattributes", f"*.toml {attribute}\n{line[1]}\n")
    expect_clean(repo.init(*I))
    assert _config(repo)["base"] == BASE


# Both files, or none


def _state(repo: Repo) -> tuple[dict[str, bytes], str]:
    files = {
        path.relative_to(repo.path).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in repo.path.rglob("*")
        if ".git" not in path.relative_to(repo.path).parts
    }
    return files, repo.git("ls-files", "--stage")


@pytest.mark.parametrize("options", [I, (*I, "--rescaffold"), ()], ids=["new", "replaced", "kept"])
def test_an_index_that_stays_locked_leaves_everything(repo: Repo, options: tuple[str, ...]) -> None:
    if options != I:
        repo.write(CORPUS, GOOD.replace("About", "Ours"))
    lock = repo.write(".git/index.lock", "")
    before = _state(repo)
    expect_error(repo.init(*options), "cannot stage '.dlm/corpus.dlm'", "index.lock")
    assert _state(repo) == before
    lock.unlink()
    expect_clean(repo.init(*options))
    assert _config(repo)["base"] == BASE


@pytest.mark.parametrize("replaced", [False, True], ids=["new", "replaced"])
def test_a_config_that_cannot_be_written_leaves_no_document(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    if replaced:
        repo.add(CORPUS, GOOD.replace("About", "Ours"))

    def full(root: str, directory: str, name: str, data: bytes) -> bool:
        if name == OWN_CONFIG:
            raise dlm_git.DlmGitError("cannot write it: No space left on device")
        return create_file(root, directory, name, data)

    monkeypatch.setattr("dlm_git.operations.init_write.create_file", full)
    before = _state(repo)
    with pytest.raises(dlm_git.DlmGitError, match="No space left"):
        dlm_git.init(repo.path, base=BASE, rescaffold=replaced)
    assert _state(repo) == before


def test_a_config_of_another_process_stays(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = f'base = "{BASE}"\n'

    def late(root: str, directory: str, name: str, data: bytes) -> bool:
        if name == OWN_CONFIG:
            Path(root, name).write_text(theirs)
        return create_file(root, directory, name, data)

    monkeypatch.setattr("dlm_git.operations.init_write.create_file", late)
    result = dlm_git.init(repo.path, base=BASE)
    assert (result.created, result.config_path) == (True, None)
    assert (repo.path / OWN_CONFIG).read_text() == theirs


def test_init_after_a_kill_between_document_and_config_writes_the_config(repo: Repo) -> None:
    repo.write(CORPUS, GOOD)
    assert dlm_id(repo.init(*I)) == ID
    assert _config(repo)["base"] == BASE
    assert CORPUS in repo.git("ls-files")


# No contradiction


@pytest.mark.parametrize("path", [OWN_CONFIG, "pyproject.toml"])
@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize(
    ("config", "options", "words"),
    [
        (f'base = "{BASE}"', ("--base", OTHER_BASE), (f"base model '{BASE}'", "change 'base'")),
        (f'base = ["{BASE}", "olmo-2-7b-instruct"]', ("--base", OTHER_BASE), ("change 'base'",)),
        ('include = ["src/**"]', (*I, "--include", "docs/**"), ("['src/**']", "['docs/**']")),
        ('include = ["src/**"]', (*I, "--no-recursive"), ("['src/**']", "['*']")),
        ('exclude = ["src/**"]', (*I, "--exclude", "docs/**"), ("change 'exclude'",)),
        ('sources-policy = "strict"', (*I, "--policy", "permissive"), ("'strict'", "permissive")),
        ('secrets = ["x"]', (*I, "--policy", "permissive"), ("'strict'", "'sources-policy' in")),
        ('name = "docs"', (*I, "--name", "shop"), ("name 'docs'", "name 'shop'")),
        ('include = ["src/**"]', (*I, "--source", "docs"), ("['docs']", "['.']")),
        ('sources = [{path = "src"}]', (*I, "--source", "docs"), ("['src']", "change 'sources'")),
        ('sources = [{path = "src"}]', (*I, "--include", "docs/**"), ("'src'", "'sources' in")),
    ],
)
def test_options_that_contradict_the_config_are_refused(
    repo: Repo, path: str, tracked: bool, config: str, options: tuple[str, ...], words: Any
) -> None:
    text = config if path == OWN_CONFIG else f"[tool.dlm-git]\n{config}"
    (repo.add if tracked else repo.write)(path, f"{text}\n")
    _refused(repo, *options, words=(path, *words))


def test_all_contradictions_of_a_config_are_named_at_once(repo: Repo) -> None:
    repo.add(OWN_CONFIG, f'base = "{BASE}"\nexclude = []\n')
    _refused(
        repo,
        *("--base", OTHER_BASE, "--exclude", "docs/**"),
        words=(
            f"'{OWN_CONFIG}' expects base model '{BASE}', exclude [];"
            f" you asked for base model '{OTHER_BASE}', exclude ['docs/**']\n",
            f"change 'base' and 'exclude' in {OWN_CONFIG}",
        ),
    )


@pytest.mark.parametrize("path", [OWN_CONFIG, "pyproject.toml"])
def test_a_config_that_is_missing_from_the_worktree_is_not_contradicted(
    repo: Repo, path: str
) -> None:
    table = "[tool.dlm-git]\n" if path == "pyproject.toml" else ""
    repo.add(path, f'{table}base = "{BASE}"\n')
    (repo.path / path).unlink()
    _refused(repo, "--base", OTHER_BASE, words=(f"'{path}' is tracked, but missing", "git restore"))


# What `check` would report


def test_a_pattern_that_certainly_means_others_is_corrected(repo: Repo) -> None:
    out = expect_clean(repo.init(*I, "--include", "docs/**/*.{md,rst}", "--exclude", "/tests/**"))
    assert (
        "  wrote 'docs/**/*.md' and 'docs/**/*.rst' for 'docs/**/*.{md,rst}':"
        " dlm matches braces literally\n" in out
    )
    assert "  wrote 'tests/**' for '/tests/**': patterns are relative" in out
    config = _config(repo)
    assert config["include"] == ["docs/**/*.md", "docs/**/*.rst"]
    assert config["exclude"] == ["tests/**"]
    expect_clean(repo.check())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--exclude", "/tests/"), ("exclude pattern '/tests/'", "write 'tests/**'")),
        (("--include", "docs"), ("include pattern 'docs'", "write 'docs/**'")),
        (("--include", "Docs/**"), ("case matters", "write 'docs/**'")),
        (("--include", "*.rs"), ("include pattern '*.rs'", "correct the pattern")),
        (("--include", "docs/**/*.{md,txt}"), ("braces literally", "write 'docs/**/*.md'")),
        (("--source", "src", "--include", "src/**"), ("include pattern 'src/**'",)),
    ],
)
@pytest.mark.parametrize("more", [(), ("--no-config",), ("--dry-run",)], ids=str)
def test_a_pattern_that_matches_nothing_is_refused(
    repo: Repo, options: tuple[str, ...], more: tuple[str, ...], words: tuple[str, ...]
) -> None:
    _refused(repo, *I, *options, *more, words=words)


def test_a_pattern_of_the_config_is_not_corrected_in_the_document_alone(repo: Repo) -> None:
    repo.add(OWN_CONFIG, 'include = ["docs/**/*.{md,rst}"]\n')
    _refused(repo, *I, words=("braces literally", f", in {OWN_CONFIG}"))


def test_a_pattern_for_untracked_files_is_accepted_and_noted(repo: Repo) -> None:
    repo.write("notes/a.txt")
    out = expect_clean(repo.init(*I, "--include", "notes/**"))
    assert f"note: {CORPUS}: dead-pattern: include pattern 'notes/**'" in out
    expect_findings(repo.check(), "dead-pattern")
    repo.git("add", "notes")
    expect_clean(repo.check())


def test_an_empty_repository_gets_a_note(repo: Repo) -> None:
    repo.git("rm", "-r", "--quiet", "--force", ".")
    out = expect_clean(repo.init(*I, "--include", "**/*.py"))
    assert f"note: {CORPUS}: empty-training-set: " in out
    expect_findings(repo.check(), "empty-training-set")


def test_the_config_alone_is_no_training_set(repo: Repo) -> None:
    repo.git("rm", "-r", "--quiet", "--force", ".")
    assert "empty-training-set" in expect_clean(repo.init(*I))
    expect_findings(repo.check(), "empty-training-set")


def test_init_notes_secrets(repo: Repo) -> None:
    repo.add(".npmrc", "_authToken=x\n")
    out = expect_clean(repo.init(*I))
    assert "note: .npmrc: secret-in-training-set: " in out
    assert "  help: add the line '/.npmrc' to .dlm/ignore" in out
    expect_findings(repo.check(), "secret-in-training-set")


def test_tracked_files_that_only_the_translation_excludes_are_noted(repo: Repo) -> None:
    repo.add(".npmrc", "_authToken=x\n")
    repo.add(".gitignore", ".npmrc\n")
    out = expect_clean(repo.init(*I))
    assert "note: .npmrc: tracked-file-excluded: " in out
    assert "secret-in-training-set" not in out
    expect_findings(repo.check(), "tracked-file-excluded")


def test_notes_are_few(repo: Repo) -> None:
    for number in range(15):
        repo.add(f"{number}/.netrc")
    out = expect_clean(repo.init(*I))
    assert out.count("note: ") == 11
    assert "note: 5 more; `dlm-git check` lists them\n" in out


# The root


def test_init_in_a_subdirectory_names_the_root(repo: Repo) -> None:
    result = repo.init(*I, cwd=repo.path / "src")
    line = f"  at the root of the repository: {os.path.realpath(repo.path)}\n"
    assert line in expect_clean(result)
    assert "at the root" not in expect_clean(repo.init(*I))


@pytest.mark.parametrize(
    ("config", "options", "keys"),
    [
        ("", I, "'base'"),
        ('name = "docs"\n', (*I, "--include", "src/**"), "'base', 'include'"),
        (f'base = "{BASE}"\n', (*I, "--exclude", "docs/**"), "'exclude'"),
        (f'base = "{BASE}"\n', I, ""),
    ],
)
def test_what_an_existing_config_does_not_set_is_noted(
    repo: Repo, config: str, options: tuple[str, ...], keys: str
) -> None:
    repo.add(OWN_CONFIG, config)
    out = expect_clean(repo.init(*options))
    note = f"note: the config does not set {keys}, so `dlm-git install` does not enforce that\n"
    assert (note in out) == ("the config does not set" in out) == bool(keys)
    assert bool(hook_arguments(out)) == bool(keys)
    assert (repo.path / OWN_CONFIG).read_text() == config


def test_no_config_needs_no_note(repo: Repo) -> None:
    assert "note:" not in expect_clean(repo.init(*I, "--no-config"))
    assert "note:" not in expect_clean(repo.init(*I, "--rescaffold"))
