"""The jobs of the action and of the GitLab template, run as the runners do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.support import PROJECT, Repo, Result

ACTION = yaml.safe_load((PROJECT / "action.yml").read_text())
TEMPLATE = yaml.safe_load((PROJECT / "templates" / "dlm-git.yml").read_text())
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
HOSTILE = [
    *("$(touch pwned)", "`touch pwned`", "; touch pwned", '"; touch pwned; "', "'; touch pwned; '"),
    *(
        "--help",
        "-x",
        "a b",
        "*",
        "\\",
        "$HOME",
        "::error::x",
        "a\n::error::x",
        "${IFS}",
        "x\ttouch",
    ),
]


@dataclass(frozen=True)
class Job:
    """A repository that is the workspace of a job, and the runner's files beside it.

    github: values of the expressions about the event.
    variables: further environment variables.
    """

    repo: Repo
    temp: Path
    github: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def step(self, name: str, **inputs: str) -> Result:
        """Run a step as the runner does; inputs that are not passed have their defaults."""
        env = {key: self.value(value, inputs) for key, value in STEPS[name]["env"].items()}
        script = self.temp / "step.sh"
        script.write_text(STEPS[name]["run"])
        # as the runner calls it for `shell: bash`
        command = ("bash", "--noprofile", "--norc", "-eo", "pipefail", str(script))
        return self.repo.run(*command, env={**self.runner, **self.variables, **env})

    def value(self, expression: str, inputs: Mapping[str, str]) -> str:
        """Return the value that the runner puts in place of `${{ ... }}`."""
        name = expression.removeprefix("${{ ").removesuffix(" }}")
        if name == "steps.python.outputs.python-path":
            return str(self.temp / "python")
        if not name.startswith("inputs."):
            return self.github[name]
        name = name.removeprefix("inputs.")
        default: str = ACTION["inputs"][name]["default"]
        return inputs.get(name.replace("-", "_"), default)

    @property
    def runner(self) -> dict[str, str]:
        """The environment variables of the runner."""
        return {
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_OUTPUT": str(self.temp / "output"),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GITHUB_WORKSPACE": str(self.repo.path),
            "GITHUB_ACTION_PATH": str(PROJECT),
        }

    def touched(self) -> list[str]:
        """Return the files that an executed input created."""
        return [str(file) for top in (self.repo.path, self.temp) for file in top.rglob("pwned")]


def new_job(repo: Repo, temp: Path, command: str) -> Job:
    """Return a job with `command` as dlm-git; the python and pip of the runner print arguments."""
    binaries = temp / "dlm-git" / "bin"
    binaries.mkdir(parents=True)
    for file in (temp / "python", binaries / "pip"):
        file.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
        file.chmod(0o755)
    (binaries / "dlm-git").symlink_to(command)
    for name in ("python", "python3"):
        (binaries / name).symlink_to(sys.executable)
    (temp / "dlm-git" / "share").symlink_to(PROJECT / "share")
    return Job(repo, temp)


def gitlab(repo: Repo, part: str, installed: str = "/tmp/dlm-git", **variables: str) -> Result:
    """Run a part of the job as GitLab's runner does; `installed` is the environment of dlm-git."""
    job = TEMPLATE["dlm-git"]
    environ = {"CI_PROJECT_DIR": str(repo.path), **job["variables"], **variables}
    script = "\n".join(job[part]).replace("/tmp/dlm-git", installed)
    return repo.run("sh", "-e", "-c", script, env=environ)
