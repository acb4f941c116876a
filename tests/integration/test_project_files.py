"""The files that GitHub, pre-commit, make and contributors read: valid, safe, and in agreement."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

import dlm_git
from tests.oracle import RELEASE
from tests.support import PROJECT, Repo, skip_or_fail

GITHUB = PROJECT / ".github"
WORKFLOWS = {file.stem: file for file in (GITHUB / "workflows").glob("*.yml")}
README = (PROJECT / "README.md").read_text()
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())


def workflow(name: str) -> dict[str, Any]:
    """Return a workflow; YAML reads its key `on` as True."""
    loaded: dict[str, Any] = yaml.safe_load(WORKFLOWS[name].read_text())
    return loaded


def tool(name: str) -> str:
    """Return the path of a program of the test environment."""
    return str(Path(sys.executable).parent / name)


# GitHub


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("vendor.github-workflows", "workflows/*.yml"),
        ("custom.github-workflows-require-timeout", "workflows/*.yml"),
        ("vendor.dependabot", "dependabot.yml"),
        ("vendor.github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("vendor.github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
    ],
)
def test_the_schemas_of_github_accept_the_files(repo: Repo, schema: str, pattern: str) -> None:
    files = [str(file) for file in GITHUB.glob(pattern)]
    assert files
    result = repo.run(tool("check-jsonschema"), "--builtin-schema", schema, *files)
    assert result.code == 0, result


def test_zizmor_reports_nothing(repo: Repo) -> None:
    zizmor = (tool("zizmor"), "--offline", "--no-progress")
    result = repo.run(*zizmor, str(GITHUB), str(PROJECT / "action.yml"))
    assert result.code == 0, result
    text = WORKFLOWS["ci"].read_text()
    repo.write(".github/workflows/ci.yml", re.sub(r"@[0-9a-f]{40} # ", "@", text))
    assert "unpinned-uses" in repo.run(*zizmor, ".").out


def test_an_action_has_one_pinned_version_in_workflows_action_and_docs() -> None:
    files = [*WORKFLOWS.values(), PROJECT / "action.yml", PROJECT / "docs" / "ci.md"]
    uses = re.findall(
        r"uses: (\S+)@([0-9a-f]{40}) # (v[\d.]+)$",
        "".join(file.read_text() for file in files),
        re.MULTILINE,
    )
    assert len({name for name, _, _ in uses}) == len(set(uses)) > 4


def test_jobs_may_read_and_only_the_last_one_of_a_release_may_publish() -> None:
    granted = {}
    for name in WORKFLOWS:
        assert workflow(name)["permissions"] == {}
        for job, content in workflow(name)["jobs"].items():
            granted[f"{name}/{job}"] = content["permissions"]
    assert granted.pop("release/publish") == {"id-token": "write"}
    assert {str(permissions) for permissions in granted.values()} == {"{'contents': 'read'}"}


def test_a_release_is_tested_then_built_then_published() -> None:
    jobs = workflow("release")["jobs"]
    assert [(name, job.get("needs")) for name, job in jobs.items()] == [
        ("test", None),
        ("build", "test"),
        ("publish", "build"),
    ]
    assert ".ci/run" in [step.get("run") for step in jobs["test"]["steps"]]
    assert jobs["publish"]["environment"] == "pypi"


@pytest.mark.parametrize(
    ("tag", "code"), [(f"v{dlm_git.__version__}", 0), ("v0.0", 1), (dlm_git.__version__, 1)]
)
def test_a_tag_must_match_the_version(repo: Repo, tag: str, code: int) -> None:
    steps = workflow("release")["jobs"]["test"]["steps"]
    (script,) = (step["run"] for step in steps if "TAG" in step.get("env", {}))
    result = repo.run("bash", "-ec", script, cwd=PROJECT, env={"TAG": tag})
    assert (result.code, result.out.startswith("::error::")) == (code, code == 1), result


def test_ci_runs_every_supported_python() -> None:
    prefix = "Programming Language :: Python :: 3."
    classifiers = PYPROJECT["project"]["classifiers"]
    supported = [c.rpartition(" ")[2] for c in classifiers if c.startswith(prefix)]
    assert workflow("ci")["jobs"]["test"]["strategy"]["matrix"]["python"] == supported
    assert PYPROJECT["project"]["requires-python"] == f">={supported[0]}"


def test_ci_builds_the_oldest_git_of_the_readme() -> None:
    (oldest,) = re.findall(r"git (\d+\.\d+) or later", README)
    assert workflow("ci")["env"]["OLDEST_GIT"] == f"{oldest}.0"


# contributors


def test_pre_commit_accepts_the_config(repo: Repo) -> None:
    config = str(PROJECT / ".pre-commit-config.yaml")
    result = repo.run(tool("pre-commit"), "validate-config", config)
    assert result.code == 0, result


def make(repo: Repo, *targets: str) -> list[str]:
    """Return the commands that make would run, as in a new clone."""
    if not shutil.which("make"):
        skip_or_fail("needs make")
    result = repo.run("make", "--dry-run", "--always-make", *targets, cwd=PROJECT)
    assert result.code == 0, result
    return result.out.splitlines()


def test_make_test_is_the_test_command_of_the_readme(repo: Repo) -> None:
    commands = [line for line in make(repo, "test") if re.search("pip install|pytest", line)]
    assert len(commands) == 3
    assert "\n".join(commands) in README


def test_every_make_target_has_its_command(repo: Repo) -> None:
    commands = {
        "fast": '-m pytest -n auto -m "not slow and not network"',
        "lint": "mypy --strict",
        "docs": "-m tests.pages",
        "bench": "-m benchmarks",
        "coverage": "coverage report",
    }
    for target, command in commands.items():
        assert command in "\n".join(make(repo, target)), target


def test_the_trainer_has_one_version() -> None:
    text = (PROJECT / "Makefile").read_text() + (PROJECT / ".ci" / "run").read_text()
    assert set(re.findall(r"document-language-model==([\d.]+)", text)) == {RELEASE}


# pages


def test_the_changelog_has_the_headings_of_keep_a_changelog() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert versions[0] == "Unreleased"
    changes = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert changes <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_vulnerabilities_are_reported_at_one_place() -> None:
    (link,) = yaml.safe_load((GITHUB / "ISSUE_TEMPLATE" / "config.yml").read_text())[
        "contact_links"
    ]
    assert link["url"] == f"{PYPROJECT['project']['urls']['Repository']}/security/advisories/new"
    assert link["url"] in (PROJECT / "SECURITY.md").read_text()
