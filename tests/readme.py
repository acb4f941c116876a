"""The console blocks of the README: `python -m tests.readme` fills in what the commands print."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.projects import fetch
from tests.support import PROJECT, Repo, new_repo

README = PROJECT / "README.md"
# the commands of this section run in a checkout of Pygments
REAL_PROJECT = "## What the model will be trained on\n"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)
# what differs from run to run
_VARYING = [(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "ULID"), (r"\b[0-9a-f]{12}\b", "OID")]
_VARYING += [(r"\b[0-9a-f]{7}\.\.[0-9a-f]{7}\b", "OID..OID")]


def shop(repo: Repo) -> Repo:
    """Make the repository that the README's commands run in."""
    repo.add("src/shop.py", "print('shop')\n")
    repo.add("tests/test_shop.py", "import shop\n")
    repo.commit()
    return repo


def pygments(repo: Repo, directory: Path) -> Repo:
    """Make a checkout of the real project that the README shows."""
    checkout = replace(repo, path=fetch("pygments==2.19.2", directory))
    checkout.git("init", "--quiet")
    checkout.git("add", "--force", ".")
    checkout.commit()
    return checkout


def parts(text: str) -> tuple[str, str, str]:
    """Split the README into what is before, in and after the section on the real project."""
    before, heading, rest = text.partition(REAL_PROJECT)
    section, mark, after = rest.partition("\n## ")
    return before, heading + section, mark + after


def rerun(text: str, repo: Repo) -> str:
    """Return a part of the README with the output of each command replaced by what it prints."""
    return _BLOCK.sub(lambda block: f"```console\n{_printed(block[1], repo)}```", text)


def steady(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, name in _VARYING:
        text = re.sub(pattern, name, text)
    return text


def _printed(block: str, repo: Repo) -> str:
    commands = _COMMAND.findall(block)
    outputs = (repo.run("sh", "-c", f"{command} 2>&1").out for command in commands)
    return "".join(f"$ {command}\n{out}" for command, out in zip(commands, outputs, strict=True))


def main() -> None:
    """Bring the README up to date."""
    before, section, after = parts(README.read_text())
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        repo = shop(new_repo(directory / "shop", directory / "home"))
        real = pygments(repo, directory)
        README.write_text(rerun(before, repo) + rerun(section, real) + rerun(after, repo))


if __name__ == "__main__":
    main()
