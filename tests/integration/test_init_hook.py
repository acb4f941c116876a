"""The hook that `dlm-git init` prints, for the config of pre-commit or prek that stands there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from dlm_git.about import __version__
from tests.support import COMMAND, PROJECT, Repo, expect_clean, skip_or_fail

pytestmark = pytest.mark.slow

BASE = ("--base", "smollm2-135m")


@pytest.mark.parametrize(
    ("files", "named", "program"),
    [
        ((), ".pre-commit-config.yaml", "pre-commit"),
        ((".pre-commit-config.yaml",), ".pre-commit-config.yaml", "pre-commit"),
        ((".pre-commit-config.yml",), ".pre-commit-config.yml", "prek"),
        (("prek.toml",), "prek.toml", "prek"),
        (("prek.toml", ".pre-commit-config.yaml"), "prek.toml", "prek"),
    ],
    ids=str,
)
def test_the_hook_is_for_the_config_that_the_repository_has(
    repo: Repo, files: tuple[str, ...], named: str, program: str
) -> None:
    for file in files:
        repo.add(file, "")
    repo.add("a.py")
    below = repo.path / "src"
    below.mkdir()
    out = expect_clean(repo.init(*BASE, cwd=below))
    assert f"add the hook to {named}, then run `{program} install`:\n" in out
    if named == "prek.toml":
        config = tomllib.loads(out[out.index("default_install_hook_types") :])
    else:
        config = yaml.safe_load(out[out.index("default_install_hook_types") :])
    (entry,) = config["repos"]
    assert entry["rev"] == f"v{__version__}"
    assert entry["hooks"] == [{"id": "dlm-git-check"}]
    assert "pre-merge-commit" in config["default_install_hook_types"]


def test_no_hook_is_printed_where_one_runs_already(repo: Repo) -> None:
    repo.add("a.py")
    expect_clean(repo.run(COMMAND, "install"))
    out = expect_clean(repo.init(*BASE))
    assert out.endswith('Next steps:\n  1. git commit -m "Add the training corpus"\n')
    repo.commit()
    assert "Next steps" not in expect_clean(repo.init(*BASE))
    repo.git("config", "core.hooksPath", "a.py")  # not a directory
    assert "add the hook to .pre-commit-config.yaml" in expect_clean(repo.init(*BASE))


@pytest.mark.parametrize("glob", ["**/*.py", 'a "b" c.py', "ü.py"])
def test_the_hook_for_prek_has_the_arguments(repo: Repo, glob: str) -> None:
    repo.add("prek.toml", "")
    repo.add("a.py")
    repo.add("ü.py")
    repo.add('a "b" c.py')
    out = expect_clean(repo.init(*BASE, "--include", glob, "--include", "*.py", "--no-config"))
    (entry,) = tomllib.loads(out[out.index("default_install_hook_types") :])["repos"]
    (hook,) = entry["hooks"]
    assert hook["args"] == [*BASE, "--include", glob, "--include", "*.py"]
    assert out.replace("\n", "").isprintable()


def test_prek_reads_the_hook(repo: Repo) -> None:
    prek = Path(COMMAND).parent / "prek"
    if not prek.exists():
        skip_or_fail("needs prek")
    repo.add("prek.toml", "")
    repo.add("a.py")
    out = expect_clean(repo.init(*BASE))
    repo.add("prek.toml", out[out.index("default_install_hook_types") :])
    checked = repo.run(str(prek), "validate-config", "prek.toml")
    assert checked.code == 0, checked
    page = (PROJECT / "docs/hooks.md").read_text()
    shown = page.partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(shown) == tomllib.loads((repo.path / "prek.toml").read_text())
