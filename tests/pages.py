"""Pages generated from the program: `python -m tests.pages` brings them up to date."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from dlm_git.cli.introspect import describe_commands
from dlm_git.cli.manpage import man
from dlm_git.operations.config_schema import config_schema
from dlm_git.rules.registry import render_rules_md
from tests.support import CORPUS, GOOD, PROJECT, Repo, new_repo

# without the fonts that a viewer would fetch
_FRAME = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
_COLUMNS = 100
_FAULTY = GOOD.replace("coder-1.5b", "0.5b").replace('["**/*"]', '["**/*.{py,md}"]')


def pages() -> dict[str, str]:
    """Each page, by its path in the project."""
    return {
        "docs/rules.md": render_rules_md(),
        "docs/config.schema.json": json.dumps(config_schema(), indent=2) + "\n",
        "share/man/man1/dlm-git.1": man(describe_commands()),
        "share/man/man1/git-dlm.1": ".so man1/dlm-git.1\n",
        **{f"docs/pictures/{name}.svg": picture for name, picture in pictures()},
    }


def pictures() -> Iterator[tuple[str, str]]:
    """Yield SVG pictures of commands as a terminal shows them."""
    with tempfile.TemporaryDirectory() as directory:
        repo = _shop(Path(directory))
        yield "check", _picture(repo, "dlm-git check --base qwen2.5-coder-1.5b")
        repo.run("dlm-git", "check", "--base", "qwen2.5-coder-1.5b", "--fix")
        repo.git("add", ".")
        yield "stat", _picture(repo, "dlm-git files --stat")


def _shop(directory: Path) -> Repo:
    repo = new_repo(directory / "shop", directory / "home")
    for name, size in (("cart", 5200), ("order", 9100), ("stock", 2300)):
        repo.write(f"src/{name}.py", "x" * size)
        repo.write(f"docs/{name}.md", "x" * (size // 3))
    repo.write("tests/test_cart.py", "x" * 1200)
    repo.write(CORPUS, _FAULTY)
    repo.write(".npmrc", "_authToken=x\n")
    repo.git("add", ".")
    return repo


def _picture(repo: Repo, command: str) -> str:
    done = repo.run("sh", "-c", command, env={"FORCE_COLOR": "1", "COLUMNS": str(_COLUMNS)})
    console = Console(record=True, width=_COLUMNS, file=StringIO(), color_system="truecolor")
    console.print(Text.from_ansi(f"\033[1m$ {command}\033[0m\n{done.out}"))
    svg = console.export_svg(title="shop", code_format=_FRAME, unique_id="dlm-git")
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines())


def main() -> None:
    for path, text in pages().items():
        (PROJECT / path).parent.mkdir(parents=True, exist_ok=True)
        (PROJECT / path).write_text(text)


if __name__ == "__main__":
    main()
