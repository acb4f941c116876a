"""The Dockerfile: its instructions, and the commands that run without Docker."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support import CORPUS, GOOD, PROJECT, Repo, environment, expect_clean, installing

FILE = (PROJECT / "Dockerfile").read_text()
INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"}


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction with its arguments, without comments and continued lines."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, arguments = line.partition(" ")
            yield name, " ".join(arguments.split())


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage."""
    found: list[list[tuple[str, str]]] = []
    for name, arguments in instructions(FILE):
        if name == "FROM":
            found.append([])
        found[-1].append((name, arguments))
    return found


def arguments_of(stage: list[tuple[str, str]], name: str) -> list[str]:
    return [arguments for instruction, arguments in stage if instruction == name]


def test_the_instructions_are_known() -> None:
    assert {name for name, _ in instructions(FILE)} == INSTRUCTIONS
    assert len(stages()) == 2
    for stage in stages():
        assert re.match(r"python:3\.\d+-slim( AS [a-z]+)?", stage[0][1])


def test_it_does_not_run_as_root() -> None:
    names = [name for name, _ in stages()[-1]]
    (user,) = arguments_of(stages()[-1], "USER")
    number, group = map(int, user.split(":"))
    assert min(number, group) > 0
    assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")


def test_it_starts_dlm_git_in_the_mounted_directory() -> None:
    final = stages()[-1]
    assert [json.loads(text) for text in arguments_of(final, "ENTRYPOINT")] == [["dlm-git"]]
    assert [json.loads(text) for text in arguments_of(final, "CMD")] == [["check"]]
    assert arguments_of(final, "WORKDIR") == ["/repo"]
    assert arguments_of(final, "ENV") == ["PATH=/opt/dlm-git/bin:$PATH"]
    assert arguments_of(final, "COPY") == ["--from=build /opt/dlm-git /opt/dlm-git"]
    assert stages()[0][0][1].endswith(" AS build")


def test_the_context_has_what_is_copied_and_nothing_else() -> None:
    sources = {source for text in arguments_of(stages()[0], "COPY") for source in text.split()[:-1]}
    lines = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line]
    first, *rest = [line for line in lines if not line.startswith("#")]
    assert first == "*"
    assert {line[1:] for line in rest if line.startswith("!")} == sources
    assert [line for line in rest if not line.startswith("!")] == ["**/__pycache__"]
    assert all((PROJECT / source).exists() for source in sources)
    assert any(fnmatch("dlm_git/__pycache__", line) for line in rest)


@pytest.mark.parametrize("stage", [0, 1])
def test_the_commands_are_valid_shell(repo: Repo, stage: int) -> None:
    for command in arguments_of(stages()[stage], "RUN"):
        assert repo.run("sh", "-n", "-c", command).code == 0


def test_git_trusts_the_mounted_directory(corpus_repo: Repo, tmp_path: Path) -> None:
    (command,) = [
        text for text in arguments_of(stages()[-1], "RUN") if text.startswith("git config")
    ]
    environ = {
        **corpus_repo.environ,
        "GIT_CONFIG_SYSTEM": str(tmp_path / "system"),
        "GIT_CONFIG_NOSYSTEM": "0",
        "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1",
        "HOME": "/nonexistent",
    }
    del environ["GIT_CONFIG_GLOBAL"]
    mounted = Repo(corpus_repo.path, environ)
    assert mounted.run("dlm-git", "check").code == 2  # dubious ownership
    command = command.replace("/repo", str(corpus_repo.path))
    assert mounted.run("sh", "-e", "-c", command).code == 0
    expect_clean(mounted.run("dlm-git", "check", "--rev", "HEAD"))


@pytest.mark.slow
@pytest.mark.network
def test_the_build_installs_dlm_git(tmp_path: Path, corpus_repo: Repo) -> None:
    context, prefix = tmp_path / "src", tmp_path / "opt"
    for text in arguments_of(stages()[0], "COPY"):
        *sources, target = text.split()
        for source in sources:
            place = context / target if len(sources) == 1 else context / target / source
            if (PROJECT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(PROJECT / source, place, ignore=ignored)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / source, place)
    (command,) = arguments_of(stages()[0], "RUN")
    build = Repo(context, {**environment(tmp_path / "home"), **installing()})
    built = build.run("sh", "-e", "-c", command.replace("/opt/dlm-git", str(prefix)), timeout=600)
    assert built.code == 0, built
    program = str(prefix / "bin" / "dlm-git")
    assert "OK: " in expect_clean(corpus_repo.run(program, "check", "--rev", "HEAD"))
    assert corpus_repo.git("show", f"HEAD:{CORPUS}") == GOOD.strip()
