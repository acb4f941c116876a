"""The action, the GitLab template and the page on CI: valid, and safe with any input."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dlm_git
from dlm_git.about import REPOSITORY
from dlm_git.cli.parser import parse
from dlm_git.formats import FORMATS
from tests.ci_jobs import ACTION, HOSTILE, STEPS, TEMPLATE, Job, gitlab, new_job
from tests.outputs import log_commands
from tests.support import COMMAND, CORPUS, GOOD, PROJECT, Repo

PAGE = (PROJECT / "docs" / "ci.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


# the files


@pytest.mark.parametrize(
    ("schema", "file"),
    [("github-actions", "action.yml"), ("gitlab-ci", "templates/dlm-git.yml")],
)
def test_the_schemas_of_the_ci_systems_accept_the_files(repo: Repo, schema: str, file: str) -> None:
    command = (tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}")
    result = repo.run(*command, str(PROJECT / file))
    assert result.code == 0, result


KINDS = [("jobs:", "github-workflows"), ("include:", "gitlab-ci"), ("repos:", "")]


def test_the_schemas_of_the_ci_systems_accept_the_recipes(repo: Repo) -> None:
    for number, block in enumerate(blocks("yaml")):
        (schema,) = [schema for key, schema in KINDS if re.search(f"^{key}", block, re.MULTILINE)]
        if schema:
            file = repo.write(f"{number}.yml", block)
            command = (tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(file))
            assert repo.run(*command).code == 0, block
        else:
            file = repo.write(".pre-commit-config.yaml", block)
            assert repo.run(tool("pre-commit"), "validate-config", str(file)).code == 0, block


# tags of dlm-git itself need no hash
_ZIZMOR = """\
rules:
  unpinned-uses:
    config:
      policies:
        "dlm-git/*": ref-pin
        "*": hash-pin
"""


def test_zizmor_reports_nothing(repo: Repo) -> None:
    workflows = [block for block in blocks("yaml") if "\njobs:" in block]
    assert len(workflows) == 3
    for number, block in enumerate(workflows):
        repo.write(f".github/workflows/{number}.yml", block)
    repo.write("action.yml", (PROJECT / "action.yml").read_text())
    repo.write(".github/zizmor.yml", _ZIZMOR)
    command = (tool("zizmor"), "--offline", "--no-progress", ".")
    result = repo.run(*command)
    assert result.code == 0, result.out + result.err
    repo.write(
        "action.yml", (PROJECT / "action.yml").read_text().replace("$REV", "${{ inputs.rev }}")
    )
    assert "template-injection" in repo.run(*command).out


def test_no_input_is_expanded_into_a_script() -> None:
    assert [name for name, step in STEPS.items() if "${{" in step["run"]] == []
    assert len(STEPS) == 3


# the shell of the action


@pytest.fixture
def job(corpus_repo: Repo, tmp_path: Path) -> Job:
    """Return a job with dlm-git installed."""
    return new_job(corpus_repo, tmp_path / "runner temp", COMMAND)


def test_the_action_installs_itself_or_a_release(job: Job) -> None:
    hashed = "<--require-hashes><--only-binary><:all:><--requirement>"
    libraries = (
        f"<-m><venv><{job.temp}/dlm-git>"
        f"<install><--quiet>{hashed}<{PROJECT}/requirements.txt><install><--quiet>"
    )
    own = job.step("Install dlm-git")
    assert own.out == f"{libraries}<--no-deps><--no-build-isolation><{PROJECT}>"
    released = job.step("Install dlm-git", version="0.1.0")
    assert released.out == f"{libraries}<dlm-git==0.1.0>"


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_version_stays_one_argument(job: Job, value: str) -> None:
    result = job.step("Install dlm-git", version=value)
    assert (result.code, result.err) == (0, "")
    assert result.out.endswith(f"<install><--quiet><dlm-git=={value}>")
    assert job.touched() == []


def test_the_action_reports_findings(job: Job) -> None:
    clean = job.step("Check")
    assert (clean.code, clean.err) == (0, "")
    assert [command.name for command in log_commands(clean.out)] == ["notice"]
    assert "no findings" in (job.temp / "summary").read_text()
    assert not (job.temp / "output").exists()
    job.repo.add(CORPUS, GOOD.replace('"."', '"/srv"'))
    (command, note) = log_commands(job.step("Check", rev="").out)
    assert command.properties["title"] == "absolute-source-path"
    assert (note.name, note.properties["title"]) == ("notice", "not checked")


def test_the_action_accepts_arguments_a_directory_and_a_config(job: Job) -> None:
    job.repo.add(".dlm-git.toml", 'base = "smollm2-135m"')
    job.repo.commit()
    assert "wrong-base" in job.step("Check", directory="src").out
    assert job.step("Check", config_rev="HEAD^1").code == 0
    args = "--ignore=wrong-base=a reason; touch pwned\n\n--policy=strict\n"
    suppressed = job.step("Check", args=args)
    assert (suppressed.code, suppressed.err) == (0, "")
    assert [command.name for command in log_commands(suppressed.out)] == ["notice"]
    assert "a reason&#59; touch pwned" in (job.temp / "summary").read_text()
    assert job.touched() == []


def test_the_action_writes_sarif_on_request(job: Job) -> None:
    assert job.step("Check", sarif="true").code == 0
    assert job.step("Check", sarif="true", rev="no-such-revision").code == 2
    outputs = (job.temp / "output").read_text().splitlines()
    first, second = (Path(line.removeprefix("sarif=")) for line in outputs)
    assert first != second
    for report, successful in ((first, True), (second, False)):
        (run,) = json.loads(report.read_text())["runs"]
        assert run["invocations"][0]["executionSuccessful"] == successful
    upload = _upload()
    assert upload["with"]["sarif_file"] == "${{ steps.check.outputs.sarif }}"
    assert "steps.check.outputs.sarif != ''" in upload["if"]


@pytest.mark.parametrize(
    "inputs", [{"directory": "missing"}, {"args": "--no-such-option"}, {"sarif": "false"}], ids=str
)
def test_the_action_has_no_path_of_a_file_that_was_not_written(
    job: Job, inputs: dict[str, str]
) -> None:
    job.step("Check", **{"sarif": "true", **inputs})
    assert not (job.temp / "output").exists()


def test_each_directory_has_a_category_of_its_own() -> None:
    category = _upload()["with"]["category"].removeprefix("${{ ").removesuffix(" }}")
    root, other = category.split(" || ")
    assert root == "inputs.directory == '.' && 'dlm-git'"
    assert other == "format('dlm-git/{0}', inputs.directory)"


def _upload() -> dict[str, Any]:
    (step,) = (step for step in ACTION["runs"]["steps"] if "upload-sarif" in step.get("uses", ""))
    found: dict[str, Any] = step
    return found


def _give_away(repo: Repo) -> None:
    """Give a checkout to another user, as the runner does that starts a container job."""
    if os.getuid():
        pytest.skip("only root can give files away")
    for path in (repo.path, repo.path / ".git"):
        os.chown(path, 65534, 65534)


def test_the_action_checks_the_repository_of_another_user(job: Job, tmp_path: Path) -> None:
    _give_away(job.repo)
    assert "dubious ownership" in job.repo.check("--rev", "HEAD").err
    for directory in (".", "src"):
        checked = job.step("Check", directory=directory)
        assert (checked.code, checked.err) == (0, "")
    assert "dubious ownership" in job.repo.check("--rev", "HEAD").err  # no config has changed
    outside = replace(job, variables={"GITHUB_WORKSPACE": str(tmp_path / "runner temp")})
    assert "dubious ownership" in outside.step("Check").err


def test_the_action_keeps_the_config_of_the_environment(job: Job) -> None:
    _give_away(job.repo)
    config = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.attributesFile",
        "GIT_CONFIG_VALUE_0": "x",
    }
    code = (
        'source "$GITHUB_ACTION_PATH/.github/trust-checkout.bash"; git config --show-scope'
        " --get-regexp '^(safe|core.attr)'"
    )
    shown = job.repo.run("bash", "-c", code, env={**job.runner, **config}).out
    assert shown == (f"command\tcore.attributesfile x\ncommand\tsafe.directory {job.repo.path}\n")


def test_the_action_trusts_nothing_if_the_checkout_is_its_own(job: Job) -> None:
    code = 'source "$GITHUB_ACTION_PATH/.github/trust-checkout.bash"; echo "<$GIT_CONFIG_COUNT>"'
    assert job.repo.run("bash", "-euc", f"GIT_CONFIG_COUNT=; {code}", env=job.runner).out == "<>\n"


@pytest.mark.slow
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_inputs_are_not_executed(job: Job, value: str) -> None:
    inputs = job.step("Check", rev=value, config_rev=value, args=value, sarif=value)
    directory = job.step("Check", directory=value)
    printed = "".join((inputs.out, inputs.err, directory.out, directory.err))
    titles = [command.properties.get("title") for command in log_commands(printed)]
    assert set(titles) <= {"cannot check"}, printed
    assert (inputs.code, directory.code) == (0 if value == "--help" else 2, 1)
    assert job.touched() == []


# the shell of the template


def test_the_template_reports_findings(corpus_repo: Repo) -> None:
    assert gitlab(corpus_repo, "script").code == 0
    corpus_repo.add(CORPUS, GOOD.replace('"."', '"/srv"'))
    corpus_repo.commit()
    result = gitlab(corpus_repo, "script")
    assert result.code == 1
    assert "absolute-source-path" in result.out
    for report in TEMPLATE["dlm-git"]["artifacts"]["reports"].values():
        assert "absolute-source-path" in (corpus_repo.path / report).read_text()


def test_the_template_checks_the_repository_of_another_user(corpus_repo: Repo) -> None:
    _give_away(corpus_repo)
    checked = gitlab(corpus_repo, "script")
    assert checked.code == 0, checked
    assert "safe" not in corpus_repo.run("git", "config", "--global", "--list").out


@pytest.mark.parametrize("policy", ["target", ""])
def test_the_template_uses_the_config_of_the_target_branch(
    corpus_repo: Repo, tmp_path: Path, policy: str
) -> None:
    clone = Repo(tmp_path / "clone", corpus_repo.environ)
    corpus_repo.add(".dlm-git.toml", 'base = "smollm2-135m"')
    corpus_repo.commit()
    corpus_repo.git("clone", "--quiet", str(corpus_repo.path), str(clone.path))
    clone.git("rm", "--quiet", ".dlm-git.toml")
    clone.commit("relax")
    variables = {"DLM_GIT_POLICY": policy, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    assert gitlab(clone, "script", **variables).code == (1 if policy else 0)


@pytest.mark.parametrize("value", HOSTILE[:8])
def test_hostile_branch_names_are_not_executed(corpus_repo: Repo, value: str) -> None:
    variables = {"DLM_GIT_POLICY": "target", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": value}
    result = gitlab(corpus_repo, "script", **variables)
    assert (result.code, result.out) == (128, "")
    assert not list(corpus_repo.path.rglob("pwned"))


# the page


def words(line: str) -> list[str]:
    """Return the arguments of the last `dlm-git` in a line of shell."""
    split = shlex.split(line, comments=True)
    last = max(number for number, word in enumerate(split) if word.split("==")[0] == "dlm-git")
    return split[last + 1 :]


def test_every_command_of_the_page_exists() -> None:
    shown = [line for block in blocks("sh") for line in block.splitlines()]
    shown += re.findall(r"^\$ (.*)$", "".join(blocks("console")), re.MULTILINE)
    shown += re.findall(r"- run: (.*dlm-git.*)$", PAGE, re.MULTILINE)
    shown += re.findall(r"`(dlm-git (?:check|rule|files|ignore|config)[^`]*)`", PAGE)
    assert len(shown) > 12
    for line in shown:
        parse(words(line))


def test_the_page_names_every_format_input_and_variable() -> None:
    table = re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)
    variables = [name for name in TEMPLATE["dlm-git"]["variables"] if name.startswith("DLM_GIT_")]
    assert table == [*FORMATS, *ACTION["inputs"], *variables]
    defaults = dict(re.findall(r"^\| `([\w-]+)` \| (?:`(.*?)`)? ?\|", PAGE, re.MULTILINE))
    for name, declared in ACTION["inputs"].items():
        assert defaults.get(name, "") == declared["default"], name


def test_every_file_names_the_same_release() -> None:
    files = [
        PAGE,
        *((PROJECT / name).read_text() for name in ("action.yml", "templates/dlm-git.yml")),
    ]
    releases = re.findall(
        r"(?:dlm-git/v|dlm-git@v|rev: v|dlm-git==|VERSION: \")(\d[\d.]*)", "".join(files)
    )
    assert len(releases) == 7
    assert set(releases) == {dlm_git.__version__}
    assert PAGE.count(REPOSITORY) == 1


def test_the_page_shows_the_ownership_error_of_containers(corpus_repo: Repo) -> None:
    (block,) = blocks("console")
    if os.getuid() == 0:
        os.chown(corpus_repo.path, 65534, 65534)
        os.chown(corpus_repo.path / ".git", 65534, 65534)
    else:
        corpus_repo.environ["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    printed = corpus_repo.check("--rev", "HEAD").err.replace(str(corpus_repo.path), "/repo")
    assert printed == block.partition("\n")[2]
