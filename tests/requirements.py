"""What the action installs, with hashes: `python -m tests.requirements` writes `requirements.txt`.

It has the dependencies of dlm-git and those of its build, for every Python and platform. Versions
in the file are kept if they still match; `--upgrade` takes the newest ones.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import PROJECT

FILE = PROJECT / "requirements.txt"
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text())
WANTED: list[str] = [
    *PYPROJECT["project"]["dependencies"],
    *PYPROJECT["build-system"]["requires"],
]
_HEADER = "# What the action installs: `make requirements` writes this file from pyproject.toml.\n"


def main(*options: str) -> None:
    with TemporaryDirectory() as directory:
        wanted, written = Path(directory, "wanted.in"), Path(directory, "requirements.txt")
        wanted.write_text("".join(f"{requirement}\n" for requirement in WANTED))
        if FILE.exists():
            written.write_text(FILE.read_text())
        oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
        uv = Path(sys.executable).parent / "uv"
        command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", oldest]
        hashed = ["--generate-hashes", "--no-header", "--no-annotate"]
        subprocess.run([*command, *hashed, *options, wanted, "-o", written], check=True)
        FILE.write_text(_HEADER + written.read_text())


if __name__ == "__main__":
    main(*sys.argv[1:])
