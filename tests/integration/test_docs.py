"""The pages of the documentation show what is printed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support import CORPUS, GOOD, PROJECT, Repo, new_repo


def test_many_repositories_are_reported_as_shown(repo: Repo, tmp_path: Path) -> None:
    for number, name in enumerate(("blog", "cart", "shop", "till")):
        project = new_repo(tmp_path / name, tmp_path / "home")
        project.add("README.md", "# x\n")
        if name != "blog":
            project.add(CORPUS, GOOD.replace("N7E9DNT5GH", f"N7E9DNT5G{number}"))
        project.commit()
        bare = tmp_path / "git" / f"{name}.git"
        repo.git("clone", "--quiet", "--bare", str(project.path), str(bare))
    (tmp_path / "git" / "till.git" / "HEAD").write_text("x\n")
    page = (PROJECT / "docs" / "repositories.md").read_text()
    (shown,) = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    command, _, output = shown.removeprefix("$ ").partition("\n")
    result = repo.run("sh", "-c", f"{command} 2>&1", cwd=tmp_path / "git")
    printed = result.out.replace(str(tmp_path), "/srv")
    assert re.sub(r"[0-9a-f]{12}", "OID", output) == re.sub(r"[0-9a-f]{12}", "OID", printed)
