"""The commands that write, each with a repository for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dlm_git.hooks.script import script
from dlm_git.training.ignore_block import with_block
from tests.faults import Runner, copy
from tests.support import CORPUS, GOOD, Repo, git_of_version, new_repo, on_git

BASE = "qwen2.5-coder-1.5b"
FIXABLE = GOOD.replace(BASE, "smollm2-135m")


def _empty(repo: Repo) -> None:
    repo.add("README.md")
    repo.add("src/a.py")
    repo.add(".gitignore", "*.log\n")
    repo.commit()


def _corpus(repo: Repo) -> None:
    repo.add(CORPUS, GOOD)
    _empty(repo)


def _fixable(repo: Repo) -> None:
    repo.add(CORPUS, FIXABLE)
    repo.add(".dlm/ignore", with_block("own\n", ("old",)))
    repo.add(".dlm-git.toml", f'base = "{BASE}"\n')
    _empty(repo)


def _several(repo: Repo) -> None:
    repo.add("docs/b.md")
    _empty(repo)
    repo.add(CORPUS, GOOD)
    repo.add(".dlm-git.toml", f'base = "{BASE}"\n')
    repo.commit()


def _baseline(repo: Repo) -> None:
    _fixable(repo)
    repo.add(".dlm-git-baseline.json", '{"version": 1, "findings": []}\n')
    repo.commit()


def _resolved(repo: Repo) -> None:
    _corpus(repo)
    repo.add(".dlm-git-baseline.json", '{"version": 1, "findings": []}\n')
    repo.commit()


def _ignored(repo: Repo) -> None:
    _corpus(repo)
    repo.add(".dlm/ignore", with_block("own\n", ("old",)))
    repo.commit()


def _local(repo: Repo) -> None:
    _ignored(repo)
    repo.write(".git/info/exclude", "/local/\n")


def _report(repo: Repo) -> None:
    _fixable(repo)
    repo.write("report.json", "old\n")


def _old_hooks(repo: Repo) -> None:
    _corpus(repo)
    for name in ("pre-commit", "pre-push"):
        text = script(name, "/old/dlm-git", created_directory=False)
        repo.write(f".git/hooks/{name}", text).chmod(0o755)


def _attributes(repo: Repo) -> None:
    _corpus(repo)
    repo.add(".gitattributes", "*.png binary\n")
    repo.commit()


def _merge(repo: Repo) -> None:
    _corpus(repo)
    repo.write("base", GOOD)
    repo.write("ours", GOOD.replace("**/*", "**/*.py"))
    repo.write("theirs", f"{GOOD}\nMore.\n")


def _conflict(repo: Repo) -> None:
    _merge(repo)
    repo.write("theirs", GOOD.replace("**/*", "**/*.md"))


@dataclass(frozen=True)
class Scenario:
    """A command that writes.

    argv: its command line.
    prepare: makes the repository.
    before: a command that runs first, () for none.
    again: whether it may run once more after it has succeeded.
    """

    argv: tuple[str, ...]
    prepare: Callable[[Repo], None]
    before: tuple[str, ...] = ()
    again: bool = True


INIT = ("init", "--base", BASE)
DRIVERS = ("install", "--drivers")
SCENARIOS: Mapping[str, Scenario] = {
    "init": Scenario(INIT, _empty),
    "init a second corpus": Scenario((*INIT, "docs"), _several),
    "init --rescaffold": Scenario(("init", "--base", "smollm2-135m", "--rescaffold"), _corpus),
    "check": Scenario(("check",), _corpus),
    "check --fix": Scenario(("check", "--fix"), _fixable),
    "check --output": Scenario(("check", "--format", "json=report.json"), _report),
    "check --write-baseline": Scenario(("check", "--write-baseline"), _fixable),
    "replacing a baseline": Scenario(("check", "--write-baseline"), _baseline),
    "removing a baseline": Scenario(("check", "--write-baseline"), _resolved),
    "ignore": Scenario(("ignore",), _corpus),
    "ignore with a block": Scenario(("ignore",), _ignored),
    "ignore --all-sources": Scenario(("ignore", "--all-sources"), _local),
    "ignore --remove": Scenario(("ignore", "--remove"), _ignored),
    "install": Scenario(("install",), _corpus),
    "install over old hooks": Scenario(("install",), _old_hooks),
    "install --configured": Scenario(("install", "--configured"), _corpus),
    "install --global": Scenario(("install", "--global"), _corpus),
    "install --drivers": Scenario(DRIVERS, _corpus),
    "install --drivers --shared": Scenario((*DRIVERS, "--shared"), _attributes),
    "uninstall": Scenario(("uninstall",), _corpus, ("install",)),
    "uninstall --configured": Scenario(("uninstall",), _corpus, ("install", "--configured")),
    "uninstall --global": Scenario(("uninstall", "--global"), _corpus, ("install", "--global")),
    "uninstall --drivers": Scenario(("uninstall", "--drivers"), _corpus, DRIVERS),
    "uninstall --drivers --shared": Scenario(
        ("uninstall", "--drivers", "--shared"), _attributes, (*DRIVERS, "--shared")
    ),
    "merge-driver": Scenario(
        ("merge-driver", "base", "ours", "theirs", "7", CORPUS), _merge, again=False
    ),
    "merge-driver with conflicts": Scenario(
        ("merge-driver", "base", "ours", "theirs", "7", CORPUS), _conflict, again=False
    ),
}


class Stage:
    """The repositories of the scenarios, each made once."""

    def __init__(self, directory: Path, runner: Runner) -> None:
        self.runner = runner
        self._directory = directory
        self._modern = git_of_version(directory / "modern", "2.54.0")
        self._made: dict[str, Repo] = {}

    def repository(self, name: str) -> Repo:
        """Return a fresh copy of the repository of a scenario."""
        if name not in self._made:
            self._made[name] = self._make(name)
        return copy(self._made[name], self._directory / "copy")

    def _make(self, scenario_name: str) -> Repo:
        scenario = SCENARIOS[scenario_name]
        directory = self._directory / scenario_name.replace(" ", "-")
        repo = new_repo(directory / "repo", directory / "home", "--template=")
        for name in ("info", "hooks"):
            (repo.path / ".git" / name).mkdir()
        scenario.prepare(repo)
        repo.git("repack", "-a", "-d", "--quiet")  # for copies of few directories
        if not {"--configured", "--global"}.isdisjoint((*scenario.argv, *scenario.before)):
            repo = on_git(repo, self._modern)  # the script doubles the time of every call
        if scenario.before:
            result = self.runner.run(repo, *scenario.before).result
            assert result.code == 0, result
        return repo
