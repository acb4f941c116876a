"""The wheel and the sdist: content, metadata, commands and library."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

import dlm_git
from tests.support import CORPUS, GOOD, PROJECT, Repo, environment, installing, skip_or_fail

_PACKAGE = PROJECT / "dlm_git"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel and the sdist of the project as it is now."""
    if not importlib.util.find_spec("build"):
        skip_or_fail("needs build")
    home = tmp_path_factory.mktemp("package")
    # with what is installed it takes one second, in an environment of its own ten, and an index
    isolation = ["--no-isolation"] if importlib.util.find_spec("hatchling") else []
    command = [sys.executable, "-m", "build", *isolation, "--outdir", str(home / "dist"), "."]
    environ = {**environment(home / "home"), **installing()}
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return home / "dist"


@pytest.fixture(scope="session")
def wheel(built: Path) -> Iterator[ZipFile]:
    """The wheel, open."""
    (file,) = built.glob("*.whl")
    with ZipFile(file) as archive:
        yield archive


@pytest.fixture(scope="session")
def sdist(built: Path) -> set[str]:
    """The names of the files of the sdist, as seen from its top directory."""
    (file,) = built.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="session")
def metadata(wheel: ZipFile) -> Message:
    """The core metadata of the wheel."""
    return Parser().parsestr(_dist_info(wheel, "METADATA"))


def _dist_info(wheel: ZipFile, name: str) -> str:
    return wheel.read(f"dlm_git-{dlm_git.__version__}.dist-info/{name}").decode()


def _files(directory: Path) -> set[str]:
    """The files below a directory of the project that are source."""
    files = (file for file in directory.rglob("*") if file.is_file())
    return {str(file.relative_to(PROJECT)) for file in files if "__pycache__" not in file.parts}


# wheel and sdist


def test_wheel_holds_the_package_and_nothing_else(wheel: ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    pages = {name for name in held if ".data/data/share/man/man1/" in name}
    assert {Path(name).name for name in pages} == {"dlm-git.1", "git-dlm.1"}
    assert held - pages == _files(_PACKAGE)
    assert held > {"dlm_git/py.typed", "dlm_git/formats/report.schema.json"}


def test_wheel_holds_the_licence(wheel: ZipFile) -> None:
    assert _dist_info(wheel, "licenses/LICENSE") == (PROJECT / "LICENSE").read_text()


def test_wheel_has_both_commands(wheel: ZipFile) -> None:
    entries = ConfigParser()
    entries.read_string(_dist_info(wheel, "entry_points.txt"))
    commands = {"dlm-git": "dlm_git.cli.main:run", "git-dlm": "dlm_git.cli.main:run"}
    assert {name: dict(entries[name]) for name in entries.sections()} == {
        "console_scripts": commands
    }


def test_sdist_holds_the_package_and_the_tests(sdist: set[str]) -> None:
    assert sdist > _files(_PACKAGE) | _files(PROJECT / "tests")


@pytest.mark.parametrize(
    "name",
    [
        *("LICENSE", "CHANGELOG.md", "README.md", "pyproject.toml", ".pre-commit-hooks.yaml"),
        *("action.yml", "templates/dlm-git.yml", "docs/ci.md"),
    ],
)
def test_sdist_holds(sdist: set[str], name: str) -> None:
    assert name in sdist


# metadata


def test_version(metadata: Message) -> None:
    assert metadata["Version"] == dlm_git.__version__


def test_licence_and_python(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_description_is_the_readme(metadata: Message) -> None:
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload() == (PROJECT / "README.md").read_text()


def test_runtime_dependencies(metadata: Message) -> None:
    required = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    names = {re.split(r"[^\w-]", each)[0] for each in required}
    assert names == {"gitpython", "pydantic", "python-ulid", "pyyaml", "rich"}


def test_every_dependency_is_capped_below_a_major_version(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist", [])
    pattern = r"[\w-]+<\d+,>=[\d.]+(; extra == '(test|benchmarks)')?"
    assert [each for each in required if not re.fullmatch(pattern, each)] == []


# commands


@pytest.mark.parametrize(
    "command",
    [
        ("dlm-git", "--version"),
        ("git-dlm", "--version"),
        ("git", "dlm", "--version"),
        (sys.executable, "-m", "dlm_git", "--version"),
    ],
    ids=" ".join,
)
def test_version_of_the_command(repo: Repo, command: tuple[str, ...]) -> None:
    result = repo.run(*command)
    assert (result.code, result.out) == (0, f"dlm-git {dlm_git.__version__}\n"), result


def test_git_finds_the_command(corpus_repo: Repo) -> None:
    (corpus_repo.path / "src/deep").mkdir()
    result = corpus_repo.run("git", "dlm", "check", cwd=corpus_repo.path / "src/deep")
    assert result == corpus_repo.check()
    assert result.code == 0


def test_git_passes_the_exit_code_on(repo: Repo) -> None:
    result = repo.run("git", "dlm", "check")
    assert result == repo.check()
    assert result.code == 1


# hooks


# library


@pytest.fixture
def isolated(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """An empty repository, in whose environment this process is too."""
    for key in list(os.environ):
        monkeypatch.delenv(key)
    for key, value in repo.environ.items():
        monkeypatch.setenv(key, value)
    return repo


def test_import_loads_nothing_heavy(repo: Repo) -> None:
    code = "import sys, dlm_git; print(*sys.modules, sep='\\n')"
    result = repo.run(sys.executable, "-c", code)
    assert result.code == 0, result
    ours = r"(yaml|pydantic|pydantic_core|git|gitdb|ulid|dlm_git)(\.|$)"
    loaded = {name for name in result.out.split() if re.match(ours, name)}
    assert loaded == {"dlm_git", "dlm_git.about"}


def test_check_as_a_function(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    report = dlm_git.check(isolated.path)
    assert (report.clean, report.findings, report.documents) == (True, (), (CORPUS,))


def test_check_gives_findings(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    report = dlm_git.check(str(isolated.path), base="smollm2-135m")
    assert [(each.path, each.rule) for each in report.findings] == [(CORPUS, "wrong-base")]
    assert not report.clean


def test_check_of_a_revision(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    oid = isolated.commit()
    isolated.git("rm", "--quiet", CORPUS)
    assert dlm_git.check(isolated.path, rev=oid).clean
    assert not dlm_git.check(isolated.path).clean


def test_check_of_the_current_directory(isolated: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    monkeypatch.chdir(isolated.path / ".dlm")
    assert dlm_git.check().clean


def test_check_of_a_directory_passes_the_hooks_repository_over(
    isolated: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    isolated.add(CORPUS, GOOD)
    isolated.add("README.md")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere/index"))
    assert dlm_git.check(isolated.path).clean


def test_check_outside_of_a_repository(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="not a git repository"):
        dlm_git.check(isolated.path.parent)


def test_init_as_a_function(isolated: Repo) -> None:
    isolated.add("README.md")
    result = dlm_git.init(isolated.path, base="smollm2-135m")
    assert (result.path, result.created, result.staged) == (isolated.path / CORPUS, True, True)
    assert result.text == result.path.read_text()
    assert f"dlm_id: {result.dlm_id}\n" in result.text
    assert dlm_git.check(isolated.path, base="smollm2-135m").clean


def test_init_reuses(isolated: Repo) -> None:
    isolated.add(CORPUS, GOOD)
    result = dlm_git.init(isolated.path)
    assert (result.path, result.created, result.text) == (isolated.path / CORPUS, False, GOOD)


def test_init_with_an_unknown_base(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="no-such-model"):
        dlm_git.init(isolated.path, base="no-such-model")
    assert not (isolated.path / ".dlm").exists()


def test_init_outside_of_a_repository(isolated: Repo) -> None:
    with pytest.raises(dlm_git.DlmGitError, match="not a git repository"):
        dlm_git.init(isolated.path.parent, base="smollm2-135m")
