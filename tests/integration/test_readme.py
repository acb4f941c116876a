"""The commands of the README run, its outputs are printed, its names exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import dlm_git
from dlm_git.about import REPOSITORY
from dlm_git.cli.introspect import describe_commands
from dlm_git.config.load import config_keys, resolve_config
from dlm_git.rules.registry import by_family
from tests import readme
from tests.support import PROJECT, Repo, installing

README = (PROJECT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shop(repo: Repo) -> Repo:
    return readme.shop(repo)


def test_the_console_shows_what_is_printed(shop: Repo) -> None:
    before, _, after = readme.parts(README)
    for part in (before, after):
        assert readme.steady(part) == readme.steady(readme.rerun(part, shop))


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.network
def test_the_console_shows_what_is_printed_in_a_real_project(repo: Repo, tmp_path: Path) -> None:
    _, section, _ = readme.parts(README)
    project = readme.pygments(repo, tmp_path)
    assert section.count("$ ") > 3
    assert readme.steady(section) == readme.steady(readme.rerun(section, project))


@pytest.mark.slow
@pytest.mark.network
def test_the_first_command_installs_and_checks(shop: Repo, project: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "project"
    shop.git("clone", "--quiet", str(project), str(checkout))
    shop.path.rename(tmp_path / "shop")
    command = blocks("sh")[0]
    result = shop.run("bash", "-c", command, cwd=checkout, env=installing(), timeout=300)
    assert result.code == 0, result
    assert "OK: .dlm/corpus.dlm in the index, no findings\n" in result.out


@pytest.mark.slow
@pytest.mark.network
def test_the_first_command_makes_a_repository_if_there_is_none(
    repo: Repo, project: Path, tmp_path: Path
) -> None:
    checkout = tmp_path / "project"
    repo.git("clone", "--quiet", str(project), str(checkout))
    no_config = {"GIT_CONFIG_GLOBAL": "/dev/null"}  # as on a machine where git was just installed
    result = repo.run(
        "bash", "-c", blocks("sh")[0], cwd=checkout, env={**installing(), **no_config}, timeout=300
    )
    assert result.code == 0, result
    assert result.out.endswith(
        "OK: .dlm/corpus.dlm in the index, no findings\n.dlm-git.toml\nREADME.md\n"
    )


def test_the_second_command_is_what_ci_runs() -> None:
    assert blocks("sh")[1] in (PROJECT / ".ci" / "run").read_text()


def test_the_hook_entry_names_this_release() -> None:
    (entry,) = blocks("yaml")
    (repository,) = yaml.safe_load(entry)["repos"]
    hooks = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text())
    assert repository["repo"] == REPOSITORY
    assert repository["rev"] == f"v{dlm_git.__version__}"
    assert repository["hooks"][0]["id"] in {hook["id"] for hook in hooks}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["urls"]["Repository"] == REPOSITORY


def test_the_example_config_is_valid() -> None:
    (example,) = blocks("toml")
    config = resolve_config({".dlm-git.toml": example.encode()}, {}).config
    assert set(tomllib.loads(example)) == {*config_keys()} - {"sources"}
    assert config.bases == ("qwen2.5-coder-1.5b",)


def test_the_rules_table_names_every_rule() -> None:
    table = dict(re.findall(r"^\| (\w+) \| ([a-z, -]+) \|$", README, re.MULTILINE))
    names = {family: [rule.name for rule in rules] for family, rules in by_family()}
    assert {family: table[family].split(", ") for family in names} == names


def test_the_flags_it_names_exist(repo: Repo) -> None:
    names = [command.name for command in describe_commands() if command.name]
    helps = "".join(repo.run("dlm-git", name, "--help").out for name in names)
    prose = re.sub(r"^```(?!console).*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*$", "", prose, flags=re.MULTILINE)
    own = re.findall(r"`[^`]*`|^\$ dlm-git .*$", prose, re.MULTILINE)
    flags = {flag for code in own if "git config" not in code for flag in FLAG.findall(code)}
    third_party = {"--no-verify"}  # of `git commit`
    assert {flag for flag in flags - third_party if f" {flag}" not in helps} == set()


FLAG = re.compile(r"(?<![\w-])--[a-z-]+")
