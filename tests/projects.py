"""Real projects, from their source distributions."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

from tests.support import environment, installing, skip_or_fail


def fetch(requirement: str, home: Path) -> Path:
    """The directory of an unpacked source distribution, fetched with pip into `home`."""
    name = requirement.partition("=")[0]
    options = ("--no-deps", "--no-binary", name, "--dest", str(home / "dist"))
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options, requirement]
    environ = {**environment(home / "home"), **installing()}
    try:
        done = subprocess.run(
            command, cwd=home, env=environ, capture_output=True, timeout=300, check=False
        )
    except subprocess.TimeoutExpired:
        skip_or_fail(f"cannot fetch {requirement} in time")
    if done.returncode:
        skip_or_fail(f"cannot fetch {requirement}: {done.stderr.decode()[-300:]}")
    (archive,) = (home / "dist").iterdir()
    with tarfile.open(archive) as opened:
        opened.extractall(home, filter="data")
    return home / archive.name.removesuffix(".tar.gz")
