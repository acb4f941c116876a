"""The wheel and the sdist: their content and metadata."""

from __future__ import annotations

import importlib.util
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
from markdown_it import MarkdownIt

import dlm_git
from dlm_git.about import REPOSITORY
from tests.support import PROJECT, environment, installing, skip_or_fail

pytestmark = pytest.mark.network

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


def test_wheel_holds_the_package_and_nothing_else(wheel: ZipFile) -> None:
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    pages = {name for name in held if ".data/data/share/man/man1/" in name}
    assert {Path(name).name for name in pages} == {"dlm-git.1", "git-dlm.1"}
    script = f"dlm_git-{dlm_git.__version__}.data/data/share/dlm-git/comment.py"
    assert held - pages == _files(_PACKAGE) | {script}
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


def test_version(metadata: Message) -> None:
    assert metadata["Version"] == dlm_git.__version__


def test_licence_and_python(metadata: Message) -> None:
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"


def test_description_is_the_readme_but_for_its_links(metadata: Message) -> None:
    assert metadata["Description-Content-Type"] == "text/markdown"
    description, readme = str(metadata.get_payload()), (PROJECT / "README.md").read_text()
    assert _without_addresses(description) == _without_addresses(readme)


def _without_addresses(text: str) -> str:
    return re.sub(r"\]\([^)]*\)", "]", text)


def test_runtime_dependencies(metadata: Message) -> None:
    required = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    names = {re.split(r"[^\w-]", each)[0] for each in required}
    assert names == {"gitpython", "pydantic", "python-ulid", "pyyaml"}


def test_every_dependency_is_capped_below_a_major_version(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist", [])
    pattern = r"[\w-]+<\d+,>=[\d.]+(; extra == '(test|benchmarks|mutation)')?"
    assert [each for each in required if not re.fullmatch(pattern, each)] == []


def test_the_links_of_the_readme_work_on_the_package_index(metadata: Message) -> None:
    tokens = [
        child
        for token in MarkdownIt("commonmark").parse(str(metadata.get_payload()))
        for child in token.children or ()
    ]
    links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
    images = [token.attrs["src"] for token in tokens if token.type == "image"]
    assert len(links) > 15
    assert len(images) == 2
    release = f"v{dlm_git.__version__}"
    files = f"{REPOSITORY}/blob/{release}/"
    pictures = f"https://raw.githubusercontent.com/dlm-git/dlm-git/{release}/"
    for url in map(str, (*links, *images)):
        assert url.startswith(("https://", "#")), url
        for base in (files, pictures):
            path = url.removeprefix(base).partition("#")[0]
            assert path in (url, url.partition("#")[0]) or (PROJECT / path).is_file(), url
    assert all(str(url).startswith(pictures) for url in images)
    assert sum(str(url).startswith(files) for url in links) > 15
