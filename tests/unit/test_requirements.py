"""`requirements.txt`: every library that the action installs, with hashes."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.requirements import FILE, WANTED

ENTRIES = {
    canonicalize_name(name): (version, re.findall(r"--hash=(\S+)", hashes))
    for name, version, hashes in re.findall(
        r"^([\w.-]+)==(\S+)((?: \\\n    --hash=\S+)+)$", FILE.read_text(), re.MULTILINE
    )
}


def test_every_line_belongs_to_a_version_with_hashes() -> None:
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == sum(1 + len(hashes) for _, hashes in ENTRIES.values())
    for _, hashes in ENTRIES.values():
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in hashes)


@pytest.mark.parametrize("wanted", WANTED)
def test_the_versions_match_those_of_the_project(wanted: str) -> None:
    requirement = Requirement(wanted)
    version, _ = ENTRIES[canonicalize_name(requirement.name)]
    assert version in requirement.specifier


def test_what_the_libraries_need_is_there() -> None:
    """That of the installed versions, on this Python, if they are those of the file."""
    if any(distribution(name).version != version for name, (version, _) in ENTRIES.items()):
        pytest.skip("other versions are installed")
    pending, seen = [Requirement(wanted) for wanted in WANTED], set[str]()
    while pending:
        name = canonicalize_name(pending.pop().name)
        if name not in seen:
            seen.add(name)
            needed = map(Requirement, distribution(name).requires or ())
            pending += [r for r in needed if not r.marker or r.marker.evaluate({"extra": ""})]
    assert seen <= set(ENTRIES)


@pytest.mark.slow
@pytest.mark.network
def test_pip_installs_what_is_listed_and_then_the_project(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "v"], check=True)
    pip = [str(tmp_path / "v" / "bin" / "pip"), "install", "--quiet"]
    hashed = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(FILE)]
    subprocess.run([*pip, *hashed], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", str(FILE.parent)], check=True)
    version = subprocess.run(
        [tmp_path / "v" / "bin" / "dlm-git", "--version"], check=True, capture_output=True
    )
    assert version.stdout.startswith(b"dlm-git ")
    checked = subprocess.run([tmp_path / "v" / "bin" / "pip", "check"], check=False)
    assert checked.returncode == 0
