"""Comments on pull requests: the action and the template against the APIs of GitHub and GitLab."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ci_api import EDIT, LIST, TOKEN, Api, serve
from tests.ci_jobs import ACTION, HOSTILE, STEPS, TEMPLATE, Job, gitlab, new_job
from tests.outputs import log_commands
from tests.support import COMMAND, PROJECT, Repo, Result

MARKER = "<!-- dlm-git diff -->"
DIFF = f"{MARKER}\n### Training set\n\n- added `src/new.py`\n"
UNCHANGED = f"{MARKER}\nno changes to the training set between `HEAD^1` and `HEAD`\n"
SYSTEMS = ["github", "gitlab"]
BASE = "github.event.pull_request.base.sha"
FORK = "github.event.pull_request.head.repo.full_name != github.repository"


@dataclass(frozen=True)
class Project:
    """A job on a merge commit, whose dlm-git prints `markdown` and exits with `code`."""

    job: Job
    api: Api

    @property
    def repo(self) -> Repo:
        return self.job.repo

    def prints(self, markdown: str, code: int = 0) -> None:
        """Set what `dlm-git diff` does; it records its arguments and its environment."""
        temp = self.job.temp
        (temp / "diff.md").write_bytes(markdown.encode())
        script = f"echo \"$@\" >'{temp}/arguments'\nenv >'{temp}/environment'\n"
        (temp / "stub").write_text(f"#!/bin/sh\n{script}cat '{temp}/diff.md'\nexit {code}\n")
        (temp / "stub").chmod(0o755)

    @property
    def arguments(self) -> str:
        return (self.job.temp / "arguments").read_text().strip()

    @property
    def summary(self) -> str:
        file = self.job.temp / "summary"
        return file.read_text() if file.exists() else ""

    def comment(self, directory: str = ".", **variables: str) -> Result:
        """Run the step or script that comments, which never fails."""
        if self.api.system == "github":
            self.job.variables.update(variables)
            result = self.job.step("Comment", directory=directory)
        else:
            result = self.note(**variables)
        assert (result.code, TOKEN in result.out + result.err) == (0, False), result
        return result

    def note(self, **variables: str) -> Result:
        values = {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.api.url,
            "CI_MERGE_REQUEST_PROJECT_ID": "5",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.job.github[BASE],
            "DLM_GIT_COMMENT": "true",
            "DLM_GIT_TOKEN": TOKEN,
        }
        installed = str(self.job.temp / "dlm-git")
        return gitlab(self.repo, "after_script", installed, **{**values, **variables})


def merge(repo: Repo) -> None:
    """Make a branch with one more file, and the merge commit that CI systems test."""
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.add("src/new.py", "print('new')\n")
    repo.commit("topic")
    repo.git("checkout", "--quiet", "main")
    repo.add("docs.md", "# Shop\n")
    repo.commit("main moves on")
    repo.git("merge", "--quiet", "--no-ff", "--message", "merge", "topic")


def new_project(repo: Repo, temp: Path, api: Api, command: str) -> Project:
    merge(repo)
    job = new_job(repo, temp, command)
    job.github.update(
        {
            "github.token": TOKEN,
            BASE: repo.git("rev-parse", "HEAD^1"),
            "github.event.pull_request.number": "7",
            FORK: "false",
        }
    )
    job.variables.update(
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": "ann/shop",
            "GITHUB_SHA": repo.git("rev-parse", "HEAD"),
            "GITHUB_ACTION_PATH": str(PROJECT),
        }
    )
    return Project(job, api)


@pytest.fixture(params=SYSTEMS)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    with serve(request.param) as served:
        yield served


@pytest.fixture
def github_api() -> Iterator[Api]:
    with serve("github") as served:
        yield served


@pytest.fixture
def project(corpus_repo: Repo, tmp_path: Path, api: Api) -> Project:
    temp = tmp_path / "runner"
    project = new_project(corpus_repo, temp, api, str(temp / "stub"))
    project.prints(DIFF)
    return project


@pytest.fixture
def github(corpus_repo: Repo, tmp_path: Path, github_api: Api) -> Project:
    temp = tmp_path / "runner"
    project = new_project(corpus_repo, temp, github_api, str(temp / "stub"))
    project.prints(DIFF)
    return project


@pytest.fixture
def real(corpus_repo: Repo, tmp_path: Path, api: Api) -> Project:
    return new_project(corpus_repo, tmp_path / "runner", api, COMMAND)


def warning(result: Result) -> str:
    """Return the one line that a job prints instead of a comment."""
    (line,) = result.out.splitlines()
    if line.startswith("::"):
        (command,) = log_commands(result.out)
        assert (command.name, command.properties) == ("warning", {"title": "dlm-git"})
    assert "no comment: " in line
    return line


# creating and updating


def test_a_comment_is_created_then_left_alone_then_updated(project: Project) -> None:
    assert project.comment().out == "comment created\n"
    (comment,) = project.api.comments
    assert comment["body"].strip() == DIFF.strip()
    assert project.comment().out == "the comment is up to date\n"
    assert project.api.writes == ["POST"]
    project.prints(DIFF.replace("new.py", "newer.py"))
    assert project.comment().out == "comment updated\n"
    assert project.api.writes == ["POST", EDIT[project.api.system][0]]
    assert "src/newer.py" in comment["body"]
    assert len(project.api.comments) == 1


def test_a_comment_with_other_line_ends_is_up_to_date(project: Project) -> None:
    project.api.add(DIFF.strip().replace("\n", "\r\n"))
    assert project.comment().out == "the comment is up to date\n"
    assert project.api.writes == []


def test_an_unchanged_training_set_updates_a_comment_but_creates_none(project: Project) -> None:
    project.prints(UNCHANGED)
    assert project.comment().out == "no comment: no changes to the training set\n"
    assert project.api.writes == []
    comment = project.api.add(DIFF)
    assert project.comment().out == "comment updated\n"
    assert comment["body"].strip() == UNCHANGED.strip()


def test_a_file_name_cannot_suppress_the_comment(project: Project) -> None:
    project.prints(f"{DIFF}no changes to the training set\n")
    assert project.comment().out == "comment created\n"


def test_the_comment_is_found_among_250(project: Project) -> None:
    for number in range(249):
        project.api.add(f"comment {number}", "ann")
    comment = project.api.add(MARKER)
    assert project.comment().out == "comment updated\n"
    assert comment["body"].strip() == DIFF.strip()
    pages = [line for line in project.api.requests if f"{LIST[project.api.system]}?" in line]
    assert len(pages) == 3


def test_only_a_comment_of_the_bot_that_begins_with_the_marker_is_updated(
    project: Project,
) -> None:
    others = [
        project.api.add(f"{MARKER}\nmy own", "mallory"),
        project.api.add(f"{MARKER}\nmy own", "github-actions"),
        project.api.add(f"> {MARKER}\n\nwhat is this?"),
        project.api.add("## Coverage"),
    ]
    before = [dict(comment) for comment in others]
    project.api.add("deleted user")["user"] = None
    assert project.comment().out == "comment created\n"
    assert others == before
    assert project.api.writes == ["POST"]


def test_directories_have_comments_of_their_own(github: Project) -> None:
    for directory in ("src", "./src/", "a-->b\n", "\udcff", "."):
        (github.repo.path / directory).mkdir(exist_ok=True)
        github.comment(directory)
    first_lines = [comment["body"].splitlines()[0] for comment in github.api.comments]
    assert first_lines == [
        "<!-- dlm-git diff: src -->",
        "<!-- dlm-git diff: a--%3Eb%0A -->",
        "<!-- dlm-git diff: %FF -->",
        MARKER,
    ]


def test_a_longest_diff_fits_in_the_comment_of_a_directory(github: Project) -> None:
    diff = f"{MARKER}\n" + "é" * (65_000 - len(MARKER) - 1)
    github.prints(diff)
    directory = "/".join(["services"] * 50)
    (github.repo.path / directory).mkdir(parents=True)
    assert github.comment(directory).out == "comment created\n"
    body = github.api.comments[0]["body"]
    assert 65_400 < len(body) <= 65_536
    assert body.endswith("é")


@pytest.mark.parametrize(
    "text", ["/merge", " /approve", "\t/close", "\r/close", "\xa0/close", "::error::x"]
)
def test_hostile_markdown_is_a_comment_and_nothing_else(project: Project, text: str) -> None:
    hostile = f'{MARKER}\n\n{text}\n$(touch pwned) `touch pwned` "; touch pwned\n\\u0000 é 😀\n'
    project.prints(hostile)
    assert project.comment().out == "comment created\n"
    (comment,) = project.api.comments
    assert not re.search(r"^\s*/", comment["body"], re.MULTILINE)
    assert '$(touch pwned) `touch pwned` "; touch pwned\n\\u0000 é 😀' in comment["body"]
    assert project.job.touched() == []


# the revisions


def test_the_action_compares_a_merge_commit_with_its_first_parent(github: Project) -> None:
    github.comment()
    assert github.arguments == "diff HEAD^1 HEAD --format markdown"


def test_the_action_compares_another_checkout_with_the_merge_base(github: Project) -> None:
    base = github.repo.git("rev-parse", "HEAD^1")
    github.repo.git("checkout", "--quiet", "HEAD^2")
    github.comment()
    assert github.arguments == f"diff {base}...HEAD --format markdown"


@pytest.mark.parametrize("merged_results", [True, False])
def test_the_template_fetches_the_base_of_the_merge_request(
    corpus_repo: Repo, tmp_path: Path, merged_results: bool
) -> None:
    with serve("gitlab") as api:
        project = new_project(corpus_repo, tmp_path / "runner", api, str(tmp_path / "runner/stub"))
        project.prints(DIFF)
        corpus_repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
        target, base = (corpus_repo.git("rev-parse", name) for name in ("HEAD^1", "HEAD^1^"))
        clone = Repo(tmp_path / "clone", corpus_repo.environ)
        source = f"file://{corpus_repo.path}"
        corpus_repo.git("clone", "--quiet", "--depth=1", source, str(clone.path))
        variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
        if merged_results:
            variables["CI_MERGE_REQUEST_TARGET_BRANCH_SHA"] = target
        job = Job(clone, project.job.temp, project.job.github)
        assert Project(job, api).note(**variables).out == "comment created\n"
        expected = target if merged_results else base
        assert project.arguments == f"diff {expected} HEAD --format markdown"
        assert clone.git("cat-file", "-t", expected) == "commit"
        assert not (corpus_repo.path / ".git" / "shallow").exists()
        assert project.note(**variables).out == "the comment is up to date\n"
        assert not (corpus_repo.path / ".git" / "shallow").exists()


def test_a_shallow_checkout_is_a_warning(project: Project) -> None:
    project.prints("", code=2)
    assert "larger `fetch-depth`" in warning(project.comment())
    assert project.api.requests == []
    assert project.summary == ""


# what goes wrong


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_fork_gets_a_notice_and_the_job_summary(github: Project, code: int) -> None:
    github.job.github[FORK] = "true"
    github.api.status["POST"] = code
    result = github.comment()
    (command,) = log_commands(result.out)
    assert (command.name, command.properties) == ("notice", {"title": "dlm-git"})
    assert "fork" in result.out
    assert "job summary" in result.out
    assert github.summary.strip() == DIFF.strip()
    github.prints(UNCHANGED)
    assert github.comment().out == "no comment: no changes to the training set\n"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_token_is_a_warning_with_the_permission(project: Project, method: str) -> None:
    project.api.status[method] = 403
    needed = {"github": "`pull-requests: write`", "gitlab": "scope `api` and the role Reporter"}
    assert needed[project.api.system] in warning(project.comment())


def test_a_wrong_token_is_a_warning(project: Project) -> None:
    project.job.github["github.token"] = "wrong"
    assert "HTTP 401" in warning(project.comment(DLM_GIT_TOKEN="wrong"))


def test_without_a_token_the_template_prints_why(corpus_repo: Repo, tmp_path: Path) -> None:
    with serve("gitlab") as api:
        project = new_project(corpus_repo, tmp_path / "runner", api, str(tmp_path / "runner/stub"))
        project.prints(DIFF)
        assert "DLM_GIT_TOKEN is not set" in warning(project.comment(DLM_GIT_TOKEN=""))
        assert api.requests == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("code", [0, 301, 307, 429, 500, 502])
def test_a_broken_api_is_a_warning(project: Project, method: str, code: int) -> None:
    project.api.status[method] = code
    result = project.comment()
    assert ("no valid answer" if code == 0 else f"HTTP {code}") in warning(result)
    assert not [line for line in project.api.requests if "elsewhere" in line]
    if project.api.system == "github":
        assert project.summary.strip() == DIFF.strip()
        assert "job summary" in result.out


def test_an_api_that_answers_with_something_else_is_a_warning(project: Project) -> None:
    project.api.status["GET"] = 204  # without JSON
    assert "no valid answer" in warning(project.comment())


def test_an_api_that_is_down_is_a_warning(project: Project) -> None:
    nowhere = "http://127.0.0.1:9"
    result = project.comment(GITHUB_API_URL=nowhere, CI_API_V4_URL=nowhere)
    assert "no valid answer" in warning(result)


def test_a_slow_api_is_a_warning(github: Project, tmp_path: Path) -> None:
    action = tmp_path / "action"
    for name in ("share", ".github"):
        shutil.copytree(PROJECT / name, action / name)
    script = action / "share" / "dlm-git" / "comment.py"
    impatient = script.read_text().replace("TIMEOUT = 30 ", "TIMEOUT = 0.2 ")
    assert impatient != script.read_text()
    script.write_text(impatient)
    github.api.delay = 1
    assert "no valid answer from the API (TimeoutError)" in warning(
        github.comment(GITHUB_ACTION_PATH=str(action))
    )


def test_neither_dlm_git_nor_git_gets_the_token(project: Project) -> None:
    project.comment()
    assert TOKEN not in (project.job.temp / "environment").read_text()


# when the jobs comment


def test_the_step_runs_for_pull_requests_on_request_and_cannot_fail_the_job() -> None:
    step = STEPS["Comment"]
    assert step["continue-on-error"] is True
    conditions = step["if"].removeprefix("${{ ").removesuffix(" }}").split(" && ")
    assert conditions == [
        "!cancelled()",
        "inputs.comment == 'true'",
        "github.event_name == 'pull_request'",
        "steps.check.outcome != 'skipped'",
    ]
    assert ACTION["inputs"]["comment"]["default"] == "false"
    names = [step.get("name") for step in ACTION["runs"]["steps"]]
    assert names.index("Check") < names.index("Comment")


@pytest.mark.parametrize("variables", [{"DLM_GIT_COMMENT": "false"}, {"CI_MERGE_REQUEST_IID": ""}])
def test_the_template_comments_on_merge_requests_on_request(
    corpus_repo: Repo, tmp_path: Path, variables: dict[str, str]
) -> None:
    assert TEMPLATE["dlm-git"]["variables"]["DLM_GIT_COMMENT"] == "false"
    with serve("gitlab") as api:
        project = new_project(corpus_repo, tmp_path / "runner", api, str(tmp_path / "runner/stub"))
        result = project.note(**variables)
        assert (result.code, result.out, result.err) == (0, "", "")
        assert api.requests == []


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_directories_and_events_are_not_executed(github: Project, value: str) -> None:
    for name in list(github.job.github):
        if name != "github.token":
            github.job.github[name] = value
    github.job.variables["GITHUB_SHA"] = value
    github.comment()
    assert github.arguments == f"diff {value}...HEAD --format markdown".strip()
    assert github.job.step("Comment", directory=value).code == 1
    assert github.job.touched() == []


# the real command


def test_the_comment_names_the_file_that_enters_the_training_set(real: Project) -> None:
    assert real.comment().out == "comment created\n"
    (comment,) = real.api.comments
    assert comment["body"].startswith(f"{MARKER}\n")
    assert "src/new.py" in comment["body"]
    assert real.comment().out == "the comment is up to date\n"


def test_a_merge_that_changes_nothing_creates_no_comment(real: Project) -> None:
    sha = real.repo.git("rev-parse", "HEAD")
    real.repo.git(
        "update-ref", "HEAD", real.repo.git("commit-tree", "HEAD^{tree}", "-p", sha, "-m", "x")
    )
    head = real.repo.git("rev-parse", "HEAD")
    result = real.comment(GITHUB_SHA=head, CI_MERGE_REQUEST_DIFF_BASE_SHA=sha)
    assert result.out == "no comment: no changes to the training set\n"


def test_a_depth_of_one_is_a_warning(real: Project) -> None:
    head = real.repo.git("rev-parse", "HEAD")
    (real.repo.path / ".git" / "shallow").write_text(f"{head}\n")
    result = real.comment(CI_MERGE_REQUEST_DIFF_BASE_SHA="1" * 40)
    assert "larger `fetch-depth`" in warning(result)
