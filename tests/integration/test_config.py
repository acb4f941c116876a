"""The config of a repository: where it is read, and what the command prints of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.support import CORPUS, GOOD, ID, OTHER_ID, Repo, expect_findings

OWN = ".dlm-git.toml"
SHARED = "pyproject.toml"


def test_the_config_is_read_from_the_checked_state(corpus_repo: Repo) -> None:
    corpus_repo.add(OWN, 'base = "smollm2-135m"\n')
    corpus_repo.write(OWN, 'base = "qwen2.5-coder-1.5b"\n')
    assert "wrong-base" in corpus_repo.check().out
    assert corpus_repo.check("--rev", "HEAD").code == 0
    assert corpus_repo.check("--rev", "HEAD", "--config", OWN).code == 0
    corpus_repo.commit()
    assert corpus_repo.check("--rev", "HEAD").code == 1
    assert corpus_repo.check("--rev", "HEAD", "--config-rev", "HEAD~1").code == 0
    assert corpus_repo.check("--base", "qwen2.5-coder-1.5b").code == 0


def test_a_broken_config_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.add(OWN, "bse = 1\n")
    result = corpus_repo.check()
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "dlm-git: .dlm-git.toml:1: unknown key 'bse'\n  help: did you mean 'base'?\n"
    )


def test_a_config_that_is_a_link_is_not_followed(corpus_repo: Repo) -> None:
    (corpus_repo.path / OWN).symlink_to("/etc/hostname")
    corpus_repo.git("add", OWN)
    result = corpus_repo.check()
    assert result.code == 2
    assert "'.dlm-git.toml' is not a regular file in the index" in result.err


def test_a_missing_config_file_is_an_error(corpus_repo: Repo) -> None:
    result = corpus_repo.check("--config", "nowhere.toml")
    assert result.code == 2
    assert "cannot read 'nowhere.toml': No such file or directory" in result.err


def test_the_config_command(corpus_repo: Repo) -> None:
    corpus_repo.add(SHARED, '[tool.dlm-git]\nbase = "qwen2.5-coder-1.5b"\n')
    result = corpus_repo.run("dlm-git", "config", "--include", "*.py", "--ignore", "empty-body=why")
    assert result.out == (
        """\
base = "qwen2.5-coder-1.5b"    # pyproject.toml
include = ["*.py"]             # --include
# exclude is not set           # default
# sources is not set           # default
sources-policy = "strict"      # default
name = "corpus"                # default
corpus = []                    # default
allow = []                     # default
secrets = []                   # default
ignore = {empty-body = "why"}  # --ignore
ignore-path = []               # default
"""
    )


def test_the_config_schema(corpus_repo: Repo) -> None:
    schema = json.loads(corpus_repo.run("dlm-git", "config", "--schema").out)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate({"base": "a", "include": ["b"], "sources-policy": "strict"})
    validator.validate({"allow": ["a", {"path": "b", "base": ["c"]}]})
    assert list(validator.iter_errors({"allow": [{"path": "b", "bse": "c"}]}))
    assert list(validator.iter_errors({"bse": "a"}))
    assert list(validator.iter_errors({"sources-policy": "x"}))


def test_unknown_rules_get_a_suggestion(corpus_repo: Repo) -> None:
    result = corpus_repo.check("--ignore", "wrong-bse")
    assert result.code == 2
    assert "unknown rule 'wrong-bse' in 'ignore'\n  help: did you mean 'wrong-base'?" in (
        result.err
    )


def test_a_document_of_another_name_is_checked(corpus_repo: Repo) -> None:
    corpus_repo.git("mv", CORPUS, ".dlm/shop.dlm")
    assert corpus_repo.check().code == 1
    assert corpus_repo.check("--name", "shop").code == 0
    corpus_repo.add(OWN, 'name = "shop"\n')
    assert corpus_repo.check().code == 0


def test_a_config_outside_the_repository_may_be_a_link(corpus_repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "policy").write_text('base = "smollm2-135m"\n')
    (tmp_path / "link").symlink_to("policy")
    result = corpus_repo.check("--config", str(tmp_path / "link"))
    assert "wrong-base" in result.out
    assert f"or change 'base' in {tmp_path / 'link'}" in result.out


def test_config_and_config_rev_exclude_each_other(corpus_repo: Repo) -> None:
    assert corpus_repo.check("--config", "a", "--config-rev", "HEAD").code == 2


def test_a_linked_pyproject_is_ignored(corpus_repo: Repo) -> None:
    (corpus_repo.path / SHARED).symlink_to("elsewhere.toml")
    corpus_repo.git("add", SHARED)
    assert corpus_repo.check().code == 0
    assert corpus_repo.init().code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "message", "help_"),
    [
        (
            'base = "qwen2.5-codr-1.5b"',
            "unknown base model 'qwen2.5-codr-1.5b' in 'base'",
            "'qwen2.5-coder-1.5b'",
        ),
        ("base = []", ".dlm-git.toml:1: 'base' must be", ""),
        ('sources = [{path = "/a"}]', "'sources' must be a list of different paths inside", ""),
        (
            'sources = [{path = "a"}, {path = "a/"}]',
            "'sources' must be a list of different paths",
            "",
        ),
    ],
)
def test_invalid_values_are_an_error(
    corpus_repo: Repo, line: str, message: str, help_: str
) -> None:
    corpus_repo.add(OWN, line + "\n")
    for command in ("check", "config", "init"):
        result = corpus_repo.run("dlm-git", command)
        assert result.code == 2
        assert message in result.err
        assert help_ in result.err


def test_a_misspelt_table_is_an_error(corpus_repo: Repo) -> None:
    corpus_repo.add(SHARED, '[tool.dlm_git]\nbase = "a"\n')
    assert "did you mean [tool.dlm-git]?" in corpus_repo.check().err


def test_a_private_base_model_may_be_configured(corpus_repo: Repo) -> None:
    corpus_repo.add(OWN, 'base = "ours"\nignore = {unknown-base = "private"}\n')
    assert "wrong-base" in corpus_repo.check().out


@pytest.mark.parametrize(
    ("file", "table", "flags", "place"),
    [
        (OWN, "", [], "'base' in .dlm-git.toml"),
        (SHARED, "[tool.dlm-git]\n", [], "'base' in pyproject.toml"),
        (OWN, "", ["--base", "phi-3.5-mini"], "--base"),
    ],
)
def test_the_hint_names_the_place_of_the_setting(
    corpus_repo: Repo, file: str, table: str, flags: list[str], place: str
) -> None:
    corpus_repo.add(file, f'{table}base = "smollm2-135m"\n')
    assert f", or change {place}\n" in corpus_repo.check(*flags).out


def test_allowed_documents_with_a_base_model_of_their_own(corpus_repo: Repo) -> None:
    entry = '{path = ".dlm/docs.dlm", base = "smollm2-135m"}'
    document = GOOD.replace("qwen2.5-coder-1.5b", "smollm2-135m").replace(ID, OTHER_ID)
    corpus_repo.add(".dlm/docs.dlm", document)
    corpus_repo.add(OWN, f'base = "qwen2.5-coder-1.5b"\nallow = [{entry}]\n')
    assert corpus_repo.check().code == 0
    printed = corpus_repo.run("dlm-git", "config").out
    assert f"allow = [{entry}]  # .dlm-git.toml\n" in printed
    corpus_repo.add(OWN, printed)
    assert corpus_repo.run("dlm-git", "config").out.count(entry) == 1
    corpus_repo.add(OWN, 'base = "qwen2.5-coder-1.5b"\n')
    hint = f", or list it as `{entry}` under 'allow' in .dlm-git.toml\n"
    assert hint in expect_findings(corpus_repo.check(), "ambiguous-corpus")


def test_an_allowed_base_model_must_be_known(corpus_repo: Repo) -> None:
    corpus_repo.add(OWN, 'allow = [{path = ".dlm/docs.dlm", base = "smollm2-135"}]\n')
    result = corpus_repo.check()
    assert (result.code, result.err) == (
        2,
        "dlm-git: .dlm-git.toml: unknown base model 'smollm2-135' in 'allow'\n"
        "  help: did you mean 'smollm2-135m'? `dlm-git bases` lists the base models\n",
    )
