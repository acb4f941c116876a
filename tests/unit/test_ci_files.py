"""Which CI files run dlm-git, and which only mention it."""

from __future__ import annotations

from collections.abc import Sequence
from time import process_time

import pytest

from dlm_git.about import REPOSITORY
from dlm_git.hooks import pre_commit
from dlm_git.hooks.ci.files import MAX_FILES, MAX_TOTAL, CiFile, find_ci_files
from tests.support import PROJECT, UNMERGED, Files, Special, link, snapshot

WORKFLOW = ".github/workflows/ci.yml"
GITLAB = ".gitlab-ci.yml"
STEP = "jobs: {a: {steps: [%s]}}\n"
REMOTE = "https://raw.githubusercontent.com/dlm-git/dlm-git/v0.1.0/templates/dlm-git.yml"
CHECK = "dlm-git check"

CALLS = [
    (WORKFLOW, STEP % "{run: dlm-git check}", CHECK),
    (
        WORKFLOW,
        "on: push\njobs:\n  a:\n    steps:\n    - run: |\n        x\n        dlm-git check\n",
        CHECK,
    ),
    (WORKFLOW, STEP % "{uses: dlm-git/dlm-git@v0.1.0}", "dlm-git/dlm-git@v0.1.0"),
    (
        WORKFLOW,
        STEP % '{uses: dlm-git/dlm-git@v0.1.0, with: {args: "--base\\nx"}}',
        "dlm-git/dlm-git@v0.1.0",
    ),
    (WORKFLOW, STEP % "{run: echo}, {run: dlm-git check}", CHECK),
    (".forgejo/workflows/ci.yaml", STEP % "{run: dlm-git check}", CHECK),
    (GITLAB, "dlm: {script: dlm-git check}", CHECK),
    (GITLAB, "dlm: {script: [x, [dlm-git check]]}", CHECK),
    (GITLAB, "default: {before_script: [dlm-git check]}\nx: {script: x}", CHECK),
    (GITLAB, "before_script: [dlm-git check]", CHECK),
    (GITLAB, ".x: &x {script: [dlm-git check]}\ndlm:\n  <<: *x", CHECK),
    (GITLAB, ".y: {script: dlm-git check}\n.x: {extends: .y}\ndlm: {extends: [.x]}", CHECK),
    (GITLAB, "dlm:\n  before_script: [!reference [.x, script]]\n  script: [dlm-git check]", CHECK),
    (GITLAB, f"include: [{{remote: {REMOTE!r}}}]", REMOTE),
    (GITLAB, f"include: {REMOTE}", REMOTE),
    (
        GITLAB,
        "include: {project: ci/dlm-git, file: /templates/dlm-git.yml}",
        "/templates/dlm-git.yml",
    ),
    (".circleci/config.yml", "jobs: {a: {steps: [{run: {command: dlm-git check}}]}}", CHECK),
    (".circleci/config.yml", "jobs: {a: {steps: [{run: dlm-git check}]}}", CHECK),
    ("azure-pipelines.yml", "steps: [{bash: dlm-git check}]", CHECK),
    ("azure-pipelines.yml", "stages: [{jobs: [{steps: [{script: dlm-git check}]}]}]", CHECK),
    (
        "bitbucket-pipelines.yml",
        "pipelines: {default: [{step: {script: [dlm-git check]}}]}",
        CHECK,
    ),
    (".woodpecker.yml", "steps: {a: {commands: [dlm-git check]}}", CHECK),
    (".woodpecker/lint.yaml", "steps: [{commands: [dlm-git check]}]", CHECK),
    (".drone.yml", "---\nkind: x\n---\nsteps: [{commands: [dlm-git check]}]", CHECK),
    (".travis.yml", "script: dlm-git check", CHECK),
    (".buildkite/pipeline.yml", "steps: [{command: dlm-git check}]", CHECK),
    (".buildkite/pipeline.yml", "steps: [{commands: [x, dlm-git check]}]", CHECK),
    ("Jenkinsfile", "stage('x') { steps { sh 'dlm-git check' } }", CHECK),
    ("Jenkinsfile", 'sh """\n  set -e\n  dlm-git check\n"""', CHECK),
    ("Jenkinsfile", "sh(script: 'dlm-git check')", CHECK),
]
MENTIONS = [
    (WORKFLOW, STEP % "{run: pip install dlm-git}"),
    (WORKFLOW, STEP % "{run: 'echo dlm-git check'}"),
    (WORKFLOW, STEP % "{name: dlm-git check, run: x}"),
    (WORKFLOW, STEP % "{if: false, run: dlm-git check}"),
    (WORKFLOW, STEP % "{continue-on-error: true, run: dlm-git check}"),
    (WORKFLOW, "jobs: {a: {if: false, steps: [{run: dlm-git check}]}}"),
    (WORKFLOW, STEP % "{uses: other/dlm-git@v1}"),
    (WORKFLOW, STEP % "{uses: dlm-git/dlm-git@v0.1.0, with: {args: --exit-zero}}"),
    (
        WORKFLOW,
        STEP % '{uses: dlm-git/dlm-git@v0.1.0, with: {args: "--quiet\\n--select=presence"}}',
    ),
    (WORKFLOW, "env: {run: dlm-git check}"),
    (GITLAB, ".x: {script: dlm-git check}"),
    (GITLAB, "x: {allow_failure: true, script: dlm-git check}"),
    (GITLAB, ".x: {script: dlm-git check}\nx: {extends: .x, script: x}"),
    (GITLAB, ".x: {script: dlm-git check}\nx: {script: [!reference [.x, script]]}"),
    (GITLAB, "x: {after_script: dlm-git check}"),
    ("azure-pipelines.yml", "steps: [{continueOnError: true, script: dlm-git check}]"),
    ("Jenkinsfile", "echo 'dlm-git check'"),
]
NOT_MENTIONED = [
    (WORKFLOW, "# dlm-git check\n" + STEP % "{run: x}"),
    (WORKFLOW, STEP % "{run: 'x # dlm-git check'}"),
    (WORKFLOW, STEP % "{uses: actions/checkout@v4}"),
    (".github/workflows/README.md", "dlm-git check"),
    ("docs/.travis.yml", "script: dlm-git check"),
    ("Jenkinsfile", "// sh 'dlm-git check'\n/* sh 'dlm-git check' */"),
    (".woodpecker/deep/x.yml", "steps: [{commands: [dlm-git check]}]"),
]


def found(files: Files, hooks: Sequence[str] = ()) -> list[CiFile]:
    return find_ci_files(snapshot(files), hooks)


@pytest.mark.parametrize(("path", "text", "call"), CALLS)
def test_a_file_that_runs_the_check_is_found(path: str, text: str, call: str) -> None:
    assert found({path: text, "src/a.py": "x"}) == [CiFile(path, "calls", call)]


@pytest.mark.parametrize(("path", "text"), MENTIONS)
def test_a_file_that_may_not_run_the_check_mentions_it(path: str, text: str) -> None:
    assert found({path: text}) == [CiFile(path, "mentions")]


@pytest.mark.parametrize(("path", "text"), NOT_MENTIONED)
def test_comments_and_other_files_do_not_count(path: str, text: str) -> None:
    assert found({path: text}) == []


def test_a_copy_of_the_template_is_found() -> None:
    template = (PROJECT / "templates/dlm-git.yml").read_text()
    files = {GITLAB: "include: {local: ci/dlm-git.yml}", "ci/dlm-git.yml": template}
    (file,) = found(files)
    assert (file.path, file.state) == ("ci/dlm-git.yml", "calls")
    assert file.detail.startswith("dlm-git check --rev HEAD")


@pytest.mark.parametrize("include", ["/.gitlab/lint.yml", ".gitlab/*.yml", "/.gitlab/**.yml"])
def test_local_files_that_gitlab_includes_are_read(include: str) -> None:
    included = {".gitlab/lint.yml": "dlm: {script: dlm-git check}"}
    assert found({GITLAB: f"include: '{include}'", **included}) == [
        CiFile(".gitlab/lint.yml", "calls", CHECK)
    ]
    assert found({GITLAB: "x: {script: x}", **included}) == []


def test_a_job_can_extend_one_of_an_included_file() -> None:
    files = {
        GITLAB: "include: [{local: base.yml}]\ndlm: {extends: .dlm}",
        "base.yml": ".dlm: {script: dlm-git check}",
    }
    assert CiFile(GITLAB, "calls", CHECK) in found(files)


@pytest.mark.parametrize(
    "command",
    [
        "pre-commit run --all-files",
        "uvx pre-commit run --from-ref a --to-ref b",
        "prek run dlm-git-check",
        "python -m pre_commit run --files x y",
        "SKIP=ruff pre-commit run",
    ],
)
def test_pre_commit_runs_the_check_if_its_config_has_the_hook(command: str) -> None:
    files = {WORKFLOW: STEP % f"{{run: '{command}'}}"}
    (file,) = found(files, ["dlm-git-check"])
    assert file.state == "calls"
    assert not [file for file in found(files) if file.state == "calls"]


@pytest.mark.parametrize(
    "command",
    ["pre-commit run ruff", "SKIP=dlm-git-check pre-commit run", "pre-commit autoupdate"],
)
def test_pre_commit_may_run_other_hooks_only(command: str) -> None:
    files = {WORKFLOW: STEP % f"{{run: '{command}'}}"}
    assert not [file for file in found(files, ["dlm-git-check"]) if file.state == "calls"]


def test_the_action_of_pre_commit_runs_the_check_if_its_config_has_the_hook() -> None:
    files = {WORKFLOW: STEP % "{uses: pre-commit/action@v3.0.1}"}
    assert found(files, ["dlm-git-check"]) == [
        CiFile(WORKFLOW, "calls", "pre-commit/action@v3.0.1")
    ]
    assert found(files) == []


# Files that are not read


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: [dlm-git", "it cannot be parsed: "),
        ("a: &a [*a] # dlm-git", "it cannot be parsed: "),
        ("x: [dlm-git,\n" + "[" * 500, "it cannot be parsed: nested deeper"),
        ("x: !ruby/object dlm-git", "it cannot be parsed: "),
        (
            "a: &a [dlm-git]\n"
            + "".join(
                f"{x}: &{x} [{f'*{y},' * 9}]\n" for x, y in zip("bcdefgh", "abcdefg", strict=True)
            ),
            "it cannot be parsed: aliases expand",
        ),
        (link("x"), "it is not a regular file"),
        (UNMERGED, "it is unmerged"),
    ],
    ids=["broken", "circle", "deep", "tag", "aliases", "link", "unmerged"],
)
def test_what_cannot_be_read_is_reported(content: str | Special, reason: str) -> None:
    (file,) = found({WORKFLOW: content})
    assert (file.path, file.state) == (WORKFLOW, "unread")
    assert file.detail.startswith(reason)


def test_the_number_of_files_is_limited() -> None:
    files = {f".woodpecker/{number:04}.yml": "x: y" for number in range(MAX_FILES + 50)}
    (file,) = found(files)
    assert file == CiFile(
        f".woodpecker/{MAX_FILES:04}.yml", "unread", f"there are more than {MAX_FILES} CI files"
    )


def test_the_size_of_all_files_is_limited() -> None:
    text = "# dlm-git\nx: y\n" + "#" * (MAX_TOTAL // 3)
    files = found({f".woodpecker/{number}.yml": text for number in range(4)})
    assert [(file.path, file.state) for file in files] == [
        (".woodpecker/2.yml", "unread"),
        (".woodpecker/3.yml", "unread"),
    ]


def test_a_script_that_aliases_repeat_is_read_once() -> None:
    script = "echo dlm-git check; " * 3000
    text = f"x: &x {{run: '{script}'}}\n" + STEP % ", ".join(["*x"] * 3000)
    began = process_time()
    assert found({WORKFLOW: text}) == [CiFile(WORKFLOW, "mentions")]
    assert process_time() - began < 10


# .pre-commit-config.yaml


@pytest.mark.parametrize(
    "repo",
    [
        "https://github.com/dlm-git/dlm-git",
        "https://github.com/dlm-git/dlm-git.git",
        "https://github.com/dlm-git/dlm-git/",
        "https://GitHub.com/DLM-git/dlm-git",
        "git@github.com:dlm-git/dlm-git.git",
        "ssh://git@github.com/dlm-git/dlm-git",
    ],
)
def test_the_entry_of_this_project_is_recognized(repo: str) -> None:
    config = pre_commit.parse(
        f"repos: [{{repo: '{repo}', rev: v1, hooks: [{{id: dlm-git-check}}]}}]"
    )
    assert config == pre_commit.Config(("dlm-git-check",), ("dlm-git-check",), ("v1",))


@pytest.mark.parametrize(
    ("text", "hooks"),
    [
        ("", ()),
        ("repos: 1", ()),
        ("- x", ()),
        ("repos: [{repo: local, hooks: [{id: x, entry: dlm-git check --fix}]}]", ("x",)),
        ("repos: [{repo: local, hooks: [{id: x, entry: echo dlm-git check}]}]", ()),
        ("repos: [{repo: https://x/fork, hooks: [{id: dlm-git-check}]}]", ("dlm-git-check",)),
        ("repos: [{repo: https://x/dlm-git, hooks: [{id: ruff}, 3]}]", ()),
        ("repos: [{repo: local, hooks: [{id: x, entry: dlm-git, args: [check]}]}]", ("x",)),
        ("repos: [{repo: local, hooks: [{id: x, entry: uv run dlm-git check}]}]", ("x",)),
        ("repos: [{repo: local, hooks: [{id: x, entry: sh -c 'dlm-git check'}]}]", ("x",)),
        ("repos: [{repo: local, hooks: [{id: x, entry: dlm-git 'check}]}]", ()),
        ("repos: [{repo: local, hooks: [{id: dlm-git-check, entry: 'true'}]}]", ()),
        ("repos: [{repo: https://x, hooks: [{id: dlm-git-check, args: [--help]}]}]", ()),
    ],
)
def test_the_hooks_that_run_dlm_git(text: str, hooks: tuple[str, ...]) -> None:
    assert pre_commit.parse(text) == pre_commit.Config(hooks, hooks)


@pytest.mark.parametrize(
    ("settings", "top"),
    [
        ("id: dlm-git-check, stages: [pre-push]", ""),
        ("id: dlm-git-check, stages: [manual]", ""),
        ("id: x, entry: dlm-git check", "default_stages: [push]\n"),
    ],
)
def test_pre_commit_runs_no_hooks_of_other_stages(settings: str, top: str) -> None:
    repo = "local" if "entry" in settings else REPOSITORY
    config = pre_commit.parse(
        f"ci: {{}}\n{top}repos: [{{repo: '{repo}', hooks: [{{{settings}}}]}}]"
    )
    assert (len(config.hooks), config.at_commit, config.hosted) == (1, (), ())


HOSTED = "repos: [{repo: x, hooks: [{id: dlm-git-check}, {id: dlm-git-check-system}]}]\n"


@pytest.mark.parametrize(
    ("ci", "hosted"),
    [
        ("", ()),
        ("ci: {}", ("dlm-git-check",)),
        ("ci: {autofix_prs: false}", ("dlm-git-check",)),
        ("ci: {skip: [dlm-git-check]}", ()),
    ],
)
def test_the_hooks_that_pre_commit_ci_runs(ci: str, hosted: tuple[str, ...]) -> None:
    assert pre_commit.parse(HOSTED + ci).hosted == hosted


def test_a_broken_config_is_an_error() -> None:
    assert pre_commit.parse("a: [").error
