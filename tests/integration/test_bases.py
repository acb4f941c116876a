"""`dlm-git bases` lists the base models, and errors about base models name it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlm_git.document.base_models import BASE_MODELS
from tests.support import COMMAND, CORPUS, GOOD, Repo, expect_clean, expect_error

LISTS = "`dlm-git bases` lists"


def test_every_base_model_is_listed(repo: Repo) -> None:
    header, *rows = expect_clean(repo.run(COMMAND, "bases")).splitlines()
    assert header.split() == ["key", "parameters", "license", "gated", "hub", "id"]
    assert [row.split()[0] for row in rows] == list(BASE_MODELS)
    assert rows[3].split() == [
        *("qwen2.5-coder-1.5b", "1.5B", "Apache-2.0", "no", "Qwen/Qwen2.5-Coder-1.5B-Instruct")
    ]
    assert (
        "gemma-2-2b-it                         2.6B  Gemma       yes    google/gemma-2-2b-it"
        in rows
    )
    assert {row.split()[1] for row in rows} >= {"135M", "46.7B", "3B"}


def test_json_has_every_field(repo: Repo) -> None:
    listed = json.loads(expect_clean(repo.run(COMMAND, "bases", "--format", "json")))
    assert listed["version"] == 1
    assert listed["bases"] == [model.as_dict() for model in BASE_MODELS.values()]
    assert listed["bases"][0] == {
        "key": "qwen2.5-0.5b",
        "hub_id": "Qwen/Qwen2.5-0.5B-Instruct",
        "parameters": 500_000_000,
        "license": "Apache-2.0",
        "gated": False,
    }


def test_it_needs_no_repository(repo: Repo, tmp_path: Path) -> None:
    expect_clean(repo.run(COMMAND, "bases", cwd=tmp_path))


@pytest.mark.parametrize("base", ["zzz", "qwen2.5-codr-1.5b"])
def test_errors_about_base_models_name_the_command(repo: Repo, base: str) -> None:
    repo.add("shop.py")
    assert LISTS in expect_error(repo.init("--base", base))
    assert LISTS in expect_error(repo.init())
    repo.add(CORPUS, GOOD.replace("qwen2.5-coder-1.5b", base))
    (hint,) = [line for line in repo.check().out.splitlines() if LISTS in line]
    assert hint.startswith("  help: ")
    assert LISTS in expect_error(repo.check("--base", base))
